/*
 * What an instrument says of smoke, in the quantity that a rule judges: k (1/m) or opacity (%).
 *
 * An instrument that gives the other one only is read through k = -ln(1 - N/100)/L with L from the rule; one that gives
 * both is read directly, never by turns.
 *
 * Where the rule asks for a filter (bessel.h), readings pass it. It needs one rate: the rate is taken from the
 * first `filter-samples` intervals that differ from their mean by no more than `filter-jitter`; the filter then starts
 * at rest and is not believed until two filter times have gone by. A reading that is not good, or comes out of that
 * rhythm (missing, doubled, late), ends it all: smoke is bad until the rhythm is found again. No sample is ever made
 * up.
 *
 * Parameters of a rule: path; and for the filter, all of them or none: filter-time, filter-physical, filter-electrical
 * (response times, seconds), filter-jitter (%), filter-samples.
 */
#ifndef STATION_CORE_SMOKE_H
#define STATION_CORE_SMOKE_H

#include "station/core/bessel.h"
#include "station/core/reading.h"
#include "station/core/rules.h"

struct smoke_plan {
    enum quantity quantity; /* QUANTITY_K or QUANTITY_OPACITY */
    struct decimal path_m;
    bool filtered;
    int64_t time_ms, physical_ms, electrical_ms;
    int64_t jitter_percent, samples;
};

struct smoke {
    struct smoke_plan plan;
    bool direct;               /* the instrument gives the quantity itself */
    int64_t first_ms, last_ms; /* of the readings in rhythm; last -1: none yet */
    int64_t intervals;         /* between them */
    bool running;
    int64_t believed_ms; /* the filter has settled */
    struct bessel filter;
};

int smoke_load(struct smoke_plan *plan, const struct rule *rule, enum quantity quantity, struct err *err);
void smoke_init(struct smoke *s, const struct smoke_plan *plan);

/* NONE: the sample says nothing of smoke. BAD: it does, but not so that it may be used. */
enum smoke_news { SMOKE_NONE, SMOKE_BAD, SMOKE_GOOD };
enum smoke_news smoke_read(struct smoke *s, const struct sample *sample, int64_t t_ms, struct decimal *value);

#endif
