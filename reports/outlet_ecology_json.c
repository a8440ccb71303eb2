/*
 * ecology-json: tests to a provincial platform of the ecology departments, after the REST interface of a western region
 * (V1.4.4, 2021), itself made from the draft of the national one.
 *
 *     POST url/api/authentication   {"password", "username"}             token in data, or in data.token
 *     POST url + path               {"reqBody": [{…} …], "reqTime", "serviceCode", "token", "tsNo"}
 *     answer                        {"code", "data", "msg"}: 200 taken; 400 bad data; 501 wrong token; 600 too many
 *
 * What a record of a method takes is the map's plan: result, process, base record, photos; each message (of samples: at
 * most 1000 rows) is a part of the delivery, and a part that has arrived is not sent again. The interface has no
 * question for what has arrived: after a lost answer a part is sent again only where the platform is known to take a
 * record that comes twice for one (repeat-replaces), else a person looks there.
 */
#include "reports/outlet.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/message_json.h"

enum phase { TELL, LOG_IN, TELL_AFTER_LOG_IN };

enum { ROWS_MAX = 1000, HEAD_ROOM = 4096, PICTURE_MAX = 5 << 20 };

/* One part: a message, and which of its rows. */
struct part {
    const struct outlet_message *message;
    size_t first, count;
};

/* Counts the parts; *out gets the one with that number. */
static unsigned find_part(const struct outlet_parcel *p, unsigned number, struct part *out)
{
    const struct outlet_plan *plan = outlet_map_plan(p->setup->map, neutral_get(p->records[0], "method"));
    unsigned total = 0;
    for (size_t i = 0; plan && i < plan->count; i++) {
        const struct outlet_message *m = outlet_map_message(p->setup->map, plan->messages[i]);
        size_t rows = m->rows ? neutral_rows(p->records[0], m->rows) : 1;
        size_t step = m->rows && strcmp(m->rows, "pictures") == 0 ? 1 : ROWS_MAX;
        for (size_t at = 0; at < rows; at += step, total++)
            if (total == number)
                *out = (struct part){m, at, rows - at < step ? rows - at : step};
    }
    return total;
}

static int fill(const struct outlet_parcel *p, const struct part *part, size_t i, struct message *m, struct err *err)
{
    if (part->message->rows)
        neutral_row(p->records[0], part->message->rows, part->first + i);
    if (message_fill(m, p->setup->map, part->message, p->records[0], err) != 0)
        return -1;
    for (size_t k = 0; k < m->count; k++)
        if (m->values[k].picture && m->values[k].picture->size > PICTURE_MAX)
            return err_set(err, ERR_REFUSED, "%s: the picture %s has more than the 5 MB that the receiver takes",
                           part->message->name, m->values[k].picture->name);
    return 0;
}

static void write_tail(const struct outlet_parcel *p, const struct part *part, const char *time, struct json_writer *w)
{
    const char *station = neutral_get(p->records[0], "values.tsNo");
    json_array_end(w);
    json_string(w, "reqTime", time);
    json_string(w, "serviceCode", part->message->name);
    json_string(w, "token", p->memory->token);
    json_string(w, "tsNo", station ? station : "");
    json_object_end(w);
}

/* The body of a part; malloc'ed, or NULL. */
static char *write_part(const struct outlet_parcel *p, const struct part *part, size_t *length, struct err *err)
{
    struct message *m = malloc(sizeof *m);
    char *out = NULL, time[20];
    size_t room = HEAD_ROOM;
    bool good = m != NULL;
    for (size_t i = 0; i < part->count && good; i++) { /* all rows are checked before anything is written */
        if (fill(p, part, i, m, err) != 0) {
            free(m);
            return NULL;
        }
        room += message_json_room(m);
    }
    snprintf(time, sizeof time, "%.10s %.8s", p->now, p->now + 11);
    good = good && (out = malloc(room));
    struct json_writer w;
    if (good) {
        json_writer_init(&w, out, room);
        json_object_begin(&w, NULL);
        json_array_begin(&w, "reqBody");
        for (size_t i = 0; i < part->count && good; i++)
            good = fill(p, part, i, m, err) == 0 && message_json_write(m, &w);
        write_tail(p, part, time, &w);
        ptrdiff_t written = json_writer_finish(&w);
        good = good && written >= 0;
        *length = (size_t)written;
    }
    free(m);
    if (good)
        return out;
    free(out);
    err_set(err, ERR_FAILED, "out of memory");
    return NULL;
}

static void address(const struct outlet_parcel *p, const char *path, struct outlet_request *r)
{
    size_t length = strlen(p->setup->url);
    while (length > 0 && p->setup->url[length - 1] == '/')
        length--;
    snprintf(r->url, sizeof r->url, "%.*s%s", (int)length, p->setup->url, path);
    outlet_header(r, "Content-Type: application/json;charset=utf-8");
    outlet_header(r, "Accept: application/json");
}

static bool log_in(const struct outlet_parcel *p, struct outlet_request *next, struct outlet_result *r)
{
    enum { ROOM = 64 + 6 * (OUTLET_SECRET_MAX + 64) };
    struct json_writer w;
    *next = (struct outlet_request){.post = true, .phase = LOG_IN, .body = malloc(ROOM)};
    if (!next->body) {
        outlet_conclude(r, OUTLET_RETRY, "out of memory");
        return false;
    }
    json_writer_init(&w, next->body, ROOM);
    json_object_begin(&w, NULL);
    json_string(&w, "password", p->setup->secret);
    json_string(&w, "username", p->setup->user);
    json_object_end(&w);
    next->body_length = (size_t)json_writer_finish(&w);
    address(p, "/api/authentication", next);
    return true;
}

static bool tell(const struct outlet_parcel *p, enum phase phase, struct outlet_request *next, struct outlet_result *r)
{
    struct part part = {0};
    struct err err;
    if (find_part(p, p->part, &part) <= p->part || !part.message || !part.message->path) {
        outlet_conclude(r, OUTLET_SENT, "nothing more of it is for this receiver");
        return false;
    }
    *next = (struct outlet_request){.post = true, .writes = true, .phase = (int)phase};
    next->body = write_part(p, &part, &next->body_length, &err);
    if (!next->body) {
        r->alarm = true;
        outlet_conclude(r, err.code == ERR_REFUSED ? OUTLET_REFUSED : OUTLET_RETRY, "%s", err.text);
        return false;
    }
    address(p, part.message->path, next);
    return true;
}

static bool begin(const struct outlet_parcel *p, struct outlet_request *next, struct outlet_result *r)
{
    const char *method = neutral_get(p->records[0], "method");
    *r = (struct outlet_result){.status = 0};
    if (!outlet_map_plan(p->setup->map, method)) {
        r->alarm = true;
        outlet_conclude(r, OUTLET_REFUSED,
                        "the outlet's map has no plan for the method '%s'; enter one, or an empty one", method);
        return false;
    }
    if (p->ask && !p->setup->replaces) {
        r->alarm = true;
        outlet_conclude(
            r, OUTLET_UNKNOWN,
            "it may have arrived, and the receiver cannot be asked; look there, then: smogctl outbox release");
        return false;
    }
    return p->memory->token[0] ? tell(p, TELL, next, r) : log_in(p, next, r);
}

/* ---- answers ---- */

static bool take_token(const struct outlet_parcel *p, const struct message_answer *a)
{
    ptrdiff_t data = a->data;
    char token[OUTLET_TOKEN_MAX];
    if (data >= 0 && a->doc.tokens[data].type == JSON_OBJECT)
        data = json_member(&a->doc, (size_t)data, "token");
    if (!json_get_string(&a->doc, data, token, sizeof token) || !outlet_presentable(token))
        return false;
    memcpy(p->memory->token, token, sizeof token);
    return true;
}

static bool after_log_in(const struct outlet_parcel *p, const struct message_answer *a, struct outlet_request *next,
                         struct outlet_result *r)
{
    if (strcmp(a->code, "200") == 0 && take_token(p, a))
        return tell(p, TELL_AFTER_LOG_IN, next, r);
    r->alarm = r->everyone = true;
    outlet_conclude(r, p->ask ? OUTLET_UNKNOWN : OUTLET_RETRY, "the receiver gives no token: %s %s", a->code, a->msg);
    return false;
}

static void conclude_part(const struct outlet_parcel *p, const struct message_answer *a, struct outlet_result *r)
{
    struct part part = {0};
    unsigned total = find_part(p, p->part, &part);
    assert(part.message); /* tell has sent it */
    if (strcmp(a->code, "200") == 0) {
        r->more = p->part + 1 < total;
        snprintf(r->receipt_id, sizeof r->receipt_id, "%s", part.message->name);
        outlet_conclude(r, OUTLET_SENT, "%s: 200 %s (part %u of %u)", part.message->name, a->msg, p->part + 1, total);
    } else if (strcmp(a->code, "400") == 0 || strcmp(a->code, "600") == 0) {
        r->alarm = true;
        outlet_conclude(r, OUTLET_REFUSED, "%s refused: %s %s", part.message->name, a->code, a->msg);
    } else {
        r->alarm = true;
        outlet_conclude(r, p->setup->replaces ? OUTLET_RETRY : OUTLET_UNKNOWN, "%s: %s %s", part.message->name, a->code,
                        a->msg);
    }
}

static bool after_answer(const struct outlet_parcel *p, const struct outlet_request *last,
                         const struct message_answer *a, struct outlet_request *next, struct outlet_result *r)
{
    if (last->phase == LOG_IN)
        return after_log_in(p, a, next, r);
    if (strcmp(a->code, "501") != 0 && strcmp(a->code, "401") != 0) {
        conclude_part(p, a, r);
        return false;
    }
    p->memory->token[0] = '\0';
    if (last->phase == TELL)
        return log_in(p, next, r);
    r->alarm = r->everyone = true;
    outlet_conclude(r, OUTLET_RETRY, "the receiver refuses the token that it has just given: %s %s", a->code, a->msg);
    return false;
}

static bool step(const struct outlet_parcel *p, const struct outlet_request *last, const struct outlet_reply *reply,
                 struct outlet_request *next, struct outlet_result *r)
{
    struct message_answer answer = {0};
    struct err err;
    bool more = false;
    *r = (struct outlet_result){.status = reply->status, .retry_after_ms = reply->retry_after_ms};
    if (outlet_conclude_receiver(last, reply, r))
        return false;
    if (reply->status >= 400 && reply->status < 500) {
        r->alarm = r->everyone = true;
        outlet_conclude(r, OUTLET_RETRY, "%d: there is no such service at the outlet's url", reply->status);
        return false;
    }
    if (!reply->whole)
        err_set(&err, ERR_INVALID, "the answer is cut short or too long");
    if (!reply->whole || message_answer_read(&answer, reply->body, reply->length, &err) != 0 ||
        outlet_check_status(reply, strcmp(answer.code, "200") == 0, &err) != 0) {
        r->alarm = true;
        outlet_conclude(r, last->writes ? OUTLET_UNKNOWN : OUTLET_RETRY, "%d: %s", reply->status, err.text);
    } else {
        more = after_answer(p, last, &answer, next, r);
    }
    message_answer_free(&answer);
    return more;
}

const struct outlet_driver outlet_ecology_json = {
    .kind = "ecology-json", .takes = OUTLET_TESTS, .maps = true, .batch = 1, .begin = begin, .step = step};
