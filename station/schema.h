/*
 * The database, one file: STATE/smogd.db. smogd owns the schema and writes every table but package, delivery and
 * checkpoint, which smogpush writes. The event table is the truth; test, passage, case_file … are projections of it,
 * written in the same transaction, and can be rebuilt from it. Events are never updated or deleted.
 *
 * Times: *_ms columns are Unix milliseconds (UTC) unless the name says mono_ms. Decimals are text.
 * Objects (recordings, photos) are files STATE/objects/ab/cdef…, named by their SHA-256, fsynced before the row that
 * names them is committed.
 *
 * Every statement of station/store_sql.h runs on a key or an index; tests/unit/test_store.c asks the planner.
 */
#ifndef STATION_SCHEMA_H
#define STATION_SCHEMA_H

#define SCHEMA_VERSION 1              /* PRAGMA user_version */
#define SCHEMA_APPLICATION 0x736d6f67 /* PRAGMA application_id: "smog" */

#define SCHEMA_SQL                                                                                                                                                                                                       \
    /* station: its id */                                                                                                                                                                                                \
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;" /* idx counts from 0 without                                                                                                   \
                                                                                             gaps; leaf = SHA-256(0x00                                                                                                   \
                                                                                             || body) */                                                                                                                 \
    "CREATE TABLE event(idx INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, leaf BLOB NOT NULL) STRICT;" /* roots of all complete subtrees above the leaves: level 1.. , idx = position within the level */ \
    "CREATE TABLE node(level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,"                                                                                                                                \
    " PRIMARY KEY(level, idx)) STRICT, WITHOUT ROWID;" /* seq counts from 1 without gaps: every started test has a                                                                                                       \
                                                        * number and an end; record: canonical JSON, set at the end */                                                                                                                                                                                                              \
    "CREATE TABLE test(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, method TEXT NOT NULL,"                                                                                                                          \
    " plate TEXT NOT NULL, colour TEXT NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER,"                                                                                                                         \
    " verdict TEXT, void_reason TEXT, start_event INTEGER NOT NULL, end_event INTEGER,"                                                                                                                                  \
    " record TEXT) STRICT;" /* colour last: a plate is looked up with and without its colour, both in the order of the                                                                                                   \
                               list */                                                                                                                                                                                   \
    "CREATE INDEX test_plate ON test(plate, seq, colour);"                                                                                                                                                               \
    "CREATE INDEX test_open ON test(seq) WHERE ended_ms IS NULL;" /* raw: the bytes as received, hex */                                                                                                                  \
    "CREATE TABLE passage(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, instrument TEXT NOT NULL,"                                                                                                                   \
    " device_record TEXT NOT NULL, plate TEXT NOT NULL, colour TEXT NOT NULL, at_ms INTEGER NOT NULL,"                                                                                                                   \
    " day TEXT NOT NULL, valid INTEGER NOT NULL, exceeded INTEGER NOT NULL, verdict TEXT NOT NULL,"                                                                                                                      \
    " event INTEGER NOT NULL, record TEXT NOT NULL, raw TEXT NOT NULL) STRICT;"                                                                                                                                          \
    "CREATE INDEX passage_plate ON passage(plate, at_ms, seq, colour);"                                                                                                                                                  \
    "CREATE INDEX passage_at ON passage(at_ms, seq, valid);"                                                                                                                                                             \
    "CREATE INDEX passage_device ON passage(instrument, device_record);" /* the object files of a record; subject: a                                                                                                     \
                                                                            test's or passage's id */                                                                                                                    \
    "CREATE TABLE record_file(subject TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,"                                                                                                   \
    " PRIMARY KEY(subject, name)) STRICT, WITHOUT ROWID;" /* what must reach the outlets: one row per case, in the                                                                                                       \
                                                           * transaction that ended the test; subject: test or passage                                                                                                                                                                                                                 \
                                                           * id; state: sealing | handled | void */                                                                                                                      \
    "CREATE TABLE case_file(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL UNIQUE,"                                                                                                             \
    " created_ms INTEGER NOT NULL, state TEXT NOT NULL) STRICT;"                                                                                                                                                         \
    "CREATE INDEX case_state ON case_file(state);" /* ---- written by smogpush ---- */                                                                                                                                   \
    "CREATE TABLE package(case_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, path TEXT NOT NULL,"                                                                                                                    \
    " size INTEGER NOT NULL, sealed_ms INTEGER NOT NULL, tree_size INTEGER NOT NULL) STRICT, WITHOUT ROWID;" /* state:                                                                                                   \
                                                                                                              * waiting                                                                                                  \
                                                                                                              * sending                                                                                                  \
                                                                                                              * sent                                                                                                     \
                                                                                                              * retry                                                                                                    \
                                                                                                              * refused                                                                                                  \
                                                                                                              * unknown;                                                                                                 \
                                                                                                              * receipt:                                                                                                 \
                                                                                                              * as the                                                                                                   \
                                                                                                              * receiver                                                                                                 \
                                                                                                              * sent                                                                                                     \
                                                                                                              * it;                                                                                                      \
                                                                                                              * journaled:                                                                                               \
                                                                                                              * smogd                                                                                                    \
                                                                                                              * has                                                                                                      \
                                                                                                              * appended                                                                                                 \
                                                                                                              * the                                                                                                      \
                                                                                                              * receipt's                                                                                                \
                                                                                                              * event                                                                                                    \
                                                                                                              */                                                                                                         \
    "CREATE TABLE delivery(case_id TEXT NOT NULL, outlet TEXT NOT NULL, state TEXT NOT NULL,"                                                                                                                            \
    " attempts INTEGER NOT NULL, next_ms INTEGER NOT NULL, last_ms INTEGER, last_status TEXT, receipt_id TEXT,"                                                                                                          \
    " receipt TEXT, journaled INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(case_id, outlet)) STRICT, WITHOUT ROWID;"                                                                                                          \
    "CREATE INDEX delivery_due ON delivery(state, outlet, next_ms);"                                                                                                                                                     \
    "CREATE INDEX delivery_receipt ON delivery(journaled) WHERE receipt IS NOT NULL AND journaled = 0;"                                                                                                                  \
    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL,"                                                                                                                          \
    " signed_ms INTEGER NOT NULL) STRICT;"

#endif
