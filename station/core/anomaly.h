/*
 * What a measurement looks like when somebody has tampered with it. Watches the samples of one test, whatever their
 * quality, and the accelerations found in it. It changes no verdict: what it finds is an alert for a supervisor.
 *
 *   factor             k and opacity of one instrument contradict each other by one constant factor (a scaled reading)
 *   frozen             smoke stands still to the last digit while the engine speed moves
 *   rpm-regular        the engine speed stands still to the last digit for longer than an engine can
 *   rpm-without-smoke  the engine speed rises in every acceleration, and the smoke in some only
 *   curve-twice        two accelerations of one test have the same curve (a stored curve is played)
 *   aborted-above-limit  a test was ended by hand when an acceleration had exceeded the limit already
 *
 * Curves of different tests are compared by whoever keeps them, with anomaly_difference. The figures are the parameters
 * of the rule of method "alerts" in a pack (station/rules/alerts-cn.conf).
 */
#ifndef STATION_CORE_ANOMALY_H
#define STATION_CORE_ANOMALY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"
#include "station/core/reading.h"
#include "station/core/rules.h"
#include "station/core/verdict.h"

#define ANOMALY_METHOD "alerts"

enum {
    ANOMALY_POINTS = 40,
    ANOMALY_SHAPES_MAX = 12,
    ANOMALY_SAMPLES_MAX = 2048, /* kept for the curve of an acceleration */
    ANOMALY_FINDINGS_MAX = 8,
    ANOMALY_FACTS_MAX = 4,
};

/* Parameters; shares are 1 = 100 %. */
struct anomaly_params {
    double factor_min;                 /* the factor is off by at least this share … */
    double factor_spread_max;          /* … and steadier than this (standard deviation, share) */
    int64_t factor_samples;            /* over at least so many samples */
    double factor_opacity_min;         /* %, below it k and N are too coarse to compare */
    int64_t frozen_ms, rpm_regular_ms; /* unchanged for so long */
    double rpm_move;                   /* r/min: the engine speed moves */
    double smoke_rise;                 /* 1/m: the smoke rises */
    double curve_same;                 /* mean distance of two curves, share of their peak: less is the same curve */
    double curve_peak_min;             /* 1/m: lower curves all look alike */
    /* for those who count over tests */
    int64_t retests, retest_days; /* so many tests without a pass before one, within so many days */
    int64_t rate_tests,
        rate_days;        /* pass rates are compared over at least so many tests, told again after so many days */
    double rate_sigma;    /* standard deviations that a pass rate may be off */
    double travel_kmh;    /* faster than any truck */
    double travel_km_min; /* sites nearer to each other are one place; 0 where the rule does not say (optional) */
};

/* An acceleration's curve: the readings nearest to ANOMALY_POINTS moments, evenly spread over it. */
struct anomaly_shape {
    int number; /* of the acceleration */
    int64_t duration_ms;
    double peak;                    /* 1/m */
    int16_t points[ANOMALY_POINTS]; /* k in thousandths of 1/m */
};

struct anomaly_fact {
    const char *name;
    struct decimal value;
};

struct anomaly_finding {
    const char *code;
    size_t facts_count;
    struct anomaly_fact facts[ANOMALY_FACTS_MAX];
};

/* One quantity that stands still. */
struct anomaly_still {
    bool known;
    struct decimal value;
    int64_t since_ms, longest_ms;
    double moved_low, moved_high; /* of the other quantity meanwhile */
    bool moved_known;
};

struct anomaly {
    struct anomaly_params params;
    struct decimal path_m;
    int64_t factor_count;
    double factor_sum, factor_squares;
    struct anomaly_still k, rpm;
    bool frozen;
    int64_t frozen_ms;
    size_t samples_count, samples_next;
    struct {
        int64_t t_ms;
        float k, rpm; /* negative: not in this sample */
    } samples[ANOMALY_SAMPLES_MAX];
    size_t shapes_count;
    struct anomaly_shape shapes[ANOMALY_SHAPES_MAX];
    int accelerations, with_smoke, without_smoke;
};

/* Reads the figures; also the check of a pack's rule of this method. */
int anomaly_load(struct anomaly_params *params, const struct rule *rule, struct err *err);

/* `path_m`: the effective path that k is referred to. */
void anomaly_init(struct anomaly *a, const struct anomaly_params *params, struct decimal path_m);
/* In the order of their times, which count from the start of the test. */
void anomaly_sample(struct anomaly *a, const struct sample *sample, int64_t t_ms);
void anomaly_mark(struct anomaly *a, const struct verdict_mark *mark);
/* What was found, when the test has ended. */
size_t anomaly_findings(const struct anomaly *a, const struct verdict *verdict, const struct rule *rule,
                        struct anomaly_finding out[ANOMALY_FINDINGS_MAX]);

/* How far two curves are apart: mean distance of their points as a share of the higher peak; 1 where they are of
 * different length (by more than a tenth). */
double anomaly_difference(const struct anomaly_shape *a, const struct anomaly_shape *b);

/* How many standard deviations the pass rate of `passed` of `tests` lies from that of the others (two proportions);
 * 0 where there is nothing to compare. */
double anomaly_rate_sigma(int64_t passed, int64_t tests, int64_t other_passed, int64_t other_tests);

/* The speed in km/h that `km` in `ms` would have needed, where that is more than the figure; else 0. Two places at one
 * moment: INFINITY. */
double anomaly_travel_kmh(const struct anomaly_params *params, double km, int64_t ms);

/* Great-circle distance in kilometres; degrees. */
double anomaly_distance_km(double latitude, double longitude, double other_latitude, double other_longitude);

#endif
