/*
 * Cameras that are asked for the plates they have read: POST vehicleDetect/plates, one connection a request, without
 * waiting for anything. What is asked for next is what comes after the newest plate that is stored, so a plate is lost
 * neither by a restart nor by an answer that cannot be used, and the store knows those that come twice.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocols/http_reply.h"
#include "sensors/links/dial.h"
#include "station/digest_auth.h"
#include "station/live_parts.h"

enum {
    BODY_MAX = 1 << 20, /* some thousand plates */
    ANSWER_ROOM = BODY_MAX + 2 * HTTP_REPLY_HEAD_MAX,
    REQUEST_MAX = 4096,
    EXCHANGE_MS = 5000, /* from the call to the last byte of the answer */
    RETRY_MS = 2000,    /* after a failure */
    REFUSED_MS = 30000, /* after a refused password: cameras lock out who tries too often */
    ACCURACY_US = 10000,
    CNONCE_BYTES = 8,
    PRIORITY = SD_EVENT_PRIORITY_NORMAL + 10, /* instruments come first */
};

static const char path[] = "/ISAPI/Traffic/channels/1/vehicleDetect/plates";

struct live_poll {
    struct live *live;
    const struct config_camera *camera;
    struct dial_address address;
    sd_event_source *io, *timer;
    int fd; /* -1: between two requests */
    bool connecting;
    bool knows_nonce; /* auth holds a challenge */
    bool proven;      /* this request carries an answer to it */
    struct digest_auth auth;
    char after[ANPR_TEXT_MAX]; /* picture name of the newest plate that is stored */
    char request[REQUEST_MAX];
    size_t request_length, sent;
    char *answer; /* ANSWER_ROOM */
    size_t length;
    struct anpr_list list; /* plates that wait to be stored, which lie in `answer` */
    size_t stored;
};

static void arm(struct live_poll *p, int64_t delay_ms)
{
    sd_event_source_set_time_relative(p->timer, (uint64_t)delay_ms * 1000);
    sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

static void hang_up(struct live_poll *p)
{
    p->io = sd_event_source_disable_unref(p->io);
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

static void fail(struct live_poll *p, const char *what, int64_t retry_ms)
{
    char text[ERR_TEXT_MAX];
    snprintf(text, sizeof text, "%s: %.180s", p->camera->poll, what);
    hang_up(p);
    live_camera_note(p->live, p->camera, text);
    arm(p, retry_ms > p->camera->poll_ms ? retry_ms : p->camera->poll_ms);
}

/* ---- the request ---- */

static bool make_header(struct live_poll *p, char out[DIGEST_AUTH_HEADER_MAX + 32])
{
    uint8_t random[CNONCE_BYTES];
    char cnonce[2 * CNONCE_BYTES + 1], value[DIGEST_AUTH_HEADER_MAX];
    out[0] = '\0';
    p->proven = p->knows_nonce;
    if (!p->knows_nonce)
        return true;
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    for (size_t i = 0; i < CNONCE_BYTES; i++)
        snprintf(cnonce + 2 * i, 3, "%02x", random[i]);
    if (!digest_auth_answer(&p->auth, p->camera->user, p->camera->secret, "POST", path, cnonce, value))
        return false;
    snprintf(out, DIGEST_AUTH_HEADER_MAX + 32, "Authorization: %s\r\n", value);
    return true;
}

/* The name comes from the camera: only what is a number goes back into XML. */
static bool make_request(struct live_poll *p)
{
    char header[DIGEST_AUTH_HEADER_MAX + 32], body[256];
    bool plain = p->after[strspn(p->after, "0123456789")] == '\0' && p->after[0];
    int body_length = snprintf(body, sizeof body,
                               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
                               "<AfterTime><picTime>%s</picTime></AfterTime>\r\n",
                               plain ? p->after : "0");
    if (!make_header(p, header))
        return false;
    int length = snprintf(p->request, sizeof p->request,
                          "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/xml\r\nContent-Length: %d\r\n"
                          "Connection: close\r\n\r\n%s",
                          path, p->camera->poll, header, body_length, body);
    p->request_length = (size_t)length;
    p->sent = p->length = 0;
    return length > 0 && (size_t)length < sizeof p->request;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *ctx);

static void ask(struct live_poll *p)
{
    hang_up(p);
    if (!make_request(p)) {
        fail(p, "its challenge cannot be answered", REFUSED_MS);
        return;
    }
    p->fd = dial_start(&p->address);
    p->connecting = true;
    if (p->fd < 0 || sd_event_add_io(p->live->event, &p->io, p->fd, EPOLLOUT, on_io, p) < 0 ||
        sd_event_source_set_priority(p->io, PRIORITY) < 0)
        fail(p, strerror(errno), RETRY_MS);
    else
        arm(p, EXCHANGE_MS);
}

/* ---- the answer ---- */

/* The first challenge that we can answer. */
static bool read_challenge(struct live_poll *p, const struct http_reply *reply)
{
    struct slice value;
    for (unsigned n = 0; http_reply_header(reply, "WWW-Authenticate", n, &value); n++)
        if (digest_auth_read(&p->auth, value))
            return true;
    return false;
}

/* A nonce lives for a while only: one that was taken before is tried anew with a fresh one, a fresh one only once. */
static void unauthorised(struct live_poll *p, const struct http_reply *reply)
{
    bool fresh = p->proven && p->auth.used == 1; /* it was asked for only now */
    p->knows_nonce = false;
    if (!p->camera->user[0]) {
        fail(p, "it asks for user and password; add user and secret-file to the camera", REFUSED_MS);
    } else if (!read_challenge(p, reply)) {
        fail(p, "it offers no digest authentication with MD5; switch that on in the camera", REFUSED_MS);
    } else if (fresh) {
        fail(p, "it refuses user and password; correct user and secret-file", REFUSED_MS);
    } else {
        p->knows_nonce = true;
        ask(p);
    }
}

static void finish(struct live_poll *p)
{
    anpr_list_free(&p->list);
    p->live->cameras[p->camera - p->live->config->cameras].polls++;
    live_camera_note(p->live, p->camera, "");
    arm(p, p->camera->poll_ms);
}

static void take_answer(struct live_poll *p, const struct http_reply *reply)
{
    char text[128];
    struct err err = {0};
    if (reply->status == 401) {
        unauthorised(p, reply);
    } else if (reply->status != 200) {
        snprintf(text, sizeof text, "it answers with status %d", reply->status);
        fail(p, text, RETRY_MS);
    } else if (anpr_list_read(&p->list, reply->body, reply->body_length, &err) != 0) {
        fail(p, err.text, RETRY_MS);
    } else {
        hang_up(p);
        p->stored = 0;
        if (p->list.count > 0)
            arm(p, 0);
        else
            finish(p);
    }
}

static void look(struct live_poll *p, bool ended)
{
    struct http_reply reply;
    char text[128];
    switch (http_reply_read(&reply, p->answer, p->length, ended, BODY_MAX)) {
    case HTTP_REPLY_MORE: return;
    case HTTP_REPLY_WHOLE: take_answer(p, &reply); return;
    case HTTP_REPLY_BAD:
        fail(p, ended ? "its answer is cut off or no HTTP" : "what it answers is no HTTP", RETRY_MS);
        return;
    case HTTP_REPLY_LARGE: break;
    }
    snprintf(text, sizeof text, "its answer is larger than %d KiB; clear the camera's list of plates", BODY_MAX >> 10);
    fail(p, text, RETRY_MS);
}

static void receive(struct live_poll *p)
{
    ssize_t got = read(p->fd, p->answer + p->length, ANSWER_ROOM - p->length);
    if (got > 0) {
        p->length += (size_t)got;
        look(p, false);
    } else if (got == 0) {
        look(p, true);
    } else if (errno != EAGAIN && errno != EINTR) {
        fail(p, strerror(errno), RETRY_MS);
    }
}

static void transmit(struct live_poll *p)
{
    ssize_t sent = send(p->fd, p->request + p->sent, p->request_length - p->sent, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        fail(p, strerror(errno), RETRY_MS);
        return;
    }
    p->sent += sent > 0 ? (size_t)sent : 0;
    if (p->sent == p->request_length)
        sd_event_source_set_io_events(p->io, EPOLLIN);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)events;
    struct live_poll *p = ctx;
    int failure = p->connecting ? dial_result(fd) : 0;
    p->connecting = false;
    if (failure)
        fail(p, strerror(failure), RETRY_MS);
    else if (p->sent < p->request_length)
        transmit(p);
    else
        receive(p);
    return 0;
}

/* ---- one plate a turn of the loop, so that instruments are not kept waiting ---- */

static void store_next(struct live_poll *p)
{
    struct err err = {0};
    const struct anpr_event *event = &p->list.events[p->stored];
    if (live_camera_take(p->live, p->camera, event, &err) != 0) {
        anpr_list_free(&p->list); /* it is asked for again */
        fail(p, err.text, RETRY_MS);
        return;
    }
    snprintf(p->after, sizeof p->after, "%s", event->pic_name);
    if (++p->stored == p->list.count)
        finish(p);
    else
        arm(p, 0);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    struct live_poll *p = ctx;
    if (p->fd >= 0)
        fail(p, "it does not answer in time", RETRY_MS);
    else if (p->stored < p->list.count)
        store_next(p);
    else
        ask(p);
    return 0;
}

/* ---- the face ---- */

static int open_one(struct live *live, size_t index, struct err *err)
{
    const struct config_camera *camera = &live->config->cameras[index];
    struct live_poll *p = calloc(1, sizeof *p);
    live->cameras[index].poll = p;
    if (!p)
        return err_set(err, ERR_FAILED, "out of memory");
    p->live = live;
    p->camera = camera;
    p->fd = -1;
    p->answer = malloc(ANSWER_ROOM);
    if (!p->answer)
        return err_set(err, ERR_FAILED, "out of memory");
    if (dial_parse(&p->address, camera->poll, err) != 0 ||
        store_suggestion_polled(live->store, camera->name, p->after, sizeof p->after, err) != 0)
        return -1;
    if (sd_event_add_time_relative(live->event, &p->timer, CLOCK_MONOTONIC, 0, ACCURACY_US, on_timer, p) < 0 ||
        sd_event_source_set_priority(p->timer, PRIORITY) < 0)
        return err_set(err, ERR_FAILED, "cannot add a timer");
    return 0;
}

int live_poll_open(struct live *live, struct err *err)
{
    for (size_t i = 0; i < live->config->cameras_count; i++)
        if (live->config->cameras[i].poll[0] && open_one(live, i, err) != 0)
            return -1;
    return 0;
}

void live_poll_close(struct live *live)
{
    for (size_t i = 0; i < live->config->cameras_count; i++) {
        struct live_poll *p = live->cameras[i].poll;
        if (!p)
            continue;
        hang_up(p);
        sd_event_source_disable_unref(p->timer);
        anpr_list_free(&p->list);
        free(p->answer);
        free(p);
        live->cameras[i].poll = NULL;
    }
}
