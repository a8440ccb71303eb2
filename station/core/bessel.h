/*
 * Bessel low-pass filter of second order for smoke signals (SAE J1667, ISO 8178-9, EU load-response test): brings the
 * response of an instrument (physical and electrical response time) to a given overall response time.
 *
 *     tF = sqrt(tAver² - (tp² + te²))   fc = pi / (10 tF)          first guess of the cut-off frequency
 *     Ω = 1 / tan(pi Δt fc)   E = 1 / (1 + Ω sqrt(3D) + D Ω²)   K = 2E (D Ω² - 1) - 1      D = 0.618034
 *     Y[i] = Y[i-1] + E (S[i] + 2 S[i-1] + S[i-2] - 4 Y[i-2]) + K (Y[i-1] - Y[i-2])
 *
 * The time from 10 % to 90 % of its answer to a step must be tF to one part in a hundred of itself, else fc is
 * corrected by that part. Samples must come at one rate: the design is for that rate alone, and samples are never made
 * up.
 */
#ifndef STATION_CORE_BESSEL_H
#define STATION_CORE_BESSEL_H

#include <stdbool.h>

struct bessel_design {
    double filter_s; /* tF */
    double fc_hz, omega;
    double e, k;
    double t10_s, t90_s; /* of the answer to a step */
    double delta;        /* how far (t90 - t10) is from tF, as a part of it */
    int iterations;
};

/* False where there is no such filter: the instrument alone is slower than average_s, or the rate is too low. */
bool bessel_design(double rate_hz, double average_s, double physical_s, double electrical_s, struct bessel_design *out);

struct bessel {
    double e, k;
    double s1, s2, y1, y2; /* the latest two samples and results */
};

/* At rest at that value. */
void bessel_start(struct bessel *b, const struct bessel_design *design, double value);
double bessel_step(struct bessel *b, double sample);

#endif
