/*
 * Replays a recording through its driver in virtual time and writes down, as text, all that comes out: what the driver
 * sends, samples, passages, changes of state, and at the end the counters. Golden files hold this text.
 */
#ifndef TESTS_SUPPORT_RIG_H
#define TESTS_SUPPORT_RIG_H

#include <stddef.h>
#include <stdint.h>

#include "sensors/bench.h"
#include "sensors/profile.h"

enum { RIG_OUT_MAX = 256 * 1024, RIG_LINES_MAX = 512, RIG_PROFILES_MAX = 32 };

struct rig {
    struct bench bench;
    const struct sensor_driver *driver;
    struct sensor_config config;
    bool only_asked; /* what answers a recorded question arrives only if the driver asked just that, just then */
    size_t lines_count;
    struct recording_line *lines; /* RIG_LINES_MAX; the received bytes may be changed before a run */
    char *out;
    size_t length;
};

/* All profiles of sensors/profiles/; tests run in the repository's root. Ends the test when one is bad. */
extern struct profile rig_profiles[RIG_PROFILES_MAX];
size_t rig_load_profiles(void);
const struct profile *rig_profile(const char *name);

/* A profile from the text of its file. Ends the test when it is bad. */
void rig_inline_profile(struct profile *profile, const char *text);

/* The whole file, NUL-terminated; the caller frees it. */
char *rig_read_file(const char *path, size_t *length);

/* Reads a recording; ends the test when it is bad. */
struct rig *rig_open(const char *path);
void rig_close(struct rig *rig);

/* One replay from nothing. Received chunks are delivered in pieces of at most `piece` bytes (0: whole). Returns
 * rig->out.
 */
const char *rig_run(struct rig *rig, size_t piece);

#endif
