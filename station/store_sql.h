/*
 * Every statement that the store runs, in one table: what runs can be read here, is prepared once, and is shown to the
 * query planner by the tests, which accept no full scan and no sort. X(enumerator, changes the database, text).
 *
 * "seq < ?" with a bound that always holds is how a walk from the newest backwards is written.
 */
#ifndef STATION_STORE_SQL_H
#define STATION_STORE_SQL_H

#define STORE_TEST_COLUMNS                                                                                             \
    "seq, id, method, plate, colour, started_ms, ended_ms, verdict, void_reason, end_event, record, start_event"
#define STORE_PASSAGE_LISTED "seq, at_ms, id, instrument, plate, colour, day, verdict, valid, exceeded"
#define STORE_PASSAGE_COLUMNS STORE_PASSAGE_LISTED ", device_record, record, raw, event"
#define STORE_LOCKOUT_COLUMNS "code, subject, what, since_ms, cleared_ms, cleared_by, reason"
#define STORE_CHECK_COLUMNS "seq, id, instrument, what, started_ms, start_event, serial, ended_ms, verdict, end_event"
#define STORE_MEASUREMENT_COLUMNS                                                                                      \
    "at_ms, station, kind, seq, place, vehicle, method, verdict, stage, class, fleet, instrument, reasons, k,"         \
    " k_limit, opacity, opacity_limit, nox, nox_limit"
#define STORE_SUGGESTION_COLUMNS "seq, id, camera, plate, at_ms, event, record"
#define STORE_CASE_COLUMNS                                                                                             \
    "seq, created_ms, id, subject, state, repair, plate, colour, method, tester, police, reviewer1, reviewer2,"        \
    " number, retest, ground, sealed_event"
/* as the index case_to_seal */
#define STORE_CASE_TO_SEAL                                                                                             \
    "INDEXED BY case_to_seal WHERE seq > 0 AND sealed_event IS NULL AND state IN ('review2', 'send-ordered', "         \
    "'handled')"
#define STORE_OFFICER_COLUMNS "number, name, role, certificate, added_ms, disabled_ms"
#define STORE_DECISION_COLUMNS "outlet, n, package_sha256, case_id, kind, at, body, journaled"
/* what is unknown stays so: the receiver is asked before anything is sent again */
#define STORE_OUTBOX_RETRY                                                                                             \
    "UPDATE delivery SET state = iif(state = 'unknown', state, 'retry'), next_ms = ?1 WHERE case_id = ?2"              \
    " AND state IN ('waiting', 'retry', 'refused', 'unknown')"

#define STORE_OUTBOX_ROWS                                                                                              \
    "SELECT id, subject, created_ms, outlet, ifnull(d.state, c.state), last_status, receipt_id, attempts, next_ms,"    \
    " last_ms FROM case_file c LEFT JOIN delivery d ON case_id = id"

#define STORE_SQL_TABLE(X)                                                                                             \
    X(BEGIN, false, "BEGIN IMMEDIATE")                                                                                 \
    X(BEGIN_READ, false, "BEGIN DEFERRED")                                                                             \
    X(COMMIT, false, "COMMIT")                                                                                         \
    X(ROLLBACK, false, "ROLLBACK")                                                                                     \
    X(COMMIT_FAILED, true,                                                                                             \
      "INSERT INTO meta(key, value) VALUES('failed-commits', '1')"                                                     \
      " ON CONFLICT(key) DO UPDATE SET value = CAST(value + 1 AS TEXT)")                                               \
    X(META_SET, true, "INSERT INTO meta(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2")         \
    X(NUMBERS_LAST, false,                                                                                             \
      "SELECT max(ifnull((SELECT max(seq) FROM test), 0), ifnull((SELECT max(seq) FROM passage), 0),"                  \
      " ifnull((SELECT max(seq) FROM device_check), 0), ifnull((SELECT max(seq) FROM checklist), 0),"                  \
      " ifnull((SELECT max(seq) FROM suggestion), 0), ifnull((SELECT max(seq) FROM case_file), 0),"                    \
      " ifnull((SELECT max(seq) FROM roster), 0))")                                                                    \
    X(META_GET, false, "SELECT value FROM meta WHERE key = ?")                                                         \
                                                                                                                       \
    X(EVENT_INSERT, true, "INSERT INTO event(idx, kind, body, leaf) VALUES(?, ?, ?, ?)")                               \
    X(EVENT_LAST, false, "SELECT max(idx) FROM event")                                                                 \
    X(EVENT_GET, false, "SELECT body FROM event WHERE idx = ?")                                                        \
    X(EVENT_LEAF, false, "SELECT leaf FROM event WHERE idx = ?")                                                       \
    X(EVENT_LIST, false, "SELECT idx, body FROM event WHERE idx >= ? ORDER BY idx LIMIT ?")                            \
    X(NODE_INSERT, true, "INSERT INTO node(level, idx, hash) VALUES(?, ?, ?)")                                         \
    X(NODE_GET, false, "SELECT hash FROM node WHERE level = ? AND idx = ?")                                            \
                                                                                                                       \
    X(TEST_LAST, false, "SELECT max(seq) FROM test")                                                                   \
    X(TEST_INSERT, true,                                                                                               \
      "INSERT INTO test(seq, id, method, plate, colour, started_ms, start_event) VALUES(?, ?, ?, ?, ?, ?, ?)")         \
    X(TEST_END, true,                                                                                                  \
      "UPDATE test SET ended_ms = ?2, verdict = ?3, end_event = ?4, record = ?5 WHERE id = ?1 AND ended_ms IS NULL")   \
    X(TEST_VOID, true,                                                                                                 \
      "UPDATE test SET void_reason = ?2 WHERE id = ?1 AND ended_ms IS NOT NULL AND void_reason IS NULL")               \
    X(TEST_GET, false, "SELECT " STORE_TEST_COLUMNS " FROM test WHERE id = ?1")                                        \
    X(TEST_LIST, false, "SELECT " STORE_TEST_COLUMNS " FROM test WHERE seq < ?3 ORDER BY seq DESC LIMIT ?4")           \
    X(TEST_LIST_OPEN, false,                                                                                           \
      "SELECT " STORE_TEST_COLUMNS " FROM test WHERE ended_ms IS NULL AND seq < ?3 ORDER BY seq DESC LIMIT ?4")        \
    X(TEST_LIST_PLATE, false,                                                                                          \
      "SELECT " STORE_TEST_COLUMNS " FROM test WHERE plate = ?1 AND (?2 IS NULL OR colour = ?2) AND seq < ?3"          \
      " ORDER BY seq DESC LIMIT ?4")                                                                                   \
                                                                                                                       \
    X(FILE_INSERT, true, "INSERT INTO record_file(subject, name, sha256, size) VALUES(?, ?, ?, ?)")                    \
    X(FILE_LIST, false, "SELECT name, sha256, size FROM record_file WHERE subject = ? ORDER BY name")                  \
    X(EVENT_EDGES, false,                                                                                              \
      "SELECT idx, body FROM event INDEXED BY event_edge WHERE idx >= ? AND kind IN ('daemon-start', 'daemon-stop', "  \
      "'instrument') ORDER BY idx")                                                                                    \
    X(SUBJECT_EVENT_INSERT, true, "INSERT INTO subject_event(subject, event, kind) VALUES(?, ?, ?)")                   \
    X(SUBJECT_EVENT_LIST, false, "SELECT event, kind FROM subject_event WHERE subject = ? ORDER BY event")             \
                                                                                                                       \
    X(PASSAGE_LAST, false, "SELECT max(seq) FROM passage")                                                             \
    X(PASSAGE_INSERT, true, "INSERT INTO passage(" STORE_PASSAGE_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)")      \
    X(PASSAGE_KNOWN, false, "SELECT 1 FROM passage WHERE instrument = ? AND device_record = ? AND raw = ?")            \
    X(PASSAGE_GET, false, "SELECT " STORE_PASSAGE_COLUMNS " FROM passage WHERE id = ?")                                \
    X(PASSAGE_HISTORY, false,                                                                                          \
      "SELECT day, valid, exceeded, id, at_ms, seq FROM passage"                                                       \
      " WHERE plate = ?1 AND at_ms >= ?2 AND at_ms < ?3 AND colour = ?4 UNION ALL"                                     \
      " SELECT day, valid, exceeded, id, at_ms, seq FROM imported"                                                     \
      " WHERE plate = ?1 AND at_ms >= ?2 AND at_ms < ?3 AND colour = ?4 AND kind = 'passage'"                          \
      " ORDER BY at_ms DESC, seq DESC LIMIT ?5")                                                                       \
    X(PASSAGE_LIST, false,                                                                                             \
      "SELECT " STORE_PASSAGE_LISTED " FROM passage WHERE at_ms >= ?3 AND (?4 = 0 OR valid = 0)"                       \
      " ORDER BY at_ms DESC, seq DESC LIMIT ?5")                                                                       \
    X(PASSAGE_LIST_PLATE, false,                                                                                       \
      "SELECT " STORE_PASSAGE_LISTED " FROM passage WHERE plate = ?1 AND (?2 IS NULL OR colour = ?2)"                  \
      " AND at_ms >= ?3 AND (?4 = 0 OR valid = 0) ORDER BY at_ms DESC, seq DESC LIMIT ?5")                             \
                                                                                                                       \
    X(TEST_ABORTED, false,                                                                                             \
      "SELECT count(*) FROM test WHERE verdict = 'aborted' AND ended_ms > ?1 AND (?2 IS NULL OR plate = ?2)"           \
      " AND (?3 IS NULL OR colour = ?3)")                                                                              \
    X(LOCKOUT_RAISE, true,                                                                                             \
      "INSERT INTO lockout(code, subject, what, since_ms, event) VALUES(?1, ?2, ?3, ?4, ?5)"                           \
      " ON CONFLICT(code, subject) DO UPDATE SET what = ?3, since_ms = ?4, event = ?5, cleared_ms = NULL,"             \
      " cleared_by = NULL, reason = NULL, clear_event = NULL")                                                         \
    X(LOCKOUT_CLEAR, true,                                                                                             \
      "UPDATE lockout SET cleared_ms = ?3, cleared_by = ?4, reason = ?5, clear_event = ?6"                             \
      " WHERE code = ?1 AND subject = ?2 AND cleared_ms IS NULL")                                                      \
    X(LOCKOUT_GET, false, "SELECT " STORE_LOCKOUT_COLUMNS " FROM lockout WHERE code = ? AND subject = ?")              \
    X(LOCKOUT_LIST, false,                                                                                             \
      "SELECT " STORE_LOCKOUT_COLUMNS " FROM lockout WHERE cleared_ms IS NULL AND since_ms > ? ORDER BY since_ms")     \
    X(LOCKOUT_LIST_CLEARED, false,                                                                                     \
      "SELECT " STORE_LOCKOUT_COLUMNS " FROM lockout WHERE cleared_ms >= ? AND cleared_by <> 'station'"                \
      " ORDER BY cleared_ms DESC")                                                                                     \
    X(CHECK_SEQ_LAST, false, "SELECT max(seq) FROM device_check")                                                      \
    X(CHECK_INSERT, true,                                                                                              \
      "INSERT INTO device_check(seq, id, instrument, what, started_ms, start_event) VALUES(?, ?, ?, ?, ?, ?)")         \
    X(CHECK_END, true,                                                                                                 \
      "UPDATE device_check SET serial = ?2, ended_ms = ?3, verdict = ?4, end_event = ?5"                               \
      " WHERE id = ?1 AND ended_ms IS NULL")                                                                           \
    X(CHECK_GET, false, "SELECT " STORE_CHECK_COLUMNS " FROM device_check WHERE id = ?")                               \
    X(CHECK_RESULT, false,                                                                                             \
      "SELECT " STORE_CHECK_COLUMNS " FROM device_check WHERE instrument = ? AND what = ? AND serial = ?"              \
      " AND verdict IN ('pass', 'fail') ORDER BY seq DESC LIMIT 1")                                                    \
    X(CHECK_LIST, false, "SELECT " STORE_CHECK_COLUMNS " FROM device_check WHERE seq < ?2 ORDER BY seq DESC LIMIT ?3") \
    X(CHECK_LIST_INSTRUMENT, false,                                                                                    \
      "SELECT " STORE_CHECK_COLUMNS                                                                                    \
      " FROM device_check WHERE instrument = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3")                              \
    X(CHECK_LIST_OPEN, false,                                                                                          \
      "SELECT " STORE_CHECK_COLUMNS                                                                                    \
      " FROM device_check WHERE ended_ms IS NULL AND seq < ?2 ORDER BY seq DESC LIMIT ?3")                             \
                                                                                                                       \
    X(ALERT_INSERT, true, "INSERT INTO alert(code, subject, at_ms, evidence, event) VALUES(?, ?, ?, ?, ?)")            \
    X(ALERT_LIST, false,                                                                                               \
      "SELECT seq, code, subject, at_ms, evidence FROM alert WHERE seq < ?2 AND at_ms >= ?3 ORDER BY seq DESC"         \
      " LIMIT ?4")                                                                                                     \
    X(ALERT_LIST_SUBJECT, false,                                                                                       \
      "SELECT seq, code, subject, at_ms, evidence FROM alert WHERE subject = ?1 AND seq < ?2 AND at_ms >= ?3"          \
      " ORDER BY seq DESC LIMIT ?4")                                                                                   \
                                                                                                                       \
    X(CURVE_INSERT, true, "INSERT INTO curve(test, number, peak, duration_ms, points) VALUES(?, ?, ?, ?, ?)")          \
    X(CURVE_NEAR, false,                                                                                               \
      "SELECT test, number, peak, duration_ms, points FROM curve WHERE peak BETWEEN ? AND ? LIMIT ?")                  \
    X(TALLY_INSERT, true, "INSERT INTO tally(seq, officer, instrument, passed) VALUES(?, ?, ?, ?)")                    \
    X(TALLY_SUMS, false,                                                                                               \
      "SELECT sum(own), sum(own AND passed), sum(NOT own), sum(NOT own AND passed) FROM"                               \
      " (SELECT passed, (?1 IS NULL OR officer = ?1) AND (?2 IS NULL OR instrument = ?2) AS own FROM tally"            \
      " WHERE seq > ?3)")                                                                                              \
                                                                                                                       \
    X(CHECKLIST_LAST, false, "SELECT max(seq) FROM checklist")                                                         \
    X(CHECKLIST_INSERT, true,                                                                                          \
      "INSERT INTO checklist(seq, id, name, sha256, plate, colour, test, started_ms, start_event)"                     \
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")                                                                            \
    X(CHECKLIST_GET, false,                                                                                            \
      "SELECT seq, id, name, sha256, plate, colour, test, started_ms, ended_ms FROM checklist WHERE id = ?")           \
    X(CHECKLIST_LIST, false,                                                                                           \
      "SELECT seq, id, name, sha256, plate, colour, test, started_ms, ended_ms FROM checklist WHERE seq < ?2"          \
      " ORDER BY seq DESC LIMIT ?3")                                                                                   \
    X(CHECKLIST_LIST_PLATE, false,                                                                                     \
      "SELECT seq, id, name, sha256, plate, colour, test, started_ms, ended_ms FROM checklist WHERE plate = ?1"        \
      " AND seq < ?2 ORDER BY seq DESC LIMIT ?3")                                                                      \
    X(CHECKLIST_END, true, "UPDATE checklist SET ended_ms = ?2 WHERE seq = ?1 AND ended_ms IS NULL")                   \
    X(CHECKLIST_ANSWER, true,                                                                                          \
      "INSERT INTO checklist_answer(checklist, item, answer, value, remark, photo, officer, at_ms, event)"             \
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(checklist, item) DO UPDATE SET answer = ?3, value = "   \
      "?4,"                                                                                                            \
      " remark = ?5, photo = ?6, officer = ?7, at_ms = ?8, event = ?9")                                                \
    X(CHECKLIST_ANSWERS, false,                                                                                        \
      "SELECT item, answer, value, remark, photo, officer, at_ms FROM checklist_answer WHERE checklist = ? ORDER BY "  \
      "item")                                                                                                          \
    X(REFERRAL_INSERT, true,                                                                                           \
      "INSERT INTO referral(authority, checklist, plate, colour, at_ms, items, event) VALUES(?, ?, ?, ?, ?, ?, ?)")    \
    X(REFERRAL_LIST, false,                                                                                            \
      "SELECT seq, authority, checklist, plate, colour, at_ms, items FROM referral WHERE seq < ?2 ORDER BY seq DESC "  \
      "LIMIT ?3")                                                                                                      \
    X(REFERRAL_LIST_AUTHORITY, false,                                                                                  \
      "SELECT seq, authority, checklist, plate, colour, at_ms, items FROM referral WHERE authority = ?1 AND seq < ?2"  \
      " ORDER BY seq DESC LIMIT ?3")                                                                                   \
                                                                                                                       \
    X(IMPORTED_KNOWN, false, "SELECT sha256 FROM imported WHERE id = ?")                                               \
    X(IMPORTED_INSERT, true,                                                                                           \
      "INSERT INTO imported(id, kind, station, plate, colour, at_ms, day, method, verdict, valid, exceeded, latitude," \
      " longitude, sha256, file, event) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                       \
    X(IMPORTED_LIST, false,                                                                                            \
      "SELECT id, kind, station, plate, colour, at_ms, day, method, verdict, valid, exceeded, latitude, longitude,"    \
      " sha256, file FROM imported WHERE plate = ?1 AND (?2 IS NULL OR colour = ?2) AND at_ms >= ?3 AND at_ms < ?4"    \
      " ORDER BY at_ms DESC, seq DESC LIMIT ?5")                                                                       \
                                                                                                                       \
    X(REFERRAL_LIST_PLATE, false,                                                                                      \
      "SELECT seq, authority, checklist, plate, colour, at_ms, items FROM referral WHERE plate = ?1 AND seq < ?2"      \
      " ORDER BY seq DESC LIMIT ?3")                                                                                   \
    X(ROSTER_ENTRY_LIST_PLATE, false,                                                                                  \
      "SELECT line, plate, colour, fleet, facts, absent, roster FROM roster_entry WHERE plate = ?1 AND roster < ?2"    \
      " ORDER BY roster DESC LIMIT ?3")                                                                                \
    X(ROSTER_LAST, false, "SELECT max(seq) FROM roster")                                                               \
    X(ROSTER_INSERT, true, "INSERT INTO roster(seq, name, sha256, from_ms, to_ms, event) VALUES(?, ?, ?, ?, ?, ?)")    \
    X(ROSTER_GET, false, "SELECT seq, name, sha256, from_ms, to_ms FROM roster WHERE seq = ?")                         \
    X(ROSTER_ENTRY_INSERT, true,                                                                                       \
      "INSERT INTO roster_entry(roster, line, plate, colour, fleet, facts) VALUES(?, ?, ?, ?, ?, ?)")                  \
    X(ROSTER_ENTRY_ABSENT, true, "UPDATE roster_entry SET absent = ?3 WHERE roster = ?1 AND line = ?2")                \
    X(ROSTER_ENTRY_FIND, false,                                                                                        \
      "SELECT line, plate, colour, fleet, facts, absent, roster, to_ms FROM roster_entry JOIN roster ON seq = roster"  \
      " WHERE plate = ?1 AND from_ms <= ?2 AND (?3 IS NULL OR colour = ?3 OR colour = 'unknown')"                      \
      " ORDER BY roster DESC LIMIT 1")                                                                                 \
    X(ROSTER_ENTRY_LIST, false,                                                                                        \
      "SELECT line, plate, colour, fleet, facts, absent FROM roster_entry WHERE roster = ? ORDER BY line")             \
                                                                                                                       \
    X(CASE_STATE, false, "SELECT state FROM case_file WHERE subject = ?")                                              \
    X(CASE_EVENT_LIST, false, "SELECT event FROM case_step WHERE case_id = ? ORDER BY n")                              \
    X(CASE_INSERT, true,                                                                                               \
      "INSERT INTO case_file(id, subject, created_ms, state, method, plate, colour) VALUES(?1, ?2, ?3, ?4,"            \
      " ifnull((SELECT method FROM test WHERE id = ?2), 'remote-sensing'),"                                            \
      " coalesce((SELECT plate FROM test WHERE id = ?2), (SELECT plate FROM passage WHERE id = ?2), ''),"              \
      " coalesce((SELECT colour FROM test WHERE id = ?2), (SELECT colour FROM passage WHERE id = ?2), ''))")           \
    X(CASE_MOVE, true,                                                                                                 \
      "UPDATE case_file SET state = ?2, repair = ?3, tester = ?4, police = ?5, reviewer1 = ?6, reviewer2 = ?7,"        \
      " number = ?8, ground = ?9, retest = ?10, sealed_event = ?11 WHERE id = ?1")                                     \
    X(CASE_GET, false, "SELECT " STORE_CASE_COLUMNS " FROM case_file WHERE id = ?1 OR subject = ?1")                   \
    X(CASE_LIST, false, "SELECT " STORE_CASE_COLUMNS " FROM case_file WHERE seq < ?2 ORDER BY seq DESC LIMIT ?3")      \
    X(CASE_LIST_STATE, false,                                                                                          \
      "SELECT " STORE_CASE_COLUMNS " FROM case_file WHERE state = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3")         \
    X(CASE_LIST_PLATE, false,                                                                                          \
      "SELECT " STORE_CASE_COLUMNS " FROM case_file WHERE plate = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3")         \
    X(CASE_UNSEALED_BYTES, false,                                                                                      \
      "SELECT count(*), ifnull(sum((SELECT sum(size) FROM record_file WHERE record_file.subject = c.subject)), 0)"     \
      " FROM case_file c WHERE state IN ('exceeded', 'review1', 'review2', 'send-ordered', 'handled', 'sealing')"      \
      " AND NOT EXISTS(SELECT 1 FROM package WHERE case_id = c.id)")                                                   \
    X(CASE_UNSEALED, false,                                                                                            \
      "SELECT " STORE_CASE_COLUMNS " FROM case_file " STORE_CASE_TO_SEAL " AND seq > ?"                                \
      " AND NOT EXISTS(SELECT 1 FROM package WHERE case_id = id) ORDER BY seq LIMIT ?")                                \
    X(CASE_UNSEALED_COUNT, false,                                                                                      \
      "SELECT count(*) FROM case_file " STORE_CASE_TO_SEAL                                                             \
      " AND NOT EXISTS(SELECT 1 FROM package WHERE case_id = id)")                                                     \
    X(CASE_SEALED, false,                                                                                              \
      "SELECT " STORE_CASE_COLUMNS " FROM case_file " STORE_CASE_TO_SEAL                                               \
      " AND EXISTS(SELECT 1 FROM package WHERE case_id = id) ORDER BY seq LIMIT ?")                                    \
    X(CASE_STEP_INSERT, true,                                                                                          \
      "INSERT INTO case_step(case_id, n, at_ms, track, act, from_state, to_state, officer, role, police, reason, "     \
      "number,"                                                                                                        \
      " ground, until, detail, event) VALUES(?1, (SELECT ifnull(max(n), 0) + 1 FROM case_step WHERE case_id = ?1),"    \
      " ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)")                                                \
    X(CASE_STEP_WALK, false, "SELECT case_id, at_ms, to_state FROM case_step WHERE case_id > ? ORDER BY case_id, n")   \
    X(CASE_STEP_LIST, false,                                                                                           \
      "SELECT n, at_ms, track, act, from_state, to_state, officer, role, police, reason, number, ground, until, "      \
      "detail,"                                                                                                        \
      " event FROM case_step WHERE case_id = ? ORDER BY n")                                                            \
                                                                                                                       \
    X(OFFICER_SET, true,                                                                                               \
      "INSERT INTO officer(number, name, role, certificate, added_ms, event) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"           \
      " ON CONFLICT(number) DO UPDATE SET name = ?2, role = ?3, certificate = ?4, added_ms = ?5, disabled_ms = NULL,"  \
      " event = ?6")                                                                                                   \
    X(OFFICER_DISABLE, true,                                                                                           \
      "UPDATE officer SET disabled_ms = ?2, event = ?3 WHERE number = ?1 AND disabled_ms IS NULL")                     \
    X(OFFICER_GET, false, "SELECT " STORE_OFFICER_COLUMNS " FROM officer WHERE number = ?")                            \
    X(OFFICER_LIST, false, "SELECT " STORE_OFFICER_COLUMNS " FROM officer WHERE number > ? ORDER BY number LIMIT ?")   \
                                                                                                                       \
    X(PIN_SET, true,                                                                                                   \
      "INSERT INTO pin(number, hash, set_ms, event) VALUES(?1, ?2, ?3, ?4)"                                            \
      " ON CONFLICT(number) DO UPDATE SET hash = ?2, set_ms = ?3, event = ?4")                                         \
    X(PIN_GET, false, "SELECT hash FROM pin WHERE number = ?")                                                         \
                                                                                                                       \
    X(DECISION_NEW, false,                                                                                             \
      "SELECT " STORE_DECISION_COLUMNS " FROM decision WHERE journaled = 0 ORDER BY outlet, n LIMIT ?")                \
    X(DECISION_WAITING, false,                                                                                         \
      "SELECT " STORE_DECISION_COLUMNS " FROM decision WHERE case_id = ? AND journaled = 1 ORDER BY outlet, n")        \
    X(DECISION_LIST, false,                                                                                            \
      "SELECT " STORE_DECISION_COLUMNS " FROM decision WHERE case_id = ? ORDER BY journaled, outlet, n")               \
    X(DECISION_JOURNALED, true, "UPDATE decision SET journaled = ?3 WHERE outlet = ?1 AND n = ?2")                     \
                                                                                                                       \
    X(WORD_ADD, true, "INSERT OR IGNORE INTO word(text) VALUES(?)")                                                    \
    X(WORD_GET, false, "SELECT id FROM word WHERE text = ?")                                                           \
    X(WORD_LIST, false, "SELECT id, text FROM word WHERE id > ? ORDER BY id")                                          \
    X(VEHICLE_ADD, true, "INSERT OR IGNORE INTO vehicle(plate, colour) VALUES(?, ?)")                                  \
    X(VEHICLE_GET, false, "SELECT id FROM vehicle WHERE plate = ? AND colour = ?")                                     \
    X(VEHICLE_NAME, false, "SELECT plate, colour FROM vehicle WHERE id = ?")                                           \
    X(VEHICLE_LIST, false, "SELECT id, plate, colour FROM vehicle WHERE id > ? ORDER BY id")                           \
    X(VEHICLE_LAST, false, "SELECT max(id) FROM vehicle")                                                              \
    X(MEASUREMENT_ADD, true,                                                                                           \
      "INSERT OR IGNORE INTO measurement(" STORE_MEASUREMENT_COLUMNS                                                   \
      ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")                                                               \
    X(MEASUREMENT_VERDICT, true,                                                                                       \
      "UPDATE measurement SET verdict = ?5 WHERE at_ms = ?1 AND station = ?2 AND kind = ?3 AND seq = ?4")              \
    X(MEASUREMENT_LIST, false,                                                                                         \
      "SELECT measurement_row(" STORE_MEASUREMENT_COLUMNS ") FROM measurement WHERE at_ms >= ?"                        \
      " ORDER BY at_ms, station, kind, seq")                                                                           \
    X(MEASUREMENT_GET, false,                                                                                          \
      "SELECT measurement_row(" STORE_MEASUREMENT_COLUMNS                                                              \
      ") FROM measurement WHERE at_ms = ? AND station = ? AND kind = ? AND seq = ?")                                   \
    X(WORD_TEXT, false, "SELECT text FROM word WHERE id = ?")                                                          \
    X(MEASUREMENT_LAST, false, "SELECT max(at_ms) FROM measurement")                                                   \
    X(RECORD_GET_TEST, false, "SELECT id, record FROM test WHERE seq = ?")                                             \
    X(RECORD_GET_PASSAGE, false, "SELECT id, record FROM passage WHERE seq = ?")                                       \
    X(RECORD_LIST_TESTS, false,                                                                                        \
      "SELECT seq, record, void_reason FROM test WHERE seq > ? AND record IS NOT NULL ORDER BY seq")                   \
    X(RECORD_LIST_PASSAGES, false, "SELECT seq, record, NULL FROM passage WHERE seq > ? ORDER BY seq")                 \
                                                                                                                       \
    X(SUGGESTION_LAST, false, "SELECT max(seq) FROM suggestion")                                                       \
    X(SUGGESTION_INSERT, true,                                                                                         \
      "INSERT INTO suggestion(seq, id, camera, camera_key, plate, at_ms, event, record) VALUES(?, ?, ?, ?, ?, ?, ?, "  \
      "?)")                                                                                                            \
    X(SUGGESTION_KNOWN, false, "SELECT id FROM suggestion WHERE camera = ? AND camera_key = ?")                        \
    X(SUGGESTION_GET, false, "SELECT " STORE_SUGGESTION_COLUMNS " FROM suggestion WHERE id = ?")                       \
    X(SUGGESTION_POLLED, false,                                                                                        \
      "SELECT json_extract(record, '$.polled') FROM suggestion WHERE camera = ?"                                       \
      " AND json_extract(record, '$.polled') IS NOT NULL ORDER BY seq DESC LIMIT 1")                                   \
    X(SUGGESTION_LIST, false,                                                                                          \
      "SELECT " STORE_SUGGESTION_COLUMNS " FROM suggestion WHERE seq < ? ORDER BY seq DESC LIMIT ?")                   \
                                                                                                                       \
    X(PACKAGE_GET, false,                                                                                              \
      "SELECT id, sha256, path, size, sealed_ms, tree_size FROM case_file JOIN package ON case_id = id"                \
      " WHERE id = ?1 OR subject = ?1")                                                                                \
    X(CHECKPOINT_LAST, false, "SELECT note FROM checkpoint WHERE size < ? ORDER BY size DESC LIMIT 1")                 \
    X(SLIP_CODE, false, "SELECT code FROM slip WHERE subject = ?")                                                     \
    X(RATCHET_INSERT, true, "INSERT INTO ratchet(start, epoch, size, at_ms, mac) VALUES(?, ?, ?, ?, ?)")               \
    X(RATCHET_LAST, false, "SELECT epoch, size FROM ratchet WHERE start = ? ORDER BY epoch DESC LIMIT 1")              \
    X(RATCHET_LIST, false, "SELECT epoch, size, at_ms, mac FROM ratchet WHERE start = ? ORDER BY epoch")               \
    X(WITNESS_INSERT, true, "INSERT INTO witness(name, size, cosigned_ms, note, event) VALUES(?, ?, ?, ?, ?)")         \
    X(WITNESS_LAST, false,                                                                                             \
      "SELECT size, cosigned_ms, note, name FROM witness WHERE name = ? AND size < ? ORDER BY size DESC LIMIT 1")      \
    X(WITNESS_OF, false, "SELECT size, cosigned_ms, note, name FROM witness WHERE name = ? AND size = ?")              \
    X(CHECKPOINT_FROM, false, "SELECT note FROM checkpoint WHERE size >= ? ORDER BY size LIMIT 1")                     \
                                                                                                                       \
    X(STAMP_LAST, false, "SELECT size, note, token FROM timestamp WHERE size <= ? ORDER BY size DESC LIMIT 1")         \
    X(PUSH_NOTES, false, "SELECT about, text, since_ms FROM push_note WHERE about > ? AND text <> '' ORDER BY about")  \
                                                                                                                       \
    X(OUTBOX_LIST, false, STORE_OUTBOX_ROWS " WHERE seq < ? ORDER BY seq DESC LIMIT ?")                                \
    X(OUTBOX_OF, false, STORE_OUTBOX_ROWS " WHERE subject = ?")                                                        \
    X(OUTBOX_COUNT, false, "SELECT count(*) FROM delivery WHERE state = ?")                                            \
    X(OUTBOX_RECORDS, false,                                                                                           \
      "SELECT case_id, case_id, ifnull(last_ms, next_ms), outlet, state, last_status, receipt_id, attempts, next_ms,"  \
      " last_ms FROM delivery d WHERE state IN ('refused', 'unknown', 'retry', 'sending', 'waiting')"                  \
      " AND NOT EXISTS(SELECT 1 FROM case_file WHERE id = d.case_id) LIMIT ?")                                         \
    X(OUTBOX_DELIVERIES, false,                                                                                        \
      "SELECT case_id, case_id, ifnull(last_ms, next_ms), outlet, state, last_status, receipt_id, attempts, next_ms,"  \
      " last_ms FROM delivery WHERE case_id = ?")                                                                      \
    X(ATTEMPT_LIST, false,                                                                                             \
      "SELECT outlet, n, at_ms, part, outcome, status, text FROM attempt WHERE case_id = ? ORDER BY outlet, n")        \
    X(OUTBOX_RELEASE, true,                                                                                            \
      "UPDATE delivery SET state = 'retry', next_ms = ?1 WHERE case_id = ?2 AND (?3 IS NULL OR outlet = ?3)"           \
      " AND state IN ('waiting', 'retry', 'refused', 'unknown')")                                                      \
    X(OUTBOX_RETRY, true, STORE_OUTBOX_RETRY " AND outlet = ?3")                                                       \
    X(OUTBOX_RETRY_ALL, true, STORE_OUTBOX_RETRY)                                                                      \
                                                                                                                       \
    X(RECEIPT_LIST, false,                                                                                             \
      "SELECT d.case_id, outlet, receipt, sha256 FROM delivery d JOIN package p ON p.case_id = d.case_id"              \
      " WHERE receipt IS NOT NULL AND journaled = 0 LIMIT ?")                                                          \
    X(RECEIPT_JOURNALED, true, "UPDATE delivery SET journaled = 1 WHERE case_id = ? AND outlet = ?")

enum store_sql {
#define STORE_SQL_ENUM(id, write, text) STORE_SQL_##id,
    STORE_SQL_TABLE(STORE_SQL_ENUM)
#undef STORE_SQL_ENUM
        STORE_SQL_COUNT
};

#endif
