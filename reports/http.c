#include "reports/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

enum {
    HEADERS_MAX = 32 << 10, /* bytes of an answer's headers */
    SLOWEST_BYTES_PER_S = 100,
    IDLE_CONNECTION_S = 15, /* older ones may have been cut by a router unseen */
};

const struct http_limits http_limits_default = {
    .connect_ms = 10000, .silence_s = 30, .answer_ms = 60000, .bytes_per_s = 8192};

struct exchange {
    struct exchange *next;
    struct http *owner;
    CURL *easy;
    struct curl_slist *headers;
    char problem[CURL_ERROR_SIZE];
    const uint8_t *body;
    size_t size, sent;
    size_t headers_length, reply_length;
    bool headers_complete, too_long;
    void (*done)(void *ctx, const struct outlet_reply *reply);
    void *ctx;
    char reply[OUTLET_REPLY_MAX + 1]; /* the last member: not zeroed for each request */
};

struct http {
    CURLM *multi;
    struct http_limits limits;
    struct exchange *running;
    struct exchange *idle; /* used before: libcurl's handle keeps its buffers */
};

int http_open(struct http **out, const struct http_limits *limits, struct err *err)
{
    *out = NULL;
    struct http *h = calloc(1, sizeof *h);
    if (h && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        h->multi = curl_multi_init();
    if (!h || !h->multi) {
        free(h);
        return err_set(err, ERR_FAILED, "libcurl cannot be started: out of memory");
    }
    h->limits = *limits;
    *out = h;
    return 0;
}

/* One whose handle knows nothing of earlier requests; NULL: out of memory. */
static struct exchange *exchange_new(struct http *h)
{
    struct exchange *x = h->idle;
    if (x)
        h->idle = x->next;
    else
        x = calloc(1, sizeof *x);
    CURL *easy = x && x->easy ? x->easy : curl_easy_init();
    if (!x || !easy) {
        free(x);
        curl_easy_cleanup(easy);
        return NULL;
    }
    memset(x, 0, offsetof(struct exchange, reply));
    x->owner = h;
    x->easy = easy;
    return x;
}

static void exchange_end(struct exchange *x)
{
    struct http *h = x->owner;
    curl_multi_remove_handle(h->multi, x->easy);
    curl_easy_reset(x->easy);
    curl_slist_free_all(x->headers);
    x->next = h->idle;
    h->idle = x;
}

static void unlink_exchange(struct http *h, const struct exchange *x)
{
    struct exchange **at = &h->running;
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
}

void http_close(struct http *h)
{
    if (!h)
        return;
    for (struct exchange *x; (x = h->running);) {
        h->running = x->next;
        exchange_end(x);
    }
    for (struct exchange *x; (x = h->idle);) {
        h->idle = x->next;
        curl_easy_cleanup(x->easy);
        free(x);
    }
    curl_multi_cleanup(h->multi);
    curl_global_cleanup();
    free(h);
}

/* ---- libcurl's callbacks ---- */

static size_t give_body(char *to, size_t size, size_t count, void *ctx)
{
    struct exchange *x = ctx;
    size_t room = size * count, left = x->size - x->sent;
    size_t n = left < room ? left : room;
    memcpy(to, x->body + x->sent, n);
    x->sent += n;
    return n;
}

/* libcurl wants to send again, on another connection, what may have arrived: no. */
static int no_second_sending(void *ctx, curl_off_t offset, int origin)
{
    (void)ctx;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static size_t take_header(char *line, size_t size, size_t count, void *ctx)
{
    struct exchange *x = ctx;
    size_t length = size * count;
    x->headers_length += length;
    if (x->headers_length > HEADERS_MAX)
        return 0;
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
        x->headers_complete = false; /* "100 Continue" before the answer proper */
    else if (length == 2 && memcmp(line, "\r\n", 2) == 0)
        x->headers_complete = true;
    return length;
}

static size_t take_body(char *data, size_t size, size_t count, void *ctx)
{
    struct exchange *x = ctx;
    size_t length = size * count, room = OUTLET_REPLY_MAX - x->reply_length;
    x->too_long = length > room;
    if (x->too_long)
        return 0;
    memcpy(x->reply + x->reply_length, data, length);
    x->reply_length += length;
    return length;
}

/* ---- starting ---- */

#define SET(option, value) (result = result ? result : curl_easy_setopt(x->easy, option, value))

static CURLcode set_transport(struct exchange *x, const struct http_identity *identity)
{
    const struct http_limits *limits = &x->owner->limits;
    bool slowed = identity->bytes_per_s > 0 && identity->bytes_per_s < limits->bytes_per_s;
    size_t pace = (size_t)(slowed ? identity->bytes_per_s : limits->bytes_per_s);
    long answer_ms = limits->answer_ms + (long)(x->size / pace) * (slowed ? 2000 : 1000);
    CURLcode result = CURLE_OK;
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PROTOCOLS_STR, identity->plain ? "http,https" : "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name server that does not answer must not hold up our end */
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_CAINFO, identity->ca); /* NULL: nobody is trusted */
    SET(CURLOPT_CAPATH, NULL);         /* Debian's default would trust every public authority */
    if (identity->cert) {
        SET(CURLOPT_SSLCERT, identity->cert);
        SET(CURLOPT_SSLKEY, identity->key);
    }
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L); /* a handle used again would resume, where some receivers give an alert */
    SET(CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)identity->bytes_per_s);
    SET(CURLOPT_KEYPASSWD, ""); /* never ask on the terminal */
    SET(CURLOPT_CONNECTTIMEOUT_MS, limits->connect_ms);
    SET(CURLOPT_TIMEOUT_MS, answer_ms);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST_BYTES_PER_S);
    SET(CURLOPT_LOW_SPEED_TIME, limits->silence_s);
    SET(CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_S);
    return result;
}

static CURLcode set_request(struct exchange *x, const struct outlet_request *request)
{
    CURLcode result = CURLE_OK;
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_HTTPHEADER, x->headers);
    SET(CURLOPT_ERRORBUFFER, x->problem);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, x);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, x);
    SET(CURLOPT_PRIVATE, x);
    if (!request->post)
        return result;
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->size);
    SET(CURLOPT_READFUNCTION, give_body);
    SET(CURLOPT_READDATA, x);
    SET(CURLOPT_SEEKFUNCTION, no_second_sending);
    return result;
}

static bool add_header(struct exchange *x, const char *line)
{
    struct curl_slist *longer = curl_slist_append(x->headers, line);
    x->headers = longer ? longer : x->headers;
    return longer != NULL;
}

static bool add_headers(struct exchange *x, const struct outlet_request *request)
{
    bool ok = add_header(x, "Expect:") && add_header(x, "User-Agent: smogpush/" SMOGD_VERSION);
    for (size_t i = 0; i < request->headers_count && ok; i++)
        ok = add_header(x, request->headers[i]);
    return ok;
}

int http_start(struct http *h, const struct http_identity *identity, const struct outlet_request *request,
               const void *body, size_t size, void (*done)(void *ctx, const struct outlet_reply *reply), void *ctx,
               struct err *err)
{
    struct exchange *x = exchange_new(h);
    if (!x)
        return err_set(err, ERR_FAILED, "out of memory");
    x->next = h->running;
    x->done = done;
    x->ctx = ctx;
    x->body = request->body ? (const uint8_t *)request->body : body;
    x->size = !request->post ? 0 : request->body ? request->body_length : size;
    if (!add_headers(x, request) || set_transport(x, identity) != CURLE_OK || set_request(x, request) != CURLE_OK ||
        curl_multi_add_handle(h->multi, x->easy) != CURLM_OK) {
        exchange_end(x);
        return err_set(err, ERR_FAILED, "libcurl refuses the request to %s: out of memory, or not an address",
                       request->url);
    }
    h->running = x;
    return 0;
}

/* ---- ending ---- */

/* Did we get as far as sending, with certificates checked? */
static bool was_reached(const struct exchange *x)
{
    curl_off_t ready_us = 0;
    curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
    return ready_us > 0;
}

static const char *certificate_advice(long verify)
{
    switch (verify) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED: return "its certificate is not valid now; is the station's clock right?";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return "its certificate is for another name than that in the url";
    default: return "its certificate is not from the configured ca (a log-in page of the network?)";
    }
}

static void describe_trouble(const struct exchange *x, CURLcode code, struct outlet_reply *reply)
{
    long verify = 0;
    const char *detail = x->problem[0] ? x->problem : curl_easy_strerror(code);
    curl_easy_getinfo(x->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        snprintf(reply->trouble, sizeof reply->trouble, "not the receiver we trust: %s", certificate_advice(verify));
    else if (!reply->reached)
        snprintf(reply->trouble, sizeof reply->trouble, "no connection: %.160s", detail);
    else if (reply->body_out)
        snprintf(reply->trouble, sizeof reply->trouble, "no answer: %.160s", detail);
    else
        snprintf(reply->trouble, sizeof reply->trouble, "cut while sending: %.160s", detail);
}

/* Tells the result and ends the exchange, which is in no list any more. */
static void finish(struct exchange *x, CURLcode code)
{
    struct outlet_reply reply = {.reached = was_reached(x), .body_out = x->sent == x->size};
    long status = 0;
    curl_off_t wait_s = 0;
    struct curl_header *signature;
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &wait_s);
    if (x->headers_complete && status >= 200) {
        reply.status = (int)status;
        reply.whole = code == CURLE_OK;
        reply.retry_after_ms = wait_s > 0 ? (int64_t)wait_s * 1000 : 0;
        if (curl_easy_header(x->easy, "Receipt-Signature", 0, CURLH_HEADER, -1, &signature) == CURLHE_OK &&
            strlen(signature->value) < sizeof reply.receipt_signature)
            snprintf(reply.receipt_signature, sizeof reply.receipt_signature, "%s", signature->value);
    } else {
        describe_trouble(x, code, &reply);
    }
    x->reply[x->reply_length] = '\0';
    reply.body = x->reply;
    reply.length = x->reply_length;
    x->done(x->ctx, &reply);
    exchange_end(x);
}

int http_run(struct http *h, int timeout_ms, struct err *err)
{
    int running = 0, left = 0;
    CURLMcode code = curl_multi_perform(h->multi, &running);
    CURLMsg *message = curl_multi_info_read(h->multi, &left);
    if (code == CURLM_OK && !message) {
        code = curl_multi_poll(h->multi, NULL, 0, timeout_ms, NULL);
        if (code == CURLM_OK)
            code = curl_multi_perform(h->multi, &running);
        message = curl_multi_info_read(h->multi, &left);
    }
    for (; message; message = curl_multi_info_read(h->multi, &left)) {
        struct exchange *x = NULL;
        CURLcode result = message->data.result; /* the message goes with its handle */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
        unlink_exchange(h, x);
        finish(x, result);
    }
    return code == CURLM_OK ? 0 : err_set(err, ERR_FAILED, "libcurl: %s", curl_multi_strerror(code));
}

void http_cancel(struct http *h)
{
    for (struct exchange *x; (x = h->running);) {
        h->running = x->next;
        snprintf(x->problem, sizeof x->problem, "smogpush is stopping");
        finish(x, CURLE_ABORTED_BY_CALLBACK);
    }
}
