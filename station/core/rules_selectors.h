/*
 * Which vehicles a rule is for: words, ranges of numbers and dates, each held against one fact of the vehicle. An empty
 * selector takes any vehicle.
 */
#ifndef STATION_CORE_RULES_SELECTORS_H
#define STATION_CORE_RULES_SELECTORS_H

#include "station/core/rules.h"

int rules_selectors_load(struct rule *rule, struct conf *conf, ptrdiff_t section, struct err *err);

/* Is there a vehicle that both rules are for? Are they for exactly the same vehicles? */
bool rules_selectors_meet(const struct rule *a, const struct rule *b);
bool rules_selectors_same(const struct rule *a, const struct rule *b);

/* Are a and b for the same vehicles but for one fact, all of whose values by a are below those by b with a gap between
 * them? *fact is that fact. With a filler: is the gap still there, that is, is the filler not for vehicles just above
 * a's? */
bool rules_selectors_gap(const struct rule *a, const struct rule *b, const struct rule *filler,
                         enum vehicle_fact *fact);

enum rules_match { RULES_NO, RULES_POSSIBLE, RULES_YES };

/* POSSIBLE: nothing known speaks against it, but *missing, which the rule depends on, is unknown. */
enum rules_match rules_selectors_match(const struct rule *rule, const struct vehicle *vehicle,
                                       enum vehicle_fact *missing);

#endif
