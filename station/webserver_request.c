#include "station/webserver_part.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/links/turns.h"

/* ---- what it says ---- */

const char *webserver_path(const struct webserver_request *request)
{
    return request->path;
}

const char *webserver_method(const struct webserver_request *request)
{
    return request->route->method;
}

const char *webserver_rest(const struct webserver_request *request)
{
    return request->rest;
}

const char *webserver_header(const struct webserver_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *webserver_cookie(const struct webserver_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, name);
}

const char *webserver_argument(const struct webserver_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

void webserver_peer(const struct webserver_request *request, char *out, size_t size)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *peer = info ? info->client_addr : NULL;
    socklen_t length = peer && peer->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    if (!peer || getnameinfo(peer, length, out, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
        snprintf(out, size, "?");
}

const char *webserver_body(const struct webserver_request *request, size_t *length)
{
    *length = request->length;
    return request->body ? request->body : "";
}

/* ---- routes ---- */

static bool path_fits(const char *pattern, const char *path, const char **rest)
{
    size_t length = strlen(pattern);
    bool open = pattern[length - 1] == '*';
    *rest = path + length - open;
    return open ? strncmp(path, pattern, length - 1) == 0 : strcmp(path, pattern) == 0;
}

static bool method_fits(const char *wanted, const char *method)
{
    return strcmp(wanted, method) == 0 || (strcmp(wanted, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* "/ *" (without the blank) fits everything: what it does not have is nowhere. */
static bool is_everything(const struct webserver_route *route)
{
    return strcmp(route->path, "/*") == 0;
}

void webserver_nothing_here(struct webserver_request *request)
{
    char allowed[64] = "";
    const char *rest;
    for (const struct webserver_route *route = request->server->routes; route->method; route++) {
        size_t length = strlen(allowed);
        if (!is_everything(route) && path_fits(route->path, request->path, &rest) && !strstr(allowed, route->method))
            snprintf(allowed + length, sizeof allowed - length, "%s%s", length > 0 ? ", " : "", route->method);
    }
    if (!allowed[0]) {
        webserver_refuse(request, MHD_HTTP_NOT_FOUND, "there is nothing here");
        return;
    }
    webserver_refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED, "this is asked for by another method");
    webserver_set_header(request, "Allow", allowed);
}

static void find_route(struct webserver_request *request, const char *method)
{
    for (const struct webserver_route *route = request->server->routes; route->method; route++)
        if (method_fits(route->method, method) && path_fits(route->path, request->path, &request->rest)) {
            request->route = route;
            return;
        }
    webserver_nothing_here(request);
}

/* ---- bodies ---- */

/* Gives back what the body holds. */
static void drop_body(struct webserver_request *request)
{
    request->server->bodies -= request->room;
    free(request->body);
    request->body = NULL;
    request->length = request->room = 0;
}

static void forget(struct webserver_request *request)
{
    drop_body(request);
    request->route = NULL;
}

/* The announced length, or SIZE_MAX when it is chunked. */
static size_t announced(const struct webserver_request *request)
{
    const char *text = webserver_header(request, "Content-Length");
    if (!text)
        return webserver_header(request, "Transfer-Encoding") ? SIZE_MAX : 0;
    return (size_t)strtoull(text, NULL, 10); /* libmicrohttpd has refused what is no number */
}

static void make_room(struct webserver_request *request)
{
    struct webserver *server = request->server;
    size_t length = announced(request), max = request->route->body_max;
    size_t room = length < max ? length : max;
    if (length != SIZE_MAX && length > max) {
        webserver_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
        forget(request);
        return;
    }
    if (room == 0)
        return;
    request->body = server->bodies + room <= server->limits.bodies ? malloc(room + 1) : NULL;
    if (!request->body) {
        webserver_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, "too much is being sent at once; try again");
        forget(request);
        return;
    }
    request->room = room;
    server->bodies += room;
}

static void take_body(struct webserver_request *request, const char *data, size_t size)
{
    if (!request->route)
        return;
    if (size > request->room - request->length) {
        webserver_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
        forget(request);
        return;
    }
    memcpy(request->body + request->length, data, size);
    request->length += size;
}

/* ---- its life ---- */

static struct webserver_request *begin(struct webserver *server, struct MHD_Connection *connection, const char *path,
                                       const char *method)
{
    struct webserver_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    *request = (struct webserver_request){.server = server, .connection = connection, .path = path};
    struct webclient *client = webserver_client_of(connection);
    client->request = request;
    client->deadline_ms = webserver_now_ms(server) + server->limits.whole_ms;
    find_route(request, method);
    if (request->route && request->route->admit && !request->route->admit(server->ctx, request))
        forget(request);
    if (request->route)
        make_room(request);
    return request;
}

/* Whether the answer has to be made in a later turn; then `handle` is called again. */
static bool put_off(struct webserver *server, struct MHD_Connection *connection)
{
    if (server->answers++ < WEBSERVER_ANSWERS_A_TURN)
        return false;
    struct webclient *client = webserver_client_of(connection);
    client->next_waiting = NULL;
    *server->waiting_end = client;
    server->waiting_end = &client->next_waiting;
    MHD_suspend_connection(connection); /* it is not closed, either, until it is resumed */
    return true;
}

void webserver_resume_waiting(struct webserver *server, unsigned most)
{
    for (; server->waiting && most > 0; most--) {
        struct webclient *client = server->waiting;
        server->waiting = client->next_waiting;
        MHD_resume_connection(client->connection);
    }
    if (!server->waiting)
        server->waiting_end = &server->waiting;
}

/* Seen by the loop itself: libmicrohttpd does not look at connections that are suspended. */
static int on_peer(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)fd;
    (void)events;
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    webserver_give_up(ctx);
    return 0;
}

static void watch_peer(struct webserver_request *request)
{
    int fd = MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (sd_event_add_io(request->server->event, &request->peer, fd, EPOLLRDHUP, on_peer, request) >= 0)
        sd_event_source_set_priority(request->peer, TURN_WEB);
    /* without memory for it, the deadline or the next piece of a stream finds out */
}

void webserver_sleep(struct webserver_request *request)
{
    if (!request->peer)
        watch_peer(request);
    request->asleep = true;
    MHD_suspend_connection(request->connection);
}

void webserver_wake(struct webserver_request *request)
{
    request->asleep = false;
    MHD_resume_connection(request->connection);
    webserver_turn_soon(request->server);
}

void webserver_give_up(struct webserver_request *request)
{
    void (*on_gone)(void *) = request->on_gone;
    request->on_gone = NULL;
    request->gone = true;
    if (request->asleep)
        webserver_wake(request);
    if (on_gone)
        on_gone(request->ctx);
}

void webserver_later(struct webserver_request *request, void (*gone)(void *ctx), void *ctx)
{
    request->on_gone = gone;
    request->ctx = ctx;
}

static void make_answer(struct webserver_request *request)
{
    request->handed = true;
    if (request->body)
        request->body[request->length] = '\0';
    if (request->route)
        request->route->answer(request->server->ctx, request);
}

/* Called first without data, then with each piece of the body, then with none until there is an answer. */
enum MHD_Result webserver_handle(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
                                 const char *version, const char *data, size_t *size, void **context)
{
    (void)version;
    struct webserver *server = ctx;
    struct webserver_request *request = *context;
    if (!request) {
        *context = request = begin(server, connection, path, method);
        if (!request)
            return MHD_NO;
        /* too long to be read and forgotten: the connection closes with the answer */
        return request->status == MHD_HTTP_CONTENT_TOO_LARGE ? webserver_send_answer(request) : MHD_YES;
    }
    if (*size > 0) {
        take_body(request, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (!request->handed) {
        if (put_off(server, connection))
            return MHD_YES;
        make_answer(request);
    }
    if (!request->on_gone)
        return webserver_send_answer(request);
    webserver_sleep(request);
    return MHD_YES;
}

void webserver_completed(void *ctx, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)code;
    struct webserver *server = ctx;
    struct webserver_request *request = *context;
    struct webclient *client = webserver_client_of(connection);
    if (client) {
        client->request = NULL;
        client->deadline_ms = webserver_now_ms(server) + server->limits.idle_ms;
    }
    if (!request)
        return;
    void (*over)(void *) = request->on_gone ? request->on_gone : request->stream.closed;
    void *over_ctx = request->ctx;
    sd_event_source_disable_unref(request->peer);
    drop_body(request);
    server->bodies -= request->held;
    if (request->response)
        MHD_destroy_response(request->response);
    free(request);
    *context = NULL;
    if (over)
        over(over_ctx);
}
