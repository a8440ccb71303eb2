/*
 * What an instrument said: one quantity, one value, how good it is, and when.
 *
 * An absent value has no reading: nothing here can say "0 because unknown". Only QUALITY_OK readings may ever enter a
 * verdict; every other quality is shown and stored, never judged.
 */
#ifndef STATION_CORE_READING_H
#define STATION_CORE_READING_H

#include <stddef.h>
#include <stdint.h>

#include "station/core/decimal.h"
#include "station/core/quantity.h"

enum quality { QUALITY_OK, QUALITY_WARM_UP, QUALITY_STALE, QUALITY_SUSPECT, QUALITY_OUT_OF_RANGE, QUALITY_COUNT };

const char *quality_name(enum quality quality); /* "ok" "warm-up" "stale" "suspect" "out-of-range" */

struct reading {
    enum quantity quantity;
    enum quality quality;
    struct decimal value;
};

/* The common set of instrument states; every protocol's own bits are mapped to these and nothing else. */
enum instrument_status {
    STATUS_OK,
    STATUS_WARMING,
    STATUS_ZEROING,
    STATUS_BUSY,
    STATUS_LOW_FLOW,
    STATUS_LEAK,
    STATUS_ZERO_NEEDED,
    STATUS_OUT_OF_RANGE,
    STATUS_SENSOR_EXPIRED,
    STATUS_STANDBY,
    STATUS_WRONG_MODEL, /* another instrument answers than the configured one: a lockout */
    STATUS_COMM_ERROR,
    STATUS_INTERNAL,
    STATUS_COUNT
};

const char *instrument_status_name(enum instrument_status status); /* "ok" "warming" … "comm_error" "internal" */

struct passage;

enum { SAMPLE_READINGS_MAX = 32 };

/* All values of one frame, which belong to one moment. For remote sensing one sample is one passing vehicle and
 * `passage` names it; it is NULL otherwise and valid only during the call that delivers the sample. */
struct sample {
    int64_t t_ms; /* monotonic, in the clock of whoever feeds the driver */
    size_t count;
    struct reading readings[SAMPLE_READINGS_MAX];
    const struct passage *passage;
};

/* The reading of that quantity in the sample, or NULL. */
const struct reading *sample_find(const struct sample *sample, enum quantity quantity);

/* The lines of one sample in readings.csv, the table of every sample that a record carries and a recomputation must
 * reproduce byte for byte: "1250,smoke,k,0.42,1/m,ok\n" for each reading, in the sample's order. `t_ms` counts from the
 * start of the test. Returns the length (NUL-terminated, not counted), or -1 when it does not fit. */
#define READINGS_CSV_HEADER "t_ms,instrument,quantity,value,unit,quality\n"
ptrdiff_t sample_csv(const struct sample *sample, int64_t t_ms, const char *instrument, char *out, size_t size);

/* Adds a reading; false when the sample is full. A quantity stands at most once in a sample (asserted). */
bool sample_add(struct sample *sample, enum quantity quantity, enum quality quality, struct decimal value);

#endif
