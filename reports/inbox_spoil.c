#include "reports/inbox_spoil.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HUGE_SIZE = 1 << 20, DRIP_MS_MAX = 60000 };

enum MHD_Result inbox_spoil_say(const struct inbox_request *r, const struct awkward_act *act)
{
    char body[100], seconds[16];
    snprintf(body, sizeof body, "{\"error\":\"conformance\",\"message\":\"told to answer %u\"}", act->status);
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_COPY);
    snprintf(seconds, sizeof seconds, "%d", act->number);
    if (response && act->number > 0)
        MHD_add_response_header(response, "Retry-After", seconds);
    if (response && act->status >= 300 && act->status < 400)
        MHD_add_response_header(response, "Location", INBOX_ELSEWHERE);
    return inbox_respond(r, act->status, "application/json", response);
}

/* ---- one byte at a time ---- */

struct drip {
    int ms;
    size_t length;
    char body[INBOX_REPLY_MAX];
};

/* Called by the connection's own thread, which may sleep. */
static ssize_t drip_byte(void *ctx, uint64_t at, char *out, size_t size)
{
    const struct drip *d = ctx;
    if (at >= d->length || size == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    nanosleep(&(struct timespec){.tv_sec = d->ms / 1000, .tv_nsec = d->ms % 1000 * 1000000L}, NULL);
    out[0] = d->body[at];
    return 1;
}

static struct MHD_Response *make_drip(const struct inbox_reply *reply, int ms)
{
    struct drip *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->ms = ms < DRIP_MS_MAX ? ms : DRIP_MS_MAX;
    d->length = strlen(reply->body);
    memcpy(d->body, reply->body, d->length);
    struct MHD_Response *response = MHD_create_response_from_callback(d->length, 64, drip_byte, d, free);
    if (!response)
        free(d);
    return response;
}

/* ---- wrong receipts ---- */

/* Another package's receipt, rightly signed. */
static void for_another(const struct inbox_request *r, struct inbox_reply *reply)
{
    static const char key[] = "\"package_sha256\":\"";
    char *hash = strstr(reply->body, key);
    if (hash)
        memset(hash + sizeof key - 1, '0', 64);
    if (r->inbox->receipt_key)
        inbox_sign(r->inbox, reply->body, strlen(reply->body), reply->signature);
}

/* A signature of the same form that fits nothing: that of another text. */
static void wrongly_signed(const struct inbox_request *r, struct inbox_reply *reply)
{
    if (r->inbox->receipt_key)
        inbox_sign(r->inbox, "another text", 12, reply->signature);
    else
        snprintf(reply->signature, sizeof reply->signature, "MAYCAQECAQE=");
}

static struct MHD_Response *make_huge(void)
{
    char *body = malloc(HUGE_SIZE);
    if (!body)
        return NULL;
    memset(body, 'x', HUGE_SIZE);
    return MHD_create_response_from_buffer_with_free_callback(HUGE_SIZE, body, free);
}

static enum MHD_Result send_spoilt(const struct inbox_request *r, const struct inbox_reply *reply,
                                   struct MHD_Response *response)
{
    if (response && reply->signature[0])
        MHD_add_response_header(response, "Receipt-Signature", reply->signature);
    return inbox_respond(r, reply->status, "application/json", response);
}

enum MHD_Result inbox_spoil(const struct inbox_request *r, const struct inbox_reply *reply,
                            const struct awkward_act *act)
{
    static char garbage[] = "<!doctype html><title>welcome</title><p>Please log in";
    struct inbox_reply spoilt = *reply;
    if (act->what == AWKWARD_LOST)
        return MHD_NO;
    if (reply->status == 200 || reply->status == 201) {
        switch (act->what) {
        case AWKWARD_WRONG_HASH: for_another(r, &spoilt); break;
        case AWKWARD_BAD_SIGNATURE: wrongly_signed(r, &spoilt); break;
        case AWKWARD_GARBAGE:
            return send_spoilt(r, reply,
                               MHD_create_response_from_buffer(sizeof garbage - 1, garbage, MHD_RESPMEM_PERSISTENT));
        case AWKWARD_HUGE: return send_spoilt(r, reply, make_huge());
        case AWKWARD_DRIP: return send_spoilt(r, reply, make_drip(reply, act->number));
        case AWKWARD_OK:
        case AWKWARD_SLOW:
        case AWKWARD_SAY:
        case AWKWARD_CUT_BEFORE:
        case AWKWARD_CUT_AFTER:
        case AWKWARD_LOST: break;
        }
    }
    return inbox_reply_json(r, &spoilt);
}
