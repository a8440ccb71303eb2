#include "reports/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/log.h"
#include "station/core/json.h"

enum {
    DECISIONS_MAX = 50,
    ANSWER_MAX = 16000,   /* senders may stop reading after 16 KiB */
    DECISION_ROOM = 4096, /* one, every text at its longest and escaped */
};

void inbox_sign(const struct inbox *inbox, const char *text, size_t length, char out[INBOX_SIGNATURE_MAX])
{
    uint8_t signature[160];
    size_t size = sizeof signature;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    out[0] = '\0';
    if (md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, inbox->receipt_key) == 1 &&
        EVP_DigestSign(md, signature, &size, (const uint8_t *)text, length) == 1)
        encoding_base64(signature, size, out);
    else
        log_error("a receipt or decision could not be signed; look at --receipt-key");
    EVP_MD_CTX_free(md);
}

/* ---- decisions, as the senders fetch them ---- */

struct decisions {
    const struct inbox *inbox;
    struct json_writer list, signatures;
    int64_t last;
    bool full;
    char list_text[ANSWER_MAX], signatures_text[ANSWER_MAX];
};

static ptrdiff_t write_decision(const struct inbox_decision *d, char out[DECISION_ROOM])
{
    struct json_writer w;
    char at[CIVIL_TIME_TEXT_MAX];
    civil_time_format(d->at_ms, INBOX_OFFSET_MINUTES, at);
    json_writer_init(&w, out, DECISION_ROOM);
    json_object_begin(&w, NULL);
    if (d->amount[0])
        json_string(&w, "amount", d->amount);
    json_string(&w, "at", at);
    if (d->basis[0])
        json_string(&w, "basis", d->basis);
    json_string(&w, "decision", d->decision);
    bool handled = strcmp(d->decision, inbox_state_name(INBOX_HANDLED)) == 0;
    if (d->ground || handled)
        json_integer(&w, "ground", handled ? 4 : d->ground); /* the law's word for it is the removal ground 4 */
    json_integer(&w, "n", d->n);
    if (d->note[0])
        json_string(&w, "note", d->note);
    if (d->number[0])
        json_string(&w, "number", d->number);
    if (d->officer[0])
        json_string(&w, "officer", d->officer);
    json_string(&w, "package_sha256", d->sha256);
    json_string(&w, "record", d->record);
    json_object_end(&w);
    return json_writer_finish(&w);
}

/* Adds one to the list, unless the answer would become too long: then it and those behind it come with the next. */
static void add_decision(void *ctx, const struct inbox_decision *d)
{
    struct decisions *all = ctx;
    char text[DECISION_ROOM], signature[INBOX_SIGNATURE_MAX] = "";
    ptrdiff_t length = write_decision(d, text);
    all->full = all->full || length < 0 ||
                all->list.length + all->signatures.length + (size_t)length + INBOX_SIGNATURE_MAX > ANSWER_MAX - 100;
    if (all->full)
        return;
    all->last = d->n;
    json_raw(&all->list, NULL, text, (size_t)length);
    if (!all->inbox->receipt_key)
        return;
    inbox_sign(all->inbox, text, (size_t)length, signature);
    json_string(&all->signatures, NULL, signature);
}

static char *finish(struct decisions *all, int64_t newest, size_t *length)
{
    struct json_writer w;
    char *text = malloc(ANSWER_MAX);
    json_array_end(&all->list);
    json_array_end(&all->signatures);
    ptrdiff_t list = json_writer_finish(&all->list), signatures = json_writer_finish(&all->signatures);
    if (!text || list < 0 || signatures < 0) {
        free(text);
        return NULL;
    }
    json_writer_init(&w, text, ANSWER_MAX);
    json_object_begin(&w, NULL);
    json_raw(&w, "decisions", all->list_text, (size_t)list);
    json_integer(&w, "last", all->last);
    json_integer(&w, "newest", newest);
    if (all->inbox->receipt_key)
        json_raw(&w, "signatures", all->signatures_text, (size_t)signatures);
    json_object_end(&w);
    *length = (size_t)json_writer_finish(&w);
    return text;
}

char *inbox_decisions(const struct inbox *inbox, const char *sender, int64_t after, size_t *length, struct err *err)
{
    int64_t newest;
    char *text = NULL;
    struct decisions *all = calloc(1, sizeof *all);
    if (all) {
        all->inbox = inbox;
        all->last = after;
        json_writer_init(&all->list, all->list_text, sizeof all->list_text);
        json_writer_init(&all->signatures, all->signatures_text, sizeof all->signatures_text);
        json_array_begin(&all->list, NULL);
        json_array_begin(&all->signatures, NULL);
        if (inbox_store_newest(inbox->store, sender, &newest, err) == 0 &&
            inbox_store_decisions(inbox->store, sender, after, DECISIONS_MAX, add_decision, all, err) == 0 &&
            !(text = finish(all, newest, length)))
            err_set(err, ERR_FAILED, "out of memory");
    } else {
        err_set(err, ERR_FAILED, "out of memory");
    }
    free(all);
    return text;
}
