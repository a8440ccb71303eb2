/*
 * From bytes to verdict, and again: what the station recorded gives the same readings and the same verdict, byte for
 * byte, whatever went wrong on the wires, and nothing else does.
 */
#include "sensors/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/law.h"
#include "tests/support/rig.h"
#include "tests/support/stand.h"

enum { TEST_MAX_MS = 1000000 };

static struct rule_pack *pack;
static struct rule *rule;
static struct vehicle heavy;
static struct replay replay;
static struct stand_text readings;

static int open_law(void **state)
{
    (void)state;
    struct err err;
    pack = law_open("gb3847-2018");
    rule = law_rule(pack, "free-acceleration");
    return vehicle_set(&heavy, "class", "heavy", FACT_TYPED, "", &err);
}

static int close_law(void **state)
{
    (void)state;
    free(pack);
    return 0;
}

static void add_reading(void *ctx, const char *instrument, const struct sample *sample)
{
    (void)ctx;
    ptrdiff_t length = sample_csv(sample, sample->t_ms, instrument, readings.text + readings.length,
                                  sizeof readings.text - readings.length);
    assert_true(length >= 0);
    readings.length += (size_t)length;
}

static int replay_files(const struct replay_file *files, size_t count, struct err *err)
{
    static const struct replay_host host = {.sample = add_reading};
    readings.length = 0;
    readings.text[0] = '\0';
    return replay_test(&replay, files, count, rig_profiles, rig_load_profiles(), procedure_method_by_name(rule->method),
                       pack, rule, &heavy, LIMIT_CLASS_A, &host, err);
}

static void write_verdict(const struct verdict *verdict, char out[VERDICT_JSON_MAX])
{
    struct json_writer w;
    json_writer_init(&w, out, VERDICT_JSON_MAX);
    verdict_write(verdict, &w, NULL);
    assert_true(json_writer_finish(&w) > 0);
}

static void assert_same_verdict(const struct verdict *a, const struct verdict *b)
{
    char left[VERDICT_JSON_MAX];
    char right[VERDICT_JSON_MAX];
    write_verdict(a, left);
    write_verdict(b, right);
    assert_string_equal(left, right);
}

static struct stand *run_stand(const struct truck *truck, enum stand_kind first, enum stand_kind second, int64_t t0_ms,
                               uint32_t seed)
{
    const enum stand_kind kinds[] = {first, second};
    struct stand *stand = stand_open(truck, kinds, 2, t0_ms, seed);
    stand_run(stand, pack, rule, &heavy, TEST_MAX_MS);
    if (!stand->finished)
        fail_msg("seed %u: no verdict", (unsigned)seed);
    return stand;
}

static void assert_replays(const struct stand *stand)
{
    struct replay_file files[STAND_INSTRUMENTS_MAX + 1];
    struct err err = {0};
    if (replay_files(files, stand_files(stand, files), &err) != 0)
        fail_msg("%s", err.text);
    assert_same_verdict(&replay.verdict, &stand->verdict);
    assert_string_equal(readings.text, stand->readings->text);
}

/* ---- tests ---- */

static void test_bytes_to_verdict(void **state)
{
    (void)state;
    static const struct {
        double k;
        enum verdict_kind kind;
    } rows[] = {{0.4, VERDICT_PASS}, {1.9, VERDICT_FAIL}};
    for (size_t i = 0; i < 2; i++) {
        for (enum stand_kind kind = STAND_NHT6; kind <= STAND_OPACIMETER; kind++) {
            struct truck truck = truck_make(rows[i].k);
            struct stand *stand = run_stand(&truck, kind, STAND_NHT6, 0, 0);
            assert_int_equal(stand->verdict.kind, rows[i].kind);
            assert_int_equal(stand->verdict.values_count, 1);
            double k = decimal_to_double(stand->verdict.values[0].value);
            assert_true(k > rows[i].k - 0.03 && k < rows[i].k + 0.01); /* sampled at 10 Hz: just below the peak */
            assert_replays(stand);
            stand_close(stand);
        }
    }
}

/* The same afternoon, months later: recordings, readings and verdict do not change by a byte. */
static void test_time_does_not_matter(void **state)
{
    (void)state;
    struct truck truck = truck_make(1.19);
    struct stand *now = run_stand(&truck, STAND_NHT6, STAND_OPACIMETER, 0, 0);
    struct stand *later = run_stand(&truck, STAND_NHT6, STAND_OPACIMETER, 9876543210123, 0);
    for (int i = 0; i <= now->count; i++)
        assert_string_equal(now->wire[i]->text, later->wire[i]->text);
    assert_string_equal(now->readings->text, later->readings->text);
    assert_same_verdict(&now->verdict, &later->verdict);
    stand_close(now);
    stand_close(later);
}

/* An instrument that is zeroed in the middle of a test, when the procedure asks for it and only then. */
static void test_zeroing_is_replayed(void **state)
{
    (void)state;
    struct truck truck = truck_make(0.4);
    truck.zero_k[0] = 0.3;
    struct stand *stand = run_stand(&truck, STAND_NHT6, STAND_OPACIMETER, 0, 0);
    assert_true(stand->engine.zeroed);
    assert_int_equal(stand->verdict.kind, VERDICT_PASS);
    assert_non_null(strstr(stand->wire[0]->text, " ! command zero #"));
    assert_string_equal(stand->verdict.marks[0].kind, "zero-before");
    assert_false(stand->verdict.marks[0].counted);
    assert_replays(stand);
    stand_close(stand);
}

static void test_whatever_goes_wrong(void **state)
{
    (void)state;
    enum { SEEDS = 60 };
    int kinds[VERDICT_VOID + 1] = {0};
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        struct truck truck = truck_make(seed % 2 ? 0.5 : 1.8);
        struct stand *stand =
            run_stand(&truck, seed % 4 < 2 ? STAND_NHT6 : STAND_OPACIMETER, STAND_NHT6, seed * 1000, seed);
        kinds[stand->verdict.kind]++;
        /* Lost, late and damaged frames may cost a test, never turn its verdict round. */
        assert_int_not_equal(stand->verdict.kind, seed % 2 ? VERDICT_FAIL : VERDICT_PASS);
        assert_replays(stand);
        stand_close(stand);
    }
    assert_true(kinds[VERDICT_ABORTED] > 0 && kinds[VERDICT_PASS] + kinds[VERDICT_FAIL] > 0);
}

/* ---- what does not pass ---- */

/* Replays the stand's recordings with one file's text replaced. */
static void assert_refused(const struct stand *stand, int file, const char *text, const char *complaint)
{
    struct replay_file files[STAND_INSTRUMENTS_MAX + 1];
    struct err err = {0};
    size_t count = stand_files(stand, files);
    files[stand->count - file].text = text;
    files[stand->count - file].length = strlen(text);
    assert_int_equal(replay_files(files, count, &err), -1);
    if (!strstr(err.text, complaint))
        fail_msg("'%s' does not say '%s'", err.text, complaint);
}

static char *without_line(const char *text, const char *line)
{
    char *copy = strdup(text);
    char *at = strstr(copy, line);
    assert_non_null(at);
    memmove(at, at + strcspn(at, "\n") + 1, strlen(at + strcspn(at, "\n") + 1) + 1);
    return copy;
}

static char *with_text(const char *text, const char *old, const char *new)
{
    char *copy = malloc(strlen(text) + strlen(new) + 1);
    const char *at = strstr(text, old);
    assert_true(copy && at);
    sprintf(copy, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    return copy;
}

static void test_changed_recordings_are_refused(void **state)
{
    (void)state;
    struct truck truck = truck_make(1.9);
    struct stand *stand = run_stand(&truck, STAND_NHT6, STAND_OPACIMETER, 0, 0);
    enum { SMOKE, AUX, OPERATOR };
    const struct {
        int file;
        char *text;
        const char *complaint;
    } rows[] = {
        {SMOKE, without_line(stand->wire[SMOKE]->text, "200 > b050"), "follows after"},
        {OPERATOR, without_line(stand->wire[OPERATOR]->text, strstr(stand->wire[OPERATOR]->text, "! key") - 5),
         "follows after"},
        {SMOKE, with_text(stand->wire[SMOKE]->text, " #10\n", " #11\n"), "follows after"},
        {SMOKE, with_text(stand->wire[SMOKE]->text, "driver = nht6", "driver = nht7"), "does not know"},
        {AUX, with_text(stand->wire[AUX]->text, "opacimeter-generic", "opacimeter-x"),
         "opacimeter-x, which the recording"},
        {AUX, with_text(stand->wire[AUX]->text, "unit = 1", "unit = x"), "'unit = x' cannot be understood"},
        {AUX, with_text(stand->wire[AUX]->text, "unit = 1", "unit = 0"), "needs 'unit'"},
        {OPERATOR, with_text(stand->wire[OPERATOR]->text, "! key confirm", "! key smile"), "no such key"},
        {OPERATOR, with_text(stand->wire[OPERATOR]->text, "! key confirm", "! end"), "without a verdict"},
        {OPERATOR, with_text(stand->wire[OPERATOR]->text, "! key confirm", "! link down"), "no such event"},
        {OPERATOR, with_text(stand->wire[OPERATOR]->text, "! key confirm", "< 00"), "operator sends no bytes"},
        {SMOKE, with_text(stand->wire[SMOKE]->text, "> b050", "! command sing"), "no such command"},
        {OPERATOR, with_text(stand->wire[OPERATOR]->text, "! key confirm", "! command zero"), "no such event"},
        {SMOKE, strdup("nonsense\n"), "not a recording"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_refused(stand, rows[i].file, rows[i].text, rows[i].complaint);
        free(rows[i].text);
    }
    stand_close(stand);
}

/* Cut short anywhere, a recording gives no verdict, and never another one. */
static void test_short_recordings_are_refused(void **state)
{
    (void)state;
    struct truck truck = truck_make(0.4);
    const enum stand_kind kinds[] = {STAND_OPACIMETER};
    struct stand *stand = stand_open(&truck, kinds, 1, 0, 0);
    stand_run(stand, pack, rule, &heavy, 30000);
    assert_false(stand->finished);
    assert_refused(stand, 0, stand->wire[0]->text, "without a verdict");
    stand_close(stand);
}

/* ---- passages ---- */

struct seen {
    int samples;
    char plate[PASSAGE_TEXT_MAX];
    char instrument[SENSOR_NAME_MAX];
};

static void see(void *ctx, const char *instrument, const struct sample *sample)
{
    struct seen *seen = ctx;
    seen->samples++;
    assert_non_null(sample->passage);
    snprintf(seen->plate, sizeof seen->plate, "%s", sample->passage->plate_text);
    snprintf(seen->instrument, sizeof seen->instrument, "%s", instrument);
}

/* A passage's record holds the one chunk that it came in: the first record seen is the passage. */
static void test_one_passage(void **state)
{
    (void)state;
    size_t length;
    char *text = rig_read_file("tests/recordings/modbus-record.rec", &length);
    char *second = strchr(strstr(text, "100 < "), '\n') + 1;
    *second = '\0';
    struct seen seen = {0};
    struct err err = {0};
    const struct replay_file file = {"wire/gantry.rec", text, strlen(text)};
    const struct replay_host host = {.ctx = &seen, .sample = see};
    assert_int_equal(replay_samples(&replay, &file, 1, rig_profiles, rig_load_profiles(), &host, &err), 0);
    assert_int_equal(seen.samples, 1);
    assert_string_equal(seen.plate, "新B12345");
    assert_string_equal(seen.instrument, "gantry");
    free(text);
}

/* ---- headers ---- */

static void assert_header_survives(const char *driver, const struct sensor_config *config)
{
    char text[1024];
    struct recording recording;
    struct sensor_config back;
    const struct sensor_driver *found;
    struct err err;
    int order = 0;
    const struct sensor_driver *d = sensor_driver_by_name(driver);
    ptrdiff_t length = replay_header(d, config, 11, "bench", text, sizeof text);
    assert_true(length > 0);
    for (size_t size = 1; size <= (size_t)length; size++)
        assert_int_equal(replay_header(d, config, 11, "bench", text, size), -1);
    assert_int_equal(replay_header(d, config, 11, "bench", text, (size_t)length + 1), length);
    assert_int_equal(recording_open(&recording, text, (size_t)length, &err), 0);
    assert_int_equal(replay_config(&recording, rig_profiles, rig_load_profiles(), &found, &back, &order, &err), 0);
    assert_ptr_equal(found, d);
    assert_int_equal(order, 11);
    assert_memory_equal(&back, config, sizeof back);
    assert_string_equal(recording_header(&recording, "source"), "bench");
}

static void test_headers_hold_the_configuration(void **state)
{
    (void)state;
    struct sensor_config config = {.name = "smoke", .path_m = {215, 3}, .poll_ms = 250};
    assert_header_survives("nht6", &config);
    config.profile = rig_profile("rsd-record");
    config.unit = 247;
    strcpy(config.option, "two words");
    assert_header_survives("modbus", &config);
}

static void test_bad_headers(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "# path-m = 0,43",   "# poll-ms = -1",
        "# poll-ms = 100.5", "# order = 1001",
        "# unit = 256",      "# option = 123456789 123456789 123456789 123456789 123456789 123456789 12345"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[300];
        struct err err = {0};
        snprintf(text, sizeof text, "# smogd recording 1\n# instrument = x\n# driver = nht6\n%s\n", lines[i]);
        const struct replay_file file = {"x.rec", text, strlen(text)};
        assert_int_equal(replay_samples(&replay, &file, 1, NULL, 0, NULL, &err), -1);
        if (!strstr(err.text, "x.rec") || !strstr(err.text, "cannot be understood"))
            fail_msg("row %zu: %s", i, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_to_verdict),
        cmocka_unit_test(test_time_does_not_matter),
        cmocka_unit_test(test_zeroing_is_replayed),
        cmocka_unit_test(test_whatever_goes_wrong),
        cmocka_unit_test(test_changed_recordings_are_refused),
        cmocka_unit_test(test_short_recordings_are_refused),
        cmocka_unit_test(test_one_passage),
        cmocka_unit_test(test_headers_hold_the_configuration),
        cmocka_unit_test(test_bad_headers),
    };
    return cmocka_run_group_tests(tests, open_law, close_law);
}
