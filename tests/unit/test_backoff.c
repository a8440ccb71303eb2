/* The next attempt's time, asked for whole ranges of facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "reports/backoff.h"

static const int64_t now_ms = 1782869400250, day_ms = 86400000;

static struct backoff_facts facts(int attempts)
{
    return (struct backoff_facts){.attempts = attempts, .last_ms = now_ms};
}

static int64_t pause_of(const struct backoff_facts *f)
{
    return backoff_next_ms(f) - f->last_ms;
}

static void doubles_up_to_five_minutes(void **state)
{
    (void)state;
    static const int64_t expected_s[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300};
    for (int i = 0; i < 12; i++) {
        struct backoff_facts f = facts(i + 1);
        assert_int_equal(pause_of(&f), expected_s[i] * 1000);
    }
    struct backoff_facts f = facts(INT_MAX);
    assert_int_equal(pause_of(&f), 300000);
}

static void waits_for_a_person_longer(void **state)
{
    (void)state;
    static const int statuses[] = {401, 403};
    for (int i = 0; i < 2; i++) {
        struct backoff_facts f = facts(1);
        f.status = statuses[i];
        assert_int_equal(pause_of(&f), 60000);
        f.attempts = 9;
        assert_int_equal(pause_of(&f), 300000);
    }
}

static void jitter_adds_up_to_a_quarter(void **state)
{
    (void)state;
    for (int attempts = 1; attempts < 100; attempts++) {
        struct backoff_facts f = facts(attempts);
        int64_t least = pause_of(&f);
        memset(f.hash, 0xFF, sizeof f.hash);
        int64_t most = pause_of(&f);
        assert_int_equal(most, least + least / 4);
        memset(f.hash, 0x80, sizeof f.hash);
        assert_in_range(pause_of(&f), least + least / 8, least + least / 8 + least / 100);
    }
}

static void hashes_spread_stations(void **state)
{
    (void)state;
    struct backoff_facts a = facts(9), b = facts(9);
    memset(a.hash, 0x11, sizeof a.hash);
    memset(b.hash, 0xEE, sizeof b.hash);
    assert_true(pause_of(&b) - pause_of(&a) > 30000);
    assert_int_equal(pause_of(&a), pause_of(&a)); /* the same facts, the same time */
}

static void retry_after_is_a_lower_bound(void **state)
{
    (void)state;
    struct backoff_facts f = facts(1);
    f.retry_after_ms = 120000;
    assert_int_equal(pause_of(&f), 120000);
    f.attempts = 10;
    assert_int_equal(pause_of(&f), 300000);
    f.retry_after_ms = 1;
    f.attempts = 1;
    assert_int_equal(pause_of(&f), 1000);
    f.retry_after_ms = INT64_MAX;
    assert_int_equal(pause_of(&f), day_ms);
    f.retry_after_ms = -5;
    assert_int_equal(pause_of(&f), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_up_to_five_minutes),   cmocka_unit_test(waits_for_a_person_longer),
        cmocka_unit_test(jitter_adds_up_to_a_quarter),  cmocka_unit_test(hashes_spread_stations),
        cmocka_unit_test(retry_after_is_a_lower_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
