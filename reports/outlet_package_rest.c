/*
 * package-rest: the signed package over HTTP with mutual TLS.
 *
 *     POST url                       Content-Type: application/vnd.etsi.asic-e+zip
 *       the package                  Content-Digest: sha-256=:base64:      (RFC 9530)
 *                                    Idempotency-Key: "sha-256 in hex"
 *     200, 201                       receipt {"package_sha256", "receipt_id", "received_at"}; Receipt-Signature, where
 *                                    the receiver signs it: kept with the receipt, base64 over the receipt's bytes
 *     GET url/SHA-256-IN-HEX         the same receipt, or 404
 *     GET url/decisions?after=N      what became of packages (reports/decision.h)
 *
 * With a receipt-key configured, a receipt without a good signature is none.
 *
 * The key is the hash of the body, so a receiver that has seen it has these very bytes, and a second POST is harmless;
 * yet after an attempt that ended unknown the receiver is asked first: a question is shorter than a package.
 */
#include "reports/outlet.h"

#include <stdio.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/package.h"
#include "station/core/civil.h"
#include "station/core/err.h"
#include "station/core/json.h"

enum { RECEIPT_TOKENS_MAX = 64, WORDS_MAX = 120 };

static void post(const struct outlet_parcel *p, struct outlet_request *r)
{
    char digest[ENCODING_BASE64_ROOM(32)];
    encoding_base64(p->sha256, sizeof p->sha256, digest);
    *r = (struct outlet_request){.post = true, .writes = true};
    snprintf(r->url, sizeof r->url, "%s", p->setup->url);
    outlet_header(r, "Content-Type: " PACKAGE_MEDIA_TYPE);
    outlet_header(r, "Content-Digest: sha-256=:%s:", digest);
    outlet_header(r, "Idempotency-Key: \"%s\"", p->sha256_hex);
    outlet_header(r, "Accept: application/json");
}

/* GET url/WHAT */
static void get(const char *url, const char *what, struct outlet_request *r)
{
    size_t length = strlen(url);
    *r = (struct outlet_request){.post = false};
    snprintf(r->url, sizeof r->url, "%s%s%s", url, length > 0 && url[length - 1] == '/' ? "" : "/", what);
    outlet_header(r, "Accept: application/json");
}

static void ask_decisions(const char *url, int64_t after, struct outlet_request *r)
{
    char what[48];
    snprintf(what, sizeof what, "decisions?after=%lld", (long long)after);
    get(url, what, r);
}

static bool begin(const struct outlet_parcel *p, struct outlet_request *next, struct outlet_result *r)
{
    (void)r;
    if (p->ask)
        get(p->setup->url, p->sha256_hex, next);
    else
        post(p, next);
    return true;
}

/* ---- what an answer means ---- */

/* A receipt counts when it names our bytes. */
static int read_receipt(const struct outlet_parcel *p, const struct outlet_reply *reply, struct outlet_result *r,
                        struct err *err)
{
    struct json_token tokens[RECEIPT_TOKENS_MAX];
    struct json_doc doc;
    char sha256[65], received_at[64];
    int64_t received_ms;
    if (!reply->whole || reply->length > OUTLET_RECEIPT_MAX)
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
        outlet_conclude(r, OUTLET_UNKNOWN, "%d, but %s", reply->status, err.text);
        return;
    }
    memcpy(r->receipt, reply->body, reply->length);
    r->receipt[reply->length] = '\0';
    memcpy(r->receipt_signature, reply->receipt_signature, sizeof r->receipt_signature);
    outlet_conclude(r, OUTLET_SENT, "%d, receipt %s", reply->status, r->receipt_id);
}

/* Answers that say nothing about the package, whatever was asked. */
static bool conclude_receiver(const struct outlet_request *last, const struct outlet_reply *reply,
                              struct outlet_result *r)
{
    if (outlet_conclude_receiver(last, reply, r))
        return true;
    if (reply->status < 500 && reply->status != 408 && reply->status >= 200)
        return false;
    outlet_conclude(r, OUTLET_RETRY, "%d: the receiver has trouble", reply->status);
    return true;
}

static void conclude_post(const struct outlet_parcel *p, const struct outlet_request *last,
                          const struct outlet_reply *reply, struct outlet_result *r)
{
    int status = reply->status;
    if (status == 200 || status == 201) {
        conclude_receipt(p, reply, r);
    } else if (status == 409 || (status > 201 && status < 300)) {
        outlet_conclude(r, OUTLET_UNKNOWN, "%d: the receiver is still working on it", status);
    } else if (!conclude_receiver(last, reply, r)) {
        r->alarm = true;
        char words[WORDS_MAX];
        outlet_quote(reply->body, reply->length, words, sizeof words);
        if (status == 422)
            outlet_conclude(r, OUTLET_REFUSED,
                            "422: the receiver knows this key with other content; compare the two: %s", words);
        else
            outlet_conclude(r, OUTLET_REFUSED, "%d: the receiver refuses it: %s", status, words);
    }
}

/* Whatever is no clear yes or no leaves it unknown. */
static void conclude_get(const struct outlet_parcel *p, const struct outlet_request *last,
                         const struct outlet_reply *reply, struct outlet_result *r)
{
    int status = reply->status;
    if (status == 200) {
        conclude_receipt(p, reply, r);
        return;
    }
    if (status == 409 || (status > 200 && status < 300)) {
        outlet_conclude(r, OUTLET_UNKNOWN, "%d: the receiver is still working on it", status);
    } else if (!conclude_receiver(last, reply, r)) {
        r->alarm = true;
        outlet_conclude(r, OUTLET_UNKNOWN, "%d: the receiver does not tell whether it has the package; ask there",
                        status);
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
    outlet_result_clear(r);
    r->status = reply->status;
    r->retry_after_ms = reply->retry_after_ms;
    if (asked)
        conclude_get(p, last, reply, r);
    else
        conclude_post(p, last, reply, r);
    return false;
}

const struct outlet_driver outlet_package_rest = {.kind = "package-rest",
                                                  .takes = OUTLET_CASES,
                                                  .batch = 1,
                                                  .begin = begin,
                                                  .step = step,
                                                  .ask_decisions = ask_decisions};
