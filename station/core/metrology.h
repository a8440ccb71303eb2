/*
 * Metrology: is the instrument that is about to measure worth believing?
 *
 * A check is a procedure of its own (station/core/procedure.h) with one instrument on the bench: the operator gives it
 * clean air, a neutral filter or a calibration gas, its readings of some seconds are held against what they should be.
 * Because it is a procedure, its recording replays like that of a test and gives the same result.
 *
 *     zero       clean air: the mean lies within the tolerance of 0
 *     span       a reference of known value (neutral filter, bottle of gas): the mean lies within the tolerance of it
 *     leak-test  what the instrument's own test showed, by the operator's word, since most protocols do not tell it;
 * and the instrument says no leak until the time is over, and measures
 *
 * The figures are rules in a pack like every other figure of the law (station/rules/metrology-cn.conf): one method for
 * each kind of instrument and check ("zero-opacimeter" …) whose limits are tolerances, and the method "station" for
 * what the station as a whole is held to. Where no pack has such a rule, that check is not asked for.
 *
 * Parameters of a check, times with unit = "s":
 *     every-days    due again after so many calendar days; 0: never due
 *     settle        readings count from so long after the operator's word and after every status that was not ok
 *     measure       for so long
 *     count         at least so many good readings of each compared quantity, else there is no result
 *     spread-share  % of the tolerance: between highest and lowest reading at most
 *     time-limit    of the whole check
 *     reference-share   (span, optional) the tolerance is at least so many % of the reference
 *     reference-min-Q, reference-max-Q   (span, optional) the range of usable references of quantity Q
 */
#ifndef STATION_CORE_METROLOGY_H
#define STATION_CORE_METROLOGY_H

#include "station/core/procedure.h"

enum metrology_what { METROLOGY_ZERO, METROLOGY_SPAN, METROLOGY_LEAK_TEST, METROLOGY_WHAT_COUNT };
enum metrology_kind { METROLOGY_OPACIMETER, METROLOGY_GAS_ANALYZER, METROLOGY_KIND_COUNT };

const char *metrology_what_name(enum metrology_what what);    /* "zero" "span" "leak-test" */
enum metrology_what metrology_what_by_name(const char *name); /* METROLOGY_WHAT_COUNT: none */
/* By what it measures, QUANTITY_COUNT ends; METROLOGY_KIND_COUNT: nothing that is checked here. */
enum metrology_kind metrology_kind_of(const enum quantity *quantities);

const struct procedure_method *metrology_method(enum metrology_kind kind, enum metrology_what what);
const struct procedure_method *metrology_method_by_name(const char *name); /* NULL: none */

/* The rule of that method in force on that day, or NULL. */
const struct rule *metrology_rule(const struct rule_pack *packs, size_t packs_count, const char *method,
                                  struct civil_date day, const struct rule_pack **pack);

/* Is a check due that was done last on that day (year 0: never), and again after so many days (0: never due)? */
bool metrology_due(struct civil_date last, struct civil_date today, int64_t every_days);

/* What a reference stands for, as the operator's key OBSERVE says it: "k=1.71 opacity=52.1". False: it cannot be read,
 * or names a quantity twice; *out is then not to be used. */
struct metrology_reference {
    bool has[QUANTITY_COUNT];
    struct decimal value[QUANTITY_COUNT];
};
bool metrology_reference_parse(const char *text, struct metrology_reference *out);

/* What a leak test showed, as the same key says it. */
#define METROLOGY_NO_LEAK "none"
#define METROLOGY_LEAK "leak"

/* ---- method "station" ---- */

#define METROLOGY_STATION "station"

struct metrology_station {
    int64_t clock_error_max_ms; /* a clock that may be further off is not trusted */
    bool clock_locks;           /* … and then no test starts; false: it only shows, and stands in every record */
    int64_t aborts_plate, aborts_plate_hours;     /* so many aborted tests of one vehicle within so many hours */
    int64_t aborts_station, aborts_station_hours; /* and of all vehicles; 0: not counted */
    int64_t disk_reserve_mb;
    int64_t calibration_days; /* a calibration is good for so long; 0: not asked for */
    bool certificate_needed;  /* an instrument that is checked here needs certificate and valid-until */
};
int metrology_station_read(const struct rule *rule, struct metrology_station *out, struct err *err);

/* Is it one of the methods of this file? And has its rule all it needs? */
bool metrology_knows(const char *method);
int metrology_check_rule(const struct rule_pack *pack, const struct rule *rule, struct err *err);

#endif
