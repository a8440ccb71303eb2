/* The counted records of several databases, while one of them is written, and when one is damaged. */
#include "station/counted.h"

#include "tests/support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static char dirs[2][256];
static struct store *stores[2];
static struct counted counted;
static struct err err;

static void must(int result)
{
    if (result != 0)
        fail_msg("%s", err.text);
}

/* Vehicle and word of that number, and a passage at that time that has them. */
static void put(int dir, int n)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO vehicle VALUES(%d, '%c%d', 'blue'); INSERT INTO word VALUES(%d, 'w%d%d');"
             "INSERT INTO measurement VALUES(%d, %d, 1, %d, 0, %d, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL,"
             " NULL)",
             n, 'A' + dir, n, n, dir, n, n, n, n, n);
    fixture_sql(dirs[dir], sql);
}

static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        fixture_folder(dirs[i], sizeof dirs[i]);
        store_close(fixture_open(dirs[i], STORE_OWNER));
        put(i, 1);
        stores[i] = fixture_open(dirs[i], STORE_READER);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        store_close(stores[i]);
    return 0;
}

/* "A1 blue w01, …" of all records, or "" and what is wrong. */
static const char *walk(void)
{
    static char text[16384];
    struct store_measurement m;
    int rc;
    text[0] = '\0';
    must(counted_walk(&counted, 0, 1000, &err));
    while ((rc = counted_next(&counted, &m, &err)) > 0) {
        char plate[40], colour[16];
        size_t length = strlen(text);
        must(counted_vehicle(&counted, m.vehicle, plate, colour, &err));
        snprintf(text + length, sizeof text - length, "%s %s %s, ", plate, colour, counted_word(&counted, m.station));
    }
    return rc == 0 ? text : "";
}

static void all_is_of_the_moment_of_opening(void **state)
{
    (void)state;
    must(counted_open(&counted, stores, 2, &err));
    for (int n = 2; n < 10; n++) {
        put(0, n);
        put(1, n);
    }
    assert_string_equal(walk(), "A1 blue w01, B1 blue w11, ");
    counted_close(&counted);
    must(counted_open(&counted, stores, 2, &err));
    assert_non_null(strstr(walk(), "A9 blue w09, "));
    counted_close(&counted);
}

static void numbers_that_a_database_has_not_given_end_the_walk(void **state)
{
    static const char *const damages[] = {"UPDATE measurement SET vehicle = 4000000",
                                          "UPDATE measurement SET method = 4000000",
                                          "UPDATE measurement SET vehicle = -1", "UPDATE measurement SET reasons = -1"};
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        for (int dir = 0; dir < 2; dir++) {
            struct store_measurement m;
            set_up(state);
            fixture_sql(dirs[dir], damages[i]);
            must(counted_open(&counted, stores, 2, &err));
            int rc = counted_walk(&counted, 0, 1000, &err);
            for (int more = 1; rc == 0 && more > 0;) {
                more = counted_next(&counted, &m, &err);
                rc = more < 0 ? -1 : 0;
            }
            if (rc == 0 || !strstr(err.text, "journal verify --records"))
                fail_msg("%s of %d: %s", damages[i], dir, err.text);
            counted_close(&counted);
            tear_down(state);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_is_of_the_moment_of_opening, set_up, tear_down),
        cmocka_unit_test(numbers_that_a_database_has_not_given_end_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
