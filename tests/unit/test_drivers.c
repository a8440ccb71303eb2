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
            if (at[i] == ' ' && strncmp(at + i, value, length) == 0 && strchr(" (\n", at[i + length]))
                return true;
    }
    return false;
}

/* Where the first line that is not the sound run's begins, at its newline: what came before needs no second look. */
static const char *first_difference(const char *sound, const char *got)
{
    const char *line = got;
    for (size_t i = 0; got[i] && got[i] == sound[i]; i++)
        if (got[i] == '\n')
            line = got + i;
    return line;
}

/* Every text must be one that the sound recording holds. */
static void assert_no_wrong_text(const char *recording, const char *sound, const char *got)
{
    for (const char *at = strstr(got, "\n  text "); at; at = strstr(at + 1, "\n  text ")) {
        size_t length = strcspn(at + 1, "\n") + 1;
        const char *same;
        for (same = sound; same && strncmp(same, at, length + 1) != 0; same = strstr(same + 1, "\n  text "))
            ;
        if (!same)
            fail_msg("%s: a flipped bit gave%.*s", recording, (int)length, at);
    }
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

/* Protocols without checksum: a byte that became one of these can make another value that nobody can tell from the true
 * one, and the driver's head says so. Any other change must be seen. NULL: any byte can be a value. Where an answer
 * does not say what it answers, the recorded instrument must not answer what it was not asked. */
static const struct {
    const char *driver;
    const char *values;
    bool only_asked;
} unchecked[] = {
    {"ak", "0123456789+-. ", true},
    {"csri", NULL, false},
    {"csv", NULL, false},
    {"elm327", "0123456789ABCDEFabcdef ", true},
    {"gpsd", NULL, false},
    {"jsonl", NULL, false},
    {"mph", NULL, false},
    {"rpm5300", "0123456789", false},
    {"vaisala", "0123456789+-.", false},
    {"vtet1000", "0123456789", false},
    {"yaogan", NULL, false},
};

/* The driver's row, -1: its protocol has a checksum. */
static int find_unchecked(const struct rig *rig)
{
    for (int i = 0; i < (int)(sizeof unchecked / sizeof unchecked[0]); i++)
        if (strcmp(rig->driver->name, unchecked[i].driver) == 0)
            return i;
    return -1;
}

/* What the line's own checksum cannot see, because there is none, or because the recording has none: register words and
 * the mark of a failure, which the Modbus frame's CRC has protected before a block was made. */
static bool is_unprotected(const struct rig *rig, size_t byte, uint8_t became)
{
    enum { BLOCK_HEAD = 5 };
    int row = find_unchecked(rig);
    if (row >= 0)
        return !unchecked[row].values || (became && strchr(unchecked[row].values, became));
    return strcmp(rig->driver->name, "modbus") == 0 && (byte == 0 || byte >= BLOCK_HEAD);
}

/* The same for words: any letter can be true. */
static bool is_unprotected_text(const struct rig *rig, uint8_t became)
{
    return find_unchecked(rig) >= 0 && became >= ' ' && became <= 0x7F;
}

/* Of a chunk that is as long as they come, the middle of a large packet, the first bytes stand for the rest. */
static void flip_all(const char *recording)
{
    enum { LONG_FLIPPED = 64 };
    struct rig *rig = rig_open(recording);
    char *sound = strdup(rig_run(rig, 0));
    rig->only_asked = find_unchecked(rig) >= 0 && unchecked[find_unchecked(rig)].only_asked;
    for (size_t l = 0; l < rig->lines_count; l++) {
        struct recording_line *line = &rig->lines[l];
        if (line->direction != RECORDING_RECEIVED)
            continue;
        size_t flipped = line->length < RECORDING_CHUNK_MAX ? line->length : LONG_FLIPPED;
        for (size_t bit = 0; bit < 8 * flipped; bit++) {
            line->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            const char *got = first_difference(sound, rig_run(rig, 0));
            if (!is_unprotected(rig, bit / 8, line->bytes[bit / 8]))
                assert_no_wrong_value(recording, sound, got);
            if (!is_unprotected_text(rig, line->bytes[bit / 8]))
                assert_no_wrong_text(recording, sound, got);
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
        {"csv", {.unit = 0}, NULL, "needs 'profile'"},
        {"csv", {.unit = 0}, "rsd-pinyin", "kind = csv"},
        {"yaogan", {.unit = 0}, "rsd-csv", "kind = bytes"},
        {"jsonl", {.unit = 0}, "rsd-csv", "needs 'profile'"},
        {"jsonl", {.unit = 0}, NULL, "needs 'profile'"},
        {"jsonl", {.unit = 0}, "rsd-record", "needs 'profile'"},
        {"ak", {.unit = 0}, NULL, "needs 'profile'"},
        {"ak", {.unit = 0}, "rsd-pinyin", "needs 'profile'"},
        {"ak", {.option = "fast"}, "ak-example", "no option 'fast'"},
        {"elm327", {.option = "can"}, NULL, "write obd or j1939"},
        {"elm327", {.unit = 0}, "rsd-pinyin", "takes no 'profile'"},
        {"gpsd", {.option = "x"}, NULL, "takes no 'profile' and no 'option'"},
        {"nmea", {.unit = 0}, "rsd-pinyin", "takes no 'profile' and no 'option'"},
        {"maximet", {.unit = 0}, "rsd-pinyin", "kind = columns"},
        {"vaisala", {.option = "x"}, NULL, "takes no 'profile' and no 'option'"},
        {"vaisala", {.unit = 10}, NULL, "the transmitter's address, 0 to 9"},
        {"csri", {.option = "three-byte"}, NULL, "one-byte, two-byte or ascii"},
        {"csri", {.option = "ascii", .poll_ms = 5}, NULL, "at least 20 ms"},
        {"csri", {.option = "ascii"}, "rsd-pinyin", "takes no 'profile'"},
        {"mph", {.unit = 0}, NULL, "km/h or mph"},
        {"mph", {.option = "mph"}, "rsd-pinyin", "takes no 'profile'"},
        {"truspeed", {.option = "x"}, NULL, "takes no 'profile' and no 'option'"},
        {"rpm5300", {.option = "x"}, NULL, "takes no 'profile' and no 'option'"},
        {"nht6", {.unit = 0}, "rsd-pinyin", "takes no 'profile'"},
        {"nht6", {.option = "fast"}, NULL, "no option 'fast'"},
        {"nht6", {.poll_ms = 5}, NULL, "poll pace"},
        {"nht6", {.poll_ms = 19}, NULL, "must be 20 to 10000 ms"},
        {"nht6", {.poll_ms = 10001}, NULL, "must be 20 to 10000 ms"},
        {"microbench", {.option = "co=5"}, NULL, "no option 'co=5'; there are: "},
        {"microbench", {.option = "co=/"}, NULL, "no option 'co=/'"},
        {"microbench", {.option = "co:3"}, NULL, "no option 'co:3'"},
        {"microbench", {.option = "ci=3"}, NULL, "no option 'ci=3'"},
        {"microbench", {.option = "co=3 k=1"}, NULL, "no option 'k=1'"}, /* it measures no k */
        {"vaisala", {.unit = -1}, NULL, "the transmitter's address, 0 to 9"},
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

static void test_configuration_at_its_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *driver;
        struct sensor_config config;
    } rows[] = {
        {"nht6", {.poll_ms = 20}},
        {"nht6", {.poll_ms = 10000}},
        {"microbench", {.option = "co=0 hc=4"}},
        {"microbench", {.option = "  co=3  "}},
        {"vaisala", {.unit = 9}},
        {"csri", {.option = "ascii", .poll_ms = 20}},
        {"mph", {.option = "mph"}},
        {"elm327", {.option = "j1939"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        if (sensor_driver_by_name(rows[i].driver)->check(&rows[i].config, &err) != 0)
            fail_msg("%s: %s", rows[i].driver, err.text);
    }
}

/* ---- operator's commands ---- */

struct desk {
    struct bench bench;
    char sent[1024];
};

static void on_desk_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    struct desk *desk = ctx;
    (void)instrument;
    for (size_t i = 0; i < length; i++)
        snprintf(desk->sent + strlen(desk->sent), sizeof desk->sent - strlen(desk->sent), "%02x", (unsigned)bytes[i]);
    snprintf(desk->sent + strlen(desk->sent), sizeof desk->sent - strlen(desk->sent), " ");
}

static void desk_open(struct desk *desk, const char *driver, const char *profile)
{
    struct sensor_config config = {.name = "smoke", .unit = profile ? 1 : 0};
    config.profile = profile ? rig_profile(profile) : NULL;
    const struct bench_host host = {.ctx = desk, .send = on_desk_send};
    desk->sent[0] = '\0';
    bench_init(&desk->bench, &host, 0);
    bench_add(&desk->bench, sensor_driver_by_name(driver), &config);
    bench_connect(&desk->bench, 0, 0);
}

static void assert_sent(struct desk *desk, const char *expected)
{
    assert_string_equal(desk->sent, expected);
    desk->sent[0] = '\0';
}

static void assert_command_refused(struct desk *desk, enum sensor_command command, const char *complaint)
{
    struct err err = {0};
    assert_int_equal(bench_command(&desk->bench, 0, command, desk->bench.now_ms, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    if (!strstr(err.text, complaint))
        fail_msg("'%s' does not say '%s'", err.text, complaint);
}

/* The instrument answers 20 ms after it was asked. */
static void answer(struct desk *desk, const char *asked, const void *bytes, size_t length)
{
    bench_advance(&desk->bench, bench_next_ms(&desk->bench));
    assert_sent(desk, asked);
    bench_receive(&desk->bench, 0, bytes, length, desk->bench.now_ms + 20);
}

static void test_nht6_commands(void **state)
{
    (void)state;
    static struct desk desk;
    const struct bench_instrument *in = &desk.bench.instruments[0];
    static const char values[] = "\xA5\x00\xEA\x00\x3E\x02\xEE\x01\x66\xDC"; /* published */
    static const uint8_t internals[20] = {0xB0, [19] = 0x50};
    desk_open(&desk, "nht6", NULL);
    assert_command_refused(&desk, COMMAND_ZERO, "has not been identified yet");
    answer(&desk, "b050 ", internals, sizeof internals);
    answer(&desk, "a15f ", "\xA1\x01\x5E", 3);
    answer(&desk, "a35d ", "\xA3\x00\x00\x5D", 4);
    answer(&desk, "a55b ", values, 10);
    assert_int_equal(in->samples, 1);
    assert_command_refused(&desk, COMMAND_SPAN, "NHT-6 has no command 'span'");
    assert_int_equal(bench_command(&desk.bench, 0, COMMAND_ZERO, desk.bench.now_ms, NULL), 0);
    assert_command_refused(&desk, COMMAND_CLEAR_MAXIMUM, "'zero' is still under way");
    answer(&desk, "a45c ", "\xA4\x5C", 2); /* then at once: what state is it in? */
    answer(&desk, "a15f ", "\xA1\x02\x5D", 3);
    assert_int_equal(in->status, STATUS_ZEROING);
    answer(&desk, "a55b ", values, 10);
    assert_int_equal(in->last[QUANTITY_K].quality, QUALITY_SUSPECT);
    assert_int_equal(bench_command(&desk.bench, 0, COMMAND_CLEAR_MAXIMUM, desk.bench.now_ms, NULL), 0);
    answer(&desk, "a759 ", "\x15\x07", 2);
    assert_string_equal(in->status_detail, "refused with error 07: clear maximum");
    answer(&desk, "a15f ", "\xA1\x01\x5E", 3);
    assert_int_equal(in->status, STATUS_OK);
    assert_int_equal(bench_command(&desk.bench, 0, COMMAND_ZERO, desk.bench.now_ms, NULL), 0);
    bench_advance(&desk.bench, bench_next_ms(&desk.bench));
    assert_sent(&desk, "a45c "); /* no answer: an order is never given twice */
    bench_advance(&desk.bench, bench_next_ms(&desk.bench));
    assert_string_equal(in->status_detail, "not confirmed: zero");
    answer(&desk, "a15f ", "\xA1\x01\x5E", 3);
    assert_int_equal(in->status, STATUS_OK);
}

/* What the protocol text does not explain is a fault, not a guess. */
static void test_nht6_says_no(void **state)
{
    (void)state;
    static struct desk desk;
    const struct bench_instrument *in = &desk.bench.instruments[0];
    static const uint8_t internals[20] = {0xB0, [19] = 0x50};
    desk_open(&desk, "nht6", NULL);
    answer(&desk, "b050 ", internals, sizeof internals);
    answer(&desk, "a15f ", "\xA1\x07\x58", 3);
    assert_int_equal(in->status, STATUS_INTERNAL);
    assert_string_equal(in->status_detail, "unknown state 07");
    answer(&desk, "a35d ", "\x15\x01", 2); /* an instrument without alarms is asked for values all the same */
    answer(&desk, "a55b ", "\xA5\x00\xEA\x00\x3E\x02\xEE\x01\x66\xDC", 10);
    assert_int_equal(in->last[QUANTITY_K].quality, QUALITY_SUSPECT);
    answer(&desk, "a55b ", "\x15\x02", 2); /* refuses values: how is it? */
    answer(&desk, "a15f ", "\x15\x02", 2);
    answer(&desk, "a15f ", "\x15\x02", 2);
    assert_string_equal(in->status_detail, "refused with error 02: state");
    for (int i = 0; i < 2; i++) { /* in good order, but no values */
        answer(&desk, "a15f ", "\xA1\x01\x5E", 3);
        assert_int_equal(in->status, STATUS_OK);
        answer(&desk, "a55b ", "\x15\x02", 2);
    }
    answer(&desk, "a15f ", "\xA1\x01\x5E", 3);
    assert_int_equal(in->status, STATUS_INTERNAL);
    assert_string_equal(in->status_detail, "it refuses to give values");
    answer(&desk, "a55b ", "\xA5\x00\xEA\x00\x3E\x02\xEE\x01\x66\xDC", 10);
    assert_int_equal(in->status, STATUS_OK);
    assert_int_equal(in->last[QUANTITY_K].quality, QUALITY_OK);
}

/* JSON's ways to write a number, through a profile that keeps decimals as sent. */
static void test_json_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *expected;
    } rows[] = {
        {"-5", "-5"},        {"\"12.30\"", "12.30"},
        {"1.5e3", "1500"},   {"-1.5E-3", "-0.0015"},
        {"2e+2", "200"},     {"0.1234567895", "0.12345679"}, /* half to even */
        {"true", "1"},       {"0.12345678950001", "0.12345679"},
        {"1e400", "absent"}, {"0.1234567885", "0.123456788"},
        {"0e400", "0"},      {"123456789012345678901234567890", "absent"},
        {"1e-400", "0"},     {"\"1e3\"", "absent"},
        {"\"\"", "absent"},  {"null", "absent"},
        {"[1]", "absent"},   {"9223372036854775807", "9223372036854775807"},
    };
    static struct desk desk;
    desk_open(&desk, "jsonl", "rsd-pinyin");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[200];
        char text[DECIMAL_TEXT_MAX] = "absent";
        const struct bench_instrument *in = &desk.bench.instruments[0];
        int length = snprintf(line, sizeof line, "{\"jlbh\":\"1\",\"hjwd\":%s}\n", rows[i].json);
        int64_t t_ms = bench_receive(&desk.bench, 0, (const uint8_t *)line, (size_t)length, (int64_t)i + 1);
        if (in->last_ms[QUANTITY_AIR_TEMP] == t_ms)
            decimal_format(in->last[QUANTITY_AIR_TEMP].value, text);
        if (strcmp(text, rows[i].expected) != 0)
            fail_msg("%s became %s", rows[i].json, text);
        assert_int_equal(in->frames, i + 1);
    }
}

static void test_modbus_commands(void **state)
{
    (void)state;
    static struct desk desk;
    desk_open(&desk, "modbus", "opacimeter-generic");
    assert_command_refused(&desk, COMMAND_SPAN, "profile opacimeter-generic has no action 'span'");
    assert_int_equal(bench_command(&desk.bench, 0, COMMAND_ZERO, 0, NULL), 0);
    assert_sent(&desk, "0600640001 ");
    desk_open(&desk, "jsonl", "rsd-pinyin");
    assert_command_refused(&desk, COMMAND_ZERO, "takes no commands");
}

/* ---- values and status in blocks of their own ---- */

static void load_two_blocks(struct profile *profile)
{
    rig_inline_profile(profile, "profile two { title = t source = s poll-ms = 100 stale-ms = 500\n"
                                " read { function = 3 address = 0 count = 2 }\n"
                                " read { function = 1 address = 10 count = 1 }\n"
                                " value opacity { at = 0 type = u16 scale = 0.1 unit = \"%\" }\n"
                                " value k { at = 1 type = u16 scale = 0.01 unit = \"1/m\" }\n"
                                " status { at = 10 bit = 0 means = low_flow }\n}\n");
}

static void receive(struct desk *desk, const char *bytes, size_t length)
{
    bench_receive(&desk->bench, 0, (const uint8_t *)bytes, length, desk->bench.now_ms + 100);
}

static void test_status_in_its_own_block(void **state)
{
    (void)state;
    static const char values[] = "\x03\0\0\0\x02\x00\xEA\x00\x3E", cheated[] = "\x03\0\0\0\x02\x00\xEA\x00\x1F";
    static const char flows[] = "\x01\0\x0A\0\x01\0\0", low[] = "\x01\0\x0A\0\x01\0\x01", lost[] = "\x83\0\0\0\x02\0";
    static struct profile profile;
    static struct desk desk;
    const struct sensor_config config = {.name = "smoke", .unit = 1, .profile = &profile, .path_m = {430, 3}};
    const struct bench_instrument *in = &desk.bench.instruments[0];
    const struct reading *k = &in->last[QUANTITY_K];
    load_two_blocks(&profile);
    bench_init(&desk.bench, &(struct bench_host){.ctx = &desk}, 0);
    bench_add(&desk.bench, sensor_driver_by_name("modbus"), &config);
    bench_connect(&desk.bench, 0, 0);
    receive(&desk, values, 9);
    assert_int_equal(k->quality, QUALITY_SUSPECT); /* nothing is known of the flow yet */
    receive(&desk, flows, 7);
    receive(&desk, values, 9);
    assert_int_equal(k->quality, QUALITY_OK);
    receive(&desk, cheated, 9); /* half of k: does not fit N over the configured path */
    assert_int_equal(k->quality, QUALITY_SUSPECT);
    receive(&desk, low, 7);
    assert_int_equal(in->status, STATUS_LOW_FLOW);
    receive(&desk, values, 9);
    assert_int_equal(k->quality, QUALITY_SUSPECT);
    receive(&desk, flows, 7);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(in->status, STATUS_OK);
        receive(&desk, lost, 6);
    }
    receive(&desk, flows, 7); /* that the other block comes does not heal it */
    assert_int_equal(in->status, STATUS_COMM_ERROR);
    receive(&desk, values, 9);
    assert_int_equal(in->status, STATUS_OK);
    assert_int_equal(k->quality, QUALITY_OK);
}

/* Semicolons, decimal commas, a byte order mark; a profile without passage fields gives readings alone. */
static void test_csv_dialect(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *k; /* NULL: the line is rejected */
        const char *why;
    } rows[] = {
        {"\xEF\xBB\xBFtime;k;air_temp\r\n", "absent", NULL}, /* the header */
        {"1;0,62; -3,5\n", "0.62", NULL},
        {"\xEF\xBB\xBF"
         "2;+1,25E-1;\"7\"\n",
         "0.125", NULL},
        {"3;n/a;7\n", "absent", NULL},
        {"4; ;7\n", "absent", NULL},
        {"5;0.62;7\n", NULL, "column 'k': '0.62' is no number"},
        {"6;1.250,5;7\n", NULL, "column 'k': '1.250,5' is no number"},
        {"5\n", NULL, "a line has 1 fields, the profile 3 columns"},
        {"5;1000000000000000000000000000000000000000000000000000000000000000;7\n", NULL,
         "is no number"}, /* 64 digits */
        {"6;9223372036854775807;7\n", "9223372036854775807", NULL},
        {"6;1e-30;7\n", "0", NULL},
        {"7;0,62\n", NULL, "a line has 2 fields, the profile 3 columns"},
        {"8;\xD0\xC2;7\n", NULL, "is it GBK?"},
        {"time;air_temp;k\n", NULL, "column 2 is 'air_temp', in the profile it is 'k'"},
        {"9;0,62;7\n", NULL, "the header above has other columns"},
        {"time;k;air_temp;rpm\n", NULL, "column 4 is 'rpm', in the profile it is ''"},
        {"time;k\n", NULL, "column 3 is '', in the profile it is 'air_temp'"},
    };
    static struct profile profile;
    static struct desk desk;
    const struct sensor_config config = {.name = "meter", .profile = &profile};
    const struct bench_instrument *in = &desk.bench.instruments[0];
    rig_inline_profile(&profile,
                       "profile d { kind = csv title = t source = s separator = semicolon decimal = comma\n"
                       " columns = {time, k, air_temp} no-value = {\"n/a\"}\n"
                       " value k { key = k unit = \"1/m\" } value air_temp { key = air_temp unit = degC }\n}\n");
    bench_init(&desk.bench, &(struct bench_host){.ctx = &desk}, 0);
    bench_add(&desk.bench, sensor_driver_by_name("csv"), &config);
    bench_connect(&desk.bench, 0, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DECIMAL_TEXT_MAX] = "absent";
        uint64_t garbage = in->garbage_bytes;
        int64_t t_ms = (int64_t)i + 1;
        bool after_header = i > 0 && strstr(rows[i].line, "9;");
        if (!after_header && rows[i].why) { /* each complaint is told anew after a good line */
            bench_receive(&desk.bench, 0, (const uint8_t *)"time;k;air_temp\n0;1;1\n", 22, t_ms);
        }
        bench_receive(&desk.bench, 0, (const uint8_t *)rows[i].line, strlen(rows[i].line), t_ms);
        if (!rows[i].k) {
            assert_int_equal(in->garbage_bytes - garbage, strlen(rows[i].line));
            if (!after_header && !strstr(in->status_detail, rows[i].why))
                fail_msg("row %zu: %s", i, in->status_detail);
            continue;
        }
        assert_int_equal(in->garbage_bytes, garbage);
        if (in->last_ms[QUANTITY_K] == t_ms)
            decimal_format(in->last[QUANTITY_K].value, text);
        assert_string_equal(text, rows[i].k);
        assert_int_equal(in->status, STATUS_OK);
    }
}

static void test_command_names(void **state)
{
    (void)state;
    for (enum sensor_command c = 0; c < COMMAND_COUNT; c++)
        assert_int_equal(sensor_command_by_name(sensor_command_name(c)), c);
    assert_int_equal(sensor_command_by_name("explode"), COMMAND_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_driver_has_a_recording),
        cmocka_unit_test(test_recordings_give_what_is_expected),
        cmocka_unit_test(test_requests_are_the_recorded_ones),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_configuration_is_checked),
        cmocka_unit_test(test_configuration_at_its_bounds),
        cmocka_unit_test(test_nht6_commands),
        cmocka_unit_test(test_nht6_says_no),
        cmocka_unit_test(test_json_numbers),
        cmocka_unit_test(test_modbus_commands),
        cmocka_unit_test(test_status_in_its_own_block),
        cmocka_unit_test(test_csv_dialect),
        cmocka_unit_test(test_command_names),
    };
    return cmocka_run_group_tests(tests, find_recordings, forget_recordings);
}
