#include "station/webserver_part.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "station/core/json.h"

enum {
    NONCE_S = 300,
    ERROR_MAX = 512,
    UNREAD_MAX = 32 << 10, /* bytes of a stream that the kernel keeps for a reader that is slow */
};

/* The page is one of our own files and nothing else: scripts, styles, pictures and calls from here alone (pictures also
 * those that it makes itself of what the tablet's camera saw), shown in nobody's frame. */
static const char policy[] =
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static void give(struct webserver_request *request, unsigned status, const char *type, struct MHD_Response *response)
{
    assert(!request->response);
    request->response = response;
    request->status = status;
    request->on_gone = NULL;
    if (response) { /* else the connection is closed */
        MHD_add_response_header(response, "Content-Type", type);
        MHD_add_response_header(response, "Cache-Control", "no-store");
        MHD_add_response_header(response, "Content-Security-Policy", policy);
        MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
        MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
        MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
        MHD_add_response_header(response, "X-Frame-Options", "DENY");
    }
    if (request->asleep)
        webserver_wake(request);
}

void webserver_answer(struct webserver_request *request, unsigned status, const char *type, const char *text,
                      size_t length)
{
    give(request, status, type,
         /* NOLINTNEXTLINE(performance-no-int-to-ptr): it is only read */
         MHD_create_response_from_buffer(length, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY));
}

void webserver_answer_static(struct webserver_request *request, unsigned status, const char *type, const char *bytes,
                             size_t length)
{
    give(request, status, type,
         /* NOLINTNEXTLINE(performance-no-int-to-ptr): it is only read */
         MHD_create_response_from_buffer(length, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT));
}

void webserver_answer_bytes(struct webserver_request *request, unsigned status, const char *type, char *bytes,
                            size_t length)
{
    struct webserver *server = request->server;
    if (length > server->limits.bodies - server->bodies) {
        free(bytes);
        webserver_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, "too much is being sent at once; try again");
        return;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(bytes);
    else
        server->bodies += request->held = length;
    give(request, status, type, response);
}

void webserver_answer_file(struct webserver_request *request, unsigned status, const char *type, int fd, size_t length)
{
    struct MHD_Response *response = MHD_create_response_from_fd(length, fd);
    if (!response)
        close(fd);
    give(request, status, type, response);
}

void webserver_refuse(struct webserver_request *request, unsigned status, const char *error)
{
    char text[ERROR_MAX];
    struct json_writer w;
    json_writer_init(&w, text, sizeof text);
    json_object_begin(&w, NULL);
    json_string(&w, "error", error);
    json_bool(&w, "ok", false);
    json_object_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    webserver_answer(request, status, "application/json", text, length > 0 ? (size_t)length : 0);
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        webserver_set_header(request, "Retry-After", "5");
}

void webserver_challenge(struct webserver_request *request, const char *realm)
{
    webserver_refuse(request, MHD_HTTP_UNAUTHORIZED, "say user and password (digest authentication)");
    request->realm = realm;
}

void webserver_set_header(struct webserver_request *request, const char *name, const char *value)
{
    struct MHD_Response *response = request->response;
    if (!response)
        return;
    const char *before = MHD_get_response_header(response, name);
    if (before)
        MHD_del_response_header(response, name, before);
    MHD_add_response_header(response, name, value);
}

bool webserver_knows_password(struct webserver_request *request, const char *realm, const char *user,
                              const char *password)
{
    return MHD_digest_auth_check2(request->connection, realm, user, password, NONCE_S, MHD_DIGEST_ALG_MD5) == MHD_YES;
}

/* ---- streams ---- */

/* What is sent in time earns the time for the next piece; who sleeps has all the time. */
static ssize_t read_stream(void *ctx, uint64_t position, char *out, size_t size)
{
    (void)position;
    struct webserver_request *request = ctx;
    struct webclient *client = webserver_client_of(request->connection);
    ptrdiff_t got = request->gone ? -1 : request->stream.read(request->ctx, out, size);
    if (got < 0)
        return request->gone ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    client->deadline_ms = got == 0 ? INT64_MAX : webserver_now_ms(request->server) + request->server->limits.whole_ms;
    if (got == 0)
        webserver_sleep(request);
    return got;
}

void webserver_answer_stream(struct webserver_request *request, const char *type, const struct webserver_stream *stream,
                             void *ctx)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    int room = UNREAD_MAX;
    setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    request->stream = *stream;
    request->ctx = ctx;
    give(request, MHD_HTTP_OK, type,
         MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, WEBSERVER_PIECE_MAX, read_stream, request, NULL));
}

void webserver_more(struct webserver_request *request)
{
    if (!request->asleep)
        return;
    struct webclient *client = webserver_client_of(request->connection);
    client->deadline_ms = webserver_now_ms(request->server) + request->server->limits.whole_ms;
    webserver_wake(request);
}

/* ---- out ---- */

enum MHD_Result webserver_send_answer(const struct webserver_request *request)
{
    if (!request->response)
        return MHD_NO;
    if (request->realm)
        return MHD_queue_auth_fail_response2(request->connection, request->realm, "smogd", request->response, MHD_NO,
                                             MHD_DIGEST_ALG_MD5);
    return MHD_queue_response(request->connection, request->status, request->response);
}
