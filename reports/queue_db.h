/*
 * The station's database as the queue uses it: its statements, all prepared when it is opened, and SQLite in few words.
 * What the files queue_*.c share, and nobody else.
 */
#ifndef REPORTS_QUEUE_DB_H
#define REPORTS_QUEUE_DB_H

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "reports/queue.h"

/* What is due in one state: a walk along the index delivery_due that stops after as many as are wanted. */
#define DUE(state)                                                                                                     \
    "SELECT * FROM (SELECT case_id, attempts, next_ms, state, last_status, part FROM delivery"                         \
    " WHERE state = '" state "' AND outlet = ?1 AND next_ms <= ?2 ORDER BY next_ms LIMIT ?3)"
#define DUE_ANY DUE("waiting") " UNION ALL " DUE("retry") " UNION ALL " DUE("unknown")

/* Sealed cases that an outlet was not told of. */
#define UNTOLD(condition)                                                                                              \
    " FROM package p JOIN case_file c ON c.id = p.case_id WHERE " condition                                            \
    " AND NOT EXISTS(SELECT 1 FROM delivery d WHERE d.case_id = p.case_id AND d.outlet = ?1)"
#define FILED                                                                                                          \
    UNTOLD("c.state = 'handled' AND EXISTS(SELECT 1 FROM case_step s WHERE s.case_id = c.id AND s.act = 'file')")
#define LATE                                                                                                           \
    UNTOLD("c.created_ms >= ?2 AND c.state IN ('send-ordered', 'submitted', 'received', 'police-review', 'entered',"   \
           " 'notified', 'objected', 'penalised', 'paid')")
#define ENTER(next_ms)                                                                                                 \
    "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms) SELECT p.case_id, ?1, 'waiting', 0, " next_ms

#define QUEUE_STATEMENTS(X)                                                                                            \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                                        \
    X(COMMIT, "COMMIT")                                                                                                \
    X(ROLLBACK, "ROLLBACK")                                                                                            \
    X(PACKAGE_ADD, "INSERT INTO package(case_id, sha256, path, size, sealed_ms, tree_size) VALUES(?, ?, ?, ?, ?, ?)")  \
    X(PACKAGE_TREE, "SELECT ifnull(max(tree_size), 0) FROM package")                                                   \
    X(DELIVERY_ADD, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms) VALUES(?, ?, 'waiting', 0, ?)")   \
    X(CHECKPOINT_LAST, "SELECT size, root, note, signed_ms FROM checkpoint ORDER BY size DESC LIMIT 1")                \
    X(CHECKPOINT_ADD, "INSERT INTO checkpoint(size, root, note, signed_ms) VALUES(?1, ?2, ?3, ?4)"                     \
                      " ON CONFLICT(size) DO UPDATE SET note = ?3, signed_ms = ?4")                                    \
    X(STAMP_ADD, "INSERT INTO timestamp(size, note, token, stamped_ms) VALUES(?, ?, ?, ?)")                            \
    X(STAMP_NEWEST, "SELECT ifnull(max(size), 0) FROM timestamp")                                                      \
    X(STAMP_UP_TO, "SELECT size, note, token FROM timestamp WHERE size <= ? ORDER BY size DESC LIMIT 1")               \
    X(NOTE_SET, "INSERT INTO push_note(about, text, since_ms) VALUES(?1, ?2, ?3)"                                      \
                " ON CONFLICT(about) DO UPDATE SET text = ?2, since_ms = ?3 WHERE text <> ?2")                         \
    X(SLIP_LAST, "SELECT ifnull(max(event) + 1, 0) FROM slip")                                                         \
    X(SLIP_PUT, "INSERT INTO slip(subject, event, tree_size, signed_ms, code) VALUES(?, ?, ?, ?, ?)"                   \
                " ON CONFLICT(subject) DO UPDATE SET event = excluded.event, tree_size = excluded.tree_size,"          \
                " signed_ms = excluded.signed_ms, code = excluded.code")                                               \
    X(RECOVER, "UPDATE delivery SET state = 'unknown', next_ms = ? WHERE state = 'sending'")                           \
    X(ORPHANS, "SELECT p.case_id FROM case_file c JOIN package p ON p.case_id = c.id"                                  \
               " WHERE c.state IN ('send-ordered', 'submitted')"                                                       \
               " AND NOT EXISTS(SELECT 1 FROM delivery d WHERE d.case_id = p.case_id)")                                \
    X(PENDING, "SELECT outlet, count(*) FROM delivery WHERE state IN ('waiting', 'retry', 'unknown') GROUP BY outlet") \
    X(DUE, "SELECT d.case_id, p.sha256, p.path, p.size, p.sealed_ms, p.tree_size, d.attempts, d.state = 'unknown',"    \
           " ifnull(c.state IN ('void', 'rejected') OR t.verdict = 'void', 0), d.last_status, d.part,"                 \
           " ifnull(c.state = 'handled', 0) FROM "                                                                     \
           "(" DUE_ANY ") d"                                                                                           \
           " LEFT JOIN package p ON p.case_id = d.case_id LEFT JOIN case_file c ON c.id = d.case_id"                   \
           " LEFT JOIN test t ON t.id = d.case_id WHERE p.case_id IS NOT NULL OR c.id IS NULL"                         \
           " ORDER BY d.next_ms LIMIT ?3")                                                                             \
    X(HASTEN, "UPDATE delivery SET next_ms = ? WHERE state IN ('waiting', 'retry', 'unknown') AND next_ms > ?")        \
    X(CLAIM, "UPDATE delivery SET state = 'sending', attempts = attempts + 1, last_ms = ?"                             \
             " WHERE case_id = ? AND outlet = ? AND (state = 'waiting' OR state = 'retry' OR state = 'unknown')")      \
    X(UNCLAIM, "UPDATE delivery SET state = ?, attempts = attempts - 1"                                                \
               " WHERE case_id = ? AND outlet = ? AND state = 'sending'")                                              \
    X(FINISH, "UPDATE delivery SET state = ?, next_ms = ?, last_ms = ?, last_status = ?, receipt_id = ?, receipt = ?," \
              " receipt_signature = ?"                                                                                 \
              " WHERE case_id = ? AND outlet = ? AND state = 'sending'")                                               \
    X(DECISION_LAST, "SELECT max(n) FROM decision WHERE outlet = ?")                                                   \
    X(DECISION_CASE, "SELECT case_id FROM package WHERE sha256 = ?")                                                   \
    X(DECISION_ADD, "INSERT INTO decision(outlet, n, package_sha256, case_id, kind, at, body, signature)"              \
                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?)")                                                                 \
    X(FEEDBACK_GET, "SELECT asked_ms, next_ms, quiet, failures, trouble FROM feedback WHERE outlet = ?")               \
    X(FEEDBACK_SET, "INSERT INTO feedback(outlet, asked_ms, next_ms, quiet, failures, trouble)"                        \
                    " VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(outlet) DO UPDATE SET asked_ms = excluded.asked_ms,"        \
                    " next_ms = excluded.next_ms, quiet = excluded.quiet, failures = excluded.failures,"               \
                    " trouble = excluded.trouble")                                                                     \
    X(PROGRESS, "UPDATE delivery SET state = 'waiting', part = part + 1, attempts = 0, next_ms = ?, last_ms = ?,"      \
                " last_status = ? WHERE case_id = ? AND outlet = ? AND state = 'sending'")                             \
    X(PARKED, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms, last_ms, last_status)"                  \
              " VALUES(?, ?, 'refused', 1, ?3, ?3, ?4) ON CONFLICT DO NOTHING")                                        \
    X(ATTEMPT_ADD, "INSERT INTO attempt(case_id, outlet, slot, n, at_ms, part, outcome, status, text)"                 \
                   " SELECT ?1, ?2, next.n % 64, next.n, ?3, ?4, ?5, ?6, ?7 FROM"                                      \
                   " (SELECT ifnull(max(n), 0) + 1 AS n FROM attempt WHERE case_id = ?1 AND outlet = ?2) next"         \
                   " WHERE true ON CONFLICT(case_id, outlet, slot) DO UPDATE SET"                                      \
                   " n = excluded.n, at_ms = excluded.at_ms, part = excluded.part, outcome = excluded.outcome,"        \
                   " status = excluded.status, text = excluded.text")                                                  \
    X(FEED_GET, "SELECT seq, at_ms FROM feed WHERE outlet = ?")                                                        \
    X(FEED_SET, "INSERT INTO feed(outlet, seq, at_ms) VALUES(?, ?, ?) ON CONFLICT(outlet) DO UPDATE SET"               \
                " seq = excluded.seq, at_ms = excluded.at_ms")                                                         \
    X(TESTS_LAST, "SELECT ifnull((SELECT min(seq) - 1 FROM test WHERE ended_ms IS NULL),"                              \
                  " (SELECT ifnull(max(seq), 0) FROM test))")                                                          \
    X(PASSAGES_LAST, "SELECT ifnull(max(seq), 0) FROM passage")                                                        \
    X(TESTS_FROM, "SELECT ifnull((SELECT min(seq) FROM test WHERE started_ms >= ?), -1)")                              \
    X(PASSAGES_FROM, "SELECT ifnull((SELECT min(seq) FROM passage WHERE at_ms >= ?), -1)")                             \
    X(FEED_TESTS, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms)"                                    \
                  " SELECT id, ?1, 'waiting', 0, ?2 FROM test WHERE seq > ?3 AND seq <= ?4"                            \
                  " AND verdict IN ('pass', 'fail')")                                                                  \
    X(FEED_PASSAGES, "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms)"                                 \
                     " SELECT id || printf('-P%08d', ?4), ?1, 'waiting', 0, ?2 FROM passage WHERE seq = ?3 + 1")       \
    X(FILED_WAITS, "SELECT 1" FILED " LIMIT 1")                                                                        \
    X(FILED_ENTER, ENTER("?2") FILED)                                                                                  \
    X(LATE_ENTER, ENTER("?3") LATE)                                                                                    \
    X(LATE_COUNT, "SELECT count(*), ifnull(min(c.created_ms), 0)" LATE)                                                \
    X(VERSION, "PRAGMA data_version")

enum statement {
#define STATEMENT_ENUM(id, sql) STATEMENT_##id,
    QUEUE_STATEMENTS(STATEMENT_ENUM)
#undef STATEMENT_ENUM
        STATEMENT_COUNT
};

struct queue {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

/* Always -1; `what` follows "the database cannot". */
int queue_db_failed(const struct queue *q, const char *what, struct err *err);
void queue_db_bind(sqlite3_stmt *s, int at, const char *text); /* must live until the statement has run */
void queue_db_text(sqlite3_stmt *s, int at, char *out, size_t size);
/* Runs a statement that gives no rows. */
int queue_db_run(struct queue *q, enum statement id, const char *what, struct err *err);
/* Ends a walk over rows; `code` is the last step's. */
int queue_db_end(struct queue *q, enum statement id, int code, const char *what, struct err *err);
/* The one number that a statement gives; 0: it gives no row. */
int queue_db_integer(struct queue *q, enum statement id, const char *what, int64_t *out, struct err *err);

#endif
