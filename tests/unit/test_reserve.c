/* How much room is held on the disk, at the bounds, and the file that holds it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/reserve.h"
#include "tests/support/store_fixture.h"

#define MIB INT64_C(1048576)

static void room_for_all_is_held_in_full(void **state)
{
    (void)state;
    assert_false(reserve_short(40 * MIB, 0, 32 * MIB)); /* 32 and 8 free */
    assert_true(reserve_short(40 * MIB - 1, 0, 32 * MIB));
    assert_int_equal(reserve_target(40 * MIB, 0, 32 * MIB), 32 * MIB);
    assert_int_equal(reserve_target(8 * MIB, 32 * MIB, 32 * MIB), 32 * MIB);
    assert_int_equal(reserve_target(900 * MIB, 50 * MIB, 32 * MIB), 32 * MIB); /* a case was sealed */
    assert_int_equal(reserve_target(900 * MIB, 32 * MIB, 50 * MIB), 50 * MIB); /* another one waits */
}

/* What is wanted may be far more than the disk: nothing is taken for it. */
static void a_short_disk_is_not_made_shorter(void **state)
{
    (void)state;
    assert_int_equal(reserve_target(39 * MIB, 0, 32 * MIB), 0);
    assert_int_equal(reserve_target(500 * MIB, 0, 1000 * MIB), 0);
    assert_int_equal(reserve_target(500 * MIB, 32 * MIB, 1000 * MIB), 32 * MIB);
}

static void it_is_given_back_by_what_is_lacking(void **state)
{
    (void)state;
    assert_int_equal(reserve_target(8 * MIB - 1, 32 * MIB, 32 * MIB), 32 * MIB - 1);
    assert_int_equal(reserve_target(3 * MIB, 32 * MIB, 32 * MIB), 27 * MIB);
    assert_int_equal(reserve_target(0, 32 * MIB, 32 * MIB), 24 * MIB);
    assert_int_equal(reserve_target(0, 8 * MIB, 32 * MIB), 0);
    assert_int_equal(reserve_target(0, 3 * MIB, 32 * MIB), 0);
    assert_int_equal(reserve_target(0, 0, 32 * MIB), 0);
}

static void the_file_has_its_size_on_the_disk(void **state)
{
    (void)state;
    struct err err;
    char dir[256], path[300];
    int64_t before = 0, after = 0;
    fixture_folder(dir, sizeof dir);
    snprintf(path, sizeof path, "%s/reserve", dir);
    assert_int_equal(reserve_held(path), 0);
    assert_int_equal(reserve_hold(path, 0, &err), 0); /* there is none to remove */
    assert_true(reserve_free(dir, &before));
    assert_int_equal(reserve_hold(path, 4 * MIB, &err), 0);
    assert_true(reserve_held(path) >= 4 * MIB && reserve_held(path) < 5 * MIB);
    assert_int_equal(reserve_hold(path, 4 * MIB + MIB / 2, &err), 0); /* too little to bother */
    assert_true(reserve_held(path) < 4 * MIB + MIB / 2);
    assert_int_equal(reserve_hold(path, 2 * MIB, &err), 0);
    assert_true(reserve_held(path) >= 2 * MIB && reserve_held(path) < 3 * MIB);
    assert_int_equal(reserve_hold(path, 0, &err), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_false(reserve_free("/nowhere", &after));
}

static void a_place_that_cannot_hold_is_named(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(reserve_hold("/proc/reserve", 4 * MIB, &err), -1);
    assert_non_null(strstr(err.text, "/proc/reserve"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_for_all_is_held_in_full),        cmocka_unit_test(a_short_disk_is_not_made_shorter),
        cmocka_unit_test(it_is_given_back_by_what_is_lacking), cmocka_unit_test(the_file_has_its_size_on_the_disk),
        cmocka_unit_test(a_place_that_cannot_hold_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
