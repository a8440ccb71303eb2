/*
 * The neutral record: one record as a list of named texts, from which the map of every receiver (reports/outlet_map.h)
 * takes what it wants. Only what is known is there; nothing is guessed, rounded or translated.
 *
 *     id seq kind method day verdict rule pack     time, ended (RFC 3339)     now (when it is sent)
 *     station.id .name .region .kind .latitude .longitude
 *     vehicle.plate .colour .kind .FACT            FACT as in station/core/vehicle.h: fuel, hpzl, vin …
 *     measured.quantity .value .limit .unit        what decided: the first exceeded value, else the first one
 *     value.Q  limit.Q  value.Q.POINT limit.Q.POINT    every judged quantity; POINT as in the record, where it has one
 *     mark.KIND.N  mark.KIND.last.N                value of the N-th counted mark, from the first, from the last
 *     ringelmann.visible                           yes | no
 *     officer.N  officer.ROLE                      numbers; officer.police also from the case's reviews
 *     instrument.N.name .serial .certificate .model
 *     violation.code .name .fine .points .basis    of a failed record, from the data file (reports/violation.h)
 *     passage.KEY  reading.Q                       of a passage: what the device told, what was measured
 *     picture.count picture.N picture.N.name       of at most 3, in the order that reports/neutral.c tells
 *     decision.KEY  driver.KEY                      what was filed of a decision on the spot
 *     case.KEY                                     case.json, flattened: case.reviews.1.officer
 *     values.NAME                                  what the outlet's configuration says
 *     row.number .at .condition .index .k .rpm     of messages with rows = samples: one of the accelerations' samples
 *     row.name, row.picture                        of messages with rows = pictures
 */
#ifndef REPORTS_NEUTRAL_H
#define REPORTS_NEUTRAL_H

#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"

enum { NEUTRAL_PICTURES_MAX = 3, NEUTRAL_VALUE_MAX = 512 };

struct violation;

struct neutral_file {
    const char *name;
    const uint8_t *data;
    size_t size;
};

struct neutral_value {
    const char *name, *value;
};

struct neutral_source {
    const char *record; /* record.json */
    size_t record_length;
    const char *case_json; /* NULL: there is none */
    size_t case_length;
    const char *decision; /* JSON (reports/contents.h): what was filed of a decision on the spot; NULL: nothing */
    const struct neutral_file *files; /* what belongs to the record: readings.csv, photos/… */
    size_t files_count;
    const struct neutral_value *values; /* of the outlet's configuration */
    size_t values_count;
    const struct violation *violations; /* all that are known */
    size_t violations_count;
};

struct neutral;

/* The source's files must outlive it. Fails when the record cannot be read. */
int neutral_open(struct neutral **out, const struct neutral_source *source, struct err *err);
void neutral_close(struct neutral *n);

/* NULL: not known. */
const char *neutral_get(const struct neutral *n, const char *key);
void neutral_set(struct neutral *n, const char *key, const char *value);

/* "picture.1" … and "row.picture"; NULL: there is none. */
const struct neutral_file *neutral_picture(const struct neutral *n, const char *key);

/* How many rows of that kind ("samples", "pictures") there are; and which of them the keys row.… mean. */
size_t neutral_rows(const struct neutral *n, const char *kind);
void neutral_row(struct neutral *n, const char *kind, size_t i);

#endif
