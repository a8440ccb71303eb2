/* Which instruments of a bench are fit for a test, and why none is. */
#ifndef SENSORS_BENCH_FIT_H
#define SENSORS_BENCH_FIT_H

#include "sensors/bench.h"

/* Connected, not stale, status ok, and no passage source. */
bool bench_fit(const struct bench_instrument *in);

/* The first fit instrument that offers the quantity, or -1. */
int bench_fit_source(const struct bench *b, enum quantity quantity);

/* Fills *err (ERR_REFUSED) with what the instruments that could give that quantity say; returns -1. */
int bench_fit_refuse(const struct bench *b, enum quantity quantity, struct err *err);

#endif
