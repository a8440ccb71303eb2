/*
 * The station's memory: one SQLite database and the object files beside it. One way to write: begin, append events,
 * update their projections, commit. "Saved" means store_commit returned 0 under synchronous=FULL.
 *
 * Three ways to open it. The owner (smogd) writes everything but package and checkpoint; of delivery it may only change
 * what an operator or the journal decides (state, next_ms, journaled), of decision journaled. Delivery (smogpush) reads
 * everything and writes package, delivery, checkpoint and decision. A reader (smogctl, verification) writes nothing,
 * works beside both and when neither runs. SQLite's authorizer enforces it, and that nobody updates or deletes an
 * event. One owner and one delivery process at a time (STATE/owner.lock, STATE/delivery.lock).
 *
 * A full disk is ERR_FAILED with a text that says so; nothing is half written. No function here is thread-safe.
 */
#ifndef STATION_STORE_H
#define STATION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/checkpoint_read.h"
#include "reports/merkle.h"
#include "station/core/err.h"
#include "station/core/verdict.h"
#include "station/core/remote.h"

struct store;
struct sqlite3;

enum store_mode { STORE_OWNER, STORE_DELIVERY, STORE_READER };

enum {
    STORE_OBJECT_MAX = 64 << 20, /* bytes of one object file */
    STORE_EVENT_MAX = 1 << 20,   /* bytes of one event's body */
    STORE_FACTS_MAX = 2048,
    STORE_REASON_MAX = 200,
};

/* Opens STATE/smogd.db. The owner makes what is missing: STATE, STATE/objects, STATE/spool, STATE/packages and
 * the database; for others an absent database is ERR_UNREACHABLE. Asserts STRICT tables, WAL, synchronous=FULL. Refuses
 * with a clear text: a network file system (NFS, SMB, FUSE …), a database of another station (station_id NULL: any,
 * readers only), of another schema version, a damaged one, and a second owner or delivery process. */
int store_open(struct store **out, const char *state_dir, const char *station_id, enum store_mode mode,
               struct err *err);
void store_close(struct store *s); /* an open transaction is rolled back */
const char *store_station(const struct store *s);
/* What its checkpoints are of: the station's id, and after a restore "/2", "/3" … (station/backup.h). */
const char *store_log(const struct store *s);

/* Keeps the folder as its owner or delivery process would: until *fd is closed none can start. ERR_REFUSED when one
 * runs. */
int store_lock(const char *state_dir, enum store_mode mode, int *fd, struct err *err);

/* The journal was restored from a backup: a new name of its log, and numbers from there on. Inside a transaction, with
 * its event. */
int store_restored(struct store *s, uint64_t numbers_from, struct err *err);
/* The largest number that was given to anything. */
int store_numbers_last(struct store *s, uint64_t *last, struct err *err);

/* The connection with the mode's authorizer in force, for reports/queue, which knows tables and no store. The owner
 * never uses it to write: the tree's frontier lives in struct store. */
struct sqlite3 *store_database(struct store *s);

/* `ended` is called after each transaction: is all of it saved? NULL: nobody is told. */
void store_watch(struct store *s, void (*ended)(void *ctx, bool saved), void *ctx);
bool store_in_transaction(const struct store *s);

int store_begin(struct store *s, struct err *err); /* BEGIN IMMEDIATE; transactions do not nest (asserted) */
/* Fails → everything since store_begin is undone, as after store_rollback. */
int store_commit(struct store *s, struct err *err);
void store_rollback(struct store *s);

/* All that is read until store_read_end is of the moment of the first reading, whatever is written meanwhile. Not
 * inside a transaction. */
int store_read_begin(struct store *s, struct err *err);
void store_read_end(struct store *s); /* of none: does nothing */

/* ---- journal ---- */

/* Appends one event: canonical JSON `body`, whose "kind" must be `kind`. Inside a transaction. *index gets its place.
 */
int store_append(struct store *s, const char *kind, const char *body, size_t length, uint64_t *index, struct err *err);
/* Number of events; inside a transaction of the owner with those appended in it. */
int store_size(struct store *s, uint64_t *size, struct err *err);
int store_root(struct store *s, uint64_t size, struct merkle_hash *out, struct err *err);
merkle_fetch store_fetch; /* ctx = struct store * */
/* malloc'ed body, NUL-terminated. */
int store_event_get(struct store *s, uint64_t index, char **body, size_t *length, struct err *err);
/* The same, read into the caller's `max` tokens; the doc lives as long as *body, which is NULL when this fails. */
int store_event_open(struct store *s, uint64_t index, struct json_doc *doc, struct json_token *tokens, size_t max,
                     char **body, struct err *err);
/* Calls `each` in order from event `first`; `each` returns 0 to go on, anything else ends the walk without error. */
int store_event_list(struct store *s, uint64_t first, uint64_t limit,
                     int (*each)(void *ctx, uint64_t index, const char *body, size_t length), void *ctx,
                     struct err *err);
/* The events daemon-start, daemon-stop and instrument alone, in their order. */
int store_event_edges(struct store *s, int (*each)(void *ctx, uint64_t index, const char *body, size_t length),
                      void *ctx, struct err *err);

/* journal verify: recomputes every leaf, every node and the root, checks every checkpoint's root against the tree, the
 * gap-free numbers of events, tests and passages, and that each record is the one its event names. Calls `progress`
 * now and then (may be NULL). An answer "no" is ERR_FAILED with the first thing found. */
struct store_verify_result {
    uint64_t events, checkpoints, tests, passages;
    struct merkle_hash root;
    bool clock_open; /* the clock went back near the end, and nothing says so yet (reports/journal_order.h) */
};
int store_verify(struct store *s, struct store_verify_result *out, void (*progress)(void *ctx, uint64_t done),
                 void *ctx, struct err *err);

/* ---- object files ---- */

/* Writes an object file durably (content-addressed; fsync file, rename, fsync folder) and gives its SHA-256. */
int store_object_put(struct store *s, const void *data, size_t length, char sha256[65], struct err *err);
/* malloc'ed content; checks the digest. */
int store_object_get(struct store *s, const char *sha256, void **data, size_t *length, struct err *err);
/* A file that rows name: of a record's evidence, or the package of a case. Texts live until `each` returns. */
struct store_evidence {
    const char *path; /* below STATE */
    const char *sha256, *whose;
    int64_t size;
};
/* Each once; `each` ends the walk with anything but 0. */
int store_evidence_list(struct store *s, int (*each)(void *ctx, const struct store_evidence *file), void *ctx,
                        struct err *err);
/* STATE/objects/ab/cdef…; ERR_INVALID when `sha256` is not 64 lower-case hex digits. */
int store_object_path(const struct store *s, const char *sha256, char *out, size_t size, struct err *err);

/* ---- tests ---- */

/* Why a test is aborted that a dead daemon left open. */
#define STORE_LOST "power or daemon lost"

struct store_test {
    int64_t seq;
    char id[48], method[32], plate[40], colour[16], verdict[16]; /* verdict "": open; "void" once voided */
    int64_t started_ms, ended_ms;                                /* ended 0: open */
    int64_t start_event;                                         /* filled by get and list */
    int64_t end_event;                                           /* -1: none */
    char void_reason[STORE_REASON_MAX];                          /* "": not void */
};
/* Next gap-free number; the transaction holds it. */
int store_test_next_seq(struct store *s, int64_t *seq, struct err *err);
int store_test_start(struct store *s, const struct store_test *t, uint64_t event, struct err *err);
/* ERR_REFUSED when there is no such test or it has ended. */
int store_test_end(struct store *s, const char *id, int64_t ended_ms, const char *verdict, uint64_t event,
                   const char *record, struct err *err);
/* ERR_REFUSED when there is no such test, it is open, or void already. */
int store_test_void(struct store *s, const char *id, const char *reason, struct err *err);
/* *record is malloc'ed (NULL while open); record may be NULL. ERR_INVALID when there is no such test. */
int store_test_get(struct store *s, const char *id, struct store_test *out, char **record, struct err *err);
/* Calls `each` newest first; plate NULL: all; colour NULL: any; open_only for the recovery at start. `each` returns 0
 * to go on. What it gets lives until it returns. */
int store_test_list(struct store *s, const char *plate, const char *colour, bool open_only, int limit,
                    int (*each)(void *ctx, const struct store_test *t), void *ctx, struct err *err);

/* How many tests ended aborted after that time; plate, colour NULL: of all. */
int store_test_aborted(struct store *s, int64_t after_ms, const char *plate, const char *colour, int64_t *count,
                       struct err *err);

/* ---- lockouts: the latest occurrence of each ---- */

struct store_lockout {
    char code[32], subject[64], what[STORE_REASON_MAX];
    int64_t since_ms, cleared_ms; /* cleared 0: it holds */
    char cleared_by[48], reason[STORE_REASON_MAX];
};
int store_lockout_raise(struct store *s, const struct store_lockout *l, uint64_t event, struct err *err);
/* ERR_REFUSED when it does not hold. */
int store_lockout_clear(struct store *s, const struct store_lockout *l, uint64_t event, struct err *err);
/* *found false: it was never raised. */
int store_lockout_get(struct store *s, const char *code, const char *subject, struct store_lockout *out, bool *found,
                      struct err *err);
/* Those that hold, oldest first. */
int store_lockout_list(struct store *s, int (*each)(void *ctx, const struct store_lockout *l), void *ctx,
                       struct err *err);

/* Those that an officer has cleared since then, the newest first. */
int store_lockout_list_cleared(struct store *s, int64_t since_ms, int (*each)(void *ctx, const struct store_lockout *l),
                               void *ctx, struct err *err);

/* ---- metrology checks ---- */

struct store_check {
    int64_t seq;
    char id[48], instrument[32], what[16], serial[64], verdict[16]; /* verdict "": it runs */
    int64_t started_ms, ended_ms;                                   /* ended 0: it runs */
    int64_t start_event, end_event;                                 /* end -1: none */
};
int store_check_next_seq(struct store *s, int64_t *seq, struct err *err);
int store_check_start(struct store *s, const struct store_check *c, uint64_t event, struct err *err);
/* Needs id, serial, ended_ms and verdict. ERR_REFUSED when there is no such check or it has ended. */
int store_check_end(struct store *s, const struct store_check *c, uint64_t event, struct err *err);
/* ERR_INVALID when there is no such check. */
int store_check_get(struct store *s, const char *id, struct store_check *out, struct err *err);
/* The last one of this instrument with a result, pass or fail; *found false: there is none. */
int store_check_result(struct store *s, const char *instrument, const char *what, const char *serial,
                       struct store_check *out, bool *found, struct err *err);
/* Newest first; instrument NULL: of all. */
int store_check_list(struct store *s, const char *instrument, bool open_only, int limit,
                     int (*each)(void *ctx, const struct store_check *c), void *ctx, struct err *err);

/* ---- files that belong to a test, passage or check ---- */

struct store_file {
    char name[128], sha256[65];
    int64_t size;
};
/* `subject`: a test's, passage's or check's id. The object must have been put before. */
int store_file_add(struct store *s, const char *subject, const char *name, const char *sha256, size_t size,
                   struct err *err);
int store_file_list(struct store *s, const char *subject, int (*each)(void *ctx, const struct store_file *f), void *ctx,
                    struct err *err); /* by name */

/* Events that belong to a test or passage beside its own ones: pictures and what was found of them. */
int store_subject_event_add(struct store *s, const char *subject, uint64_t event, const char *kind, struct err *err);
/* In the journal's order; `each` returns 0 to go on. */
int store_subject_event_list(struct store *s, const char *subject,
                             int (*each)(void *ctx, uint64_t event, const char *kind), void *ctx, struct err *err);

/* ---- passages ---- */

struct store_passage {
    int64_t seq, at_ms;
    char id[48], instrument[32], device_record[48], plate[40], colour[16], day[11], verdict[16];
    bool valid;
    uint64_t exceeded;
    int64_t event;            /* filled by get */
    const char *record, *raw; /* for add: canonical JSON; hex of the bytes */
};
int store_passage_next_seq(struct store *s, int64_t *seq, struct err *err);
int store_passage_add(struct store *s, const struct store_passage *p, uint64_t event, struct err *err);
/* The device re-sends: is this instrument's record number stored already, with the same bytes? (A device that was
 * reset begins its numbers again: same number, other bytes, another vehicle.) */
int store_passage_known(struct store *s, const char *instrument, const char *device_record, const char *raw,
                        bool *known, struct err *err);
/* Of this station and of others; from <= time < before; oldest first; when there are more than `max`, the newest `max`
 * of them. */
int store_passage_history(struct store *s, const char *plate, const char *colour, int64_t from_ms, int64_t before_ms,
                          struct remote_past *past, size_t max, size_t *count, struct err *err);
/* ERR_INVALID when there is no such passage. *record and *raw (either may be NULL) are malloc'ed. */
int store_passage_get(struct store *s, const char *id, struct store_passage *out, char **record, char **raw,
                      struct err *err);
/* Newest first; plate NULL: all; colour NULL: any. A list has no device_record, event, record and raw: get has. */
int store_passage_list(struct store *s, const char *plate, const char *colour, int64_t since_ms, bool invalid_only,
                       int limit, int (*each)(void *ctx, const struct store_passage *p), void *ctx, struct err *err);

/* ---- alerts: what a supervisor is to look at ---- */

struct store_alert {
    int64_t seq, at_ms;
    char code[32], subject[64];
    char evidence[2048]; /* canonical JSON object */
};
int store_alert_add(struct store *s, const struct store_alert *a, uint64_t event, struct err *err);
/* Newest first; subject NULL: all. `each` returns 0 to go on. */
int store_alert_list(struct store *s, const char *subject, int64_t since_ms, int limit,
                     int (*each)(void *ctx, const struct store_alert *a), void *ctx, struct err *err);

/* ---- what tests are compared by ---- */

struct store_curve {
    char test[48];
    int64_t number, peak, duration_ms; /* peak in thousandths of 1/m */
    int16_t points[40];
};
int store_curve_add(struct store *s, const struct store_curve *c, struct err *err);
/* Those with a peak between the two, at most `limit`; `each` returns 0 to go on. */
int store_curve_near(struct store *s, int64_t low, int64_t high, int limit,
                     int (*each)(void *ctx, const struct store_curve *c), void *ctx, struct err *err);

int store_tally_add(struct store *s, int64_t seq, const char *officer, const char *instrument, bool passed,
                    struct err *err);
/* Over the tests with a number above `after`: tests and passes of this officer (NULL: any) and instrument (NULL: any),
 * and of all others. */
struct store_tally {
    int64_t tests, passed, other_tests, other_passed;
};
int store_tally_sums(struct store *s, const char *officer, const char *instrument, int64_t after,
                     struct store_tally *out, struct err *err);

/* ---- checklists: what was looked at beside the exhaust test ---- */

struct store_checklist {
    int64_t seq, started_ms, ended_ms; /* ended 0: being filled in */
    char id[48], name[32], sha256[65], plate[40], colour[16], test[48];
};
struct store_answer {
    char item[32], answer[16], value[24], remark[STORE_REASON_MAX], photo[65], officer[32]; /* "": none */
    int64_t at_ms;
};
struct store_referral {
    int64_t seq, at_ms;
    char authority[16], checklist[48], plate[40], colour[16];
    char items[4096]; /* JSON array */
};
int store_checklist_next_seq(struct store *s, int64_t *seq, struct err *err);
int store_checklist_add(struct store *s, const struct store_checklist *c, uint64_t event, struct err *err);
/* ERR_INVALID when there is none of that id. */
int store_checklist_get(struct store *s, const char *id, struct store_checklist *out, struct err *err);
/* Newest first; plate NULL: all. */
int store_checklist_list(struct store *s, const char *plate, int limit,
                         int (*each)(void *ctx, const struct store_checklist *c), void *ctx, struct err *err);
int store_checklist_end(struct store *s, int64_t seq, int64_t ended_ms, struct err *err);
/* The latest answer to an item is the one that holds. */
int store_checklist_answer(struct store *s, int64_t seq, const struct store_answer *a, uint64_t event, struct err *err);
int store_checklist_answers(struct store *s, int64_t seq, int (*each)(void *ctx, const struct store_answer *a),
                            void *ctx, struct err *err); /* by item */
int store_referral_add(struct store *s, const struct store_referral *r, uint64_t event, struct err *err);
/* Newest first; authority NULL: all. */
int store_referral_list(struct store *s, const char *authority, int limit,
                        int (*each)(void *ctx, const struct store_referral *r), void *ctx, struct err *err);
int store_referral_list_plate(struct store *s, const char *plate, int limit,
                              int (*each)(void *ctx, const struct store_referral *r), void *ctx, struct err *err);

/* ---- facts of other stations ---- */

struct store_imported {
    int64_t at_ms;
    char id[64], kind[16], station[32], plate[40], colour[16], day[11], method[32], verdict[16];
    char latitude[24], longitude[24], sha256[65], file[65]; /* "": not told */
    bool valid;
    uint64_t exceeded;
};
/* *fresh false: it was known already, and nothing is added. ERR_REFUSED when another record is known by its id. */
struct history_fact;
/* As a fact of that station's history file, named by its SHA-256, is stored. */
void store_imported_of(const char *station, const struct history_fact *fact, const char *file,
                       struct store_imported *out);
int store_imported_add(struct store *s, const struct store_imported *fact, uint64_t event, bool *fresh,
                       struct err *err);
/* from <= time < before, newest first; colour NULL: any. `each` returns 0 to go on. */
int store_imported_list(struct store *s, const char *plate, const char *colour, int64_t from_ms, int64_t before_ms,
                        int limit, int (*each)(void *ctx, const struct store_imported *fact), void *ctx,
                        struct err *err);

/* ---- rosters: depot visits ---- */

struct store_roster {
    int64_t seq, from_ms, to_ms; /* the visit: from <= time < to */
    char name[96], sha256[65];   /* of the file, an object */
};
struct store_roster_entry {
    int64_t line;
    char plate[40], colour[16], fleet[96];
    char facts[STORE_FACTS_MAX];   /* JSON object {"fuel":"diesel",…} */
    char absent[STORE_REASON_MAX]; /* why it was not presented; "": nobody has said */
};
int store_roster_next_seq(struct store *s, int64_t *seq, struct err *err);
int store_roster_add(struct store *s, const struct store_roster *r, uint64_t event, struct err *err);
int store_roster_entry_add(struct store *s, int64_t roster, const struct store_roster_entry *e, struct err *err);
int store_roster_entry_absent(struct store *s, int64_t roster, int64_t line, const char *reason, struct err *err);
/* seq 0: the newest. ERR_INVALID when there is none. */
int store_roster_get(struct store *s, int64_t seq, struct store_roster *out, struct err *err);
/* The vehicle on the newest list whose visit has begun at that time; *to_ms: when that visit ends, 0 when no list has
 * it. colour NULL: any. */
int store_roster_entry_find(struct store *s, const char *plate, const char *colour, int64_t at_ms, int64_t *roster,
                            int64_t *to_ms, struct store_roster_entry *out, struct err *err);
/* In the file's order; `each` returns 0 to go on. */
int store_roster_entry_list(struct store *s, int64_t roster, int (*each)(void *ctx, const struct store_roster_entry *e),
                            void *ctx, struct err *err);

/* The lists that a plate stands on, newest first. */
int store_roster_entry_list_plate(struct store *s, const char *plate, int limit,
                                  int (*each)(void *ctx, int64_t roster, const struct store_roster_entry *e), void *ctx,
                                  struct err *err);

/* ---- counting: one row of numbers a record (schema.h) ---- */

#define STORE_NO_VALUE INT64_MIN /* of a quantity that was not judged */

struct store_measurement {
    int64_t at_ms;                                                             /* a passage's own time, a test's end */
    int64_t kind, seq;                                                         /* kind: 0 test, 1 passage */
    int64_t station, place, method, verdict, stage, class_, fleet, instrument; /* words; 0: not known */
    int64_t reasons;                                                           /* a word; 0: not invalid */
    int64_t vehicle;                                                           /* 0: nobody could read its plate */
    int64_t k, k_limit, opacity, opacity_limit, nox, nox_limit;                /* thousandths, or STORE_NO_VALUE */
};
/* What a record is counted by. */
struct store_counted {
    int64_t at_ms, seq;
    bool passage;
    const char *station, *place, *method, *plate, *colour, *stage, *class_, *instrument; /* "": not known */
    const struct verdict *verdict;
};
int store_measurement_put(struct store *s, const struct store_counted *c, struct err *err);
/* The same from the text of a record, of whatever station; one that is counted already changes nothing. 1: this is no
 * record that could be counted, and *err says why. */
int store_measurement_add(struct store *s, const char *record, size_t length, struct err *err);
int store_measurement_void(struct store *s, const char *record, size_t length, struct err *err);
/* Counts all records of a database that is older than the table. */
int store_measurement_fill(struct store *s, struct err *err);
/* The time of the last one; STORE_NO_VALUE: there is none. */
int store_measurement_last(struct store *s, int64_t *at_ms, struct err *err);
/* from_ms <= time < to_ms, in the order of (time, station, kind, seq), one after another: 1 with *out, 0 at the end.
 * One walk at a time. */
int store_measurement_walk(struct store *s, int64_t from_ms, int64_t to_ms, struct err *err);
int store_measurement_next(struct store *s, struct store_measurement *out, struct err *err);
/* The record of this station's test (kind 0) or passage (1) of that number, malloc'ed; *record NULL when it has none.
 */
int store_record_get(struct store *s, int64_t kind, int64_t seq, char **record, size_t *length, struct err *err);
int store_word_list(struct store *s, int (*each)(void *ctx, int64_t id, const char *text), void *ctx, struct err *err);
/* Vehicles are numbered from 1. */
int store_vehicle_list(struct store *s, int (*each)(void *ctx, int64_t id, const char *plate, const char *colour),
                       void *ctx, struct err *err);
/* The number of the vehicle; 0: none. */
int store_vehicle_find(struct store *s, const char *plate, const char *colour, int64_t *id, struct err *err);
int store_vehicle_count(struct store *s, int64_t *count, struct err *err);
int store_vehicle_get(struct store *s, int64_t id, char plate[40], char colour[16], struct err *err); /* "": none */

/* ---- plates that cameras have read ---- */

struct store_suggestion {
    int64_t seq, at_ms;
    char id[48], camera[32], plate[40]; /* plate "": none could be read */
    int64_t event;                      /* filled by get and list */
    const char *record;                 /* canonical JSON */
};
int store_suggestion_next_seq(struct store *s, int64_t *seq, struct err *err);
/* `key` is by what the camera's event is known again. */
int store_suggestion_add(struct store *s, const struct store_suggestion *suggestion, const char *key, uint64_t event,
                         struct err *err);
/* Has this event of the camera come before? *id is then its suggestion's, else "". */
int store_suggestion_known(struct store *s, const char *camera, const char *key, char id[48], struct err *err);
/* The picture name of the newest plate that this camera gave when it was asked; "" when there is none. */
int store_suggestion_polled(struct store *s, const char *camera, char *name, size_t size, struct err *err);
/* ERR_INVALID when there is no such suggestion. *record (may be NULL) is malloc'ed. */
int store_suggestion_get(struct store *s, const char *id, struct store_suggestion *out, char **record, struct err *err);
/* Newest first; what `each` gets lives until it returns; it returns 0 to go on. */
int store_suggestion_list(struct store *s, int limit, int (*each)(void *ctx, const struct store_suggestion *suggestion),
                          void *ctx, struct err *err);

/* ---- cases and what became of them ---- */

/* A case as it stands; its steps, and how it moves: station/store_life.h. */
struct store_case {
    int64_t seq, created_ms;
    char id[56], subject[48], state[16], repair[16];
    char plate[40], colour[16], method[32];                    /* of its test or passage */
    char tester[32], police[32], reviewer1[32], reviewer2[32]; /* "": none yet */
    char number[64], retest[48];
    int ground;
    int64_t sealed_event; /* -1: the journal knows no seal yet */
};
/* state: caselife_state_name; plate, colour and method are its test's or passage's. */
int store_case_add(struct store *s, const char *id, const char *subject, int64_t created_ms, const char *state,
                   struct err *err);
/* How the case of that test or passage stands; "" where it has none. */
int store_case_state(struct store *s, const char *subject, char state[16], struct err *err);
/* The journal's events that moved the case, in order; `each` returns 0 to go on. */
int store_case_event_list(struct store *s, const char *case_id, int (*each)(void *ctx, uint64_t event), void *ctx,
                          struct err *err);
/* How many cases have no package and may still get one, and the bytes of their files. */
int store_case_unsealed_bytes(struct store *s, int64_t *cases, int64_t *bytes, struct err *err);
/* By the id of the case, or of its test or passage. ERR_INVALID when there is none. */
int store_case_get(struct store *s, const char *id, struct store_case *out, struct err *err);
/* Newest first; plate, state NULL: any; a plate and a state together are not asked for. `each` returns 0 to go on. */
int store_case_list(struct store *s, const char *plate, const char *state, int limit,
                    int (*each)(void *ctx, const struct store_case *c), void *ctx, struct err *err);
/* Cases with a number above `after` that are to be sealed and have no package yet, oldest first. */
int store_case_unsealed(struct store *s, int64_t after, int limit, int (*each)(void *ctx, const struct store_case *c),
                        void *ctx, struct err *err);

/* What smogpush has sealed. `path` is the file's. */
struct store_package {
    char case_id[56], sha256[65], path[512];
    int64_t size, sealed_ms, tree_size;
};
/* By the id of the case, or of its test or passage. ERR_INVALID when nothing is sealed under it. */
int store_package_get(struct store *s, const char *id, struct store_package *out, struct err *err);
/* The newest RFC 3161 time stamp: how many events it covers, the note of the checkpoint that was stamped, the
 * authority's answer; both malloc'ed, NULL when there is none. */
int store_stamp_last(struct store *s, uint64_t *events, char **note, void **token, size_t *size, struct err *err);

/* What smogpush has to tell a person, each about one thing. `each` returns non-zero to end the list. */
int store_push_notes(struct store *s, int (*each)(void *ctx, const char *about, const char *text, int64_t since_ms),
                     void *ctx, struct err *err);

/* The newest signed checkpoint, malloc'ed; *note NULL when there is none yet. */
int store_checkpoint_last(struct store *s, char **note, struct err *err);
/* The signed code of a record's slip, malloc'ed; *code NULL while it is not signed. */
int store_slip_code(struct store *s, const char *subject, char **code, struct err *err);
/* The first one that covers so many events. */
int store_checkpoint_from(struct store *s, uint64_t events, char **note, struct err *err);

/* A checkpoint that another agency has co-signed. */
struct store_witnessed {
    char name[64];
    uint64_t size;
    int64_t cosigned_ms;
    char note[CHECKPOINT_TEXT_MAX + 1];
};
/* Once per name and size. */
int store_witnessed_add(struct store *s, const struct store_witnessed *w, uint64_t event, struct err *err);
/* The largest by that witness, and that of exactly `size` events; *found false: there is none. */
int store_witnessed_last(struct store *s, const char *name, struct store_witnessed *out, bool *found, struct err *err);
int store_witnessed_of(struct store *s, const char *name, uint64_t size, struct store_witnessed *out, bool *found,
                       struct err *err);

/* ---- seals of the ratchet (station/ratchet.h) ---- */

struct ratchet;
/* Seals the first `size` events. Inside a transaction. */
int store_ratchet_add(struct store *s, const struct ratchet *r, uint64_t size, int64_t at_ms, struct err *err);
/* The last seal of the ratchet that began with that event; *epoch -1: none. */
int store_ratchet_last(struct store *s, uint64_t start, int64_t *epoch, uint64_t *size, struct err *err);
/* All seals, with the first key. ERR_FAILED with what is wrong. */
struct store_ratchet_result {
    uint64_t seals, events; /* events: that the last one covers */
    int64_t last_ms;
};
int store_ratchet_verify(struct store *s, const struct ratchet *first, struct store_ratchet_result *out,
                         struct err *err);

struct store_outbox_row {
    char case_id[56], subject[48];
    char outlet[32], state[16]; /* "" and the case's own state for one that has no delivery yet */
    char last_status[200], receipt_id[80];
    int attempts;
    int64_t next_ms, last_ms, created_ms;
};
/* Newest case first. */
int store_outbox_list(struct store *s, int limit, int (*each)(void *ctx, const struct store_outbox_row *row), void *ctx,
                      struct err *err);
/* The case of that test or passage, once for each outlet; nothing where there is none. */
int store_outbox_of(struct store *s, const char *subject, int (*each)(void *ctx, const struct store_outbox_row *row),
                    void *ctx, struct err *err);
/* waiting (incl. reviewed and not yet sealed, sending and retry), sent, refused, unknown */
int store_outbox_counts(struct store *s, int64_t counts[4], struct err *err);
/* What the operator may decide: try a waiting, refused or unknown delivery again now. outlet NULL: all of the case.
 * ERR_REFUSED when there is none. */
int store_outbox_retry(struct store *s, const char *case_id, const char *outlet, int64_t now_ms, struct err *err);
/* The same after somebody has looked at the receiver: an unknown one is not there, and is sent without asking. */
int store_outbox_release(struct store *s, const char *case_id, const char *outlet, int64_t now_ms, struct err *err);
/* Unfinished deliveries of what is no case: tests, batches of passages. */
int store_outbox_records(struct store *s, int limit, int (*each)(void *ctx, const struct store_outbox_row *row),
                         void *ctx, struct err *err);
/* The deliveries of a case, test or batch, and the last attempts of each, oldest first. */
int store_outbox_deliveries(struct store *s, const char *id, int (*each)(void *ctx, const struct store_outbox_row *row),
                            void *ctx, struct err *err);
struct store_attempt {
    char outlet[32], outcome[16], text[200];
    int64_t n, at_ms;
    int part, status;
};
int store_attempt_list(struct store *s, const char *id, int (*each)(void *ctx, const struct store_attempt *a),
                       void *ctx, struct err *err);

/* Receipts that smogpush stored and the journal does not know yet; journal each, then mark it in the same
 * transaction. */
struct store_receipt {
    char case_id[56], outlet[32], package_sha256[65];
    const char *receipt; /* as the receiver sent it */
};
int store_receipt_list(struct store *s, int limit, int (*each)(void *ctx, const struct store_receipt *r), void *ctx,
                       struct err *err);
int store_receipt_journaled(struct store *s, const char *case_id, const char *outlet, struct err *err);

#endif
