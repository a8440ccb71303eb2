/* News for many readers: catching up, being too late, states, and that readers are woken. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/feed.h"

enum { RING = 1000, ALL = 20000 };

struct fixture {
    sd_event *event;
    struct feed *feed;
    struct feed_reader *reader;
    int woken;
    char got[ALL];
};

static void on_more(void *ctx)
{
    int *woken = ctx;
    ++*woken;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err = {0};
    assert_true(sd_event_new(&f->event) >= 0);
    assert_int_equal(feed_open(&f->feed, f->event, RING, &err), 0);
    f->reader = feed_reader_open(f->feed, NULL, on_more, &f->woken);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    feed_reader_close(f->reader);
    feed_close(f->feed);
    sd_event_unref(f->event);
    free(f);
    return 0;
}

static void add(struct fixture *f, const char *name, const char *data)
{
    feed_add(f->feed, name, data, strlen(data));
}

/* Everything that it can read now, in pieces of that size. */
static const char *read_all(struct fixture *f, struct feed_reader *reader, size_t piece)
{
    size_t length = 0;
    ptrdiff_t got;
    while ((got = feed_reader_read(reader, f->got + length, piece)) > 0)
        length += (size_t)got;
    assert_int_equal(got, 0);
    f->got[length] = '\0';
    return f->got;
}

/* The id of the last event in a text. */
static void last_id(const char *text, char out[40])
{
    const char *at = NULL;
    for (const char *next = strstr(text, "id: "); next; next = strstr(next + 1, "id: "))
        at = next;
    assert_non_null(at);
    snprintf(out, 40, "%.*s", (int)strcspn(at + 4, "\n"), at + 4);
}

static void test_events_in_order(void **state)
{
    struct fixture *f = *state;
    char run[9], expected[300];
    assert_string_equal(read_all(f, f->reader, 100), "");
    add(f, "pass", "{\"a\":1}");
    add(f, "test", "{\"b\":2}");
    const char *text = read_all(f, f->reader, 7);
    snprintf(run, sizeof run, "%.8s", text + 4);
    snprintf(expected, sizeof expected,
             "id: %s-1\nevent: pass\ndata: {\"a\":1}\n\nid: %s-2\nevent: test\ndata: {\"b\":2}\n\n", run, run);
    assert_string_equal(text, expected);
    assert_string_equal(read_all(f, f->reader, 100), "");
}

static void test_catching_up(void **state)
{
    struct fixture *f = *state;
    char id[40];
    add(f, "pass", "1");
    last_id(read_all(f, f->reader, 100), id);
    add(f, "pass", "2");
    add(f, "pass", "3");
    struct feed_reader *back = feed_reader_open(f->feed, id, on_more, &f->woken);
    const char *text = read_all(f, back, 100);
    assert_null(strstr(text, "data: 1\n"));
    assert_true(strstr(text, "data: 2\n") < strstr(text, "data: 3\n"));
    assert_non_null(strstr(text, "data: 2\n"));
    assert_null(strstr(text, "reset"));
    feed_reader_close(back);
}

/* Those of other runs, of the future and nonsense. */
static void test_ids_that_are_not_known(void **state)
{
    struct fixture *f = *state;
    char id[40], wrong[6][64];
    add(f, "pass", "1");
    last_id(read_all(f, f->reader, 100), id);
    snprintf(wrong[0], 64, "%08x-1", (unsigned)strtoul(id, NULL, 16) ^ 1U);
    snprintf(wrong[1], 64, "%.9s2", id);
    snprintf(wrong[2], 64, "%.9s-1", id);
    snprintf(wrong[3], 64, "%.9s1x", id);
    snprintf(wrong[4], 64, "%.9s", id);
    snprintf(wrong[5], 64, "nonsense");
    for (size_t i = 0; i < 6; i++) {
        struct feed_reader *reader = feed_reader_open(f->feed, wrong[i], on_more, &f->woken);
        char first[200];
        snprintf(first, sizeof first, "id: %s\nevent: reset\ndata: {}\n\n", id);
        assert_string_equal(read_all(f, reader, 50), first);
        add(f, "pass", "later");
        assert_non_null(strstr(read_all(f, reader, 50), "data: later\n"));
        last_id(read_all(f, f->reader, 100), id);
        feed_reader_close(reader);
        snprintf(wrong[1], 64, "%.9s%d", id, (int)i + 4);
    }
}

static void test_too_late(void **state)
{
    struct fixture *f = *state;
    char text[16], id[40];
    add(f, "pass", "first");
    last_id(read_all(f, f->reader, 100), id);
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%d", i);
        add(f, "pass", text);
    }
    const char *got = read_all(f, f->reader, 100);
    assert_int_equal(strncmp(got + strcspn(got, "\n"), "\nevent: reset\n", 14), 0);
    assert_null(strstr(got, "event: pass"));
    last_id(got, id);
    add(f, "pass", "last");
    struct feed_reader *back = feed_reader_open(f->feed, id, on_more, &f->woken);
    assert_non_null(strstr(read_all(f, back, 100), "data: last\n"));
    assert_null(strstr(f->got, "reset"));
    feed_reader_close(back);
}

/* An event of which a part was read and the rest is gone ends the stream. */
static void test_too_late_within_an_event(void **state)
{
    struct fixture *f = *state;
    char piece[10];
    add(f, "pass", "a long enough text");
    assert_int_equal(feed_reader_read(f->reader, piece, sizeof piece), sizeof piece);
    for (int i = 0; i < 100; i++)
        add(f, "pass", "other");
    assert_int_equal(feed_reader_read(f->reader, piece, sizeof piece), -1);
}

static void test_event_larger_than_the_ring(void **state)
{
    struct fixture *f = *state;
    char large[RING + 1];
    memset(large, 'x', RING);
    large[RING] = '\0';
    add(f, "pass", "1");
    add(f, "pass", large);
    assert_non_null(strstr(read_all(f, f->reader, 100), "event: reset\n"));
    add(f, "pass", "2");
    assert_non_null(strstr(read_all(f, f->reader, 100), "data: 2\n"));
}

static void test_states(void **state)
{
    struct fixture *f = *state;
    char large[5000], piece[50], id[40];
    memset(large, 'x', sizeof large);
    feed_state(f->feed, "status", large, sizeof large); /* larger than the ring */
    assert_int_equal(feed_reader_read(f->reader, piece, sizeof piece), sizeof piece);
    feed_state(f->feed, "status", "{\"now\":1}", 9); /* while the one before is being read */
    feed_state(f->feed, "status", "{\"now\":2}", 9);
    add(f, "pass", "1");
    const char *text = read_all(f, f->reader, 50);
    assert_int_equal(strspn(text + strcspn(text, "x"), "x"), sizeof large - (50 - strcspn(piece, "x")));
    assert_null(strstr(text, "{\"now\":1}"));
    assert_true(strstr(text, "event: pass") &&
                strstr(text, "event: pass") < strstr(text, "event: status\ndata: {\"now\":2}\n\n"));
    last_id(text, id);
    struct feed_reader *back = feed_reader_open(f->feed, id, on_more, &f->woken); /* whose id is that of the pass */
    text = read_all(f, back, 100);
    assert_null(strstr(text, "event: pass"));
    assert_non_null(strstr(text, "{\"now\":2}"));
    feed_reader_close(back);
}

static void turn(struct fixture *f)
{
    assert_true(sd_event_run(f->event, 1000000) >= 0);
}

static void test_readers_are_woken(void **state)
{
    struct fixture *f = *state;
    struct feed_reader *more[40];
    int woken = 0;
    for (size_t i = 0; i < 40; i++)
        more[i] = feed_reader_open(f->feed, NULL, on_more, &woken);
    assert_int_equal(feed_readers(f->feed), 41);
    add(f, "pass", "1");
    add(f, "pass", "2");
    turn(f);
    assert_int_equal(woken, FEED_WAKES_A_TURN);
    add(f, "pass", "3");               /* those that were woken already hear of it, too */
    for (int i = 0; i < 40; i += 13) { /* one of them is the next to be woken */
        feed_reader_close(more[i]);
        more[i] = NULL;
    }
    for (int i = 0; i < 20 && f->woken < 2; i++)
        turn(f);
    assert_int_equal(f->woken, 2);
    assert_in_range(woken, 36 * 2, 40 * 2);
    for (size_t i = 0; i < 40; i++)
        feed_reader_close(more[i]);
    assert_int_equal(sd_event_run(f->event, 0), 0); /* nobody is woken for nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_events_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_catching_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids_that_are_not_known, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_late_within_an_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_event_larger_than_the_ring, setup, teardown),
        cmocka_unit_test_setup_teardown(test_states, setup, teardown),
        cmocka_unit_test_setup_teardown(test_readers_are_woken, setup, teardown),
    };
    return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
