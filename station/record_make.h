/*
 * The canonical record of a test or passage, and the bodies of events (reports/FORMATS.md). Pure text making:
 * everything that enters is given; reports/record.h is the other direction.
 */
#ifndef STATION_RECORD_MAKE_H
#define STATION_RECORD_MAKE_H

#include <stdint.h>

#include "sensors/sensor.h"
#include "station/clock.h"
#include "station/config.h"
#include "station/core/civil.h"
#include "station/core/err.h"
#include "station/core/verdict.h"
#include "station/entries.h"

enum {
    RECORD_MAKE_FILES_MAX = 64,
    RECORD_MAKE_PART_MAX = 32 << 10, /* instruments, vehicle, basis … each */
    RECORD_MAKE_TEXT_MAX = 256 << 10,
    RECORD_MAKE_EVENT_MAX = 96 << 10,
};

struct record_make_file {
    char name[128];
    char sha256[SHA256_HEX_SIZE];
    size_t size;
};

/* Parts named `…` are canonical JSON, NULL where the record has none. */
struct record_make {
    const struct config *config;
    const char *kind, *id, *method; /* kind "test" or "passage" */
    int64_t seq, started_ms, ended_ms;
    const struct clock_stamp *clock; /* at the end */
    const char *instruments, *vehicle, *officers, *rules, *basis, *joined, *passage;
    const struct verdict *verdict;
    const char *binary_sha256;
    size_t files_count;
    struct record_make_file files[RECORD_MAKE_FILES_MAX]; /* in any order; written sorted by name */
};

void record_make_add_file(struct record_make *r, const char *name, const char *sha256, size_t size);
/* The array `files` alone, sorted. Returns its length, or -1. */
ptrdiff_t record_make_files(struct record_make *r, char *out, size_t size);
/* Returns the length of the text in out (NUL-terminated), or -1 when it does not fit. */
ptrdiff_t record_make_write(struct record_make *r, char *out, size_t size);

/* One element of `instruments`: what the configuration says, and what the instrument told (identity may be NULL). */
void record_make_instrument(struct json_writer *w, const struct config *config, size_t instrument,
                            const struct sensor_identity *identity);

/* `rules`: what rules_select is asked with; pack and rule NULL where nothing could be selected. */
void record_make_rules(struct json_writer *w, const struct rule_pack *pack, const struct rule *rule,
                       enum limit_class limit_class, struct civil_date day);

/* The body of an event: adds at, boot, kind, mono_ms and station. Returns the length, or -1. */
ptrdiff_t record_make_event(struct entries *e, const struct clock_stamp *stamp, const char *station, const char *kind,
                            char *out, size_t size);

#endif
