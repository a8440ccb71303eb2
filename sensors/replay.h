/*
 * Replays the recordings of one test through drivers, procedure and rules: bytes in, verdict out. Pure; used by
 * rejudge, by the verifier and by the tests.
 */
#ifndef SENSORS_REPLAY_H
#define SENSORS_REPLAY_H

#include "sensors/bench.h"
#include "sensors/profile.h"
#include "sensors/recording.h"

enum { REPLAY_FILES_MAX = BENCH_INSTRUMENTS_MAX + 1 };

struct replay_file {
    const char *name; /* for messages */
    const char *text;
    size_t length;
};

struct replay_host {
    void *ctx;
    void (*sample)(void *ctx, const char *instrument, const struct sample *sample); /* may be NULL */
    void (*mark)(void *ctx, const struct verdict_mark *mark);                       /* may be NULL */
};

/* One recording while it is replayed. */
struct replay_input {
    struct recording recording;
    const char *name;                   /* of the file, for messages */
    const struct sensor_driver *driver; /* NULL: the operator */
    struct sensor_config config;
    int order, instrument; /* index on the bench; -1: the operator */
    bool more;
    struct recording_line line; /* the next one, where there are more */
};

/* Large: keep it in static or heap memory of the caller. */
struct replay {
    struct bench bench;
    size_t inputs_count;
    struct replay_input inputs[REPLAY_FILES_MAX]; /* by order */
    const struct replay_host *host;
    struct verdict verdict;
    bool finished;
    uint64_t number; /* of the line that was replayed last */
};

/* The header lines of an instrument's recording: all that the driver may know, and `order`, its index on the bench, by
 * which the replay orders the instruments. Further "# key = value" lines may follow. Returns the length
 * (NUL-terminated, not counted), or -1 when it does not fit. `source`: live | bench | synthetic. */
ptrdiff_t replay_header(const struct sensor_driver *driver, const struct sensor_config *config, int order,
                        const char *source, char *out, size_t size);
/* The same for the recording "operator". */
ptrdiff_t replay_header_operator(const char *source, char *out, size_t size);

/* What the header of a recording says: the driver and its configuration, checked by the driver. *order stays untouched
 * where the header gives none. The profile must be among `profiles`. */
int replay_config(const struct recording *recording, const struct profile *profiles, size_t profiles_count,
                  const struct sensor_driver **driver, struct sensor_config *config, int *order, struct err *err);

/* Runs to the end of the recordings. 0: finished, replay->verdict is the verdict. -1: an error, or the recordings end
 * before the procedure does (ERR_FAILED, "the recording ends at … ms without a verdict"). */
int replay_test(struct replay *replay, const struct replay_file *files, size_t files_count,
                const struct profile *profiles, size_t profiles_count, const struct procedure_method *method,
                const struct rule_pack *pack, const struct rule *rule, const struct vehicle *vehicle,
                enum limit_class limit_class, const struct replay_host *host, struct err *err);

/* Replays recordings without a procedure: every sample goes to host->sample. For passages, whose record carries the one
 * chunk that the passage came in; a Modbus record profile publishes from it although no earlier sequence is known. */
int replay_samples(struct replay *replay, const struct replay_file *files, size_t files_count,
                   const struct profile *profiles, size_t profiles_count, const struct replay_host *host,
                   struct err *err);

#endif
