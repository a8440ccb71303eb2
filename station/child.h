/*
 * Runs other programs without waiting for them: a few at a time, the rest in a queue that has an end.
 *
 *     const char *const argv[] = {"/usr/bin/smogctl", "--json", "passes", NULL};
 *     child = child_start(pool, argv, body, length, on_done, ctx, &err);
 *
 * The loop never waits for a program; it is told when one has ended, has said too much or is late (then it is killed).
 * They run at lower priority than the daemon, in a process group of their own, with no descriptor of the daemon but
 * their three, and with no signal blocked or ignored. Whatever a program does with its input, none of ours blocks: it
 * lies in memory as a file.
 */
#ifndef STATION_CHILD_H
#define STATION_CHILD_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "station/core/err.h"

enum { CHILD_ERROR_MAX = 512 };

struct child_pool;
struct child;

struct child_limits {
    unsigned at_once, queued;
    size_t out_max;      /* bytes that a program may say */
    int64_t deadline_ms; /* from its order to its end */
};

extern const struct child_limits child_limits_default;

enum child_end {
    CHILD_EXITED,    /* by itself, with `status` */
    CHILD_DIED,      /* by the signal `status` */
    CHILD_LATE,      /* it was killed at its deadline, or never had its turn */
    CHILD_TALKATIVE, /* it was killed because it said more than out_max */
    CHILD_FAILED,    /* it could not be started; `error` says why */
    CHILD_CANCELLED,
};

struct child_result {
    enum child_end end;
    int status;
    char *out; /* malloc'ed, `length` bytes and a NUL; who wants to keep it sets it NULL */
    size_t length;
    char error[CHILD_ERROR_MAX]; /* what it said at standard error; cut */
};

int child_pool_open(struct child_pool **out, sd_event *event, const struct child_limits *limits, struct err *err);
/* Ends all of them, as child_cancel does. */
void child_pool_close(struct child_pool *pool);

/* Orders a program: a path and its arguments up to NULL, and what it reads (may be NULL for nothing); both are copied.
 * `done` is called exactly once, never from in here. NULL with ERR_UNREACHABLE where too many wait already, or memory
 * is out. */
struct child *child_start(struct child_pool *pool, const char *const argv[], const char *in, size_t in_length,
                          void (*done)(void *ctx, struct child_result *result), void *ctx, struct err *err);

/* Ends it; `done` is called at once, with CHILD_CANCELLED. Not for one whose `done` has been called. */
void child_cancel(struct child *child);

#endif
