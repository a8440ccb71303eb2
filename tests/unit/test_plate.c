#include "station/core/plate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void finds_kind_and_stored_form(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *stored;
        enum plate_kind kind;
        enum plate_colour colour;
    } rows[] = {
        {"新B12345", "新B12345", PLATE_ORDINARY, PLATE_COLOUR_UNKNOWN},
        {" 新a·66t21 ", "新A66T21", PLATE_ORDINARY, PLATE_COLOUR_UNKNOWN},
        {"新Ａ９０７１８", "新A90718", PLATE_ORDINARY, PLATE_COLOUR_UNKNOWN},
        {"京O•12345", "京O12345", PLATE_ORDINARY, PLATE_COLOUR_UNKNOWN},
        {"新AD12345", "新AD12345", PLATE_NEV_SMALL, PLATE_GREEN},
        {"新AKX1234", "新AKX1234", PLATE_NEV_SMALL, PLATE_GREEN},
        {"新A12345F", "新A12345F", PLATE_NEV_LARGE, PLATE_YELLOW_GREEN},
        {"新A1234挂", "新A1234挂", PLATE_TRAILER, PLATE_YELLOW},
        {"新A1234学", "新A1234学", PLATE_INSTRUCTION, PLATE_YELLOW},
        {"新A1234警", "新A1234警", PLATE_POLICE, PLATE_WHITE},
        {"粤Z1234港", "粤Z1234港", PLATE_HONGKONG, PLATE_BLACK},
        {"粤ZF123澳", "粤ZF123澳", PLATE_MACAO, PLATE_BLACK},
        {"123456使", "123456使", PLATE_EMBASSY, PLATE_BLACK},
        {"沪A1234领", "沪A1234领", PLATE_CONSULATE, PLATE_BLACK},
        {"沪12345领", "沪12345领", PLATE_CONSULATE, PLATE_BLACK},
        {"WJ01234", "WJ01234", PLATE_ARMED_POLICE, PLATE_WHITE},
        {"WJ新1234X", "WJ新1234X", PLATE_ARMED_POLICE, PLATE_WHITE},
        {"VA12345", "VA12345", PLATE_MILITARY, PLATE_WHITE},
        {"新X1234应急", "新X1234应急", PLATE_EMERGENCY, PLATE_WHITE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plate plate;
        struct err err = {0};
        if (plate_parse(&plate, rows[i].typed, PLATE_COLOUR_UNKNOWN, &err) != 0)
            fail_msg("%s: %s", rows[i].typed, err.text);
        assert_string_equal(plate.text, rows[i].stored);
        assert_int_equal(plate.kind, rows[i].kind);
        assert_int_equal(plate.colour, rows[i].colour);
        assert_int_equal(plate_may_be_pushed(&plate), plate.kind != PLATE_ARMED_POLICE && plate.kind != PLATE_MILITARY);
    }
}

static void says_which_place_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *part;
    } rows[] = {
        {"", "nothing was given"},
        {"新A12O45", "place 5, 'O'"},
        {"新AI2345", "place 3, 'I'"},
        {"新1B2345", "place 2, '1'"},
        {"新A123", "5 places"},
        {"新A123456", "a letter A-K first"},
        {"新AL12345", "a letter A-K first"},
        {"A12345B", "begin with a province"},
        {"火A12345", "begin with a province"},
        {"新B1234港", "粤Z"},
        {"WJ12", "WJ plates"},
        {"新A1234567890", "more than 8 places"},
        {"新A12*45", "place 5, '*'"},
        {"\xFF\xFE", "not UTF-8"},
        {"新A12\xF0\x9F\x9A\x9A"
         "45",
         "place 5, '\xF0\x9F\x9A\x9A'"},
        {"新A12é45", "place 5, 'é'"},
        {"新i12345", "place 2, 'I'"},
        {"新Ａ１２ｏ４５", "place 5, 'O'"},
        {"挂", "begin with a province"},
        {"使", "six digits"},
        {"12345使", "six digits"},
        {"新A123挂", "6 places"},
        {"新Y1234应急", "X or S"},
        {"新AI2345F", "place 3, 'I'"},
        {" · ", "nothing was given"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plate plate = {.text = "kept"};
        struct err err = {0};
        assert_int_equal(plate_parse(&plate, rows[i].typed, PLATE_COLOUR_UNKNOWN, &err), -1);
        if (!strstr(err.text, rows[i].part))
            fail_msg("'%s': '%s' does not say '%s'", rows[i].typed, err.text, rows[i].part);
        assert_string_equal(plate.text, "kept");
    }
}

static void colour_and_kind_must_agree(void **state)
{
    (void)state;
    struct plate plate;
    struct err err = {0};
    assert_int_equal(plate_parse(&plate, "新A12345", PLATE_YELLOW, &err), 0);
    assert_int_equal(plate.colour, PLATE_YELLOW);
    assert_int_equal(plate_parse(&plate, "新A12345", PLATE_GREEN, &err), -1);
    assert_int_equal(plate_parse(&plate, "新A12345F", PLATE_YELLOW, &err), -1);
    assert_int_equal(plate_parse(&plate, "新A1234挂", PLATE_BLUE, &err), -1);
    assert_non_null(strstr(err.text, "trailer, which is never blue"));
}

static void knows_colours_in_both_languages(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum plate_colour colour;
    } rows[] = {{"yellow", PLATE_YELLOW},         {"黄", PLATE_YELLOW},         {"黄色", PLATE_YELLOW},
                {"黄牌", PLATE_YELLOW},           {"黄绿", PLATE_YELLOW_GREEN}, {"黄绿色", PLATE_YELLOW_GREEN},
                {"unknown", PLATE_COLOUR_UNKNOWN}};
    enum plate_colour colour;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(plate_colour_by_name(rows[i].name, &colour));
        assert_int_equal(colour, rows[i].colour);
    }
    assert_false(plate_colour_by_name("pink", &colour));
    assert_false(plate_colour_by_name("", &colour));
    assert_false(plate_colour_by_name("黄x", &colour));
}

/* Normalising is idempotent: what is stored parses to itself. */
static void stored_form_is_stable(void **state)
{
    (void)state;
    static const char serial[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    uint32_t x = 2463534242U;
    for (int i = 0; i < 5000; i++) {
        char text[16] = "新A";
        for (size_t at = 4; at < 9; at++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            text[at] = serial[x % (sizeof serial - 1)];
        }
        struct plate plate;
        struct plate again;
        assert_int_equal(plate_parse(&plate, text, PLATE_BLUE, NULL), 0);
        assert_int_equal(plate_parse(&again, plate.text, PLATE_BLUE, NULL), 0);
        assert_string_equal(again.text, text);
    }
}

static void every_province_has_plates(void **state)
{
    (void)state;
    static const char *const provinces[] = {"京", "津", "冀", "晋", "蒙", "辽", "吉", "黑", "沪", "苏", "浙",
                                            "皖", "闽", "赣", "鲁", "豫", "鄂", "湘", "粤", "桂", "琼", "渝",
                                            "川", "贵", "云", "藏", "陕", "甘", "青", "宁", "新"};
    assert_int_equal(sizeof provinces / sizeof *provinces, 31);
    for (size_t i = 0; i < sizeof provinces / sizeof *provinces; i++) {
        char text[32];
        struct plate plate;
        snprintf(text, sizeof text, "%sA12345", provinces[i]);
        assert_int_equal(plate_parse(&plate, text, PLATE_YELLOW, NULL), 0);
        assert_string_equal(plate.text, text);
    }
}

/* A kind with one colour gets it when none was said, keeps it when it was said, and takes no other. */
static void kinds_with_one_colour_have_no_other(void **state)
{
    (void)state;
    static const char *const texts[] = {"新AD12345", "新A12345F", "新A1234挂", "新A1234学", "新A1234警", "粤Z1234港",
                                        "粤Z1234澳", "123456使",  "沪A1234领", "WJ新12345", "VA12345",   "新X1234应急"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct plate plate;
        assert_int_equal(plate_parse(&plate, texts[i], PLATE_COLOUR_UNKNOWN, NULL), 0);
        assert_int_not_equal(plate.colour, PLATE_COLOUR_UNKNOWN);
        for (enum plate_colour c = PLATE_BLUE; c < PLATE_COLOUR_COUNT; c++) {
            struct plate said;
            assert_int_equal(plate_parse(&said, texts[i], c, NULL), c == plate.colour ? 0 : -1);
        }
    }
}

/* Whatever characters come: refused, or a stored form that parses to itself and holds neither blank nor I nor small
 * letter. */
static void any_text_is_refused_or_stored_well(void **state)
{
    (void)state;
    static const char *const parts[] = {"新", "粤", "A",  "Z",  "d",  "F",  "I",  "o",    "1",  "2",
                                        "3",  "4",  "5",  "6",  "挂", "警", "港", "使",   "领", "应急",
                                        "·",  " ",  "Ａ", "１", "WJ", "V",  "*",  "\xFF", "🚚"};
    uint32_t x = 2463534242U;
    unsigned accepted = 0;
    for (int i = 0; i < 200000; i++) {
        char text[64] = "";
        size_t length = 0;
        for (int n = 0; n < 9; n++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            const char *part = n == 0 && x % 2 ? "新A" : parts[(x >> 8) % (sizeof parts / sizeof *parts)];
            if (x % 16 == 0)
                break;
            length += (size_t)snprintf(text + length, sizeof text - length, "%s", part);
        }
        struct plate plate;
        struct plate again;
        struct err err = {0};
        if (plate_parse(&plate, text, PLATE_COLOUR_UNKNOWN, &err) != 0) {
            assert_int_equal(err.code, ERR_INVALID);
            continue;
        }
        accepted++;
        assert_null(strpbrk(plate.text, " Iabcdefghijklmnopqrstuvwxyz*\xFF"));
        assert_int_equal(plate_parse(&again, plate.text, plate.colour, NULL), 0);
        assert_string_equal(again.text, plate.text);
        assert_int_equal(again.kind, plate.kind);
    }
    assert_true(accepted > 50); /* the dice do reach real plates */
}

static void without_a_plate_nothing_is_pushed(void **state)
{
    (void)state;
    const struct plate none = {.colour = PLATE_YELLOW};
    assert_false(plate_may_be_pushed(&none));
}

static void names_are_all_there_and_read_back(void **state)
{
    (void)state;
    for (enum plate_colour c = 0; c < PLATE_COLOUR_COUNT; c++) {
        enum plate_colour read;
        assert_true(plate_colour_by_name(plate_colour_name(c), &read));
        assert_int_equal(read, c);
    }
    for (enum plate_kind a = 0; a < PLATE_KIND_COUNT; a++)
        for (enum plate_kind b = 0; b < a; b++)
            assert_string_not_equal(plate_kind_name(a), plate_kind_name(b));
}

static void knows_which_new_energy_plates_are_electric(void **state)
{
    (void)state;
    static const struct {
        const char *plate;
        bool electric;
    } rows[] = {{"新AD12345", true},  {"新AE12345", true}, {"新AF12345", false},
                {"新AK12345", false}, {"新A12345D", true}, {"新A12345A", true},
                {"新A12345F", false}, {"新A12345", false}, {"新D12345", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plate plate;
        assert_int_equal(plate_parse(&plate, rows[i].plate, PLATE_COLOUR_UNKNOWN, NULL), 0);
        assert_int_equal(plate_is_electric(&plate), rows[i].electric);
    }
    assert_false(plate_is_electric(&(struct plate){.text = ""}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_kind_and_stored_form),
        cmocka_unit_test(says_which_place_is_wrong),
        cmocka_unit_test(colour_and_kind_must_agree),
        cmocka_unit_test(knows_colours_in_both_languages),
        cmocka_unit_test(stored_form_is_stable),
        cmocka_unit_test(every_province_has_plates),
        cmocka_unit_test(kinds_with_one_colour_have_no_other),
        cmocka_unit_test(any_text_is_refused_or_stored_well),
        cmocka_unit_test(without_a_plate_nothing_is_pushed),
        cmocka_unit_test(knows_which_new_energy_plates_are_electric),
        cmocka_unit_test(names_are_all_there_and_read_back),
    };
    return cmocka_run_group_tests_name("plate", tests, NULL, NULL);
}
