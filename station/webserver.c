#define _DEFAULT_SOURCE

#include "station/webserver.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reports/log.h"
#include "sensors/links/turns.h"
#include "station/webserver_part.h"

enum {
    HEAD_MAX = 16 << 10, /* bytes of memory for a connection: its head and what libmicrohttpd needs */
    BACKLOG = 128,
    NONCES = 64,
};

const struct webserver_limits webserver_limits_default = {.connections = 256,
                                                          .bodies = 16 << 20,
                                                          .head_ms = 10000,
                                                          .whole_ms = 60000,
                                                          .idle_ms = 30000,
                                                          .retry_ms = 2000,
                                                          .tls_look_ms = 5000};

/* ---- the loop ---- */

void webserver_turn_soon(struct webserver *server)
{
    sd_event_source_set_time_relative(server->soon, 0);
    sd_event_source_set_enabled(server->soon, SD_EVENT_ONESHOT);
}

/* A full libmicrohttpd stops to accept; it begins again in the turn after that in which a connection went. */
static void turn(struct webserver *server)
{
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    unsigned before = server->clients_count;
    server->answers = 0;
    webserver_resume_waiting(server, WEBSERVER_ANSWERS_A_TURN);
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

static struct MHD_Daemon *start_daemon(struct webserver *server, int fd, const struct webserver_pem *pem)
{
    static char versions[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, pem->cert},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, pem->key},
                                   {MHD_OPTION_HTTPS_PRIORITIES, 0, versions},
                                   {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    flags |= server->address.at.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U;
    flags |= pem->key ? MHD_USE_TLS : 0U;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, webserver_handle, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION,
        webserver_client_noted, server, MHD_OPTION_NOTIFY_COMPLETED, webserver_completed, server,
        MHD_OPTION_CONNECTION_LIMIT, server->limits.connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        server->limits.an_address, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_DIGEST_AUTH_RANDOM, (size_t)WEBSERVER_RANDOM_BYTES, server->secret, MHD_OPTION_NONCE_NC_SIZE,
        (unsigned)NONCES, MHD_OPTION_ARRAY, pem->key ? tls : none, MHD_OPTION_END);
}

static int listen_with(struct webserver *server, const struct webserver_pem *pem, struct err *err)
{
    int fd = open_socket(&server->address);
    if (fd < 0)
        return err_set(err, ERR_UNREACHABLE, "the console cannot listen at %s: %s%s", server->listen, strerror(errno),
                       errno == EADDRINUSE ? "; end the program that has it ('ss -ltnp' names it) or change "
                                             "'console { listen = … }'"
                                           : "");
    server->daemon = start_daemon(server, fd, pem);
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

static int listen_now(struct webserver *server, struct err *err)
{
    struct webserver_pem pem = {0};
    int result = server->tls.key ? webserver_tls_load(server, &pem, err) : 0;
    if (result == 0)
        result = listen_with(server, &pem, err);
    webserver_tls_forget(&pem);
    return result;
}

static void stop_listening(struct webserver *server)
{
    server->io = sd_event_source_disable_unref(server->io);
    for (const struct webclient *client = server->clients; client; client = client->next)
        if (client->request && client->request->asleep)
            webserver_give_up(client->request);
    /* libmicrohttpd ends the program over a connection that is left suspended */
    webserver_resume_waiting(server, UINT_MAX);
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
        server->retry_ms = webserver_now_ms(server) + server->limits.retry_ms;
    } else if (server->problem[0]) {
        log_notice("the console listens at %s", server->listen);
    }
    snprintf(server->problem, sizeof server->problem, "%s", err.text);
}

/* Goes over to another key and certificate, once they fit together; until then those before are used. */
static void look_at_tls(struct webserver *server)
{
    struct webserver_pem pem;
    if (!server->tls.key || webserver_now_ms(server) < server->tls_look_ms)
        return;
    server->tls_look_ms = webserver_now_ms(server) + server->limits.tls_look_ms;
    if (!server->daemon || !webserver_tls_changed(server))
        return;
    struct err err = {0};
    int result = webserver_tls_load(server, &pem, &err);
    webserver_tls_forget(&pem);
    if (result == 0) {
        log_notice("the console has another certificate");
        stop_listening(server);
        try_to_listen(server);
    } else if (strcmp(server->tls_problem, err.text) != 0) {
        log_warning("%s; the one before is used", err.text);
    }
    snprintf(server->tls_problem, sizeof server->tls_problem, "%s", err.text);
}

static int on_sweep(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    struct webserver *server = ctx;
    if (!server->daemon && webserver_now_ms(server) >= server->retry_ms)
        try_to_listen(server);
    webserver_client_cut_off_late(server);
    look_at_tls(server);
    if (!server->daemon || server->clients || server->tls.key)
        webserver_watch_deadlines(server);
    return 0;
}

int webserver_open(struct webserver **out, sd_event *event, const char *listen, const struct webserver_tls *tls,
                   const struct webserver_route *routes, const struct webserver_limits *limits, void *ctx,
                   struct err *err)
{
    *out = NULL;
    struct webserver *server = calloc(1, sizeof *server);
    if (!server)
        return err_set(err, ERR_FAILED, "out of memory");
    *server = (struct webserver){.event = sd_event_ref(event), .routes = routes, .limits = *limits, .ctx = ctx};
    server->listen = listen;
    if (tls)
        server->tls = *tls;
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
