#include "station/feed.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sensors/links/turns.h"

enum { HEAD_SIZE = 160, NAME_SIZE = 24 };

static const char tail[] = "\n\n"; /* of each event */

/* A text that several readers are reading. */
struct text {
    unsigned holders;
    size_t length;
    char name[NAME_SIZE];
    char bytes[];
};

/* An event of the ring: where it begins, counted from the first byte ever written, and how long it is. */
struct place {
    uint64_t at;
    size_t length;
};

struct feed {
    sd_event *event;
    sd_event_source *soon; /* readers are woken */
    uint64_t woken_us;     /* when they began to be, the last time */
    bool news;             /* that came after that */
    struct feed_reader *readers, *next_to_wake;
    unsigned readers_count;
    uint32_t run;
    uint64_t first, next;                 /* numbers of the oldest event that is kept, and of the next one; from 1 */
    uint64_t end;                         /* bytes ever written */
    struct text *state;                   /* NULL: none yet */
    uint64_t states;                      /* there have been */
    struct place places[FEED_EVENTS_MAX]; /* by number */
    size_t size;
    char ring[];
};

struct feed_reader {
    struct feed *feed;
    struct feed_reader *next, **at;
    void (*more)(void *ctx);
    void *ctx;
    uint64_t number; /* of the event that is read next, or now */
    size_t done;     /* bytes of it that were read */
    /* what comes between the events */
    char head[HEAD_SIZE];
    size_t head_done, head_length, state_done;
    struct text *state; /* that is being read; NULL: none */
    uint64_t seen;      /* states */
};

/* ---- waking the readers ---- */

static void wake_at(struct feed *feed, uint64_t usec)
{
    sd_event_source_set_time(feed->soon, usec);
    sd_event_source_set_enabled(feed->soon, SD_EVENT_ONESHOT);
}

static void wake_soon(struct feed *feed)
{
    bool under_way = feed->news || feed->next_to_wake;
    feed->news = true;
    if (!under_way)
        wake_at(feed, feed->woken_us + FEED_PACE_MS * UINT64_C(1000));
}

/* Some of them; the rest in the next turns, before which the instruments have theirs. */
static int on_soon(sd_event_source *source, uint64_t usec, void *ctx)
{
    (void)source;
    (void)usec;
    struct feed *feed = ctx;
    if (!feed->next_to_wake) {
        sd_event_now(feed->event, CLOCK_MONOTONIC, &feed->woken_us);
        feed->next_to_wake = feed->readers;
        feed->news = false;
    }
    for (int i = 0; i < FEED_WAKES_A_TURN && feed->next_to_wake; i++) {
        struct feed_reader *reader = feed->next_to_wake;
        feed->next_to_wake = reader->next;
        reader->more(reader->ctx);
    }
    if (feed->next_to_wake)
        wake_at(feed, 0);
    else if (feed->news)
        wake_at(feed, feed->woken_us + FEED_PACE_MS * UINT64_C(1000));
    return 0;
}

/* ---- what there is ---- */

int feed_open(struct feed **out, sd_event *event, size_t bytes, struct err *err)
{
    *out = NULL;
    struct feed *feed = calloc(1, sizeof *feed + bytes);
    if (!feed)
        return err_set(err, ERR_FAILED, "out of memory");
    feed->event = sd_event_ref(event);
    feed->size = bytes;
    feed->first = feed->next = 1;
    if (getrandom(&feed->run, sizeof feed->run, 0) != (ssize_t)sizeof feed->run ||
        sd_event_add_time(event, &feed->soon, CLOCK_MONOTONIC, 0, 1, on_soon, feed) < 0 ||
        sd_event_source_set_enabled(feed->soon, SD_EVENT_OFF) < 0 ||
        sd_event_source_set_priority(feed->soon, TURN_WEB) < 0) {
        feed_close(feed);
        return err_set(err, ERR_FAILED, "cannot set up the live feed: out of memory");
    }
    *out = feed;
    return 0;
}

static void let_go(struct text *text)
{
    if (text && --text->holders == 0)
        free(text);
}

void feed_close(struct feed *feed)
{
    if (!feed)
        return;
    let_go(feed->state);
    sd_event_source_disable_unref(feed->soon);
    sd_event_unref(feed->event);
    free(feed);
}

unsigned feed_readers(const struct feed *feed)
{
    return feed->readers_count;
}

static struct place *place_of(struct feed *feed, uint64_t number)
{
    return &feed->places[number % FEED_EVENTS_MAX];
}

/* Over the end of the ring to its begin. */
static void ring_put(struct feed *feed, const char *bytes, size_t length)
{
    size_t at = feed->end % feed->size;
    size_t first = length < feed->size - at ? length : feed->size - at;
    memcpy(feed->ring + at, bytes, first);
    memcpy(feed->ring, bytes + first, length - first);
    feed->end += length;
}

static void ring_get(const struct feed *feed, uint64_t from, char *out, size_t length)
{
    size_t at = from % feed->size;
    size_t first = length < feed->size - at ? length : feed->size - at;
    memcpy(out, feed->ring + at, first);
    memcpy(out + first, feed->ring, length - first);
}

/* The oldest events go until there is room for one of that length. */
static void make_room(struct feed *feed, size_t length)
{
    while (feed->first < feed->next && (feed->end - place_of(feed, feed->first)->at + length > feed->size ||
                                        feed->next - feed->first == FEED_EVENTS_MAX))
        feed->first++;
}

void feed_skip(struct feed *feed)
{
    feed->first = ++feed->next;
    wake_soon(feed);
}

void feed_add(struct feed *feed, const char *name, const char *data, size_t length)
{
    char head[HEAD_SIZE];
    int head_length =
        snprintf(head, sizeof head, "id: %08" PRIx32 "-%" PRIu64 "\nevent: %s\ndata: ", feed->run, feed->next, name);
    size_t whole = (size_t)head_length + length + sizeof tail - 1;
    if (whole > feed->size) {
        feed_skip(feed);
        return;
    }
    make_room(feed, whole);
    *place_of(feed, feed->next) = (struct place){.at = feed->end, .length = whole};
    ring_put(feed, head, (size_t)head_length);
    ring_put(feed, data, length);
    ring_put(feed, tail, sizeof tail - 1);
    feed->next++;
    wake_soon(feed);
}

void feed_state(struct feed *feed, const char *name, const char *data, size_t length)
{
    struct text *text = malloc(sizeof *text + length + sizeof tail);
    if (!text)
        return;
    *text = (struct text){.holders = 1, .length = length + sizeof tail - 1};
    snprintf(text->name, sizeof text->name, "%s", name);
    memcpy(text->bytes, data, length);
    memcpy(text->bytes + length, tail, sizeof tail);
    let_go(feed->state);
    feed->state = text;
    feed->states++;
    wake_soon(feed);
}

/* ---- readers ---- */

/* The event after `last`; 0: it is none of this run, or of the future. */
static uint64_t after(const struct feed *feed, const char *last)
{
    char run[16];
    char *end = NULL;
    int length = snprintf(run, sizeof run, "%08" PRIx32 "-", feed->run);
    if (strncmp(last, run, (size_t)length) != 0)
        return 0;
    const char *number = last + length;
    uint64_t value = strtoull(number, &end, 10);
    return number[0] >= '0' && number[0] <= '9' && *end == '\0' && value < feed->next ? value + 1 : 0;
}

struct feed_reader *feed_reader_open(struct feed *feed, const char *last, void (*more)(void *ctx), void *ctx)
{
    struct feed_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    *reader = (struct feed_reader){.feed = feed, .next = feed->readers, .at = &feed->readers, .more = more, .ctx = ctx};
    if (reader->next)
        reader->next->at = &reader->next;
    feed->readers = reader;
    feed->readers_count++;
    reader->number = last && last[0] ? after(feed, last) : feed->next;
    return reader;
}

void feed_reader_close(struct feed_reader *reader)
{
    if (!reader)
        return;
    struct feed *feed = reader->feed;
    if (feed->next_to_wake == reader)
        feed->next_to_wake = reader->next;
    *reader->at = reader->next;
    if (reader->next)
        reader->next->at = reader->at;
    feed->readers_count--;
    let_go(reader->state);
    free(reader);
}

/* What comes between the events: its head, then the state that it belongs to. */
static void begin_between(struct feed_reader *reader, const char *name, struct text *state)
{
    const struct feed *feed = reader->feed;
    int length = snprintf(reader->head, sizeof reader->head, "id: %08" PRIx32 "-%" PRIu64 "\nevent: %s\ndata: %s",
                          feed->run, reader->number - 1, name, state ? "" : "{}\n\n");
    reader->head_length = (size_t)length;
    reader->head_done = reader->state_done = 0;
    reader->state = state;
    if (state)
        state->holders++;
}

static size_t take(char *out, size_t size, const char *from, size_t length, size_t *done)
{
    size_t count = length - *done < size ? length - *done : size;
    memcpy(out, from + *done, count);
    *done += count;
    return count;
}

static size_t read_between(struct feed_reader *reader, char *out, size_t size)
{
    size_t length = take(out, size, reader->head, reader->head_length, &reader->head_done);
    struct text *state = reader->state;
    if (!state)
        return length;
    length += take(out + length, size - length, state->bytes, state->length, &reader->state_done);
    if (reader->state_done == state->length) {
        let_go(state);
        reader->state = NULL;
    }
    return length;
}

static size_t read_event(struct feed_reader *reader, char *out, size_t size)
{
    struct feed *feed = reader->feed;
    const struct place *place = place_of(feed, reader->number);
    size_t rest = place->length - reader->done, count = rest < size ? rest : size;
    ring_get(feed, place->at + reader->done, out, count);
    reader->done += count;
    if (reader->done == place->length) {
        reader->number++;
        reader->done = 0;
    }
    return count;
}

/* One piece of what comes next. */
static size_t read_piece(struct feed_reader *reader, char *out, size_t size)
{
    struct feed *feed = reader->feed;
    if (reader->head_done < reader->head_length || reader->state)
        return read_between(reader, out, size);
    if (reader->number < feed->first) {
        reader->number = feed->next;
        begin_between(reader, "reset", NULL);
        return read_between(reader, out, size);
    }
    if (reader->number < feed->next)
        return read_event(reader, out, size);
    if (reader->seen == feed->states)
        return 0;
    reader->seen = feed->states;
    begin_between(reader, feed->state->name, feed->state);
    return read_between(reader, out, size);
}

ptrdiff_t feed_reader_read(struct feed_reader *reader, char *out, size_t size)
{
    size_t length = 0, piece = 1;
    if (reader->done > 0 && reader->number < reader->feed->first)
        return -1;
    while (length < size && piece > 0) {
        piece = read_piece(reader, out + length, size - length);
        length += piece;
    }
    return (ptrdiff_t)length;
}
