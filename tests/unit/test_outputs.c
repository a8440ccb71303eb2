/* Printer and sign: what goes out, when it waits, and how a job ends. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/bench.h"
#include "sensors/drivers/drivers.h"

enum { WIDTH = 72, ROWS = 40, SENT_MAX = 8192 };

static struct bench bench;
static uint8_t sent[SENT_MAX], raster[WIDTH * ROWS];
static size_t sent_length;
static char trouble[100];
static int done;
static struct err err;

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    (void)ctx;
    (void)instrument;
    assert_true(length <= RECORDING_CHUNK_MAX && sent_length + length <= SENT_MAX);
    memcpy(sent + sent_length, bytes, length);
    sent_length += length;
}

static void on_done(void *ctx, int instrument, const char *why)
{
    (void)ctx;
    (void)instrument;
    done++;
    snprintf(trouble, sizeof trouble, "%s", why);
}

static void open_bench(const struct sensor_driver *driver)
{
    const struct bench_host host = {.send = on_send, .output_done = on_done};
    const struct sensor_config config = {.name = "out"};
    bench_init(&bench, &host, 0);
    assert_int_equal(bench_add(&bench, driver, &config), 0);
    sent_length = 0;
    done = 0;
    err = (struct err){0};
    bench_connect(&bench, 0, 0);
}

static void answer(uint8_t b, int64_t t_ms)
{
    bench_receive(&bench, 0, &b, 1, t_ms);
}

static const struct sensor_job picture = {.raster = raster, .width_bytes = WIDTH, .rows = ROWS};

/* Answers every question as a printer in good order does; checks that it asks before it goes on. */
static void print_all(int64_t t_ms)
{
    for (int i = 0; i < 20 && !done; i++) {
        assert_memory_equal(sent + sent_length - 3, "\x10\x04\x01", 3);
        answer(0x12, t_ms += 10);
    }
}

static void test_a_picture_goes_out_in_bands(void **state)
{
    (void)state;
    memset(raster, 0xa5, sizeof raster);
    open_bench(&driver_escpos);
    answer(0x12, 10);
    sent_length = 0;
    assert_int_equal(bench_output(&bench, 0, &picture, 100, &err), 0);
    assert_int_equal(bench_output(&bench, 0, &picture, 100, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    print_all(100);
    assert_int_equal(done, 1);
    assert_string_equal(trouble, "");
    assert_memory_equal(sent, "\x1b\x40\x10\x04\x01\x1d\x76\x30\0\x48\0\x06\0\xa5", 14);
    size_t bands = 7 * 8 + sizeof raster, questions = 9 * 3; /* before, after each of seven bands, after the end */
    assert_int_equal(sent_length, 2 + bands + questions + 6);
    assert_memory_equal(sent + sent_length - 9, "\x1b\x64\x04\x1d\x56\0\x10\x04\x01", 9);
    assert_int_equal(bench_output(&bench, 0, &picture, 2000, &err), 0);
}

static void test_no_command_hides_in_a_picture(void **state)
{
    (void)state;
    static const uint8_t traps[] = {0x10, 0x04, 0x10, 0x05, 0x10, 0x14, 0x10, 0x10, 0x04};
    for (size_t i = 0; i < sizeof raster; i++)
        raster[i] = traps[i % sizeof traps];
    open_bench(&driver_escpos);
    answer(0x12, 10);
    sent_length = 0;
    assert_int_equal(bench_output(&bench, 0, &picture, 100, &err), 0);
    print_all(100);
    size_t questions = 0;
    for (size_t i = 1; i < sent_length; i++) {
        assert_false(sent[i - 1] == 0x10 && (sent[i] == 0x05 || sent[i] == 0x14));
        questions += sent[i - 1] == 0x10 && sent[i] == 0x04;
    }
    assert_int_equal(questions, 9);
}

static void test_troubles_end_a_job(void **state)
{
    (void)state;
    open_bench(&driver_escpos);
    assert_int_equal(bench_output(&bench, 0, &picture, 5, &err), -1); /* it has not said yet that it is well */
    answer(0x12, 10);
    assert_int_equal(bench_output(&bench, 0, &picture, 20, &err), 0);
    answer(0x12, 30);
    answer(0x1a, 40);
    assert_memory_equal(sent + sent_length - 3, "\x10\x04\x02", 3);
    answer(0x36, 50);
    assert_int_equal(done, 1);
    assert_string_equal(trouble, "out of paper");
    assert_int_equal(bench.instruments[0].status, STATUS_INTERNAL);
    assert_int_equal(bench_output(&bench, 0, &picture, 60, &err), -1);
    assert_non_null(strstr(err.text, "out of paper"));
    bench_advance(&bench, 2000);
    answer(0x12, 2010);
    assert_int_equal(bench.instruments[0].status, STATUS_OK);
    assert_int_equal(bench_output(&bench, 0, &picture, 2020, &err), 0);
    bench_advance(&bench, 20000);
    assert_int_equal(done, 2);
    assert_non_null(strstr(trouble, "no answer"));
    answer(0x12, 20010);
    assert_int_equal(bench_output(&bench, 0, &picture, 20020, &err), 0);
    bench_disconnect(&bench, 0, 20030);
    assert_int_equal(done, 3);
    assert_non_null(strstr(trouble, "link is lost"));
    assert_int_equal(bench_output(&bench, 0, &picture, 20040, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
}

static void test_what_cannot_be_printed(void **state)
{
    (void)state;
    struct sensor_job wide = picture, text = {.text = "x"};
    struct sensor_job low = picture, narrow = picture;
    wide.width_bytes = 81;
    low.rows = 0;
    narrow.width_bytes = 0;
    open_bench(&driver_escpos);
    answer(0x12, 10);
    assert_int_equal(bench_output(&bench, 0, &wide, 20, &err), -1);
    assert_int_equal(bench_output(&bench, 0, &text, 20, &err), -1);
    assert_int_equal(bench_output(&bench, 0, &low, 20, &err), -1);
    assert_int_equal(bench_output(&bench, 0, &narrow, 20, &err), -1);
    assert_string_equal(err.text, "a printer takes a picture of at most 640 dots width");
    assert_int_equal(done, 0);
}

static const uint8_t *unescape(size_t *length)
{
    static uint8_t plain[SENT_MAX];
    *length = 0;
    for (size_t i = 0; i < sent_length; i++) {
        uint8_t b = sent[i];
        if (b == 0x1b) {
            b = sent[++i] == 0xe7 ? 2 : sent[i] == 0xe8 ? 3 : 0x1b;
            assert_true(sent[i] == 0xe7 || sent[i] == 0xe8 || sent[i] == 0);
        }
        plain[(*length)++] = b;
    }
    return plain;
}

/* A CRC of the whole with its own two bytes, low one first, is 0. */
static uint16_t crc_of(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xffff;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = (uint16_t)(crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1);
    }
    return crc;
}

static void test_a_sign_gets_one_frame(void **state)
{
    (void)state;
    static const char *const texts[][2] = {{"PASS", "PASS"},
                                           {"a\\c\x1b\r\n\x02", "a?c????"},
                                           {"\xd0\xc2 \x81\x5c", "\xd0\xc2 ?"},
                                           {"\xd0", "?"},
                                           {"a\x7f"
                                            "b\xd0\x7f",
                                            "a?b?"},
                                           {"\x80z\x81 ", "?z? "}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct sensor_job job = {.text = texts[i][0]};
        open_bench(&driver_sansi);
        assert_int_equal(bench_output(&bench, 0, &job, 10, &err), 0);
        assert_int_equal(done, 1);
        size_t length;
        assert_null(memchr(sent + 1, 2, sent_length - 1));
        assert_ptr_equal(memchr(sent, 3, sent_length), sent + sent_length - 1);
        const uint8_t *plain = unescape(&length);
        assert_memory_equal(plain,
                            "\x02"
                            "0010play.lst+\0\0\0\0[playlist]\r\n",
                            29);
        uint16_t crc = crc_of(plain + 1, length - 4);
        assert_int_equal(plain[length - 3], crc >> 8);
        assert_int_equal(plain[length - 2], crc & 0xff);
        size_t text = strlen(texts[i][1]);
        assert_memory_equal(plain + length - 3 - text, texts[i][1], text);
    }
}

/* Of many texts some have a checksum with bytes that stand for the frame's own ends; each must arrive whole. */
static void test_a_checksum_that_looks_like_an_end(void **state)
{
    (void)state;
    unsigned seen[256] = {0};
    for (int i = 0; i < 600; i++) {
        char text[16];
        size_t length;
        snprintf(text, sizeof text, "T%d", i);
        const struct sensor_job job = {.text = text};
        open_bench(&driver_sansi);
        assert_int_equal(bench_output(&bench, 0, &job, 10, &err), 0);
        assert_null(memchr(sent + 1, 2, sent_length - 1));
        assert_ptr_equal(memchr(sent, 3, sent_length), sent + sent_length - 1);
        const uint8_t *plain = unescape(&length);
        assert_int_equal(crc_of(plain + 1, length - 4), plain[length - 3] << 8 | plain[length - 2]);
        seen[plain[length - 3]]++;
        seen[plain[length - 2]]++;
    }
    assert_true(seen[0x02] > 0 && seen[0x03] > 0 && seen[0x1b] > 0);
}

static void test_what_cannot_be_shown(void **state)
{
    (void)state;
    open_bench(&driver_sansi);
    assert_int_equal(bench_output(&bench, 0, &picture, 10, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.text, "a sign takes a text");
    assert_int_equal(sent_length, 0);
    assert_int_equal(done, 0);
}

/* What a sign says is not known: whatever stands between its marks is taken, what has no end is not waited for. */
static void test_a_sign_may_say_anything(void **state)
{
    (void)state;
    const struct bench_instrument *in = &bench.instruments[0];
    open_bench(&driver_sansi);
    bench_receive(&bench, 0, (const uint8_t *)"\x02OK\x03\x02", 5, 10);
    assert_int_equal(in->frames, 1);
    bench_receive(&bench, 0, (const uint8_t *)"\x03", 1, 20);
    assert_int_equal(in->frames, 2);
    bench_receive(&bench, 0, (const uint8_t *)"OK", 2, 30);
    assert_int_equal(in->garbage_bytes, 2);
    uint8_t endless[512] = {0x02};
    bench_receive(&bench, 0, endless, sizeof endless - 1, 40);
    assert_int_equal(in->garbage_bytes, 2);
    bench_receive(&bench, 0, endless + 1, 1, 50);
    assert_int_equal(in->garbage_bytes, 2 + sizeof endless);
    assert_int_equal(in->frames, 2);
}

static void test_a_long_text_is_cut(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const struct sensor_job job = {.text = text};
    open_bench(&driver_sansi);
    assert_int_equal(bench_output(&bench, 0, &job, 10, &err), 0);
    size_t count = 0;
    for (size_t i = 0; i < sent_length; i++)
        count += sent[i] == 'x';
    assert_int_equal(count, 64);
    memcpy(text + 63, "\xd0\xc2", 2); /* a character of which half is beyond */
    open_bench(&driver_sansi);
    assert_int_equal(bench_output(&bench, 0, &job, 10, &err), 0);
    size_t length;
    const uint8_t *plain = unescape(&length);
    assert_memory_equal(plain + length - 3 - 4, "xxx?", 4);
}

static void test_outputs_are_in_no_test(void **state)
{
    (void)state;
    open_bench(&driver_escpos);
    answer(0x12, 10);
    assert_false(bench.instruments[0].in_test);
    assert_int_equal(bench_output(&bench, 0, &picture, 20, &err), 0);
    bench_disconnect(&bench, 0, 30);
    assert_int_equal(done, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_picture_goes_out_in_bands),
        cmocka_unit_test(test_no_command_hides_in_a_picture),
        cmocka_unit_test(test_troubles_end_a_job),
        cmocka_unit_test(test_what_cannot_be_printed),
        cmocka_unit_test(test_a_sign_gets_one_frame),
        cmocka_unit_test(test_a_long_text_is_cut),
        cmocka_unit_test(test_a_checksum_that_looks_like_an_end),
        cmocka_unit_test(test_what_cannot_be_shown),
        cmocka_unit_test(test_a_sign_may_say_anything),
        cmocka_unit_test(test_outputs_are_in_no_test),
    };
    return cmocka_run_group_tests_name("outputs", tests, NULL, NULL);
}
