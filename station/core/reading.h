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

/* What an instrument says in words. Append only: the names stand in sealed records. X(enumerator, name) */
#define TEXT_TABLE(X)                                                                                                  \
    X(VIN, "vin")                                                                                                      \
    X(DTC, "dtc")                 /* confirmed trouble codes, separated by blanks */                                   \
    X(DTC_PENDING, "dtc_pending") /* pending ones */                                                                   \
    X(READINESS, "readiness")     /* per monitor: "catalyst=complete egr=incomplete" */                                \
    X(OBD_PROTOCOL, "obd_protocol")                                                                                    \
    X(ECU, "ecu") /* which control unit answers */                                                                     \
    X(PLATE, "plate")                                                                                                  \
    X(PLATE_COLOUR, "plate_colour") /* plate_colour_name */                                                            \
    X(PICTURE, "picture")                                                                                              \
    X(ERROR, "error") /* the instrument's own list of errors */

enum text_kind {
#define TEXT_ENUM(id, name) TEXT_##id,
    TEXT_TABLE(TEXT_ENUM)
#undef TEXT_ENUM
        TEXT_COUNT
};

const char *text_kind_name(enum text_kind kind);
enum text_kind text_kind_by_name(const char *name); /* TEXT_COUNT: none */

enum { SAMPLE_READINGS_MAX = 32, SAMPLE_TEXTS_MAX = TEXT_COUNT, SAMPLE_TEXT_MAX = 256 };

/* An empty value says "none" (no trouble codes); what was not said has no text. Values are plain: UTF-8 without comma,
 * quotation mark and control characters. */
struct sample_text {
    enum text_kind kind;
    char value[SAMPLE_TEXT_MAX];
};

/* Makes any bytes plain: what may not stand in a value becomes a blank (control characters, commas, quotation marks) or
 * '?' (what is no UTF-8), and what is too long is cut after a whole character. */
void sample_text_set(struct sample_text *text, enum text_kind kind, const char *bytes, size_t length);
bool sample_text_is_plain(const char *value);

struct passage;

/* All values of one frame, which belong to one moment. For remote sensing one sample is one passing vehicle and
 * `passage` names it; it is NULL otherwise. `passage` and `texts` are valid only during the call that delivers the
 * sample. */
struct sample {
    int64_t t_ms; /* monotonic, in the clock of whoever feeds the driver */
    size_t count;
    struct reading readings[SAMPLE_READINGS_MAX];
    size_t texts_count; /* each kind at most once */
    const struct sample_text *texts;
    const struct passage *passage;
};

/* The reading of that quantity in the sample, or NULL. */
const struct reading *sample_find(const struct sample *sample, enum quantity quantity);

/* The text of that kind, or NULL. */
const char *sample_find_text(const struct sample *sample, enum text_kind kind);

/* The lines of one sample in readings.csv, the table of every sample that a record carries and a recomputation must
 * reproduce byte for byte: "1250,smoke,k,0.42,1/m,ok\n" for each reading, then "1250,obd,dtc,P2002 P0401,text,ok\n" for
 * each text, in the sample's order. `t_ms` counts from the start of the test. Returns the length (NUL-terminated, not
 * counted), or -1 when it does not fit; SAMPLE_CSV_MAX is room for any sample of an instrument whose name has at most
 * 31 bytes. */
#define READINGS_CSV_HEADER "t_ms,instrument,quantity,value,unit,quality\n"
enum { SAMPLE_CSV_MAX = SAMPLE_READINGS_MAX * 128 + SAMPLE_TEXTS_MAX * (SAMPLE_TEXT_MAX + 80) };
ptrdiff_t sample_csv(const struct sample *sample, int64_t t_ms, const char *instrument, char *out, size_t size);

/* Adds a reading; false when the sample is full. A quantity stands at most once in a sample (asserted). */
bool sample_add(struct sample *sample, enum quantity quantity, enum quality quality, struct decimal value);

#endif
