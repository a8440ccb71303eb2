/*
 * The station's memory: one SQLite database and the object files beside it. One way to write: append events, update their
 * projections, commit. "Saved" means store_commit returned 0 under synchronous=FULL.
 */
#ifndef STATION_STORE_H
#define STATION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/merkle.h"
#include "station/core/err.h"
#include "station/core/remote.h"

struct store;

/* Opens or creates STATE/smogd.db; asserts STRICT, WAL, synchronous=FULL and the schema version; refuses network file
 * systems (NFS, CIFS, FUSE-remote) and a database of another station. `writable` false: for smogctl and smogpush's
 * reading side. Creates STATE, STATE/objects, STATE/spool, STATE/packages (0750). */
int store_open(struct store **out, const char *state_dir, const char *station_id, bool writable, struct err *err);
void store_close(struct store *s);

int store_begin(struct store *s, struct err *err); /* BEGIN IMMEDIATE; transactions do not nest (asserted) */
int store_commit(struct store *s, struct err *err);
void store_rollback(struct store *s);

/* Appends one event: canonical JSON `body`, whose "kind" must be `kind`. Inside a transaction. *index gets its place. */
int store_append(struct store *s, const char *kind, const char *body, size_t length, uint64_t *index, struct err *err);
uint64_t store_size(const struct store *s); /* number of events, uncommitted ones included */
int store_root(struct store *s, uint64_t size, struct merkle_hash *out, struct err *err);
merkle_fetch store_fetch; /* ctx = struct store * */

/* Writes an object file durably (content-addressed; fsync file, rename, fsync directory) and gives its SHA-256. */
int store_object_put(struct store *s, const void *data, size_t length, char sha256[65], struct err *err);
/* malloc'ed content; checks the digest. */
int store_object_get(struct store *s, const char *sha256, void **data, size_t *length, struct err *err);

/* ---- tests ---- */
struct store_test {
    int64_t seq;
    char id[48], method[32], plate[40], colour[16], verdict[16];
    int64_t started_ms, ended_ms; /* ended 0: open */
    int64_t end_event;            /* -1: none */
};
int store_test_start(struct store *s, const struct store_test *t, uint64_t event, struct err *err);
/* Next gap-free number. */
int store_test_next_seq(struct store *s, int64_t *seq, struct err *err);
int store_test_end(struct store *s, const char *id, int64_t ended_ms, const char *verdict, uint64_t event,
                   const char *record, struct err *err);
int store_test_void(struct store *s, const char *id, const char *reason, struct err *err);
int store_test_file(struct store *s, const char *id, const char *name, const char *sha256, size_t size,
                    struct err *err);
/* *record is malloc'ed (NULL while open). ERR_INVALID when there is no such test. */
int store_test_get(struct store *s, const char *id, struct store_test *out, char **record, struct err *err);
/* Calls `each` newest first; plate NULL: all; open_only for the recovery at start. */
int store_test_list(struct store *s, const char *plate, const char *colour, bool open_only, int limit,
                    int (*each)(void *ctx, const struct store_test *t), void *ctx, struct err *err);

/* ---- passages ---- */
struct store_passage {
    int64_t seq, at_ms;
    char id[48], instrument[32], device_record[48], plate[40], colour[16], day[11], verdict[16];
    bool valid;
    uint32_t exceeded;
    const char *record, *raw; /* canonical JSON; hex of the bytes */
};
int store_passage_add(struct store *s, struct store_passage *p, uint64_t event, struct err *err); /* fills seq */
int store_passage_next_seq(struct store *s, int64_t *seq, struct err *err);
/* The device re-sends: has this instrument's record number been stored already? */
int store_passage_known(struct store *s, const char *instrument, const char *device_record, bool *known,
                        struct err *err);
int store_passage_history(struct store *s, const char *plate, const char *colour, int64_t from_ms, int64_t before_ms,
                          struct remote_past *past, size_t max, size_t *count, struct err *err);
int store_passage_list(struct store *s, const char *plate, const char *colour, int64_t since_ms, bool invalid_only,
                       int limit, int (*each)(void *ctx, const struct store_passage *p), void *ctx, struct err *err);

/* ---- cases and what became of them ---- */
int store_case_add(struct store *s, const char *id, const char *subject, int64_t created_ms, const char *state,
                   struct err *err);
struct store_outbox_row {
    char case_id[56], subject[48], outlet[32], state[16], last_status[200], receipt_id[80];
    int attempts;
    int64_t next_ms, last_ms, created_ms;
};
int store_outbox_list(struct store *s, int (*each)(void *ctx, const struct store_outbox_row *row), void *ctx,
                      struct err *err);
/* waiting (incl. not yet sealed and retry), sent, refused, unknown */
int store_outbox_counts(struct store *s, int64_t counts[4], struct err *err);

/* journal verify: recomputes every leaf, every node and the root, checks every checkpoint's root against the tree, and
 * the gap-free numbers of tests and passages. Calls `progress` now and then. */
struct store_verify_result {
    uint64_t events, checkpoints;
    struct merkle_hash root;
};
int store_verify(struct store *s, struct store_verify_result *out, void (*progress)(void *ctx, uint64_t done),
                 void *ctx, struct err *err);

#endif
