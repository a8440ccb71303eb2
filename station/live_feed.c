/*
 * GET /api/v1/live: what happens at the station, as it happens (station/feed.h), for the console and for whoever else
 * listens. What is told of the journal's facts is told when they are on the disk, and not at all when they are not.
 */
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/api.h"
#include "station/feed.h"
#include "station/live_console.h"
#include "station/live_parts.h"

enum {
    PART_MAX = 64,        /* bytes of one quantity with its value */
    RING_BYTES = 2 << 20, /* minutes of a running test, an hour of a busy road */
    STATUS_EVERY_MS = 1000,
    LISTENERS_MAX = 224, /* of the server's 256 connections: the others are for those who do something */
};

/* What happened in a transaction that has not ended. */
struct news {
    struct news *next;
    const char *name;
    size_t length;
    char data[];
};

struct live_feed {
    struct feed *ring;
    struct news *held, **held_end;
    bool lost;         /* one could not be held */
    int64_t status_ms; /* when the status was told last; monotonic */
};

struct listener {
    struct live *live;
    struct webserver_request *request;
    struct feed_reader *reader;
};

/* ---- telling ---- */

static void hold(struct live_feed *feed, const char *name, const char *data, ptrdiff_t length)
{
    struct news *news = length > 0 ? malloc(sizeof *news + (size_t)length) : NULL;
    if (!news) {
        feed->lost = true;
        return;
    }
    *news = (struct news){.name = name, .length = (size_t)length};
    memcpy(news->data, data, news->length);
    *feed->held_end = news;
    feed->held_end = &news->next;
}

static void on_transaction(void *ctx, bool saved)
{
    struct live_feed *feed = ctx;
    for (struct news *news = feed->held, *next; news; news = next) {
        next = news->next;
        if (saved)
            feed_add(feed->ring, news->name, news->data, news->length);
        free(news);
    }
    if (saved && feed->lost)
        feed_skip(feed->ring);
    feed->held = NULL;
    feed->held_end = &feed->held;
    feed->lost = false;
}

void live_feed_tell(struct live *live, const char *name, const char *data, ptrdiff_t length)
{
    struct live_feed *feed = live->feed;
    if (!feed)
        return;
    if (store_in_transaction(live->store))
        hold(feed, name, data, length);
    else if (length > 0)
        feed_add(feed->ring, name, data, (size_t)length);
    else
        feed_skip(feed->ring);
}

void live_feed_entries(struct live *live, const char *name, struct entries *entries)
{
    char text[LIVE_NEWS_MAX];
    struct json_writer w;
    if (!live->feed)
        return;
    json_writer_init(&w, text, sizeof text);
    entries_write(entries, &w, NULL);
    live_feed_tell(live, name, text, json_writer_finish(&w));
}

/* ---- samples ---- */

void live_feed_sample(struct live *live, int instrument, const struct sample *sample)
{
    const struct bench *bench = &live->bench;
    if (!live->feed || !(live->test.open || live->check.open) || !bench->instruments[instrument].in_test ||
        sample->count == 0)
        return;
    char at[CIVIL_TIME_TEXT_MAX], texts[SAMPLE_READINGS_MAX][DECIMAL_TEXT_MAX],
        parts[2][SAMPLE_READINGS_MAX * PART_MAX];
    struct entries e = {0}, values = {0}, qualities = {0};
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *r = &sample->readings[i];
        decimal_format(r->value, texts[i]);
        entries_text(&values, quantity_name(r->quantity), texts[i]);
        if (r->quality != QUALITY_OK)
            entries_text(&qualities, quantity_name(r->quantity), quality_name(r->quality));
    }
    civil_time_format(clock_unix_ms(), live->config->utc_offset_minutes, at);
    entries_text(&e, "at", at);
    entries_text(&e, "instrument", bench->instruments[instrument].config.name);
    entries_integer(&e, "t_ms", sample->t_ms - bench->start_ms);
    entries_object(&e, "values", &values, parts[0], sizeof parts[0]);
    if (qualities.count > 0)
        entries_object(&e, "quality", &qualities, parts[1], sizeof parts[1]);
    live_feed_entries(live, "sample", &e);
}

/* ---- the status ---- */

static void tell_status(struct live *live)
{
    struct live_feed *feed = live->feed;
    struct err err = {0};
    struct json_writer w;
    struct json_doc none = {0};
    char *text = malloc(CONTROL_ANSWER_MAX);
    feed->status_ms = clock_mono_ms();
    if (!text)
        return;
    json_writer_init(&w, text, CONTROL_ANSWER_MAX);
    bool good = live_status(live, NULL, &none, &w, &err) == 0;
    ptrdiff_t length = json_writer_finish(&w);
    if (good && length > 0)
        feed_state(feed->ring, "status", text, (size_t)length);
    free(text);
}

void live_feed_tick(struct live *live)
{
    if (live->feed && feed_readers(live->feed->ring) > 0)
        tell_status(live);
}

/* ---- listeners ---- */

static void more(void *ctx)
{
    const struct listener *listener = ctx;
    webserver_more(listener->request);
}

static ptrdiff_t read_news(void *ctx, char *out, size_t size)
{
    const struct listener *listener = ctx;
    return live_session_may_read(listener->live, listener->request) ? feed_reader_read(listener->reader, out, size)
                                                                    : -1;
}

static void closed(void *ctx)
{
    struct listener *listener = ctx;
    feed_reader_close(listener->reader);
    free(listener);
}

void live_feed_answer(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    (void)match;
    static const struct webserver_stream stream = {.read = read_news, .closed = closed};
    const char *last = webserver_argument(request, "last"), *header = webserver_header(request, "Last-Event-ID");
    struct live_feed *feed = live->feed;
    struct listener *listener = feed_readers(feed->ring) < LISTENERS_MAX ? malloc(sizeof *listener) : NULL;
    struct feed_reader *reader =
        listener ? feed_reader_open(feed->ring, header && header[0] ? header : last, more, listener) : NULL;
    if (!reader) {
        free(listener);
        webserver_refuse(request, 503, "too many listen already; close some pages and try again");
        return;
    }
    *listener = (struct listener){.live = live, .request = request, .reader = reader};
    if (clock_mono_ms() - feed->status_ms >= STATUS_EVERY_MS)
        tell_status(live);
    webserver_answer_stream(request, "text/event-stream", &stream, listener);
}

/* ---- its life ---- */

int live_feed_open(struct live *live, struct err *err)
{
    struct live_feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return err_set(err, ERR_FAILED, "out of memory");
    feed->held_end = &feed->held;
    feed->status_ms = INT64_MIN / 2;
    if (feed_open(&feed->ring, live->event, RING_BYTES, err) != 0) {
        free(feed);
        return -1;
    }
    store_watch(live->store, on_transaction, feed);
    live->feed = feed;
    return 0;
}

void live_feed_close(struct live *live)
{
    struct live_feed *feed = live->feed;
    if (!feed)
        return;
    store_watch(live->store, NULL, NULL);
    on_transaction(feed, false);
    feed_close(feed->ring);
    free(feed);
    live->feed = NULL;
}
