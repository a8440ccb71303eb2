/* The text form of recordings: what is written is what is read, and everything else is refused by line. */
#include "sensors/recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* The example in the header of sensors/recording.h. */
static const char example[] = "# smogd recording 1\n"
                              "# instrument = smoke\n"
                              "# driver = nht6\n"
                              "# a note\n"
                              "# source = synthetic\n"
                              "0 > a55b #1\n"
                              "12 < a500ea003e02ee0166dc #2\n"
                              "\n"
                              "# a comment between\n"
                              "500 ! link down #3\n"
                              "812 ! key confirm #4\n"
                              "900 ! key abort engine noise #5\n"
                              "900 < 00\n";

static void open_text(struct recording *r, const char *text)
{
    struct err err;
    assert_int_equal(recording_open(r, text, strlen(text), &err), 0);
}

static void test_reads_example(void **state)
{
    (void)state;
    struct recording r;
    struct recording_line line;
    open_text(&r, example);
    assert_string_equal(recording_header(&r, "instrument"), "smoke");
    assert_string_equal(recording_header(&r, "source"), "synthetic");
    assert_null(recording_header(&r, "profile"));
    assert_int_equal(recording_next(&r, &line, NULL), 1);
    assert_int_equal(line.direction, RECORDING_SENT);
    assert_memory_equal(line.bytes, "\xA5\x5B", 2);
    assert_int_equal(recording_next(&r, &line, NULL), 1);
    assert_int_equal(line.t_ms, 12);
    assert_int_equal(line.number, 2);
    assert_int_equal(line.length, 10);
    assert_memory_equal(line.bytes, "\xA5\x00\xEA\x00\x3E\x02\xEE\x01\x66\xDC", 10);
    assert_int_equal(recording_next(&r, &line, NULL), 1);
    assert_string_equal(line.text, "link down");
    assert_int_equal(recording_next(&r, &line, NULL), 1);
    assert_string_equal(line.text, "key confirm");
    assert_int_equal(recording_next(&r, &line, NULL), 1);
    assert_string_equal(line.text, "key abort engine noise");
    assert_int_equal(line.number, 5);
    assert_int_equal(recording_next(&r, &line, NULL), 1);
    assert_int_equal(line.number, 0);
    assert_int_equal(recording_next(&r, &line, NULL), 0);
}

static void test_writes_what_it_reads(void **state)
{
    (void)state;
    struct recording r;
    struct recording_line line;
    char again[sizeof example] = "# smogd recording 1\n";
    size_t length = strlen(again);
    open_text(&r, example);
    while (recording_next(&r, &line, NULL) == 1) {
        ptrdiff_t n = recording_format(&line, again + length, sizeof again - length);
        assert_true(n > 0);
        length += (size_t)n;
    }
    assert_string_equal(again + strlen("# smogd recording 1\n"), "0 > a55b #1\n"
                                                                 "12 < a500ea003e02ee0166dc #2\n"
                                                                 "500 ! link down #3\n"
                                                                 "812 ! key confirm #4\n"
                                                                 "900 ! key abort engine noise #5\n"
                                                                 "900 < 00\n");
}

/* A reason may look like a number, end in blanks or hold any character: the number behind it is the last one. */
static void test_text_survives(void **state)
{
    (void)state;
    static const char *const texts[] = {"key abort lane #12", "key abort  two ", "key abort 噪声",
                                        "key abort #",        "key abort # 7",   "x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct recording_line line = {.t_ms = 7, .direction = RECORDING_EVENT, .number = 99};
        struct recording_line back;
        struct recording r;
        char text[RECORDING_TEXT_MAX + 64] = "# smogd recording 1\n";
        strcpy(line.text, texts[i]);
        assert_true(recording_format(&line, text + strlen(text), sizeof text - strlen(text)) > 0);
        open_text(&r, text);
        assert_int_equal(recording_next(&r, &back, NULL), 1);
        assert_string_equal(back.text, texts[i]);
        assert_int_equal(back.number, 99);
    }
}

static void test_format_fits_exactly(void **state)
{
    (void)state;
    struct recording_line line = {.t_ms = 12, .direction = RECORDING_RECEIVED, .number = 34, .length = 3};
    char out[64];
    ptrdiff_t length = recording_format(&line, out, sizeof out);
    assert_int_equal(length, strlen("12 < 000000 #34\n"));
    assert_int_equal(recording_format(&line, out, (size_t)length + 1), length);
    for (size_t size = 0; size <= (size_t)length; size++)
        assert_int_equal(recording_format(&line, out, size), -1);
}

static void test_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *complaint;
    } rows[] = {
        {"0 > a5 #1\n5 < a\n", "line 3: expected 1 to 1024 bytes"},
        {"0 > #1\n", "line 2: expected"},
        {"0 > A5\n", "line 2: expected hexadecimal digits"},
        {"0 < a5 5b\n", "line 2: expected"},
        {"x < a5\n", "line 2: expected 'milliseconds"},
        {"-1 < a5\n", "line 2: expected 'milliseconds"},
        {"1 ? a5\n", "line 2: the direction"},
        {"9 < a5\n8 < a5\n", "line 3: the time is before"},
        {"0 < a5", "line 2: the line is cut off"},
        {"0 ! key abort \x1B[2J\n", "line 2: control characters"},
        {"0 ! key abort \xD0\xC2\n", "line 2: control characters, or not UTF-8"},
        {"0 < a5\r\n", "line 2: control characters"},
        {"0 ! \n", "line 2: an event has"},
        {"99999999999999999999 < a5\n", "line 2: expected 'milliseconds"},
        {"604800000 < a5\n604800001 < a5\n", "line 3: the time is more than 7 days"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[200] = "# smogd recording 1\n";
        struct recording r;
        struct recording_line line;
        struct err err = {0};
        int result = 1;
        strcat(text, rows[i].body);
        open_text(&r, text);
        while (result == 1)
            result = recording_next(&r, &line, &err);
        assert_int_equal(result, -1);
        if (!strstr(err.text, rows[i].complaint))
            fail_msg("row %zu: %s", i, err.text);
    }
}

static void test_refuses_header(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "# smogd recording 2\n",
                                        "# smogd recording 1",
                                        "0 < a5\n",
                                        "# smogd recording 1\n# a = 1\n# a = 2\n",
                                        "# smogd recording 1\n# a-key-that-is-far-too-long-to-be-one = 1\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct recording r;
        struct err err = {0};
        assert_int_equal(recording_open(&r, texts[i], strlen(texts[i]), &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_example), cmocka_unit_test(test_writes_what_it_reads),
        cmocka_unit_test(test_text_survives), cmocka_unit_test(test_format_fits_exactly),
        cmocka_unit_test(test_refuses),       cmocka_unit_test(test_refuses_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
