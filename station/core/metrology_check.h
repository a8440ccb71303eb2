/* The state machine of a metrology check; see station/core/metrology.h. */
#ifndef STATION_CORE_METROLOGY_CHECK_H
#define STATION_CORE_METROLOGY_CHECK_H

#include "station/core/procedure.h"

/*
 * PROCEDURE_START, then the keys in this order:
 *     OBSERVE "k=1.71 …"   span: what the reference stands for; leak test: "none" or "leak"
 *     CONFIRM              the air is clean, the reference in place, the instrument's own zeroing is commanded
 *
 * Verdict pass, fail, or aborted where there is no result (lost instrument, too few good readings, time over). Each
 * compared quantity has a value, whose `measured` is the distance of the mean from what it should be, and marks:
 *     reference   span: what it should be
 *     mean        rounded to 6 decimals; number: how many readings
 *     lowest, highest
 */
int metrology_check_init(struct procedure *p, const struct rule_pack *pack, const struct rule *rule,
                         const struct vehicle *vehicle, enum limit_class limit_class, struct err *err);
void metrology_check_step(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host);

#endif
