/* PINs: which are taken, and what their hashes tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "station/pin.h"

static void easy_ones_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "123",  "1234567890123", "12a4",  " 4711", "4711\n",  "0000",
                                      "1234", "4321", "0123",          "98765", "-471",  "４７１１"};
    static const char *const good[] = {"4711", "0042", "1123", "123412341234", "1357"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = {0};
        assert_int_equal(pin_check(bad[i], &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        if (bad[i][0])
            assert_null(strstr(err.text, bad[i]));
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(pin_check(good[i], NULL), 0);
}

static void a_hash_knows_its_pin_alone(void **state)
{
    (void)state;
    char one[PIN_HASH_MAX], other[PIN_HASH_MAX], broken[PIN_HASH_MAX];
    struct err err = {0};
    assert_int_equal(pin_hash("471108", one, &err), 0);
    assert_int_equal(pin_hash("471108", other, &err), 0);
    assert_string_not_equal(one, other); /* each has its own salt */
    assert_null(strstr(one, "471108"));
    assert_true(pin_hash_valid(one));
    assert_true(pin_matches("471108", one));
    assert_true(pin_matches("471108", other));
    assert_false(pin_matches("471109", one));
    assert_false(pin_matches("", one));
    strcpy(broken, one);
    broken[strlen(broken) - 4] ^= 1;
    assert_false(pin_matches("471108", broken));
    assert_false(pin_matches("471108", ""));
    assert_int_equal(pin_hash("1234", one, &err), -1);
}

static void what_is_no_hash_is_seen(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "471108",
        "scrypt$32768$8$1$",
        "scrypt$32768$8$1$AAAAAAAAAAAAAAAAAAAAAA==",
        "scrypt$1$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$32768$8$1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "scrypt$32768$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(pin_hash_valid(bad[i]));
    assert_true(
        pin_hash_valid("scrypt$32768$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(easy_ones_are_refused),
        cmocka_unit_test(a_hash_knows_its_pin_alone),
        cmocka_unit_test(what_is_no_hash_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
