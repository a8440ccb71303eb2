#define _DEFAULT_SOURCE

#include "station/webserver.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reports/log.h"
#include "sensors/links/dial.h"
#include "sensors/links/turns.h"
#include "station/core/json.h"

enum {
    HEAD_MAX = 16 << 10, /* bytes of memory for a connection: its head and what libmicrohttpd needs */
    BACKLOG = 128,
    SWEEP_US = 250000,
    NONCES = 64,
    NONCE_S = 300,
    RANDOM_BYTES = 32,
    ERROR_MAX = 512,
};

const struct webserver_limits webserver_limits_default = {
    .connections = 256, .bodies = 16 << 20, .head_ms = 10000, .whole_ms = 60000, .idle_ms = 30000, .retry_ms = 2000};

/* One connection, and when it is cut off. */
struct webclient {
    struct webclient *next, **at;
    struct webclient *next_waiting;
    struct MHD_Connection *connection;
    int64_t deadline_ms;
};

struct webserver {
    sd_event *event;
    sd_event_source *io, *soon, *sweep; /* libmicrohttpd's descriptor and time-out; our own deadlines */
    struct MHD_Daemon *daemon;          /* NULL: not listening */
    const struct webserver_route *routes;
    struct webserver_limits limits;
    void *ctx;
    const char *listen;
    struct dial_address address;
    struct webclient *clients;
    struct webclient *waiting, **waiting_end; /* for a turn in which they are answered, the first first */
    unsigned clients_count;
    unsigned answers; /* made in this turn */
    size_t bodies;    /* bytes held */
    int64_t retry_ms;
    char problem[ERR_TEXT_MAX];
    char secret[RANDOM_BYTES]; /* of the nonces */
};

struct webserver_request {
    struct webserver *server;
    struct MHD_Connection *connection;
    const struct webserver_route *route; /* NULL: there is an answer already, the body is forgotten */
    const char *rest;
    char *body;
    size_t length, room;
    struct MHD_Response *response; /* goes out when the body is read */
    unsigned status;
    const char *realm; /* the response asks for a password */
};

static int64_t now_ms(const struct webserver *server)
{
    uint64_t now_us = 0;
    sd_event_now(server->event, CLOCK_MONOTONIC, &now_us);
    return (int64_t)(now_us / 1000);
}

/* ---- answers ---- */

void webserver_answer(struct webserver_request *request, unsigned status, const char *type, const char *text,
                      size_t length)
{
    assert(!request->response);
    request->response = MHD_create_response_from_buffer(length, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    request->status = status;
    if (!request->response)
        return; /* the connection is closed instead */
    MHD_add_response_header(request->response, "Content-Type", type);
    MHD_add_response_header(request->response, "Cache-Control", "no-store");
    MHD_add_response_header(request->response, "X-Content-Type-Options", "nosniff");
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
    if (request->response && status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(request->response, "Retry-After", "5");
}

void webserver_challenge(struct webserver_request *request, const char *realm)
{
    webserver_refuse(request, MHD_HTTP_UNAUTHORIZED, "say user and password (digest authentication)");
    request->realm = realm;
}

bool webserver_knows_password(struct webserver_request *request, const char *realm, const char *user,
                              const char *password)
{
    return MHD_digest_auth_check2(request->connection, realm, user, password, NONCE_S, MHD_DIGEST_ALG_MD5) == MHD_YES;
}

static enum MHD_Result send_answer(const struct webserver_request *request)
{
    if (!request->response)
        return MHD_NO;
    if (request->realm)
        return MHD_queue_auth_fail_response2(request->connection, request->realm, "smogd", request->response, MHD_NO,
                                             MHD_DIGEST_ALG_MD5);
    return MHD_queue_response(request->connection, request->status, request->response);
}

/* ---- requests ---- */

const char *webserver_rest(const struct webserver_request *request)
{
    return request->rest;
}

const char *webserver_header(const struct webserver_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
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

static void find_route(struct webserver_request *request, const char *path, const char *method)
{
    const struct webserver_route *other = NULL;
    for (const struct webserver_route *route = request->server->routes; route->method; route++) {
        if (!path_fits(route->path, path, &request->rest))
            continue;
        other = route;
        if (method_fits(route->method, method)) {
            request->route = route;
            return;
        }
    }
    webserver_refuse(request, other ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
                     other ? "this is asked for by another method" : "there is nothing here");
    if (other && request->response)
        MHD_add_response_header(request->response, "Allow", other->method);
}

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

static struct webclient *client_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static struct webserver_request *begin(struct webserver *server, struct MHD_Connection *connection, const char *path,
                                       const char *method)
{
    struct webserver_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    *request = (struct webserver_request){.server = server, .connection = connection};
    client_of(connection)->deadline_ms = now_ms(server) + server->limits.whole_ms;
    find_route(request, path, method);
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
    struct webclient *client = client_of(connection);
    client->next_waiting = NULL;
    *server->waiting_end = client;
    server->waiting_end = &client->next_waiting;
    MHD_suspend_connection(connection); /* it is not closed, either, until it is resumed */
    return true;
}

static void resume(struct webserver *server, unsigned most)
{
    for (; server->waiting && most > 0; most--) {
        struct webclient *client = server->waiting;
        server->waiting = client->next_waiting;
        MHD_resume_connection(client->connection);
    }
    if (!server->waiting)
        server->waiting_end = &server->waiting;
}

/* Called first without data, then with each piece of the body, then once more with none. */
static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
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
        return request->status == MHD_HTTP_CONTENT_TOO_LARGE ? send_answer(request) : MHD_YES;
    }
    if (*size > 0) {
        take_body(request, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (put_off(server, connection))
        return MHD_YES;
    if (request->body)
        request->body[request->length] = '\0';
    if (request->route)
        request->route->answer(server->ctx, request);
    return send_answer(request);
}

static void completed(void *ctx, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code)
{
    (void)code;
    const struct webserver *server = ctx;
    struct webserver_request *request = *context;
    struct webclient *client = client_of(connection);
    if (client)
        client->deadline_ms = now_ms(server) + server->limits.idle_ms;
    if (!request)
        return;
    drop_body(request);
    if (request->response)
        MHD_destroy_response(request->response);
    free(request);
    *context = NULL;
}

/* ---- connections ---- */

static void watch_deadlines(struct webserver *server)
{
    sd_event_source_set_time_relative(server->sweep, SWEEP_US);
    sd_event_source_set_enabled(server->sweep, SD_EVENT_ONESHOT);
}

static void connected(void *ctx, struct MHD_Connection *connection, void **socket_context,
                      enum MHD_ConnectionNotificationCode code)
{
    struct webserver *server = ctx;
    struct webclient *client = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (!client)
            return;
        *client->at = client->next;
        if (client->next)
            client->next->at = client->at;
        server->clients_count--;
        free(client);
        *socket_context = NULL;
        return;
    }
    *socket_context = client = calloc(1, sizeof *client);
    if (!client)
        abort(); /* as libmicrohttpd does for want of so little memory */
    *client = (struct webclient){.next = server->clients, .at = &server->clients, .connection = connection};
    client->deadline_ms = now_ms(server) + server->limits.head_ms;
    if (client->next)
        client->next->at = &client->next;
    server->clients = client;
    server->clients_count++;
    watch_deadlines(server);
}

/* libmicrohttpd sees the end of a connection that is shut down here, and closes it. */
static void cut_off_late(const struct webserver *server)
{
    int64_t now = now_ms(server);
    for (const struct webclient *client = server->clients; client; client = client->next)
        if (client->deadline_ms <= now)
            shutdown(MHD_get_connection_info(client->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
                     SHUT_RDWR);
}

/* ---- the loop ---- */

/* A full libmicrohttpd stops to accept; it begins again in the turn after that in which a connection went. */
static void turn(struct webserver *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    unsigned before = server->clients_count;
    server->answers = 0;
    resume(server, WEBSERVER_ANSWERS_A_TURN);
    MHD_run(server->daemon);
    bool at_once = server->waiting || server->clients_count < before;
    bool due = at_once || MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES;
    if (due)
        sd_event_source_set_time_relative(server->soon, (uint64_t)wait_ms * 1000);
    sd_event_source_set_enabled(server->soon, due ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)fd;
    (void)events;
    turn(ctx);
    return 0;
}

static int on_soon(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    turn(ctx);
    return 0;
}

/* A socket that listens, or -1 with errno. */
static int open_socket(const struct dial_address *address)
{
    int yes = 1;
    int fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, (const struct sockaddr *)&address->at, address->length) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return -1;
}

static struct MHD_Daemon *start_daemon(struct webserver *server, int fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (server->address.at.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U), 0,
        NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION, connected, server,
        MHD_OPTION_NOTIFY_COMPLETED, completed, server, MHD_OPTION_CONNECTION_LIMIT, server->limits.connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_DIGEST_AUTH_RANDOM, (size_t)RANDOM_BYTES, server->secret, MHD_OPTION_NONCE_NC_SIZE, (unsigned)NONCES,
        MHD_OPTION_END);
}

static int listen_now(struct webserver *server, struct err *err)
{
    int fd = open_socket(&server->address);
    if (fd < 0)
        return err_set(err, ERR_UNREACHABLE, "the console cannot listen at %s: %s%s", server->listen, strerror(errno),
                       errno == EADDRINUSE ? "; end the program that has it ('ss -ltnp' names it) or change "
                                             "'console { listen = … }'"
                                           : "");
    server->daemon = start_daemon(server, fd);
    if (!server->daemon) {
        close(fd);
        return err_set(err, ERR_FAILED, "the console's web server cannot be started at %s: out of memory or of files",
                       server->listen);
    }
    int epoll = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    if (sd_event_add_io(server->event, &server->io, epoll, EPOLLIN, on_io, server) < 0 ||
        sd_event_source_set_priority(server->io, TURN_WEB) < 0)
        return err_set(err, ERR_FAILED, "the console's web server cannot be watched: out of memory");
    return 0;
}

static void stop_listening(struct webserver *server)
{
    server->io = sd_event_source_disable_unref(server->io);
    resume(server, UINT_MAX); /* libmicrohttpd ends the program over a connection that is left suspended */
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
}

/* Says on the edge what keeps it from listening. */
static void try_to_listen(struct webserver *server)
{
    struct err err = {0};
    if (listen_now(server, &err) != 0) {
        stop_listening(server);
        if (strcmp(server->problem, err.text) != 0)
            log_warning("%s; it is tried again", err.text);
        server->retry_ms = now_ms(server) + server->limits.retry_ms;
    } else if (server->problem[0]) {
        log_notice("the console listens at %s", server->listen);
    }
    snprintf(server->problem, sizeof server->problem, "%s", err.text);
}

static int on_sweep(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    struct webserver *server = ctx;
    if (!server->daemon && now_ms(server) >= server->retry_ms)
        try_to_listen(server);
    cut_off_late(server);
    if (!server->daemon || server->clients)
        watch_deadlines(server);
    return 0;
}

int webserver_open(struct webserver **out, sd_event *event, const char *listen, const struct webserver_route *routes,
                   const struct webserver_limits *limits, void *ctx, struct err *err)
{
    *out = NULL;
    struct webserver *server = calloc(1, sizeof *server);
    if (!server)
        return err_set(err, ERR_FAILED, "out of memory");
    *server = (struct webserver){.event = sd_event_ref(event), .routes = routes, .limits = *limits, .ctx = ctx};
    server->listen = listen;
    server->waiting_end = &server->waiting;
    int result = dial_parse(&server->address, listen, err);
    if (result == 0 && (getrandom(server->secret, sizeof server->secret, 0) != (ssize_t)sizeof server->secret ||
                        sd_event_add_time(event, &server->soon, CLOCK_MONOTONIC, 0, 1, on_soon, server) < 0 ||
                        sd_event_source_set_enabled(server->soon, SD_EVENT_OFF) < 0 ||
                        sd_event_source_set_priority(server->soon, TURN_WEB) < 0 ||
                        sd_event_add_time(event, &server->sweep, CLOCK_MONOTONIC, 0, 0, on_sweep, server) < 0 ||
                        sd_event_source_set_priority(server->sweep, TURN_WEB) < 0))
        result = err_set(err, ERR_FAILED, "cannot set up the web server: out of memory");
    if (result != 0) {
        webserver_close(server);
        return -1;
    }
    try_to_listen(server);
    *out = server; /* the sweep is due at once */
    return 0;
}

void webserver_close(struct webserver *server)
{
    if (!server)
        return;
    stop_listening(server);
    sd_event_source_disable_unref(server->soon);
    sd_event_source_disable_unref(server->sweep);
    sd_event_unref(server->event);
    free(server);
}

const char *webserver_problem(const struct webserver *server)
{
    return server->problem;
}

unsigned webserver_connections(const struct webserver *server)
{
    return server->clients_count;
}
