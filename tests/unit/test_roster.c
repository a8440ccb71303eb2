/* Rosters of fleets: what spreadsheets write, and mistakes by their line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "station/roster.h"

static struct roster roster;
static struct err err;

static int close_roster(void **state)
{
    (void)state;
    roster_close(&roster);
    return 0;
}

static int read_bytes(const char *bytes, size_t length)
{
    roster_close(&roster);
    err = (struct err){0};
    return roster_read(&roster, bytes, length, "fleet list", &err);
}

static void expect_read(const char *text)
{
    if (read_bytes(text, strlen(text)) != 0)
        fail_msg("%s", err.text);
}

static const char *fact(size_t entry, enum vehicle_fact which)
{
    const struct fact *f = &roster.entries[entry].vehicle.facts[which];
    return f->source == FACT_ROSTER && strcmp(f->by, "fleet list") == 0 ? f->value : "";
}

static void a_fleets_list(void **state)
{
    (void)state;
    expect_read("序号,号牌号码,号牌颜色,所属单位,燃料种类,初次登记日期,排放标准,额定功率(kW),备注\r\n"
                "1,新A 12345,黄,长丰物流,柴油,2019/5/1,国五,276,\r\n"
                "2,新a·66t21,黄色,\"长丰物流, 二队\",柴油,2016年12月31日,国Ⅳ,,\"司机说\"\"没问题\"\"\"\r\n"
                "\r\n"
                "3,新AF12345,,长丰物流,电,,,,\r\n");
    assert_int_equal(roster.problems_count, 0);
    assert_int_equal(roster.entries_count, 3);
    assert_string_equal(roster.unused, "序号, 备注");
    assert_string_equal(roster.entries[0].vehicle.plate.text, "新A12345");
    assert_int_equal(roster.entries[0].vehicle.plate.colour, PLATE_YELLOW);
    assert_int_equal(roster.entries[0].vehicle.plate_source, FACT_ROSTER);
    assert_string_equal(roster.entries[0].fleet, "长丰物流");
    assert_string_equal(fact(0, VEHICLE_FUEL), "diesel");
    assert_string_equal(fact(0, VEHICLE_FIRST_REGISTRATION), "2019-05-01");
    assert_string_equal(fact(0, VEHICLE_STAGE), "5");
    assert_string_equal(fact(0, VEHICLE_POWER_KW), "276");
    assert_string_equal(roster.entries[1].vehicle.plate.text, "新A66T21");
    assert_string_equal(roster.entries[1].fleet, "长丰物流, 二队");
    assert_string_equal(fact(1, VEHICLE_FIRST_REGISTRATION), "2016-12-31");
    assert_string_equal(fact(1, VEHICLE_STAGE), "4");
    assert_int_equal(roster.entries[1].vehicle.facts[VEHICLE_POWER_KW].source, FACT_ABSENT);
    assert_int_equal(roster.entries[2].line, 5);
    assert_int_equal(roster.entries[2].vehicle.plate.kind, PLATE_NEV_SMALL);
}

static void english_keys_and_other_separators(void **state)
{
    (void)state;
    expect_read("plate;colour;fleet;mass_kg\n新A12345;yellow;Changfeng;25000\n");
    assert_int_equal(roster.problems_count, 0);
    assert_string_equal(fact(0, VEHICLE_MASS_KG), "25000");
    expect_read("plate\tcolour\n新A12345\tblue");
    assert_int_equal(roster.entries[0].vehicle.plate.colour, PLATE_BLUE);
}

/* "号牌号码,号牌颜色\r\n新A12345,黄\r\n" */
static void encodings(void **state)
{
    (void)state;
    static const char gbk[] = "\xba\xc5\xc5\xc6\xba\xc5\xc2\xeb,\xba\xc5\xc5\xc6\xd1\xd5\xc9\xab\r\n\xd0\xc2"
                              "A12345,\xbb\xc6\r\n";
    static const char utf16[] = "\xff\xfe\xf7\x53\x4c\x72\xf7\x53\x01\x78\t\0\xf7\x53\x4c\x72\x9c\x98\x72\x82\r\0\n\0"
                                "\xb0\x65"
                                "A\0001\0002\0003\0004\0005\0\t\0\xc4\x9e\r\0\n";
    static const char bom[] = "\xef\xbb\xbf号牌号码,号牌颜色\r\n新A12345,黄\r\n";
    static const struct {
        const char *bytes;
        size_t length;
    } files[] = {{gbk, sizeof gbk - 1}, {utf16, sizeof utf16}, {bom, sizeof bom - 1}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (read_bytes(files[i].bytes, files[i].length) != 0)
            fail_msg("%zu: %s", i, err.text);
        assert_int_equal(roster.entries_count, 1);
        assert_string_equal(roster.entries[0].vehicle.plate.text, "新A12345");
        assert_int_equal(roster.entries[0].vehicle.plate.colour, PLATE_YELLOW);
    }
    assert_int_equal(read_bytes("plate\n\xff\xff\xff\n", 10), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "from byte 7 on; save it as"));
}

/* Every wrong line is named with its own number, whatever stands in quotes above it. */
static void mistakes_by_line(void **state)
{
    (void)state;
    expect_read("号牌号码,号牌颜色,单位,排放阶段\n"
                "新A12345,黄,\"two\nlines\",5\n" /* lines 2 and 3 */
                "新A1234O,黄,,\n"
                "新A12345,黄,,\n"
                ",黄,,\n"
                "新A66T21,purple,,\n"
                "新A77777,黄,,9\n"
                "新A1234挂,黄,,\n"
                "新A88888,黄,,5,extra\n");
    static const struct {
        unsigned line;
        const char *text;
    } wanted[] = {{4, "the letters I and O"},     {6, "has no plate"}, {7, "'purple' is no plate colour"},
                  {8, "stage: '9' is none of"},   {9, "is a trailer"}, {10, "has 5 fields, the first line names 4"},
                  {5, "stands in line 2 already"}};
    assert_int_equal(roster.problems_count, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < roster.problems_count; i++) {
        assert_int_equal(roster.problems[i].line, wanted[i].line);
        if (!strstr(roster.problems[i].text, wanted[i].text))
            fail_msg("line %u: %s", roster.problems[i].line, roster.problems[i].text);
    }
}

static void one_number_in_two_colours(void **state)
{
    (void)state;
    expect_read("plate,colour\n新A12345,blue\n新A12345,yellow\n");
    assert_int_equal(roster.problems_count, 0);
    expect_read("plate,colour\n新A12345,\n新A12345,yellow\n");
    assert_int_equal(roster.problems_count, 1);
    assert_int_equal(roster.problems[0].line, 3);
}

static void no_roster_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "the file is empty"},
        {"\r\n\r\n", "the file is empty"},
        {"号牌号码\n", "lists no vehicle"},
        {"单位,燃料\nx,柴油\n", "line 1 names no plate column"},
        {"plate,车牌\n新A12345,新A12345\n", "columns 1 and 2 say the same"},
        {"plate\n\"新A12345\n", "line 2: a quote is opened"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read_bytes(rows[i].text, strlen(rows[i].text)), -1);
        if (err.code != ERR_INVALID || !strstr(err.text, rows[i].why))
            fail_msg("%zu: %s", i, err.text);
    }
    assert_int_equal(read_bytes("plate\0x\n", 8), -1);
    assert_non_null(strstr(err.text, "NUL byte"));
}

static void very_many(void **state)
{
    (void)state;
    enum { LINE = 10 };
    char *text = malloc((ROSTER_ENTRIES_MAX + 2) * 16);
    assert_non_null(text);
    size_t length = (size_t)sprintf(text, "plate\n");
    for (int i = 0; i <= ROSTER_ENTRIES_MAX; i++)
        length += (size_t)sprintf(text + length, "新A%05d\n", i);
    assert_int_equal(read_bytes(text, length), -1);
    assert_non_null(strstr(err.text, "more than 5000 vehicles"));
    if (read_bytes(text, length - (LINE - 1) - 1) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(roster.entries_count, ROSTER_ENTRIES_MAX);
    for (char *at = text; (at = strstr(at, "新")); at++)
        memcpy(at, "xxx", 3);
    assert_int_equal(read_bytes(text, length - LINE), 0);
    assert_int_equal(roster.problems_count, ROSTER_ENTRIES_MAX);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fleets_list),
        cmocka_unit_test(english_keys_and_other_separators),
        cmocka_unit_test(encodings),
        cmocka_unit_test(mistakes_by_line),
        cmocka_unit_test(one_number_in_two_colours),
        cmocka_unit_test(no_roster_at_all),
        cmocka_unit_test(very_many),
    };
    return cmocka_run_group_tests(tests, NULL, close_roster);
}
