#include "station/core/bessel.h"

#include <math.h>

/* Both as the published design example has them. */
static const double pi = 3.1415;
static const double damping = 0.618034;

/* The time at which the answer to a step from 0 to 1 crosses `level`; negative: with the first sample, or
 * not within the time it should take. */
static double crossing_s(const struct bessel_design *d, double rate_hz, double level)
{
    struct bessel b;
    double before = 0;
    long last = lround(20 * d->filter_s * rate_hz) + 20;
    bessel_start(&b, d, 0);
    for (long i = 0; i < last; i++) {
        double y = bessel_step(&b, 1);
        if (y >= level)
            return ((double)(i - 1) + (level - before) / (y - before)) / rate_hz;
        before = y;
    }
    return -1;
}

static bool try_frequency(struct bessel_design *d, double rate_hz)
{
    if (d->fc_hz >= rate_hz / 2)
        return false;
    d->omega = 1 / tan(pi * d->fc_hz / rate_hz);
    d->e = 1 / (1 + d->omega * sqrt(3 * damping) + damping * d->omega * d->omega);
    d->k = 2 * d->e * (damping * d->omega * d->omega - 1) - 1;
    d->t10_s = crossing_s(d, rate_hz, 0.1);
    d->t90_s = crossing_s(d, rate_hz, 0.9);
    double rise_s = d->t90_s - d->t10_s;
    d->delta = (rise_s - d->filter_s) / rise_s;
    return d->t10_s >= 0 && rise_s > 0;
}

bool bessel_design(double rate_hz, double average_s, double physical_s, double electrical_s, struct bessel_design *out)
{
    enum { ITERATIONS_MAX = 20 };
    double square = average_s * average_s - (physical_s * physical_s + electrical_s * electrical_s);
    if (!(square > 0) || !(rate_hz > 0))
        return false;
    *out = (struct bessel_design){.filter_s = sqrt(square)};
    out->fc_hz = pi / (10 * out->filter_s);
    while (++out->iterations <= ITERATIONS_MAX && try_frequency(out, rate_hz)) {
        if (fabs(out->delta) <= 0.01)
            return true;
        out->fc_hz *= 1 + out->delta;
    }
    return false;
}

void bessel_start(struct bessel *b, const struct bessel_design *design, double value)
{
    *b = (struct bessel){.e = design->e, .k = design->k, .s1 = value, .s2 = value, .y1 = value, .y2 = value};
}

double bessel_step(struct bessel *b, double sample)
{
    double y = b->y1 + b->e * (sample + 2 * b->s1 + b->s2 - 4 * b->y2) + b->k * (b->y1 - b->y2);
    b->s2 = b->s1;
    b->s1 = sample;
    b->y2 = b->y1;
    b->y1 = y;
    return y;
}
