/*
 * file-drop: the sealed package into a folder that a boundary device (边界接入) carries away, a signed acknowledgement
 * back in another one.
 *
 *     FOLDER/CASE-HASH.asice           the package; HASH: 16 digits of its SHA-256
 *     ACKNOWLEDGED/CASE-HASH.ack       line 1: the receipt {"package_sha256", "receipt_id", "received_at"}, or with
 *                                      "refused": why; line 2: Base64 of the receiver's ECDSA/SHA-256 signature (DER)
 *                                      over the bytes of line 1, without its line end
 *
 * Once it lies there nothing tells whether it was carried away; so until an acknowledgement comes the delivery is
 * unknown, and the package is never put there a second time unless a person says so.
 */
#include "reports/outlet.h"

#include <stdio.h>
#include <string.h>

#include "station/core/json.h"

enum { RECEIPT_TOKENS_MAX = 64, SHOWN_DIGITS = 16, NAME_MAX_BYTES = 120, WORDS_MAX = 120 };

static void name_file(const struct outlet_parcel *p, const char *folder, const char *end, struct outlet_request *r)
{
    snprintf(r->url, sizeof r->url, "file://%.400s/%.*s-%.*s.%s", folder, NAME_MAX_BYTES, p->id, SHOWN_DIGITS,
             p->sha256_hex, end);
}

static bool begin(const struct outlet_parcel *p, struct outlet_request *next, struct outlet_result *r)
{
    (void)r;
    *next = (struct outlet_request){.post = !p->ask, .writes = !p->ask};
    name_file(p, p->ask ? p->setup->acknowledged_in : p->setup->url, p->ask ? "ack" : "asice", next);
    return true;
}

/* The receipt's line out of the two; its length, or 0. */
static size_t split(const struct outlet_reply *reply, char signature[OUTLET_SIGNATURE_MAX])
{
    const char *end = memchr(reply->body, '\n', reply->length);
    size_t length = end ? (size_t)(end - reply->body) : 0;
    size_t rest = end ? reply->length - length - 1 : 0;
    while (rest > 0 && strchr("\r\n ", end[rest]))
        rest--;
    if (rest == 0 || rest >= OUTLET_SIGNATURE_MAX)
        return 0;
    memcpy(signature, end + 1, rest);
    signature[rest] = '\0';
    return length <= OUTLET_RECEIPT_MAX ? length : 0;
}

static int read_acknowledgement(const struct outlet_parcel *p, const struct outlet_reply *reply,
                                struct outlet_result *r, char refused[WORDS_MAX], struct err *err)
{
    struct json_token tokens[RECEIPT_TOKENS_MAX];
    struct json_doc doc;
    char sha256[65], received_at[64];
    size_t length = split(reply, r->receipt_signature);
    if (length == 0)
        return err_set(err, ERR_INVALID, "it is not a receipt and its signature, a line each");
    if (receipt_keys_check(p->receipt_keys, reply->body, length, r->receipt_signature, err) != 0 ||
        json_parse(&doc, reply->body, length, tokens, RECEIPT_TOKENS_MAX, err) != 0)
        return -1;
    if (tokens[0].type != JSON_OBJECT ||
        !json_get_string(&doc, json_member(&doc, 0, "package_sha256"), sha256, sizeof sha256) ||
        !json_get_string(&doc, json_member(&doc, 0, "receipt_id"), r->receipt_id, sizeof r->receipt_id) ||
        !outlet_presentable(r->receipt_id) ||
        !json_get_string(&doc, json_member(&doc, 0, "received_at"), received_at, sizeof received_at))
        return err_set(err, ERR_INVALID, "it lacks package_sha256, receipt_id or received_at");
    if (strcmp(sha256, p->sha256_hex) != 0)
        return err_set(err, ERR_INVALID, "it is for another package");
    if (!json_get_string(&doc, json_member(&doc, 0, "refused"), refused, WORDS_MAX))
        refused[0] = '\0';
    memcpy(r->receipt, reply->body, length);
    r->receipt[length] = '\0';
    return 0;
}

static void conclude_acknowledgement(const struct outlet_parcel *p, const struct outlet_reply *reply,
                                     struct outlet_result *r)
{
    char refused[WORDS_MAX], words[WORDS_MAX];
    struct err err;
    if (read_acknowledgement(p, reply, r, refused, &err) != 0) {
        *r = (struct outlet_result){.alarm = true, .status = r->status};
        outlet_conclude(r, OUTLET_UNKNOWN, "the acknowledgement does not count: %s", err.text);
    } else if (refused[0]) {
        outlet_quote(refused, strlen(refused), words, sizeof words);
        *r = (struct outlet_result){.alarm = true, .status = r->status};
        outlet_conclude(r, OUTLET_REFUSED, "the receiver refuses it: %s", words);
    } else {
        outlet_conclude(r, OUTLET_SENT, "acknowledged, receipt %s", r->receipt_id);
    }
}

static bool step(const struct outlet_parcel *p, const struct outlet_request *last, const struct outlet_reply *reply,
                 struct outlet_request *next, struct outlet_result *r)
{
    (void)next;
    *r = (struct outlet_result){.status = reply->status};
    if (outlet_conclude_receiver(last, reply, r)) {
        if (p->ask)
            r->outcome = OUTLET_UNKNOWN;
    } else if (last->post && reply->status == 409) {
        r->alarm = true;
        outlet_conclude(r, OUTLET_REFUSED, "another file of the package's name lies in the folder; look at it");
    } else if (last->post) {
        outlet_conclude(r, OUTLET_UNKNOWN, "it lies in the folder; no acknowledgement yet");
    } else if (reply->status == 404) {
        outlet_conclude(r, OUTLET_UNKNOWN, "no acknowledgement yet");
    } else {
        conclude_acknowledgement(p, reply, r);
    }
    return false;
}

const struct outlet_driver outlet_file_drop = {
    .kind = "file-drop", .takes = OUTLET_CASES, .batch = 1, .begin = begin, .step = step};
