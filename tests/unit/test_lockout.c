/* The table of lockouts, and the pure decisions behind some of them. */
#include "station/core/lockout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void every_code_has_its_words(void **state)
{
    (void)state;
    for (enum lockout_code code = 0; code < LOCKOUT_COUNT; code++) {
        const struct lockout_kind *kind = lockout_kind(code);
        assert_int_equal(lockout_by_name(kind->code), code);
        assert_true(kind->zh[0] && kind->en[0] && kind->clear_zh[0] && kind->clear_en[0]);
        assert_true((unsigned char)kind->zh[0] >= 0x80);
        assert_true(kind->recorded || !kind->person);
        for (const char *at = kind->code; *at; at++)
            assert_true((*at >= 'a' && *at <= 'z') || *at == '-');
    }
    assert_int_equal(lockout_by_name("nothing"), LOCKOUT_COUNT);
    assert_int_equal(lockout_by_name(""), LOCKOUT_COUNT);
}

static void every_status_but_ok_locks_by_its_own_name(void **state)
{
    (void)state;
    assert_int_equal(lockout_of_status(STATUS_OK), LOCKOUT_COUNT);
    for (enum instrument_status status = STATUS_OK + 1; status < STATUS_COUNT; status++) {
        const struct lockout_kind *kind = lockout_kind(lockout_of_status(status));
        const char *name = instrument_status_name(status);
        assert_int_equal(kind->about, LOCKOUT_INSTRUMENT);
        assert_false(kind->person);
        assert_int_equal(strlen(kind->code), strlen(name));
        for (size_t i = 0; name[i]; i++)
            assert_int_equal(kind->code[i], name[i] == '_' ? '-' : name[i]);
    }
}

static void the_clock_is_trusted_up_to_its_error(void **state)
{
    (void)state;
    assert_true(lockout_clock_trusted(true, 999, 1000));
    assert_true(lockout_clock_trusted(true, 1000, 1000));
    assert_false(lockout_clock_trusted(true, 1001, 1000));
    assert_false(lockout_clock_trusted(false, 0, 1000));
}

static void serials_differ_only_where_both_are_known(void **state)
{
    (void)state;
    assert_false(lockout_other_serial("A1", "A1"));
    assert_true(lockout_other_serial("A1", "A2"));
    assert_true(lockout_other_serial("A1", "A12"));
    assert_false(lockout_other_serial("", "A2"));
    assert_false(lockout_other_serial("A1", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_words),
        cmocka_unit_test(every_status_but_ok_locks_by_its_own_name),
        cmocka_unit_test(the_clock_is_trusted_up_to_its_error),
        cmocka_unit_test(serials_differ_only_where_both_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
