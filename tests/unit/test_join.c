/* Readings lent to passing vehicles: which one, how old, and what is refused. */
#include "station/core/join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct join_source source;

static void note(int64_t t_ms, enum quantity quantity, int64_t tenths, enum quality quality)
{
    struct sample sample = {.t_ms = t_ms};
    sample_add(&sample, quantity, quality, (struct decimal){tenths, 1});
    join_note(&source, &sample);
}

/* The tenths of what is lent; -1: nothing. */
static int64_t lent(enum quantity quantity, int64_t moment_ms)
{
    struct reading reading;
    int64_t t_ms;
    int64_t distance_ms;
    if (!join_find(&source, quantity, moment_ms, &reading, &t_ms, &distance_ms))
        return -1;
    assert_int_equal(reading.quality, QUALITY_OK);
    assert_int_equal(reading.quantity, quantity);
    assert_int_equal(distance_ms, t_ms < moment_ms ? moment_ms - t_ms : t_ms - moment_ms);
    return reading.value.units;
}

static void test_nearest_within_the_age(void **state)
{
    (void)state;
    join_init(&source, 1000);
    assert_int_equal(lent(QUANTITY_SPEED, 5000), -1);
    note(1000, QUANTITY_SPEED, 1, QUALITY_OK);
    note(2000, QUANTITY_SPEED, 2, QUALITY_OK);
    note(3000, QUANTITY_SPEED, 3, QUALITY_OK);
    assert_int_equal(lent(QUANTITY_SPEED, 1499), 1);
    assert_int_equal(lent(QUANTITY_SPEED, 1500), 2); /* of two equally near the later */
    assert_int_equal(lent(QUANTITY_SPEED, 2400), 2);
    assert_int_equal(lent(QUANTITY_SPEED, 4000), 3); /* just not too old */
    assert_int_equal(lent(QUANTITY_SPEED, 4001), -1);
    assert_int_equal(lent(QUANTITY_SPEED, 0), 1);
    assert_int_equal(lent(QUANTITY_SPEED, -1), -1);
    assert_int_equal(lent(QUANTITY_WIND_SPEED, 2000), -1);
}

static void test_what_is_not_ok_is_not_lent(void **state)
{
    (void)state;
    join_init(&source, 1000);
    note(1000, QUANTITY_WIND_SPEED, 1, QUALITY_OK);
    for (enum quality q = QUALITY_OK + 1; q < QUALITY_COUNT; q++) {
        note(1000 + 10 * (int64_t)q, QUANTITY_WIND_SPEED, 9, q);
        assert_int_equal(lent(QUANTITY_WIND_SPEED, 1000 + 10 * (int64_t)q), -1); /* not the older good one either */
    }
    note(1200, QUANTITY_WIND_SPEED, 3, QUALITY_OK);
    assert_int_equal(lent(QUANTITY_WIND_SPEED, 1200), 3);
    join_forget(&source);
    assert_int_equal(lent(QUANTITY_WIND_SPEED, 1200), -1);
}

static void test_the_latest_are_kept(void **state)
{
    (void)state;
    join_init(&source, 1000);
    for (int64_t i = 0; i < 3 * JOIN_KEPT; i++)
        note(10 * i, QUANTITY_SLOPE, i, QUALITY_OK);
    for (int64_t i = 2 * JOIN_KEPT; i < 3 * JOIN_KEPT; i++)
        assert_int_equal(lent(QUANTITY_SLOPE, 10 * i), i);
    assert_int_equal(lent(QUANTITY_SLOPE, 10 * (2 * JOIN_KEPT - 1)), 2 * JOIN_KEPT);
}

static void test_only_surroundings_and_motion(void **state)
{
    (void)state;
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++)
        for (size_t i = 0; i < JOIN_QUANTITIES; i++)
            if (join_quantities[i] == q)
                assert_true(join_may_lend(q));
    assert_false(join_may_lend(QUANTITY_K));
    assert_false(join_may_lend(QUANTITY_OPACITY));
    assert_false(join_may_lend(QUANTITY_NO));
    assert_false(join_may_lend(QUANTITY_VSP)); /* is computed from what is lent */
}

static void test_moment(void **state)
{
    (void)state;
    join_init(&source, 1000);
    assert_int_equal(join_moment_ms(&source, 5000, false, 300), 5000);
    assert_int_equal(join_moment_ms(&source, 5000, true, 300), 4700);
    assert_int_equal(join_moment_ms(&source, 5000, true, 1001), 5000); /* a record sent late, or a wrong clock */
    assert_int_equal(join_moment_ms(&source, 5000, true, -1), 5000);
}

/* ---- records ---- */

#define WIND                                                                                                           \
    "{\"age_ms\":420,\"instrument\":\"weather\",\"quality\":\"ok\",\"quantity\":\"wind_speed\",\"unit\":\"m/s\","      \
    "\"value\":\"1.8\"}"

static int read_text(const char *text, struct join_reading joined[JOIN_QUANTITIES], size_t *count, struct err *err)
{
    struct json_token tokens[256];
    struct json_doc doc;
    assert_int_equal(json_parse(&doc, text, strlen(text), tokens, 256, err), 0);
    return join_read(joined, count, &doc, 0, err);
}

static void test_records_come_back(void **state)
{
    (void)state;
    struct join_reading joined[JOIN_QUANTITIES];
    size_t count;
    struct err err;
    char text[1024];
    struct json_writer w;
    assert_int_equal(read_text("[" WIND "]", joined, &count, &err), 0);
    assert_int_equal(count, 1);
    json_writer_init(&w, text, sizeof text);
    join_write(joined, count, &w, NULL);
    assert_true(json_writer_finish(&w) > 0);
    assert_string_equal(text, "[" WIND "]");
    assert_true(join_csv(joined, count, text, sizeof text) > 0);
    assert_string_equal(text, "-420,weather,wind_speed,1.8,m/s,ok\n");
    assert_int_equal(join_csv(joined, count, text, 20), -1);
    struct sample sample = {0};
    assert_int_equal(join_add(&sample, joined, count, &err), 0);
    assert_int_equal(sample_find(&sample, QUANTITY_WIND_SPEED)->value.units, 18);
    assert_int_equal(join_add(&sample, joined, count, &err), -1); /* it is there */
    assert_non_null(strstr(err.text, "wind_speed is joined from weather, but told by the device itself"));
}

static void test_records_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{}",
        "[1]",
        "[" WIND "," WIND "," WIND "," WIND "," WIND "," WIND "," WIND "," WIND "," WIND "," WIND "]",
        "[{\"instrument\":\"w\",\"quality\":\"ok\",\"quantity\":\"rain\",\"unit\":\"bool\",\"value\":\"0\"}]",
        "[{\"age_ms\":-1,\"instrument\":\"w\",\"quality\":\"ok\",\"quantity\":\"rain\",\"unit\":\"bool\",\"value\":"
        "\"0\"}]",
        "[{\"age_ms\":1,\"instrument\":\"\",\"quality\":\"ok\",\"quantity\":\"rain\",\"unit\":\"bool\",\"value\":\"0\"}"
        "]",
        "[{\"age_ms\":1,\"instrument\":\"w\",\"quality\":\"stale\",\"quantity\":\"rain\",\"unit\":\"bool\",\"value\":"
        "\"0\"}]",
        "[{\"age_ms\":1,\"instrument\":\"w\",\"quality\":\"ok\",\"quantity\":\"k\",\"unit\":\"1/m\",\"value\":\"0\"}]",
        "[{\"age_ms\":1,\"instrument\":\"w\",\"quality\":\"ok\",\"quantity\":\"odour\",\"unit\":\"1\",\"value\":\"0\"}"
        "]",
        "[{\"age_ms\":1,\"instrument\":\"w\",\"quality\":\"ok\",\"quantity\":\"rain\",\"unit\":\"mm\",\"value\":\"0\"}"
        "]",
        "[{\"age_ms\":1,\"instrument\":\"w\",\"quality\":\"ok\",\"quantity\":\"rain\",\"unit\":\"bool\",\"value\":"
        "\"no\"}]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct join_reading joined[JOIN_QUANTITIES];
        struct err err;
        size_t count;
        assert_int_equal(read_text(bad[i], joined, &count, &err), -1);
        assert_non_null(strstr(err.text, "'joined'"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest_within_the_age),
        cmocka_unit_test(test_what_is_not_ok_is_not_lent),
        cmocka_unit_test(test_the_latest_are_kept),
        cmocka_unit_test(test_only_surroundings_and_motion),
        cmocka_unit_test(test_moment),
        cmocka_unit_test(test_records_come_back),
        cmocka_unit_test(test_records_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
