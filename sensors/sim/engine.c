#include "sensors/sim/engine.h"

#include <math.h>
#include <string.h>

enum { RISE_MS = 900, PUFF_PEAK_MS = 600, FALL_MS = 1200, DRIVE_MS = 1500, NOISE_STEP_MS = 20 };

static const struct engine diesel = {
    .idle_rpm = 750,
    .cutoff_rpm = 2400,
    .raised_rpm = 2400,
    .idle_k = 0.02,
    .peak_k = 0.4,
    .load_k = 0.3,
    .oil_temp_c = 88,
    .coolant_temp_c = 85,
    .gas_temp_c = 85,
    .tube_temp_c = 90,
    .gas = {[ENGINE_IDLE] = {.co = 0.03, .co2 = 2.2, .o2 = 17.8, .hc = 20, .no = 220},
            [ENGINE_RAISED] = {.co = 0.04, .co2 = 3.0, .o2 = 16.7, .hc = 15, .no = 180},
            [ENGINE_LOAD] = {.co = 0.06, .co2 = 9.5, .o2 = 7.5, .hc = 12, .no = 950}},
    .lambda = (double)NAN,
    .no2_share = 0.05,
    .hold_ms = 2600,
    .pressed_ms = -1,
    .drive = {.from_rpm = 750, .rpm = 750},
};

static const struct engine petrol = {
    .idle_rpm = 800,
    .cutoff_rpm = 6000,
    .raised_rpm = 2500,
    .idle_k = 0,
    .peak_k = 0,
    .load_k = 0,
    .oil_temp_c = 88,
    .coolant_temp_c = 85,
    .gas_temp_c = 85,
    .tube_temp_c = 90,
    .gas = {[ENGINE_IDLE] = {.co = 0.05, .co2 = 14.9, .o2 = 0.2, .hc = 30, .no = 20},
            [ENGINE_RAISED] = {.co = 0.03, .co2 = 15.1, .o2 = 0.1, .hc = 15, .no = 40},
            [ENGINE_LOAD] = {.co = 0.1, .co2 = 15.0, .o2 = 0.1, .hc = 20, .no = 150}},
    .lambda = (double)NAN,
    .no2_share = 0,
    .hold_ms = 2600,
    .pressed_ms = -1,
    .drive = {.from_rpm = 800, .rpm = 800},
};

static const struct {
    const char *name;
    size_t at; /* of a double in struct engine */
} keys[] = {
    {"k", offsetof(struct engine, peak_k)},
    {"idle-k", offsetof(struct engine, idle_k)},
    {"load-k", offsetof(struct engine, load_k)},
    {"oil", offsetof(struct engine, oil_temp_c)},
    {"coolant", offsetof(struct engine, coolant_temp_c)},
    {"gas-temp", offsetof(struct engine, gas_temp_c)},
    {"tube-temp", offsetof(struct engine, tube_temp_c)},
    {"idle-rpm", offsetof(struct engine, idle_rpm)},
    {"raised-rpm", offsetof(struct engine, raised_rpm)},
    {"cutoff-rpm", offsetof(struct engine, cutoff_rpm)},
    {"lambda", offsetof(struct engine, lambda)},
    {"no2-share", offsetof(struct engine, no2_share)},
    {"scatter", offsetof(struct engine, scatter)},
    {"noise", offsetof(struct engine, noise)},
    {"seed", offsetof(struct engine, seed)},
    {"idle-co", offsetof(struct engine, gas[ENGINE_IDLE].co)},
    {"idle-co2", offsetof(struct engine, gas[ENGINE_IDLE].co2)},
    {"idle-o2", offsetof(struct engine, gas[ENGINE_IDLE].o2)},
    {"idle-hc", offsetof(struct engine, gas[ENGINE_IDLE].hc)},
    {"idle-no", offsetof(struct engine, gas[ENGINE_IDLE].no)},
    {"raised-co", offsetof(struct engine, gas[ENGINE_RAISED].co)},
    {"raised-co2", offsetof(struct engine, gas[ENGINE_RAISED].co2)},
    {"raised-o2", offsetof(struct engine, gas[ENGINE_RAISED].o2)},
    {"raised-hc", offsetof(struct engine, gas[ENGINE_RAISED].hc)},
    {"raised-no", offsetof(struct engine, gas[ENGINE_RAISED].no)},
    {"load-co", offsetof(struct engine, gas[ENGINE_LOAD].co)},
    {"load-co2", offsetof(struct engine, gas[ENGINE_LOAD].co2)},
    {"load-o2", offsetof(struct engine, gas[ENGINE_LOAD].o2)},
    {"load-hc", offsetof(struct engine, gas[ENGINE_LOAD].hc)},
    {"load-no", offsetof(struct engine, gas[ENGINE_LOAD].no)},
    {"hold-ms", offsetof(struct engine, hold_ms)}, /* the one that is no double */
};

const char *engine_key(size_t index)
{
    return index < sizeof keys / sizeof *keys ? keys[index].name : NULL;
}

void engine_init(struct engine *e)
{
    *e = diesel;
}

int engine_set(struct engine *e, const char *key, double value, struct err *err)
{
    if (!isfinite(value))
        return err_set(err, ERR_INVALID, "%s: not a number", key);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].name, key) != 0)
            continue;
        double idle_rpm = e->idle_rpm;
        if (keys[i].at == offsetof(struct engine, hold_ms))
            e->hold_ms = (int64_t)value;
        else
            memcpy((char *)e + keys[i].at, &value, sizeof value);
        if (e->drive.rpm == idle_rpm && e->drive.load == 0) /* at idle: it follows */
            e->drive.rpm = e->drive.from_rpm = e->idle_rpm;
        return 0;
    }
    return err_set(err, ERR_INVALID, "unknown setting '%s' of the engine; sim.h lists them", key);
}

int engine_set_fuel(struct engine *e, const char *fuel, struct err *err)
{
    if (strcmp(fuel, "diesel") != 0 && strcmp(fuel, "petrol") != 0)
        return err_set(err, ERR_INVALID, "fuel is diesel or petrol, not '%s'", fuel);
    *e = *fuel == 'd' ? diesel : petrol;
    return 0;
}

void engine_press(struct engine *e, int64_t t_ms)
{
    e->pressed_ms = t_ms;
    e->presses++;
}

static double smooth(double x)
{
    if (x <= 0)
        return 0;
    return x >= 1 ? 1 : x * x * (3 - 2 * x);
}

static double mix(double from, double to, double share)
{
    return from + (to - from) * share;
}

/* -1..1, one figure for each seed, kind and index; the finisher of MurmurHash3. */
static double scatter(const struct engine *e, unsigned kind, int64_t index)
{
    uint32_t h = (uint32_t)(int64_t)e->seed * 0x9E3779B1U ^ kind * 0x85EBCA77U ^ (uint32_t)index;
    h = (h ^ h >> 16) * 0x85EBCA6BU;
    h = (h ^ h >> 13) * 0xC2B2AE35U;
    h ^= h >> 16;
    return (double)h / (double)UINT32_MAX * 2 - 1;
}

static struct engine_gas gas_between(struct engine_gas a, struct engine_gas b, double share)
{
    return (struct engine_gas){.co = mix(a.co, b.co, share),
                               .co2 = mix(a.co2, b.co2, share),
                               .o2 = mix(a.o2, b.o2, share),
                               .hc = mix(a.hc, b.hc, share),
                               .no = mix(a.no, b.no, share)};
}

/* Brettschneider's formula for petrol, HC as hexane equivalent; NAN where nothing is burnt. */
static double lambda_of(struct engine_gas g)
{
    const double hcv = 1.7261;
    const double ocv = 0.0175;
    double carbon = g.co2 + g.co;
    if (carbon <= 0 || g.co2 <= 0)
        return (double)NAN;
    double water = hcv / 4 * 3.5 / (3.5 + g.co / g.co2) - ocv / 2;
    return (g.co2 + g.co / 2 + g.o2 + g.no / 2e4 + water * carbon) /
           ((1 + hcv / 4 - ocv / 2) * (carbon + 6 * g.hc / 1e4));
}

static void add_noise(const struct engine *e, struct engine_state *s, int64_t t_ms)
{
    double *const values[] = {&s->k_per_m, &s->gas.co, &s->gas.co2, &s->gas.o2, &s->gas.hc, &s->gas.no};
    for (unsigned i = 0; i < sizeof values / sizeof *values; i++)
        *values[i] *= 1 + e->noise * scatter(e, 16 + i, t_ms / NOISE_STEP_MS);
}

static const struct engine_gas clean_air = {.o2 = 20.9};

struct engine_state engine_at(const struct engine *e, int64_t t_ms)
{
    double settled = smooth((double)(t_ms - e->drive.since_ms) / DRIVE_MS);
    double load = mix(e->drive.from_load, e->drive.load, settled);
    struct engine_state s = {.rpm = mix(e->drive.from_rpm, e->drive.rpm, settled), .oil_temp_c = e->oil_temp_c};
    s.k_per_m = mix(e->idle_k, e->load_k, load);
    if (e->pressed_ms >= 0 && t_ms >= e->pressed_ms) {
        double since = (double)(t_ms - e->pressed_ms);
        double up = smooth(since / RISE_MS);
        double down = smooth((since - (double)e->hold_ms) / FALL_MS);
        s.rpm += (e->cutoff_rpm - s.rpm) * up * (1 - down);
        /* (t/T) e^(1 - t/T) has its maximum, 1, at T: smoke comes while the turbo lags, then the air catches up */
        double x = since / (PUFF_PEAK_MS * (1 + e->scatter * scatter(e, 1, e->presses)));
        double puff = x * exp(1 - x);
        double peak = e->peak_k * (1 + e->scatter * scatter(e, 0, e->presses));
        s.k_per_m += (peak - s.k_per_m) * puff;
        load = mix(load, 1, puff);
    }
    double raised = (s.rpm - e->idle_rpm) / (e->raised_rpm - e->idle_rpm);
    raised = raised > 0 ? fmin(raised, 1) : 0;
    s.gas = gas_between(gas_between(e->gas[ENGINE_IDLE], e->gas[ENGINE_RAISED], raised), e->gas[ENGINE_LOAD], load);
    if (e->in_clean_air) {
        s.k_per_m = 0;
        s.gas = clean_air;
    }
    if (e->noise > 0)
        add_noise(e, &s, t_ms);
    s.lambda = isnan(e->lambda) ? lambda_of(s.gas) : e->lambda;
    return s;
}

void engine_drive(struct engine *e, double rpm, double load, int64_t t_ms)
{
    double settled = smooth((double)(t_ms - e->drive.since_ms) / DRIVE_MS);
    e->drive.from_rpm = mix(e->drive.from_rpm, e->drive.rpm, settled);
    e->drive.from_load = mix(e->drive.from_load, e->drive.load, settled);
    e->drive.rpm = rpm;
    e->drive.load = load;
    e->drive.since_ms = t_ms;
}

double engine_value(const struct engine *e, enum quantity quantity, int64_t t_ms)
{
    struct engine_state s = engine_at(e, t_ms);
    double nox = e->no2_share < 1 ? s.gas.no / (1 - e->no2_share) : (double)NAN;
    const struct {
        enum quantity quantity;
        double value;
    } values[] = {{QUANTITY_RPM, s.rpm},
                  {QUANTITY_K, s.k_per_m},
                  {QUANTITY_OPACITY, engine_opacity(s.k_per_m)},
                  {QUANTITY_OIL_TEMP, s.oil_temp_c},
                  {QUANTITY_COOLANT_TEMP, e->coolant_temp_c},
                  {QUANTITY_GAS_TEMP, e->gas_temp_c},
                  {QUANTITY_TUBE_TEMP, e->tube_temp_c},
                  {QUANTITY_CO, s.gas.co},
                  {QUANTITY_CO2, s.gas.co2},
                  {QUANTITY_O2, s.gas.o2},
                  {QUANTITY_HC, s.gas.hc},
                  {QUANTITY_NO, s.gas.no},
                  {QUANTITY_NOX, nox},
                  {QUANTITY_NO2, nox * e->no2_share},
                  {QUANTITY_LAMBDA, s.lambda}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].quantity == quantity)
            return values[i].value;
    return (double)NAN;
}

double engine_thinned(enum quantity quantity, double value, double air)
{
    static const enum quantity plume[] = {QUANTITY_K,  QUANTITY_CO,  QUANTITY_CO2, QUANTITY_HC,
                                          QUANTITY_NO, QUANTITY_NOX, QUANTITY_NO2};
    const double air_o2_percent = 20.9;
    if (quantity == QUANTITY_O2)
        return value + (air_o2_percent - value) * air;
    for (size_t i = 0; i < sizeof plume / sizeof *plume; i++)
        if (plume[i] == quantity)
            return value * (1 - air);
    return value;
}

double engine_opacity(double k_per_m)
{
    return 100 * (1 - exp(-k_per_m * 0.430));
}
