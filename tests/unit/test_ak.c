/* AK: the published frames, frames of any content, and a driver that gives orders only when a person does. */
#include "protocols/ak.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sensors/bench.h"
#include "tests/support/rig.h"

static void test_published_requests(void **state)
{
    (void)state;
    uint8_t request[AK_REQUEST_MAX];
    size_t length = ak_request("ASTZ", 0, request);
    assert_int_equal(length, 10);
    assert_memory_equal(request, "\x02\x20\x41\x53\x54\x5A\x20\x4B\x30\x03", 10);
    length = ak_request("AKON", 12, request);
    assert_int_equal(length, 11);
    assert_memory_equal(request, "\x02 AKON K12\x03", 11);
    assert_true(ak_is_code("SREM") && ak_is_code("ESTZ"));
    assert_false(ak_is_code("XREM") || ak_is_code("SRE") || ak_is_code("SREMO") || ak_is_code("Srem"));
}

static struct ak_reply parse(const char *frame)
{
    struct ak_reply reply;
    assert_true(ak_parse((const uint8_t *)frame, strlen(frame), &reply));
    return reply;
}

static void test_published_replies(void **state)
{
    (void)state;
    struct slice number;
    bool valid;
    struct ak_reply r = parse("\x02\x20\x41\x53\x54\x5A\x20\x30\x20\x53\x52\x45\x4D\x20\x53\x54\x42\x59\x03");
    assert_string_equal(r.code, "ASTZ");
    assert_int_equal(r.error, '0');
    assert_true(slice_is(r.data, " SREM STBY"));
    assert_int_equal(r.refusal, AK_ACCEPTED);
    r = parse("\x02\x20\x41\x4B\x4F\x4E\x20\x30\x20\x31\x32\x33\x2E\x34\x03");
    assert_true(ak_number(r.data, 0, &number, &valid) && valid && slice_is(number, "123.4"));
    assert_false(ak_number(r.data, 1, &number, &valid));
    r = parse("\x02 AIKG 0 #9999\x03");
    assert_true(ak_number(r.data, 0, &number, &valid) && !valid && slice_is(number, "9999"));
    assert_int_equal(parse("\x02 SLIN 0 K0 OF\x03").refusal, AK_OFFLINE);
    assert_int_equal(parse("\x02 ???? 0\x03").refusal, AK_NOT_UNDERSTOOD);
    assert_int_equal(parse("\x02 AKON 3 K1 DF\x03").refusal, AK_DATA); /* with a channel */
    assert_int_equal(parse("\x02 AKON 3 SE\x03").refusal, AK_SYNTAX);
    assert_int_equal(parse("\x02"
                           "0AKON 3 BS\x03")
                         .refusal,
                     AK_BUSY); /* another don't-care byte */
    assert_int_equal(parse("\x02 AKON 0 NA\x03").refusal, AK_NOT_AVAILABLE);
    r = parse("\x02 AKON 0 1.5 NA 2.5 12\x03"); /* several values and a time stamp; one of them not available */
    assert_int_equal(r.refusal, AK_ACCEPTED);
    assert_int_equal(ak_count_words(r.data), 4);
    assert_true(ak_number(r.data, 2, &number, &valid) && slice_is(number, "2.5"));
    assert_false(ak_number(r.data, 1, &number, &valid));
    assert_int_equal(ak_count_words(parse("\x02 SREM 0\x03").data), 0);
}

static void test_what_is_no_reply(void **state)
{
    (void)state;
    static const char *const frames[] = {
        "\x02 ASTZ 0",        "\x02 ASTZ\x03",     "\x02 ASTZ K0\x03",  "\x02 ASTZ  0\x03",
        "\x02 ASTZ 01 2\x03", "\x02 astz 0 1\x03", "\x02 XSTZ 0 1\x03", "\x02 ??? 0\x03",
    };
    struct ak_reply reply;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++)
        if (ak_parse((const uint8_t *)frames[i], strlen(frames[i]), &reply))
            fail_msg("%s was taken", frames[i] + 1);
}

static void test_frames(void **state)
{
    (void)state;
    static const uint8_t noise[] = "\x02 AK\x02 AKON 0 1\x03\r\n";
    size_t frame = 0;
    assert_int_equal(ak_find(noise, sizeof noise - 1, &frame), SLICE_BAD); /* a second STX: the first began nothing */
    assert_int_equal(ak_find(noise + 4, 10, &frame), SLICE_MORE);
    assert_int_equal(ak_find(noise + 4, sizeof noise - 5, &frame), SLICE_FRAME);
    assert_int_equal(frame, 11);
    assert_int_equal(ak_find(noise + 15, 2, &frame), SLICE_FRAME);
    assert_int_equal(frame, 1);
    assert_int_equal(ak_find((const uint8_t *)"A", 1, &frame), SLICE_BAD);
    uint8_t endless[AK_FRAME_MAX];
    memset(endless, ' ', sizeof endless);
    endless[0] = 0x02;
    assert_int_equal(ak_find(endless, sizeof endless - 1, &frame), SLICE_MORE);
    assert_int_equal(ak_find(endless, sizeof endless, &frame), SLICE_BAD);
}

static uint32_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*seed >> 33);
}

/* Whatever stands in a frame: taken apart or refused, and what is found lies inside it. */
static void test_any_frame(void **state)
{
    (void)state;
    static const char letters[] = "AKONSTZ?0123 #.-+BSEDFOFNA\x02\x03\r";
    uint64_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[40];
        size_t length = 1 + (size_t)(next(&seed) % 39);
        size_t frame = 0;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)letters[next(&seed) % (sizeof letters - 1)];
        memcpy(bytes, "\x02 AKON 0 ", length < 9 ? length : 9);
        if (ak_find(bytes, length, &frame) != SLICE_FRAME)
            continue;
        assert_true(frame <= length);
        struct ak_reply reply;
        if (!ak_parse(bytes, frame, &reply))
            continue;
        assert_true(reply.data.at >= (const char *)bytes && reply.data.at + reply.data.length < (char *)bytes + frame);
        for (unsigned i = 0; i < ak_count_words(reply.data); i++) {
            struct slice number;
            bool valid;
            struct decimal value;
            if (ak_number(reply.data, i, &number, &valid) && number.length < 18)
                assert_true(decimal_parse(&value, number.at, number.length) || memchr(number.at, '.', number.length));
        }
    }
}

/* ---- the driver ---- */

static struct bench bench;
static char sent[512];

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    (void)ctx;
    (void)instrument;
    assert_true(bytes[0] == 0x02 && bytes[length - 1] == 0x03);
    size_t used = strlen(sent);
    snprintf(sent + used, sizeof sent - used, "%.*s|", (int)length - 3, (const char *)bytes + 2);
}

static void plug_in_as(const struct profile *profile, int64_t poll_ms)
{
    const struct sensor_config config = {.name = "bench", .profile = profile, .poll_ms = poll_ms};
    const struct bench_host host = {.send = on_send};
    bench_init(&bench, &host, 0);
    bench_add(&bench, sensor_driver_by_name("ak"), &config);
    bench_connect(&bench, 0, 0);
    sent[0] = '\0';
}

static void plug_in(void)
{
    plug_in_as(rig_profile("ak-example"), 0);
}

/* The next request, which must be this one, and its answer 20 ms later. */
static void answer(const char *asked, const char *said)
{
    char frame[128];
    bench_advance(&bench, bench_next_ms(&bench));
    assert_string_equal(sent, asked);
    sent[0] = '\0';
    int length = snprintf(frame, sizeof frame, "\x02 %s\x03", said);
    bench_receive(&bench, 0, (const uint8_t *)frame, (size_t)length, bench.now_ms + 20);
}

static void assert_refused(enum sensor_command command, const char *words)
{
    struct err err = {0};
    assert_int_equal(bench_command(&bench, 0, command, bench.now_ms, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void test_orders_only_from_a_person(void **state)
{
    (void)state;
    const struct bench_instrument *in = &bench.instruments[0];
    plug_in();
    assert_refused(COMMAND_ZERO, "has not been identified yet");
    answer("AKEN K0|", "AKEN 0 ACME");
    answer("ASTZ K0|", "ASTZ 0 SMAN STBY");
    assert_int_equal(in->status, STATUS_STANDBY);
    for (int round = 0; round < 50; round++) { /* it stays in manual mode: nobody is told to go remote */
        bench_advance(&bench, bench_next_ms(&bench));
        assert_int_equal(sent[0], 'A');
        char reply[32];
        snprintf(reply, sizeof reply, "\x02 %.4s 0 %s\x03", sent, strncmp(sent, "ASTZ", 4) == 0 ? "SMAN STBY" : "1");
        sent[0] = '\0';
        bench_receive(&bench, 0, (const uint8_t *)reply, strlen(reply), bench.now_ms + 20);
        assert_int_equal(in->status, STATUS_STANDBY);
    }
    assert_int_equal(in->last[QUANTITY_NOX].quality, QUALITY_SUSPECT);
    assert_refused(COMMAND_CLEAR_MAXIMUM, "has no action 'clear-maximum'");
    assert_int_equal(bench_command(&bench, 0, COMMAND_REMOTE, bench.now_ms, NULL), 0);
    assert_refused(COMMAND_ZERO, "'remote' is still under way");
    answer("SREM K0|", "SREM 0");
    answer("ASTZ K0|", "ASTZ 0 SREM SMGA");
    assert_int_equal(in->status, STATUS_OK);
    assert_int_equal(bench_command(&bench, 0, COMMAND_ZERO, bench.now_ms, NULL), 0);
    answer("SNGA K0|", "SNGA 0 K0 OF");
    assert_int_equal(in->status, STATUS_STANDBY);
    assert_non_null(strstr(in->status_detail, "put it under remote control"));
    answer("ASTZ K0|", "ASTZ 0 SREM SNGA");
    assert_int_equal(in->status, STATUS_ZEROING);
    assert_int_equal(bench_command(&bench, 0, COMMAND_STANDBY, bench.now_ms, NULL), 0);
    bench_advance(&bench, bench_next_ms(&bench));
    assert_string_equal(sent, "STBY K0|");
    bench_advance(&bench, bench_next_ms(&bench)); /* no answer: an order is never given twice */
    assert_string_equal(in->status_detail, "no answer to STBY K0");
    sent[0] = '\0';
    answer("ASTZ K0|", "ASTZ 0 STBY");
}

/* An answer that comes after its time is not taken for the answer to another channel. */
static void test_late_answers(void **state)
{
    (void)state;
    const struct bench_instrument *in = &bench.instruments[0];
    plug_in();
    answer("AKEN K0|", "AKEN 0 ACME");
    answer("ASTZ K0|", "ASTZ 0 SREM SMGA");
    bench_advance(&bench, bench_next_ms(&bench));
    assert_string_equal(sent, "AKON K1|");
    sent[0] = '\0';
    bench_advance(&bench, bench_next_ms(&bench)); /* its time is up */
    bench_receive(&bench, 0, (const uint8_t *)"\x02 AKON 0 55\x03", 12, bench.now_ms + 400);
    assert_int_equal(in->samples, 0);
    answer("ASTZ K0|", "ASTZ 0 SREM SMGA");
    answer("AKON K2|", "AKON 0 7");
    assert_int_equal(in->last[QUANTITY_NOX].value.units, 7);
    assert_int_equal(in->last_ms[QUANTITY_CO], -1);
    answer("ATEM K0|", "AKON 0 8"); /* the answer to something else */
    assert_int_equal(in->samples, 1);
}

/* A maker's own words and error numbers, and a model that must answer. */
static const struct profile *own_words(void)
{
    static struct profile profile;
    rig_inline_profile(&profile, "profile a { kind = ak title = t source = s poll-ms = 500 stale-ms = 60000\n"
                                 " identify { ask = \"AKEN\" model = \"ACME\" }\n"
                                 " status { word = \"SFLO\" means = low_flow }\n"
                                 " status { word = \"STBY\" means = busy }\n"
                                 " status { error = \"17\" means = sensor_expired }\n"
                                 " value nox { ask = \"AKON\" channel = 2 scale = 10 unit = \"1e-6\" min = 0 }\n"
                                 " action remote { send = \"SREM\" }\n}\n");
    return &profile;
}

static void test_the_profile_explains(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        enum instrument_status status;
        const char *detail;
    } rows[] = {
        {"ASTZ 0 SREM SMGA", STATUS_OK, ""},
        {"ASTZ 0 SREM SFLO", STATUS_LOW_FLOW, "state SREM SFLO"},
        {"ASTZ 0 STBY", STATUS_BUSY, "state STBY"},           /* the profile goes before the usual meaning */
        {"ASTZ 0 SREM 17", STATUS_INTERNAL, "state SREM 17"}, /* an error's number is no word */
        {"ASTZ 0 SREM SXXX SFLO", STATUS_INTERNAL, "state SREM SXXX SFLO"},
        {"ASTZ 0", STATUS_OK, ""},
        {"ASTZ 0 SREM SXXX AAAA BBBB CCCC DDDD EEEE FFFF GGGG HHHH", STATUS_INTERNAL,
         "state SREM SXXX AAAA BBBB CCCC DDDD EEEE FFFF"},
    };
    const struct bench_instrument *in = &bench.instruments[0];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        plug_in_as(own_words(), 0);
        answer("AKEN K0|", "AKEN 0 ACME 700");
        assert_string_equal(in->sensor.identity.model, "ACME 700");
        answer("ASTZ K0|", rows[i].said);
        if (in->status != rows[i].status || strncmp(in->status_detail, rows[i].detail, strlen(rows[i].detail)) != 0)
            fail_msg("%s: %s", rows[i].said, in->status_detail);
        assert_true(strlen(in->status_detail) < 50);
    }
}

/* Each error digit that is new has its list asked for, and until then what is wrong is not known. */
static void test_error_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *list, *text;
        enum instrument_status status;
        const char *detail;
    } rows[] = {
        {"ASTF 3 17", "17", STATUS_SENSOR_EXPIRED, "errors 17"},
        {"ASTF 3 99 17", "99 17", STATUS_INTERNAL, "errors 99 17"},
        {"ASTF 3 SFLO", "SFLO", STATUS_INTERNAL, "errors SFLO"},        /* a word is no error's number */
        {"ASTF 3", "", STATUS_INTERNAL, "its list has been asked for"}, /* it has an error and names none */
        {"ASTF 3 SE", NULL, STATUS_INTERNAL, "ASTF K0: syntax error"},
    };
    const struct bench_instrument *in = &bench.instruments[0];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        plug_in_as(own_words(), 0);
        answer("AKEN K0|", "AKEN 0 ACME");
        answer("ASTZ K0|", "ASTZ 0 SREM");
        answer("AKON K2|", "AKON 3 7");
        assert_int_equal(in->status, STATUS_INTERNAL);
        assert_string_equal(in->status_detail, "it reports an error; its list has been asked for");
        assert_int_equal(in->last[QUANTITY_NOX].quality, QUALITY_SUSPECT);
        answer("ASTF K0|", rows[i].list);
        if (in->status != rows[i].status || !strstr(in->status_detail, rows[i].detail))
            fail_msg("%s: %s", rows[i].list, in->status_detail);
        if (!rows[i].text) {
            answer("ASTZ K0|", "ASTZ 3 SREM"); /* it may say there why it would not */
        } else {
            assert_string_equal(in->said[TEXT_ERROR], rows[i].text);
        }
        answer("AKON K2|", "AKON 3 7"); /* the same digit: its list is not asked for again */
        assert_int_equal(in->last[QUANTITY_NOX].quality, QUALITY_SUSPECT);
        answer("AKON K2|", "AKON 0 7");
        assert_int_equal(in->status, STATUS_OK);
        assert_int_equal(in->last[QUANTITY_NOX].quality, QUALITY_OK);
    }
}

static void test_another_model(void **state)
{
    (void)state;
    const struct bench_instrument *in = &bench.instruments[0];
    plug_in_as(own_words(), 0);
    answer("AKEN K0|", "AKEN 0 OTHER 1");
    assert_int_equal(in->status, STATUS_WRONG_MODEL);
    assert_string_equal(in->status_detail, "'OTHER 1' answers where ACME is configured");
    assert_int_equal(in->wake_ms, -1); /* it is left alone */
    assert_refused(COMMAND_REMOTE, "another instrument answers than profile a expects");
    plug_in_as(own_words(), 0);
    answer("AKEN K0|", "AKEN 0 SE"); /* one that will not say who it is is not taken for the one that is expected */
    assert_int_equal(in->status, STATUS_INTERNAL);
    assert_refused(COMMAND_REMOTE, "has not been identified yet");
    answer("AKEN K0|", "AKEN 0 ACME");
    assert_int_equal(in->status, STATUS_OK);
    assert_int_equal(bench_command(&bench, 0, COMMAND_REMOTE, bench.now_ms, NULL), 0);
}

static void test_numbers_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        const char *value; /* NULL: no sample */
        enum quality quality;
    } rows[] = {
        {"AKON 0 7", "70", QUALITY_OK},
        {"AKON 0 #7", "70", QUALITY_SUSPECT},
        {"AKON 0 -7", "-70", QUALITY_OUT_OF_RANGE},
        {"AKON 0", NULL, QUALITY_OK},
        {"AKON 0 x", NULL, QUALITY_OK},
        {"AKON 0 #", NULL, QUALITY_OK},
        {"AKON 0 1.23456789012", NULL, QUALITY_OK},
        {"AKON 0 9000000000000000000", NULL, QUALITY_OK},
        {"AKON 0 NA", NULL, QUALITY_OK},
        {"AKON 0 K2 NA", NULL, QUALITY_OK},
    };
    const struct bench_instrument *in = &bench.instruments[0];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DECIMAL_TEXT_MAX];
        plug_in_as(own_words(), 0);
        answer("AKEN K0|", "AKEN 0 ACME");
        answer("ASTZ K0|", "ASTZ 0 SREM");
        answer("AKON K2|", rows[i].said);
        if ((rows[i].value != NULL) != (in->samples == 1))
            fail_msg("%s: %u samples", rows[i].said, (unsigned)in->samples);
        assert_int_equal(in->status, STATUS_OK);
        if (!rows[i].value)
            continue;
        decimal_format(in->last[QUANTITY_NOX].value, text);
        assert_string_equal(text, rows[i].value);
        assert_int_equal(in->last[QUANTITY_NOX].quality, rows[i].quality);
    }
}

/* Rounds of values keep the configured pace, or else the profile's. */
static void test_pace(void **state)
{
    (void)state;
    for (int64_t pace = 0; pace <= 1500; pace += 1500) {
        plug_in_as(own_words(), pace);
        answer("AKEN K0|", "AKEN 0 ACME");
        answer("ASTZ K0|", "ASTZ 0 SREM");
        answer("AKON K2|", "AKON 0 7");
        int64_t asked_ms = bench.now_ms - 20;
        assert_int_equal(bench.instruments[0].wake_ms, asked_ms + (pace ? pace : 500));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_requests),
        cmocka_unit_test(test_published_replies),
        cmocka_unit_test(test_what_is_no_reply),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_any_frame),
        cmocka_unit_test(test_orders_only_from_a_person),
        cmocka_unit_test(test_late_answers),
        cmocka_unit_test(test_the_profile_explains),
        cmocka_unit_test(test_error_numbers),
        cmocka_unit_test(test_another_model),
        cmocka_unit_test(test_numbers_that_are_none),
        cmocka_unit_test(test_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
