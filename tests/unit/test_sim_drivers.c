/* Every driver of an opacimeter or gas analyzer against the simulated instrument, which was written apart from it:
 * values, statuses, faults, other models, commands, cheats. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/sim_pair.h"

enum { LONG_MS = 30000, REPLY_MS = 400, LINE_MS = 60 };

struct match {
    const char *driver, *option; /* of the configuration; option NULL: none */
    const char *protocol;        /* of the simulator */
    /* what it must publish; of those, what is computed (k from N, N over another path): known as well as its source */
    const char *quantities, *derived;
    const char *siblings; /* models that it must tell from itself */
    const char *alike;    /* models that nothing on the wire tells from it */
    double path_m;        /* over which it measures N; 0: 0.430 */
    /* what stands for a health of the simulator in the common set, where it is not the status of that name */
    enum instrument_status fault, zeroing, comm_error;
    int64_t reply_ms; /* an answer may take so long; 0: as an opacimeter's */
};

static const struct match matches[] = {
    {.driver = "cap3030",
     .protocol = "cap3030",
     .quantities = "opacity k gas_temp tube_temp",
     .derived = "k",
     .path_m = 0.215},
    {.driver = "fga4100", .protocol = "fga4100", .quantities = "hc co co2 o2 no lambda rpm oil_temp", .reply_ms = 1000},
    {.driver = "flb100",
     .option = "oil_temp=0",
     .protocol = "flb100",
     .quantities = "k opacity gas_temp oil_temp rpm",
     .alike = "flb100-tenths",
     .zeroing = STATUS_BUSY},
    {.driver = "flb100",
     .option = "oil_temp=1",
     .protocol = "flb100-tenths",
     .quantities = "k opacity gas_temp oil_temp rpm",
     .alike = "flb100",
     .zeroing = STATUS_BUSY},
    {.driver = "fty100",
     .protocol = "fty100",
     .quantities = "opacity k oil_temp rpm",
     .derived = "k",
     .siblings = "fty100-short",
     .zeroing = STATUS_BUSY},
    {.driver = "fty100",
     .option = "short",
     .protocol = "fty100-short",
     .quantities = "opacity k oil_temp rpm",
     .derived = "k",
     .siblings = "fty100",
     .zeroing = STATUS_BUSY},
    {.driver = "mexa584l",
     .protocol = "mexa584l",
     .quantities = "co2 co hc o2 lambda no rpm oil_temp",
     .reply_ms = 1000},
    {.driver = "microbench",
     .option = "hc=0 co=2 co2=2 o2=2 nox=0 rpm=0",
     .protocol = "microbench",
     .quantities = "hc co co2 o2 nox rpm",
     .reply_ms = 1000},
    {.driver = "mqw50a",
     .protocol = "mqw50a",
     .quantities = "co2 co hc no o2 humidity oil_temp air_temp rpm lambda pressure",
     .reply_ms = 1000},
    {.driver = "mqw5101",
     .protocol = "mqw5101",
     .quantities = "no opacity k rpm oil_temp humidity pressure",
     .reply_ms = 1000},
    {.driver = "mqy200",
     .protocol = "mqy200",
     .quantities = "opacity k rpm oil_temp air_temp humidity pressure",
     .siblings = "nht6 nht1l",
     .fault = STATUS_BUSY, /* it knows no more than "other" */
     .zeroing = STATUS_BUSY},
    {.driver = "nha503",
     .protocol = "nha503",
     .quantities = "hc co co2 o2 no rpm oil_temp lambda air_temp humidity pressure",
     .siblings = "nha506",
     .reply_ms = 1000},
    {.driver = "nha506",
     .protocol = "nha506",
     .quantities = "hc co co2 o2 no rpm oil_temp lambda air_temp humidity pressure",
     .siblings = "nha503",
     .alike = "nha506-v29 fla502", /* scales differ, nothing on the wire tells */
     .reply_ms = 1000},
    {.driver = "nha506",
     .option = "oil_temp=0",
     .protocol = "nha506-v29",
     .quantities = "hc co co2 o2 no rpm oil_temp lambda air_temp humidity pressure",
     .siblings = "nha503",
     .alike = "nha506 fla502",
     .reply_ms = 1000},
    {.driver = "nha506",
     .option = "co=3",
     .protocol = "fla502",
     .quantities = "hc co co2 o2 no rpm oil_temp lambda air_temp humidity pressure",
     .siblings = "nha503",
     .alike = "nha506 nha506-v29",
     .reply_ms = 1000},
    {.driver = "nht1l",
     .protocol = "nht1l",
     .quantities = "opacity k rpm oil_temp air_temp humidity pressure",
     .derived = "air_temp",
     .siblings = "nht6 mqy200",
     .comm_error = STATUS_INTERNAL},
    {.driver = "nht6",
     .protocol = "nht6",
     .quantities = "opacity k rpm oil_temp",
     .siblings = "nht1l mqy200",
     .comm_error = STATUS_INTERNAL},
};
enum { MATCHES = sizeof matches / sizeof *matches };

static bool named(const char *list, const char *word)
{
    if (!list)
        return false;
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

static struct sim_pair *pair;

/* `first`: commands before anybody connects; NULL: none. */
static void begin(const struct match *match, const char *first)
{
    char commands[256];
    snprintf(commands, sizeof commands, "world air_temp=23.4 humidity=41.5 pressure=95.3 flow=5\n%s",
             first ? first : "");
    sim_pair_close(pair);
    pair = sim_pair_open(&(struct sim_pair_plan){
        .protocol = match->protocol, .driver = match->driver, .option = match->option, .first = commands});
    pair->age_ms = (match->reply_ms ? match->reply_ms : REPLY_MS) + LINE_MS;
    pair->device->reply_ms = 10;
    pair->device->baud = strcmp(match->protocol, "fga4100") == 0 ? 19200 : 9600;
    /* from tenths of kelvin: no source says whether 273 or 273.15 is taken off */
    pair->slack[QUANTITY_AIR_TEMP] = named(match->derived, "air_temp") ? 0.15 : 0;
    pair->slack[QUANTITY_K] = named(match->derived, "k") ? 0.02 : 0;
    pair->path_m = match->path_m;
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    char command[160];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    sim_pair_command(pair, command);
}

static const char *status_name(void)
{
    return instrument_status_name(sim_pair_status(pair));
}

static void start(const struct match *match)
{
    begin(match, NULL);
    if (!sim_pair_until_good(pair, LONG_MS))
        fail_msg("%s: no reading from a sound instrument; status %s", match->driver, status_name());
}

static void assert_good_again(const struct match *match, const char *after)
{
    pair->during = after;
    sim_pair_run(pair, 3000); /* what is under way ends */
    sim_pair_forget(pair);
    if (!sim_pair_until_good(pair, LONG_MS) || !sim_pair_until(pair, STATUS_OK, LONG_MS))
        fail_msg("%s, after %s: not well again; status %s", match->driver, after, status_name());
    sim_pair_run(pair, 2000);
    pair->during = NULL;
}

static void test_values(void **state)
{
    static const char *const trucks[] = {
        "truck idle-k=0 idle-rpm=600 oil=20",
        "truck idle-k=0.62 idle-rpm=750 oil=85 gas-temp=80 tube-temp=95",
        "truck idle-k=2.35 idle-co=0.25 idle-co2=9.9 idle-o2=7.4 idle-hc=123 idle-no=987 lambda=1.432 idle-rpm=1234",
        "truck fuel=petrol idle-co=3.21 idle-hc=1234 idle-co2=13.2 idle-o2=0.9 idle-no=2345 lambda=0.9",
        "truck fuel=diesel idle-k=0.01 idle-co=0 idle-co2=0.5 idle-o2=20.8 idle-hc=0 idle-no=0 lambda=9.99",
    };
    const struct match *match = *state;
    start(match);
    for (size_t i = 0; i < sizeof trucks / sizeof *trucks; i++) {
        pair->during = trucks[i];
        tell("%s", trucks[i]);
        sim_pair_run(pair, 2000);
        sim_pair_forget(pair);
        sim_pair_run(pair, 3000);
        for (enum quantity q = 0; q < QUANTITY_COUNT; q++)
            if (named(match->quantities, quantity_name(q)) && pair->good[q] == 0)
                fail_msg("%s: no %s with %s", match->driver, quantity_name(q), trucks[i]);
        assert_int_equal(sim_pair_status(pair), STATUS_OK);
    }
}

static void test_nothing_is_published_that_the_driver_does_not_announce(void **state)
{
    const struct match *match = *state;
    start(match);
    sim_pair_run(pair, 5000);
    const enum quantity *announced = sensor_driver_by_name(match->driver)->quantities;
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++) {
        bool found = false;
        for (const enum quantity *a = announced; *a != QUANTITY_COUNT; a++)
            found = found || *a == q;
        if (!found && pair->good[q] + pair->other[q] > 0)
            fail_msg("%s publishes %s", match->driver, quantity_name(q));
        if (!found && named(match->quantities, quantity_name(q)))
            fail_msg("%s does not announce %s", match->driver, quantity_name(q));
    }
}

static void test_accelerations(void **state)
{
    const struct match *match = *state;
    start(match);
    pair->during = "accelerating";
    tell("truck k=1.9 noise=0.01 seed=3");
    for (int i = 0; i < 3; i++) {
        tell("press");
        sim_pair_run(pair, 12000);
    }
    if (named(match->quantities, "k") && fabs(pair->highest[QUANTITY_K] - 1.9) > 0.1)
        fail_msg("%s: the top of the puff was %.2f, not 1.9", match->driver, pair->highest[QUANTITY_K]);
    if (named(match->quantities, "rpm") && fabs(pair->highest[QUANTITY_RPM] - 2400) > 1)
        fail_msg("%s: cut-off was seen at %.0f", match->driver, pair->highest[QUANTITY_RPM]);
}

/* How long may a reading still be called ok after the instrument's state has changed? As long as its status is not
 * asked for again. */
enum { STATUS_PERIOD_MS = 2500 };

static void guard_values(bool on)
{
    for (int q = 0; q < QUANTITY_COUNT; q++)
        pair->loose[q] = !on;
}

static enum instrument_status expected(const struct match *match, int health)
{
    static const enum instrument_status same[HEALTH_COUNT] = {
        [HEALTH_OK] = STATUS_OK,
        [HEALTH_WARMING] = STATUS_WARMING,
        [HEALTH_FAULT] = STATUS_INTERNAL,
        [HEALTH_ZEROING] = STATUS_ZEROING,
        [HEALTH_BUSY] = STATUS_BUSY,
        [HEALTH_LOW_FLOW] = STATUS_LOW_FLOW,
        [HEALTH_LEAK] = STATUS_LEAK,
        [HEALTH_ZERO_NEEDED] = STATUS_ZERO_NEEDED,
        [HEALTH_OUT_OF_RANGE] = STATUS_OUT_OF_RANGE,
        [HEALTH_SENSOR_EXPIRED] = STATUS_SENSOR_EXPIRED,
        [HEALTH_STANDBY] = STATUS_STANDBY,
        [HEALTH_COMM_ERROR] = STATUS_COMM_ERROR,
    };
    enum instrument_status own = health == HEALTH_FAULT        ? match->fault
                                 : health == HEALTH_ZEROING    ? match->zeroing
                                 : health == HEALTH_COMM_ERROR ? match->comm_error
                                                               : STATUS_OK;
    return own != STATUS_OK ? own : same[health];
}

static void test_every_status_arrives(void **state)
{
    static const char *const words[HEALTH_COUNT] = {"ok",           "warming",        "fault",   "zeroing",
                                                    "busy",         "low-flow",       "leak",    "zero-needed",
                                                    "out-of-range", "sensor-expired", "standby", "comm-error"};
    const struct match *match = *state;
    start(match);
    for (int health = 1; health < HEALTH_COUNT; health++) {
        if (!(pair->device->protocol->shows & 1U << health))
            continue;
        enum instrument_status wanted = expected(match, health);
        guard_values(false);
        tell("health device %s", words[health]);
        if (!sim_pair_until(pair, wanted, 10000))
            fail_msg("%s: %s did not arrive as %s but %s", match->driver, words[health], instrument_status_name(wanted),
                     status_name());
        guard_values(true);
        sim_pair_forget(pair);
        sim_pair_run(pair, 10000);
        if (pair->goods > 0)
            fail_msg("%s: %u readings called ok while %s", match->driver, pair->goods, words[health]);
        assert_int_equal(sim_pair_status(pair), wanted);
        tell("health device ok");
        assert_good_again(match, words[health]);
    }
}

static void test_starts_in_warm_up(void **state)
{
    const struct match *match = *state;
    if (!(sim_protocol_by_name(match->protocol)->shows & SHOWS(WARMING)))
        return;
    begin(match, "health device warming ms=60000");
    sim_pair_run(pair, 50000);
    if (pair->goods > 0 || sim_pair_status(pair) != STATUS_WARMING)
        fail_msg("%s: %u ok readings in warm-up, status %s", match->driver, pair->goods, status_name());
    sim_pair_run(pair, 10000);
    assert_good_again(match, "warm-up");
}

static void test_faults_never_make_a_wrong_value_good(void **state)
{
    static const char *const faults[] = {"crc",          "split",          "split ms=150",
                                         "late ms=100",  "late ms=700",    "late ms=1500",
                                         "silence",      "garbage",        "half",
                                         "stuck byte=0", "stuck byte=255", "flood",
                                         "flood ms=3",   "crc count=1",    "late ms=700 count=1",
                                         "half count=1", "stuck byte=165"};
    const struct match *match = *state;
    start(match);
    for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
        tell("truck idle-k=0.2 k=1.5 idle-no=400 load-no=1500");
        pair->during = faults[f];
        tell("fault device %s", faults[f]);
        sim_pair_run(pair, 4000);
        tell("press");
        sim_pair_run(pair, 12000);
        tell("fault device none");
        assert_good_again(match, faults[f]);
    }
}

static void test_other_models_are_locked_out(void **state)
{
    const struct match *match = *state;
    for (size_t p = 0; sim_protocols[p]; p++) {
        const char *other = sim_protocols[p]->name;
        if (!sim_protocols[p]->shows || strcmp(other, match->protocol) == 0 || named(match->alike, other))
            continue;
        char first[64];
        snprintf(first, sizeof first, "fault device model as=%s", other);
        begin(match, first);
        sim_pair_run(pair, LONG_MS);
        if (pair->goods > 0)
            fail_msg("%s takes readings from %s: %u ok", match->driver, other, pair->goods);
        if (named(match->siblings, other) && sim_pair_status(pair) != STATUS_WRONG_MODEL)
            fail_msg("%s with %s says %s", match->driver, other, status_name());
        if (sim_pair_status(pair) == STATUS_OK)
            fail_msg("%s with %s says ok", match->driver, other);
    }
}

/* Another model answers on the same line while the driver runs: nothing it says becomes a good value. */
static void test_model_changed_under_way(void **state)
{
    const struct match *match = *state;
    for (size_t p = 0; sim_protocols[p]; p++) {
        if (!named(match->siblings, sim_protocols[p]->name))
            continue;
        start(match);
        pair->during = sim_protocols[p]->name;
        tell("fault device model as=%s", sim_protocols[p]->name);
        sim_pair_run(pair, LONG_MS);
        sim_pair_unplug(pair, 1000);
        sim_pair_forget(pair);
        sim_pair_run(pair, LONG_MS);
        if (pair->goods > 0 || sim_pair_status(pair) != STATUS_WRONG_MODEL)
            fail_msg("%s plugged in again as %s: %u ok readings, %s", match->driver, sim_protocols[p]->name,
                     pair->goods, status_name());
    }
}

/* May readings be wrong after that order? Where the instrument has no way to say that it is zeroing, nobody can know.
 */
static bool is_excused(const struct match *match, enum sensor_command command)
{
    return command == COMMAND_ZERO && !(sim_protocol_by_name(match->protocol)->shows & SHOWS(ZEROING));
}

static void order(const struct match *match, enum sensor_command command)
{
    struct err err = {0};
    start(match);
    sim_pair_run(pair, 1000);
    if (bench_command(&pair->bench, 0, command, pair->now_ms, &err) != 0)
        return; /* not this model; said in a line */
    pair->during = sensor_command_name(command);
    guard_values(false);
    sim_pair_forget(pair);
    sim_pair_run(pair, is_excused(match, command) ? LONG_MS : STATUS_PERIOD_MS);
    guard_values(true);
    unsigned statuses = pair->statuses;
    sim_pair_forget(pair);
    sim_pair_run(pair, LONG_MS);
    statuses |= pair->statuses;
    if (command == COMMAND_ZERO && !is_excused(match, command) && !(statuses & 1U << expected(match, HEALTH_ZEROING)))
        fail_msg("%s: zeroing was not seen", match->driver);
    if (command == COMMAND_PUMP_OFF) {
        if (pair->goods > 0 || sim_pair_status(pair) != STATUS_STANDBY)
            fail_msg("%s: %u ok readings with the pump off, status %s", match->driver, pair->goods, status_name());
        assert_int_equal(bench_command(&pair->bench, 0, COMMAND_PUMP_ON, pair->now_ms, &err), 0);
    }
    assert_good_again(match, sensor_command_name(command));
}

static void test_commands(void **state)
{
    for (enum sensor_command command = 0; command < COMMAND_COUNT; command++)
        order(*state, command);
}

static void test_unplugged_and_back(void **state)
{
    const struct match *match = *state;
    start(match);
    for (int i = 0; i < 5; i++) {
        sim_pair_run(pair, 777 * i);
        sim_pair_unplug(pair, 5000);
        sim_pair_forget(pair);
        sim_pair_run(pair, 4990);
        assert_int_equal(pair->goods, 0);
        assert_good_again(match, "unplugging");
    }
}

/* A board that scales k alone contradicts N, and is seen at once; one that scales both is not, and must be found by
 * other means. */
static void test_contradicting_smoke_is_not_good(void **state)
{
    const struct match *match = *state;
    if (!named(match->quantities, "k") || named(match->derived, "k"))
        return;
    start(match);
    tell("truck idle-k=1.5");
    tell("cheat device factor k=0.6");
    sim_pair_run(pair, 1000);
    sim_pair_forget(pair);
    sim_pair_run(pair, 5000);
    assert_int_equal(pair->good[QUANTITY_K], 0);
    assert_true(pair->other[QUANTITY_K] > 0);
    tell("cheat device none");
    assert_good_again(match, "a cheat");
}

/* Each fault bit of the CAP3030's status, which stands in every answer. */
static void test_status_bits(void **state)
{
    static const unsigned bits[] = {0x0001, 0x0002, 0x0004, 0x0008, 0x0040, 0x0080,
                                    0x0100, 0x0200, 0x1000, 0x2000, 0x8000};
    const struct match *match = *state;
    if (strcmp(match->protocol, "cap3030") != 0)
        return;
    start(match);
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        tell("set device bits=%04X", bits[i]);
        sim_pair_run(pair, STATUS_PERIOD_MS);
        sim_pair_forget(pair);
        sim_pair_run(pair, STATUS_PERIOD_MS);
        if (pair->goods > 0 || sim_pair_status(pair) == STATUS_OK)
            fail_msg("status bit %04X: %u ok readings, status %s", bits[i], pair->goods, status_name());
        tell("set device bits=0");
        assert_good_again(match, "a status bit");
    }
}

static bool measures_exhaust(const struct sensor_driver *driver)
{
    for (const enum quantity *q = driver->quantities; q && *q != QUANTITY_COUNT; q++)
        if (*q == QUANTITY_OPACITY || *q == QUANTITY_CO2 || *q == QUANTITY_NO)
            return true;
    return false;
}

/* Opacimeters and gas analyzers are those drivers that serve a model. */
static void test_every_such_driver_is_here(void **state)
{
    (void)state;
    for (size_t d = 0; sensor_drivers[d]; d++) {
        bool found = !sensor_drivers[d]->model || !measures_exhaust(sensor_drivers[d]);
        for (size_t m = 0; m < MATCHES; m++)
            found = found || strcmp(matches[m].driver, sensor_drivers[d]->name) == 0;
        if (!found)
            fail_msg("no match for driver %s: add its simulator", sensor_drivers[d]->name);
    }
}

int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction function;
    } kinds[] = {
        {"values", test_values},
        {"nothing is published that the driver does not announce",
         test_nothing_is_published_that_the_driver_does_not_announce},
        {"accelerations", test_accelerations},
        {"every status arrives", test_every_status_arrives},
        {"starts in warm up", test_starts_in_warm_up},
        {"faults never make a wrong value good", test_faults_never_make_a_wrong_value_good},
        {"other models are locked out", test_other_models_are_locked_out},
        {"model changed under way", test_model_changed_under_way},
        {"commands", test_commands},
        {"unplugged and back", test_unplugged_and_back},
        {"status bits", test_status_bits},
        {"contradicting smoke is not good", test_contradicting_smoke_is_not_good},
    };
    enum { KINDS = sizeof kinds / sizeof *kinds };
    static struct CMUnitTest tests[KINDS * MATCHES + 1];
    static char names[KINDS * MATCHES][96];
    for (size_t i = 0; i < KINDS * MATCHES; i++) {
        const struct match *match = &matches[i / KINDS];
        snprintf(names[i], sizeof names[i], "%s %s: %s", match->driver, match->option ? match->option : "",
                 kinds[i % KINDS].name);
        tests[i].name = names[i];
        tests[i].test_func = kinds[i % KINDS].function;
        tests[i].initial_state = (void *)(uintptr_t)match;
    }
    tests[KINDS * MATCHES].name = "every such driver is here";
    tests[KINDS * MATCHES].test_func = test_every_such_driver_is_here;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sim_pair_close(pair);
    return failed;
}
