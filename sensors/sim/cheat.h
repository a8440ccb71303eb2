/*
 * How a measurement is falsified, for those who must find it. Each is a change of what an instrument measures or shows
 * and leaves everything else alone; with none in force the honest value comes through to the last bit.
 *
 *   notch    the sampling tube is notched: air is drawn with the plume, smoke and gases thin out, oxygen rises
 *   replay   a stored curve is played instead of the engine: what was read then (readings.csv of a record) comes again
 *   rpm      engine speed is made up: one trapezoid after the other, exactly alike, whatever the engine does
 *   freeze   all values stay what they were
 *   factor   readings are scaled: one quantity alone (k without N: they contradict each other), or `smoke`, which
 *            scales k and lets N follow
 */
#ifndef SENSORS_SIM_CHEAT_H
#define SENSORS_SIM_CHEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"
#include "station/core/quantity.h"

enum { CHEAT_POINTS_MAX = 4096 };

struct cheat_curve {
    size_t count;
    struct cheat_point {
        int64_t t_ms;
        enum quantity quantity;
        double value;
    } points[CHEAT_POINTS_MAX]; /* in the order of their times */
};

struct cheat {
    double smoke, factor[QUANTITY_COUNT]; /* 1: honest */
    double notch;                         /* share of air in the sample, 0..1 */
    struct {
        bool on;
        int64_t since_ms, period_ms; /* 0: one speed */
        double low, high;
    } rpm;
    bool frozen;
    double held[QUANTITY_COUNT];
    const struct cheat_curve *curve; /* being replayed; NULL: none */
    int64_t replay_ms;               /* the curve's time 0 */
};

/* Honest. */
void cheat_init(struct cheat *c);
bool cheat_is_honest(const struct cheat *c);

/* What reaches the instrument instead of `value`. */
double cheat_source(const struct cheat *c, enum quantity quantity, double value, int64_t t_ms);
/* What it shows instead of `value`. */
double cheat_reading(const struct cheat *c, enum quantity quantity, double value);

/* Reads the table of samples of a record (readings.csv); only values of quality ok are taken. Errors name the line. */
int cheat_curve_read(struct cheat_curve *curve, const char *text, size_t length, struct err *err);

#endif
