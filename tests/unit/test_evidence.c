/* The pictures of a case against the figures of evidence-cn, at their bounds. */
#include "station/core/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/law.h"

static struct rule_pack *pack;
static struct evidence_rule standing;
static struct evidence_finding findings[EVIDENCE_CHECK_COUNT];
static struct err err;

static int open_pack(void **state)
{
    (void)state;
    pack = law_open("evidence-cn");
    return evidence_load(&standing, law_rule(pack, "standing"), &err);
}

static int close_pack(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static struct evidence_photo full(int64_t width, int64_t height, int64_t taken_ms)
{
    return (struct evidence_photo){EVIDENCE_SHOWS_FRONT, width, height, 24, taken_ms >= 0, taken_ms};
}

static void judge(const struct evidence_photo *photos, size_t count)
{
    evidence_judge(&standing, photos, count, true, 1000, findings);
}

static enum evidence_outcome outcome(enum evidence_check check)
{
    return findings[check].outcome;
}

static void two_good_pictures_meet_all(void **state)
{
    (void)state;
    const struct evidence_photo photos[] = {full(1280, 720, 5000), full(1280, 720, 15000)};
    judge(photos, 2);
    for (enum evidence_check check = 0; check < EVIDENCE_CHECK_COUNT; check++)
        assert_int_equal(outcome(check), EVIDENCE_MET);
    assert_int_equal(evidence_blocked(&standing, findings), EVIDENCE_CHECK_COUNT);
    assert_int_equal(findings[EVIDENCE_INTERVAL].measured, 10000);
}

static void each_bound_from_below(void **state)
{
    (void)state;
    struct evidence_photo photos[] = {full(1280, 720, 5000), full(1280, 720, 15000)};
    judge(photos, 1);
    assert_int_equal(outcome(EVIDENCE_PHOTOS), EVIDENCE_NOT_MET);
    assert_int_equal(outcome(EVIDENCE_WIDTH), EVIDENCE_NOT_MET); /* one of two needed */
    assert_int_equal(outcome(EVIDENCE_INTERVAL), EVIDENCE_UNKNOWN);
    assert_int_equal(evidence_blocked(&standing, findings), EVIDENCE_PHOTOS);
    photos[1] = full(1279, 720, 15000);
    judge(photos, 2);
    assert_int_equal(outcome(EVIDENCE_WIDTH), EVIDENCE_NOT_MET);
    assert_int_equal(findings[EVIDENCE_WIDTH].measured, 1279);
    assert_int_equal(outcome(EVIDENCE_HEIGHT), EVIDENCE_MET);
    photos[1] = full(1280, 719, 15000);
    judge(photos, 2);
    assert_int_equal(outcome(EVIDENCE_HEIGHT), EVIDENCE_NOT_MET);
    photos[1] = full(1280, 720, 14999);
    judge(photos, 2);
    assert_int_equal(outcome(EVIDENCE_INTERVAL), EVIDENCE_NOT_MET);
    photos[1].bits = 23;
    judge(photos, 2);
    assert_int_equal(outcome(EVIDENCE_BITS), EVIDENCE_NOT_MET);
    assert_int_equal(evidence_blocked(&standing, findings), EVIDENCE_CHECK_COUNT); /* flagged, not refused */
}

/* A third, small picture does not spoil two good ones: none can be taken away. */
static void another_picture_takes_nothing_away(void **state)
{
    (void)state;
    const struct evidence_photo photos[] = {full(640, 480, -1), full(1280, 720, 15000), full(1920, 1080, 5000)};
    judge(photos, 3);
    assert_int_equal(outcome(EVIDENCE_WIDTH), EVIDENCE_MET);
    assert_int_equal(findings[EVIDENCE_WIDTH].measured, 1280);
    assert_int_equal(outcome(EVIDENCE_INTERVAL), EVIDENCE_MET);
}

static void details_are_no_full_feature_pictures(void **state)
{
    (void)state;
    struct evidence_photo photos[EVIDENCE_SHOWS_COUNT];
    for (enum evidence_shows shows = 0; shows < EVIDENCE_SHOWS_COUNT; shows++) {
        photos[shows] = full(1280, 720, 20000 * (int64_t)shows);
        photos[shows].shows = shows;
        assert_int_equal(evidence_shows_by_name(evidence_shows_name(shows)), shows);
        assert_true(evidence_shows_zh(shows)[0]);
    }
    judge(photos, EVIDENCE_SHOWS_COUNT);
    assert_int_equal(findings[EVIDENCE_PHOTOS].measured, 2); /* front and rear */
    assert_int_equal(evidence_shows_by_name("selfie"), EVIDENCE_SHOWS_COUNT);
    judge(photos + 2, EVIDENCE_SHOWS_COUNT - 2);
    assert_int_equal(findings[EVIDENCE_PHOTOS].measured, 0);
    assert_int_equal(outcome(EVIDENCE_WIDTH), EVIDENCE_UNKNOWN);
    assert_false(findings[EVIDENCE_WIDTH].has_measured);
}

static void the_clock_is_held_against_its_bound(void **state)
{
    (void)state;
    evidence_judge(&standing, NULL, 0, true, 1000, findings);
    assert_int_equal(outcome(EVIDENCE_CLOCK_ERROR), EVIDENCE_MET);
    evidence_judge(&standing, NULL, 0, true, 1001, findings);
    assert_int_equal(outcome(EVIDENCE_CLOCK_ERROR), EVIDENCE_NOT_MET);
    evidence_judge(&standing, NULL, 0, false, 0, findings);
    assert_int_equal(outcome(EVIDENCE_CLOCK_ERROR), EVIDENCE_UNKNOWN);
    assert_false(findings[EVIDENCE_CLOCK_ERROR].has_measured);
}

static void what_blocks_is_the_packs_word(void **state)
{
    (void)state;
    struct evidence_rule rule;
    const struct evidence_photo photos[] = {full(1280, 720, -1), full(1280, 720, -1)};
    law_set(law_rule(pack, "standing"), "photos-blocks", "0");
    law_set(law_rule(pack, "standing"), "interval-blocks", "1");
    assert_int_equal(evidence_load(&rule, law_rule(pack, "standing"), &err), 0);
    evidence_judge(&rule, photos, 2, true, 0, findings);
    assert_int_equal(evidence_blocked(&rule, findings), EVIDENCE_INTERVAL); /* unknown is not met */
    char text[300];
    evidence_say(&rule, EVIDENCE_INTERVAL, &findings[EVIDENCE_INTERVAL], text, sizeof text);
    assert_string_equal(text, "time between two of them: at least 10000 ms wanted, unknown (3.5)");
    law_drop(law_rule(pack, "standing"), "interval");
    assert_int_equal(evidence_load(&rule, law_rule(pack, "standing"), &err), 0);
    evidence_judge(&rule, photos, 2, true, 0, findings);
    assert_int_equal(outcome(EVIDENCE_INTERVAL), EVIDENCE_NOT_ASKED);
    assert_int_equal(evidence_blocked(&rule, findings), EVIDENCE_CHECK_COUNT);
}

static void findings_are_written_with_their_source(void **state)
{
    (void)state;
    const struct evidence_photo photos[] = {full(1280, 720, -1)};
    char text[4096];
    struct json_writer w;
    judge(photos, 1);
    json_writer_init(&w, text, sizeof text);
    evidence_write(&standing, findings, &w, NULL);
    assert_true(json_writer_finish(&w) > 0);
    assert_non_null(strstr(text,
                           "{\"blocks\":true,\"check\":\"photos\",\"clause\":\"3.3.1\",\"figure\":2,\"measured\":1,"
                           "\"outcome\":\"not-met\",\"source\":\"GA/T 832-2014\",\"status\":\"unconfirmed\",\"unit\":"
                           "\"\"}"));
    assert_non_null(strstr(text, "\"check\":\"interval\",\"clause\":\"3.5\",\"figure\":10000,\"outcome\":\"unknown\""));
}

static void a_wrong_rule_is_refused(void **state)
{
    (void)state;
    struct evidence_rule rule;
    struct rule *r = law_rule(pack, "standing");
    law_set(r, "photos-blocks", "2");
    assert_int_equal(evidence_load(&rule, r, &err), -1);
    law_set(r, "photos-blocks", "1");
    law_set(r, "sharpness", "1");
    assert_int_equal(evidence_load(&rule, r, &err), -1);
    assert_non_null(strstr(err.text, "'sharpness'"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pack, close_pack)
    const struct CMUnitTest tests[] = {
        TEST(two_good_pictures_meet_all),
        TEST(each_bound_from_below),
        TEST(another_picture_takes_nothing_away),
        TEST(details_are_no_full_feature_pictures),
        TEST(the_clock_is_held_against_its_bound),
        TEST(what_blocks_is_the_packs_word),
        TEST(findings_are_written_with_their_source),
        TEST(a_wrong_rule_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
