/*
 * remote-json: passages of remote sensing to a provincial platform, in batches, with the pinyin keys of such platforms
 * (message `record` of the map). No interface of that kind is published; this is ours, as plain as it can be:
 *
 *     POST url           {"pch": batch, "sj": [{…} …]}    Authorization: Bearer SECRET, where one is configured
 *     GET  url/BATCH     what has arrived of it
 *     answer             {"code": "200", "msg", "data": {"count": n, "refused": [{"jlbh": id, "msg": why} …]}}
 *
 * Each record counts once by its id (jlbh): the receiver takes one that comes twice for one. After a lost answer it is
 * asked for the batch, which is sent again unless all of it is there. Records that the receiver refuses, or that cannot
 * be told to it, are parked one by one; the others of the batch go.
 */
#include "reports/outlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/message_json.h"

enum { HEAD_ROOM = 512 };

static const char message_name[] = "record";

static void address(const struct outlet_parcel *p, const char *more, struct outlet_request *r)
{
    size_t length = strlen(p->setup->url);
    while (length > 0 && p->setup->url[length - 1] == '/')
        length--;
    snprintf(r->url, sizeof r->url, "%.*s%s%s", (int)length, p->setup->url, more[0] ? "/" : "", more);
    outlet_header(r, "Accept: application/json");
    if (p->setup->secret[0])
        outlet_header(r, "Authorization: Bearer %s", p->setup->secret);
}

/* Which records can be told; the room that they take, and how many they are. */
static size_t measure(const struct outlet_parcel *p, struct message *m, size_t *room)
{
    const struct outlet_message *message = outlet_map_message(p->setup->map, message_name);
    struct err err;
    size_t count = 0;
    *room = HEAD_ROOM;
    for (size_t i = 0; i < p->records_count; i++) {
        p->rejected[i][0] = '\0';
        if (message_fill(m, p->setup->map, message, p->records[i], &err) == 0) {
            *room += message_json_room(m);
            count++;
        } else {
            snprintf(p->rejected[i], OUTLET_TEXT_MAX, "%.*s", OUTLET_TEXT_MAX - 1, err.text);
        }
    }
    return count;
}

static char *write_batch(const struct outlet_parcel *p, struct message *m, size_t room, size_t *length)
{
    const struct outlet_message *message = outlet_map_message(p->setup->map, message_name);
    char *out = malloc(room);
    struct json_writer w;
    if (!out)
        return NULL;
    json_writer_init(&w, out, room);
    json_object_begin(&w, NULL);
    json_string(&w, "pch", p->id);
    json_array_begin(&w, "sj");
    for (size_t i = 0; i < p->records_count; i++)
        if (!p->rejected[i][0] && message_fill(m, p->setup->map, message, p->records[i], NULL) == 0)
            message_json_write(m, &w);
    json_array_end(&w);
    json_object_end(&w);
    *length = (size_t)json_writer_finish(&w);
    return out;
}

static bool tell(const struct outlet_parcel *p, struct outlet_request *next, struct outlet_result *r)
{
    struct message *m = malloc(sizeof *m);
    size_t room = 0, count = m ? measure(p, m, &room) : 0;
    *next = (struct outlet_request){.post = true, .writes = true};
    if (m && count > 0)
        next->body = write_batch(p, m, room, &next->body_length);
    free(m);
    if (next->body) {
        address(p, "", next);
        outlet_header(next, "Content-Type: application/json;charset=utf-8");
        return true;
    }
    r->alarm = true;
    if (m && count == 0)
        outlet_conclude(r, OUTLET_REFUSED, "%s", p->rejected[0]);
    else
        outlet_conclude(r, OUTLET_RETRY, "out of memory");
    return false;
}

static bool begin(const struct outlet_parcel *p, struct outlet_request *next, struct outlet_result *r)
{
    *r = (struct outlet_result){.status = 0};
    if (!p->ask)
        return tell(p, next, r);
    *next = (struct outlet_request){.post = false};
    address(p, p->id, next);
    return true;
}

/* ---- answers ---- */

static const char *member(const struct message_answer *a, ptrdiff_t object, const char *key, char *out, size_t size)
{
    ptrdiff_t token = a->doc.tokens[object].type == JSON_OBJECT ? json_member(&a->doc, (size_t)object, key) : -1;
    if (!json_get_string(&a->doc, token, out, size))
        out[0] = '\0';
    return out;
}

static void reject(const struct outlet_parcel *p, const char *id, const char *why)
{
    for (size_t i = 0; i < p->records_count; i++)
        if (strcmp(neutral_get(p->records[i], "id"), id) == 0)
            snprintf(p->rejected[i], OUTLET_TEXT_MAX, "refused: %.150s", why[0] ? why : "without a reason");
}

/* How many records are left behind, those that the receiver refuses included. */
static size_t take_refused(const struct outlet_parcel *p, const struct message_answer *a)
{
    bool object = a->data >= 0 && a->doc.tokens[a->data].type == JSON_OBJECT;
    ptrdiff_t list = object ? json_member(&a->doc, (size_t)a->data, "refused") : -1;
    char id[64], why[512], words[160];
    size_t count = 0;
    for (uint32_t i = 0; list >= 0 && a->doc.tokens[list].type == JSON_ARRAY && i < a->doc.tokens[list].count; i++) {
        ptrdiff_t one = json_element(&a->doc, (size_t)list, i);
        member(a, one, "msg", why, sizeof why);
        outlet_quote(why, strlen(why), words, sizeof words);
        reject(p, member(a, one, "jlbh", id, sizeof id), words);
    }
    for (size_t i = 0; i < p->records_count; i++)
        count += p->rejected[i][0] != '\0';
    return count;
}

static void conclude_taken(const struct outlet_parcel *p, const struct message_answer *a, struct outlet_result *r)
{
    size_t refused = take_refused(p, a);
    if (refused == p->records_count) {
        r->alarm = true;
        outlet_conclude(r, OUTLET_REFUSED, "%s", p->rejected[0]);
        return;
    }
    snprintf(r->receipt_id, sizeof r->receipt_id, "%s", p->id);
    outlet_conclude(r, OUTLET_SENT, "%zu records taken, %zu left behind", p->records_count - refused, refused);
}

static bool after_question(const struct outlet_parcel *p, const struct message_answer *a, struct outlet_request *next,
                           struct outlet_result *r)
{
    bool object = a->data >= 0 && a->doc.tokens[a->data].type == JSON_OBJECT;
    int64_t count = 0;
    struct message *m = malloc(sizeof *m);
    size_t room = 0, told = m ? measure(p, m, &room) : 0;
    free(m);
    if (object && json_get_integer(&a->doc, json_member(&a->doc, (size_t)a->data, "count"), &count) && told > 0 &&
        (size_t)count >= told) {
        conclude_taken(p, a, r);
        return false;
    }
    return tell(p, next, r);
}

static bool after_answer(const struct outlet_parcel *p, const struct outlet_request *last,
                         const struct message_answer *a, struct outlet_request *next, struct outlet_result *r)
{
    bool taken = strcmp(a->code, "200") == 0;
    if (taken && !last->post)
        return after_question(p, a, next, r);
    if (taken) {
        conclude_taken(p, a, r);
        return false;
    }
    r->alarm = true;
    outlet_conclude(r,
                    !last->post         ? OUTLET_UNKNOWN
                    : a->code[0] == '4' ? OUTLET_REFUSED
                                        : OUTLET_RETRY,
                    "%s %s", a->code, a->msg);
    return false;
}

static bool step(const struct outlet_parcel *p, const struct outlet_request *last, const struct outlet_reply *reply,
                 struct outlet_request *next, struct outlet_result *r)
{
    struct message_answer answer = {0};
    struct err err;
    bool more = false;
    *r = (struct outlet_result){.status = reply->status, .retry_after_ms = reply->retry_after_ms};
    if (!last->post && reply->status == 404)
        return tell(p, next, r);
    if (outlet_conclude_receiver(last, reply, r)) {
        if (!last->post)
            r->outcome = OUTLET_UNKNOWN;
        return false;
    }
    if (!reply->whole)
        err_set(&err, ERR_INVALID, "the answer is cut short or too long");
    if (!reply->whole || message_answer_read(&answer, reply->body, reply->length, &err) != 0 ||
        outlet_check_status(reply, strcmp(answer.code, "200") == 0, &err) != 0) {
        r->alarm = true;
        outlet_conclude(r, OUTLET_UNKNOWN, "%d: %s", reply->status, err.text);
    } else {
        more = after_answer(p, last, &answer, next, r);
    }
    message_answer_free(&answer);
    return more;
}

const struct outlet_driver outlet_remote_json = {.kind = "remote-json",
                                                 .takes = OUTLET_PASSAGES,
                                                 .maps = true,
                                                 .batch = OUTLET_BATCH_MAX,
                                                 .begin = begin,
                                                 .step = step};
