/* The receipt printer against the simulated one: what is on the paper, and every way in which it does not get there. */
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

enum { WIDTH = 72, ROWS = 40, PAPER_MAX = 65536, FOREVER = 60000 };

static uint8_t raster[WIDTH * ROWS];
static const struct sensor_job picture = {.raster = raster, .width_bytes = WIDTH, .rows = ROWS};

static const char *receipt_path(unsigned number)
{
    static char path[300];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/pair-escpos-%u.pbm", folder ? folder : "/tmp", number);
    return path;
}

/* Any picture; it holds no command of the printer. */
static struct sim_pair *open_printer(void)
{
    char command[400];
    for (unsigned i = 1; i <= 4; i++)
        unlink(receipt_path(i));
    for (size_t i = 0; i < sizeof raster; i++)
        raster[i] = (uint8_t)(0x20 + i * 7 % 0xC0);
    struct sim_pair *pair = sim_pair_open(&(struct sim_pair_plan){.protocol = "escpos", .driver = "escpos"});
    snprintf(command, sizeof command, "set device capture=%.*s", (int)(strlen(receipt_path(1)) - strlen("-1.pbm")),
             receipt_path(1));
    sim_pair_command(pair, command);
    sim_pair_run(pair, 2000);
    assert_int_equal(sim_pair_status(pair), STATUS_OK);
    sim_pair_forget(pair);
    return pair;
}

/* How many rows of the picture are on that receipt; they must be its first ones. */
static unsigned rows_on(unsigned number)
{
    static char paper[PAPER_MAX];
    unsigned width = 0;
    unsigned rows = 0;
    int head = 0;
    FILE *file = fopen(receipt_path(number), "rb");
    if (!file)
        return 0;
    size_t length = fread(paper, 1, sizeof paper - 1, file);
    fclose(file);
    paper[length] = '\0';
    assert_int_equal(sscanf(paper, "P4%u%u%n", &width, &rows, &head), 2);
    assert_int_equal(width, WIDTH * 8);
    assert_true(rows <= ROWS);
    assert_int_equal(length, (size_t)head + 1 + (size_t)rows * WIDTH);
    assert_memory_equal(paper + head + 1, raster, (size_t)rows * WIDTH);
    return rows;
}

static void print_picture(struct sim_pair *pair)
{
    struct err err = {0};
    sim_pair_forget(pair);
    if (bench_output(&pair->bench, 0, &picture, pair->now_ms, &err) != 0)
        fail_msg("%s", err.text);
}

static void must_refuse(struct sim_pair *pair, const char *why)
{
    struct err err = {0};
    assert_int_equal(bench_output(&pair->bench, 0, &picture, pair->now_ms, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, why));
}

static void must_end(struct sim_pair *pair, const char *trouble)
{
    sim_pair_run(pair, FOREVER);
    assert_int_equal(pair->jobs_done, 1);
    assert_string_equal(pair->trouble, trouble);
}

static void the_whole_picture_is_on_the_paper(void **state)
{
    (void)state;
    struct sim_pair *pair = open_printer();
    for (unsigned i = 1; i <= 2; i++) {
        print_picture(pair);
        must_end(pair, "");
        assert_int_equal(rows_on(i), ROWS);
    }
    sim_pair_close(pair);
}

static void a_printer_that_cannot_print_says_why_and_takes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *bad, *good, *why;
    } troubles[] = {{"set device paper=out", "set device paper=ok", "out of paper"},
                    {"set device cover=open", "set device cover=closed", "cover is open"},
                    {"set device error=1", "set device error=0", "reports an error"}};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        struct sim_pair *pair = open_printer();
        sim_pair_command(pair, troubles[i].bad);
        sim_pair_run(pair, 3000);
        assert_int_equal(sim_pair_status(pair), STATUS_INTERNAL);
        must_refuse(pair, troubles[i].why);
        assert_int_equal(rows_on(1), 0);
        sim_pair_command(pair, troubles[i].good);
        sim_pair_run(pair, 3000);
        assert_int_equal(sim_pair_status(pair), STATUS_OK);
        print_picture(pair);
        must_end(pair, "");
        assert_int_equal(rows_on(1), ROWS);
        sim_pair_close(pair);
    }
}

static void paper_that_is_near_its_end_prints(void **state)
{
    (void)state;
    struct sim_pair *pair = open_printer();
    sim_pair_command(pair, "set device paper=near-end");
    sim_pair_run(pair, 3000);
    print_picture(pair);
    must_end(pair, "");
    assert_int_equal(rows_on(1), ROWS);
    sim_pair_close(pair);
}

static void paper_that_runs_out_within_a_picture_ends_the_job(void **state)
{
    (void)state;
    struct sim_pair *pair = open_printer();
    sim_pair_command(pair, "set device paper-rows=15");
    print_picture(pair);
    must_end(pair, "out of paper");
    assert_int_equal(rows_on(1), 15);
    must_refuse(pair, "out of paper");
    sim_pair_close(pair);
}

static void a_cover_that_is_opened_within_a_picture_ends_the_job(void **state)
{
    (void)state;
    struct sim_pair *pair = open_printer();
    sim_pair_command(pair, "set device reply-ms=50");
    print_picture(pair);
    sim_pair_run(pair, 200);
    assert_int_equal(pair->jobs_done, 0);
    sim_pair_command(pair, "set device cover=open");
    must_end(pair, "its cover is open");
    assert_in_range(rows_on(1), 1, ROWS - 1);
    sim_pair_close(pair);
}

/* The status bytes have no checksum, but a job ends once, with a reason, and the next one prints. */
static void a_bad_line_ends_a_job_and_not_the_printer(void **state)
{
    (void)state;
    static const char *const faults[] = {"split ms=200", "late ms=700", "garbage", "half", "ending", "silence"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char command[64];
        struct sim_pair *pair = open_printer();
        pair->during = faults[i];
        snprintf(command, sizeof command, "fault device %s", faults[i]);
        sim_pair_command(pair, command);
        print_picture(pair);
        sim_pair_run(pair, FOREVER);
        assert_int_equal(pair->jobs_done, 1);
        if (pair->trouble[0] == '\0')
            assert_int_equal(rows_on(1), ROWS);
        sim_pair_command(pair, "fault device none");
        sim_pair_run(pair, 5000);
        print_picture(pair);
        must_end(pair, "");
        sim_pair_close(pair);
    }
}

static void a_silent_printer_and_a_lost_link_are_told(void **state)
{
    (void)state;
    struct sim_pair *pair = open_printer();
    sim_pair_command(pair, "fault device silence");
    print_picture(pair);
    must_end(pair, "no answer to the status question; check power, cable and line setting");
    assert_int_equal(sim_pair_status(pair), STATUS_COMM_ERROR);
    sim_pair_command(pair, "fault device none");
    sim_pair_run(pair, 3000);
    sim_pair_command(pair, "set device reply-ms=50");
    print_picture(pair);
    sim_pair_run(pair, 200);
    sim_pair_unplug(pair, 1000);
    assert_int_equal(pair->jobs_done, 1);
    assert_non_null(strstr(pair->trouble, "link is lost"));
    sim_pair_run(pair, 5000);
    print_picture(pair);
    must_end(pair, "");
    sim_pair_close(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_picture_is_on_the_paper),
        cmocka_unit_test(a_printer_that_cannot_print_says_why_and_takes_nothing),
        cmocka_unit_test(paper_that_is_near_its_end_prints),
        cmocka_unit_test(paper_that_runs_out_within_a_picture_ends_the_job),
        cmocka_unit_test(a_cover_that_is_opened_within_a_picture_ends_the_job),
        cmocka_unit_test(a_bad_line_ends_a_job_and_not_the_printer),
        cmocka_unit_test(a_silent_printer_and_a_lost_link_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
