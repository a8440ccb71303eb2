/* What a remote-sensing device's texts become in a passage: times, lanes, colours and codes, and what is no such thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sensors/drivers/passage_field.h"
#include "tests/support/rig.h"

static struct passage passage;

static void set(const char *name, const char *text)
{
    const struct profile *p = rig_profile("rsd-pinyin");
    for (size_t i = 0; i < p->fields_count; i++)
        if (strcmp(p->fields[i].name, name) == 0) {
            passage_field_set(&passage, &p->fields[i], text);
            return;
        }
    fail_msg("no field %s", name);
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t t_ms; /* 0: none */
    } rows[] = {
        {"1718438760", 1718438760000},
        {"1718438760123", 1718438760123},
        {"20240615160600", 1718438760000}, /* legal time */
        {"2024-06-15 16:06:00", 1718438760000},
        {"2024-06-15T08:06:00Z", 1718438760000},
        {"17184387601", 0}, /* neither seconds nor milliseconds */
        {"171843876", 0},
        {"-718438760", 0},
        {"0000000000", 0},
        {"17184387.5", 0},
        {"20241315160600", 0},
        {"yesterday", 0},
        {"", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        passage = (struct passage){0};
        set("time", rows[i].text);
        if (passage.has_device_time != (rows[i].t_ms != 0) ||
            (passage.has_device_time && passage.device_time_ms != rows[i].t_ms))
            fail_msg("%s: %lld", rows[i].text, (long long)passage.device_time_ms);
        assert_int_equal(passage_field_any(&passage), rows[i].t_ms != 0);
    }
}

static void test_lanes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int lane;
    } rows[] = {{"1", 1}, {"99", 99}, {"100", 0}, {"0", 0}, {"-1", 0}, {"1.5", 0}, {"left", 0}, {"", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        passage = (struct passage){0};
        set("lane", rows[i].text);
        assert_int_equal(passage.lane, rows[i].lane);
        assert_false(passage_field_any(&passage)); /* a lane alone is no passage */
    }
}

static void test_codes(void **state)
{
    (void)state;
    passage = (struct passage){0};
    set("colour", "1");
    assert_int_equal(passage.plate_colour, PLATE_YELLOW);
    set("colour", "green");
    assert_int_equal(passage.plate_colour, PLATE_GREEN);
    set("colour", "7");
    assert_int_equal(passage.plate_colour, PLATE_COLOUR_UNKNOWN);
    set("fuel", "B");
    assert_string_equal(passage.fuel, "diesel");
    set("fuel", "Z"); /* not in the table: unknown, whatever it was called before */
    assert_string_equal(passage.fuel, "");
    set("result", "1");
    assert_string_equal(passage.device_result, "pass");
    set("result", "7"); /* as sent */
    assert_string_equal(passage.device_result, "7");
    set("reason", "风速过大");
    assert_string_equal(passage.device_reason, "风速过大");
    assert_false(passage_field_any(&passage));
}

/* What is too long is cut, never within a character. */
static void test_texts(void **state)
{
    (void)state;
    char text[3 * PASSAGE_ID_MAX + 1] = "";
    for (size_t i = 0; i < PASSAGE_ID_MAX; i++)
        memcpy(text + 3 * i, "新", 4);
    passage = (struct passage){0};
    set("record-id", text);
    assert_true(passage_field_any(&passage));
    assert_int_equal(strlen(passage.record_id), (PASSAGE_ID_MAX - 1) / 3 * 3);
    assert_memory_equal(passage.record_id, text, strlen(passage.record_id));
    passage = (struct passage){0};
    set("plate", "新A66T21");
    set("site", "S1");
    set("line", "L2");
    assert_true(passage_field_any(&passage));
    assert_string_equal(passage.plate_text, "新A66T21");
    assert_string_equal(passage.site, "S1");
    assert_string_equal(passage.line, "L2");
    const struct profile_field other = {.name = "driver"};
    struct passage before = passage;
    passage_field_set(&passage, &other, "x");
    assert_memory_equal(&before, &passage, sizeof passage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
