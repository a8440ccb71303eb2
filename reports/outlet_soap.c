/*
 * rm60 and vio04: the platforms of the traffic police over SOAP (reports/soap.h).
 *
 *     rm60    command platform (集成指挥平台): 60W01 to be screened, 60W02 to be reviewed
 *     vio04   综合应用平台: 04C52 reviewed, 04C53 not reviewed, 04C54 a decision made on the spot
 *
 * Which message an outlet writes is its `interface`; node names, fields, codes, which query finds a message again and
 * what follows when it does not are data of the map. What an answer means:
 *
 *     code 1              written; where the map says so its proof is read back first (04C54: the document's check
 *                         digit, without which it counts as not stored)
 *     code 0              refused, with the receiver's words as they came
 *     $E…                 network or permission trouble at the receiver: asked about where that can tell, else retried
 *     a fault, garbage,
 *     5xx, no answer      unknown: asked before anything is sent again
 *
 * The caller's serial number (jkxlh) is a secret; it stands in the envelope and nowhere else.
 */
#include "reports/outlet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/message.h"
#include "reports/sha256.h"
#include "reports/soap.h"
#include "station/core/json.h"

enum phase { ASK, WRITE, READ_BACK };

enum { WORDS_MAX = 120 };

static const struct outlet_message *message_of(const struct outlet_parcel *p, enum phase phase)
{
    const struct outlet_map *map = p->setup->map;
    const struct outlet_message *m = outlet_map_message(map, p->setup->interface);
    const char *name = phase == ASK ? m->ask : phase == READ_BACK ? m->read_back : m->name;
    return outlet_map_message(map, name);
}

/* ---- saying ---- */

static const char *parameter(const struct outlet_parcel *p, const struct outlet_message *m, const char *name)
{
    if (strcmp(name, "xtlb") == 0)
        return m->group;
    if (strcmp(name, "jkid") == 0)
        return m->name;
    if (strcmp(name, "jkxlh") == 0)
        return p->setup->secret;
    for (size_t i = 0; i < p->setup->values_count; i++)
        if (strcmp(p->setup->values[i].name, name) == 0)
            return p->setup->values[i].value;
    return "";
}

static char *envelope(const struct outlet_parcel *p, const struct outlet_message *m, bool query, const char *document,
                      size_t *length)
{
    const struct outlet_call *call = outlet_map_call(p->setup->map, p->setup->call);
    struct soap_parameter parameters[OUTLET_PARAMETERS_MAX];
    for (size_t i = 0; i < call->count; i++)
        parameters[i] = (struct soap_parameter){call->parameters[i],
                                                i + 1 < call->count ? parameter(p, m, call->parameters[i]) : document};
    return soap_envelope(call->space, query ? call->query : call->write, parameters, call->count, length);
}

static char *document(const struct outlet_parcel *p, const struct outlet_message *m, struct message *filled,
                      size_t *length, struct err *err)
{
    if (message_fill(filled, p->setup->map, m, p->records[0], err) != 0)
        return NULL;
    char *text = soap_document(m->root ? m->root : m->name, p->setup->encoding, filled, length);
    if (!text)
        err_set(err, ERR_FAILED, "out of memory");
    return text;
}

/* The request of that phase; false: it cannot be said, and *r tells why. */
static bool say(const struct outlet_parcel *p, enum phase phase, struct outlet_request *next, struct outlet_result *r)
{
    const struct outlet_message *m = message_of(p, phase);
    struct message filled;
    struct err err;
    size_t length = 0;
    char *text = document(p, m, &filled, &length, &err);
    *next = (struct outlet_request){.post = true, .writes = phase == WRITE, .phase = (int)phase};
    if (text)
        next->body = envelope(p, m, phase != WRITE, text, &next->body_length);
    free(text);
    if (!next->body) {
        bool refused = !text && err.code == ERR_REFUSED;
        *r = (struct outlet_result){.alarm = true};
        outlet_conclude(r,
                        p->ask || phase == READ_BACK ? OUTLET_UNKNOWN
                        : refused                    ? OUTLET_REFUSED
                                                     : OUTLET_RETRY,
                        "%s", text ? "out of memory" : err.text);
        return false;
    }
    snprintf(next->url, sizeof next->url, "%s", p->setup->url);
    outlet_header(next, "Content-Type: text/xml; charset=utf-8");
    outlet_header(next, "SOAPAction: \"\"");
    return true;
}

static bool begin(const struct outlet_parcel *p, struct outlet_request *next, struct outlet_result *r)
{
    const struct outlet_message *m = message_of(p, WRITE);
    if (p->ask && !m->ask) {
        *r = (struct outlet_result){.alarm = true};
        outlet_conclude(r, OUTLET_UNKNOWN, "%s cannot be asked about; look it up there, then: smogctl outbox release",
                        m->name);
        return false;
    }
    return say(p, m->ask && (p->ask || m->ask_first) ? ASK : WRITE, next, r);
}

/* ---- understanding ---- */

/* Which row of an answer is ours. */
static void question_of(const struct outlet_parcel *p, enum phase phase, struct message *asked,
                        struct soap_question *question)
{
    const struct outlet_message *m = message_of(p, phase);
    struct err err;
    *question = (struct soap_question){.proof = m->proof};
    if (phase == WRITE || message_fill(asked, p->setup->map, m, p->records[0], &err) != 0)
        return;
    for (size_t i = 0; i < m->match_count; i++) {
        const char *value = message_get(asked, m->match[i]);
        if (value)
            question->wanted[question->count++] = (struct soap_wanted){m->match[i], value};
    }
}

static ptrdiff_t write_receipt(const struct outlet_parcel *p, const struct soap_answer *a, const char *request,
                               bool whole, struct outlet_result *r)
{
    struct json_writer w;
    json_writer_init(&w, r->receipt, sizeof r->receipt);
    json_object_begin(&w, NULL);
    json_string(&w, "answer", whole ? a->text : a->message);
    json_string(&w, "code", a->code);
    json_string(&w, "interface", p->setup->interface);
    json_string(&w, "package_sha256", p->sha256_hex);
    json_string(&w, "receipt_id", r->receipt_id);
    json_string(&w, "received_at", p->now);
    json_string(&w, "request_sha256", request);
    json_object_end(&w);
    return json_writer_finish(&w);
}

/* The receiver has it: its words, and a digest of the document that it has. */
static void conclude_sent(const struct outlet_parcel *p, const struct soap_answer *a, struct outlet_result *r)
{
    struct message filled;
    struct err err;
    size_t length = 0;
    char request[65] = "";
    char *text = document(p, message_of(p, WRITE), &filled, &length, &err);
    if (text)
        sha256_hex(text, length, request);
    free(text);
    if (a->proof[0])
        snprintf(r->receipt_id, sizeof r->receipt_id, "%s", a->proof);
    else
        snprintf(r->receipt_id, sizeof r->receipt_id, "%s %s", p->setup->interface, p->id);
    if (write_receipt(p, a, request, true, r) < 0)
        write_receipt(p, a, request, false, r);
    outlet_conclude(r, OUTLET_SENT, "code %s: %s", a->code, a->message);
}

/* `words`: the receiver's, on one line. */
static void conclude_failed(const struct outlet_parcel *p, const struct outlet_request *last,
                            const struct soap_answer *a, const char *words, struct outlet_result *r)
{
    const struct outlet_message *m = message_of(p, WRITE);
    bool asking = last->phase != WRITE;
    r->alarm = true;
    if (strncmp(a->code, "$E", 2) == 0) {
        r->everyone = true;
        outlet_conclude(r, asking || (m->ask && m->absent_resends) ? OUTLET_UNKNOWN : OUTLET_RETRY, "%s: %s", a->code,
                        words);
    } else if (strcmp(a->code, "0") == 0 && !asking) {
        outlet_conclude(r, OUTLET_REFUSED, "%s refused: %s", p->setup->interface, words);
    } else {
        outlet_conclude(r, OUTLET_UNKNOWN, "code %s, which tells nothing: %s", a->code, words);
    }
}

/* Not found where it was looked for. True: it is sent (again). */
static bool after_absence(const struct outlet_parcel *p, const struct outlet_request *last, struct outlet_request *next,
                          struct outlet_result *r)
{
    const struct outlet_message *m = message_of(p, WRITE);
    if (last->phase == ASK && (m->absent_resends || !p->ask))
        return say(p, WRITE, next, r);
    r->alarm = true;
    outlet_conclude(r, OUTLET_UNKNOWN,
                    last->phase == ASK
                        ? "%s does not find it, which proves nothing; look it up there, then: smogctl outbox release"
                        : "written, but %s does not show it yet",
                    message_of(p, (enum phase)last->phase)->name);
    return false;
}

/* The answer to a question: code 1 with a row that is ours, or none. */
static bool after_question(const struct outlet_parcel *p, const struct outlet_request *last,
                           const struct soap_answer *a, struct outlet_request *next, struct outlet_result *r)
{
    const char *proof = message_of(p, (enum phase)last->phase)->proof;
    if (a->matches == 0 || (proof && a->proof[0] == '\0'))
        return after_absence(p, last, next, r);
    conclude_sent(p, a, r);
    return false;
}

static bool after_answer(const struct outlet_parcel *p, const struct outlet_request *last, const struct soap_answer *a,
                         struct outlet_request *next, struct outlet_result *r)
{
    char words[WORDS_MAX];
    outlet_quote(a->message, strlen(a->message), words, sizeof words);
    if (a->fault) {
        outlet_conclude(r, OUTLET_UNKNOWN, "%d: the receiver's service failed: %s", r->status, words);
    } else if (strcmp(a->code, "1") != 0) {
        conclude_failed(p, last, a, words, r);
    } else if (last->phase != WRITE) {
        return after_question(p, last, a, next, r);
    } else if (message_of(p, WRITE)->read_back) {
        return say(p, READ_BACK, next, r);
    } else {
        conclude_sent(p, a, r);
    }
    return false;
}

static bool step(const struct outlet_parcel *p, const struct outlet_request *last, const struct outlet_reply *reply,
                 struct outlet_request *next, struct outlet_result *r)
{
    struct soap_question question;
    struct soap_answer answer = {0};
    struct message asked;
    struct err err;
    bool more = false;
    *r = (struct outlet_result){.status = reply->status, .retry_after_ms = reply->retry_after_ms};
    if (outlet_conclude_receiver(last, reply, r)) {
        if (last->phase == READ_BACK || p->ask)
            r->outcome = OUTLET_UNKNOWN;
        return false;
    }
    if (reply->status >= 400 && reply->status < 500) {
        r->alarm = r->everyone = true;
        outlet_conclude(r, p->ask || last->phase == READ_BACK ? OUTLET_UNKNOWN : OUTLET_RETRY,
                        "%d: there is no such service at the outlet's url", reply->status);
        return false;
    }
    question_of(p, (enum phase)last->phase, &asked, &question);
    if (!reply->whole || soap_answer_read(&answer, reply->body, reply->length, &question, &err) != 0 ||
        outlet_check_status(reply, strcmp(answer.code, "1") == 0, &err) != 0) {
        r->alarm = true;
        outlet_conclude(r, last->phase == WRITE || last->phase == READ_BACK || p->ask ? OUTLET_UNKNOWN : OUTLET_RETRY,
                        "%d: %s", reply->status, reply->whole ? err.text : "the answer is cut short or too long");
    } else {
        more = after_answer(p, last, &answer, next, r);
    }
    soap_answer_free(&answer);
    return more;
}

const struct outlet_driver outlet_rm60 = {
    .kind = "rm60", .takes = OUTLET_CASES, .maps = true, .batch = 1, .begin = begin, .step = step};
const struct outlet_driver outlet_vio04 = {
    .kind = "vio04", .takes = OUTLET_CASES, .maps = true, .batch = 1, .begin = begin, .step = step};
