/*
 * The database, one file: STATE/smogd.db. smogd owns the schema and writes every table but package, delivery and
 * checkpoint, which smogpush writes. The event table is the truth; test, passage, case_file … are projections of it,
 * written in the same transaction, and can be rebuilt from it. Events are never updated or deleted.
 *
 * Times: *_ms columns are Unix milliseconds (UTC) unless the name says mono_ms. Decimals are text.
 * Objects (recordings, photos) are files STATE/objects/ab/cdef…, named by their SHA-256, fsynced before the row that
 * names them is committed.
 */
#ifndef STATION_SCHEMA_H
#define STATION_SCHEMA_H

#define SCHEMA_VERSION 1

#define SCHEMA_SQL                                                                                                     \
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"                              \
    /* idx counts from 0 without gaps; leaf = SHA-256(0x00 || body) */                                                 \
    "CREATE TABLE event(idx INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, leaf BLOB NOT NULL) STRICT;"  \
    /* roots of all complete subtrees above the leaves: level 1.. , idx = position within the level */                 \
    "CREATE TABLE node(level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,"                              \
    " PRIMARY KEY(level, idx)) STRICT, WITHOUT ROWID;"                                                                 \
    /* seq counts from 1 without gaps: every started test has a number and an end */                                   \
    "CREATE TABLE test(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, method TEXT NOT NULL,"                        \
    " plate TEXT NOT NULL, colour TEXT NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER,"                       \
    " verdict TEXT, void_reason TEXT, start_event INTEGER NOT NULL, end_event INTEGER,"                                \
    " record TEXT) STRICT;" /* record: canonical JSON, set at the end */                                               \
    "CREATE INDEX test_plate ON test(plate, colour, seq);"                                                             \
    "CREATE TABLE test_file(test_id TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,"   \
    " PRIMARY KEY(test_id, name)) STRICT, WITHOUT ROWID;"                                                              \
    "CREATE TABLE passage(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, instrument TEXT NOT NULL,"                 \
    " device_record TEXT NOT NULL, plate TEXT NOT NULL, colour TEXT NOT NULL, at_ms INTEGER NOT NULL,"                 \
    " day TEXT NOT NULL, valid INTEGER NOT NULL, exceeded INTEGER NOT NULL, verdict TEXT NOT NULL,"                    \
    " event INTEGER NOT NULL, record TEXT NOT NULL, raw TEXT NOT NULL) STRICT;" /* raw: the bytes as received, hex */  \
    "CREATE INDEX passage_plate ON passage(plate, colour, at_ms, seq);"                                                \
    "CREATE INDEX passage_at ON passage(at_ms);"                                                                       \
    /* what must reach the outlets: one row per case, in the transaction that ended the test */                        \
    "CREATE TABLE case_file(id TEXT PRIMARY KEY, subject TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL,"           \
    " state TEXT NOT NULL) STRICT, WITHOUT ROWID;" /* subject: test or passage id; state: sealing | handled | void */  \
    /* ---- written by smogpush ---- */                                                                                \
    "CREATE TABLE package(case_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, path TEXT NOT NULL,"                  \
    " size INTEGER NOT NULL, sealed_ms INTEGER NOT NULL, tree_size INTEGER NOT NULL) STRICT, WITHOUT ROWID;"           \
    "CREATE TABLE delivery(case_id TEXT NOT NULL, outlet TEXT NOT NULL, state TEXT NOT NULL," /* waiting sending sent  \
                                                                                                 retry refused unknown \
                                                                                               */                      \
    " attempts INTEGER NOT NULL, next_ms INTEGER NOT NULL, last_ms INTEGER, last_status TEXT, receipt TEXT,"           \
    " journaled INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(case_id, outlet)) STRICT, WITHOUT ROWID;"                      \
    "CREATE INDEX delivery_due ON delivery(outlet, state, next_ms);"                                                   \
    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL,"                        \
    " signed_ms INTEGER NOT NULL) STRICT;"

#endif
