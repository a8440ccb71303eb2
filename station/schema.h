/*
 * The database, one file: STATE/smogd.db. smogd owns the schema and writes every table but package, delivery,
 * checkpoint, decision, push_note and timestamp, which smogpush writes. The event table is the truth; test, passage,
 * case_file … are projections of it, written in the same transaction, and can be rebuilt from it. Events are never
 * updated or deleted.
 *
 * Times: *_ms columns are Unix milliseconds (UTC) unless the name says mono_ms. Decimals are text.
 * Objects (recordings, photos) are files STATE/objects/ab/cdef…, named by their SHA-256, fsynced before the row that
 * names them is committed.
 *
 * The schema grows by steps that are only ever appended: PRAGMA user_version counts those that a database has. A new
 * one gets them all; an older one gets what it lacks when its owner opens it.
 *
 * Every statement of station/store_sql.h runs on a key or an index; tests/unit/test_store.c asks the planner.
 */
#ifndef STATION_SCHEMA_H
#define STATION_SCHEMA_H

#define SCHEMA_APPLICATION 0x736d6f67 /* PRAGMA application_id: "smog" */

/* station: its id */
#define SCHEMA_META "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"

/* event.idx counts from 0 without gaps; leaf = SHA-256(0x00 || body). node: the roots of all complete subtrees above
 * the leaves, level 1…, idx = position within the level. */
#define SCHEMA_JOURNAL                                                                                                 \
    "CREATE TABLE event(idx INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, leaf BLOB NOT NULL) STRICT;"  \
    "CREATE TABLE node(level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,"                              \
    " PRIMARY KEY(level, idx)) STRICT, WITHOUT ROWID;"

/* seq counts from 1 without gaps: every started test has a number and an end. record: canonical JSON, set at the end.
 * The index has the colour behind the order: a plate is looked up with and without its colour. */
#define SCHEMA_TEST                                                                                                    \
    "CREATE TABLE test(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, method TEXT NOT NULL,"                        \
    " plate TEXT NOT NULL, colour TEXT NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER,"                       \
    " verdict TEXT, void_reason TEXT, start_event INTEGER NOT NULL, end_event INTEGER,"                                \
    " record TEXT) STRICT;"                                                                                            \
    "CREATE INDEX test_plate ON test(plate, seq, colour);"                                                             \
    "CREATE INDEX test_open ON test(seq) WHERE ended_ms IS NULL;"

/* raw: the bytes as received, hex. passage_plate holds all that a list or a history shows: the passages of one plate
 * lie scattered over the table, each on a page of its own, but side by side in the index. */
#define SCHEMA_PASSAGE                                                                                                 \
    "CREATE TABLE passage(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, instrument TEXT NOT NULL,"                 \
    " device_record TEXT NOT NULL, plate TEXT NOT NULL, colour TEXT NOT NULL, at_ms INTEGER NOT NULL,"                 \
    " day TEXT NOT NULL, valid INTEGER NOT NULL, exceeded INTEGER NOT NULL, verdict TEXT NOT NULL,"                    \
    " event INTEGER NOT NULL, record TEXT NOT NULL, raw TEXT NOT NULL) STRICT;"                                        \
    "CREATE INDEX passage_plate ON passage(plate, at_ms, seq, colour, id, instrument, day, verdict, valid, exceeded);" \
    "CREATE INDEX passage_at ON passage(at_ms, seq, valid);"                                                           \
    "CREATE INDEX passage_device ON passage(instrument, device_record);"

/* The object files of a record; subject: a test's or passage's id. */
#define SCHEMA_FILE                                                                                                    \
    "CREATE TABLE record_file(subject TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL," \
    " PRIMARY KEY(subject, name)) STRICT, WITHOUT ROWID;"

/* What must reach the outlets: one row per case, in the transaction that ended the test. subject: test or passage id;
 * state: station/core/caselife.h. */
#define SCHEMA_CASE                                                                                                    \
    "CREATE TABLE case_file(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL UNIQUE,"           \
    " created_ms INTEGER NOT NULL, state TEXT NOT NULL) STRICT;"                                                       \
    "CREATE INDEX case_state ON case_file(state);"

/* Written by smogpush. package.path: from the state folder; delivery.state: waiting sending sent retry refused unknown;
 * receipt, receipt_signature: as the receiver sent them; journaled: smogd has appended the receipt's event. */
#define SCHEMA_DELIVERY                                                                                                \
    "CREATE TABLE package(case_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, path TEXT NOT NULL,"                  \
    " size INTEGER NOT NULL, sealed_ms INTEGER NOT NULL, tree_size INTEGER NOT NULL) STRICT, WITHOUT ROWID;"           \
    "CREATE TABLE delivery(case_id TEXT NOT NULL, outlet TEXT NOT NULL, state TEXT NOT NULL,"                          \
    " attempts INTEGER NOT NULL, next_ms INTEGER NOT NULL, last_ms INTEGER, last_status TEXT, receipt_id TEXT,"        \
    " receipt TEXT, receipt_signature TEXT, journaled INTEGER NOT NULL DEFAULT 0,"                                     \
    " PRIMARY KEY(case_id, outlet)) STRICT, WITHOUT ROWID;"                                                            \
    "CREATE INDEX delivery_due ON delivery(state, outlet, next_ms);"                                                   \
    "CREATE INDEX delivery_receipt ON delivery(journaled) WHERE receipt IS NOT NULL AND journaled = 0;"                \
    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL,"                        \
    " signed_ms INTEGER NOT NULL) STRICT;"

#define SCHEMA_BASE SCHEMA_META SCHEMA_JOURNAL SCHEMA_TEST SCHEMA_PASSAGE SCHEMA_FILE SCHEMA_CASE SCHEMA_DELIVERY

/* A fleet's list of vehicles for a depot visit from from_ms until before to_ms; sha256: the file as it was given;
 * facts: JSON object of vehicle facts; absent: why it was not presented, NULL while nobody has said. */
#define SCHEMA_ROSTER                                                                                                  \
    "CREATE TABLE roster(seq INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, from_ms INTEGER NOT NULL," \
    " to_ms INTEGER NOT NULL, event INTEGER NOT NULL) STRICT;"                                                         \
    "CREATE TABLE roster_entry(roster INTEGER NOT NULL, line INTEGER NOT NULL, plate TEXT NOT NULL,"                   \
    " colour TEXT NOT NULL, fleet TEXT NOT NULL, facts TEXT NOT NULL, absent TEXT,"                                    \
    " PRIMARY KEY(roster, line)) STRICT, WITHOUT ROWID;"                                                               \
    "CREATE INDEX roster_plate ON roster_entry(plate, roster);"

/* The latest occurrence of each lockout, from the events lockout and lockout-clear; subject: the instrument, the plate
 * with its colour, or "" for the station; cleared…: NULL while it holds. device_check: metrology checks, from
 * check-start and check-end; serial: as read, else as configured; verdict: NULL while it runs. */
#define SCHEMA_METROLOGY                                                                                               \
    "CREATE TABLE lockout(code TEXT NOT NULL, subject TEXT NOT NULL, what TEXT NOT NULL, since_ms INTEGER NOT NULL,"   \
    " event INTEGER NOT NULL, cleared_ms INTEGER, cleared_by TEXT, reason TEXT, clear_event INTEGER,"                  \
    " PRIMARY KEY(code, subject)) STRICT, WITHOUT ROWID;"                                                              \
    "CREATE INDEX lockout_held ON lockout(since_ms, code, subject) WHERE cleared_ms IS NULL;"                          \
    "CREATE TABLE device_check(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, instrument TEXT NOT NULL,"            \
    " what TEXT NOT NULL, started_ms INTEGER NOT NULL, start_event INTEGER NOT NULL, serial TEXT,"                     \
    " ended_ms INTEGER, verdict TEXT, end_event INTEGER) STRICT;"                                                      \
    "CREATE INDEX check_last ON device_check(instrument, what, serial, seq) WHERE verdict IN ('pass', 'fail');"        \
    "CREATE INDEX check_instrument ON device_check(instrument, seq);"                                                  \
    "CREATE INDEX check_open ON device_check(seq) WHERE ended_ms IS NULL;"                                             \
    "CREATE INDEX test_aborted ON test(ended_ms, plate, colour) WHERE verdict = 'aborted';"

/* What cameras have read: offered to an officer, part of no test until he confirms it. seq counts from 1; camera_key is
 * by what a repeated push is known; plate "" where none could be read; record: canonical JSON. */
#define SCHEMA_SUGGESTION                                                                                              \
    "CREATE TABLE suggestion(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, camera TEXT NOT NULL,"                  \
    " camera_key TEXT NOT NULL, plate TEXT NOT NULL, at_ms INTEGER NOT NULL, event INTEGER NOT NULL,"                  \
    " record TEXT NOT NULL) STRICT;"                                                                                   \
    "CREATE UNIQUE INDEX suggestion_key ON suggestion(camera, camera_key);"

/* What a supervisor is to look at: from the events "alert". evidence: JSON object. */
#define SCHEMA_ALERT                                                                                                   \
    "CREATE TABLE alert(seq INTEGER PRIMARY KEY, code TEXT NOT NULL, subject TEXT NOT NULL, at_ms INTEGER NOT NULL,"   \
    " evidence TEXT NOT NULL, event INTEGER NOT NULL) STRICT;"                                                         \
    "CREATE INDEX alert_subject ON alert(subject, seq);"

/* Projections of ended tests, by which later ones are compared: curves of accelerations (peak in thousandths of 1/m,
 * points as in station/core/anomaly.h), and who measured with what and how it ended (pass or fail only). seq of tally:
 * the test's. */
#define SCHEMA_COMPARE                                                                                                 \
    "CREATE TABLE curve(seq INTEGER PRIMARY KEY, test TEXT NOT NULL, number INTEGER NOT NULL, peak INTEGER NOT NULL,"  \
    " duration_ms INTEGER NOT NULL, points BLOB NOT NULL) STRICT;"                                                     \
    "CREATE INDEX curve_peak ON curve(peak);"                                                                          \
    "CREATE TABLE tally(seq INTEGER PRIMARY KEY, officer TEXT NOT NULL, instrument TEXT NOT NULL,"                     \
    " passed INTEGER NOT NULL) STRICT;"

/* What was looked at beside the exhaust test, and how each item was answered last; test: "" where there was none;
 * ended_ms: NULL while it is filled in. referral: what goes to one authority of an ended one; items: JSON array. */
#define SCHEMA_CHECKLIST                                                                                               \
    "CREATE TABLE checklist(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"                     \
    " sha256 TEXT NOT NULL, plate TEXT NOT NULL, colour TEXT NOT NULL, test TEXT NOT NULL, started_ms INTEGER NOT "    \
    "NULL,"                                                                                                            \
    " ended_ms INTEGER, start_event INTEGER NOT NULL) STRICT;"                                                         \
    "CREATE INDEX checklist_plate ON checklist(plate, seq);"                                                           \
    "CREATE TABLE checklist_answer(checklist INTEGER NOT NULL, item TEXT NOT NULL, answer TEXT NOT NULL, value TEXT,"  \
    " remark TEXT, photo TEXT, officer TEXT NOT NULL, at_ms INTEGER NOT NULL, event INTEGER NOT NULL,"                 \
    " PRIMARY KEY(checklist, item)) STRICT, WITHOUT ROWID;"                                                            \
    "CREATE TABLE referral(seq INTEGER PRIMARY KEY, authority TEXT NOT NULL, checklist TEXT NOT NULL,"                 \
    " plate TEXT NOT NULL, colour TEXT NOT NULL, at_ms INTEGER NOT NULL, items TEXT NOT NULL, event INTEGER NOT "      \
    "NULL) STRICT;"                                                                                                    \
    "CREATE INDEX referral_authority ON referral(authority, seq);"

/* Facts of other stations, from history files: ended tests and passages, kind as in a record; exceeded: as of a
 * passage; latitude, longitude: where that station stood, NULL where it did not tell; sha256: the record's; file: the
 * history file, an object. Their order among each other is that of their times. */
#define SCHEMA_IMPORTED                                                                                                \
    "CREATE TABLE imported(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"                      \
    " station TEXT NOT NULL, plate TEXT NOT NULL, colour TEXT NOT NULL, at_ms INTEGER NOT NULL, day TEXT NOT NULL,"    \
    " method TEXT NOT NULL, verdict TEXT NOT NULL, valid INTEGER NOT NULL, exceeded INTEGER NOT NULL,"                 \
    " latitude TEXT, longitude TEXT, sha256 TEXT NOT NULL, file TEXT NOT NULL, event INTEGER NOT NULL) STRICT;"        \
    "CREATE INDEX imported_plate ON imported(plate, at_ms, seq, colour, kind, id, day, valid, exceeded);"

/* A vehicle's referrals. */
#define SCHEMA_REFERRAL_PLATE "CREATE INDEX referral_plate ON referral(plate, seq);"

/* One camera's readings, newest first. */
#define SCHEMA_SUGGESTION_CAMERA "CREATE INDEX suggestion_camera ON suggestion(camera, seq);"

/* Where a case stands (station/core/caselife.h): state and repair are its two tracks; tester, police, reviewer1,
 * reviewer2: officers' numbers, "" where there is none yet; number: of the penalty's decision; ground: 1 to 8, 0: none;
 * retest: the test that was passed after the repair; sealed_event: the journal's event of the seal. state 'sealing' is
 * that of an older version, whose smogd gives them a state of today at its next start. case_step: every step, from the
 * events "case"; detail: what it refers to (package, test, outlet). */
#define SCHEMA_CASE_LIFE                                                                                               \
    "ALTER TABLE case_file ADD COLUMN repair TEXT NOT NULL DEFAULT 'none';"                                            \
    "ALTER TABLE case_file ADD COLUMN plate TEXT NOT NULL DEFAULT '';"                                                 \
    "ALTER TABLE case_file ADD COLUMN colour TEXT NOT NULL DEFAULT '';"                                                \
    "ALTER TABLE case_file ADD COLUMN method TEXT NOT NULL DEFAULT '';"                                                \
    "ALTER TABLE case_file ADD COLUMN tester TEXT NOT NULL DEFAULT '';"                                                \
    "ALTER TABLE case_file ADD COLUMN police TEXT NOT NULL DEFAULT '';"                                                \
    "ALTER TABLE case_file ADD COLUMN reviewer1 TEXT NOT NULL DEFAULT '';"                                             \
    "ALTER TABLE case_file ADD COLUMN reviewer2 TEXT NOT NULL DEFAULT '';"                                             \
    "ALTER TABLE case_file ADD COLUMN number TEXT NOT NULL DEFAULT '';"                                                \
    "ALTER TABLE case_file ADD COLUMN ground INTEGER NOT NULL DEFAULT 0;"                                              \
    "ALTER TABLE case_file ADD COLUMN retest TEXT NOT NULL DEFAULT '';"                                                \
    "ALTER TABLE case_file ADD COLUMN sealed_event INTEGER;"                                                           \
    "UPDATE case_file SET method = ifnull((SELECT method FROM test WHERE id = subject), 'remote-sensing'),"            \
    " plate = coalesce((SELECT plate FROM test WHERE id = subject), (SELECT plate FROM passage WHERE id = subject), "  \
    "''),"                                                                                                             \
    " colour = coalesce((SELECT colour FROM test WHERE id = subject),"                                                 \
    " (SELECT colour FROM passage WHERE id = subject), ''),"                                                           \
    " tester = ifnull((SELECT json_extract(record, '$.officers[0].number') FROM test WHERE id = subject"               \
    " AND json_extract(record, '$.officers[0].role') = 'operator'), '');"                                              \
    "CREATE INDEX case_plate ON case_file(plate, seq);"                                                                \
    "CREATE INDEX case_to_seal ON case_file(seq)"                                                                      \
    " WHERE sealed_event IS NULL AND state IN ('review2', 'send-ordered', 'handled');"                                 \
    "CREATE TABLE case_step(case_id TEXT NOT NULL, n INTEGER NOT NULL, at_ms INTEGER NOT NULL, track TEXT NOT NULL,"   \
    " act TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL, officer TEXT, role TEXT, police TEXT,"      \
    " reason TEXT, number TEXT, ground INTEGER, until TEXT, detail TEXT, event INTEGER NOT NULL,"                      \
    " PRIMARY KEY(case_id, n)) STRICT, WITHOUT ROWID;"

/* Who may act at the station, from the events "officer"; certificate: of enforcement; disabled_ms: NULL while he may.
 */
#define SCHEMA_OFFICER                                                                                                 \
    "CREATE TABLE officer(number TEXT PRIMARY KEY COLLATE NOCASE, name TEXT NOT NULL, role TEXT NOT NULL,"             \
    " certificate TEXT, added_ms INTEGER NOT NULL, disabled_ms INTEGER, event INTEGER NOT NULL) STRICT, WITHOUT "      \
    "ROWID;"

/* What receivers have decided about packages; written by smogpush. n: the receiver's own number; kind, at: its words;
 * body, signature: as they came; case_id: NULL when no case has that package. journaled: 0 new, 1 its event is in the
 * journal and it waits for its place in the case's life, 2 it has had its effect, or can have none any more. */
#define SCHEMA_DECISION                                                                                                \
    "CREATE TABLE decision(outlet TEXT NOT NULL, n INTEGER NOT NULL, package_sha256 TEXT NOT NULL, case_id TEXT,"      \
    " kind TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, signature TEXT,"                                       \
    " journaled INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(outlet, n)) STRICT, WITHOUT ROWID;"                            \
    "CREATE INDEX decision_new ON decision(journaled) WHERE journaled = 0;"                                            \
    "CREATE INDEX decision_case ON decision(case_id, journaled);"

/* Every ended test and every passage as one row of numbers, by which bulletins count: of this station, and those that
 * came with history files. The key is the record's own, so that one record is one row wherever it comes from.
 * word.id, vehicle.id: what the other columns are written in (0: none); kind: 0 test, 1 passage; place: the station's
 * kind; fleet: of the roster at that time; reasons: the first words of the verdict's reasons, joined by commas, of an
 * invalid record; values in thousandths of the quantity's unit, the one nearest to its limit or furthest beyond it (of
 * no or nox), NULL where it was not judged. */
#define SCHEMA_MEASUREMENT                                                                                             \
    "CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;"                                     \
    "CREATE TABLE vehicle(id INTEGER PRIMARY KEY, plate TEXT NOT NULL, colour TEXT NOT NULL,"                          \
    " UNIQUE(plate, colour)) STRICT;"                                                                                  \
    "CREATE TABLE measurement(at_ms INTEGER NOT NULL, station INTEGER NOT NULL, kind INTEGER NOT NULL,"                \
    " seq INTEGER NOT NULL, place INTEGER NOT NULL, vehicle INTEGER NOT NULL, method INTEGER NOT NULL,"                \
    " verdict INTEGER NOT NULL, stage INTEGER NOT NULL, class INTEGER NOT NULL, fleet INTEGER NOT NULL,"               \
    " instrument INTEGER NOT NULL, reasons INTEGER NOT NULL, k INTEGER, k_limit INTEGER, opacity INTEGER,"             \
    " opacity_limit INTEGER, nox INTEGER, nox_limit INTEGER,"                                                          \
    " PRIMARY KEY(at_ms, station, kind, seq)) STRICT, WITHOUT ROWID;"

/* Events that belong to a test or passage beside its own ones (photo, photo-check), in their order. */
#define SCHEMA_SUBJECT_EVENT                                                                                           \
    "CREATE TABLE subject_event(subject TEXT NOT NULL, event INTEGER NOT NULL, kind TEXT NOT NULL,"                    \
    " PRIMARY KEY(subject, event)) STRICT, WITHOUT ROWID;"

/* When each receiver is asked for its decisions, and how that went; written by smogpush. quiet: answers in a row
 * without news; failures: questions in a row without an answer; trouble: what is wrong, for a person, "" when nothing
 * is. */
#define SCHEMA_FEEDBACK                                                                                                \
    "CREATE TABLE feedback(outlet TEXT PRIMARY KEY, asked_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL,"              \
    " quiet INTEGER NOT NULL, failures INTEGER NOT NULL, trouble TEXT NOT NULL) STRICT, WITHOUT ROWID;"

/* witness: co-signed checkpoints, from the events "witness"; note: with the co-signature. ratchet: what has sealed the
 * first `size` events (station/ratchet.h); start: the event that began the chain. */
#define SCHEMA_PROOFS                                                                                                  \
    "CREATE TABLE witness(name TEXT NOT NULL, size INTEGER NOT NULL, cosigned_ms INTEGER NOT NULL,"                    \
    " note TEXT NOT NULL, event INTEGER NOT NULL, PRIMARY KEY(name, size)) STRICT, WITHOUT ROWID;"                     \
    "CREATE TABLE ratchet(start INTEGER NOT NULL, epoch INTEGER NOT NULL, size INTEGER NOT NULL,"                      \
    " at_ms INTEGER NOT NULL, mac BLOB NOT NULL, PRIMARY KEY(start, epoch)) STRICT, WITHOUT ROWID;"

/* What smogpush has to tell a person: about: seal, certificate, timestamp …; text "": nothing (any more). timestamp:
 * RFC 3161 tokens, each over the note of the checkpoint of that size. */
#define SCHEMA_PUSH                                                                                                    \
    "CREATE TABLE push_note(about TEXT PRIMARY KEY, text TEXT NOT NULL, since_ms INTEGER NOT NULL)"                    \
    " STRICT, WITHOUT ROWID;"                                                                                          \
    "CREATE TABLE timestamp(size INTEGER PRIMARY KEY, note TEXT NOT NULL, token BLOB NOT NULL,"                        \
    " stamped_ms INTEGER NOT NULL) STRICT;"

/* Several outlets, each with its own queue; written by smogpush. delivery.case_id is what is delivered: a case, a test,
 * or a batch of passages, "FIRST-PLAST" by their ids; part: parts of it that have arrived. attempt: the last ones of
 * each delivery, slot n modulo 64. feed: how far an outlet that takes tests or passages has entered them, and when
 * last. */
#define SCHEMA_OUTLETS                                                                                                 \
    "ALTER TABLE delivery ADD COLUMN part INTEGER NOT NULL DEFAULT 0;"                                                 \
    "CREATE TABLE attempt(case_id TEXT NOT NULL, outlet TEXT NOT NULL, slot INTEGER NOT NULL, n INTEGER NOT NULL,"     \
    " at_ms INTEGER NOT NULL, part INTEGER NOT NULL, outcome TEXT NOT NULL, status INTEGER NOT NULL,"                  \
    " text TEXT NOT NULL, PRIMARY KEY(case_id, outlet, slot)) STRICT, WITHOUT ROWID;"                                  \
    "CREATE TABLE feed(outlet TEXT PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

/* What smogpush has signed for slips: code, the text of the QR code (reports/slip_note.h); tree_size: of the journal
 * whose root it names; event: the newest one about the record, so that a code is signed anew once the record is void.
 */
#define SCHEMA_SLIP                                                                                                    \
    "CREATE TABLE slip(subject TEXT PRIMARY KEY, event INTEGER NOT NULL, tree_size INTEGER NOT NULL,"                  \
    " signed_ms INTEGER NOT NULL, code TEXT NOT NULL) STRICT, WITHOUT ROWID;"                                          \
    "CREATE INDEX slip_event ON slip(event);"

/* A delivery's attempts in their order. */
#define SCHEMA_ATTEMPT_ORDER "CREATE INDEX attempt_order ON attempt(case_id, outlet, n);"

/* What is kept of the officers' PINs (station/pin.h); journaled is only that one was set. */
#define SCHEMA_PIN                                                                                                     \
    "CREATE TABLE pin(number TEXT PRIMARY KEY COLLATE NOCASE, hash TEXT NOT NULL, set_ms INTEGER NOT NULL,"            \
    " event INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

/* The journal's edges, from which the time is counted that instruments were live. */
#define SCHEMA_EVENT_EDGE                                                                                              \
    "CREATE INDEX event_edge ON event(idx) WHERE kind IN ('daemon-start', 'daemon-stop', 'instrument');"

/* Locks that were opened by hand. */
#define SCHEMA_LOCKOUT_CLEARED "CREATE INDEX lockout_cleared ON lockout(cleared_ms) WHERE cleared_by <> 'station';"

/* X(what the step makes); append only. */
#define SCHEMA_STEPS(X)                                                                                                \
    X(SCHEMA_BASE)                                                                                                     \
    X(SCHEMA_ROSTER)                                                                                                   \
    X(SCHEMA_METROLOGY)                                                                                                \
    X(SCHEMA_SUGGESTION)                                                                                               \
    X(SCHEMA_ALERT)                                                                                                    \
    X(SCHEMA_COMPARE)                                                                                                  \
    X(SCHEMA_CHECKLIST)                                                                                                \
    X(SCHEMA_IMPORTED)                                                                                                 \
    X(SCHEMA_REFERRAL_PLATE)                                                                                           \
    X(SCHEMA_SUGGESTION_CAMERA)                                                                                        \
    X(SCHEMA_CASE_LIFE)                                                                                                \
    X(SCHEMA_OFFICER)                                                                                                  \
    X(SCHEMA_DECISION)                                                                                                 \
    X(SCHEMA_MEASUREMENT)                                                                                              \
    X(SCHEMA_SUBJECT_EVENT)                                                                                            \
    X(SCHEMA_FEEDBACK)                                                                                                 \
    X(SCHEMA_PROOFS)                                                                                                   \
    X(SCHEMA_PUSH)                                                                                                     \
    X(SCHEMA_OUTLETS)                                                                                                  \
    X(SCHEMA_SLIP)                                                                                                     \
    X(SCHEMA_ATTEMPT_ORDER)                                                                                            \
    X(SCHEMA_PIN)                                                                                                      \
    X(SCHEMA_EVENT_EDGE)                                                                                               \
    X(SCHEMA_LOCKOUT_CLEARED)

#define SCHEMA_ONE(step) +1 // NOLINT(bugprone-macro-parentheses): the steps stand side by side and are summed up
enum { SCHEMA_VERSION = SCHEMA_STEPS(SCHEMA_ONE) };

#endif
