#define _DEFAULT_SOURCE /* tm_gmtoff */
#include "station/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_unix_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

const char *clock_boot_id(void)
{
    static char id[CLOCK_BOOT_MAX];
    if (id[0])
        return id;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return id;
    char text[CLOCK_BOOT_MAX] = "";
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n == CLOCK_BOOT_MAX - 1)
        memcpy(id, text, sizeof id);
    return id;
}

int clock_offset_minutes(int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm local;
    tzset(); /* localtime_r need not look at TZ */
    if (!localtime_r(&seconds, &local))
        return 0;
    return (int)(local.tm_gmtoff / 60);
}

void clock_stamp(struct clock_stamp *out)
{
    memset(out, 0, sizeof *out);
    out->unix_ms = clock_unix_ms();
    out->mono_ms = clock_mono_ms();
    out->offset_minutes = clock_offset_minutes(out->unix_ms);
    memcpy(out->boot, clock_boot_id(), sizeof out->boot);
    struct timex t = {.modes = 0}; /* asks, changes nothing */
    int state = adjtimex(&t);
    out->synchronised = state >= 0 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
    out->source = out->synchronised ? "ntp" : "none";
    if (out->synchronised)
        out->error_ms = ((int64_t)t.maxerror + 999) / 1000;
}

/* Wall clock and time since boot of one moment: read again when the process was held up in between. */
static void read_both(int64_t *unix_ms, int64_t *boottime_ms)
{
    enum { TRIES = 20, CLOSE_MS = 10 };
    for (int i = 0; i < TRIES; i++) {
        *boottime_ms = read_ms(CLOCK_BOOTTIME);
        *unix_ms = clock_unix_ms();
        if (read_ms(CLOCK_BOOTTIME) - *boottime_ms <= CLOSE_MS)
            return;
    }
}

/* The timer never fires (its time is far away); setting the clock cancels it, which makes the fd readable. */
static int arm(int fd)
{
    struct itimerspec far = {.it_value.tv_sec = (time_t)1 << 33};
    return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
}

int clock_watch_open(struct clock_watch *w, struct err *err)
{
    int64_t unix_ms, boottime_ms;
    read_both(&unix_ms, &boottime_ms);
    w->difference_ms = unix_ms - boottime_ms;
    w->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (w->fd < 0 || arm(w->fd) != 0) {
        err_set(err, ERR_FAILED, "cannot watch the clock: %s", strerror(errno));
        clock_watch_close(w);
        return -1;
    }
    return 0;
}

void clock_watch_close(struct clock_watch *w)
{
    if (w->fd > 0)
        close(w->fd);
    w->fd = -1;
}

bool clock_step_between(int64_t *difference_ms, int64_t unix_ms, int64_t boottime_ms, int64_t *step_ms)
{
    int64_t now = unix_ms - boottime_ms, step = now - *difference_ms;
    *difference_ms = now;
    if (step > -CLOCK_STEP_MIN_MS && step < CLOCK_STEP_MIN_MS)
        return false;
    *step_ms = step;
    return true;
}

bool clock_watch_step(struct clock_watch *w, int64_t *step_ms)
{
    uint64_t times;
    int64_t unix_ms, boottime_ms;
    /* ECANCELED: the clock was set; the timer must be armed again to tell of the next time. */
    if (w->fd >= 0 && read(w->fd, &times, sizeof times) < 0 && errno == ECANCELED)
        arm(w->fd);
    read_both(&unix_ms, &boottime_ms);
    return clock_step_between(&w->difference_ms, unix_ms, boottime_ms, step_ms);
}
