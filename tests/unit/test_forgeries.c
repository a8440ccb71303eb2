/*
 * Every kind of forgery once, made anew from a good package or journal, so that the forgeries stay what somebody with
 * today's programs would make: each is refused, and for the reason that is its own. The test prints class and reason.
 *
 * Three forgers: one who has the file alone; one who may sign in his own name; and one who holds the station's key and
 * makes everything fit that he can reach. What the last one cannot reach is what the reader keeps: an older
 * checkpoint, the published rule pack.
 *
 * Where the other classes are:
 *   time stamp, witness, second signature (SM2)            test_forgeries_outside.c
 *   what a ZIP file can be made to say                     test_container.c, tests/e2e/verify_package.sh
 *   bounds, from both sides: JSON, XML, certificates       test_limits.c
 *   withdrawn certificates                                 test_revocation.c
 *   the station's database: events, tables, numbers, clock test_store_verify.c, test_store_tables.c,
 *                                                          test_store_counted.c
 *   ratchet: an old event under a new key, seals missing   test_ratchet.c
 *   published tiles                                        tests/e2e/daemon_proofs.py
 *   slips                                                  test_slip_signing.c
 *   histories of other stations                            test_history.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/sealed_case.h"
#include "tests/support/verify_rig.h"

static const char photo[] = "photos/front.jpg";
static const char jpeg[] = "\xFF\xD8\xFF\xE0 a picture \xFF\xD9", jpeg_again[] = "\xFF\xD8\xFF\xE0 re-encoded \xFF\xD9";

/* ---- steps of a forger ---- */

static void replace(struct package_fixture *f, const char *file, const char *from, const char *to)
{
    char *at = strstr(package_fixture_file(f, file)->data, from);
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
}

/* A good package with a photo in its record; malloc'ed. */
static uint8_t *good(struct verify_rig *r, size_t *size)
{
    uint8_t *bytes;
    package_fixture_put(&r->f, photo, jpeg, sizeof jpeg)->of_record = true;
    package_fixture_fill(&r->f);
    package_fixture_seal(&r->f, &bytes, size);
    return bytes;
}

/* Without any key: the entry is changed, removed or added in the sealed file. */
static void rewrite(struct verify_rig *r, const char *entry, enum verify_rig_change change, const void *data,
                    size_t length)
{
    size_t size, again_size;
    uint8_t *bytes = good(r, &size), *again;
    verify_rig_rewrite(bytes, size, entry, change, data, length, &again, &again_size);
    verify_rig_run(r, again, again_size);
    free(again);
    free(bytes);
}

/* With the key: record.json as it stands is entered in the journal as it is, and all is sealed. */
static void enter_and_seal(struct verify_rig *r)
{
    package_fixture_proof(&r->f, package_fixture_record_event(&r->f), NULL);
    verify_rig_seal(r);
}

/* The record over the files as they are now, with the verdict that it had. */
static void keep_verdict(struct verify_rig *r)
{
    char *verdict = verify_rig_verdict(r);
    package_fixture_record_with(&r->f, verdict);
    free(verdict);
}

/* ---- by whoever has the file ---- */

static void entry_changed(struct verify_rig *r)
{
    rewrite(r, "readings.csv", VERIFY_RIG_CHANGE, NULL, 0);
}

static void entry_added(struct verify_rig *r)
{
    rewrite(r, "photos/planted.jpg", VERIFY_RIG_ADD, jpeg, sizeof jpeg);
}

static void entry_removed(struct verify_rig *r)
{
    rewrite(r, photo, VERIFY_RIG_REMOVE, NULL, 0);
}

static void photo_encoded_again(struct verify_rig *r)
{
    rewrite(r, photo, VERIFY_RIG_CHANGE, jpeg_again, sizeof jpeg_again);
}

/* The recording of another passage of the same station, sealed by the same key. */
static void entry_of_another_package(struct verify_rig *r)
{
    struct package_fixture *f = &r->f;
    size_t size, again_size;
    uint8_t *bytes = good(r, &size), *again;
    package_fixture_wire(f, &(struct fixture_passage){"新B54321", "B", "3.9", "1.2"});
    struct fixture_file *wire = package_fixture_file(f, "wire/rsd1.rec");
    verify_rig_rewrite(bytes, size, wire->name, VERIFY_RIG_CHANGE, wire->data, wire->size, &again, &again_size);
    verify_rig_run(r, again, again_size);
    free(again);
    free(bytes);
}

/* List and signature of another package over these entries. */
static void seal_of_another_package(struct verify_rig *r)
{
    static struct container other;
    struct err err;
    size_t size, other_size, again_size, last_size;
    uint8_t *bytes = good(r, &size), *other_bytes, *again, *last;
    package_fixture_put(&r->f, photo, jpeg_again, sizeof jpeg_again);
    snprintf(r->f.id, sizeof r->f.id, "652301-0007-P00000043");
    package_fixture_fill(&r->f);
    package_fixture_seal(&r->f, &other_bytes, &other_size);
    assert_int_equal(container_read(&other, other_bytes, other_size, &err), 0);
    const struct container_entry *list = container_find(&other, "META-INF/ASiCManifest001.xml");
    const struct container_entry *signature = container_find(&other, "META-INF/signature001.p7s");
    verify_rig_rewrite(bytes, size, list->name, VERIFY_RIG_CHANGE, list->data, list->size, &again, &again_size);
    verify_rig_rewrite(again, again_size, signature->name, VERIFY_RIG_CHANGE, signature->data, signature->size, &last,
                       &last_size);
    verify_rig_run(r, last, last_size);
    free(last);
    free(again);
    free(other_bytes);
    free(bytes);
}

static void reading_altered(struct verify_rig *r)
{
    size_t size;
    free(good(r, &size));
    struct fixture_file *file = package_fixture_file(&r->f, "readings.csv");
    char *forged = strdup(file->data);
    char *at = strstr(forged, ",opacity,41.3");
    assert_non_null(at);
    memcpy(at, ",opacity,11.3", 13);
    rewrite(r, file->name, VERIFY_RIG_CHANGE, forged, strlen(forged));
    free(forged);
}

/* ---- by whoever may sign something ---- */

static void signed_by_another_key(struct verify_rig *r)
{
    verify_rig_key(r, &(struct keys_request){.name = "fake", .subject = "652301-0007", .usage = "digitalSignature"});
    package_fixture_fill(&r->f);
    verify_rig_seal(r);
}

static void signed_by_another_station(struct verify_rig *r)
{
    verify_rig_key(r, &(struct keys_request){.name = "other", .subject = "652301-0008", .by = &r->f.ca});
    package_fixture_fill(&r->f);
    verify_rig_seal(r);
}

static const int64_t day_ms = 86400000;

/* With a certificate for the station's key that has ended the day before, dated by `days` later than it is. */
static void expired(struct verify_rig *r, int days)
{
    struct keys_pair old;
    keys_make(&old, verify_rig_folder(),
              &(struct keys_request){.name = "old",
                                     .subject = "652301-0007",
                                     .by = &r->f.ca,
                                     .key = r->f.station.key,
                                     .from_ms = 1,
                                     .until_ms = r->f.now_ms - day_ms});
    package_fixture_fill(&r->f);
    verify_rig_resign(r, &old, r->f.now_ms + days * day_ms);
    keys_free(&old);
}

static void certificate_expired(struct verify_rig *r)
{
    expired(r, 0);
}

static void expired_and_dated_back(struct verify_rig *r)
{
    expired(r, -2);
}

static void certificate_of_another_duty(struct verify_rig *r)
{
    verify_rig_key(
        r, &(struct keys_request){.name = "tls", .subject = "652301-0007", .by = &r->f.ca, .extended = "clientAuth"});
    package_fixture_fill(&r->f);
    verify_rig_seal(r);
}

static void certificate_that_may_not_sign(struct verify_rig *r)
{
    struct keys_pair other;
    keys_make(&other, verify_rig_folder(),
              &(struct keys_request){.name = "enc",
                                     .subject = "652301-0007",
                                     .by = &r->f.ca,
                                     .key = r->f.station.key,
                                     .usage = "keyEncipherment",
                                     .from_ms = 1});
    package_fixture_fill(&r->f);
    verify_rig_resign(r, &other, r->f.now_ms);
    keys_free(&other);
}

static void key_of_another_curve(struct verify_rig *r)
{
    struct keys_pair weak;
    keys_make(&weak, verify_rig_folder(),
              &(struct keys_request){
                  .name = "weak", .subject = "652301-0007", .by = &r->f.ca, .curve = "secp224r1", .from_ms = 1});
    package_fixture_fill(&r->f);
    verify_rig_resign(r, &weak, r->f.now_ms);
    keys_free(&weak);
}

/* ---- by whoever holds the station's key ---- */

static void readings_altered_record_left(struct verify_rig *r)
{
    package_fixture_record(&r->f);
    replace(&r->f, "readings.csv", ",opacity,41.3", ",opacity,11.3");
    enter_and_seal(r);
}

static void readings_and_their_digest_altered(struct verify_rig *r)
{
    package_fixture_record(&r->f);
    replace(&r->f, "readings.csv", ",opacity,41.3", ",opacity,11.3");
    keep_verdict(r);
    enter_and_seal(r);
}

static void record_altered_readings_left(struct verify_rig *r)
{
    package_fixture_record(&r->f);
    replace(&r->f, "record.json", "\"measured\":\"41.3\"", "\"measured\":\"31.3\"");
    enter_and_seal(r);
}

static void record_altered_after_its_event(struct verify_rig *r)
{
    package_fixture_fill(&r->f);
    replace(&r->f, "record.json", "\"started_at\":\"2026-07-01T09:30", "\"started_at\":\"2026-07-01T08:30");
    verify_rig_seal(r);
}

static void verdict_altered(struct verify_rig *r)
{
    package_fixture_record(&r->f);
    replace(&r->f, "record.json", "\"kind\":\"suspect\"", "\"kind\":\"invalid\"");
    snprintf(r->f.verdict, sizeof r->f.verdict, "invalid");
    enter_and_seal(r);
}

static void verdict_of_the_journal_altered(struct verify_rig *r)
{
    package_fixture_record(&r->f);
    snprintf(r->f.verdict, sizeof r->f.verdict, "pass");
    enter_and_seal(r);
}

static void vehicle_altered(struct verify_rig *r)
{
    package_fixture_record(&r->f);
    replace(&r->f, "record.json", "新B12345", "新B54321");
    enter_and_seal(r);
}

static void photo_encoded_again_and_sealed(struct verify_rig *r)
{
    package_fixture_put(&r->f, photo, jpeg, sizeof jpeg)->of_record = true;
    package_fixture_record(&r->f);
    package_fixture_put(&r->f, photo, jpeg_again, sizeof jpeg_again);
    enter_and_seal(r);
}

static void pack_swapped(struct verify_rig *r)
{
    package_fixture_record(&r->f);
    replace(&r->f, "rules/hj845-2017.conf", "{ a = 30  ", "{ a = 90  ");
    enter_and_seal(r);
}

static void pack_swapped_and_named(struct verify_rig *r)
{
    package_fixture_record(&r->f);
    replace(&r->f, "rules/hj845-2017.conf", "{ a = 30  ", "{ a = 90  ");
    keep_verdict(r);
    enter_and_seal(r);
}

/* All of it follows from the forged pack; only who has the published one can tell. */
static void pack_swapped_and_all_recomputed(struct verify_rig *r)
{
    struct fixture_file *pack = package_fixture_file(&r->f, "rules/hj845-2017.conf");
    char *published = strdup(pack->data);
    r->reference = (struct verifier_reference){"hj845-2017.conf", published, pack->size};
    replace(&r->f, pack->name, "{ a = 30  ", "{ a = 90  ");
    package_fixture_fill(&r->f);
    verify_rig_seal(r);
    assert_non_null(verify_rig_find(r, "verdict", VERIFIER_OK));
    free(published);
}

static void number_of_another_record(struct verify_rig *r)
{
    r->f.seq = 41;
    package_fixture_fill(&r->f);
    verify_rig_seal(r);
}

static void proof_of_another_leaf(struct verify_rig *r)
{
    package_fixture_fill(&r->f);
    snprintf(r->f.id, sizeof r->f.id, "652301-0007-P00000043");
    package_fixture_record(&r->f);
    package_fixture_proof(&r->f, 2, NULL); /* event 2 is of …42 */
    verify_rig_seal(r);
}

static void event_outside_the_tree(struct verify_rig *r)
{
    package_fixture_fill(&r->f);
    replace(&r->f, "log/proof.json", "\"index\":2", "\"index\":1");
    verify_rig_seal(r);
}

static void checkpoint_of_a_fork(struct verify_rig *r)
{
    char extends[2048];
    package_fixture_fill(&r->f);
    char *before = package_fixture_checkpoint(&r->f, 2);
    merkle_leaf("{\"kind\":\"nothing\"}", 18, &r->f.leaves[1]);
    char *path = package_fixture_path(&r->f, 2, 3);
    snprintf(extends, sizeof extends, "[{\"path\":%s,\"size\":2}]", path);
    package_fixture_proof(&r->f, 2, extends);
    r->known = before;
    verify_rig_seal(r);
    assert_non_null(verify_rig_find(r, "checkpoint", VERIFIER_OK)); /* by itself it looks well */
    free(path);
    free(before);
}

/* A journal as of then, signed by a key that was certified later. */
static void old_event_new_key(struct verify_rig *r)
{
    struct keys_pair renewed;
    keys_make(&renewed, verify_rig_folder(),
              &(struct keys_request){.name = "renewed",
                                     .subject = "652301-0007",
                                     .by = &r->f.ca,
                                     .key = r->f.station.key,
                                     .from_ms = r->f.now_ms + 30 * day_ms});
    package_fixture_fill(&r->f);
    verify_rig_resign(r, &renewed, r->f.now_ms + 31 * day_ms);
    keys_free(&renewed);
}

static void clock_moved_back(struct verify_rig *r)
{
    package_fixture_fill(&r->f);
    r->f.now_ms -= 3600000;
    verify_rig_seal(r);
}

/* What stands in a plate must not be able to wipe the lines of the verifier from a screen. */
static void words_for_the_terminal(struct verify_rig *r)
{
    package_fixture_record(&r->f);
    replace(&r->f, "record.json", "新B12345", "\\u001b[2J");
    enter_and_seal(r);
    for (size_t i = 0; i < r->v.count; i++)
        assert_null(strchr(r->v.findings[i].en, '\x1B'));
    assert_string_equal(r->v.plate, "?[2J");
}

/* ---- the description of the case, by whoever holds the key ---- */

static const struct case_fixture_step reviewed[] = {
    {"open", "none", "exceeded", "", "station"},
    {"review", "exceeded", "review1", "1001", "ecology"},
    {"review", "review1", "review2", "1002", "ecology"},
};

static void sealed(struct verify_rig *r)
{
    sealed_case(&r->f, reviewed, sizeof reviewed / sizeof reviewed[0]);
}

/* One text in one file of the sealed case is another. */
static void alter(struct verify_rig *r, const char *file, const char *from, const char *to)
{
    sealed(r);
    replace(&r->f, file, from, to);
    verify_rig_seal(r);
}

static void case_of_another_record(struct verify_rig *r)
{
    alter(r, "case.json", "\"record\":{\"id\":\"652301-0007-P00000001\"",
          "\"record\":{\"id\":\"652301-0007-P00000002\"");
}

static void case_with_other_digests(struct verify_rig *r)
{
    sealed(r);
    char *at = strstr(package_fixture_file(&r->f, "case.json")->data, "\"name\":\"photos/01-front.jpg\",\"original");
    assert_non_null(at);
    at = strstr(at, "\"sha256\":\"") + 10;
    *at = *at == '0' ? '1' : '0';
    verify_rig_seal(r);
}

static void photo_of_the_case_encoded_again(struct verify_rig *r)
{
    sealed(r);
    package_fixture_put(&r->f, "photos/01-front.jpg", jpeg_again, sizeof jpeg_again);
    verify_rig_seal(r);
}

static void file_not_described(struct verify_rig *r)
{
    sealed(r);
    package_fixture_put(&r->f, "photos/planted.jpg", jpeg, sizeof jpeg);
    verify_rig_seal(r);
}

/* As many descriptions as files, and one file without. */
static void file_described_twice(struct verify_rig *r)
{
    char text[32768];
    file_not_described(r);
    const char *made = package_fixture_file(&r->f, "case.json")->data;
    const char *first = strstr(made, "\"files\":[{") + 9, *second = strstr(first, "},{") + 2;
    int length =
        snprintf(text, sizeof text, "%.*s%.*s%s", (int)(first - made), made, (int)(second - first), first, first);
    assert_in_range(length, 1, sizeof text - 1);
    package_fixture_put(&r->f, "case.json", text, (size_t)length);
    verify_rig_seal(r);
}

static void site_altered(struct verify_rig *r)
{
    alter(r, "case.json", "\"site\":{\"id\":\"652301-0007\"", "\"site\":{\"id\":\"652301-0008\"");
}

static void reviewer_altered(struct verify_rig *r)
{
    alter(r, "case.json", "\"officer\":\"1001\"", "\"officer\":\"1003\"");
}

static void step_left_out(struct verify_rig *r)
{
    sealed(r);
    struct fixture_file *file = package_fixture_file(&r->f, "case.json");
    char *custody = strstr(file->data, "\"custody\":[{") + 11, *end = strstr(custody, "},{") + 2;
    memmove(custody, end, strlen(end) + 1);
    file->size = strlen(file->data);
    verify_rig_seal(r);
}

static void digest_of_a_step_altered(struct verify_rig *r)
{
    sealed(r);
    char *at = strstr(package_fixture_file(&r->f, "case.json")->data, "\"custody\":[{\"after\":\"") + 21;
    *at = *at == '0' ? '1' : '0';
    verify_rig_seal(r);
}

static void event_of_a_step_altered(struct verify_rig *r)
{
    sealed(r);
    replace(&r->f, "case.json", "\"officer\":\"1001\"", "\"officer\":\"1003\"");
    replace(&r->f, "log/events.json", "\\\"officer\\\":\\\"1001\\\"", "\\\"officer\\\":\\\"1003\\\"");
    verify_rig_seal(r);
}

static void events_left_out(struct verify_rig *r)
{
    sealed(r);
    package_fixture_remove(&r->f, "log/events.json");
    verify_rig_seal(r);
}

/* ---- what was done with the case: true to the journal, but against the rules ---- */

static void lived(struct verify_rig *r, const struct case_fixture_step *steps, size_t count)
{
    sealed_case(&r->f, steps, count);
    verify_rig_seal(r);
    assert_non_null(verify_rig_find(r, "custody", VERIFIER_OK));
}

static void one_reviewer_twice(struct verify_rig *r)
{
    static const struct case_fixture_step steps[] = {{"open", "none", "exceeded", "", "station"},
                                                     {"review", "exceeded", "review1", "1001", "ecology"},
                                                     {"review", "review1", "review2", "1001", "ecology"},
                                                     {"send", "review2", "send-ordered", "1001", "ecology"}};
    lived(r, steps, 4);
}

static void reviewer_of_another_role(struct verify_rig *r)
{
    static const struct case_fixture_step steps[] = {{"open", "none", "exceeded", "", "station"},
                                                     {"review", "exceeded", "review1", "1001", "ecology"},
                                                     {"review", "review1", "review2", "T0009", "technician"},
                                                     {"send", "review2", "send-ordered", "1001", "ecology"}};
    lived(r, steps, 4);
}

static void reviewer_of_no_role(struct verify_rig *r)
{
    static const struct case_fixture_step steps[] = {{"open", "none", "exceeded", "", "station"},
                                                     {"review", "exceeded", "review1", "1001", "chief"},
                                                     {"review", "review1", "review2", "1002", "ecology"},
                                                     {"send", "review2", "send-ordered", "1001", "ecology"}};
    lived(r, steps, 4);
}

static void tester_as_second_reviewer(struct verify_rig *r)
{
    static const struct case_fixture_step steps[] = {{"open", "none", "exceeded", "", "station"},
                                                     {"review", "exceeded", "review1", "1002", "ecology"},
                                                     {"review", "review1", "review2", "1001", "ecology"},
                                                     {"send", "review2", "send-ordered", "1002", "ecology"}};
    r->f.officers = "[{\"number\":\"1001\",\"role\":\"operator\"}]";
    lived(r, steps, 4);
}

/* It says of itself that it was reviewed: from a state in which it never was. */
static void review_left_out(struct verify_rig *r)
{
    static const struct case_fixture_step steps[] = {{"open", "none", "exceeded", "", "station"},
                                                     {"review", "review1", "review2", "1002", "ecology"},
                                                     {"send", "review2", "send-ordered", "1002", "ecology"}};
    lived(r, steps, 3);
}

static void sealed_before_the_review(struct verify_rig *r)
{
    static const struct case_fixture_step steps[] = {{"open", "none", "exceeded", "", "station"},
                                                     {"send", "review2", "send-ordered", "1002", "ecology"}};
    lived(r, steps, 2);
}

static void no_step_at_all(struct verify_rig *r)
{
    static const struct case_fixture_step steps[] = {{"open", "none", "review2", "", "station"}};
    lived(r, steps, 1);
}

/* ---- journals ---- */

static void note_test(struct verify_rig *r, bool start, int seq)
{
    char more[96];
    snprintf(more, sizeof more, "\"seq\":%d\n\"test\":\"652301-0007-T%06d\"", seq, seq);
    package_fixture_note(&r->f, start ? "test-start" : "test-end", more);
}

/* daemon-start, then tests 1 to `count`. */
static void tests(struct verify_rig *r, int count)
{
    package_fixture_note(&r->f, "daemon-start", "");
    for (int i = 1; i <= count; i++) {
        note_test(r, true, i);
        note_test(r, false, i);
    }
}

static void journal_truncated(struct verify_rig *r)
{
    tests(r, 3);
    verify_rig_journal(r, r->f.events, 5, 7);
}

static void journal_rewritten(struct verify_rig *r)
{
    tests(r, 3);
    char *was = r->f.events[2];
    r->f.events[2] = strdup(was);
    char *at = strstr(r->f.events[2], "09:30:01");
    assert_non_null(at);
    at[7] = '2'; /* another second; the checkpoint is of the leaf as it was */
    verify_rig_journal(r, r->f.events, 7, 7);
    free(was);
}

static void journal_reordered(struct verify_rig *r)
{
    tests(r, 0);
    for (int i = 0; i < 30; i++)
        package_fixture_note(&r->f, "check", "");
    char *was = r->f.events[2]; /* 13 seconds before the other */
    r->f.events[2] = r->f.events[28];
    r->f.events[28] = was;
    verify_rig_journal(r, r->f.events, 31, 31);
}

/* The same by the station itself: the tree is made of the new order. */
static void journal_reordered_and_signed(struct verify_rig *r)
{
    journal_reordered(r);
    for (size_t i = 0; i < r->f.events_count; i++)
        merkle_leaf(r->f.events[i], strlen(r->f.events[i]), &r->f.leaves[i]);
    verify_rig_journal(r, r->f.events, 31, 31);
    assert_non_null(verify_rig_find(r, "root", VERIFIER_OK));
}

static void number_twice(struct verify_rig *r)
{
    tests(r, 2);
    note_test(r, true, 2);
    note_test(r, false, 2);
    verify_rig_journal(r, r->f.events, 7, 7);
}

static void number_left_out(struct verify_rig *r)
{
    tests(r, 2);
    note_test(r, true, 4);
    note_test(r, false, 4);
    verify_rig_journal(r, r->f.events, 7, 7);
}

static void test_without_end(struct verify_rig *r)
{
    tests(r, 1);
    note_test(r, true, 2);
    note_test(r, true, 3);
    note_test(r, false, 3);
    verify_rig_journal(r, r->f.events, 6, 6);
}

static void journal_clock_moved_back(struct verify_rig *r)
{
    tests(r, 1);
    r->f.wall_ms = -day_ms;
    for (int i = 0; i < 9; i++)
        package_fixture_note(&r->f, "check", "");
    verify_rig_journal(r, r->f.events, r->f.events_count, r->f.events_count);
}

/* Of a few events only: the machine has run on for longer than a step can go unsaid. */
static void journal_clock_moved_back_long_ago(struct verify_rig *r)
{
    char *lines[6];
    static const char *const moments[][2] = {{"09:30:00", "1000"}, {"09:30:01", "2000"},   {"08:30:02", "3000"},
                                             {"08:30:03", "4000"}, {"08:34:59", "300000"}, {"08:36:00", "361000"}};
    for (size_t i = 0; i < 6; i++) {
        lines[i] = malloc(256);
        snprintf(
            lines[i], 256,
            "{\"at\":\"2026-07-01T%s.000+08:00\",\"boot\":\"b\",\"kind\":\"check\",\"mono_ms\":%s,\"station\":\"%s\"}",
            moments[i][0], moments[i][1], r->f.station_id);
        merkle_leaf(lines[i], strlen(lines[i]), &r->f.leaves[i]);
    }
    verify_rig_journal(r, lines, 5, 5);
    const struct verifier_finding *note = verify_rig_find(r, "clock", VERIFIER_NOTE);
    assert_true(r->v.ok && note && strstr(note->en, "no event says so yet"));
    verify_rig_journal(r, lines, 6, 6);
    for (size_t i = 0; i < 6; i++)
        free(lines[i]);
}

static void journal_signed_by_another_key(struct verify_rig *r)
{
    static struct keys_pair stranger;
    struct err err;
    tests(r, 1);
    struct seal *seal = r->f.seal;
    keys_make(&stranger, verify_rig_folder(),
              &(struct keys_request){
                  .name = "stranger", .subject = "652301-0007", .usage = "digitalSignature", .from_ms = 1});
    assert_int_equal(seal_open(&r->f.seal, stranger.key_file, stranger.cert_file, &err), 0);
    verify_rig_journal(r, r->f.events, 3, 3);
    seal_close(r->f.seal);
    r->f.seal = seal;
    keys_free(&stranger);
}

/* ---- all of them ---- */

static const struct verify_rig_forgery forgeries[] = {
    {"an entry changed", entry_changed, "digest", "readings.csv was altered after it was signed", false},
    {"an entry added", entry_added, "contents", "photos/planted.jpg: it is in the package, but not listed", false},
    {"an entry removed", entry_removed, "contents", "photos/front.jpg: it is listed, but not in the package", false},
    {"an entry of another package", entry_of_another_package, "digest", "wire/rsd1.rec was altered", false},
    {"list and signature of another package", seal_of_another_package, "digest", "record.json was altered", false},
    {"a photo encoded again", photo_encoded_again, "digest", "photos/front.jpg was altered", false},
    {"a reading altered", reading_altered, "digest", "readings.csv was altered", false},
    {"signed again by another key", signed_by_another_key, "certificate", "not confirmed by the trusted authority",
     false},
    {"signed by another station", signed_by_another_station, "role", "that of station 652301-0008", false},
    {"an expired certificate", certificate_expired, "certificate", "certificate has expired", false},
    {"an expired certificate, dated back", expired_and_dated_back, "times", "the clock was moved back", false},
    {"a certificate of another duty", certificate_of_another_duty, "role", "limited to other duties", false},
    {"a certificate that may not sign", certificate_that_may_not_sign, "role", "key usage does not allow", false},
    {"a key of another curve", key_of_another_curve, "signature", "not of the curve P-256", false},
    {"key: readings altered, record left", readings_altered_record_left, "files", "another size or digest", false},
    {"key: readings altered and listed", readings_and_their_digest_altered, "readings", "does not follow from", false},
    {"key: record altered, readings left", record_altered_readings_left, "verdict", "recomputed", false},
    {"key: record altered after its event", record_altered_after_its_event, "event", "its 'record_sha256' is not",
     false},
    {"key: verdict altered", verdict_altered, "verdict", "does not follow from the raw data", false},
    {"key: another verdict in the journal", verdict_of_the_journal_altered, "event", "its 'verdict' is not 'suspect'",
     false},
    {"key: another plate", vehicle_altered, "verdict", "vehicle is not the one that rsd1 reported", false},
    {"key: a photo encoded again", photo_encoded_again_and_sealed, "files", "photos/front.jpg does not agree", false},
    {"key: limit pack swapped", pack_swapped, "verdict", "not the rule pack that the record names", false},
    {"key: limit pack swapped and named", pack_swapped_and_named, "verdict", "verdict, line 1", false},
    {"key: limit pack swapped, all recomputed", pack_swapped_and_all_recomputed, "reference", "NOT the published one",
     false},
    {"key: number of another record", number_of_another_record, "record", "does not hold its station and number",
     false},
    {"key: proof of another leaf", proof_of_another_leaf, "event", "its 'passage' is not '652301-0007-P00000043'",
     false},
    {"key: an event outside the tree", event_outside_the_tree, "inclusion", "do not lead to the checkpoint's root",
     false},
    {"key: a checkpoint of a fork", checkpoint_of_a_fork, "consistency", "does NOT agree", false},
    {"key: an old event, a new key", old_event_new_key, "checkpoint", "the key that signed it was not certified",
     false},
    {"key: clock moved back", clock_moved_back, "times", "the clock was moved back", false},
    {"key: words for the terminal", words_for_the_terminal, "verdict", "plate: it must begin", false},
    {"key: the case of another record", case_of_another_record, "case", "it is about another record", false},
    {"key: other digests in the case", case_with_other_digests, "case", "photos/01-front.jpg another size or digest",
     false},
    {"key: a photo of the case encoded again", photo_of_the_case_encoded_again, "case", "another size or digest",
     false},
    {"key: a file that the case is silent of", file_not_described, "case", "files", false},
    {"key: a file described twice", file_described_twice, "case", "it describes record.json twice", false},
    {"key: another site", site_altered, "case", "its 'site' is not the record's", false},
    {"key: another reviewer", reviewer_altered, "custody", "its 'officer' is '1003', the journal says '1001'", false},
    {"key: a step left out", step_left_out, "custody", "there must be as many of both", false},
    {"key: another digest of a step", digest_of_a_step_altered, "custody", "does not follow from the files", false},
    {"key: another event of a step", event_of_a_step_altered, "custody", "is not in the signed journal", false},
    {"key: the events left out", events_left_out, "case", "log/events.json", false},
    {"key: one reviewer twice", one_reviewer_twice, "review", "1001 has done the first review", false},
    {"key: a reviewer of another role", reviewer_of_another_role, "review", "done by an ecology officer, not by T0009",
     false},
    {"key: a reviewer of a role that is none", reviewer_of_no_role, "review", "by a role 'chief'", false},
    {"key: the tester as second reviewer", tester_as_second_reviewer, "review", "1001 has made the test", false},
    {"key: a review left out", review_left_out, "review", "it says 'review1' to 'review2'", false},
    {"key: sealed before the review", sealed_before_the_review, "review", "'send' cannot be done while it is exceeded",
     false},
    {"key: reviewed by nobody", no_step_at_all, "review", "it says 'none' to 'review2'", false},
    {"journal cut short", journal_truncated, "root", "the file has fewer", false},
    {"journal rewritten", journal_rewritten, "root", "at least one of them was changed", false},
    {"journal re-ordered", journal_reordered, "root", "at least one of them was changed", false},
    {"journal of another key", journal_signed_by_another_key, "checkpoint", "none of the trusted certificates", false},
    {"key: journal re-ordered", journal_reordered_and_signed, "clock", "written before the event that stands before",
     false},
    {"key: a test number twice", number_twice, "numbers", "652301-0007-T000002 has a number that was given before",
     false},
    {"key: a gap in the numbers", number_left_out, "numbers", "before test 652301-0007-T000004 the number 3 is missing",
     false},
    {"key: a test without an end", test_without_end, "numbers", "652301-0007-T000002 has no end", false},
    {"key: the journal's clock moved back", journal_clock_moved_back, "clock", "no event says that it was set", false},
    {"key: and few events since", journal_clock_moved_back_long_ago, "clock", "no event says that it was set", false},
};

static void every_forgery_is_refused_for_its_reason(void **state)
{
    (void)state;
    assert_int_equal(verify_rig_unrefused(forgeries, sizeof forgeries / sizeof forgeries[0]), 0);
}

static void what_they_are_made_from_is_good(void **state)
{
    (void)state;
    struct verify_rig *r = verify_rig_open();
    size_t size;
    uint8_t *bytes = good(r, &size);
    verify_rig_run(r, bytes, size);
    assert_true(r->v.ok && r->v.open == 0);
    free(bytes);
    verify_rig_close(r);
    r = verify_rig_open();
    sealed(r);
    verify_rig_seal(r);
    if (!r->v.ok || r->v.open)
        verify_rig_show(r);
    assert_true(r->v.ok && r->v.open == 0);
    assert_non_null(verify_rig_find(r, "custody", VERIFIER_OK));
    verify_rig_close(r);
    r = verify_rig_open();
    tests(r, 3);
    verify_rig_journal(r, r->f.events, 7, 7);
    assert_true(r->v.ok && r->v.open == 0);
    verify_rig_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_they_are_made_from_is_good),
        cmocka_unit_test(every_forgery_is_refused_for_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
