/*
 * journal verify on the tables beside tests and passages: it says yes to rows that follow from the events, and names
 * the table once one of them is changed, added or removed by hand.
 */
#include "station/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "reports/file.h"
#include "reports/sha256.h"
#include "tests/support/store_fixture.h"

#define AT ",\"at\":\"2026-07-01T09:30:00.000+08:00\""
#define AT_MS "1782869400000"

static char dir[256];
static struct err err;

/* Event n is the nth of these. */
static const struct {
    const char *kind, *more;
} events[] = {
    {"alert", AT ",\"alert\":\"travel\",\"evidence\":{\"km\":\"12\"},\"subject\":\"T1\""},
    {"lockout",
     ",\"code\":\"leak\",\"instrument\":\"gas\",\"since\":\"2026-07-01T09:30:00.000+08:00\",\"what\":\"leaks\""},
    {"lockout-clear", AT ",\"by\":\"S1\",\"code\":\"leak\",\"instrument\":\"gas\",\"reason\":\"tight again\""},
    {"lockout", ",\"code\":\"aborts-plate\",\"colour\":\"blue\",\"plate\":\"A1\",\"since\":"
                "\"2026-07-01T09:30:00.000+08:00\",\"what\":\"w\""},
    {"check-start", AT ",\"check\":\"K1\",\"name\":\"gas\",\"seq\":1,\"what\":\"zero\""},
    {"check-end", AT ",\"check\":\"K1\",\"instrument\":{\"serial_read\":\"S9\"},\"verdict\":\"pass\""},
    {"officer", AT ",\"act\":\"add\",\"name\":\"N\",\"number\":\"P1\",\"role\":\"ecology\""},
    {"officer", AT ",\"act\":\"add\",\"name\":\"M\",\"number\":\"P2\",\"role\":\"ecology\""},
    {"officer", AT ",\"act\":\"disable\",\"name\":\"M\",\"number\":\"P2\",\"role\":\"ecology\""},
    {"checklist-start", AT ",\"checklist\":\"L1\",\"colour\":\"blue\",\"list\":\"joint\",\"list_sha256\":\"ab\","
                           "\"plate\":\"A1\",\"seq\":1"},
    {"checklist-answer", AT ",\"answer\":\"pass\",\"checklist\":\"L1\",\"item\":\"lamp\",\"officer\":\"P1\""},
    {"checklist-answer", AT ",\"answer\":\"fail\",\"checklist\":\"L1\",\"item\":\"lamp\",\"officer\":\"P1\""},
    {"checklist-end", AT ",\"checklist\":\"L1\""},
    {"referral", AT ",\"authority\":\"police\",\"checklist\":\"L1\",\"colour\":\"blue\",\"items\":[{\"item\":"
                    "\"lamp\"}],\"plate\":\"A1\""},
    {"case", AT ",\"act\":\"open\",\"case\":\"C1\",\"from\":\"none\",\"role\":\"station\",\"subject\":\"T1\","
                "\"tester\":\"P1\",\"to\":\"exceeded\",\"track\":\"penalty\""},
    {"case", AT ",\"act\":\"review\",\"case\":\"C1\",\"from\":\"exceeded\",\"officer\":\"P1\",\"role\":\"ecology\","
                "\"to\":\"review1\",\"track\":\"penalty\""},
    {"decision", ",\"case\":\"C1\",\"decided_at\":\"t\",\"decision\":\"penalised\",\"n\":5,\"number\":\"D-7\","
                 "\"outlet\":\"police\",\"package_sha256\":\"aa\""},
    {"witness", ",\"events\":4,\"note\":\"the note\",\"witness\":\"court\""},
    {"photo", AT ",\"name\":\"photos/1.jpg\",\"sha256\":\"cc\",\"size\":7,\"test\":\"T1\""},
    {"plate-suggestion",
     AT ",\"camera\":\"gate\",\"camera_key\":\"k\",\"files\":[{\"name\":\"photos/plate.jpg\",\"sha256\":"
        "\"dd\",\"size\":9}],\"id\":\"S1\",\"plate\":\"A1\""},
    {"roster", ",\"file\":\"%s\",\"from\":\"2026-07-01T00:00:00.000+08:00\",\"name\":\"fleet\",\"roster\":1,\"to\":"
               "\"2026-07-02T00:00:00.000+08:00\",\"vehicles\":2"},
    {"roster-absent", ",\"line\":3,\"reason\":\"sold\",\"roster\":1"},
    {"statement", AT ",\"test\":\"T1\""},
    {"officer", AT ",\"act\":\"pin\",\"number\":\"P1\",\"pin_sha256\":" /* of "the hash" */
                   "\"e81f61343009e1a7e92cb07a0ad92514a0b41dbab0055d1c2facec6f27585c5d\""},
};

static const char record[] =
    "{\"files\":[{\"name\":\"readings.csv\",\"sha256\":\"bb\",\"size\":5}],\"instruments\":[{\"name\":"
    "\"smoke\"}],\"officers\":[{\"number\":\"P1\",\"role\":\"operator\"}]}";
/* of the one curve below */
static const char curves_sha256[] = "78926b7e2dfb1b6a6121e6561c671e914f6e4887865d0fc27de6d27fd6058fc8";

static const char rows[] =
    "INSERT INTO alert VALUES(1, 'travel', 'T1', " AT_MS ", '{\"km\":\"12\"}', 2);"
    "INSERT INTO lockout VALUES('leak', 'gas', 'leaks', " AT_MS ", 3, " AT_MS ", 'S1', 'tight again', 4);"
    "INSERT INTO lockout(code, subject, what, since_ms, event) VALUES('aborts-plate', 'A1 blue', 'w', " AT_MS ", 5);"
    "INSERT INTO device_check VALUES(1, 'K1', 'gas', 'zero', " AT_MS ", 6, 'S9', " AT_MS ", 'pass', 7);"
    "INSERT INTO officer VALUES('P1', 'N', 'ecology', NULL, " AT_MS ", NULL, 8);"
    "INSERT INTO officer VALUES('P2', 'M', 'ecology', NULL, " AT_MS ", " AT_MS ", 10);"
    "INSERT INTO checklist VALUES(1, 'L1', 'joint', 'ab', 'A1', 'blue', '', " AT_MS ", " AT_MS ", 11);"
    "INSERT INTO checklist_answer VALUES(1, 'lamp', 'fail', NULL, NULL, NULL, 'P1', " AT_MS ", 13);"
    "INSERT INTO referral VALUES(1, 'police', 'L1', 'A1', 'blue', " AT_MS ", '[{\"item\":\"lamp\"}]', 15);"
    "INSERT INTO case_file(id, subject, created_ms, state, plate, colour, method, tester, reviewer1)"
    " VALUES('C1', 'T1', 1, 'review1', 'A1', 'blue', 'free-acceleration', 'P1', 'P1');"
    "INSERT INTO case_step VALUES('C1', 1, " AT_MS ", 'penalty', 'open', 'none', 'exceeded', NULL, 'station', NULL,"
    " NULL, NULL, NULL, NULL, NULL, 16);"
    "INSERT INTO case_step VALUES('C1', 2, " AT_MS ", 'penalty', 'review', 'exceeded', 'review1', 'P1', 'ecology',"
    " NULL, NULL, NULL, NULL, NULL, NULL, 17);"
    "INSERT INTO decision VALUES('police', 5, 'aa', 'C1', 'penalised', 't', '{\"number\":\"D-7\"}', NULL, 2);"
    "INSERT INTO witness VALUES('court', 4, 1, 'the note', 19);"
    "INSERT INTO subject_event VALUES('T1', 20, 'photo'), ('T1', 24, 'statement');"
    "INSERT INTO suggestion SELECT 1, 'S1', 'gate', 'k', 'A1', " AT_MS ", 21, body FROM event WHERE idx = 21;"
    "INSERT INTO roster SELECT 1, 'fleet', body ->> 'file', 1782835200000, 1782921600000, 22 FROM event WHERE idx = 22;"
    "INSERT INTO roster_entry VALUES(1, 2, 'AB12345', 'blue', 'F', '{\"fuel\":\"diesel\"}', NULL);"
    "INSERT INTO roster_entry VALUES(1, 3, 'AB12346', 'blue', 'F', '{\"fuel\":\"diesel\"}', 'sold');"
    "INSERT INTO record_file VALUES('T1', 'readings.csv', 'bb', 5), ('T1', 'photos/1.jpg', 'cc', 7),"
    " ('S1', 'photos/plate.jpg', 'dd', 9);"
    "INSERT INTO curve VALUES(1, 'T1', 1, 1500, 2000, zeroblob(80));"
    "INSERT INTO tally VALUES(1, 'P1', 'smoke', 0);"
    "INSERT INTO pin VALUES('P1', 'the hash', " AT_MS ", 25);";

static const struct {
    const char *table, *sql;
} forgeries[] = {
    {"alert", "UPDATE alert SET subject = 'T2'"},
    {"alert", "UPDATE alert SET evidence = '{}'"},
    {"alert", "UPDATE alert SET at_ms = at_ms + 3600000"},
    {"alert", "DELETE FROM alert"},
    {"alert", "INSERT INTO alert SELECT 9, code, subject, at_ms, evidence, event FROM alert"},
    {"lockout", "UPDATE lockout SET what = 'nothing' WHERE code = 'leak'"},
    {"lockout", "UPDATE lockout SET cleared_ms = NULL, cleared_by = NULL, reason = NULL, clear_event = NULL"},
    {"lockout", "UPDATE lockout SET cleared_ms = 5, cleared_by = 'S1', clear_event = 4 WHERE code = 'aborts-plate'"},
    {"lockout", "UPDATE lockout SET cleared_by = 'S2' WHERE code = 'leak'"},
    {"lockout", "DELETE FROM lockout WHERE code = 'aborts-plate'"},
    {"lockout", "INSERT INTO lockout SELECT 'leak', 'smoke', what, since_ms, event, NULL, NULL, NULL, NULL FROM lockout"
                " WHERE code = 'leak'"},
    {"device_check", "UPDATE device_check SET verdict = 'fail'"},
    {"device_check", "UPDATE device_check SET serial = 'S8'"},
    {"device_check", "UPDATE device_check SET end_event = NULL, verdict = NULL, ended_ms = NULL"},
    {"device_check", "DELETE FROM device_check"},
    {"officer", "UPDATE officer SET role = 'supervisor' WHERE number = 'P1'"},
    {"officer", "UPDATE officer SET disabled_ms = NULL WHERE number = 'P2'"},
    {"officer", "UPDATE officer SET disabled_ms = NULL, event = 9 WHERE number = 'P2'"},
    {"officer", "DELETE FROM officer WHERE number = 'P1'"},
    {"officer", "INSERT INTO officer SELECT 'P3', name, role, NULL, 1, NULL, event FROM officer WHERE number = 'P1'"},
    {"checklist", "UPDATE checklist SET plate = 'B'"},
    {"checklist", "UPDATE checklist SET ended_ms = NULL"},
    {"checklist_answer", "UPDATE checklist_answer SET answer = 'pass'"},
    {"checklist_answer", "UPDATE checklist_answer SET answer = 'pass', event = 12"},
    {"checklist_answer", "DELETE FROM checklist_answer"},
    {"referral", "UPDATE referral SET items = '[]'"},
    {"referral", "DELETE FROM referral"},
    {"case_step", "UPDATE case_step SET officer = 'P9' WHERE n = 2"},
    {"case_step", "DELETE FROM case_step WHERE n = 2"},
    {"case_step", "INSERT INTO case_step SELECT case_id, 3, at_ms, track, act, from_state, to_state, officer, role,"
                  " police, reason, number, ground, until, detail, event FROM case_step WHERE n = 2"},
    {"case_file", "UPDATE case_file SET state = 'penalised'"},
    {"case_file", "UPDATE case_file SET repair = 'released'"},
    {"case_file", "UPDATE case_file SET plate = 'B'"},
    {"case_file", "UPDATE case_file SET tester = 'P2'"},
    {"case_file", "UPDATE case_file SET reviewer1 = 'P2'"},
    {"case_file", "DELETE FROM case_file"},
    {"decision", "UPDATE decision SET kind = 'returned'"},
    {"decision", "UPDATE decision SET body = '{\"number\":\"D-8\"}'"},
    {"decision", "UPDATE decision SET journaled = 0"},
    {"decision", "DELETE FROM decision"},
    {"decision", "INSERT INTO decision VALUES('police', 6, 'aa', 'C1', 'paid', 't', '{}', NULL, 2)"},
    {"witness", "UPDATE witness SET note = 'another'"},
    {"witness", "DELETE FROM witness"},
    {"subject_event", "UPDATE subject_event SET subject = 'T2'"},
    {"subject_event", "DELETE FROM subject_event WHERE kind = 'statement'"},
    {"suggestion", "UPDATE suggestion SET plate = 'B'"},
    {"suggestion", "DELETE FROM suggestion"},
    {"roster", "UPDATE roster SET to_ms = to_ms + 1"},
    {"roster", "DELETE FROM roster"},
    {"roster_entry", "UPDATE roster_entry SET plate = 'AB99999' WHERE line = 2"},
    {"roster_entry", "UPDATE roster_entry SET facts = '{}' WHERE line = 2"},
    {"roster_entry", "UPDATE roster_entry SET absent = 'sold' WHERE line = 2"},
    {"roster_entry", "UPDATE roster_entry SET absent = NULL"},
    {"roster_entry", "DELETE FROM roster_entry WHERE line = 3"},
    {"roster_entry", "INSERT INTO roster_entry VALUES(1, 4, 'AB12347', 'blue', 'F', '{}', NULL)"},
    {"record_file", "UPDATE record_file SET sha256 = 'be' WHERE name = 'readings.csv'"},
    {"record_file", "UPDATE record_file SET sha256 = 'ce' WHERE name = 'photos/1.jpg'"},
    {"record_file", "UPDATE record_file SET size = 6 WHERE subject = 'S1'"},
    {"record_file", "DELETE FROM record_file WHERE name = 'readings.csv'"},
    {"record_file", "INSERT INTO record_file VALUES('T1', 'photos/2.jpg', 'ee', 7)"},
    {"tally", "UPDATE tally SET officer = 'P2'"},
    {"tally", "UPDATE tally SET instrument = 'other'"},
    {"tally", "UPDATE tally SET passed = 1"},
    {"tally", "DELETE FROM tally"},
    {"tally", "INSERT INTO tally VALUES(2, 'P1', 'smoke', 0)"},
    {"curve", "UPDATE curve SET peak = 1400"},
    {"curve", "UPDATE curve SET points = randomblob(80)"},
    {"curve", "UPDATE curve SET points = x''"},
    {"curve", "DELETE FROM curve"},
    {"curve", "INSERT INTO curve SELECT 2, test, 2, peak, duration_ms, points FROM curve"},
    {"curve", "INSERT INTO curve SELECT 2, 'T9', 1, peak, duration_ms, points FROM curve"},
    {"pin", "UPDATE pin SET hash = 'of another PIN'"},
    {"pin", "UPDATE pin SET number = 'P2'"},
    {"pin", "DELETE FROM pin"},
    {"pin", "INSERT INTO pin VALUES('P2', 'of a PIN', 1, 25)"},
    {"imported", "INSERT INTO imported VALUES(1, 'X', 'test', 'o', 'A', 'blue', 1, 'd', 'm', 'pass', 1, 0, NULL, NULL,"
                 " 'ab', 'cd', 3)"},
};

static void must(int result)
{
    if (result != 0)
        fail_msg("%s", err.text);
}

/* As fixture_end, with the digest of the curves. */
static void end_test(struct store *s)
{
    char more[400], digest[65];
    uint64_t index;
    sha256_hex(record, sizeof record - 1, digest);
    snprintf(more, sizeof more,
             ",\"curves_sha256\":\"%s\",\"record_sha256\":\"%s\",\"test\":\"T1\",\"verdict\":\"fail\"", curves_sha256,
             digest);
    must(store_begin(s, &err));
    must(fixture_append_more(s, "test-end", more, &index));
    must(store_test_end(s, "T1", 1500, "fail", index, record, &err));
    must(store_commit(s, &err));
}

static void fill(void)
{
    static const char list[] = "plate,colour,fuel,fleet\n新A12345,blue,diesel,F\n新A12346,blue,diesel,F\n";
    char sha256[65], more[600];
    uint64_t index;
    struct store *s = fixture_open(dir, STORE_OWNER);
    fixture_start(s, 1, "A1", "blue");
    end_test(s);
    must(store_object_put(s, list, sizeof list - 1, sha256, &err));
    must(store_begin(s, &err));
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        const char *gap = strstr(events[i].more, "%s");
        if (gap)
            snprintf(more, sizeof more, "%.*s%s%s", (int)(gap - events[i].more), events[i].more, sha256, gap + 2);
        else
            snprintf(more, sizeof more, "%s", events[i].more);
        must(fixture_append_more(s, events[i].kind, more, &index));
        assert_int_equal(index, i + 2);
    }
    must(store_commit(s, &err));
    store_close(s);
    fixture_sql(dir, rows);
    fixture_sql(dir, "UPDATE roster_entry SET plate = replace(plate, 'AB', '新A')");
}

static void every_table_follows_from_the_journal(void **state)
{
    (void)state;
    struct store_verify_result result;
    char path[512], *whole;
    size_t length;
    fixture_folder(dir, sizeof dir);
    fill();
    struct store *s = fixture_open(dir, STORE_READER);
    must(store_verify(s, &result, NULL, NULL, &err));
    store_close(s);
    fixture_sql(dir, "PRAGMA wal_checkpoint(TRUNCATE)");
    snprintf(path, sizeof path, "%s/smogd.db", dir);
    must(file_read(path, 1 << 22, &whole, &length, &err));
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        char words[100];
        fixture_sql(dir, forgeries[i].sql);
        snprintf(words, sizeof words, "the table %s does not follow from the journal", forgeries[i].table);
        s = fixture_open(dir, STORE_READER);
        if (store_verify(s, &result, NULL, NULL, &err) == 0)
            fail_msg("not found: %s", forgeries[i].sql);
        if (!strstr(err.text, words))
            fail_msg("%s: '%s' does not say '%s'", forgeries[i].sql, err.text, words);
        store_close(s);
        fixture_sql(dir, "PRAGMA wal_checkpoint(TRUNCATE)");
        must(file_write(path, whole, length, 0640, &err));
    }
    free(whole);
}

/* smogpush has written it, smogd has not seen it yet: no event of that kind may be there at all. */
static void a_decision_waits_for_its_event(void **state)
{
    (void)state;
    struct store_verify_result result;
    fixture_folder(dir, sizeof dir);
    store_close(fixture_open(dir, STORE_OWNER));
    fixture_sql(dir, "INSERT INTO decision VALUES('police', 1, 'aa', 'C1', 'accepted', 't', '{}', NULL, 0)");
    struct store *s = fixture_open(dir, STORE_READER);
    must(store_verify(s, &result, NULL, NULL, &err));
    store_close(s);
    fixture_sql(dir, "UPDATE decision SET journaled = 1");
    s = fixture_open(dir, STORE_READER);
    assert_int_not_equal(store_verify(s, &result, NULL, NULL, &err), 0);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_table_follows_from_the_journal),
                                       cmocka_unit_test(a_decision_waits_for_its_event)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
