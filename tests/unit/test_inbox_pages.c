/* Parts of the inbox's pages without a server: text that came from outside, forms, the deadline, curves, scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/inbox_awkward.h"
#include "reports/inbox_pages.h"

static void open_html(struct inbox_html *h)
{
    *h = (struct inbox_html){.language = INBOX_EN};
    h->out = open_memstream(&h->text, &h->length);
    assert_non_null(h->out);
}

static void expect(struct inbox_html *h, const char *want)
{
    assert_int_equal(fclose(h->out), 0);
    assert_string_equal(h->text, want);
    free(h->text);
}

static void text_is_never_markup(void **state)
{
    (void)state;
    struct inbox_html h;
    open_html(&h);
    inbox_html_text(&h, "<a href=\"x\" onclick='y'>&amp;</a>");
    expect(&h, "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
    open_html(&h);
    inbox_html_text(&h, "a\x01"
                        "b\xFF"
                        "c\xE2\x80\xAE"
                        "d\xC2\x85"
                        "e\nf号牌");
    expect(&h, "a\xEF\xBF\xBD"
               "b\xEF\xBF\xBD"
               "c\xEF\xBF\xBD"
               "d\xEF\xBF\xBD"
               "e\nf号牌");
    open_html(&h);
    inbox_html_element(&h, "td class=\"x\"", "<");
    expect(&h, "<td class=\"x\">&lt;</td>");
    open_html(&h);
    inbox_html_query(&h, "plate", "新\"&a b");
    expect(&h, "&amp;plate=%E6%96%B0%22%26a%20b");
}

/* Shown in one zone, whatever they were written in; as they were written they are there for programs. */
static void times_are_shown_as_people_read_them(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"2026-07-01T09:30:15.250+08:00",
         "<time datetime=\"2026-07-01T09:30:15.250+08:00\"><bdi>2026-07-01 09:30:15</bdi> UTC+8</time>"},
        {"2026-06-30T23:30:00Z", "<time datetime=\"2026-06-30T23:30:00Z\"><bdi>2026-07-01 07:30:00</bdi> UTC+8</time>"},
        {"sealed 2026-07-01T07:30:00+06:00, <b>",
         "sealed <time datetime=\"2026-07-01T07:30:00+06:00\"><bdi>2026-07-01 09:30:00</bdi> UTC+8</time>, &lt;b&gt;"},
        {"2026-07-01T09:30:15", "2026-07-01T09:30:15"},
        {"2026-13-01T09:30:15Z", "2026-13-01T09:30:15Z"},
        {"2026-07-01T09:30:15.\"><script>Z", "2026-07-01T09:30:15.&quot;&gt;&lt;script&gt;Z"},
        {"2026-07-01T09:30:15+0<:00", "2026-07-01T09:30:15+0&lt;:00"},
        {"", ""},
        {"新B12345", "新B12345"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct inbox_html h;
        open_html(&h);
        inbox_html_moments(&h, rows[i][0]);
        expect(&h, rows[i][1]);
    }
}

static void every_text_is_there_in_both_languages(void **state)
{
    (void)state;
    for (int i = 0; i < INBOX_WORD_COUNT; i++) {
        const char *zh = inbox_word(INBOX_ZH, (enum inbox_word)i), *en = inbox_word(INBOX_EN, (enum inbox_word)i);
        assert_true(zh[0] && en[0]);
        assert_true((strchr(zh, '%') == NULL) == (strchr(en, '%') == NULL));
    }
    for (int ground = 1; ground <= 8; ground++)
        assert_string_not_equal(inbox_ground(INBOX_ZH, ground), inbox_ground(INBOX_EN, ground));
    assert_string_equal(inbox_ground(INBOX_ZH, 0), "");
    assert_string_equal(inbox_ground(INBOX_ZH, 9), "");
}

static void fields_of_a_form(void **state)
{
    (void)state;
    char out[16];
    static const char body[] = "note=a%20b%2Bc+d&officer=023456&empty=&officer=9";
    size_t length = strlen(body);
    assert_true(inbox_form_field(body, length, "note", out, sizeof out));
    assert_string_equal(out, "a b+c d");
    assert_true(inbox_form_field(body, length, "officer", out, sizeof out));
    assert_string_equal(out, "023456"); /* the first counts */
    assert_true(inbox_form_field(body, length, "empty", out, sizeof out));
    assert_string_equal(out, "");
    assert_true(inbox_form_field(body, length, "offic", out, sizeof out)); /* no such field */
    assert_string_equal(out, "");
    static const char *const bad[] = {"note=%",   "note=%4",    "note=%4x",    "note=%00",
                                      "note=%0A", "note=a%7Fb", "note=%C3%28", "note=0123456789012345"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (inbox_form_field(bad[i], strlen(bad[i]), "note", out, sizeof out))
            fail_msg("'%s' was taken", bad[i]);
    struct inbox_decision d;
    struct err err;
    static const char wrong[] = "decision=returned&ground=12&officer=1";
    assert_int_equal(inbox_form_decision(wrong, strlen(wrong), "ab", &d, &err), -1);
    assert_string_equal(err.text, "ground");
    static const char long_one[] = "decision=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_int_equal(inbox_form_decision(long_one, strlen(long_one), "ab", &d, &err), -1);
    assert_string_equal(err.text, "decision");
}

static int64_t at(const char *text)
{
    int64_t ms;
    assert_true(civil_time_parse(&ms, text, strlen(text), 0));
    return ms;
}

static void the_review_is_due_after_five_working_days(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"2026-07-01T09:30:00+08:00", "2026-07-08T23:59:59.999+08:00"}, /* Wednesday */
        {"2026-07-03T23:59:59+08:00", "2026-07-10T23:59:59.999+08:00"}, /* Friday */
        {"2026-07-04T00:00:00+08:00", "2026-07-10T23:59:59.999+08:00"}, /* Saturday */
        {"2026-07-05T12:00:00+08:00", "2026-07-10T23:59:59.999+08:00"}, /* Sunday */
        {"2026-07-05T16:00:00Z", "2026-07-13T23:59:59.999+08:00"},      /* Monday, here */
    };
    static const struct inbox inbox;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool assumed = false;
        assert_int_equal(inbox_review_due_ms(&inbox, at(rows[i][0]), &assumed), at(rows[i][1]));
        assert_true(assumed); /* without a calendar, and the page says so */
    }
}

static void holidays_and_days_made_up_for_them_count(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"2026-09-28T09:30:00+08:00", "2026-10-10T23:59:59.999+08:00"}, /* over the national day, Saturday is worked */
        {"2026-02-13T09:30:00+08:00", "2026-02-27T23:59:59.999+08:00"}, /* over the spring festival */
        {"2026-07-01T09:30:00+08:00", "2026-07-08T23:59:59.999+08:00"},
    };
    struct inbox inbox = {.holidays = NULL};
    struct err err;
    bool assumed = false;
    assert_int_equal(inbox_holidays_open(&inbox.holidays, "station/deadlines/holidays-cn.conf", &err), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(inbox_review_due_ms(&inbox, at(rows[i][0]), &assumed), at(rows[i][1]));
    assert_false(assumed);
    inbox_review_due_ms(&inbox, at("2029-12-28T09:30:00+08:00"), &assumed);
    assert_true(assumed);
    free(inbox.holidays);
    assert_int_equal(inbox_holidays_open(&inbox.holidays, "station/codes/vehicle.conf", &err), -1);
    assert_int_equal(inbox_holidays_open(&inbox.holidays, "no/such/file", &err), -1);
}

static void curves_need_readings(void **state)
{
    (void)state;
    static struct verdict v = {.values_count = 1, .values = {{.quantity = QUANTITY_K, .limit = {120, 2}}}};
    struct inbox_html h;
    static const char few[] = "t_ms,instrument,quantity,value,unit,quality\n1,s,k,1.0,1/m,ok\n2,s,k,1.1,1/m,ok\n";
    static const char bad[] = "0,s,k,nan,1/m,ok\n1,s,k,inf,1/m,ok\n2,s,k,1e99,1/m,ok\n3,s,k,,1/m,ok\nx,s,k,1,1/m,ok\n"
                              "4,s,k,1,1/m,suspect\n5,s,k\n,,,,,\n6,s,opacity,50,%,ok\n\n\n7,s,k,1.0,1/m,ok";
    open_html(&h);
    assert_false(inbox_curve(&h, few, strlen(few), &v));
    assert_false(inbox_curve(&h, bad, strlen(bad), &v));
    assert_false(inbox_curve(&h, "", 0, &v));
    expect(&h, "");
    static const char good[] = "0,s,k,0.10,1/m,ok\n100,s,k,0.50,1/m,ok\n200,s,k,1.90,1/m,ok\n300,s,k,0.50,1/m,ok\n"
                               "400,s,k,0.10,1/m,ok\n";
    open_html(&h);
    assert_true(inbox_curve(&h, good, strlen(good), &v));
    fclose(h.out);
    assert_non_null(strstr(h.text, "class=\"limit\""));
    assert_non_null(strstr(h.text, "class=\"curve\" d=\"M56 "));
    assert_null(strstr(h.text, "nan"));
    free(h.text);
}

static void what_is_no_picture_is_not_shown(void **state)
{
    (void)state;
    static const uint8_t jpeg[] = {0xFF, 0xD8, 0xFF, 0xE0}, svg[] = "<svg xmlns", cut[] = {0xFF, 0xD8};
    assert_string_equal(inbox_picture_type(jpeg, sizeof jpeg), "image/jpeg");
    assert_null(inbox_picture_type(svg, sizeof svg));
    assert_null(inbox_picture_type(cut, sizeof cut));
    assert_null(inbox_picture_type(cut, 0));
}

static void scripts_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {"42",      "200",   "600",    "slow", "lost:3", "drip:x",          "0%lost",
                                      "101%ok",  "seed:", "seed:x", "get-", "429:-1", "429:99999999999", "5 %lost",
                                      "nonsense"};
    struct inbox_awkward *a;
    struct err err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (inbox_awkward_open(&a, bad[i], false, &err) == 0)
            fail_msg("'%s' was taken", bad[i]);
    assert_int_equal(inbox_awkward_open(&a, "lost, 429:2\nget-503 drip:5 50%slow:1 seed:3", false, &err), 0);
    char sha256[65];
    memset(sha256, 'a', 64);
    sha256[64] = '\0';
    assert_int_equal(inbox_awkward_upload(a, sha256, 0).what, AWKWARD_LOST);
    struct awkward_act act = inbox_awkward_upload(a, sha256, 0);
    assert_int_equal(act.status, 429);
    assert_int_equal(act.number, 2);
    assert_int_equal(inbox_awkward_question(a, sha256, 0).status, 503);
    assert_int_equal(inbox_awkward_question(a, sha256, 0).what, AWKWARD_OK);
    assert_int_equal(inbox_awkward_upload(a, sha256, 0).what, AWKWARD_DRIP);
    int slow = 0;
    for (int i = 0; i < 1000; i++)
        slow += inbox_awkward_upload(a, sha256, 0).what == AWKWARD_SLOW;
    assert_in_range(slow, 430, 570);
    inbox_awkward_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_never_markup),
        cmocka_unit_test(times_are_shown_as_people_read_them),
        cmocka_unit_test(every_text_is_there_in_both_languages),
        cmocka_unit_test(fields_of_a_form),
        cmocka_unit_test(the_review_is_due_after_five_working_days),
        cmocka_unit_test(holidays_and_days_made_up_for_them_count),
        cmocka_unit_test(curves_need_readings),
        cmocka_unit_test(what_is_no_picture_is_not_shown),
        cmocka_unit_test(scripts_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
