/*
 * package-rest: the signed package over HTTP with mutual TLS.
 *
 *     POST url                       Content-Type: application/vnd.etsi.asic-e+zip
 *       the package                  Content-Digest: sha-256=:base64:      (RFC 9530)
 *                                    Idempotency-Key: "sha-256 in hex"
 *     200, 201                       receipt {"package_sha256", "receipt_id", "received_at"}; Receipt-Signature, where
 *                                    the receiver signs it: kept with the receipt, base64 over the receipt's bytes;
 * with a receipt-key configured, a receipt without a good one is none GET url/SHA-256-IN-HEX         the same receipt,
 * or 404 GET url/decisions?after=N      what became of packages (reports/decision.h)
 *
 * The key is the hash of the body, so a receiver that has seen it has these very bytes, and a second POST is harmless;
 * yet after an attempt that ended unknown the receiver is asked first: a question is shorter than a package.
 */
#include "reports/outlet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/package.h"
#include "station/core/civil.h"
#include "station/core/err.h"
#include "station/core/json.h"
#include "station/core/utf8.h"

enum { RECEIPT_TOKENS_MAX = 64, WORDS_MAX = 120 };

static void add_header(struct outlet_request *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_header(struct outlet_request *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->headers[r->headers_count++], OUTLET_HEADER_MAX, format, args);
    va_end(args);
}

static void post(const struct outlet_parcel *p, struct outlet_request *r)
{
    char digest[ENCODING_BASE64_ROOM(32)];
    encoding_base64(p->sha256, sizeof p->sha256, digest);
    *r = (struct outlet_request){.post = true};
    snprintf(r->url, sizeof r->url, "%s", p->url);
    add_header(r, "Content-Type: " PACKAGE_MEDIA_TYPE);
    add_header(r, "Content-Digest: sha-256=:%s:", digest);
    add_header(r, "Idempotency-Key: \"%s\"", p->sha256_hex);
    add_header(r, "Accept: application/json");
}

/* GET url/WHAT */
static void get(const char *url, const char *what, struct outlet_request *r)
{
    size_t length = strlen(url);
    *r = (struct outlet_request){.post = false};
    snprintf(r->url, sizeof r->url, "%s%s%s", url, length > 0 && url[length - 1] == '/' ? "" : "/", what);
    add_header(r, "Accept: application/json");
}

static void ask_decisions(const char *url, int64_t after, struct outlet_request *r)
{
    char what[48];
    snprintf(what, sizeof what, "decisions?after=%lld", (long long)after);
    get(url, what, r);
}

static void begin(const struct outlet_parcel *p, struct outlet_request *r)
{
    if (p->ask)
        get(p->url, p->sha256_hex, r);
    else
        post(p, r);
}

/* ---- what an answer means ---- */

static void conclude(struct outlet_result *r, enum outlet_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void conclude(struct outlet_result *r, enum outlet_outcome outcome, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    r->outcome = outcome;
    vsnprintf(r->text, sizeof r->text, format, args);
    va_end(args);
}

/* The receiver's own words on one line: what cannot be shown becomes '?'. */
static void quote(const struct outlet_reply *reply, char out[WORDS_MAX])
{
    size_t made = 0;
    for (size_t at = 0, size; at<reply->length; at += size> 0 ? size : 1) {
        uint32_t c = utf8_next(reply->body + at, reply->length - at, &size);
        bool shown = size > 0 && c >= 0x20 && c != 0x7F;
        if (made + (shown ? size : 1) >= WORDS_MAX)
            break;
        memcpy(out + made, shown ? reply->body + at : "?", shown ? size : 1);
        made += shown ? size : 1;
    }
    out[made] = '\0';
}

/* A receipt counts when it names our bytes. */
static int read_receipt(const struct outlet_parcel *p, const struct outlet_reply *reply, struct outlet_result *r,
                        struct err *err)
{
    struct json_token tokens[RECEIPT_TOKENS_MAX];
    struct json_doc doc;
    char sha256[65], received_at[64];
    int64_t received_ms;
    if (!reply->whole)
        return err_set(err, ERR_INVALID, "the receipt is cut short or too long");
    if (json_parse(&doc, reply->body, reply->length, tokens, RECEIPT_TOKENS_MAX, err) != 0)
        return err_prefix(err, "the receipt cannot be read");
    if (tokens[0].type != JSON_OBJECT ||
        !json_get_string(&doc, json_member(&doc, 0, "package_sha256"), sha256, sizeof sha256) ||
        !json_get_string(&doc, json_member(&doc, 0, "receipt_id"), r->receipt_id, sizeof r->receipt_id) ||
        !outlet_presentable(r->receipt_id) ||
        !json_get_string(&doc, json_member(&doc, 0, "received_at"), received_at, sizeof received_at) ||
        !civil_time_parse(&received_ms, received_at, strlen(received_at), 0))
        return err_set(err, ERR_INVALID, "the receipt lacks package_sha256, receipt_id or received_at");
    if (strcmp(sha256, p->sha256_hex) != 0)
        return err_set(err, ERR_INVALID, "the receipt is for another package");
    if (p->receipt_keys &&
        receipt_keys_check(p->receipt_keys, reply->body, reply->length, reply->receipt_signature, err) != 0)
        return err_prefix(err, "the receipt does not count");
    return 0;
}

static void conclude_receipt(const struct outlet_parcel *p, const struct outlet_reply *reply, struct outlet_result *r)
{
    struct err err;
    if (read_receipt(p, reply, r, &err) != 0) {
        r->alarm = true;
        r->receipt_id[0] = '\0';
        conclude(r, OUTLET_UNKNOWN, "%d, but %s", reply->status, err.text);
        return;
    }
    memcpy(r->receipt, reply->body, reply->length);
    r->receipt[reply->length] = '\0';
    memcpy(r->receipt_signature, reply->receipt_signature, sizeof r->receipt_signature);
    conclude(r, OUTLET_SENT, "%d, receipt %s", reply->status, r->receipt_id);
}

/* No answer, or none of HTTP. */
static void conclude_silence(const struct outlet_request *last, const struct outlet_reply *reply,
                             struct outlet_result *r)
{
    bool may_have_it = last->post && reply->body_out;
    r->everyone = true;
    conclude(r, may_have_it ? OUTLET_UNKNOWN : OUTLET_RETRY, "%s", reply->trouble);
}

/* Answers that say nothing about the package, whatever was asked. */
static bool conclude_receiver(const struct outlet_reply *reply, struct outlet_result *r)
{
    int status = reply->status;
    long long wait_s = (long long)(reply->retry_after_ms / 1000);
    r->everyone = true;
    if (status == 401 || status == 403) {
        r->alarm = true;
        conclude(r, OUTLET_RETRY, "%d: the receiver does not let this station in; have it enter our certificate",
                 status);
    } else if ((status == 429 || status == 503) && wait_s > 0) {
        conclude(r, OUTLET_RETRY, "%d: the receiver is busy and asks to wait %lld s", status, wait_s);
    } else if (status == 429 || status == 503) {
        conclude(r, OUTLET_RETRY, "%d: the receiver is busy", status);
    } else if (status >= 300 && status < 400) {
        r->alarm = true;
        conclude(r, OUTLET_RETRY, "%d: the address leads elsewhere (a log-in page of the network?); check the url",
                 status);
    } else if (status >= 500 || status == 408 || status < 200) {
        r->everyone = false;
        conclude(r, OUTLET_RETRY, "%d: the receiver has trouble", status);
    } else {
        r->everyone = false;
        return false;
    }
    return true;
}

static void conclude_post(const struct outlet_parcel *p, const struct outlet_reply *reply, struct outlet_result *r)
{
    int status = reply->status;
    if (status == 200 || status == 201) {
        conclude_receipt(p, reply, r);
    } else if (status == 409 || (status > 201 && status < 300)) {
        conclude(r, OUTLET_UNKNOWN, "%d: the receiver is still working on it", status);
    } else if (!conclude_receiver(reply, r)) {
        r->alarm = true;
        char words[WORDS_MAX];
        quote(reply, words);
        if (status == 422)
            conclude(r, OUTLET_REFUSED, "422: the receiver knows this key with other content; compare the two: %s",
                     words);
        else
            conclude(r, OUTLET_REFUSED, "%d: the receiver refuses it: %s", status, words);
    }
}

/* Whatever is no clear yes or no leaves it unknown. */
static void conclude_get(const struct outlet_parcel *p, const struct outlet_reply *reply, struct outlet_result *r)
{
    int status = reply->status;
    if (status == 200) {
        conclude_receipt(p, reply, r);
        return;
    }
    if (status == 409 || (status > 200 && status < 300)) {
        conclude(r, OUTLET_UNKNOWN, "%d: the receiver is still working on it", status);
    } else if (!conclude_receiver(reply, r)) {
        r->alarm = true;
        conclude(r, OUTLET_UNKNOWN, "%d: the receiver does not tell whether it has the package; ask there", status);
    }
    r->outcome = OUTLET_UNKNOWN;
}

static bool step(const struct outlet_parcel *p, const struct outlet_request *last, const struct outlet_reply *reply,
                 struct outlet_request *next, struct outlet_result *r)
{
    bool asked = !last->post;
    if (asked && reply->status == 404) {
        post(p, next);
        return true;
    }
    *r = (struct outlet_result){.status = reply->status, .retry_after_ms = reply->retry_after_ms};
    if (reply->status == 0) {
        conclude_silence(last, reply, r);
        if (asked)
            r->outcome = OUTLET_UNKNOWN;
    } else if (asked) {
        conclude_get(p, reply, r);
    } else {
        conclude_post(p, reply, r);
    }
    return false;
}

const struct outlet_driver outlet_package_rest = {
    .kind = "package-rest", .begin = begin, .step = step, .ask_decisions = ask_decisions};
