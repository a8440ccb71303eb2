/*
 * From a case in the database to a package that the receiving side accepts; and what may not be signed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/container.h"
#include "reports/file.h"
#include "reports/sealcheck.h"
#include "reports/sha256.h"
#include "reports/verifier.h"
#include "station/sealing.h"
#include "tests/support/case_fixture.h"
#include "tests/support/fault_vfs.h"
#include "tests/support/store_fixture.h"

static const char *const outlets[] = {"police", "ecology"};

struct bench {
    char dir[256];
    struct package_fixture files;
    struct store *owner, *push;
    struct queue *queue;
    struct sealing sealing;
    struct store_case found;
    int found_count;
};

static struct err err;

static void must(int result)
{
    if (result != 0)
        fail_msg("%s", err.text);
}

static void open_push(struct bench *b)
{
    must(store_open(&b->push, b->dir, "652301-0007", STORE_DELIVERY, &err));
    must(queue_open(&b->queue, store_database(b->push), &err));
    b->sealing = (struct sealing){.store = b->push,
                                  .queue = b->queue,
                                  .folder = b->dir,
                                  .offset_minutes = 480,
                                  .seals = {b->files.seal},
                                  .seals_count = 1};
    must(sealing_init(&b->sealing, &err));
}

static void close_push(struct bench *b)
{
    queue_close(b->queue);
    store_close(b->push);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    fixture_folder(b->dir, sizeof b->dir);
    package_fixture_open(&b->files, b->dir, true);
    must(store_open(&b->owner, b->dir, "652301-0007", STORE_OWNER, &err));
    open_push(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    close_push(b);
    store_close(b->owner);
    package_fixture_close(&b->files);
    free(b);
    return 0;
}

static int take(void *ctx, const struct store_case *c)
{
    struct bench *b = ctx;
    if (b->found_count++ == 0)
        b->found = *c;
    return 0;
}

/* The first case that waits; false when there is none. */
static bool waiting(struct bench *b)
{
    b->found_count = 0;
    must(store_case_unsealed(b->push, 0, 10, take, b, &err));
    return b->found_count > 0;
}

static void seal_next(struct bench *b, struct queue_package *made)
{
    assert_true(waiting(b));
    must(sealing_case(&b->sealing, &b->found, b->files.now_ms, made, &err));
}

static void read_package(struct bench *b, const struct queue_package *p, char **bytes, size_t *size)
{
    char path[800];
    snprintf(path, sizeof path, "%s/%s", b->dir, p->path);
    must(file_read(path, CONTAINER_SIZE_MAX, bytes, size, &err));
}

static const char *known(void *ctx, const char *station)
{
    assert_string_equal(station, "652301-0007");
    return *(const char **)ctx;
}

/* The receiver's checks; an older checkpoint may be NULL. */
static void expect_verified(struct bench *b, const struct queue_package *p, const char *old)
{
    char *bytes;
    size_t size;
    struct verifier *v = malloc(sizeof *v);
    read_package(b, p, &bytes, &size);
    struct verifier_options options = {
        .trust = sealcheck_trust(b->files.ca.cert_file, &err), .known_checkpoint = old ? known : NULL, .ctx = &old};
    verifier_run(v, (const uint8_t *)bytes, size, &options);
    for (size_t i = 0; i < v->count; i++)
        if (v->findings[i].result == VERIFIER_FAIL || v->findings[i].result == VERIFIER_OPEN)
            fail_msg("%s", v->findings[i].en);
    assert_true(v->ok);
    assert_string_equal(v->sha256, p->sha256);
    X509_STORE_free(options.trust);
    free(v);
    free(bytes);
}

static void a_sealed_case_verifies(void **state)
{
    struct bench *b = *state;
    struct queue_package made;
    for (int i = 0; i < 5; i++)
        fixture_event(b->owner, "instrument");
    case_fixture_add(b->owner, &b->files, 1);
    fixture_event(b->owner, "instrument");
    seal_next(b, &made);
    assert_string_equal(made.case_id, "652301-0007-C000001");
    assert_int_equal(made.tree_size, 11); /* the record and four steps of the case among them */
    expect_verified(b, &made, NULL);
    assert_false(waiting(b));
    sqlite3 *db = store_database(b->push);
    assert_string_equal(fixture_text(db, "SELECT sha256 FROM package"), made.sha256);
    char path[100];
    snprintf(path, sizeof path, "packages/652301-0007-C000001-%.16s.asice", made.sha256);
    assert_string_equal(made.path, path);
    assert_string_equal(fixture_text(db, "SELECT path FROM package"), path);
    /* It waits for its outlets only because an officer has said so. */
    assert_string_equal(fixture_text(db, "SELECT count(*) FROM delivery"), "0");
    fixture_sql_on(store_database(b->owner), "UPDATE case_file SET state = 'sealed'");
    must(queue_enter(b->queue, outlets, 2, 5, &err));
    assert_string_equal(fixture_text(db, "SELECT count(*) FROM delivery"), "0");
    fixture_sql_on(store_database(b->owner), "UPDATE case_file SET state = 'submitted'");
    must(queue_enter(b->queue, outlets, 2, 5, &err));
    must(queue_enter(b->queue, outlets, 2, 5, &err));
    assert_string_equal(fixture_text(db, "SELECT group_concat(outlet || state || attempts) FROM delivery"),
                        "ecologywaiting0,policewaiting0");
}

static void entries_stand_in_the_order_of_reading(void **state)
{
    struct bench *b = *state;
    static struct container c;
    static const char *const order[] = {"mimetype",
                                        "record.json",
                                        "case.json",
                                        "report.pdf",
                                        "readings.csv",
                                        "wire/rsd1.rec",
                                        "rules/hj845-2017.conf",
                                        "profiles/rsd-pinyin.conf",
                                        "photos/front.jpg",
                                        "log/events.json",
                                        "log/proof.json",
                                        "META-INF/ASiCManifest001.xml",
                                        "META-INF/signature001.p7s"};
    struct queue_package made;
    char *bytes;
    size_t size;
    package_fixture_put(&b->files, "photos/front.jpg", "\xFF\xD8", 2)->of_record = true;
    case_fixture_add(b->owner, &b->files, 1);
    seal_next(b, &made);
    read_package(b, &made, &bytes, &size);
    must(container_read(&c, (const uint8_t *)bytes, size, &err));
    assert_int_equal(c.count, sizeof order / sizeof order[0]);
    for (size_t i = 0; i < c.count; i++)
        assert_string_equal(c.entries[i].name, order[i]);
    const struct container_entry *report = container_find(&c, "report.pdf");
    assert_memory_equal(report->data, "%PDF-", 5);
    free(bytes);
}

static void a_package_leads_on_from_the_one_before(void **state)
{
    struct bench *b = *state;
    struct queue_package first, second, third;
    struct queue_checkpoint old;
    case_fixture_add(b->owner, &b->files, 1);
    seal_next(b, &first);
    must(queue_checkpoint_last(b->queue, &old, &err));
    for (int i = 0; i < 3; i++)
        fixture_event(b->owner, "instrument");
    case_fixture_add(b->owner, &b->files, 2);
    seal_next(b, &second);
    expect_verified(b, &second, old.note);
    must(queue_checkpoint_last(b->queue, &old, &err));
    close_push(b); /* and across a restart */
    open_push(b);
    case_fixture_add(b->owner, &b->files, 3);
    seal_next(b, &third);
    expect_verified(b, &third, old.note);
}

static void cases_of_one_moment_share_a_checkpoint(void **state)
{
    struct bench *b = *state;
    struct queue_package made;
    for (unsigned i = 1; i <= 3; i++)
        case_fixture_add(b->owner, &b->files, i);
    for (int i = 0; i < 3; i++) {
        seal_next(b, &made);
        expect_verified(b, &made, NULL);
    }
    assert_string_equal(fixture_text(store_database(b->push), "SELECT count(*) FROM checkpoint"), "1");
}

static void checkpoints_are_signed_only_when_there_is_news(void **state)
{
    struct bench *b = *state;
    bool news = false;
    fixture_event(b->owner, "instrument");
    must(sealing_news(&b->sealing, &news, &err));
    assert_true(news);
    must(sealing_checkpoint(&b->sealing, b->files.now_ms, &err));
    must(sealing_news(&b->sealing, &news, &err));
    assert_false(news);
    must(sealing_checkpoint(&b->sealing, b->files.now_ms + 1000, &err));
    assert_string_equal(fixture_text(store_database(b->push), "SELECT count(*) FROM checkpoint"), "1");
    fixture_verify(b->owner, 1);
}

/* What a kill in the middle of writing a package leaves. */
static void half_written_files_are_removed_at_the_start(void **state)
{
    struct bench *b = *state;
    char path[800];
    snprintf(path, sizeof path, "%s/packages/652301-0007-C000001-0123456789abcdef.asice.new-77", b->dir);
    must(file_write(path, "half", 4, 0600, &err));
    close_push(b);
    open_push(b);
    assert_int_equal(access(path, F_OK), -1);
}

static void without_its_row_a_package_is_not_known(void **state)
{
    struct bench *b = *state;
    struct queue_package made;
    case_fixture_add(b->owner, &b->files, 1);
    must(sealing_checkpoint(&b->sealing, b->files.now_ms, &err));
    assert_true(waiting(b));
    sqlite3_busy_timeout(store_database(b->push), 0);
    must(store_begin(b->owner, &err)); /* holds the database */
    assert_int_equal(sealing_case(&b->sealing, &b->found, b->files.now_ms, &made, &err), -1);
    assert_non_null(strstr(err.text, "another program holds the database"));
    store_rollback(b->owner);
    assert_true(waiting(b));
    seal_next(b, &made);
    expect_verified(b, &made, NULL);
}

static void a_missing_file_is_named(void **state)
{
    struct bench *b = *state;
    char sha256[65], path[600];
    struct queue_package made;
    case_fixture_add(b->owner, &b->files, 1);
    const struct fixture_file *wire = package_fixture_file(&b->files, "wire/rsd1.rec");
    sha256_hex(wire->data, wire->size, sha256);
    must(store_object_path(b->push, sha256, path, sizeof path, &err));
    assert_int_equal(unlink(path), 0);
    assert_true(waiting(b));
    assert_int_equal(sealing_case(&b->sealing, &b->found, b->files.now_ms, &made, &err), -1);
    assert_non_null(strstr(err.text, "wire/rsd1.rec"));
    assert_string_equal(fixture_text(store_database(b->push), "SELECT count(*) FROM package"), "0");
}

static void a_journal_that_went_back_is_not_signed(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 4; i++)
        fixture_event(b->owner, "instrument");
    must(sealing_checkpoint(&b->sealing, b->files.now_ms, &err));
    store_close(b->owner);
    fixture_sql(b->dir, "DELETE FROM event WHERE idx >= 2; DELETE FROM node WHERE level > 1 OR idx > 0");
    must(store_open(&b->owner, b->dir, "652301-0007", STORE_OWNER, &err));
    assert_int_equal(sealing_checkpoint(&b->sealing, b->files.now_ms, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, "old copy"));
}

static void an_altered_journal_is_not_signed(void **state)
{
    struct bench *b = *state;
    struct queue_package made;
    for (int i = 0; i < 3; i++)
        fixture_event(b->owner, "instrument");
    must(sealing_checkpoint(&b->sealing, b->files.now_ms, &err));
    case_fixture_add(b->owner, &b->files, 1);
    fixture_sql(b->dir, "UPDATE event SET leaf = zeroblob(32) WHERE idx = 2");
    assert_true(waiting(b));
    assert_int_equal(sealing_case(&b->sealing, &b->found, b->files.now_ms, &made, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_non_null(strstr(err.text, "altered"));
}

static void nothing_is_sealed_with_an_expired_certificate(void **state)
{
    struct bench *b = *state;
    struct queue_package made;
    case_fixture_add(b->owner, &b->files, 1);
    assert_true(waiting(b));
    assert_int_equal(sealing_case(&b->sealing, &b->found, INT64_C(4102444800000), &made, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_true(waiting(b));
}

/* ---- the Nth write or sync of the database fails ---- */

/* What the return code said holds: row and file are both there or neither is known. */
static void check_left(struct bench *b, bool sealed, bool sure, long nth)
{
    sqlite3 *db = store_database(b->push);
    assert_string_equal(fixture_text(db, "PRAGMA integrity_check"), "ok");
    long rows = strtol(fixture_text(db, "SELECT count(*) FROM package"), NULL, 10);
    if ((sure && rows != sealed) || (sealed && rows == 0))
        fail_msg("fault %ld: sealed %d, %ld packages", nth, sealed, rows);
    struct queue_package made;
    if (rows == 0)
        seal_next(b, &made);
    assert_false(waiting(b));
    snprintf(made.path, sizeof made.path, "%s", fixture_text(db, "SELECT path FROM package"));
    snprintf(made.sha256, sizeof made.sha256, "%s", fixture_text(db, "SELECT sha256 FROM package"));
    expect_verified(b, &made, NULL);
    fixture_verify(b->owner, 5);
}

/* Returns whether the fault came at all. */
static bool seal_with_fault(enum fault_how how, bool lasting, long nth)
{
    void *state = NULL;
    setup(&state);
    struct bench *b = state;
    case_fixture_add(b->owner, &b->files, 1);
    assert_true(waiting(b));
    fault_arm(FAULT_WRITE | FAULT_SYNC, how, nth, lasting);
    bool sealed = sealing_case(&b->sealing, &b->found, b->files.now_ms, NULL, &err) == 0;
    bool came = fault_seen() >= nth;
    close_push(b);
    fault_disarm();
    open_push(b);
    check_left(b, sealed, how != FAULT_LATE, nth);
    teardown(&state);
    return came;
}

static void any_write_may_fail(void **state)
{
    (void)state;
    static const enum fault_how how[] = {FAULT_IOERR, FAULT_FULL, FAULT_HALF, FAULT_LATE};
    for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
        long nth = 1;
        while (seal_with_fault(how[i], how[i] == FAULT_FULL, nth)) /* a full disk stays full */
            nth++;
        assert_true(nth > 4); /* the checkpoint's commit and the package's */
    }
}

int main(void)
{
    fault_vfs_install();
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_sealed_case_verifies),
        TEST(entries_stand_in_the_order_of_reading),
        TEST(a_package_leads_on_from_the_one_before),
        TEST(cases_of_one_moment_share_a_checkpoint),
        TEST(checkpoints_are_signed_only_when_there_is_news),
        TEST(half_written_files_are_removed_at_the_start),
        TEST(without_its_row_a_package_is_not_known),
        TEST(a_missing_file_is_named),
        TEST(a_journal_that_went_back_is_not_signed),
        TEST(an_altered_journal_is_not_signed),
        TEST(nothing_is_sealed_with_an_expired_certificate),
        cmocka_unit_test(any_write_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
