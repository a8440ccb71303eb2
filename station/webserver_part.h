/*
 * The inside of the web server, shared by the files station/webserver*.c.
 *
 * webserver.c          the server: its socket, its place in the loop
 * webserver_client.c   connections and when they are cut off
 * webserver_request.c  requests: routes, bodies, turns; those answered later
 * webserver_answer.c   answers
 * webserver_tls.c      key and certificate
 */
#ifndef STATION_WEBSERVER_PART_H
#define STATION_WEBSERVER_PART_H

#include <microhttpd.h>

#include "sensors/links/dial.h"
#include "station/webserver.h"

enum { WEBSERVER_RANDOM_BYTES = 32 };

/* One connection, and when it is cut off. */
struct webclient {
    struct webclient *next, **at;
    struct webclient *next_waiting;
    struct MHD_Connection *connection;
    struct webserver_request *request; /* NULL: none is being worked at */
    int64_t deadline_ms;
};

/* By which a file is known to be another one. */
struct webserver_stamp {
    uint64_t inode;
    int64_t size, changed_ns;
};

/* Key and certificate as texts, for as long as libmicrohttpd needs to take them. */
struct webserver_pem {
    char *key, *cert;
};

struct webserver {
    sd_event *event;
    sd_event_source *io, *soon, *sweep; /* libmicrohttpd's descriptor and time-out; our own deadlines */
    struct MHD_Daemon *daemon;          /* NULL: not listening */
    const struct webserver_route *routes;
    struct webserver_limits limits;
    void *ctx;
    const char *listen;
    struct webserver_tls tls; /* key NULL: none */
    struct webserver_stamp key_stamp, cert_stamp;
    int64_t tls_look_ms; /* when they are looked at again */
    char tls_problem[ERR_TEXT_MAX];
    struct dial_address address;
    struct webclient *clients;
    struct webclient *waiting, **waiting_end; /* for a turn in which they are answered, the first first */
    unsigned clients_count;
    unsigned answers; /* made in this turn */
    size_t bodies;    /* bytes held */
    int64_t retry_ms;
    char problem[ERR_TEXT_MAX];
    char secret[WEBSERVER_RANDOM_BYTES]; /* of the nonces */
};

struct webserver_request {
    struct webserver *server;
    struct MHD_Connection *connection;
    const struct webserver_route *route; /* NULL: there is an answer already, the body is forgotten */
    const char *path, *rest;
    char *body;
    size_t length, room;
    bool handed;                   /* `answer` was called */
    struct MHD_Response *response; /* goes out when the body is read */
    size_t held;                   /* bytes of it that count among the bodies */
    unsigned status;
    const char *realm; /* the response asks for a password */
    /* answered later, or piece by piece */
    sd_event_source *peer; /* tells that the other side has gone */
    bool asleep;           /* suspended until there is something to send */
    bool gone;
    void (*on_gone)(void *ctx);
    struct webserver_stream stream;
    void *ctx;
};

/* ---- webserver.c ---- */
/* libmicrohttpd does not notice by itself what is resumed between its turns. */
void webserver_turn_soon(struct webserver *server);

/* ---- webserver_client.c ---- */
int64_t webserver_now_ms(const struct webserver *server);
struct webclient *webserver_client_of(struct MHD_Connection *connection);
/* libmicrohttpd's notice of a connection's begin and end. */
void webserver_client_noted(void *ctx, struct MHD_Connection *connection, void **socket_context,
                            enum MHD_ConnectionNotificationCode code);
void webserver_client_cut_off_late(const struct webserver *server);
/* The deadlines are looked at again soon. */
void webserver_watch_deadlines(struct webserver *server);

/* ---- webserver_request.c ---- */
/* libmicrohttpd's handler, and its notice that a request is over. */
enum MHD_Result webserver_handle(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
                                 const char *version, const char *data, size_t *size, void **context);
void webserver_completed(void *ctx, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code);
/* Those that waited for their turn go on, as many as that. */
void webserver_resume_waiting(struct webserver *server, unsigned most);
/* Its connection is suspended until webserver_wake; meanwhile its end is watched. */
void webserver_sleep(struct webserver_request *request);
void webserver_wake(struct webserver_request *request);
/* The other side is told to have gone, whether or not it has. */
void webserver_give_up(struct webserver_request *request);

/* ---- webserver_tls.c ---- */
/* Are there other files than those that were loaded? */
bool webserver_tls_changed(const struct webserver *server);
/* Reads them; *pem is to be forgotten in any case. */
int webserver_tls_load(struct webserver *server, struct webserver_pem *pem, struct err *err);
void webserver_tls_forget(struct webserver_pem *pem);

/* ---- webserver_answer.c ---- */
enum MHD_Result webserver_send_answer(const struct webserver_request *request);

#endif
