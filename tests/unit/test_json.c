#include "station/core/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct json_token tokens[256];

static void writes_one_form(void **state)
{
    (void)state;
    char text[256];
    struct json_writer w;
    json_writer_init(&w, text, sizeof text);
    json_object_begin(&w, NULL);
    json_array_begin(&w, "a");
    json_integer(&w, NULL, -3);
    json_bool(&w, NULL, true);
    json_null(&w, NULL);
    json_array_end(&w);
    json_decimal(&w, "b", (struct decimal){.units = 120, .digits = 2});
    json_string(&w, "c", "新\"\\\b\f\n\r\t\x01/");
    json_object_begin(&w, "d");
    json_object_end(&w);
    json_object_end(&w);
    static const char expected[] =
        "{\"a\":[-3,true,null],\"b\":\"1.20\",\"c\":\"新\\\"\\\\\\b\\f\\n\\r\\t\\u0001/\",\"d\":{}}";
    assert_int_equal(json_writer_finish(&w), sizeof expected - 1);
    assert_string_equal(text, expected);
}

static void remembers_that_it_did_not_fit(void **state)
{
    (void)state;
    for (size_t size = 1; size < 20; size++) {
        char text[20];
        struct json_writer w;
        json_writer_init(&w, text, size);
        json_object_begin(&w, NULL);
        json_string(&w, "key", "value");
        json_object_end(&w);
        assert_int_equal(json_writer_finish(&w), size < 16 ? -1 : 15);
    }
}

static void reads_what_instruments_send(void **state)
{
    (void)state;
    static const char text[] = " {\"hphm\":\"\\u65b0A\\ud83d\\ude00\",\"btgdjg\":23.40,\"n\":-7,\"s\":\"1.205\","
                               "\"list\":[1,[],{\"x\":null}],\"yes\":true} ";
    struct json_doc doc;
    char out[32];
    struct decimal d;
    int64_t n;
    bool yes;
    assert_int_equal(json_parse(&doc, text, strlen(text), tokens, 256, NULL), 0);
    assert_true(json_get_string(&doc, json_member(&doc, 0, "hphm"), out, sizeof out));
    assert_string_equal(out, "新A\xF0\x9F\x98\x80");
    assert_true(json_get_decimal(&doc, json_member(&doc, 0, "btgdjg"), &d));
    assert_int_equal(d.units, 2340);
    assert_int_equal(d.digits, 2);
    assert_true(json_get_integer(&doc, json_member(&doc, 0, "n"), &n));
    assert_int_equal(n, -7);
    assert_true(json_get_decimal(&doc, json_member(&doc, 0, "s"), &d));
    assert_int_equal(d.units, 1205);
    ptrdiff_t list = json_member(&doc, 0, "list");
    assert_true(list > 0);
    assert_int_equal(doc.tokens[list].count, 3);
    assert_int_equal(doc.tokens[json_element(&doc, (size_t)list, 2)].type, JSON_OBJECT);
    assert_true(json_get_bool(&doc, json_member(&doc, 0, "yes"), &yes) && yes);
    assert_int_equal(json_member(&doc, 0, "absent"), -1);
    assert_false(json_get_integer(&doc, json_member(&doc, 0, "btgdjg"), &n));
    assert_false(json_get_string(&doc, json_member(&doc, 0, "hphm"), out, 5));
}

static void refuses_what_is_not_json(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "{",
                                        "}",
                                        "[1,]",
                                        "{\"a\":1,}",
                                        "{\"a\" 1}",
                                        "{a:1}",
                                        "[1 2]",
                                        "01",
                                        "1.",
                                        "-",
                                        "+1",
                                        ".5",
                                        "1e",
                                        "tru",
                                        "nulll",
                                        "\"",
                                        "\"\\x\"",
                                        "\"\\ud800\"",
                                        "\"\\udc00\"",
                                        "\"\\ud800\\u0041\"",
                                        "\"\\ud800\\ue000\"",
                                        "\"\\ud800",
                                        "\"\xC0\x80\"",
                                        "\"\xED\xA0\x80\"",
                                        "\"\xFF\"",
                                        "\"\n\"",
                                        "{\"a\":1,\"a\":2}",
                                        "{\"a\":1,\"\\u0061\":2}",
                                        "{\"新A\":1,\"\\u65b0A\":2}",
                                        "1 1",
                                        "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
                                        "NaN",
                                        "'a'"};
    struct json_doc doc;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct err err = {0};
        if (json_parse(&doc, texts[i], strlen(texts[i]), tokens, 256, &err) == 0)
            fail_msg("%s was taken for JSON", texts[i]);
        assert_int_equal(err.code, ERR_INVALID);
    }
    assert_int_equal(json_parse(&doc, "[1,2,3]", 7, tokens, 3, NULL), -1);                             /* no room */
    assert_int_equal(json_parse(&doc, "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", 33, tokens, 256, NULL), 0); /* 16 deep */
}

/* A NUL in a C string would hide what follows it. */
static void gives_no_string_with_a_nul(void **state)
{
    (void)state;
    char out[16];
    struct json_doc doc;
    assert_int_equal(json_parse(&doc, "\"a\\u0000b\"", 10, tokens, 256, NULL), 0);
    assert_false(json_get_string(&doc, 0, out, sizeof out));
}

/* An instrument may send GBK where UTF-8 is asked: the record must stay readable. */
static void writes_what_it_can_read_again(void **state)
{
    (void)state;
    char text[64];
    struct json_writer w;
    struct json_doc doc;
    json_writer_init(&w, text, sizeof text);
    json_string(&w, NULL, "\xD0\xC2 ok");
    ptrdiff_t length = json_writer_finish(&w);
    assert_string_equal(text, "\"\xEF\xBF\xBD\xEF\xBF\xBD ok\"");
    assert_int_equal(json_parse(&doc, text, (size_t)length, tokens, 256, NULL), 0);
}

static void compares_long_escaped_strings_to_the_end(void **state)
{
    (void)state;
    enum { LENGTH = 3000 };
    static char text[2 * LENGTH + 64];
    static char plain[LENGTH + 1];
    struct json_doc doc;
    memset(plain, 'a', LENGTH);
    for (int last = 0; last < 2; last++) { /* the second key differs in its last character, or not at all */
        plain[LENGTH - 1] = '\0';
        int length = snprintf(text, sizeof text, "{\"%sb\":1,\"%s\\u006%d\":2}", plain, plain, 2 + last);
        assert_int_equal(json_parse(&doc, text, (size_t)length, tokens, 256, NULL), last == 0 ? -1 : 0);
    }
    plain[LENGTH - 1] = 'c';
    assert_true(json_equals(&doc, 3, plain));
    assert_int_equal(json_member(&doc, 0, plain), 4);
    plain[LENGTH - 1] = 'd';
    assert_false(json_equals(&doc, 3, plain));
}

static void escapes_each_control_character_one_way(void **state)
{
    (void)state;
    for (int c = 1; c < 0x20; c++) {
        static const char letters[] = "btn\0fr"; /* of 0x08..0x0D; 0x0B has none */
        char text[16];
        char expected[16];
        struct json_writer w;
        struct json_doc doc;
        if (c >= 8 && c <= 13 && letters[c - 8])
            snprintf(expected, sizeof expected, "\"\\%c\"", letters[c - 8]);
        else
            snprintf(expected, sizeof expected, "\"\\u%04x\"", (unsigned)c);
        json_writer_init(&w, text, sizeof text);
        json_string_n(&w, NULL, (const char[]){(char)c}, 1);
        ptrdiff_t length = json_writer_finish(&w);
        assert_string_equal(text, expected);
        assert_int_equal(json_parse(&doc, text, (size_t)length, tokens, 256, NULL), 0);
        assert_true(json_get_string(&doc, 0, text, sizeof text) && text[0] == c && !text[1]);
    }
}

static void objects_have_a_largest_size(void **state)
{
    (void)state;
    static char text[16 * (JSON_MEMBERS_MAX + 2)];
    static struct json_token many[2 * JSON_MEMBERS_MAX + 8];
    for (int members = JSON_MEMBERS_MAX; members <= JSON_MEMBERS_MAX + 1; members++) {
        struct json_doc doc;
        size_t length = 0;
        for (int i = 0; i < members; i++)
            length += (size_t)snprintf(text + length, sizeof text - length, "%c\"%d\":%d", i == 0 ? '{' : ',', i, i);
        text[length++] = '}';
        assert_int_equal(json_parse(&doc, text, length, many, sizeof many / sizeof *many, NULL),
                         members > JSON_MEMBERS_MAX ? -1 : 0);
        if (members == JSON_MEMBERS_MAX)
            assert_int_equal(json_member(&doc, 0, "255"), 2 * JSON_MEMBERS_MAX);
    }
}

static void survives_every_cut_and_flip(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,2.5,\"\\u65b0x\",{\"b\":[true,false,null]}],\"c\":\"新\"}";
    for (size_t cut = 0; cut < sizeof text - 1; cut++) {
        struct json_doc doc;
        char copy[sizeof text];
        memcpy(copy, text, cut);
        assert_int_equal(json_parse(&doc, copy, cut, tokens, 256, NULL), -1);
    }
    for (size_t bit = 0; bit < 8 * (sizeof text - 1); bit++) {
        char copy[sizeof text];
        struct json_doc doc;
        memcpy(copy, text, sizeof text);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        if (json_parse(&doc, copy, sizeof text - 1, tokens, 256, NULL) == 0)
            assert_int_equal(doc.tokens[0].next, doc.count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_one_form),
        cmocka_unit_test(remembers_that_it_did_not_fit),
        cmocka_unit_test(reads_what_instruments_send),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(gives_no_string_with_a_nul),
        cmocka_unit_test(writes_what_it_can_read_again),
        cmocka_unit_test(compares_long_escaped_strings_to_the_end),
        cmocka_unit_test(escapes_each_control_character_one_way),
        cmocka_unit_test(objects_have_a_largest_size),
        cmocka_unit_test(survives_every_cut_and_flip),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
