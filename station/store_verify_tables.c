#include "station/store_verify_tables.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/store_private.h"
#include "station/store_verify_files.h"
#include "station/store_verify_records.h"

/* The events of a kind; a member of their texts; "at" and the like in Unix milliseconds. The journal's time and a row's
 * are read from the clock one after the other, and it may be set between them. */
#define EVENTS(kinds)                                                                                                  \
    "(SELECT e.idx, e.kind, e.body FROM json_each(?1) v JOIN event e ON e.idx = v.value WHERE e.kind IN (" kinds "))"
#define SAYS(member) "ifnull(e.body ->> '" member "', '')"
#define MS(text) "CAST(round((julianday(" text ") - 2440587.5) * 86400000) AS INTEGER)"
#define NEAR(column) "ifnull(abs(" column " - " MS(SAYS("at")) ") > 5000, 1)"
#define DIFFERS(column, member) " OR ifnull(" column ", '') IS NOT " SAYS(member)
#define NUMBERS(table, kinds)                                                                                          \
    " UNION ALL SELECT 'it has ' || n || ' rows, the journal gives ' || m"                                             \
    " FROM (SELECT count(*) AS n, count(DISTINCT event) AS d FROM " table "),"                                         \
    " (SELECT count(*) AS m FROM " EVENTS(kinds) ") WHERE n <> m OR d <> n"

/* table, the kinds of events that it follows from (NULL: from other tables, too, or it has rows whose event is still to
 * come), and a statement that tells what is wrong in it: no row, nothing is
 */
static const struct check {
    const char *table, *kinds, *sql;
} checks[] = {
    {"alert", " alert ",
     "SELECT 'row ' || seq FROM alert t LEFT JOIN event e ON e.idx = t.event WHERE e.kind IS NOT 'alert'"
     " OR " NEAR("t.at_ms") DIFFERS("t.code", "alert")
         DIFFERS("t.subject", "subject") " OR instr(e.body,"
                                         " '\"evidence\":' || t.evidence) = 0" NUMBERS("alert", "'alert'")},
    {"lockout", " lockout lockout-clear ",
     "SELECT t.code || ' ' || t.subject FROM lockout t LEFT JOIN event e ON e.idx = t.event WHERE e.kind IS NOT"
     " 'lockout' OR t.since_ms IS NOT " MS(SAYS("since")) DIFFERS("t.code", "code") DIFFERS(
         "t.what",
         "what") " OR t.subject IS NOT coalesce(e.body ->> 'instrument', (e.body ->> 'plate') || ' ' || (e.body ->> "
                 "'colour'), '')"
                 " UNION ALL SELECT t.code || ' ' || t.subject || ', which was cleared' FROM lockout t LEFT JOIN event "
                 "e"
                 " ON e.idx = t.clear_event WHERE (t.clear_event IS NULL) <> (t.cleared_ms IS NULL) OR t.clear_event "
                 "IS NOT NULL"
                 " AND (e.kind IS NOT 'lockout-clear' OR e.idx < t.event OR " NEAR("t.cleared_ms")
                     DIFFERS("t.code", "code") DIFFERS("t.cleared_by", "by") DIFFERS(
                         "t.reason",
                         "reason") ")"
                                   " UNION ALL SELECT c || ' ' || s || ' lacks event ' || idx FROM (SELECT " SAYS(
                                       "code") " AS c,"
                                               " coalesce(e.body ->> 'instrument', (e.body ->> 'plate') || ' ' || "
                                               "(e.body ->> 'colour'), '') AS s,"
                                               " max(e.idx) AS idx, e.kind AS kind FROM " EVENTS(
                                                   "'lockout', 'lockout-clear'") " e GROUP BY 1, 2)"
                                                                                 " LEFT JOIN lockout t ON t.code = c "
                                                                                 "AND t.subject = s"
                                                                                 " WHERE CASE kind WHEN 'lockout' THEN "
                                                                                 "t.event IS NOT idx OR t.cleared_ms "
                                                                                 "IS NOT NULL ELSE t.clear_event IS "
                                                                                 "NOT idx"
                                                                                 " END"},
    {"device_check", " check-start check-end ",
     "SELECT id FROM device_check t LEFT JOIN event e ON e.idx = t.start_event WHERE e.kind IS NOT "
     "'check-start'" DIFFERS("t.id", "check") DIFFERS("t.instrument", "name") DIFFERS(
         "t.what",
         "what") " OR t.seq IS NOT (e.body ->> 'seq')"
                 " UNION ALL SELECT id || ', its end' FROM device_check t LEFT JOIN event e ON e.idx = t.end_event"
                 " WHERE t.end_event IS NOT NULL AND (e.kind IS NOT 'check-end'" DIFFERS("t.id", "check") DIFFERS(
                     "t.verdict",
                     "verdict") " OR instr(e.body, '\"' || ifnull(t.serial, '') || '\"') = 0 AND t.serial <> '')"
                                " OR t.end_event IS NULL AND (t.verdict IS NOT NULL OR t.ended_ms IS NOT NULL)"
                                " UNION ALL SELECT 'it has ' || n || ' rows, the journal gives ' || m FROM (SELECT "
                                "count(*) AS n,"
                                " count(DISTINCT start_event) AS d FROM device_check), (SELECT count(*) AS m "
                                "FROM " EVENTS(
                                    "'check-start'") ")"
                                                     " WHERE n <> m OR d <> n"
                                                     " UNION ALL SELECT n || ' checks have ended, the journal says ' "
                                                     "|| m FROM (SELECT count(end_event) AS n FROM"
                                                     " device_check), (SELECT count(*) AS m FROM " EVENTS(
                                                         "'check-end'") ") WHERE n <> m"},
    {"officer", " officer ",
     "SELECT t.number FROM officer t LEFT JOIN event e ON e.idx = t.event WHERE e.kind IS NOT 'officer'"
     " OR (t.disabled_ms IS NULL) IS NOT (" SAYS("act") " <> 'disable')" DIFFERS("t.number", "number")
         DIFFERS("t.name", "name") DIFFERS("t.role", "role")
             DIFFERS("t.certificate", "certificate") " UNION ALL SELECT n || ' lacks event ' || idx FROM (SELECT " SAYS(
                 "number") " COLLATE NOCASE AS n,"
                           " max(e.idx) AS idx FROM " EVENTS("'officer'") " e WHERE " SAYS(
                               "act") " <> 'pin' GROUP BY 1)"
                                      " LEFT JOIN officer t ON t.number = n WHERE t.event IS NOT idx"
                                      " UNION ALL SELECT number || ' is in no event' FROM officer t WHERE NOT "
                                      "EXISTS(SELECT 1 FROM " EVENTS("'officer'") " e WHERE e.idx = t.event)"},
    {"suggestion", " plate-suggestion ",
     "SELECT id FROM suggestion t LEFT JOIN event e ON e.idx = t.event WHERE e.kind IS NOT 'plate-suggestion'"
     " OR t.record IS NOT e.body OR " NEAR("t.at_ms") DIFFERS("t.id", "id") DIFFERS("t.camera", "camera")
         DIFFERS("t.camera_key", "camera_key") DIFFERS("t.plate", "plate") NUMBERS("suggestion", "'plate-suggestion'")},
    {"checklist", " checklist-start checklist-end ",
     "SELECT id FROM checklist t LEFT JOIN event e ON e.idx = t.start_event WHERE e.kind IS NOT 'checklist-start'"
     " OR t.seq IS NOT (e.body ->> 'seq') OR " NEAR("t.started_ms") DIFFERS("t.id", "checklist") DIFFERS(
         "t.name", "list") DIFFERS("t.sha256", "list_sha256") DIFFERS("t.plate", "plate") DIFFERS("t.colour", "colour")
         DIFFERS(
             "t.test",
             "test") " UNION ALL SELECT 'it has ' || n || ' rows, the journal gives ' || m FROM (SELECT count(*) AS n,"
                     " count(DISTINCT start_event) AS d FROM checklist), (SELECT count(*) AS m FROM " EVENTS(
                         "'checklist-start'") ")"
                                              " WHERE n <> m OR d <> n"
                                              " UNION ALL SELECT id || ', its end' FROM checklist t LEFT JOIN "
                                              "(SELECT " SAYS("checklist") " AS c FROM " EVENTS(
                                                  "'checklist-end'") " e) ON c = id WHERE (ended_ms IS NULL) <> (c IS "
                                                                     "NULL)"},
    {"checklist_answer", " checklist-answer checklist-start ",
     "SELECT c.id || ' ' || t.item FROM checklist_answer t LEFT JOIN checklist c ON c.seq = t.checklist"
     " LEFT JOIN event e ON e.idx = t.event WHERE e.kind IS NOT 'checklist-answer' OR " NEAR("t.at_ms") DIFFERS(
         "c.id",
         "checklist") DIFFERS("t.item",
                              "item") DIFFERS("t.answer",
                                              "answer") DIFFERS("t.value",
                                                                "value") DIFFERS("t.remark",
                                                                                 "remark") DIFFERS("t.photo", "photo")
         DIFFERS("t.officer", "officer") " UNION ALL SELECT c || ' ' || i || ' lacks event ' || idx FROM (SELECT " SAYS(
             "checklist") " AS c, " SAYS("item") " AS i, max(e.idx) AS idx FROM " EVENTS("'checklist-answer'") " e "
                                                                                                               "GROUP "
                                                                                                               "BY 1, "
                                                                                                               "2)"
                                                                                                               " LEFT "
                                                                                                               "JOIN "
                                                                                                               "checkli"
                                                                                                               "st l "
                                                                                                               "ON "
                                                                                                               "l.id = "
                                                                                                               "c LEFT "
                                                                                                               "JOIN "
                                                                                                               "checkli"
                                                                                                               "st_"
                                                                                                               "answer "
                                                                                                               "t ON "
                                                                                                               "t."
                                                                                                               "checkli"
                                                                                                               "st = "
                                                                                                               "l.seq "
                                                                                                               "AND "
                                                                                                               "t.item "
                                                                                                               "= i"
                                                                                                               " WHERE "
                                                                                                               "t."
                                                                                                               "event "
                                                                                                               "IS NOT "
                                                                                                               "idx"},
    {"referral", " referral ",
     "SELECT 'row ' || seq FROM referral t LEFT JOIN event e ON e.idx = t.event WHERE e.kind IS NOT 'referral'"
     " OR " NEAR("t.at_ms") DIFFERS("t.authority", "authority") DIFFERS("t.checklist", "checklist")
         DIFFERS("t.plate", "plate") DIFFERS(
             "t.colour", "colour") " OR instr(e.body, '\"items\":' || t.items) = 0" NUMBERS("referral", "'referral'")},
    {"case_step", " case ",
     "SELECT t.case_id || ' step ' || t.n FROM case_step t LEFT JOIN event e ON e.idx = t.event"
     " WHERE e.kind IS NOT 'case' OR " NEAR("t.at_ms") DIFFERS("t.case_id", "case") DIFFERS("t.track", "track")
         DIFFERS("t.act", "act") DIFFERS("t.from_state", "from") DIFFERS("t.to_state", "to")
             DIFFERS("t.officer", "officer") DIFFERS("t.role", "role") DIFFERS("t.police", "police")
                 DIFFERS("t.reason", "reason") DIFFERS("t.number", "number") DIFFERS("t.ground", "ground")
                     DIFFERS("t.until", "until") DIFFERS("t.detail", "detail") NUMBERS("case_step", "'case'")},
    {"case_file", NULL,
     "SELECT t.id || ' is ' || t.state || ', the journal says ' || s FROM (SELECT id, state, (SELECT to_state FROM"
     " case_step p WHERE p.case_id = t.id AND track = 'penalty' ORDER BY event DESC LIMIT 1) AS s FROM case_file t) t"
     " WHERE state IS NOT s AND s IS NOT NULL"
     " UNION ALL SELECT t.id || ', repair' FROM case_file t WHERE repair IS NOT ifnull((SELECT to_state FROM case_step "
     "p"
     " WHERE p.case_id = t.id AND track = 'repair' ORDER BY event DESC LIMIT 1), 'none')"
     " UNION ALL SELECT t.id || ', of ' || t.subject FROM case_file t JOIN case_step p ON p.case_id = t.id"
     " AND p.act = 'open' JOIN event e ON e.idx = p.event WHERE e.body ->> 'subject' IS NOT NULL AND (0" DIFFERS(
         "t.subject", "subject")
         DIFFERS(
             "t.tester",
             "tester") ")"
                       " UNION ALL SELECT t.id || ', its vehicle or method' FROM case_file t LEFT JOIN test x ON x.id "
                       "= t.subject"
                       " LEFT JOIN passage y ON y.id = t.subject WHERE t.plate IS NOT coalesce(x.plate, y.plate, '')"
                       " OR t.colour IS NOT coalesce(x.colour, y.colour, '') OR t.method IS NOT ifnull(x.method, "
                       "'remote-sensing')"
                       " UNION ALL SELECT t.id || ', a reviewer' FROM case_file t WHERE reviewer1 <> '' AND NOT "
                       "EXISTS(SELECT 1 FROM"
                       " case_step p WHERE p.case_id = t.id AND act = 'review' AND officer = reviewer1) OR reviewer2 "
                       "<> '' AND NOT"
                       " EXISTS(SELECT 1 FROM case_step p WHERE p.case_id = t.id AND act = 'review' AND officer = "
                       "reviewer2)"
                       " UNION ALL SELECT c || ' is missing' FROM (SELECT DISTINCT " SAYS("case") " AS c FROM " EVENTS(
                           "'case'") " e) LEFT JOIN case_file t ON t.id = c WHERE t.id IS NULL"},
    {"decision", NULL,
     "SELECT o || ' ' || m || ' is not as the journal says' FROM (SELECT " SAYS(
         "outlet") " AS o, e.body ->> 'n' AS m,"
                   " e.body AS body FROM " EVENTS(
                       "'decision'") " e) e LEFT JOIN decision t ON t.outlet = o AND t.n = m"
                                     " WHERE t.n IS NULL OR t.journaled = 0" DIFFERS("t.kind", "decision") DIFFERS(
                                         "t.at", "decided_at") DIFFERS("t.package_sha256", "package_sha256")
                                         DIFFERS(
                                             "t.case_id",
                                             "case") " OR json_valid(t.body) AND ifnull(t.body ->> 'number', '') IS "
                                                     "NOT " SAYS("number") " UNION ALL SELECT outlet || ' ' || n || ' "
                                                                           "is in no event' FROM decision t WHERE "
                                                                           "journaled > 0 AND NOT EXISTS"
                                                                           "(SELECT 1 FROM " EVENTS(
                                                                               "'decision'") " e WHERE e.body ->> 'n' "
                                                                                             "= t.n AND e.body ->> "
                                                                                             "'outlet' = t.outlet)"},
    {"witness", " witness ",
     "SELECT name || ' ' || size FROM witness t LEFT JOIN event e ON e.idx = t.event WHERE e.kind IS NOT 'witness'"
     " OR t.size IS NOT (e.body ->> 'events')" DIFFERS("t.name", "witness")
         DIFFERS("t.note", "note") " UNION ALL SELECT w || ' ' || s || ' is missing' FROM (SELECT " SAYS(
             "witness") " AS w, e.body ->> 'events' AS s"
                        " FROM " EVENTS(
                            "'witness'") " e) LEFT JOIN witness t ON t.name = w AND t.size = s WHERE t.name IS NULL"},
    {"subject_event", " photo photo-check statement ",
     "SELECT subject || ' event ' || t.event FROM subject_event t LEFT JOIN event e ON e.idx = t.event"
     " WHERE e.kind IS NOT t.kind OR t.subject NOT IN (" SAYS("test") ", " SAYS("passage") ", " SAYS(
         "case") ")" NUMBERS("subject_event", "'photo', 'photo-check', 'statement'")},
    {"roster", " roster ",
     "SELECT name FROM roster t LEFT JOIN event e ON e.idx = t.event WHERE e.kind IS NOT 'roster'"
     " OR t.seq IS NOT (e.body ->> 'roster') OR t.from_ms IS NOT " MS(SAYS("from")) " OR t.to_ms IS NOT " MS(SAYS("to"))
         DIFFERS("t.name", "name") DIFFERS("t.sha256", "file") NUMBERS("roster", "'roster'")},
    {"roster_entry", " roster roster-absent ",
     "SELECT 'roster ' || roster || ' line ' || line || ', absent' FROM roster_entry t LEFT JOIN (SELECT"
     " e.body ->> 'roster' AS r, e.body ->> 'line' AS l, e.body ->> 'reason' AS why, max(e.idx) FROM " EVENTS(
         "'roster-absent'") " e GROUP BY 1, 2) ON r = roster AND l = line WHERE t.absent IS NOT why"
                            " UNION ALL SELECT 'it has lines of roster ' || roster || ', which is none' FROM "
                            "roster_entry t"
                            " WHERE roster NOT IN (SELECT seq FROM roster)"},
    {"imported", " history-import ",
     "SELECT id FROM imported t LEFT JOIN event e ON e.idx = t.event WHERE e.kind IS NOT 'history-import'" DIFFERS(
         "t.station", "of")
         DIFFERS("t.file", "file") " UNION ALL SELECT file || ' gave ' || n || ' rows, the journal says ' || m FROM "
                                   "(SELECT e.body ->> 'file' AS file,"
                                   " e.body ->> 'new' AS m, (SELECT count(*) FROM imported t WHERE t.event = e.idx) AS "
                                   "n FROM " EVENTS("'history-import'") " e) WHERE n <> m"},
};

static const char *const kinds[] = {"alert",
                                    "lockout",
                                    "lockout-clear",
                                    "check-start",
                                    "check-end",
                                    "officer",
                                    "plate-suggestion",
                                    "checklist-start",
                                    "checklist-end",
                                    "checklist-answer",
                                    "referral",
                                    "case",
                                    "decision",
                                    "witness",
                                    "photo",
                                    "photo-check",
                                    "roster",
                                    "roster-absent",
                                    "history-import",
                                    "statement"};
enum { KINDS = sizeof kinds / sizeof kinds[0], NUMBER_MAX = 24 };

static int add_number(struct verify_tables *t, uint64_t index, struct err *err)
{
    if (t->room - t->length < NUMBER_MAX) {
        size_t room = t->room ? 2 * t->room : 4096;
        char *events = realloc(t->events, room);
        if (!events)
            return err_set(err, ERR_FAILED, "out of memory");
        t->events = events;
        t->room = room;
    }
    t->length +=
        (size_t)snprintf(t->events + t->length, t->room - t->length, "%c%" PRIu64, t->length ? ',' : '[', index);
    return 0;
}

int verify_tables_note(struct verify_tables *t, const char *kind, uint64_t index, struct err *err)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (kind[0] != kinds[i][0] || strcmp(kind, kinds[i]) != 0)
            continue;
        t->seen |= 1U << i;
        return add_number(t, index, err);
    }
    return 0;
}

void verify_tables_free(struct verify_tables *t)
{
    free(t->events);
    *t = (struct verify_tables){0};
}

static bool has_events(const struct verify_tables *t, const struct check *check)
{
    char word[32];
    if (!check->kinds)
        return true;
    for (size_t i = 0; i < KINDS; i++) {
        snprintf(word, sizeof word, " %s ", kinds[i]);
        if (t->seen & 1U << i && strstr(check->kinds, word))
            return true;
    }
    return false;
}

/* A table without events must be empty (where kinds are given): that is asked more quickly. */
static int run(struct store *s, const struct verify_tables *t, const struct check *check, struct err *err)
{
    char empty[128];
    snprintf(empty, sizeof empty, "SELECT 'it has rows, the journal gives none' FROM %s LIMIT 1", check->table);
    sqlite3_stmt *q = store_prepare(s, has_events(t, check) ? check->sql : empty, "verify the tables", err);
    if (!q)
        return -1;
    if (sqlite3_bind_parameter_count(q) > 0)
        store_bind_text(q, 1, t->events);
    int rc = store_step(s, q, "verify the tables", err);
    if (rc > 0) {
        const char *what = (const char *)sqlite3_column_text(q, 0);
        rc = err_set(err, ERR_FAILED, "the table %s does not follow from the journal: %s", check->table,
                     what ? what : "a row");
    }
    sqlite3_finalize(q);
    return rc;
}

int verify_tables_check(struct store *s, struct verify_tables *t, struct err *err)
{
    if (add_number(t, UINT64_MAX >> 1, err) != 0) /* no event; there is room for the end */
        return -1;
    t->events[t->length++] = ']';
    t->events[t->length] = '\0';
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        if (run(s, t, &checks[i], err) != 0)
            return -1;
    return verify_files_check(s, t->events, err) != 0 ? -1 : verify_records_check(s, t->events, err);
}
