#include "sensors/sim/engine.h"

#include <math.h>

enum { RISE_MS = 900, PUFF_PEAK_MS = 600, FALL_MS = 1200 };

void engine_init(struct engine *e)
{
    *e = (struct engine){.idle_rpm = 750,
                         .cutoff_rpm = 2400,
                         .idle_k = 0.02,
                         .peak_k = 0.4,
                         .oil_temp_c = 88,
                         .hold_ms = 2600,
                         .pressed_ms = -1};
}

void engine_press(struct engine *e, int64_t t_ms)
{
    e->pressed_ms = t_ms;
}

static double smooth(double x)
{
    if (x <= 0)
        return 0;
    return x >= 1 ? 1 : x * x * (3 - 2 * x);
}

struct engine_state engine_at(const struct engine *e, int64_t t_ms)
{
    struct engine_state s = {.rpm = e->idle_rpm, .k_per_m = e->idle_k, .oil_temp_c = e->oil_temp_c};
    if (e->pressed_ms < 0 || t_ms < e->pressed_ms)
        return s;
    double since = (double)(t_ms - e->pressed_ms);
    double up = smooth(since / RISE_MS);
    double down = smooth((since - (double)e->hold_ms) / FALL_MS);
    s.rpm += (e->cutoff_rpm - e->idle_rpm) * up * (1 - down);
    /* (t/T) e^(1 - t/T) has its maximum, 1, at T: smoke comes while the turbo lags, then the air catches up */
    double x = since / PUFF_PEAK_MS;
    s.k_per_m += (e->peak_k - e->idle_k) * x * exp(1 - x);
    return s;
}

double engine_opacity(double k_per_m)
{
    return 100 * (1 - exp(-k_per_m * 0.430));
}
