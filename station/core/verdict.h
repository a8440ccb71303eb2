/*
 * The verdict: the word, the numbers it rests on, and the rule that judged.
 *
 * verdict_write is the canonical form that is sealed, and that a recomputation must reproduce byte for byte.
 */
#ifndef STATION_CORE_VERDICT_H
#define STATION_CORE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/decimal.h"
#include "station/core/json.h"
#include "station/core/quantity.h"
#include "station/core/rules.h"

enum verdict_kind { VERDICT_PASS, VERDICT_FAIL, VERDICT_SUSPECT, VERDICT_INVALID, VERDICT_ABORTED, VERDICT_VOID };

const char *verdict_kind_name(enum verdict_kind kind); /* "pass" "fail" "suspect" "invalid" "aborted" "void" */
bool verdict_kind_by_name(const char *name, enum verdict_kind *out);

/* The one reason of a test that nobody ended: it is aborted when the daemon comes up again. */
#define VERDICT_LOST "power or daemon lost"

enum {
    VERDICT_VALUES_MAX = 8,
    VERDICT_REASONS_MAX = 16,
    VERDICT_REASON_MAX = 120,
    VERDICT_MARKS_MAX = 32,
    VERDICT_NOTE_MAX = 80,
    VERDICT_JSON_MAX = 16384,
};

/* One compared quantity. */
struct verdict_value {
    enum quantity quantity;
    int point;               /* see rule_limit */
    struct decimal measured; /* before rounding to the limit's digits */
    struct decimal value;    /* rounded: this is what was compared */
    struct decimal limit;
    bool at_least;
    bool screening;
    bool exceeded;
    char clause[RULES_TEXT_MAX];
    enum rule_status limit_status;
};

/* One thing that happened and counts: an acceleration with its maximum, a power-scan point … Times are ms since the
 * start of the test. */
struct verdict_mark {
    char kind[24]; /* "acceleration" "purge" "point" */
    int number;    /* 1… within its kind */
    int64_t from_ms, to_ms;
    enum quantity quantity; /* QUANTITY_COUNT: no value */
    struct decimal value;
    bool counted;                /* entered the result */
    char note[VERDICT_NOTE_MAX]; /* why it did not count, or what is special about it; mostly empty */
};

struct verdict {
    enum verdict_kind kind;
    char method[RULES_ID_MAX];
    char pack_id[RULES_ID_MAX], pack_version[RULES_ID_MAX], pack_sha256[SHA256_HEX_SIZE];
    char rule[RULES_ID_MAX];
    enum limit_class limit_class;
    size_t values_count, reasons_count, marks_count;
    struct verdict_value values[VERDICT_VALUES_MAX];
    char reasons[VERDICT_REASONS_MAX][VERDICT_REASON_MAX]; /* machine words first: "wind_speed: 6.2 > 5.0" */
    struct verdict_mark marks[VERDICT_MARKS_MAX];
    int64_t duration_ms;
};

/* Starts an empty verdict of that method under that rule. */
void verdict_init(struct verdict *v, const struct rule_pack *pack, const struct rule *rule, enum limit_class class_);

/* Rounds `measured` to the digits of the limit (of the verdict's class), compares, adds the value. Returns whether it
 * exceeds (false for screening limits, whose `exceeded` field still tells). */
bool verdict_compare(struct verdict *v, const struct rule_limit *limit, struct decimal measured);

/* Adds a line, cut to its maximum; dropped when the list is full. */
void verdict_reason(struct verdict *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where a limit of that point holds: "idle", "raised idle" (two-speed idle), "80 %", "100 %" (lug-down); "": everywhere
 * in the test. */
const char *verdict_point_name(int point);

/* "k: 1.21 > 1.20", "k at 80 %: 1.37 > 1.20": why that value exceeds its limit. */
void verdict_reason_exceeded(struct verdict *v, const struct verdict_value *value);

/* The canonical "verdict" object:
 *   {class, duration_ms, kind, marks, method, pack: {id, sha256, version}, reasons, rule, values}
 *   mark:  {counted, from_ms, kind, note, number, quantity, to_ms, unit, value}; note, quantity, unit and value where
 *          there are any
 *   value: {at_least, clause, exceeded, limit, measured, point, quantity, screening, status, unit, value} */
void verdict_write(const struct verdict *v, struct json_writer *w, const char *key);
int verdict_read(struct verdict *v, const struct json_doc *doc, ptrdiff_t object, struct err *err);

#endif
