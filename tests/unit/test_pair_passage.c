/* Remote-sensing inputs against the simulated devices: the packages of a measuring head, and lines of a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_pair.h"

#define VEHICLE "world hc=88 no=900 co=0.25 co2=12.5 opacity=23.5 k=0.625 speed=42 acceleration=0.5"
#define OTHER "world hc=120 no=250 co=0.125 co2=10.75 opacity=3.25 k=0.125 speed=61.5 acceleration=-0.75"

static const enum quantity figures[] = {QUANTITY_HC,      QUANTITY_NO, QUANTITY_CO,    QUANTITY_CO2,
                                        QUANTITY_OPACITY, QUANTITY_K,  QUANTITY_SPEED, QUANTITY_ACCELERATION};
enum { FIGURES = sizeof figures / sizeof *figures };

static unsigned good_figures(const struct sim_pair *pair)
{
    unsigned count = 0;
    for (size_t i = 0; i < FIGURES; i++)
        count += pair->good[figures[i]];
    return count;
}

/* One vehicle, and time for all that is said of it. */
static void pass(struct sim_pair *pair)
{
    sim_pair_forget(pair);
    sim_pair_command(pair, "pass device");
    sim_pair_run(pair, 3000);
}

static struct sim_pair *open_head(size_t piece)
{
    struct sim_pair *pair = sim_pair_open(&(struct sim_pair_plan){
        .protocol = "yaogan", .driver = "yaogan", .profile = "rsd-yaogan", .first = VEHICLE, .piece = piece});
    sim_pair_run(pair, 2000);
    return pair;
}

static void a_head_sends_vehicles(void **state)
{
    (void)state;
    static const size_t pieces[] = {0, 1, 1024};
    for (size_t i = 0; i < 3; i++) {
        struct sim_pair *pair = open_head(pieces[i]);
        sim_pair_command(pair, "set device chatter=1");
        pass(pair);
        assert_int_equal(pair->passages, 1);
        assert_int_equal(good_figures(pair), FIGURES);
        assert_string_equal(pair->passage.plate_text, "");
        sim_pair_command(pair, OTHER);
        pass(pair);
        assert_int_equal(pair->passages, 1);
        assert_int_equal(good_figures(pair), FIGURES);
        sim_pair_close(pair);
    }
}

static void a_head_is_kept_alive(void **state)
{
    (void)state;
    struct sim_pair *pair = open_head(0);
    sim_pair_run(pair, 120000);
    assert_int_equal(pair->hang_ups, 0);
    pass(pair);
    assert_int_equal(pair->passages, 1);
    sim_pair_close(pair);
}

static void a_figure_that_is_none_is_left_out(void **state)
{
    (void)state;
    struct sim_pair *pair = open_head(0);
    sim_pair_command(pair, "world hc=none");
    sim_pair_command(pair, "set device spoil=infinite");
    pass(pair);
    assert_int_equal(pair->passages, 1);
    assert_int_equal(pair->good[QUANTITY_HC] + pair->good[QUANTITY_CO], 0);
    assert_int_equal(pair->good[QUANTITY_NO], 1);
    sim_pair_close(pair);
}

static void a_spoiled_result_gives_no_figures(void **state)
{
    (void)state;
    static const char *const spoils[] = {"set device spoil=short", "set device spoil=type", "set device spoil=number"};
    struct sim_pair *pair = open_head(0);
    for (size_t i = 0; i < 3; i++) {
        sim_pair_command(pair, spoils[i]);
        pass(pair);
        if (i < 2) /* with a wrong number in front the structure is still right, and so are its figures */
            assert_int_equal(good_figures(pair), 0);
        else
            assert_int_equal(sim_pair_status(pair), STATUS_COMM_ERROR);
        sim_pair_command(pair, "set device spoil=none");
        pass(pair);
        assert_int_equal(good_figures(pair), FIGURES);
    }
    sim_pair_close(pair);
}

static void a_head_on_a_bad_line(void **state)
{
    (void)state;
    struct sim_pair *pair = open_head(0);
    static const char *const faults[] = {"split ms=200", "late ms=700", "garbage", "half", "silence"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char command[64];
        snprintf(command, sizeof command, "fault device %s", faults[i]);
        sim_pair_command(pair, command);
        pass(pair);
        sim_pair_command(pair, i % 2 ? VEHICLE : OTHER);
        pass(pair);
        sim_pair_command(pair, "fault device none");
        sim_pair_run(pair, 15000);
    }
    sim_pair_command(pair, VEHICLE);
    pass(pair);
    assert_int_equal(good_figures(pair), FIGURES);
    sim_pair_close(pair);
}

static const char columns[] =
    "profile csv-test { kind = csv  title = \"t\"  source = \"s\"\n"
    "columns = {\"time\", \"number\", \"lane\", \"plate\", \"colour\", \"speed\", \"acceleration\", \"co\", \"co2\",\n"
    "  \"hc\", \"no\", \"opacity\", \"k\", \"valid\"}\n"
    "value speed { key = \"speed\" unit = \"km/h\" }  value acceleration { key = \"acceleration\" unit = \"m/s2\" }\n"
    "value co { key = \"co\" unit = \"%\" }  value co2 { key = \"co2\" unit = \"%\" }\n"
    "value hc { key = \"hc\" unit = \"1e-6\" }  value no { key = \"no\" unit = \"1e-6\" }\n"
    "value opacity { key = \"opacity\" unit = \"%\" }  value k { key = \"k\" unit = \"1/m\" }\n"
    "field record-id { key = \"number\" }  field time { key = \"time\" }  field lane { key = \"lane\" }\n"
    "field plate { key = \"plate\" }  field colour { key = \"colour\"  codes = {\"黄=yellow\"} }\n"
    "field result { key = \"valid\"  codes = {\"0=invalid\", \"1=pass\"} } }";

#define COLUMNS "set device columns=time,number,lane,plate,colour,speed,acceleration,co,co2,hc,no,opacity,k,valid"

static struct sim_pair *open_table(const char *first)
{
    struct sim_pair *pair =
        sim_pair_open(&(struct sim_pair_plan){.protocol = "csv", .driver = "csv", .profile = columns, .first = first});
    sim_pair_run(pair, 1000);
    return pair;
}

static void lines_of_a_table_are_vehicles(void **state)
{
    (void)state;
    struct sim_pair *pair = open_table("world utc=2026-07-01T01:30:00Z\n" VEHICLE "\n" COLUMNS
                                       "\nset device lane=2 plate=新A66T21 colour=黄");
    pass(pair);
    assert_int_equal(pair->passages, 1);
    assert_int_equal(good_figures(pair), FIGURES);
    assert_string_equal(pair->passage.plate_text, "新A66T21");
    assert_int_equal(pair->passage.plate_colour, PLATE_YELLOW);
    assert_int_equal(pair->passage.lane, 2);
    assert_string_equal(pair->passage.record_id, "1");
    assert_true(pair->passage.has_device_time);
    assert_int_equal(pair->passage.device_time_ms / 1000, 1782869400 + 1);
    sim_pair_command(pair, "set device lane=3 quote=1 valid=0");
    sim_pair_command(pair, "world no=none");
    pass(pair);
    assert_int_equal(pair->passages, 1);
    assert_int_equal(pair->passage.lane, 3);
    assert_string_equal(pair->passage.device_result, "invalid");
    assert_int_equal(good_figures(pair), FIGURES - 1);
    sim_pair_close(pair);
}

/* Another order of columns would give plausible wrong numbers: the header shows it. */
static void other_columns_are_refused(void **state)
{
    (void)state;
    struct sim_pair *pair = open_table(
        VEHICLE "\nset device columns=time,number,lane,plate,colour,speed,acceleration,co2,co,hc,no,opacity,k,valid");
    pass(pair);
    assert_int_equal(good_figures(pair), 0);
    sim_pair_close(pair);
}

static void a_table_on_a_bad_line(void **state)
{
    (void)state;
    struct sim_pair *pair = open_table(VEHICLE "\n" COLUMNS);
    static const char *const faults[] = {"split ms=200", "late ms=700", "garbage", "half", "ending", "silence"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char command[64];
        snprintf(command, sizeof command, "fault device %s", faults[i]);
        sim_pair_command(pair, command);
        pass(pair);
        sim_pair_command(pair, i % 2 ? VEHICLE : OTHER);
        pass(pair);
        sim_pair_command(pair, "fault device none");
        pass(pair); /* the rest of a half line goes with the next one */
        pass(pair);
        assert_int_equal(good_figures(pair), FIGURES);
    }
    sim_pair_close(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_sends_vehicles),
        cmocka_unit_test(a_head_is_kept_alive),
        cmocka_unit_test(a_figure_that_is_none_is_left_out),
        cmocka_unit_test(a_spoiled_result_gives_no_figures),
        cmocka_unit_test(a_head_on_a_bad_line),
        cmocka_unit_test(lines_of_a_table_are_vehicles),
        cmocka_unit_test(other_columns_are_refused),
        cmocka_unit_test(a_table_on_a_bad_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
