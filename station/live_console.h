/*
 * The inside of the console: who is logged in at smogd's web
 * server, and what its interface answers. What an officer does there goes the way of the control socket's commands;
 * what he reads a smogctl answers, so that the loop neither reads files, nor draws pages, nor hashes PINs.
 *
 * live_console.c    its start and end, its refusals and events
 * live_session.c    who may ask for what
 * live_login.c      /api/v1/session
 * live_api.c        /api/v1/: commands, uploads, files that are there
 * live_api_child.c  what a smogctl answers
 */
#ifndef STATION_LIVE_CONSOLE_H
#define STATION_LIVE_CONSOLE_H

#include "station/api.h"
#include "station/child.h"
#include "station/live_parts.h"
#include "station/sessions.h"

#define LIVE_SESSION_COOKIE "smogd_session"

enum { LIVE_CONSOLE_PATH_MAX = CONFIG_PATH_MAX + 64 };

struct live_console {
    struct live *live;
    struct sessions sessions;
    struct session *acting;              /* by whose session the command at hand comes; NULL: by none */
    struct child_pool *children, *probe; /* probe: one at a time, and longer than others may */
    char ctl[LIVE_CONSOLE_PATH_MAX];     /* smogctl */
    char folder[LIVE_CONSOLE_PATH_MAX];  /* for files until they are sent */
    char files[LIVE_CONSOLE_PATH_MAX];   /* openapi.json */
    unsigned made;                       /* files */
    /* refusals that still go into the journal one by one, and how many did not */
    unsigned refusals_left;
    int64_t refusals_ms, refusals_unsaid;
};

/* ---- live_console.c ---- */

/* {"code","error","ok":false} */
void live_console_refuse(struct webserver_request *request, unsigned status, const char *error);
/* The same, and when to come again. */
void live_console_refuse_for(struct webserver_request *request, unsigned status, int64_t wait_ms, const char *error);
/* An event of kind "console": what was done, or why not. Values may be NULL, so may the request. */
struct live_console_note {
    const char *act, *officer, *second, *command, *subject, *reason;
};
void live_console_note(struct live *live, const struct webserver_request *request,
                       const struct live_console_note *note);
/* The same of a refusal: an event as long as there are not too many, then it is counted in the next one. */
void live_console_note_refusal(struct live *live, const struct webserver_request *request,
                               const struct live_console_note *note);

/* ---- live_session.c ---- */

/* The session that the request's cookie names, or NULL. */
/* May it go on to be told what it was let in for? The session behind it may have ended. */
bool live_session_may_read(struct live *live, struct webserver_request *request);
struct session *live_session_of(struct live *live, struct webserver_request *request);
/* Who acts: the officer, or with ?as=second the second one; NULL: there is no second one now. */
const struct sessions_officer *live_session_actor(const struct session *session,
                                                  const struct webserver_request *request);
/* May the request be made? False after an answer. */
bool live_session_guard(struct live *live, struct webserver_request *request, const struct api_match *match);

/* ---- live_login.c ---- */

void live_login_answer(struct live *live, struct webserver_request *request, const struct api_match *match);

/* ---- live_api.c ---- */

/* Carries out a command of the control protocol for that officer, and answers. `file`: -1, or the upload's. */
void live_api_command(struct live *live, struct webserver_request *request, const struct api_match *match,
                      const char *text, size_t length, int file);

/* ---- live_api_child.c ---- */

/* The words of a smogctl and what it reads; `done` gets its result and the request, which is NULL when it has gone. */
typedef void live_api_child_done(struct live *live, struct webserver_request *request, struct child_result *result,
                                 void *ctx);
/* `stay`: it goes on when the request has gone. `ctx` is freed after `done`. Answers 503 where too many wait. */
void live_api_child_ask(struct live *live, struct child_pool *pool, struct webserver_request *request,
                        const char *const *words, const char *in, bool stay, live_api_child_done *done, void *ctx);
void live_api_child_answer(struct live *live, struct webserver_request *request, const struct api_match *match);

#endif
