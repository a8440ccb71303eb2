/*
 * Replays the recordings of one test through drivers, procedure and rules: bytes in, verdict out. Pure; used by rejudge,
 * by the verifier and by the tests.
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

/* Large: keep it in static or heap memory of the caller. */
struct replay {
    struct bench bench;
    struct recording recordings[REPLAY_FILES_MAX];
    struct verdict verdict;
    bool finished;
};

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
