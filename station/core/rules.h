/*
 * Rule packs: the law as dated data.
 *
 * A pack is one file, station/rules/ID.conf. It holds rules; a rule is what one method demands of one group of
 * vehicles during one period: limits (class a and b) and procedure parameters. Every number carries its clause,
 * source and status, so that "unconfirmed" is visible on the slip. No limit and no parameter has a default in C: what
 * a procedure needs and the pack does not say is an error at start.
 *
 *     pack gb3847-2018 {
 *         version = "1"   title = "…"   source = "GB 3847-2018"
 *         rule free-acceleration {
 *             method = free-acceleration      from = 2019-05-01      # to = …, open if absent
 *             fuel = {diesel}                 # optional selectors: fuel class gearbox stage aspiration smoke-class
 * (lists); # mass-min mass-max power-min power-max (min <= x < max); # registered-from registered-to; model-year-min
 * model-year-max limit k { a = 1.2  b = 0.7  clause = "…"  source = "…"  status = unconfirmed } # optional in limit:
 * at-least = yes (a minimum), judge = screening (shown, carries no verdict), #                    point = 80 (lug-down)
 *             param purge-count { value = 3  clause = "…"  source = "…"  status = unconfirmed }
 *         }
 *         common detection { param … limit … }      # what several rules share; a rule takes it with common = detection
 *         class-b 6501 { from = …  clause = "…"  source = "…"  status = … }
 *                                             # stations whose region's code begins so judge by class b from that day
 * on
 *     }
 *
 * Parameters that every rule may carry whatever its method: sign-verdict, sign-plate (1: the sign at the roadside may
 * show them), notice-sms (1: the owner is told by text message).
 */
#ifndef STATION_CORE_RULES_H
#define STATION_CORE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/civil.h"
#include "station/core/conf.h"
#include "station/core/decimal.h"
#include "station/core/err.h"
#include "station/core/quantity.h"
#include "station/core/vehicle.h"

enum {
    RULES_ID_MAX = 32,
    RULES_TEXT_MAX = 160,
    RULES_UNIT_MAX = 16,
    RULES_LIMITS_MAX = 8,
    RULES_PARAMS_MAX = 48,
    RULES_PER_PACK_MAX = 24,
    RULES_CLASSES_MAX = 16,
    RULES_SELECTOR_MAX = 96,
    SHA256_HEX_SIZE = 65,
};

enum limit_class { LIMIT_CLASS_A, LIMIT_CLASS_B };
enum rule_status { RULE_CONFIRMED, RULE_UNCONFIRMED };

struct rule_origin {
    char clause[RULES_TEXT_MAX];
    char source[RULES_TEXT_MAX];
    enum rule_status status;
};

struct rule_limit {
    enum quantity quantity;
    int point;               /* 0, or the lug-down point in % (100, 80) */
    struct decimal value[2]; /* by enum limit_class; their digits are the digits compared */
    bool at_least;           /* the value must be >= limit (e.g. wheel power); otherwise <= */
    bool screening;          /* compared and shown, never part of the verdict */
    struct rule_origin origin;
};

struct rule_param {
    char name[RULES_ID_MAX];
    struct decimal value;
    char unit[RULES_UNIT_MAX];
    struct rule_origin origin;
};

struct rule {
    char name[RULES_ID_MAX];
    char method[RULES_ID_MAX];
    struct civil_date from, to; /* first and last day; to.year 0: open */
    /* Comma-separated words, empty: any. */
    char fuel[RULES_SELECTOR_MAX], vehicle_class[RULES_SELECTOR_MAX], gearbox[RULES_SELECTOR_MAX],
        stage[RULES_SELECTOR_MAX], aspiration[RULES_SELECTOR_MAX], smoke_class[RULES_SELECTOR_MAX];
    struct decimal mass_min, mass_max, power_min, power_max; /* digits 0, units 0: no bound */
    int model_year_min, model_year_max;                      /* 0: no bound */
    struct civil_date registered_from, registered_to;        /* first registration; year 0: no bound */
    size_t limits_count, params_count;
    struct rule_limit limits[RULES_LIMITS_MAX];
    struct rule_param params[RULES_PARAMS_MAX];
    unsigned line;
};

/* Where and when class b holds. */
struct rule_class {
    char region[RULES_UNIT_MAX]; /* GB/T 2260 code, or how it begins */
    struct civil_date from, to;
    struct rule_origin origin;
};

struct rule_pack {
    char id[RULES_ID_MAX], version[RULES_ID_MAX];
    char title[RULES_TEXT_MAX], source[RULES_TEXT_MAX];
    char sha256[SHA256_HEX_SIZE]; /* of the file's bytes; set by the caller (hashing needs a library) */
    size_t classes_count;
    struct rule_class classes[RULES_CLASSES_MAX];
    size_t rules_count;
    struct rule rules[RULES_PER_PACK_MAX];
};

/* Reads a parsed file into *pack. Refuses with file:line: unknown keys and quantities, a status that is neither
 * confirmed nor unconfirmed, a missing clause/source/status, rules of one method whose periods and selectors overlap,
 * and gaps between periods, or between ranges of one fact, of rules that are else for the same vehicles. Whether a rule
 * has all that its method reads is checked by procedure_check_pack. */
int rules_load(struct rule_pack *pack, struct conf *conf, struct err *err);

/* The one rule of `method` for this vehicle on that day; NULL with a reason in *err when there is none, when several
 * rules are possible and a fact that decides between them is missing ("the rule depends on mass_kg: say it with
 * --vehicle mass_kg=…"), or when more than one fits. What is known is always held against the rule (a petrol vehicle
 * gets no diesel rule); what is unknown is asked for only where it decides. */
const struct rule *rules_select(const struct rule_pack *packs, size_t packs_count, const char *method,
                                const struct vehicle *vehicle, struct civil_date day, const struct rule_pack **pack,
                                struct err *err);

/* The class of limits that the pack lays down for a station of that region on that day. */
enum limit_class rules_class(const struct rule_pack *pack, const char *region, struct civil_date day);

/* A parameter that any rule may carry. */
bool rules_is_general_param(const char *name);

/* A limit of the rule, or NULL. */
const struct rule_limit *rule_limit(const struct rule *rule, enum quantity quantity, int point);

/* Rounds `measured` to the digits of the limit (GB/T 8170, once) and holds it against it. */
bool rule_limit_exceeded(const struct rule_limit *limit, enum limit_class limit_class, struct decimal measured,
                         struct decimal *rounded);

bool rule_has_param(const struct rule *rule, const char *name);

/* Parameters by name. A missing one is an error that names pack rule and parameter. _integer also checks that the
 * value is whole and within min..max; _ms takes seconds in the file and gives milliseconds. */
int rule_param(const struct rule *rule, const char *name, struct decimal *out, struct err *err);
int rule_param_integer(const struct rule *rule, const char *name, int64_t min, int64_t max, int64_t *out,
                       struct err *err);
int rule_param_ms(const struct rule *rule, const char *name, int64_t *out_ms, struct err *err);
/* Where the parameter comes from. */
int rule_param_origin(const struct rule *rule, const char *name, struct rule_origin *out, struct err *err);

/* Where a figure of any file comes from: its clause, source and status, all of them required. */
int rules_load_origin(struct rule_origin *origin, struct conf *conf, ptrdiff_t section, struct err *err);

#endif
