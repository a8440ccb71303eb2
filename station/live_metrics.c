/*
 * GET /metrics: what a bureau's monitoring asks of a station, in the text format of Prometheus (version 0.0.4). No
 * plates, no officers: nothing here is personal.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "station/live_lockout.h"
#include "station/live_parts.h"

enum { METRICS_MAX = 64 << 10 };

struct page {
    char text[METRICS_MAX];
    size_t length;
};

static void line(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(struct page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(page->text + page->length, sizeof page->text - page->length, format, arguments);
    va_end(arguments);
    if (written > 0 && (size_t)written < sizeof page->text - page->length)
        page->length += (size_t)written;
}

static void head(struct page *page, const char *name, const char *type, const char *help)
{
    line(page, "# HELP smogd_%s %s\n# TYPE smogd_%s %s\n", name, help, name, type);
}

static void gauge(struct page *page, const char *name, const char *help, int64_t value)
{
    head(page, name, "gauge", help);
    line(page, "smogd_%s %" PRId64 "\n", name, value);
}

static void counter(struct page *page, const char *name, const char *help, int64_t value)
{
    head(page, name, "counter", help);
    line(page, "smogd_%s %" PRId64 "\n", name, value);
}

/* A label's value: quotes, backslashes and line ends are escaped. */
static const char *label(const char *text, char out[256])
{
    size_t length = 0;
    for (; *text && length < 252; text++) {
        if (*text == '"' || *text == '\\' || *text == '\n')
            out[length++] = '\\';
        out[length++] = *text == '\n' ? 'n' : *text;
    }
    out[length] = '\0';
    return out;
}

static void instruments(const struct live *live, struct page *page)
{
    char name[256];
    int64_t now_ms = clock_mono_ms();
    head(page, "instrument_live", "gauge", "1: its values are fresh and it says that it is in order.");
    for (int i = 0; i < live->bench.count; i++) {
        const struct bench_instrument *b = &live->bench.instruments[i];
        line(page, "smogd_instrument_live{instrument=\"%s\",state=\"%s\",status=\"%s\"} %d\n",
             label(live->config->instruments[i].sensor.name, name), live_status_state_name(b->state),
             instrument_status_name(b->status), b->state == BENCH_LIVE && b->status == STATUS_OK);
    }
    head(page, "instrument_age_seconds", "gauge", "Since its last good value.");
    for (int i = 0; i < live->bench.count; i++)
        if (live->bench.instruments[i].last_good_ms >= 0)
            line(page, "smogd_instrument_age_seconds{instrument=\"%s\"} %.3f\n",
                 label(live->config->instruments[i].sensor.name, name),
                 (double)(now_ms - live->bench.instruments[i].last_good_ms) / 1000);
}

static void outbox(const struct live *live, struct page *page)
{
    static const char *const states[] = {"waiting", "sent", "refused", "unknown"};
    int64_t counts[4];
    struct err err;
    if (store_outbox_counts(live->store, counts, &err) != 0)
        return;
    head(page, "outbox", "gauge", "Deliveries by state; waiting includes cases that are to be sealed.");
    for (size_t i = 0; i < 4; i++)
        line(page, "smogd_outbox{state=\"%s\"} %" PRId64 "\n", states[i], counts[i]);
}

static void journal(const struct live *live, struct page *page)
{
    uint64_t size;
    int64_t next;
    struct err err;
    if (store_size(live->store, &size, &err) == 0)
        counter(page, "journal_events_total", "Events in the journal.", (int64_t)size);
    gauge(page, "journal_waiting", "Facts that wait for a journal that cannot be written.", (int64_t)live->waiting);
    if (store_test_next_seq(live->store, &next, &err) == 0)
        counter(page, "tests_total", "Tests started, ever.", next - 1);
    if (store_passage_next_seq(live->store, &next, &err) == 0)
        counter(page, "passages_total", "Remote-sensing records stored, ever.", next - 1);
    counter(page, "passages_lost_total", "Remote-sensing records that could not be kept, since the start.",
            (int64_t)live->passages_lost);
}

static void station(const struct live *live, struct page *page)
{
    char id[256], kind[256];
    struct clock_stamp stamp;
    live_stamp(live, &stamp);
    head(page, "info", "gauge", "The station and its program.");
    line(page, "smogd_info{station=\"%s\",kind=\"%s\",version=\"" SMOGD_VERSION "\"} 1\n", label(live->config->id, id),
         label(live->config->kind, kind));
    gauge(page, "uptime_seconds", "Since smogd was started.", (clock_mono_ms() - live->started_mono_ms) / 1000);
    gauge(page, "test_running", "1: a test is running.", live->test.open);
    gauge(page, "clock_synchronised", "1: the clock has a time source.", stamp.synchronised);
    gauge(page, "disk_reserve_bytes", "Wanted to finish a test and to seal what waits: with less no test starts.",
          live->reserve.base + live->reserve.needed);
    gauge(page, "disk_held_bytes", "Of that, held in STATE/reserve.", live->reserve.held);
    gauge(page, "disk_free_bytes", "Free on the disk of the state folder besides.", live->reserve.free);
}

void live_metrics(void *ctx, struct webserver_request *request)
{
    struct live *live = ctx;
    static struct page page; /* one answer at a time: smogd has one thread */
    int64_t held = 0;
    page.length = 0;
    live_lockout_look(live);
    for (size_t i = 0; i < live->lockouts.count; i++)
        held += live->lockouts.items[i].holds;
    station(live, &page);
    gauge(&page, "lockouts", "What keeps the station from measuring, as listed by smogctl status.", held);
    instruments(live, &page);
    journal(live, &page);
    outbox(live, &page);
    webserver_answer(request, 200, "text/plain; version=0.0.4; charset=utf-8", page.text, page.length);
}
