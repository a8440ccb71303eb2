/*
 * The driver contract. A driver turns one instrument's bytes into samples, and says what to send next. That is all.
 *
 * It never opens, reads, writes, sleeps, allocates, logs or asks the time: the host calls it with bytes and the current
 * monotonic milliseconds, and it answers through four host functions. The same code runs under three hosts: the live
 * links of smogd, the replayer (rejudge, tests) and the fuzzer. In plain words:
 *
 *   - Never give up. An instrument that is silent for a week is asked again, at the driver's slow pace.
 *   - Never block, and have at most one request in flight.
 *   - Every value carries a quality. Report the instrument's own status as status.
 *   - Never turn an absent value into a number: no reading is the only way to say "no value". What the instrument says
 *     in words goes out as texts (sample_text_set makes them plain), in a sample of its own where no value comes along.
 *   - Behaviour depends on nothing but the configuration, the bytes and the times since `start`. Shifting all times by
 * a constant shifts the output and changes nothing else.
 *   - Only requests that read may be sent on the driver's own account. Zero, span, pump and the like go out through
 *     `command`, which only an operator triggers.
 *   - Identify the model at start where the protocol can; another model than the configured one is
 *     STATUS_WRONG_MODEL until the next start, and no sample is published.
 */
#ifndef SENSORS_SENSOR_H
#define SENSORS_SENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/decimal.h"
#include "station/core/err.h"
#include "station/core/passage.h"
#include "station/core/reading.h"

struct profile; /* sensors/profile.h */

enum { SENSOR_STATE_MAX = 4096, SENSOR_FRAME_MAX = 10240, SENSOR_NAME_MAX = 32, SENSOR_TEXT_MAX = 64 };

/* Configuration of one instrument, as far as a driver may know it. Lives as long as the sensor. */
struct sensor_config {
    char name[SENSOR_NAME_MAX];    /* "smoke": config key = recording prefix */
    const struct profile *profile; /* NULL where the driver uses none */
    int unit;                      /* bus address; 0: none */
    struct decimal path_m;         /* effective path length of an opacimeter; units 0: the model's own */
    char option[SENSOR_TEXT_MAX];  /* driver-specific words from the configuration, e.g. a dialect */
    int64_t poll_ms;               /* 0: the driver's own pace */
    bool first_passage; /* the first record seen is a passage too: only where one recorded passage is replayed */
};

struct sensor_host {
    void *ctx;
    void (*send)(void *ctx, const uint8_t *bytes, size_t length);
    void (*wake)(void *ctx, int64_t at_ms);                  /* the one timer; replaces; < 0 cancels */
    void (*publish)(void *ctx, const struct sample *sample); /* one frame's values, or one passage */
    /* The instrument's own state; detail is one line ("alarm bits 0004: lamp"). STATUS_OK ends a fault. The host passes
     * on changes only. */
    void (*fault)(void *ctx, enum instrument_status status, const char *detail);
    void (*done)(void *ctx, const char *trouble); /* the job is over; trouble "": all of it is out */
};

/* What an output (printer, sign) is to show: one of the two. Borrowed from `output` until `done`. */
struct sensor_job {
    const uint8_t *raster; /* rows from the top, most significant bit left, 1 = black; NULL: a text */
    unsigned width_bytes, rows;
    const char *text; /* in the device's own character code */
};

/* What the instrument told about itself; empty strings: not told. Part of every record. */
struct sensor_identity {
    char model[SENSOR_TEXT_MAX];
    char serial[SENSOR_TEXT_MAX];
    char firmware[SENSOR_TEXT_MAX];
};

enum sensor_command {
    COMMAND_ZERO,
    COMMAND_SPAN,
    COMMAND_LEAK_TEST,
    COMMAND_CLEAR_MAXIMUM,
    COMMAND_PUMP_ON,
    COMMAND_PUMP_OFF,
    COMMAND_SKIP_WARM_UP,
    COMMAND_REMOTE, /* take orders from here; back to the instrument's panel: manual */
    COMMAND_MANUAL,
    COMMAND_MEASURE,
    COMMAND_STANDBY,
    COMMAND_PAUSE,
    COMMAND_COUNT
};

const char *sensor_command_name(enum sensor_command command); /* "zero" "span" "leak-test" "clear-maximum" … */
enum sensor_command sensor_command_by_name(const char *name); /* COMMAND_COUNT: none */

enum sensor_cut { CUT_MORE, CUT_OK, CUT_BAD };

struct sensor {
    const struct sensor_driver *driver;
    const struct sensor_config *config;
    struct sensor_identity identity;
    union {
        max_align_t align;
        unsigned char bytes[SENSOR_STATE_MAX]; /* the driver's own struct; size asserted at compile time */
    } state;
};

/* Everything a driver exports. */
struct sensor_driver {
    const void *model;               /* the driver's own table row, where one code serves several models */
    const char *name;                /* = config `driver`, = recording header */
    const char *title;               /* for people: maker and model */
    const char *line;                /* default line setting "9600/8n1"; NULL: not a serial instrument */
    int64_t stale_ms;                /* a value older than this is stale (a profile may say otherwise) */
    const enum quantity *quantities; /* what it can publish, QUANTITY_COUNT ends; NULL: the profile tells */

    /* Checks the configuration; called once before anything else, by --check too. */
    int (*check)(const struct sensor_config *config, struct err *err);
    /* (Re)starts from nothing: identify, then measure. Called at connect and at the start of every test, with identity
     * and state all zero. May send and ask for a wake-up; nothing is known yet that could be published or reported. */
    void (*start)(struct sensor *s, int64_t t_ms, const struct sensor_host *host);
    /* Where does the first frame of buf[0..length) end? CUT_OK: *frame bytes are one frame with a valid checksum.
     * CUT_BAD: the first byte cannot begin a frame (the host drops one byte and asks again). CUT_MORE: cannot tell
     * yet. Must not change state. */
    enum sensor_cut (*cut)(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame);
    /* One frame. False: it says nothing that can be used (a malformed line); the host counts it as garbage. */
    bool (*frame)(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host);
    /* The timer it asked for; NULL: it never does. Afterwards the host asks `cut` again about what is buffered: a
     * driver that expects nothing after a time-out so gets rid of half an answer. */
    void (*wake)(struct sensor *s, int64_t t_ms, const struct sensor_host *host);
    /* An operator's command; NULL: none. Fails when this model cannot, or not now. */
    int (*command)(struct sensor *s, enum sensor_command command, int64_t t_ms, const struct sensor_host *host,
                   struct err *err);
    /* Printers and signs, which take no part in tests; NULL for what measures. Takes one job, and answers `done` once
     * it is out or has failed, perhaps from within this call. The host gives no second job before, and counts a job as
     * failed when the link is lost or the driver started again. */
    int (*output)(struct sensor *s, const struct sensor_job *job, int64_t t_ms, const struct sensor_host *host,
                  struct err *err);
};

extern const struct sensor_driver *const sensor_drivers[]; /* by name, NULL-terminated; the tests walk it */
const struct sensor_driver *sensor_driver_by_name(const char *name);

/* How good a value is at best when the instrument says this of itself: warm-up while warming, suspect in any fault. */
enum quality sensor_quality(enum instrument_status status);

/* N and k in one sample must say the same over that path; where they do not, or one of them is not ok, an ok one
 * becomes suspect. */
void sensor_check_opacity(struct sample *sample, struct decimal path_m);

/* The quantities this configured sensor can publish (driver's or profile's), QUANTITY_COUNT ends. */
const enum quantity *sensor_quantities(const struct sensor_driver *driver, const struct sensor_config *config);

/* Does it tell of passing vehicles (remote sensing) and not of the one under test? */
bool sensor_is_passage_source(const struct sensor_config *config);

/* The age at which its values are stale; 0: never. */
int64_t sensor_stale_ms(const struct sensor_driver *driver, const struct sensor_config *config);

#endif
