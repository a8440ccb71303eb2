/* Frames of every rule, published ones where there are any; cut anywhere; one wrong byte anywhere. */
#include "protocols/bytecodec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct bytecodec_answer nanhua = {.checksum = {BYTECODEC_ZERO, 0},
                                               .error = {.at = 0, .value = 0x15, .length = 2}};
static const struct bytecodec_answer complement = {.checksum = {BYTECODEC_COMPLEMENT, 18}};
static const struct bytecodec_answer mingquan = {.length = BYTECODEC_LENGTH_BYTE,
                                                 .length_at = 2,
                                                 .length_more = 1,
                                                 .checksum = {BYTECODEC_ZERO, 0},
                                                 .error = {.at = 0, .value = 0x15, .length = 1}};
static const struct bytecodec_answer sensors = {.length = BYTECODEC_WORDS_LE16,
                                                .length_at = 2,
                                                .length_more = 6,
                                                .checksum = {BYTECODEC_LE16, 0},
                                                .error = {.at = 1, .value = 0x15, .framed = true},
                                                .busy = {.at = 1, .value = 0x05, .framed = true}};
static const struct bytecodec_answer fofen = {.checksum = {BYTECODEC_ZERO, 0},
                                              .error = {.at = 2, .value = 0xFF, .length = 4}};

static const struct bytecodec_exchange nht_values = {BYTECODEC_HEAD(0xA5), .reply_length = 10};
static const struct bytecodec_exchange fty_values = {BYTECODEC_HEAD(0x02), .head_at = 2, .reply_length = 10};
static const struct bytecodec_exchange mqw_values = {BYTECODEC_HEAD(0x06, 0x60), .reply_length = 8};
static const struct bytecodec_exchange mqw_any = {BYTECODEC_HEAD(0x06)};
static const struct bytecodec_exchange bench_values = {BYTECODEC_HEAD(0x03, 0x06), .reply_length = 26};
static const struct bytecodec_exchange one_byte = {.reply_length = 1};

static size_t bytes_of(const char *hex, uint8_t *out)
{
    size_t length = 0;
    for (; hex[0] && hex[1]; hex += hex[2] == ' ' ? 3 : 2) {
        char digits[3] = {hex[0], hex[1], '\0'};
        out[length++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return length;
}

static const struct {
    const char *what;
    const struct bytecodec_exchange *exchange;
    const struct bytecodec_answer *answer;
    const char *hex;
    enum bytecodec_found found;
    size_t length;
} frames[] = {
    {"NHT-6 values, published", &nht_values, &nanhua, "A5 00 EA 00 3E 02 EE 01 66 DC", BYTECODEC_REPLY, 10},
    {"an error", &nht_values, &nanhua, "15 07", BYTECODEC_ERROR, 2},
    {"another command's reply", &nht_values, &nanhua, "A6 00 EA 00 3E 02 EE 01 66 DB", BYTECODEC_BAD, 0},
    {"Microbench data, published", &bench_values, &sensors,
     "03 06 0A 00 00 00 78 00 2D 00 AA 05 05 00 36 01 20 03 55 00 FA 00 EB 03 03 04", BYTECODEC_REPLY, 26},
    {"Microbench busy", &bench_values, &sensors, "03 05 00 00 08 00", BYTECODEC_BUSY, 6},
    {"Microbench no", &bench_values, &sensors, "03 15 00 00 18 00", BYTECODEC_ERROR, 6},
    {"Microbench, one word too few", &bench_values, &sensors,
     "03 06 09 00 00 00 78 00 2D 00 AA 05 05 00 36 01 20 03 55 00 FA 00 14 03", BYTECODEC_BAD, 0},
    {"busy with something else", &bench_values, &sensors, "04 05 00 00 09 00", BYTECODEC_BAD, 0},
    {"MQW with its length", &mqw_values, &mingquan, "06 60 07 00 01 02 03 8D", BYTECODEC_REPLY, 8},
    {"MQW of another length", &mqw_values, &mingquan, "06 60 06 00 01 02 91", BYTECODEC_BAD, 0},
    {"MQW of any length", &mqw_any, &mingquan, "06 60 06 00 01 02 91", BYTECODEC_REPLY, 7},
    {"MQW no", &mqw_values, &mingquan, "15", BYTECODEC_ERROR, 1},
    {"a length shorter than the frame's own head", &mqw_any, &mingquan, "06 FA 00 00", BYTECODEC_BAD, 0},
    {"FTY: the command stands third", &fty_values, &fofen, "01 02 02 00 EA 01 66 02 EE A4", BYTECODEC_BAD, 0},
    {"FTY good", &fty_values, &fofen, "01 02 02 00 EA 01 66 02 EE BA", BYTECODEC_REPLY, 10},
    {"FTY no", &fty_values, &fofen, "01 02 FF FE", BYTECODEC_ERROR, 4},
    {"anything", &one_byte, &(const struct bytecodec_answer){0}, "02", BYTECODEC_REPLY, 1},
    {"anything but the sign for no", &one_byte,
     &(const struct bytecodec_answer){.error = {.at = 0, .value = 0x01, .length = 1}}, "01", BYTECODEC_ERROR, 1},
};

static void finds_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        uint8_t buf[64];
        size_t frame = 0;
        size_t length = bytes_of(frames[i].hex, buf);
        enum bytecodec_found found = bytecodec_find(frames[i].exchange, frames[i].answer, buf, length, &frame);
        if (found != frames[i].found || (found != BYTECODEC_BAD && frame != frames[i].length))
            fail_msg("%s: %d of %zu", frames[i].what, found, frame);
    }
}

/* What may still become a frame is waited for; what follows a frame does not matter. */
static void waits_for_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        uint8_t buf[64] = {0};
        size_t frame = 0;
        size_t length = bytes_of(frames[i].hex, buf);
        for (size_t n = 1; frames[i].found != BYTECODEC_BAD && n < length; n++)
            if (bytecodec_find(frames[i].exchange, frames[i].answer, buf, n, &frame) != BYTECODEC_MORE)
                fail_msg("%s: does not wait at %zu", frames[i].what, n);
        if (frames[i].found != BYTECODEC_BAD)
            assert_int_equal(bytecodec_find(frames[i].exchange, frames[i].answer, buf, sizeof buf, &frame),
                             frames[i].found);
    }
}

static void one_wrong_byte_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        uint8_t buf[64];
        size_t frame = 0;
        size_t length = bytes_of(frames[i].hex, buf);
        if (frames[i].found != BYTECODEC_REPLY || length == 1)
            continue;
        for (size_t at = 0; at < length; at++)
            for (int wrong = 1; wrong < 256; wrong++) {
                buf[at] ^= (uint8_t)wrong;
                if (bytecodec_find(frames[i].exchange, frames[i].answer, buf, length, &frame) == BYTECODEC_REPLY)
                    fail_msg("%s: byte %zu wrong by %02x", frames[i].what, at, (unsigned)wrong);
                buf[at] ^= (uint8_t)wrong;
            }
    }
}

/* A count that no instrument sends must not be waited for. */
static void endless_frames_are_none(void **state)
{
    (void)state;
    const uint8_t buf[] = {0x03, 0x06, 0xFF, 0x7F, 0x00};
    size_t frame = 0;
    static const struct bytecodec_exchange any = {BYTECODEC_HEAD(0x03, 0x06)};
    assert_int_equal(bytecodec_find(&any, &sensors, buf, sizeof buf, &frame), BYTECODEC_BAD);
}

/* Published requests and replies carry the checksums that the rules give. */
static void seals_as_published(void **state)
{
    (void)state;
    static const struct {
        struct bytecodec_checksum rule;
        const char *hex;
    } rows[] = {
        {{BYTECODEC_ZERO, 0}, "A5 5B"},
        {{BYTECODEC_ZERO, 0}, "02 04 02 F8"},
        {{BYTECODEC_ZERO, 0}, "66 74 79 01 02 02 A8"},
        {{BYTECODEC_ZERO, 0}, "05 32 03 C6"},
        {{BYTECODEC_ZERO, 0}, "02 68 04 00 92"},
        {{BYTECODEC_ZERO, 0}, "06 18 00 01 F4 ED"},
        {{BYTECODEC_ZERO, 0}, "75 00 EA 55 5A 00 10 E2"},
        {{BYTECODEC_LE16, 0}, "03 00 02 00 00 00 00 00 05 00"},
        {{BYTECODEC_COMPLEMENT, 1}, "7E 01 F4 0A"},
        {{BYTECODEC_COMPLEMENT, 5}, "7E 01 F4 0A 7E 04 00 01 02 02 F6"},
        {{BYTECODEC_COMPLEMENT, 5}, "7E 01 F4 0A 7E 0A 00 01 0E 02 01 00 00 00 00 00 E3"},
        {{BYTECODEC_COMPLEMENT, 5}, "7E 01 F4 0A 7E 04 00 01 16 45 9F"},
        {{BYTECODEC_PLAIN, 0}, "06 01 02 FF 08"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t good[32], sealed[32];
        size_t length = bytes_of(rows[i].hex, good);
        memcpy(sealed, good, length);
        sealed[length - 1] ^= 0x5A;
        assert_false(bytecodec_checksum_good(rows[i].rule, sealed, length));
        bytecodec_seal(rows[i].rule, sealed, length);
        if (memcmp(good, sealed, length) != 0 || !bytecodec_checksum_good(rows[i].rule, good, length))
            fail_msg("%s", rows[i].hex);
    }
    assert_false(bytecodec_checksum_good(complement.checksum, (const uint8_t *)"short", 5));
    assert_int_equal(bytecodec_checksum_size(BYTECODEC_NONE), 0);
}

static void reads_numbers(void **state)
{
    (void)state;
    static const struct {
        enum bytecodec_kind kind;
        const char *hex;
        int32_t number;
    } rows[] = {
        {BYTECODEC_U8, "FF", 255},
        {BYTECODEC_U16, "00 EA", 234},
        {BYTECODEC_U16, "FF FE", 65534},
        {BYTECODEC_S16, "FF FE", -2},
        {BYTECODEC_S16, "80 00", -32768},
        {BYTECODEC_S16, "7F FF", 32767},
        {BYTECODEC_SIGNED_MAGNITUDE16, "80 7B", -123},
        {BYTECODEC_SIGNED_MAGNITUDE16, "00 7B", 123},
        {BYTECODEC_U16_LE, "EB 83", 0x83EB},
        {BYTECODEC_S16_LE, "FE FF", -2},
        {BYTECODEC_S16_LE, "78 00", 120},
        {BYTECODEC_ASCII4, "30 37 35 30", 750},
        {BYTECODEC_ASCII4, "20 20 20 35", 5},
        {BYTECODEC_ASCII4, "20 2D 31 32", -12},
        {BYTECODEC_ASCII4, "2B 30 30 39", 9},
        {BYTECODEC_ASCII4, "39 39 39 39", 9999},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[4];
        int32_t number;
        assert_int_equal(bytes_of(rows[i].hex, bytes), bytecodec_size(rows[i].kind));
        assert_true(bytecodec_number(rows[i].kind, bytes, &number));
        if (number != rows[i].number)
            fail_msg("%s became %d", rows[i].hex, (int)number);
    }
    static const char *const none[] = {"    ", "----", "12.3", " 1 2", "   -", "1234", "E123", "1-23", "12 \xFF"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        int32_t number;
        bool is_number = bytecodec_number(BYTECODEC_ASCII4, (const uint8_t *)none[i], &number);
        assert_true(is_number == (strcmp(none[i], "1234") == 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_frames),           cmocka_unit_test(waits_for_the_rest),
        cmocka_unit_test(one_wrong_byte_is_seen), cmocka_unit_test(endless_frames_are_none),
        cmocka_unit_test(seals_as_published),     cmocka_unit_test(reads_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
