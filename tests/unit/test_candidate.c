/* What is tried on a port of which nothing is known. That no question of a model is an order to another:
 * test_bytemodel.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "sensors/candidate.h"

static struct candidate list[CANDIDATES_MAX];
static size_t count;

static const struct candidate *find(const char *driver, const char *option)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].driver->name, driver) == 0 && strcmp(list[i].config.option, option) == 0)
            return &list[i];
    return NULL;
}

static void test_every_instrument_is_tried(void **state)
{
    (void)state;
    count = candidate_list(list, NULL, 0);
    for (size_t i = 0; sensor_drivers[i]; i++) {
        const struct sensor_driver *driver = sensor_drivers[i];
        const struct sensor_config plain = {.name = "x"};
        if (driver->line && !driver->output && driver->check(&plain, NULL) == 0 && !find(driver->name, "") &&
            strcmp(driver->name, "fty100") != 0)
            fail_msg("%s is not tried", driver->name);
    }
    assert_non_null(find("fty100", "long"));
    assert_non_null(find("fty100", "short"));
    assert_non_null(find("fty100", "short-tail"));
    assert_non_null(find("csri", "two-byte"));
    assert_non_null(find("mph", "km/h"));
}

static void test_what_is_left_out(void **state)
{
    (void)state;
    count = candidate_list(list, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        assert_null(list[i].driver->output); /* a printer would print the question */
        assert_non_null(list[i].driver->line);
        assert_string_not_equal(list[i].driver->name, "modbus");
    }
    assert_null(find("csri", "one-byte")); /* any byte is a speed */
    assert_null(find("ak", ""));           /* no profile, no question */
}

static void test_who_asks_and_who_listens(void **state)
{
    (void)state;
    static const char *const asking[] = {"nht6", "mqy200", "nha506", "vaisala", "vmt2000", "elm327"};
    static const char *const listening[] = {"nmea", "rpm5300", "vtet1000"};
    count = candidate_list(list, NULL, 0);
    for (size_t i = 0; i < sizeof asking / sizeof asking[0]; i++)
        assert_true(find(asking[i], "")->asks);
    for (size_t i = 0; i < sizeof listening / sizeof listening[0]; i++)
        assert_false(find(listening[i], "")->asks);
}

static void test_profiles_of_its_kind_only(void **state)
{
    (void)state;
    static const struct profile one = {.kind = PROFILE_COLUMNS, .name = "one"},
                                two = {.kind = PROFILE_COLUMNS, .name = "two"},
                                registers = {.kind = PROFILE_MODBUS, .name = "registers"};
    const struct profile *const profiles[] = {&one, &registers, &two};
    size_t without = candidate_list(list, NULL, 0);
    count = candidate_list(list, profiles, 3);
    assert_int_equal(count, without + 2);
    assert_ptr_equal(find("maximet", "")->config.profile, &one);
    assert_ptr_equal((find("maximet", "") + 1)->config.profile, &two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_instrument_is_tried),
        cmocka_unit_test(test_what_is_left_out),
        cmocka_unit_test(test_who_asks_and_who_listens),
        cmocka_unit_test(test_profiles_of_its_kind_only),
    };
    return cmocka_run_group_tests_name("candidate", tests, NULL, NULL);
}
