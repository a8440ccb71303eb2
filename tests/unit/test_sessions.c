/* Sessions of the console: their ends, their tokens, the second officer, and how guessing is made slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "station/sessions.h"

enum { IDLE_MS = 600000, T0 = 1000000 };

static struct sessions s;
static const struct sessions_officer zhang = {"P0042", "张", ROLE_ECOLOGY}, li = {"P0043", "李", ROLE_ECOLOGY};

static int fresh(void **state)
{
    (void)state;
    sessions_init(&s, IDLE_MS);
    return 0;
}

static struct session *begin(const struct sessions_officer *officer, int64_t now_ms)
{
    struct session *session = NULL;
    assert_int_equal(sessions_begin(&s, officer, now_ms, &session, NULL), 0);
    return session;
}

/* Finds it and uses it. */
static struct session *use(const char *token, int64_t now_ms)
{
    struct session *session = sessions_find(&s, token, now_ms);
    if (session)
        sessions_use(session, now_ms);
    return session;
}

static void a_session_is_known_by_its_token(void **state)
{
    (void)state;
    struct session *one = begin(&zhang, T0), *other = begin(&li, T0);
    char token[SESSIONS_TOKEN_SIZE + 1];
    assert_string_not_equal(one->token, other->token);
    assert_string_not_equal(one->token, one->csrf);
    assert_ptr_equal(sessions_find(&s, one->token, T0), one);
    assert_null(sessions_find(&s, NULL, T0));
    assert_null(sessions_find(&s, "", T0));
    assert_null(sessions_find(&s, one->csrf, T0));
    snprintf(token, sizeof token, "%sx", one->token);
    assert_null(sessions_find(&s, token, T0));
    snprintf(token, sizeof token, "%s", one->token);
    token[SESSIONS_TOKEN_SIZE - 2] = 'x';
    assert_null(sessions_find(&s, token, T0));
    assert_true(sessions_csrf(one, one->csrf));
    assert_false(sessions_csrf(one, other->csrf));
    assert_false(sessions_csrf(one, NULL));
    assert_int_equal(sessions_count(&s, T0), 2);
    snprintf(token, sizeof token, "%s", one->token);
    sessions_end(one);
    assert_null(sessions_find(&s, token, T0));
    assert_int_equal(sessions_count(&s, T0), 1);
}

static void it_ends_without_use_and_in_any_case(void **state)
{
    (void)state;
    const struct session *session = begin(&zhang, T0);
    assert_int_equal(sessions_ends_ms(&s, session), T0 + IDLE_MS);
    assert_ptr_equal(sessions_find(&s, session->token, T0 + IDLE_MS - 1), session);
    assert_null(sessions_find(&s, session->token, T0 + IDLE_MS)); /* to look is not to use */
    assert_ptr_equal(use(session->token, T0 + IDLE_MS - 1), session);
    assert_ptr_equal(use(session->token, T0 + 2 * IDLE_MS - 2), session);
    assert_null(sessions_find(&s, session->token, T0 + 3 * IDLE_MS - 2));
    session = begin(&zhang, T0);
    int64_t now = T0;
    while (use(session->token, now))
        now += IDLE_MS / 2;
    assert_int_equal(now, T0 + SESSIONS_WHOLE_MS);
}

static void the_oldest_makes_room(void **state)
{
    (void)state;
    char first[SESSIONS_TOKEN_SIZE], second[SESSIONS_TOKEN_SIZE];
    snprintf(first, sizeof first, "%s", begin(&zhang, T0)->token);
    snprintf(second, sizeof second, "%s", begin(&zhang, T0 + 1)->token);
    for (int i = 2; i < SESSIONS_MAX; i++)
        begin(&li, T0 + i);
    assert_non_null(use(first, T0 + SESSIONS_MAX));
    begin(&li, T0 + SESSIONS_MAX);
    assert_non_null(sessions_find(&s, first, T0 + SESSIONS_MAX));
    assert_null(sessions_find(&s, second, T0 + SESSIONS_MAX));
    assert_int_equal(sessions_count(&s, T0 + SESSIONS_MAX), SESSIONS_MAX);
}

static void the_second_officer_has_five_minutes(void **state)
{
    (void)state;
    struct session *session = begin(&zhang, T0);
    sessions_set_second(session, &li, T0);
    assert_string_equal(sessions_find(&s, session->token, T0 + SESSIONS_SECOND_MS - 1)->second.number, "P0043");
    assert_string_equal(sessions_find(&s, session->token, T0 + SESSIONS_SECOND_MS)->second.number, "");
    assert_string_equal(session->officer.number, "P0042");
}

static void who_is_disabled_is_out(void **state)
{
    (void)state;
    struct session *of_li = begin(&li, T0), *with_li = begin(&zhang, T0), *here = begin(&li, T0);
    char token[SESSIONS_TOKEN_SIZE];
    snprintf(token, sizeof token, "%s", of_li->token);
    sessions_set_second(with_li, &li, T0);
    sessions_end_officer(&s, "p0043", here);
    assert_null(sessions_find(&s, token, T0));
    assert_string_equal(sessions_find(&s, with_li->token, T0)->second.number, "");
    assert_ptr_equal(sessions_find(&s, here->token, T0), here);
    sessions_end_officer(&s, "P0043", NULL);
    assert_int_equal(sessions_count(&s, T0), 1);
}

/* Tries and ends it at once; gives what sessions_try_begin gave. */
static int64_t try_pin(const char *number, const char *peer, enum sessions_result result, int64_t now, bool *locks)
{
    bool locked;
    int64_t wait = sessions_try_begin(&s, number, peer, now, &locked);
    *locks = wait == 0 ? sessions_try_end(&s, number, result, now) : locked;
    return wait;
}

static void five_wrong_ones_lock(void **state)
{
    (void)state;
    bool locks;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(try_pin("P0042", "a", SESSIONS_WRONG, T0, &locks), 0);
        assert_false(locks);
    }
    assert_int_equal(try_pin("p0042", "b", SESSIONS_UNKNOWN, T0, &locks), 0);
    assert_false(locks);
    assert_int_equal(try_pin("p0042", "b", SESSIONS_WRONG, T0, &locks), 0);
    assert_true(locks);
    assert_int_equal(try_pin("P0042", "c", SESSIONS_RIGHT, T0 + 1, &locks), SESSIONS_LOCK_MS - 1);
    assert_true(locks);
    assert_int_equal(try_pin("P0043", "c", SESSIONS_RIGHT, T0 + 1, &locks), 0);
    assert_int_equal(try_pin("P0042", "c", SESSIONS_WRONG, T0 + SESSIONS_LOCK_MS, &locks), 0);
    assert_false(locks);
}

static void a_right_one_forgives(void **state)
{
    (void)state;
    bool locks;
    for (int i = 0; i < 16; i++) {
        assert_int_equal(try_pin("P0042", "a", i % 4 == 3 ? SESSIONS_RIGHT : SESSIONS_WRONG, T0, &locks), 0);
        assert_false(locks);
    }
}

static void many_at_once_are_no_more_than_five(void **state)
{
    (void)state;
    bool locked;
    for (int i = 0; i < SESSIONS_WRONG_MAX; i++)
        assert_int_equal(sessions_try_begin(&s, "P0042", "a", T0, &locked), 0);
    assert_true(sessions_try_begin(&s, "P0042", "a", T0, &locked) > 0);
    assert_false(locked);
    for (int i = 0; i < SESSIONS_WRONG_MAX; i++)
        assert_int_equal(sessions_try_end(&s, "P0042", SESSIONS_WRONG, T0), i == SESSIONS_WRONG_MAX - 1);
}

static void an_address_tries_only_so_often(void **state)
{
    (void)state;
    bool locks;
    char number[16];
    for (int i = 0; i < SESSIONS_PEER_TRIES; i++) {
        snprintf(number, sizeof number, "N%d", i);
        assert_int_equal(try_pin(number, "10.0.0.9", SESSIONS_WRONG, T0, &locks), 0);
    }
    assert_int_equal(try_pin("N99", "10.0.0.9", SESSIONS_WRONG, T0 + 1, &locks), SESSIONS_PEER_MS - 1);
    assert_false(locks);
    assert_int_equal(try_pin("N99", "10.0.0.8", SESSIONS_WRONG, T0 + 1, &locks), 0);
    assert_int_equal(try_pin("N99", "10.0.0.9", SESSIONS_WRONG, T0 + SESSIONS_PEER_MS, &locks), 0);
    assert_true(try_pin("N99", "10.0.0.9", SESSIONS_WRONG, T0 + SESSIONS_PEER_MS, &locks) > 0);
    for (int i = 0; i < SESSIONS_PEER_TRIES; i++)
        assert_int_equal(try_pin("N0", "10.0.0.9", SESSIONS_UNKNOWN, T0 + 100 * SESSIONS_PEER_MS, &locks), 0);
}

static void a_lock_is_not_washed_away(void **state)
{
    (void)state;
    bool locks = false;
    char number[16], peer[16];
    for (int i = 0; i < SESSIONS_WRONG_MAX; i++)
        try_pin("P0042", "a", SESSIONS_WRONG, T0, &locks);
    assert_true(locks);
    for (int i = 0; i < 3 * SESSIONS_TRIES_MAX; i++) {
        snprintf(number, sizeof number, "N%d", i);
        snprintf(peer, sizeof peer, "p%d", i);
        assert_int_equal(try_pin(number, peer, SESSIONS_WRONG, T0 + 1 + i, &locks), 0);
    }
    assert_true(try_pin("P0042", "z", SESSIONS_RIGHT, T0 + 1000, &locks) > 0);
    assert_true(locks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_session_is_known_by_its_token, fresh),
        cmocka_unit_test_setup(it_ends_without_use_and_in_any_case, fresh),
        cmocka_unit_test_setup(the_oldest_makes_room, fresh),
        cmocka_unit_test_setup(the_second_officer_has_five_minutes, fresh),
        cmocka_unit_test_setup(who_is_disabled_is_out, fresh),
        cmocka_unit_test_setup(five_wrong_ones_lock, fresh),
        cmocka_unit_test_setup(a_right_one_forgives, fresh),
        cmocka_unit_test_setup(many_at_once_are_no_more_than_five, fresh),
        cmocka_unit_test_setup(an_address_tries_only_so_often, fresh),
        cmocka_unit_test_setup(a_lock_is_not_washed_away, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
