/* protocols/csv: what spreadsheets write, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocols/csv.h"

static char room[4096];
static struct csv_record record;

static ptrdiff_t read_text(const char *text, char separator)
{
    return csv_read(text, strlen(text), separator, room, sizeof room, &record);
}

/* Joins the fields with '|', so that a row of a table says all. */
static void expect(const char *text, char separator, ptrdiff_t used, size_t lines, const char *joined)
{
    char got[512] = "";
    assert_int_equal(read_text(text, separator), used);
    for (size_t i = 0; i < record.count; i++) {
        assert_int_equal(strlen(record.fields[i].text), record.fields[i].length);
        strncat(got, i ? "|" : "", sizeof got - strlen(got) - 1);
        strncat(got, record.fields[i].text, sizeof got - strlen(got) - 1);
    }
    assert_string_equal(got, joined);
    assert_int_equal(record.lines, lines);
}

static void records(void **state)
{
    (void)state;
    expect("a,b,c\n", ',', 6, 1, "a|b|c");
    expect("a,b,c", ',', 5, 0, "a|b|c");
    expect("a,b\r\nnext", ',', 5, 1, "a|b");
    expect("a,b\rnext", ',', 4, 1, "a|b");
    expect("\n", ',', 1, 1, "");
    expect(",,\n", ',', 3, 1, "||");
    expect(" a , b \n", ',', 8, 1, " a | b ");
    expect("新A66T21;黄;\n", ';', (ptrdiff_t)strlen("新A66T21;黄;\n"), 1, "新A66T21|黄|");
    expect("a\tb,c\n", '\t', 6, 1, "a|b,c");
}

static void quotes(void **state)
{
    (void)state;
    expect("\"a,b\",c\n", ',', 8, 1, "a,b|c");
    expect("\"he said \"\"no\"\"\",2\n", ',', 19, 1, "he said \"no\"|2");
    expect("\"\",\"\"\n", ',', 6, 1, "|");
    expect("\"two\nlines\",x\n", ',', 14, 2, "two\nlines|x");
    expect("\"two\r\nlines\",x\r\n", ',', 16, 2, "two\r\nlines|x");
    expect("\"end\"", ',', 5, 0, "end");
    expect("\"two\rlines\",x\n", ',', 14, 2, "two\rlines|x");
    expect("\"two\r\",x\r", ',', 9, 2, "two\r|x");
    expect("a,b\r", ',', 4, 1, "a|b");
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"a\"b,c\n", "a quote stands inside a field that does not begin with one"},
        {"\"a\"b,c\n", "text stands behind a closing quote"},
        {"\"a\" ,c\n", "text stands behind a closing quote"},
        {"x,\"never\n", "a quote is opened and never closed"},
        {"\"a\r", "a quote is opened and never closed"},
        {"\"", "a quote is opened and never closed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read_text(rows[i].text, ','), -1);
        assert_string_equal(record.why, rows[i].why);
    }
    char many[CSV_FIELDS_MAX + 1];
    memset(many, ',', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    assert_int_equal(read_text(many, ','), -1);
    assert_string_equal(record.why, "the line has too many fields");
    many[sizeof many - 2] = '\0';
    assert_int_equal(read_text(many, ','), CSV_FIELDS_MAX - 1);
    assert_int_equal(record.count, CSV_FIELDS_MAX);
}

/* Room of length + 1 is enough for every text; with one byte less nothing is written behind it. */
static void room_is_kept(void **state)
{
    (void)state;
    static const char *const texts[] = {"a,b,c", "\"a\",b", "abc", ",,,", "\"a\"\"b\""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t length = strlen(texts[i]);
        for (size_t size = 0; size <= length + 1; size++) {
            char *exact = malloc(size ? size : 1); /* the sanitizer watches its end */
            ptrdiff_t used = csv_read(texts[i], length, ',', exact, size, &record);
            assert_true(used == (ptrdiff_t)length || (used == -1 && size < length + 1));
            free(exact);
        }
    }
}

static void separators(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char separator;
    } rows[] = {
        {"a,b,c\n;;;;;", ','}, {"a;b;c,d\n", ';'}, {"a\tb\tc\n", '\t'},
        {"alone\n", ','},      {"", ','},          {"\"a;b;c;d\",e\n", ','},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(csv_separator(rows[i].text, strlen(rows[i].text)), rows[i].separator);
}

/* Whatever is written by the rules comes back, whatever its bytes. */
static void round_trip(void **state)
{
    (void)state;
    static const char alphabet[] = "ab\",;\r\n \t";
    uint32_t seed = 1;
    for (int run = 0; run < 2000; run++) {
        char fields[4][9], text[128];
        size_t at = 0;
        for (int f = 0; f < 4; f++) {
            size_t length = (seed = seed * 1664525u + 1013904223u) >> 29;
            text[at++] = '"';
            for (size_t i = 0; i < length; i++) {
                fields[f][i] = alphabet[((seed = seed * 1664525u + 1013904223u) >> 16) % (sizeof alphabet - 1)];
                if (fields[f][i] == '"')
                    text[at++] = '"';
                text[at++] = fields[f][i];
            }
            fields[f][length] = '\0';
            text[at++] = '"';
            text[at++] = f < 3 ? ',' : '\n';
        }
        assert_int_equal(csv_read(text, at, ',', room, sizeof room, &record), (ptrdiff_t)at);
        assert_int_equal(record.count, 4);
        for (int f = 0; f < 4; f++)
            assert_string_equal(record.fields[f].text, fields[f]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),      cmocka_unit_test(quotes),     cmocka_unit_test(refused),
        cmocka_unit_test(room_is_kept), cmocka_unit_test(separators), cmocka_unit_test(round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
