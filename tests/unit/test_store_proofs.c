/* Proofs from the stored tree, between any two sizes of the journal: they verify, and a fork's do not. */
#include "station/store.h"

#include "tests/support/store_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { EVENTS = 140, FORKS_AT = 77 };

static struct err err;

static struct store *journal(const char *other_kind)
{
    char dir[256];
    fixture_folder(dir, sizeof dir);
    struct store *s = fixture_open(dir, STORE_OWNER);
    for (int i = 0; i < EVENTS; i++)
        fixture_event(s, i == FORKS_AT ? other_kind : "instrument");
    store_close(s);
    return fixture_open(dir, STORE_READER);
}

static void roots_of(struct store *s, struct merkle_hash roots[EVENTS + 1])
{
    for (uint64_t n = 0; n <= EVENTS; n++)
        assert_int_equal(store_root(s, n, &roots[n], &err), 0);
}

static void any_two_sizes_are_proved_and_a_fork_is_not(void **state)
{
    (void)state;
    static struct merkle_hash ours[EVENTS + 1], theirs[EVENTS + 1];
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t count = 0;
    struct store *s = journal("instrument"), *fork = journal("check");
    roots_of(s, ours);
    roots_of(fork, theirs);
    for (uint64_t now = 0; now <= EVENTS; now++)
        for (uint64_t old = 0; old <= now; old++) {
            if (merkle_consistency(old, now, store_fetch, s, path, &count, &err) != 0)
                fail_msg("%" PRIu64 " to %" PRIu64 ": %s", old, now, err.text);
            if (!merkle_verify_consistency(old, &ours[old], now, &ours[now], path, count))
                fail_msg("the proof from %" PRIu64 " to %" PRIu64 " does not verify", old, now);
            bool same = old <= FORKS_AT;
            if (merkle_verify_consistency(old, &theirs[old], now, &ours[now], path, count) != same)
                fail_msg("the fork's %" PRIu64 " events %s in %" PRIu64, old, same ? "are not" : "are", now);
        }
    store_close(s);
    store_close(fork);
}

static void any_event_is_proved_in_any_tree(void **state)
{
    (void)state;
    struct merkle_hash path[MERKLE_PATH_MAX], leaf, root;
    size_t count = 0;
    struct store *s = journal("instrument");
    for (uint64_t size = 1; size <= EVENTS; size += 3) {
        assert_int_equal(store_root(s, size, &root, &err), 0);
        for (uint64_t index = 0; index < size; index++) {
            assert_int_equal(store_fetch(s, 0, index, &leaf, &err), 0);
            assert_int_equal(merkle_inclusion(index, size, store_fetch, s, path, &count, &err), 0);
            assert_true(merkle_verify_inclusion(index, size, &leaf, path, count, &root));
            assert_false(merkle_verify_inclusion(index + 1, size, &leaf, path, count, &root));
        }
    }
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_two_sizes_are_proved_and_a_fork_is_not),
        cmocka_unit_test(any_event_is_proved_in_any_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
