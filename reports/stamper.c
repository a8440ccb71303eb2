#include "reports/stamper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ts.h>

#include "reports/log.h"
#include "reports/tsacheck.h"

enum { AGAIN_FIRST_MS = 60 * 1000, HTTP_OK = 200 };

struct stamper {
    struct queue *queue;
    struct http *http;
    struct stamper_source source;
    X509_STORE *trust;
    int64_t next_ms, pause_ms; /* monotonic: when to ask next; the pause after the last failure, 0: none */
    struct queue_checkpoint asked;
    uint8_t nonce[TSACHECK_NONCE_SIZE];
    unsigned char *question; /* DER; NULL: none is on its way */
    bool answered;           /* the reply to it has come: */
    uint8_t *token;          /* good, or NULL */
    size_t token_size;
    char trouble[ERR_TEXT_MAX];
};

int stamper_open(struct stamper **out, struct queue *queue, struct http *http, const struct stamper_source *source,
                 struct err *err)
{
    *out = NULL;
    struct stamper *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, ERR_FAILED, "out of memory");
    *s = (struct stamper){.queue = queue, .http = http, .source = *source};
    s->trust = tsacheck_trust(source->ca, err);
    if (!s->trust) {
        stamper_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

void stamper_close(struct stamper *s)
{
    if (!s)
        return;
    X509_STORE_free(s->trust);
    OPENSSL_free(s->question);
    free(s->token);
    free(s);
}

bool stamper_busy(const struct stamper *s)
{
    return s->question != NULL;
}

const char *stamper_trouble(const struct stamper *s)
{
    return s->trouble;
}

/* ---- the question ---- */

static bool fill(TS_REQ *request, const char *note, const uint8_t nonce[TSACHECK_NONCE_SIZE])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    BIGNUM *number = BN_bin2bn(nonce, TSACHECK_NONCE_SIZE, NULL);
    ASN1_INTEGER *integer = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    bool ok = integer && imprint && algorithm &&
              EVP_Digest(note, strlen(note), digest, NULL, EVP_sha256(), NULL) == 1 &&
              X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
              TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 && TS_MSG_IMPRINT_set_msg(imprint, digest, 32) == 1 &&
              TS_REQ_set_version(request, 1) == 1 && TS_REQ_set_msg_imprint(request, imprint) == 1 &&
              TS_REQ_set_nonce(request, integer) == 1 && TS_REQ_set_cert_req(request, 1) == 1;
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    ASN1_INTEGER_free(integer);
    BN_free(number);
    return ok;
}

static int make_question(struct stamper *s)
{
    TS_REQ *request = TS_REQ_new();
    int length = -1;
    if (request && RAND_bytes(s->nonce, sizeof s->nonce) == 1 && fill(request, s->asked.note, s->nonce))
        length = i2d_TS_REQ(request, &s->question);
    TS_REQ_free(request);
    return length;
}

/* ---- the answer ---- */

static int take(struct stamper *s, const struct outlet_reply *reply, struct err *err)
{
    struct tsacheck about;
    if (reply->status == 0)
        return err_set(err, ERR_UNREACHABLE, "%s", reply->trouble);
    if (reply->status != HTTP_OK)
        return err_set(err, ERR_FAILED, "the answer is HTTP status %d", reply->status);
    if (!reply->whole)
        return err_set(err, ERR_FAILED, "the answer was cut off, or is too long");
    if (tsacheck(&about, (const uint8_t *)reply->body, reply->length, s->asked.note, strlen(s->asked.note), s->nonce,
                 s->trust, err) != 0)
        return -1;
    s->token = malloc(reply->length);
    if (!s->token)
        return err_set(err, ERR_FAILED, "out of memory");
    memcpy(s->token, reply->body, reply->length);
    s->token_size = reply->length;
    return 0;
}

static void done(void *ctx, const struct outlet_reply *reply)
{
    struct stamper *s = ctx;
    struct err err;
    s->answered = true;
    s->trouble[0] = '\0';
    if (take(s, reply, &err) != 0) {
        err_prefix(&err, "time stamp of %s", s->source.url);
        memcpy(s->trouble, err.text, sizeof s->trouble);
    }
}

static int keep(struct stamper *s, int64_t unix_ms, struct err *err)
{
    struct queue_stamp stamp = {.size = s->asked.size, .token = s->token, .token_size = s->token_size};
    memcpy(stamp.note, s->asked.note, sizeof stamp.note);
    if (queue_begin(s->queue, err) != 0)
        return -1;
    if (queue_stamp_add(s->queue, &stamp, unix_ms, err) != 0) {
        queue_rollback(s->queue);
        return -1;
    }
    return queue_commit(s->queue, err);
}

/* After the answer: keeps the token, or asks again after a pause that grows to the usual one. */
static int settle(struct stamper *s, int64_t mono_ms, int64_t unix_ms, struct err *err)
{
    int result = s->token ? keep(s, unix_ms, err) : 0;
    int64_t longer_ms = s->pause_ms ? 2 * s->pause_ms : AGAIN_FIRST_MS, every_ms = s->source.every_ms;
    s->pause_ms = s->token ? 0 : longer_ms < every_ms ? longer_ms : every_ms;
    s->next_ms = mono_ms + (s->token ? every_ms : s->pause_ms);
    if (s->token && result == 0)
        log_info("time stamp over %llu events", (unsigned long long)s->asked.size);
    free(s->token);
    s->token = NULL;
    OPENSSL_free(s->question);
    s->question = NULL;
    s->answered = false;
    return result;
}

/* ---- asking ---- */

static int ask(struct stamper *s, int64_t mono_ms, struct err *err)
{
    const struct http_identity nobody = {.ca = s->source.https_ca, .plain = s->source.https_ca == NULL};
    struct outlet_request request = {
        .post = true, .headers_count = 1, .headers = {"Content-Type: application/timestamp-query"}};
    snprintf(request.url, sizeof request.url, "%s", s->source.url);
    int length = make_question(s);
    if (length < 0)
        return err_set(err, ERR_FAILED, "the question for a time stamp cannot be made: out of memory");
    s->next_ms = mono_ms + AGAIN_FIRST_MS;
    if (http_start(s->http, &nobody, &request, s->question, (size_t)length, done, s, err) == 0)
        return 0;
    OPENSSL_free(s->question);
    s->question = NULL;
    return -1;
}

int stamper_step(struct stamper *s, int64_t mono_ms, int64_t unix_ms, struct err *err)
{
    uint64_t stamped = 0;
    if (s->answered && settle(s, mono_ms, unix_ms, err) != 0)
        return -1;
    if (s->question || mono_ms < s->next_ms)
        return 0;
    if (queue_checkpoint_last(s->queue, &s->asked, err) != 0 || queue_stamp_newest(s->queue, &stamped, err) != 0)
        return -1;
    return s->asked.size > stamped ? ask(s, mono_ms, err) : 0;
}
