/* The ratchet: keys that go, seals that a later key cannot make, and a key file that survives a power cut at any write.
 */
#include "station/ratchet.h"
#include "station/store.h"

#include "reports/file.h"
#include "tests/support/store_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char dir[256], key_path[300];
static struct err err;

static int fresh(void **state)
{
    (void)state;
    fixture_folder(dir, sizeof dir);
    snprintf(key_path, sizeof key_path, "%s/ratchet.key", dir);
    return 0;
}

/* A journal whose ratchet began with event `start`, three events and a seal a time. */
static void make_journal(struct ratchet *first, struct ratchet *now, int seals)
{
    char commitment[65], body[256];
    struct store *s = fixture_open(dir, STORE_OWNER);
    fixture_event(s, "instrument");
    assert_int_equal(ratchet_begin(first, &err), 0);
    ratchet_commitment(first, commitment);
    assert_int_equal(store_begin(s, &err), 0);
    int length = snprintf(body, sizeof body, "{\"commitment\":\"%s\",\"kind\":\"ratchet-start\"}", commitment);
    assert_int_equal(store_append(s, "ratchet-start", body, (size_t)length, &first->start, &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    *now = *first;
    for (int i = 0; i < seals; i++) {
        uint64_t size = 0;
        for (int k = 0; k < 3; k++)
            fixture_event(s, "instrument");
        assert_int_equal(store_size(s, &size, &err), 0);
        assert_int_equal(store_begin(s, &err), 0);
        assert_int_equal(store_ratchet_add(s, now, size, 1000 * i, &err), 0);
        assert_int_equal(store_commit(s, &err), 0);
        ratchet_evolve(now);
    }
    store_close(s);
}

static int verify(const struct ratchet *first, struct store_ratchet_result *r)
{
    struct store *s = fixture_open(dir, STORE_READER);
    int result = store_ratchet_verify(s, first, r, &err);
    store_close(s);
    return result;
}

static void expect_no(const struct ratchet *first, const char *words)
{
    struct store_ratchet_result r;
    if (verify(first, &r) == 0)
        fail_msg("verified, but: %s", words);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void what_was_sealed_verifies(void **state)
{
    (void)state;
    struct ratchet first, now, other;
    struct store_ratchet_result r;
    make_journal(&first, &now, 10);
    if (verify(&first, &r) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(r.seals, 10);
    assert_int_equal(r.events, 32);
    assert_int_equal(r.last_ms, 9000);
    other = first;
    other.key[0] ^= 1;
    expect_no(&other, "does not begin the ratchet of this key");
    now.start = first.start;
    expect_no(&now, "does not begin the ratchet of this key"); /* a later key is not the first one */
}

/* The station goes on while somebody verifies: a seal and a key later is no seal that was taken away. */
static void the_station_may_seal_meanwhile(void **state)
{
    (void)state;
    static const struct {
        uint64_t seals, before, after;
        enum ratchet_match match;
    } rows[] = {
        {3, 3, 3, RATCHET_FITS},          {3, 2, 2, RATCHET_FITS}, /* at rest; saved, and the key is still to go on */
        {3, 3, 5, RATCHET_FITS},          {5, 3, 5, RATCHET_FITS},          {5, 3, 4, RATCHET_FITS}, /* it went on */
        {3, 4, 4, RATCHET_SEALS_MISSING}, {3, 5, 5, RATCHET_SEALS_MISSING}, {3, 1, 1, RATCHET_KEY_OLD},
        {9, 1, 7, RATCHET_KEY_OLD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(ratchet_match(rows[i].seals, rows[i].before, rows[i].after), rows[i].match);
}

/* Puts a seal of number `epoch` over the journal as it is into the database, made with that key. */
static void put_seal(const struct ratchet *key, uint64_t epoch, uint64_t size, int64_t at_ms)
{
    struct ratchet forged = *key;
    struct store *s = fixture_open(dir, STORE_READER);
    struct ratchet_seal seal = {.log = FIXTURE_STATION, .size = size, .at_ms = at_ms};
    uint8_t mac[RATCHET_MAC_SIZE];
    char hex[2 * RATCHET_MAC_SIZE + 1], sql[512];
    assert_int_equal(store_root(s, size, &seal.root, &err), 0);
    store_close(s);
    forged.epoch = epoch;
    ratchet_mac(&forged, &seal, mac);
    for (size_t i = 0; i < sizeof mac; i++)
        snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    snprintf(sql, sizeof sql,
             "INSERT OR REPLACE INTO ratchet VALUES(%" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRId64 ", x'%s')",
             forged.start, epoch, size, at_ms, hex);
    fixture_sql(dir, sql);
}

/* Whoever has the key of now cannot make an old seal, whatever number he gives it. */
static void a_later_key_seals_nothing_old(void **state)
{
    (void)state;
    struct ratchet first, now;
    make_journal(&first, &now, 6);
    put_seal(&now, 3, 14, 3000);
    expect_no(&first, "seal 3 is not by the key of its time");
    struct ratchet right = first;
    for (int i = 0; i < 3; i++)
        ratchet_evolve(&right);
    put_seal(&right, 3, 14, 3000);
    struct store_ratchet_result r;
    if (verify(&first, &r) != 0) /* the test forges as it should: with the right key it is right */
        fail_msg("%s", err.text);
}

static void changed_events_are_seen(void **state)
{
    (void)state;
    struct ratchet first, now;
    make_journal(&first, &now, 6);
    fixture_sql(dir, "UPDATE event SET leaf = (SELECT leaf FROM event WHERE idx = 1) WHERE idx = 9");
    fixture_sql(dir, "DELETE FROM node"); /* the tree is rebuilt by the forger; here it is enough that it is another */
    struct store_ratchet_result r;
    assert_int_equal(verify(&first, &r), -1);
}

static void missing_seals_are_seen(void **state)
{
    (void)state;
    struct ratchet first, now;
    make_journal(&first, &now, 8);
    fixture_sql(dir, "UPDATE ratchet SET at_ms = at_ms + 1 WHERE epoch = 5");
    expect_no(&first, "seal 5 is not by the key of its time");
    fixture_sql(dir, "UPDATE ratchet SET at_ms = at_ms - 1 WHERE epoch = 5");
    fixture_sql(dir, "DELETE FROM ratchet WHERE epoch = 4");
    expect_no(&first, "seal 4 is missing, the next one is 5");
    fixture_sql(dir, "UPDATE ratchet SET epoch = epoch - 1 WHERE epoch = 5");
    expect_no(&first, "seal 4 is not by the key of its time");
    fixture_sql(dir, "DELETE FROM ratchet");
    expect_no(&first, "nothing is sealed");
}

/* ---- the key file ---- */

static void load(struct ratchet *r)
{
    bool there = false;
    if (ratchet_load(r, key_path, &there, &err) != 0)
        fail_msg("%s", err.text);
    assert_true(there);
}

static void the_key_goes_and_the_next_one_stays(void **state)
{
    (void)state;
    struct ratchet r = {.start = 7}, back, first;
    bool there = true;
    assert_int_equal(ratchet_load(&back, key_path, &there, &err), 0);
    assert_false(there);
    assert_int_equal(ratchet_begin(&r, &err), 0);
    first = r;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ratchet_store(&r, key_path, &err), 0);
        load(&back);
        assert_memory_equal(&back, &r, sizeof r);
        ratchet_evolve(&r);
    }
    assert_memory_not_equal(r.key, first.key, sizeof r.key);
    char hex[2 * RATCHET_KEY_SIZE + 1], *text = NULL;
    size_t length = 0;
    assert_int_equal(file_read(key_path, 1 << 20, &text, &length, &err), 0);
    assert_int_equal(length, 8192); /* written in place: no old block is left to the file system */
    for (int i = 0; i < 4; i++, ratchet_evolve(&first)) {
        for (size_t k = 0; k < sizeof first.key; k++)
            snprintf(hex + 2 * k, 3, "%02x", first.key[k]);
        assert_null(strstr(text, hex));
        assert_null(strstr(text + 4096, hex));
    }
    free(text);
}

/* Every prefix of the writes that lead from one key to the next, down to single bytes, leaves one of the two. */
static void a_power_cut_at_any_byte_loses_no_key(void **state)
{
    (void)state;
    struct ratchet r = {.start = 7}, next, back;
    char *before = NULL, *after = NULL, *mixed = malloc(8192);
    size_t length = 0;
    assert_int_equal(ratchet_begin(&r, &err), 0);
    assert_int_equal(ratchet_store(&r, key_path, &err), 0);
    assert_int_equal(file_read(key_path, 1 << 20, &before, &length, &err), 0);
    next = r;
    ratchet_evolve(&next);
    assert_int_equal(ratchet_store(&next, key_path, &err), 0);
    assert_int_equal(file_read(key_path, 1 << 20, &after, &length, &err), 0);
    size_t order[2] = {(next.epoch & 1) * 4096, (~next.epoch & 1) * 4096};
    for (int slot = 0; slot < 2; slot++)
        for (size_t cut = 0; cut <= 200; cut++) {
            memcpy(mixed, before, 8192);
            if (slot == 1)
                memcpy(mixed + order[0], after + order[0], 4096);
            memcpy(mixed + order[slot], after + order[slot], cut);
            assert_int_equal(file_write(key_path, mixed, 8192, 0600, &err), 0);
            load(&back);
            bool old = back.epoch == r.epoch;
            assert_memory_equal(&back, old ? &r : &next, sizeof r);
            if (slot == 1)
                assert_false(old);
        }
    free(before);
    free(after);
    free(mixed);
}

static void a_new_start_wins_over_an_old_one(void **state)
{
    (void)state;
    struct ratchet old = {.start = 7}, new = {.start = 90}, back;
    assert_int_equal(ratchet_begin(&old, &err), 0);
    for (int i = 0; i < 9; i++)
        ratchet_evolve(&old);
    assert_int_equal(ratchet_store(&old, key_path, &err), 0);
    assert_int_equal(ratchet_begin(&new, &err), 0);
    assert_int_equal(ratchet_store(&new, key_path, &err), 0);
    load(&back);
    assert_memory_equal(&back, &new, sizeof back);
}

static void the_supervisors_line_is_read_back(void **state)
{
    (void)state;
    struct ratchet r = {.start = 12345}, back;
    char line[RATCHET_TEXT_MAX];
    assert_int_equal(ratchet_begin(&r, &err), 0);
    ratchet_write(&r, "652301-0007/2", line);
    assert_int_equal(ratchet_read(&back, "652301-0007/2", line, &err), 0);
    assert_memory_equal(&back, &r, sizeof r);
    assert_int_equal(ratchet_read(&back, "652301-0007", line, &err), -1);
#define KEY "00000000000000000000000000000000000000000000000000000000000000ff"
    assert_int_equal(ratchet_read(&back, "x", "smogd-ratchet-1 x 1 " KEY, &err), 0);
    static const char *const bad[] = {"", "smogd-ratchet-1 x 1 abc", "smogd-ratchet-2 x 1 00",
                                      "smogd-ratchet-1 x -1 " KEY, "smogd-ratchet-1 x 99999999999999999999999 " KEY};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(ratchet_read(&back, "x", bad[i], &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_sealed_verifies, fresh),
        cmocka_unit_test(the_station_may_seal_meanwhile),
        cmocka_unit_test_setup(a_later_key_seals_nothing_old, fresh),
        cmocka_unit_test_setup(changed_events_are_seen, fresh),
        cmocka_unit_test_setup(missing_seals_are_seen, fresh),
        cmocka_unit_test_setup(the_key_goes_and_the_next_one_stays, fresh),
        cmocka_unit_test_setup(a_power_cut_at_any_byte_loses_no_key, fresh),
        cmocka_unit_test_setup(a_new_start_wins_over_an_old_one, fresh),
        cmocka_unit_test_setup(the_supervisors_line_is_read_back, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
