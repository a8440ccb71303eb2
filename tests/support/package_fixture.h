/*
 * Small, complete evidence packages for the tests of the receiving side: keys, files, record, journal, proof, seal —
 * each step open to interference, so that a test can forge exactly one thing.
 *
 * The record is a passage of a remote-sensing line (one JSON line of the device) or a free-acceleration test (a stand
 * in virtual time), with profiles and rule pack as they lie in the source tree; verdict and readings are computed by
 * replaying the recordings, as the station does.
 */
#ifndef TESTS_SUPPORT_PACKAGE_FIXTURE_H
#define TESTS_SUPPORT_PACKAGE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/merkle.h"
#include "reports/package.h"
#include "reports/seal.h"
#include "station/core/rules.h"
#include "station/core/vehicle.h"
#include "tests/support/keys.h"

enum { FIXTURE_FILES_MAX = 16, FIXTURE_EVENTS_MAX = 64, FIXTURE_NAME_MAX = 64 };

struct fixture_file {
    char name[FIXTURE_NAME_MAX];
    char *data; /* malloc'ed, with a NUL behind it */
    size_t size;
    bool of_record; /* listed in record.json */
};

struct package_fixture {
    struct keys_pair ca, station;
    struct seal *seal;
    struct seal *second_seal; /* SM2, of a test that has one; closed with the fixture */
    int64_t now_ms;
    char id[64], station_id[32], verdict[16];
    bool test;             /* else a passage */
    int64_t seq;           /* of the record; 0: the number in its id */
    int64_t wall_ms;       /* the wall clock of events is off by so much */
    int64_t checkpoint_ms; /* when checkpoints are signed; 0: a second after the record's start */
    const char *method;
    const char *pack, *rule; /* NULL: no rule was found */
    char session_rule[RULES_ID_MAX];
    struct vehicle vehicle;
    const char *basis;                /* passages: the earlier ones, JSON */
    const char *officers;             /* JSON, NULL: the record has none */
    const char *handled, *filed;      /* of its case's acts of these names: the number; the facts, JSON; NULL: none */
    const char *instruments, *joined; /* JSON, NULL: the record has none */
    size_t files_count;
    struct fixture_file files[FIXTURE_FILES_MAX];
    size_t events_count; /* the journal */
    char *events[FIXTURE_EVENTS_MAX];
    struct merkle_hash leaves[FIXTURE_EVENTS_MAX];
};

/* Keys and the files of a passage's record (without record.json). `exceeds`: smoke above the limit, verdict suspect. */
void package_fixture_open(struct package_fixture *f, const char *folder, bool exceeds);
/* The same for a test of a truck with that smoke; its verdict is fail above 1.2 1/m. */
void package_fixture_open_test(struct package_fixture *f, const char *folder, double peak_k);
/* A test of any method (tests/support/session.h). */
struct session_plan;
void package_fixture_open_session(struct package_fixture *f, const char *folder, const struct session_plan *plan);
/* What the device says has passed, in the profile's keys; the vehicle of the record follows it. */
struct fixture_passage {
    const char *plate, *fuel; /* fuel "A" petrol, "B" diesel, "" not told */
    const char *opacity, *wind_speed;
};
void package_fixture_wire(struct package_fixture *f, const struct fixture_passage *passage);
void package_fixture_close(struct package_fixture *f);

/* Adds or replaces a file; `text` is copied. */
struct fixture_file *package_fixture_put(struct package_fixture *f, const char *name, const void *data, size_t size);
void package_fixture_remove(struct package_fixture *f, const char *name);
struct fixture_file *package_fixture_file(struct package_fixture *f, const char *name);

/* Recomputes verdict and readings.csv from the wire, writes record.json over all files. */
void package_fixture_record(struct package_fixture *f);
/* Writes record.json with this verdict object, readings.csv as it is. */
void package_fixture_record_with(struct package_fixture *f, const char *verdict);
/* Appends an event; the one of the record has kind "passage" and the digest of record.json. Returns its index. */
size_t package_fixture_event(struct package_fixture *f, const char *body);
/* The same, with the keys that every event has, half a second after the one before; `more` are further members, one a
 * line: "\"test\":\"T1\"\n\"seq\":1". */
size_t package_fixture_note(struct package_fixture *f, const char *kind, const char *more);
size_t package_fixture_record_event(struct package_fixture *f);
/* A signed checkpoint over the first `size` events, malloc'ed. */
char *package_fixture_checkpoint(struct package_fixture *f, size_t size);
/* The consistency path from `old_size` to `size` as a JSON list, malloc'ed. */
char *package_fixture_path(struct package_fixture *f, size_t old_size, size_t size);
/* The inclusion path of event `index` in the first `size` events, likewise. */
char *package_fixture_inclusion(struct package_fixture *f, size_t index, size_t size);
/* Writes log/proof.json for event `index` in the journal as it is; `extends` (JSON list, may be NULL) goes in. */
void package_fixture_proof(struct package_fixture *f, size_t index, const char *extends);
/* Everything in order: record, three events, proof. */
void package_fixture_fill(struct package_fixture *f);
/* Seals all files, in the order they were put. malloc'ed *bytes. */
void package_fixture_seal(struct package_fixture *f, uint8_t **bytes, size_t *size);

#endif
