/* Tests, passages, cases and their files: what goes in comes out, in the order that is asked for. */
#include "station/store.h"

#include "tests/support/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char dir[256];
static struct err err;

static int fresh(void **state)
{
    (void)state;
    fixture_folder(dir, sizeof dir);
    return 0;
}

/* ---- tests ---- */

static int collect_tests(void *ctx, const struct store_test *t)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    snprintf(ids + length, 200 - length, "%lld:%s ", (long long)t->seq, t->verdict);
    return 0;
}

static const char *tests_of(struct store *s, const char *plate, const char *colour, bool open_only, int limit)
{
    static char ids[200];
    ids[0] = '\0';
    assert_int_equal(store_test_list(s, plate, colour, open_only, limit, collect_tests, ids, &err), 0);
    return ids;
}

static void a_test_lives_from_start_to_void(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    struct store_test t;
    char *record;
    fixture_start(s, 1, "新A12345", "yellow");
    assert_int_equal(store_test_get(s, "T1", &t, &record, &err), 0);
    assert_null(record);
    assert_string_equal(t.verdict, "");
    assert_int_equal(t.ended_ms, 0);
    assert_int_equal(t.end_event, -1);
    fixture_end(s, 1, "fail", "{\"record\":1}");
    assert_int_equal(store_test_get(s, "T1", &t, &record, &err), 0);
    assert_string_equal(record, "{\"record\":1}");
    free(record);
    assert_string_equal(t.verdict, "fail");
    assert_string_equal(t.plate, "新A12345");
    assert_int_equal(t.end_event, 1);
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_test_end(s, "T1", 9, "pass", 1, "{}", &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_int_equal(store_test_void(s, "T2", "x", &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_int_equal(store_test_void(s, "T1", "wrong vehicle", &err), 0);
    assert_int_equal(store_test_void(s, "T1", "again", &err), -1);
    assert_int_equal(store_commit(s, &err), 0);
    assert_int_equal(store_test_get(s, "T1", &t, NULL, &err), 0);
    assert_string_equal(t.verdict, "void");
    assert_string_equal(t.void_reason, "wrong vehicle");
    assert_int_equal(store_test_get(s, "T2", &t, NULL, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    fixture_verify(s, 2);
    store_close(s);
}

static void tests_are_listed_by_plate_colour_and_state(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    fixture_start(s, 1, "A", "blue");
    fixture_end(s, 1, "pass", "{}");
    fixture_start(s, 2, "A", "yellow");
    fixture_end(s, 2, "fail", "{}");
    fixture_start(s, 3, "B", "blue");
    fixture_start(s, 4, "A", "blue");
    assert_string_equal(tests_of(s, NULL, NULL, false, 10), "4: 3: 2:fail 1:pass ");
    assert_string_equal(tests_of(s, NULL, NULL, false, 2), "4: 3: ");
    assert_string_equal(tests_of(s, "A", NULL, false, 10), "4: 2:fail 1:pass ");
    assert_string_equal(tests_of(s, "A", "blue", false, 10), "4: 1:pass ");
    assert_string_equal(tests_of(s, "C", NULL, false, 10), "");
    assert_string_equal(tests_of(s, NULL, NULL, true, 10), "4: 3: ");
    int64_t seq;
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_test_next_seq(s, &seq, &err), 0);
    assert_int_equal(seq, 5);
    store_rollback(s);
    store_close(s);
}

/* A number or an id given twice is an error, and the transaction that held it cannot be committed by oversight. */
static void a_failed_step_spoils_its_transaction(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    fixture_start(s, 1, "A", "blue");
    struct store_test t = {.seq = 2, .id = "T1", .method = "m", .plate = "A", .colour = "blue"};
    uint64_t index, size;
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(fixture_append(s, "test-start", &index), 0);
    assert_int_equal(store_test_start(s, &t, index, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(fixture_append(s, "instrument", &index), -1);
    assert_int_equal(store_commit(s, &err), -1);
    assert_non_null(strstr(err.text, "not saved"));
    assert_int_equal(store_size(s, &size, &err), 0);
    assert_int_equal(size, 1);
    fixture_event(s, "instrument");
    fixture_verify(s, 2);
    store_close(s);
}

static int collect_files(void *ctx, const struct store_file *f)
{
    char *names = ctx;
    size_t length = strlen(names);
    snprintf(names + length, 200 - length, "%s:%lld ", f->name, (long long)f->size);
    return 0;
}

static void files_belong_to_their_record(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    char sha256[65], names[200] = "";
    assert_int_equal(store_object_put(s, "a", 1, sha256, &err), 0);
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_file_add(s, "T1", "wire/smoke.rec", sha256, 1, &err), 0);
    assert_int_equal(store_file_add(s, "T1", "readings.csv", sha256, 2, &err), 0);
    assert_int_equal(store_file_add(s, "T2", "readings.csv", sha256, 3, &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    assert_int_equal(store_file_list(s, "T1", collect_files, names, &err), 0);
    assert_string_equal(names, "readings.csv:2 wire/smoke.rec:1 ");
    store_close(s);
}

/* ---- passages ---- */

static int collect_passages(void *ctx, const struct store_passage *p)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    assert_string_equal(p->instrument, "rsd1");
    assert_string_equal(p->day, "2026-07-01");
    assert_string_equal(p->verdict, "suspect");
    assert_int_equal(p->exceeded, 5);
    snprintf(ids + length, 200 - length, "%lld%s ", (long long)p->seq, p->valid ? "" : "!");
    return 0;
}

static const char *passages_of(struct store *s, const char *plate, const char *colour, int64_t since, bool invalid)
{
    static char ids[200];
    ids[0] = '\0';
    assert_int_equal(store_passage_list(s, plate, colour, since, invalid, 4, collect_passages, ids, &err), 0);
    return ids;
}

static void passages_are_found_by_plate_and_time(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    fixture_passage(s, 1, "A", "blue", 1000, true);
    fixture_passage(s, 2, "B", "blue", 2000, false);
    fixture_passage(s, 3, "A", "yellow", 3000, true);
    fixture_passage(s, 4, "A", "blue", 3000, false);
    fixture_passage(s, 5, "A", "blue", 2500, true); /* the device sent it late */
    assert_string_equal(passages_of(s, NULL, NULL, 0, false), "4! 3 5 2! ");
    assert_string_equal(passages_of(s, NULL, NULL, 0, true), "4! 2! ");
    assert_string_equal(passages_of(s, "A", NULL, 0, false), "4! 3 5 1 ");
    assert_string_equal(passages_of(s, "A", "blue", 0, false), "4! 5 1 ");
    assert_string_equal(passages_of(s, "A", "blue", 2500, false), "4! 5 ");
    struct remote_past past[3];
    size_t count;
    assert_int_equal(store_passage_history(s, "A", "blue", 1000, 3000, past, 3, &count, &err), 0);
    assert_int_equal(count, 2);
    assert_string_equal(past[0].record, "P1");
    assert_string_equal(past[1].record, "P5");
    assert_int_equal(past[1].day.month, 7);
    assert_int_equal(past[1].exceeded, 5);
    assert_int_equal(store_passage_history(s, "A", "blue", 0, INT64_MAX, past, 2, &count, &err), 0);
    assert_int_equal(count, 2); /* the newest two, oldest first */
    assert_string_equal(past[0].record, "P5");
    assert_string_equal(past[1].record, "P4");
    assert_false(past[1].valid);
    struct store_passage p;
    char *record, *raw;
    assert_int_equal(store_passage_get(s, "P5", &p, &record, &raw, &err), 0);
    assert_int_equal(p.at_ms, 2500);
    assert_int_equal(p.event, 4);
    assert_string_equal(p.device_record, "R5");
    assert_string_equal(p.plate, "A");
    assert_string_equal(p.colour, "blue");
    assert_true(p.valid);
    assert_non_null(strstr(record, "P5"));
    assert_string_equal(raw, "7b05");
    free(record);
    free(raw);
    assert_int_equal(store_passage_get(s, "P6", &p, NULL, NULL, &err), -1);
    int64_t seq;
    assert_int_equal(store_passage_next_seq(s, &seq, &err), 0);
    assert_int_equal(seq, 6);
    fixture_verify(s, 5);
    store_close(s);
}

static void a_passage_sent_again_is_known(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    bool known = true;
    fixture_passage(s, 1, "A", "blue", 1000, true);
    assert_int_equal(store_passage_known(s, "rsd1", "R2", "7b01", &known, &err), 0);
    assert_false(known);
    assert_int_equal(store_passage_known(s, "rsd1", "R1", "7b01", &known, &err), 0);
    assert_true(known);
    assert_int_equal(store_passage_known(s, "rsd2", "R1", "7b01", &known, &err), 0);
    assert_false(known);
    assert_int_equal(store_passage_known(s, "rsd1", "R1", "7b02", &known, &err), 0);
    assert_false(known); /* the device was reset and counts anew */
    store_close(s);
}

/* ---- cases, outbox, receipts ---- */

static int collect_cases(void *ctx, const struct store_case *c)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    snprintf(ids + length, 200 - length, "%lld:%s:%s ", (long long)c->seq, c->id, c->subject);
    return 0;
}

static int collect_outbox(void *ctx, const struct store_outbox_row *r)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    snprintf(ids + length, 400 - length, "%s/%s/%s/%d/%s ", r->case_id, r->outlet, r->state, r->attempts,
             r->receipt_id);
    return 0;
}

static int collect_receipts(void *ctx, const struct store_receipt *r)
{
    char *ids = ctx;
    size_t length = strlen(ids);
    snprintf(ids + length, 200 - length, "%s/%s/%s/%.2s ", r->case_id, r->outlet, r->receipt, r->package_sha256);
    return 0;
}

static void cases_go_out_and_receipts_come_back(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER), *push = fixture_open(dir, STORE_DELIVERY);
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_case_add(s, "C1", "T1", 10, "review2", &err), 0);
    assert_int_equal(store_case_add(s, "C2", "T2", 20, "exceeded", &err), 0);
    assert_int_equal(store_case_add(s, "C3", "P1", 30, "handled", &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    char text[400] = "";
    assert_int_equal(store_case_unsealed(push, 0, 10, collect_cases, text, &err), 0);
    assert_string_equal(text, "1:C1:T1 3:C3:P1 ");
    fixture_sql_on(
        store_database(push),
        "INSERT INTO package VALUES('C1', 'ab', 'p', 1, 1, 1);"
        "INSERT INTO delivery(case_id, outlet, state, attempts, next_ms) VALUES('C1', 'police', 'refused', 2, 9),"
        " ('C1', 'drop', 'waiting', 0, 9)");
    text[0] = '\0';
    assert_int_equal(store_case_unsealed(push, 1, 10, collect_cases, text, &err), 0);
    assert_string_equal(text, "3:C3:P1 ");
    int64_t counts[4];
    assert_int_equal(store_outbox_counts(s, counts, &err), 0);
    assert_int_equal(counts[0], 2); /* C3 unsealed, C1 to drop */
    assert_int_equal(counts[1], 0);
    assert_int_equal(counts[2], 1);
    assert_int_equal(counts[3], 0);
    text[0] = '\0';
    assert_int_equal(store_outbox_list(s, 10, collect_outbox, text, &err), 0);
    assert_string_equal(text, "C3//handled/0/ C2//exceeded/0/ C1/drop/waiting/0/ C1/police/refused/2/ ");
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_outbox_retry(s, "C1", "police", 77, &err), 0);
    assert_int_equal(store_outbox_retry(s, "C1", NULL, 78, &err), 0);
    assert_int_equal(store_outbox_retry(s, "C3", NULL, 77, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_int_equal(store_commit(s, &err), 0);
    assert_string_equal(fixture_text(store_database(s), "SELECT group_concat(state || next_ms) FROM delivery"),
                        "retry78,retry78");
    fixture_sql_on(store_database(push),
                   "UPDATE delivery SET state = 'sent', receipt_id = 'R9', receipt = '{}' WHERE outlet = 'police'");
    text[0] = '\0';
    assert_int_equal(store_receipt_list(s, 10, collect_receipts, text, &err), 0);
    assert_string_equal(text, "C1/police/{}/ab ");
    assert_int_equal(store_begin(s, &err), 0);
    assert_int_equal(store_outbox_retry(s, "C1", "police", 77, &err), -1); /* it has arrived */
    assert_int_equal(store_receipt_journaled(s, "C1", "police", &err), 0);
    assert_int_equal(store_commit(s, &err), 0);
    text[0] = '\0';
    assert_int_equal(store_receipt_list(s, 10, collect_receipts, text, &err), 0);
    assert_string_equal(text, "");
    store_close(push);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_test_lives_from_start_to_void, fresh),
        cmocka_unit_test_setup(tests_are_listed_by_plate_colour_and_state, fresh),
        cmocka_unit_test_setup(a_failed_step_spoils_its_transaction, fresh),
        cmocka_unit_test_setup(files_belong_to_their_record, fresh),
        cmocka_unit_test_setup(passages_are_found_by_plate_and_time, fresh),
        cmocka_unit_test_setup(a_passage_sent_again_is_known, fresh),
        cmocka_unit_test_setup(cases_go_out_and_receipts_come_back, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
