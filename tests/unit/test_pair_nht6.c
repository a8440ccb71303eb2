/* The NHT-6 driver against the simulated NHT-6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/sim_pair.h"

static void figures_come_through(void **state)
{
    (void)state;
    struct sim_pair *pair = sim_pair_open(&(struct sim_pair_plan){
        .protocol = "nht6", .driver = "nht6", .first = "world opacity=23.4 k=0.62 rpm=750 oil_temp=85"});
    sim_pair_run(pair, 10000);
    assert_int_equal(sim_pair_status(pair), STATUS_OK);
    assert_string_equal(sim_pair_value(pair, QUANTITY_K), "0.62");
    assert_true(pair->good[QUANTITY_OPACITY] > 50);
    sim_pair_suffer(pair, "world opacity=23.4 k=0.62", "world opacity=34.9 k=1.00");
    assert_true(pair->good[QUANTITY_K] > 25);
    sim_pair_close(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(figures_come_through)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
