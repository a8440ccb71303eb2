/* Every scenario that is shipped loads, and each of its timed commands is understood. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensors/sim/sim_scenario.h"

static struct sim sim;
static struct scenario scenario;

/* plug and unplug make and remove endpoints: of them only the instrument's name is looked at. */
static bool makes_endpoint(const char *command)
{
    const char *name = strncmp(command, "plug ", 5) == 0 ? command + 5 : command + strlen("unplug ");
    if (strncmp(command, "plug ", 5) != 0 && strncmp(command, "unplug ", 7) != 0)
        return false;
    size_t length = strcspn(name, " ");
    for (int i = 0; i < sim.count; i++)
        if (strlen(sim.instruments[i].name) == length && memcmp(sim.instruments[i].name, name, length) == 0)
            return true;
    return false;
}

static void try_scenario(const char *path)
{
    struct err err = {0};
    sim_init(&sim);
    memset(&scenario, 0, sizeof scenario);
    if (scenario_load(&scenario, &sim, path, &err) != 0)
        fail_msg("%s", err.text);
    assert_true(sim.count > 0);
    for (size_t i = 0; i < scenario.steps_count; i++)
        if (!makes_endpoint(scenario.steps[i].command) &&
            sim_command(&sim, scenario.steps[i].command, scenario.steps[i].at_ms, &err) != 0)
            fail_msg("%s: %s: %s", path, scenario.steps[i].command, err.text);
}

static void scenarios_are_understood(void **state)
{
    (void)state;
    glob_t found;
    assert_int_equal(glob("sensors/sim/scenarios/*.conf", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        try_scenario(found.gl_pathv[i]);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(scenarios_are_understood)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
