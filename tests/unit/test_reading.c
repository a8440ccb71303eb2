/* Samples as lines of readings.csv, and texts that fit in there whatever an instrument says. */
#include "station/core/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_csv(void **state)
{
    (void)state;
    struct sample_text texts[2];
    struct sample sample = {.texts_count = 2, .texts = texts};
    char out[SAMPLE_CSV_MAX];
    static const char expected[] = "1250,obd,rpm,716.0,r/min,ok\n"
                                   "1250,obd,coolant_temp,83,degC,warm-up\n"
                                   "1250,obd,dtc,P2002 P0401,text,ok\n"
                                   "1250,obd,dtc_pending,,text,ok\n";
    sample_add(&sample, QUANTITY_RPM, QUALITY_OK, (struct decimal){7160, 1});
    sample_add(&sample, QUANTITY_COOLANT_TEMP, QUALITY_WARM_UP, (struct decimal){83, 0});
    sample_text_set(&texts[0], TEXT_DTC, "P2002 P0401", 11);
    sample_text_set(&texts[1], TEXT_DTC_PENDING, "", 0);
    assert_int_equal(sample_csv(&sample, 1250, "obd", out, sizeof out), strlen(expected));
    assert_string_equal(out, expected);
    for (size_t size = 1; size <= strlen(expected); size++)
        assert_int_equal(sample_csv(&sample, 1250, "obd", out, size), -1);
    assert_int_equal(sample_csv(&sample, 1250, "obd", out, strlen(expected) + 1), strlen(expected));
    assert_string_equal(sample_find_text(&sample, TEXT_DTC), "P2002 P0401");
    assert_null(sample_find_text(&sample, TEXT_VIN));
}

static void test_room_for_any_sample(void **state)
{
    (void)state;
    struct sample_text texts[SAMPLE_TEXTS_MAX];
    struct sample sample = {.t_ms = INT64_MIN, .texts_count = SAMPLE_TEXTS_MAX, .texts = texts};
    char longest[SAMPLE_TEXT_MAX];
    char out[SAMPLE_CSV_MAX];
    memset(longest, 'x', sizeof longest);
    for (int q = 0; q < SAMPLE_READINGS_MAX; q++)
        sample_add(&sample, (enum quantity)q, QUALITY_OUT_OF_RANGE, (struct decimal){INT64_MIN, DECIMAL_DIGITS_MAX});
    assert_false(
        sample_add(&sample, (enum quantity)SAMPLE_READINGS_MAX, QUALITY_OK, (struct decimal){1, 0})); /* full */
    assert_int_equal(sample.count, SAMPLE_READINGS_MAX);
    assert_null(sample_find(&sample, (enum quantity)SAMPLE_READINGS_MAX));
    assert_ptr_equal(sample_find(&sample, QUANTITY_RPM), &sample.readings[QUANTITY_RPM]);
    for (enum text_kind kind = 0; kind < TEXT_COUNT; kind++)
        sample_text_set(&texts[kind], kind, longest, sizeof longest);
    assert_true(sample_csv(&sample, INT64_MIN, "a-name-of-thirty-one-characters", out, sizeof out) > 0);
}

static void test_texts_become_plain(void **state)
{
    (void)state;
    static const struct {
        const char *said, *becomes;
    } rows[] = {
        {"WDB9634031L123456", "WDB9634031L123456"},
        {"a,b\"c\r\nd\te", "a b c  d e"},
        {"\x7F\xC2\x85|\xC2\xA0", "  |\xC2\xA0"}, /* DEL and a C1 control; a hard space may stand */
        {"新A66T21", "新A66T21"},
        {"\xD0\xC2"
         "A66T21",
         "??A66T21"}, /* GBK */
        {"\xE6\x96", "??"},
        {"", ""},
    };
    struct sample_text text;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sample_text_set(&text, TEXT_PLATE, rows[i].said, strlen(rows[i].said));
        assert_string_equal(text.value, rows[i].becomes);
        assert_true(sample_text_is_plain(text.value));
        assert_true(sample_text_is_plain(rows[i].said) == (strcmp(rows[i].said, rows[i].becomes) == 0));
    }
    for (size_t length = SAMPLE_TEXT_MAX - 4; length < SAMPLE_TEXT_MAX + 4; length++) {
        char said[SAMPLE_TEXT_MAX + 8];
        memset(said, 'x', length - 3);
        memcpy(said + length - 3, "\xE6\x96\xB0", 3);
        sample_text_set(&text, TEXT_PLATE, said, length);
        assert_int_equal(strlen(text.value), length < SAMPLE_TEXT_MAX           ? length
                                             : length - 3 < SAMPLE_TEXT_MAX - 1 ? length - 3
                                                                                : SAMPLE_TEXT_MAX - 1);
        assert_true(sample_text_is_plain(text.value));
    }
}

static void test_names(void **state)
{
    (void)state;
    for (enum text_kind kind = 0; kind < TEXT_COUNT; kind++)
        assert_int_equal(text_kind_by_name(text_kind_name(kind)), kind);
    assert_int_equal(text_kind_by_name("vi"), TEXT_COUNT);
    assert_string_equal(text_kind_name(TEXT_DTC_PENDING), "dtc_pending");
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++) /* one column of readings.csv holds both */
        assert_int_equal(text_kind_by_name(quantity_name(q)), TEXT_COUNT);
    for (enum instrument_status one = 0; one < STATUS_COUNT; one++)
        for (enum instrument_status other = 0; other < one; other++)
            assert_string_not_equal(instrument_status_name(one), instrument_status_name(other));
    assert_string_equal(instrument_status_name(STATUS_OK), "ok");
    assert_string_equal(instrument_status_name(STATUS_INTERNAL), "internal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_room_for_any_sample),
        cmocka_unit_test(test_texts_become_plain),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
