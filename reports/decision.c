#include "reports/decision.h"

#include <string.h>

#include "reports/encoding.h"
#include "station/core/civil.h"

int decision_page_read(struct decision_page *page, const char *body, size_t length, int64_t after, struct err *err)
{
    int64_t newest;
    if (json_parse(&page->doc, body, length, page->tokens, DECISION_TOKENS_MAX, err) != 0)
        return err_prefix(err, "the decisions cannot be read");
    page->list = page->tokens[0].type == JSON_OBJECT ? json_member(&page->doc, 0, "decisions") : -1;
    if (page->list < 0 || page->tokens[page->list].type != JSON_ARRAY)
        return err_set(err, ERR_INVALID, "the answer has no list of decisions");
    page->count = page->tokens[page->list].count;
    page->signatures = json_member(&page->doc, 0, "signatures");
    if (page->signatures >= 0 &&
        (page->tokens[page->signatures].type != JSON_ARRAY || page->tokens[page->signatures].count != page->count))
        return err_set(err, ERR_INVALID, "the answer has not one signature for each decision");
    page->at = 0;
    page->after = after;
    if (json_get_integer(&page->doc, json_member(&page->doc, 0, "newest"), &newest) && newest < after)
        return err_set(err, ERR_INVALID,
                       "the receiver's decisions end at %lld, but %lld was fetched before: it has lost some; ask there",
                       (long long)newest, (long long)after);
    return 0;
}

static bool is_hash(const char *text)
{
    uint8_t bytes[32];
    return encoding_unhex(text, strlen(text), bytes, sizeof bytes);
}

static int read_one(struct decision_page *page, size_t token, struct decision *out, struct err *err)
{
    const struct json_doc *doc = &page->doc;
    const struct json_token *t = &page->tokens[token];
    int64_t at_ms;
    if (t->type != JSON_OBJECT || !json_get_integer(doc, json_member(doc, token, "n"), &out->n))
        return err_set(err, ERR_INVALID, "a decision after %lld has no number", (long long)page->after);
    if (out->n <= page->after)
        return err_set(err, ERR_INVALID, "decision %lld comes after %lld: the numbers must rise", (long long)out->n,
                       (long long)page->after);
    if (!json_get_string(doc, json_member(doc, token, "package_sha256"), out->package_sha256,
                         sizeof out->package_sha256) ||
        !is_hash(out->package_sha256) ||
        !json_get_string(doc, json_member(doc, token, "decision"), out->kind, sizeof out->kind) ||
        !outlet_presentable(out->kind) ||
        !json_get_string(doc, json_member(doc, token, "at"), out->at, sizeof out->at) ||
        !civil_time_parse(&at_ms, out->at, strlen(out->at), 0))
        return err_set(err, ERR_INVALID, "decision %lld lacks package_sha256, decision or at", (long long)out->n);
    if (t->length > DECISION_BODY_MAX)
        return err_set(err, ERR_INVALID, "decision %lld has %u bytes; at most %d are taken", (long long)out->n,
                       (unsigned)t->length, DECISION_BODY_MAX);
    memcpy(out->body, doc->text + t->start, t->length);
    out->body[t->length] = '\0';
    return 0;
}

static int read_signature(const struct decision_page *page, struct decision *out, struct err *err)
{
    out->signature[0] = '\0';
    if (page->signatures < 0)
        return 0;
    ptrdiff_t token = json_element(&page->doc, (size_t)page->signatures, page->at);
    if (json_get_string(&page->doc, token, out->signature, sizeof out->signature))
        return 0;
    return err_set(err, ERR_INVALID, "the signature of decision %lld is no text", (long long)out->n);
}

int decision_page_next(struct decision_page *page, const struct receipt_keys *keys, struct decision *out,
                       struct err *err)
{
    if (page->at == page->count)
        return 0;
    ptrdiff_t token = json_element(&page->doc, (size_t)page->list, page->at);
    if (read_one(page, (size_t)token, out, err) != 0 || read_signature(page, out, err) != 0)
        return -1;
    if (keys && receipt_keys_check(keys, out->body, strlen(out->body), out->signature, err) != 0)
        return err_prefix(err, "decision %lld", (long long)out->n);
    page->after = out->n;
    page->at++;
    return 1;
}
