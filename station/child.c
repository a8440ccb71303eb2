#define _GNU_SOURCE

#include "station/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sensors/links/turns.h"

enum {
    NICE = 10,
    FLOW_STEP = 16 << 10, /* bytes of the first piece */
    FLOW_REST = 4 << 10,  /* read and forgotten at once */
    LAST_WAIT_MS = 1000,  /* for those that were killed because we end */
};

const struct child_limits child_limits_default = {.at_once = 3, .queued = 64, .out_max = 4 << 20, .deadline_ms = 30000};

/* What a program says, on one of its two descriptors. */
struct flow {
    sd_event_source *source;
    int fd; /* -1: closed */
    char *data;
    size_t length, room, max;
};

struct child {
    struct child *next, **at;
    struct child_pool *pool;
    char **argv;
    int in; /* its input as a file; -1: handed over */
    pid_t pid;
    int pidfd; /* -1: it has not been started */
    sd_event_source *exit, *deadline;
    struct flow out, error;
    bool killed;
    enum child_end end; /* why it was killed */
    void (*done)(void *ctx, struct child_result *result);
    void *ctx;
};

struct child_pool {
    sd_event *event;
    struct child_limits limits;
    sd_event_source *start_soon;
    struct child *running;
    struct child *waiting; /* the first first */
    unsigned running_count, waiting_count;
};

static void child_list(struct child *child, struct child **at)
{
    child->at = at;
    child->next = *at;
    if (child->next)
        child->next->at = &child->next;
    *at = child;
}

static void child_unlist(struct child *child)
{
    *child->at = child->next;
    if (child->next)
        child->next->at = child->at;
    child->at = NULL;
}

/* ---- what it says ---- */

static void flow_close(struct flow *flow)
{
    flow->source = sd_event_source_disable_unref(flow->source);
    if (flow->fd >= 0)
        close(flow->fd);
    flow->fd = -1;
}

static bool flow_grow(struct flow *flow)
{
    size_t room = flow->room ? 2 * flow->room : FLOW_STEP;
    room = room < flow->max ? room : flow->max;
    char *data = room > flow->room ? realloc(flow->data, room + 1) : NULL;
    if (!data)
        return false;
    flow->data = data;
    flow->room = room;
    return true;
}

/* One piece: 1 there may be more, 0 nothing more for now or ever, -1 more than it may say (which is forgotten). */
static int flow_read(struct flow *flow)
{
    char rest[FLOW_REST];
    if (flow->fd < 0)
        return 0;
    bool fits = flow->length < flow->room || flow_grow(flow);
    ssize_t got = read(flow->fd, fits ? flow->data + flow->length : rest, fits ? flow->room - flow->length : FLOW_REST);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0) {
        flow_close(flow);
        return 0;
    }
    flow->length += fits ? (size_t)got : 0;
    return fits ? 1 : -1;
}

/* ---- its end ---- */

static void child_free(struct child *child)
{
    flow_close(&child->out);
    flow_close(&child->error);
    sd_event_source_disable_unref(child->exit);
    sd_event_source_disable_unref(child->deadline);
    if (child->pidfd >= 0)
        close(child->pidfd);
    if (child->in >= 0)
        close(child->in);
    free(child->out.data);
    free(child->error.data);
    free(child->argv);
    free(child);
}

/* Tells whoever ordered it, once. */
static void tell(struct child *child, enum child_end end, int status, const char *error)
{
    void (*done)(void *, struct child_result *) = child->done;
    if (!done)
        return;
    child->done = NULL;
    struct child_result result = {.end = end, .status = status, .out = child->out.data, .length = child->out.length};
    if (error)
        snprintf(result.error, sizeof result.error, "%s", error);
    else if (child->error.data)
        snprintf(result.error, sizeof result.error, "%.*s", (int)child->error.length, child->error.data);
    if (result.out)
        result.out[result.length] = '\0';
    child->out.data = NULL;
    child->out.length = child->out.room = 0;
    done(child->ctx, &result);
    free(result.out);
}

static void start_soon(struct child_pool *pool)
{
    bool any = pool->waiting && pool->running_count < pool->limits.at_once;
    sd_event_source_set_enabled(pool->start_soon, any ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* Out of the queue, or off the list of those that run. */
static void leave(struct child *child)
{
    struct child_pool *pool = child->pool;
    if (child->pidfd >= 0)
        pool->running_count--;
    else
        pool->waiting_count--;
    child_unlist(child);
    start_soon(pool);
}

static void kill_child(struct child *child, enum child_end why)
{
    if (child->killed)
        return;
    child->killed = true;
    child->end = why;
    kill(-child->pid, SIGKILL); /* and what it started */
}

static int on_exit_of(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)events;
    struct child *child = ctx;
    siginfo_t info = {0};
    kill(-child->pid, SIGKILL); /* what it has left running; the number is its own until it is waited for */
    if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
        return 0;
    int more = child->killed ? 0 : 1;
    while (more > 0) /* what is still in the pipe */
        more = flow_read(&child->out);
    while (flow_read(&child->error) > 0)
        continue;
    bool exited = info.si_code == CLD_EXITED;
    enum child_end end = child->killed ? child->end : more < 0 ? CHILD_TALKATIVE : exited ? CHILD_EXITED : CHILD_DIED;
    leave(child);
    tell(child, end, info.si_status, NULL);
    child_free(child);
    return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    struct child *child = ctx;
    if (child->pidfd >= 0) {
        kill_child(child, CHILD_LATE);
        return 0;
    }
    leave(child);
    tell(child, CHILD_LATE, 0, "too much is being asked at once");
    child_free(child);
    return 0;
}

static int on_out(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)fd;
    (void)events;
    struct child *child = ctx;
    if (flow_read(&child->out) < 0) {
        kill_child(child, CHILD_TALKATIVE);
        flow_close(&child->out);
    }
    return 0;
}

static int on_error(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)fd;
    (void)events;
    struct child *child = ctx;
    flow_read(&child->error); /* what is too long is read and forgotten */
    return 0;
}

/* ---- its begin ---- */

/* With the three descriptors and nothing else of ours; returns an errno. */
static int spawn(struct child *child, int out, int error)
{
    sigset_t none, all;
    posix_spawnattr_t how;
    posix_spawn_file_actions_t files;
    sigemptyset(&none);
    sigfillset(&all);
    int failed = posix_spawnattr_init(&how);
    if (failed)
        return failed;
    failed = posix_spawn_file_actions_init(&files);
    if (failed) {
        posix_spawnattr_destroy(&how);
        return failed;
    }
    (void)(posix_spawnattr_setsigmask(&how, &none) || posix_spawnattr_setsigdefault(&how, &all) ||
           posix_spawnattr_setpgroup(&how, 0));
    failed = posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&files, child->in, STDIN_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&files, error, STDERR_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    if (!failed)
        failed = posix_spawn(&child->pid, child->argv[0], &files, &how, child->argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return failed;
}

static int watch(struct child *child, sd_event_source **source, int fd, sd_event_io_handler_t handler)
{
    int result = sd_event_add_io(child->pool->event, source, fd, EPOLLIN, handler, child);
    return result < 0 ? result : sd_event_source_set_priority(*source, TURN_WEB);
}

/* A pipe of which we read without waiting. */
static int open_flow(struct flow *flow, int *theirs)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    flow->fd = ends[0];
    *theirs = ends[1];
    return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

static int run(struct child *child)
{
    int out = -1, error = -1;
    int failed = open_flow(&child->out, &out);
    if (!failed)
        failed = open_flow(&child->error, &error);
    if (!failed)
        failed = spawn(child, out, error);
    if (out >= 0)
        close(out);
    if (error >= 0)
        close(error);
    close(child->in);
    child->in = -1;
    if (failed)
        return failed;
    setpriority(PRIO_PROCESS, (id_t)child->pid, NICE);
    child->pidfd = pidfd_open(child->pid, 0);
    if (child->pidfd < 0 || watch(child, &child->exit, child->pidfd, on_exit_of) < 0 ||
        watch(child, &child->out.source, child->out.fd, on_out) < 0 ||
        watch(child, &child->error.source, child->error.fd, on_error) < 0) {
        kill(-child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
        if (child->pidfd >= 0)
            close(child->pidfd);
        child->pidfd = -1;
        return ENOMEM;
    }
    return 0;
}

/* The next of the queue; one a turn of the loop. */
static int on_start_soon(sd_event_source *source, void *ctx)
{
    (void)source;
    struct child_pool *pool = ctx;
    struct child *child = pool->waiting;
    if (!child)
        return 0;
    leave(child);
    int failed = run(child);
    if (failed) {
        char text[CHILD_ERROR_MAX];
        snprintf(text, sizeof text, "%s cannot be run: %s", child->argv[0], strerror(failed));
        tell(child, CHILD_FAILED, 0, text);
        child_free(child);
        return 0;
    }
    child_list(child, &pool->running);
    pool->running_count++;
    start_soon(pool);
    return 0;
}

/* One block: the pointers, then the texts. */
static char **copy_words(const char *const argv[])
{
    size_t count = 0, bytes = 0;
    for (; argv[count]; count++)
        bytes += strlen(argv[count]) + 1;
    char **copy = malloc((count + 1) * sizeof *copy + bytes);
    if (!copy)
        return NULL;
    char *at = (char *)(copy + count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(argv[i]) + 1;
        copy[i] = memcpy(at, argv[i], length);
        at += length;
    }
    copy[count] = NULL;
    return copy;
}

/* What it will read, as a file in memory; -1: there is no memory. */
static int copy_input(const char *in, size_t length)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    if (length == 0 || (write(fd, in, length) == (ssize_t)length && lseek(fd, 0, SEEK_SET) == 0))
        return fd;
    close(fd);
    return -1;
}

struct child *child_start(struct child_pool *pool, const char *const argv[], const char *in, size_t in_length,
                          void (*done)(void *ctx, struct child_result *result), void *ctx, struct err *err)
{
    struct child *child = pool->waiting_count < pool->limits.queued ? calloc(1, sizeof *child) : NULL;
    if (!child) {
        err_set(err, ERR_UNREACHABLE, "too much is being asked at once; try again");
        return NULL;
    }
    *child = (struct child){.pool = pool, .pidfd = -1, .done = done, .ctx = ctx};
    child->out = (struct flow){.fd = -1, .max = pool->limits.out_max};
    child->error = (struct flow){.fd = -1, .max = CHILD_ERROR_MAX - 1};
    child->argv = copy_words(argv);
    child->in = copy_input(in, in_length);
    if (!child->argv || child->in < 0 ||
        sd_event_add_time_relative(pool->event, &child->deadline, CLOCK_MONOTONIC,
                                   (uint64_t)pool->limits.deadline_ms * 1000, 0, on_deadline, child) < 0) {
        child_free(child);
        err_set(err, ERR_UNREACHABLE, "out of memory; try again");
        return NULL;
    }
    struct child **last = &pool->waiting;
    while (*last)
        last = &(*last)->next;
    child_list(child, last);
    pool->waiting_count++;
    start_soon(pool);
    return child;
}

/* It leaves when it has ended. */
static void cancel_running(struct child *child)
{
    kill_child(child, CHILD_CANCELLED);
    tell(child, CHILD_CANCELLED, 0, NULL);
}

void child_cancel(struct child *child)
{
    if (child->pidfd >= 0) {
        cancel_running(child);
        return;
    }
    leave(child);
    tell(child, CHILD_CANCELLED, 0, NULL);
    child_free(child);
}

int child_pool_open(struct child_pool **out, sd_event *event, const struct child_limits *limits, struct err *err)
{
    *out = NULL;
    struct child_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return err_set(err, ERR_FAILED, "out of memory");
    *pool = (struct child_pool){.event = sd_event_ref(event), .limits = *limits};
    if (sd_event_add_defer(event, &pool->start_soon, on_start_soon, pool) < 0 ||
        sd_event_source_set_enabled(pool->start_soon, SD_EVENT_OFF) < 0 ||
        sd_event_source_set_priority(pool->start_soon, TURN_WEB) < 0) {
        child_pool_close(pool);
        return err_set(err, ERR_FAILED, "cannot set up what runs other programs: out of memory");
    }
    *out = pool;
    return 0;
}

void child_pool_close(struct child_pool *pool)
{
    if (!pool)
        return;
    while (pool->waiting)
        child_cancel(pool->waiting); // NOLINT(clang-analyzer-unix.Malloc): the one before has left the list
    for (struct child *child = pool->running; child; child = child->next)
        cancel_running(child);
    while (pool->running) {
        struct child *child = pool->running;
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as above */
        struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};
        poll(&ended, 1, LAST_WAIT_MS);
        waitid(P_PIDFD, (id_t)child->pidfd, &(siginfo_t){0}, WEXITED | WNOHANG);
        leave(child);
        child_free(child);
    }
    sd_event_source_disable_unref(pool->start_soon);
    sd_event_unref(pool->event);
    free(pool);
}
