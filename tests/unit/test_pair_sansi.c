/* The message sign against the simulated one: what it shows after each text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/sim_pair.h"

static const char *list_path(void)
{
    static char path[300];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/pair-sansi.lst", folder ? folder : "/tmp");
    return path;
}

static struct sim_pair *open_sign(void)
{
    char command[400];
    unlink(list_path());
    struct sim_pair *pair = sim_pair_open(&(struct sim_pair_plan){.protocol = "sansi", .driver = "sansi"});
    snprintf(command, sizeof command, "set device capture=%s", list_path());
    sim_pair_command(pair, command);
    sim_pair_run(pair, 1000);
    return pair;
}

static void show(struct sim_pair *pair, const char *text)
{
    const struct sensor_job job = {.text = text};
    struct err err = {0};
    sim_pair_forget(pair);
    if (bench_output(&pair->bench, 0, &job, pair->now_ms, &err) != 0)
        fail_msg("%s", err.text);
    sim_pair_run(pair, 1000);
    assert_int_equal(pair->jobs_done, 1);
    assert_string_equal(pair->trouble, "");
}

/* The text of the play list's one item. */
static const char *shown(void)
{
    static char list[1024];
    static const char item[] = "[playlist]\r\nitem_no = 1\r\nitem0=500,1,0,\\C000000\\fs1616\\c255255000000";
    FILE *file = fopen(list_path(), "rb");
    assert_non_null(file);
    list[fread(list, 1, sizeof list - 1, file)] = '\0';
    fclose(file);
    assert_memory_equal(list, item, sizeof item - 1);
    return list + sizeof item - 1;
}

static void it_shows_what_it_is_told(void **state)
{
    (void)state;
    static const char *const texts[][2] = {{"PASS", "PASS"},
                                           {"\xd0\xc2"
                                            "A66T21 \xb2\xbb\xba\xcf\xb8\xf1",
                                            "\xd0\xc2"
                                            "A66T21 \xb2\xbb\xba\xcf\xb8\xf1"}, /* GBK */
                                           {"a\\b\x02\x03\x1b", "a?b???"},      /* nothing that the sign would obey */
                                           {"", ""}};
    struct sim_pair *pair = open_sign();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        show(pair, texts[i][0]);
        assert_string_equal(shown(), texts[i][1]);
    }
    sim_pair_close(pair);
}

/* Among them are texts whose checksum holds each byte that is escaped: the sign takes a frame only with the right one.
 */
static void every_checksum_gets_through(void **state)
{
    (void)state;
    struct sim_pair *pair = open_sign();
    for (int i = 0; i < 3000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        show(pair, text);
        assert_string_equal(shown(), text);
    }
    sim_pair_close(pair);
}

static void a_lost_link_is_told_and_a_sign_that_comes_back_shows(void **state)
{
    (void)state;
    const struct sensor_job job = {.text = "FAIL"};
    struct err err = {0};
    struct sim_pair *pair = open_sign();
    show(pair, "PASS");
    sim_pair_unplug(pair, 1000);
    assert_int_equal(bench_output(&pair->bench, 0, &job, pair->now_ms, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_string_equal(shown(), "PASS");
    sim_pair_run(pair, 2000);
    show(pair, "FAIL");
    assert_string_equal(shown(), "FAIL");
    sim_pair_close(pair);
}

static void a_picture_is_refused(void **state)
{
    (void)state;
    static const uint8_t dots[1];
    const struct sensor_job job = {.raster = dots, .width_bytes = 1, .rows = 1};
    struct err err = {0};
    struct sim_pair *pair = open_sign();
    assert_int_equal(bench_output(&pair->bench, 0, &job, pair->now_ms, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    sim_pair_close(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_shows_what_it_is_told),
        cmocka_unit_test(every_checksum_gets_through),
        cmocka_unit_test(a_lost_link_is_told_and_a_sign_that_comes_back_shows),
        cmocka_unit_test(a_picture_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
