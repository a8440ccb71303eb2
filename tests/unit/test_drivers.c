/*
 * Every driver on its recordings: golden output; the same output however the bytes are cut; every single bit flipped.
 * The drivers come from sensor_drivers[], the recordings from tests/recordings/: a driver without one fails here.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/rig.h"

static glob_t recordings;

static int find_recordings(void **state)
{
    (void)state;
    return glob("tests/recordings/*.rec", 0, NULL, &recordings);
}

static int forget_recordings(void **state)
{
    (void)state;
    globfree(&recordings);
    return 0;
}

static void test_every_driver_has_a_recording(void **state)
{
    (void)state;
    for (size_t d = 0; sensor_drivers[d]; d++) {
        size_t found = 0;
        for (size_t i = 0; i < recordings.gl_pathc; i++) {
            struct rig *rig = rig_open(recordings.gl_pathv[i]);
            const char *file = strrchr(recordings.gl_pathv[i], '/') + 1;
            const char *name = rig->driver->name;
            if (strncmp(file, name, strlen(name)) != 0)
                fail_msg("%s: the name must begin with its driver, %s", file, name);
            found += rig->driver == sensor_drivers[d];
            rig_close(rig);
        }
        if (found == 0)
            fail_msg("driver %s has no recording in tests/recordings/", sensor_drivers[d]->name);
        if (d > 0)
            assert_true(strcmp(sensor_drivers[d - 1]->name, sensor_drivers[d]->name) < 0);
        assert_ptr_equal(sensor_driver_by_name(sensor_drivers[d]->name), sensor_drivers[d]);
    }
    assert_null(sensor_driver_by_name("nht"));
}

static void assert_golden(const char *recording, const char *got)
{
    char path[256];
    size_t length;
    snprintf(path, sizeof path, "%.*s.expected", (int)(strlen(recording) - strlen(".rec")), recording);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(got, file);
        fclose(file);
    }
    char *expected = rig_read_file(path, &length);
    if (strcmp(expected, got) != 0) {
        fprintf(stderr, "---- %s, got:\n%s", path, got);
        fail_msg("%s differs", path);
    }
    free(expected);
}

static void test_recordings_give_what_is_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < recordings.gl_pathc; i++) {
        struct rig *rig = rig_open(recordings.gl_pathv[i]);
        char *whole = strdup(rig_run(rig, 0));
        assert_golden(recordings.gl_pathv[i], whole);
        assert_string_equal(rig_run(rig, 1), whole);
        assert_string_equal(rig_run(rig, 3), whole);
        free(whole);
        rig_close(rig);
    }
}

/* The recordings' own requests were written down from the protocol text; the driver must ask just that, just then. */
static void test_requests_are_the_recorded_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < recordings.gl_pathc; i++) {
        struct rig *rig = rig_open(recordings.gl_pathv[i]);
        const char *at = rig_run(rig, 0);
        for (size_t l = 0; l < rig->lines_count; l++) {
            char expected[256];
            if (rig->lines[l].direction != RECORDING_SENT)
                continue;
            assert_true(recording_format(&rig->lines[l], expected, sizeof expected) > 0);
            const char *sent = strstr(at, " > ");
            assert_non_null(sent);
            while (sent > at && sent[-1] != '\n')
                sent--;
            if (strncmp(sent, expected, strlen(expected)) != 0)
                fail_msg("%s: recorded %sthe driver sent %.40s", recordings.gl_pathv[i], expected, sent);
            at = sent + strlen(expected);
        }
        rig_close(rig);
    }
}

/* ---- bit flips ---- */

/* Is " name=value" one of the sound run's, with any quality? */
static bool is_true_value(const char *sound, const char *value, size_t length)
{
    for (const char *at = strstr(sound, " sample"); at; at = strstr(at + 1, " sample")) {
        size_t line = strcspn(at, "\n");
        for (size_t i = 0; i + length <= line; i++)
            if (strncmp(at + i, value, length) == 0 && strchr(" (\n", at[i + length]))
                return true;
    }
    return false;
}

/* Every value published as ok must be one that the sound recording holds. */
static void assert_no_wrong_value(const char *recording, const char *sound, const char *got)
{
    for (const char *at = strstr(got, " sample "); at; at = strstr(at + 1, " sample ")) {
        const char *end = at + strcspn(at, "\n");
        const char *value = at + strlen(" sample");
        while (value < end) {
            size_t length = 1 + strcspn(value + 1, " (\n");
            bool is_ok = value[length] != '(';
            if (is_ok && !is_true_value(sound, value, length))
                fail_msg("%s: a flipped bit gave%.*s", recording, (int)length, value);
            value += length + strcspn(value + length, " \n");
        }
    }
}

/* What the line's own checksum cannot see, because the recording has none: register words and the mark of a failure,
 * which the Modbus frame's CRC has protected before a block was made, and the text of a JSON line. */
static bool is_unprotected(const struct rig *rig, size_t byte)
{
    enum { BLOCK_HEAD = 5 };
    bool modbus = strcmp(rig->driver->name, "modbus") == 0;
    return strcmp(rig->driver->name, "jsonl") == 0 || (modbus && (byte == 0 || byte >= BLOCK_HEAD));
}

static void flip_all(const char *recording)
{
    struct rig *rig = rig_open(recording);
    char *sound = strdup(rig_run(rig, 0));
    for (size_t l = 0; l < rig->lines_count; l++) {
        struct recording_line *line = &rig->lines[l];
        if (line->direction != RECORDING_RECEIVED)
            continue;
        for (size_t bit = 0; bit < 8 * line->length; bit++) {
            line->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            const char *got = rig_run(rig, 0);
            if (!is_unprotected(rig, bit / 8))
                assert_no_wrong_value(recording, sound, got);
            line->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    assert_string_equal(rig_run(rig, 0), sound);
    free(sound);
    rig_close(rig);
}

static void test_flipped_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < recordings.gl_pathc; i++)
        flip_all(recordings.gl_pathv[i]);
}

/* ---- configuration ---- */

static void test_configuration_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *driver;
        struct sensor_config config;
        const char *profile;
        const char *complaint;
    } rows[] = {
        {"modbus", {.unit = 1}, NULL, "needs 'profile'"},
        {"modbus", {.unit = 1}, "rsd-pinyin", "needs 'profile'"},
        {"modbus", {.unit = 0}, "opacimeter-generic", "needs 'unit'"},
        {"modbus", {.unit = 256}, "opacimeter-generic", "needs 'unit'"},
        {"jsonl", {.unit = 0}, NULL, "needs 'profile'"},
        {"jsonl", {.unit = 0}, "rsd-record", "needs 'profile'"},
        {"nht6", {.unit = 0}, "rsd-pinyin", "takes no 'profile'"},
        {"nht6", {.option = "fast"}, NULL, "no option 'fast'"},
        {"nht6", {.poll_ms = 5}, NULL, "poll pace"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        struct sensor_config config = rows[i].config;
        config.profile = rows[i].profile ? rig_profile(rows[i].profile) : NULL;
        assert_int_equal(sensor_driver_by_name(rows[i].driver)->check(&config, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        if (!strstr(err.text, rows[i].complaint))
            fail_msg("row %zu: %s", i, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_driver_has_a_recording),   cmocka_unit_test(test_recordings_give_what_is_expected),
        cmocka_unit_test(test_requests_are_the_recorded_ones), cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_configuration_is_checked),
    };
    return cmocka_run_group_tests(tests, find_recordings, forget_recordings);
}
