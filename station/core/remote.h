/*
 * Remote sensing (HJ 845): is one passage valid, does it exceed, and what does the plate's history make of it.
 *
 * A single exceedance is `suspect`. Two or more consecutive exceedances of the same pollutant by the same vehicle
 * within the pack's window of calendar months are `fail`. A valid passage that does not exceed that pollutant resets
 * it; an invalid passage neither counts nor resets. Stations share the history, so the caller passes passages of all
 * of them, ordered by time.
 */
#ifndef STATION_CORE_REMOTE_H
#define STATION_CORE_REMOTE_H

#include "station/core/civil.h"
#include "station/core/passage.h"
#include "station/core/reading.h"
#include "station/core/rules.h"
#include "station/core/verdict.h"

/* One earlier passage of the same vehicle (same plate and colour). */
struct remote_past {
    struct civil_date day;
    bool valid;
    uint64_t exceeded; /* bit per enum quantity */
    char record[64];   /* its id here, cited in the reason of a fail */
};

#define REMOTE_METHOD "remote-sensing"

/* Parameters of a rule of this method, besides its limits:
 *   consecutive, window-months     how many exceedances in a row within how many calendar months are a fail
 *   diesel-only                    1: a vehicle that the device says is of other fuel is not judged
 *   fuel-unknown-judged            1: one whose fuel the device does not tell is judged, with a reason that says so
 *   QUANTITY-min, QUANTITY-max     validity bounds, both included; QUANTITY as in quantity.h with - for _
 *   QUANTITY-above                 validity bound, excluded
 *   QUANTITY-needed                1: without that reading the passage is invalid
 */
int remote_check_rule(const struct rule *rule, struct err *err);

/* Judges a passage by the remote-sensing rule. `past` holds the history before this passage, oldest first; `day` is the
 * day of this passage. The readings' qualities and the pack's validity bounds decide validity: every reason is listed.
 * VSP is computed from speed, acceleration and slope when the device does not send it and the three are there. A
 * plate that does not parse makes the record invalid ("plate: …"). Fills *verdict completely.
 * The window of months runs from the earlier exceedance to the same day of the month, or the last one where there is no
 * such day (31 August + 6 months: 28 February), that day included. Earlier passages dated after `day` are not used. */
int remote_judge(struct verdict *verdict, const struct rule_pack *pack, const struct rule *rule,
                 enum limit_class limit_class, const struct sample *sample, const struct remote_past *past,
                 size_t past_count, struct civil_date day, struct err *err);

/* The bits of remote_past.exceeded for a judged passage: limits that carry a verdict, not screening. */
uint64_t remote_exceeded(const struct verdict *verdict);

/* Vehicle specific power, kW/t: v(1.1 a + 9.81 sin(slope) + 0.213) + 0.000305 v³, v in m/s from km/h, slope in degrees;
 * rounded to 3 decimals. */
bool remote_vsp(struct decimal speed_kmh, struct decimal acceleration_ms2, struct decimal slope_deg,
                struct decimal *out);

#endif
