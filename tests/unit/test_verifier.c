/* Whole packages: a good one verifies, and each forgery is caught by the check that is there for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/sealcheck.h"
#include "reports/verifier.h"
#include "station/core/json.h"
#include "tests/support/verify_rig.h"
#include "tests/support/zip_forge.h"

static int setup(void **state)
{
    *state = verify_rig_open();
    return 0;
}

static int teardown(void **state)
{
    verify_rig_close(*state);
    return 0;
}

static void expect_good(struct verify_rig *b)
{
    verify_rig_seal(b);
    if (!b->v.ok || b->v.open) {
        verify_rig_show(b);
        fail_msg("a good package does not verify");
    }
}

/* The check fails, in words that hold `words`, about that entry (NULL: whichever). */
static void expect_fail(struct verify_rig *b, const char *check, const char *entry, const char *words)
{
    const struct verifier_finding *f = verify_rig_find(b, check, VERIFIER_FAIL);
    if (b->v.ok || !f || (entry && strcmp(f->entry, entry) != 0) || !strstr(f->en, words)) {
        verify_rig_show(b);
        fail_msg("%s should fail about %s with '%s'", check, entry ? entry : "anything", words);
    }
    assert_true(strlen(f->zh) > 0);
}

/* Nothing is wrong, but consistency cannot be told, for that reason. */
static void expect_open(struct verify_rig *b, const char *words)
{
    const struct verifier_finding *f = verify_rig_find(b, "consistency", VERIFIER_OPEN);
    if (!b->v.ok || !b->v.open || !f || !strstr(f->en, words)) {
        verify_rig_show(b);
        fail_msg("consistency should be open with '%s'", words);
    }
}

static void seal_and_expect_fail(struct verify_rig *b, const char *check, const char *entry, const char *words)
{
    verify_rig_seal(b);
    expect_fail(b, check, entry, words);
}

static void replace(struct fixture_file *file, const char *from, const char *to)
{
    char *at = strstr(file->data, from);
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
}

/* ---- good ---- */

static void a_good_package_verifies(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    expect_good(b);
    assert_string_equal(b->v.verdict, "suspect");
    assert_string_equal(b->v.station, "652301-0007");
    assert_string_equal(b->v.id, "652301-0007-P00000042");
    assert_int_equal(b->v.tree_size, 3);
    static const char *const checks[] = {"container",   "mimetype",   "contents", "digest",   "signature",
                                         "certificate", "role",       "record",   "files",    "event",
                                         "inclusion",   "checkpoint", "times",    "readings", "verdict"};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        assert_non_null(verify_rig_find(b, checks[i], VERIFIER_OK));
    char json[64 << 10];
    assert_true(verifier_json(&b->v, json, sizeof json) > 0);
    assert_non_null(strstr(json, "\"verified\":true"));
}

static void a_clean_vehicle_verifies(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_close(&b->f);
    package_fixture_open(&b->f, verify_rig_folder(), false);
    verify_rig_trust(b);
    package_fixture_fill(&b->f);
    expect_good(b);
    assert_string_equal(b->v.verdict, "pass");
}

static void a_photo_added_later_is_noted(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    package_fixture_put(&b->f, "photos/later.jpg", "jpeg", 4);
    package_fixture_put(&b->f, "report.pdf", "%PDF", 4);
    expect_good(b);
    const struct verifier_finding *note = verify_rig_find(b, "files", VERIFIER_NOTE);
    assert_non_null(note);
    assert_string_equal(note->entry, "photos/later.jpg");
}

/* ---- the file ---- */

static void no_bit_of_a_package_can_change_unseen(void **state)
{
    struct verify_rig *b = *state;
    uint8_t *bytes;
    size_t size;
    package_fixture_fill(&b->f);
    package_fixture_seal(&b->f, &bytes, &size);
    for (size_t i = 0; i < size; i++) {
        uint8_t was = bytes[i];
        bytes[i] ^= (uint8_t)(1U << i % 8);
        verify_rig_run(b, bytes, size);
        if (b->v.ok)
            fail_msg("byte %zu of %zu changed unseen", i, size);
        bytes[i] = was;
    }
    verify_rig_run(b, bytes, size);
    assert_true(b->v.ok);
    free(bytes);
}

static void altered_after_sealing(void **state)
{
    struct verify_rig *b = *state;
    uint8_t *bytes, *again;
    size_t size, again_size;
    package_fixture_fill(&b->f);
    package_fixture_seal(&b->f, &bytes, &size);
    static const struct {
        const char *entry, *check, *words;
        enum verify_rig_change change;
    } rows[] = {
        {"record.json", "digest", "record.json was altered", VERIFY_RIG_CHANGE},
        {"readings.csv", "digest", "readings.csv was altered", VERIFY_RIG_CHANGE},
        {"wire/rsd1.rec", "digest", "wire/rsd1.rec was altered", VERIFY_RIG_CHANGE},
        {"rules/hj845-2017.conf", "digest", "rules/hj845-2017.conf was altered", VERIFY_RIG_CHANGE},
        {"log/proof.json", "digest", "log/proof.json was altered", VERIFY_RIG_CHANGE},
        {"META-INF/ASiCManifest001.xml", "contents", "after the manifest's end", VERIFY_RIG_CHANGE},
        {"META-INF/signature001.p7s", "signature", "not genuine", VERIFY_RIG_CHANGE},
        {"mimetype", "mimetype", "mimetype", VERIFY_RIG_CHANGE},
        {"readings.csv", "contents", "readings.csv: it is listed, but not in the package", VERIFY_RIG_REMOVE},
        {"META-INF/signature001.p7s", "signature", "missing", VERIFY_RIG_REMOVE},
        {"META-INF/ASiCManifest001.xml", "contents", "exactly one", VERIFY_RIG_REMOVE},
        {"photos/planted.jpg", "contents", "photos/planted.jpg: it is in the package, but not listed", VERIFY_RIG_ADD},
        {"META-INF/ASiCManifest002.xml", "contents", "exactly one", VERIFY_RIG_ADD},
        {"META-INF/signature002.p7s", "contents", "not listed", VERIFY_RIG_ADD},
        {"META-INF/signature002.sm2", "sm2", "certificate beside it cannot be read", VERIFY_RIG_ADD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        verify_rig_rewrite(bytes, size, rows[i].entry, rows[i].change, NULL, 0, &again, &again_size);
        verify_rig_run(b, again, again_size);
        expect_fail(b, rows[i].check, NULL, rows[i].words);
        free(again);
    }
    free(bytes);
}

/* ---- who signed ---- */

static void signed_by_a_stranger(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    verify_rig_key(b, &(struct keys_request){.name = "fake", .subject = "652301-0007", .usage = "digitalSignature"});
    seal_and_expect_fail(b, "certificate", "META-INF/signature001.p7s", "not confirmed by the trusted authority");
    expect_fail(b, "checkpoint", "log/proof.json", "another key signed it");
    assert_null(verify_rig_find(b, "verdict", VERIFIER_OK)); /* nothing is recomputed from what nobody vouches for */
}

static void signed_by_another_station(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    verify_rig_key(b, &(struct keys_request){.name = "other", .subject = "652301-0008", .by = &b->f.ca});
    seal_and_expect_fail(b, "role", NULL, "652301-0008");
}

/* ---- what the station itself could forge, holding the key ---- */

static void readings_altered_before_sealing(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_record(&b->f);
    struct fixture_file *readings = package_fixture_file(&b->f, "readings.csv");
    replace(readings, ",opacity,41.3", ",opacity,11.3");
    char *verdict = verify_rig_verdict(b);
    package_fixture_record_with(&b->f, verdict);
    free(verdict);
    package_fixture_proof(&b->f, package_fixture_record_event(&b->f), NULL);
    seal_and_expect_fail(b, "readings", "readings.csv", "does not follow");
    assert_non_null(verify_rig_find(b, "verdict", VERIFIER_OK));
}

/* Seals the record as it is now, with its event and proof in order. */
static void journal_and_expect_fail(struct verify_rig *b, const char *check, const char *entry, const char *words)
{
    package_fixture_proof(&b->f, package_fixture_record_event(&b->f), NULL);
    seal_and_expect_fail(b, check, entry, words);
}

static void verdict_altered_before_sealing(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_record(&b->f);
    struct fixture_file *record = package_fixture_file(&b->f, "record.json");
    replace(record, "\"measured\":\"41.3\"", "\"measured\":\"31.3\"");
    journal_and_expect_fail(b, "verdict", "record.json", "does not follow");
    assert_non_null(verify_rig_find(b, "readings", VERIFIER_OK));
}

static void another_rule_pack(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_record(&b->f);
    replace(package_fixture_file(&b->f, "rules/hj845-2017.conf"), "{ a = 30  ", "{ a = 90  ");
    /* the record still names the pack that judged */
    journal_and_expect_fail(b, "files", "rules/hj845-2017.conf", "another size or digest");
    expect_fail(b, "verdict", "record.json", "not the rule pack that the record names");
}

static void a_lighter_pack_does_not_give_that_verdict(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_record(&b->f);
    char *verdict = verify_rig_verdict(b);
    replace(package_fixture_file(&b->f, "rules/hj845-2017.conf"), "{ a = 30  ", "{ a = 90  ");
    package_fixture_record_with(&b->f, verdict); /* names the changed pack */
    free(verdict);
    journal_and_expect_fail(b, "verdict", "record.json", "verdict, line 1");
}

static void files_and_list_must_agree(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_record(&b->f);
    package_fixture_put(&b->f, "wire/second.rec", "x", 1);
    journal_and_expect_fail(b, "files", "wire/second.rec", "the record does not list it");
}

static void a_listed_file_must_be_there(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_put(&b->f, "photos/front.jpg", "jpeg", 4)->of_record = true;
    package_fixture_record(&b->f);
    snprintf(package_fixture_file(&b->f, "photos/front.jpg")->name, FIXTURE_NAME_MAX, "photos/other.jpg");
    journal_and_expect_fail(b, "files", NULL, "photos/front.jpg does not agree");
}

static void records_must_be_readable(void **state)
{
    struct verify_rig *b = *state;
    static const char *const texts[] = {"", "{}", "[]", "{\"format\":\"smogd-record-9\"}", "{\"a\":1,\"a\":2}", "\xff"};
    package_fixture_fill(&b->f);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        package_fixture_put(&b->f, "record.json", texts[i], strlen(texts[i]));
        seal_and_expect_fail(b, "record", "record.json", "cannot be read as a record");
    }
}

/* ---- the journal ---- */

static void proof_of_another_record(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    snprintf(b->f.id, sizeof b->f.id, "652301-0007-P00000043");
    package_fixture_record(&b->f);
    package_fixture_proof(&b->f, 2, NULL); /* event 2 is of …42 */
    seal_and_expect_fail(b, "event", "log/proof.json", "'passage' is not '652301-0007-P00000043'");
}

static void a_record_changed_after_its_event(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    replace(package_fixture_file(&b->f, "record.json"), "\"seq\":42", "\"seq\":43");
    seal_and_expect_fail(b, "event", "log/proof.json", "record_sha256");
}

static void an_event_outside_the_tree(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    struct fixture_file *proof = package_fixture_file(&b->f, "log/proof.json");
    replace(proof, "\"index\":2", "\"index\":1");
    seal_and_expect_fail(b, "inclusion", "log/proof.json", "root");
    replace(proof, "\"index\":1", "\"index\":9");
    seal_and_expect_fail(b, "inclusion", "log/proof.json", "root");
    replace(proof, "\"index\":9", "\"index\":2");
    replace(proof, "\"size\":3", "\"size\":4");
    seal_and_expect_fail(b, "event", "log/proof.json", "the path is for 4 events");
}

static void a_checkpoint_of_another_journal(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    replace(package_fixture_file(&b->f, "log/proof.json"), "smogd/652301-0007\\n3", "smogd/652301-0008\\n3");
    seal_and_expect_fail(b, "event", "log/proof.json", "no signature in the name of");
}

static void a_checkpoint_signature_that_does_not_match(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    replace(package_fixture_file(&b->f, "log/proof.json"), "\\ntime 2026-07-01T", "\\ntime 2026-07-02T");
    seal_and_expect_fail(b, "checkpoint", "log/proof.json", "does not match");
}

static void proofs_must_be_readable(void **state)
{
    struct verify_rig *b = *state;
    static const char *const texts[] = {"", "{}", "[]", "{\"checkpoint\":\"x\"}", "nonsense"};
    package_fixture_fill(&b->f);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        package_fixture_put(&b->f, "log/proof.json", texts[i], strlen(texts[i]));
        seal_and_expect_fail(b, "event", "log/proof.json", "does not belong");
    }
}

/* ---- consistency with what the reader knows ---- */

static void the_same_checkpoint_agrees(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    char *note = package_fixture_checkpoint(&b->f, 3);
    b->known = note;
    expect_good(b);
    assert_non_null(verify_rig_find(b, "consistency", VERIFIER_OK));
    free(note);
}

static void an_older_checkpoint_needs_a_path(void **state)
{
    struct verify_rig *b = *state;
    char extends[2048];
    package_fixture_fill(&b->f);
    char *note = package_fixture_checkpoint(&b->f, 2);
    char *path = package_fixture_path(&b->f, 2, 3);
    b->known = note;
    verify_rig_seal(b);
    assert_true(b->v.ok);
    assert_int_equal(b->v.open, 1);
    assert_non_null(verify_rig_find(b, "consistency", VERIFIER_OPEN));
    /* in the package */
    snprintf(extends, sizeof extends, "[{\"path\":%s,\"size\":2}]", path);
    package_fixture_proof(&b->f, 2, extends);
    expect_good(b);
    assert_non_null(verify_rig_find(b, "consistency", VERIFIER_OK));
    free(path);
    free(note);
}

static char *proof_file(const char *note, const char *extends)
{
    char *text = malloc(8192);
    struct json_writer w;
    json_writer_init(&w, text, 8192);
    json_object_begin(&w, NULL);
    json_string(&w, "checkpoint", note);
    json_raw(&w, "extends", extends, strlen(extends));
    json_object_end(&w);
    assert_true(json_writer_finish(&w) > 0);
    return text;
}

static void a_proof_from_the_station_decides(void **state)
{
    struct verify_rig *b = *state;
    char extends[4096];
    package_fixture_fill(&b->f);
    uint8_t *bytes;
    size_t size;
    package_fixture_seal(&b->f, &bytes, &size); /* 3 events */
    for (int i = 0; i < 4; i++)
        package_fixture_event(&b->f, "{\"kind\":\"check\"}");
    char *known_note = package_fixture_checkpoint(&b->f, 5), *newest = package_fixture_checkpoint(&b->f, 7);
    char *from_package = package_fixture_path(&b->f, 3, 7), *from_known = package_fixture_path(&b->f, 5, 7);
    snprintf(extends, sizeof extends, "[{\"path\":%s,\"size\":3},{\"path\":%s,\"size\":5}]", from_package, from_known);
    char *proof = proof_file(newest, extends);
    b->known = known_note;
    verify_rig_run(b, bytes, size);
    assert_non_null(verify_rig_find(b, "consistency", VERIFIER_OPEN));
    b->consistency = proof;
    verify_rig_run(b, bytes, size);
    assert_non_null(verify_rig_find(b, "consistency", VERIFIER_OK));
    b->consistency = "{}";
    verify_rig_run(b, bytes, size);
    expect_open(b, "consistency proof 1");
    free(proof);
    free(from_known);
    free(from_package);
    free(newest);
    free(known_note);
    free(bytes);
}

static void a_rewritten_journal_is_caught(void **state)
{
    struct verify_rig *b = *state;
    char extends[2048];
    package_fixture_fill(&b->f);
    char *before = package_fixture_checkpoint(&b->f, 2);
    /* the station takes one event out of its past and numbers everything anew */
    merkle_leaf("{\"kind\":\"nothing\"}", 18, &b->f.leaves[1]);
    char *path = package_fixture_path(&b->f, 2, 3);
    snprintf(extends, sizeof extends, "[{\"path\":%s,\"size\":2}]", path);
    package_fixture_proof(&b->f, 2, extends);
    b->known = before;
    seal_and_expect_fail(b, "consistency", NULL, "does NOT agree");
    assert_non_null(verify_rig_find(b, "checkpoint", VERIFIER_OK)); /* by itself it looks well */
    free(path);
    free(before);
}

static void a_forged_known_checkpoint_is_told(void **state)
{
    struct verify_rig *b = *state;
    package_fixture_fill(&b->f);
    char *note = package_fixture_checkpoint(&b->f, 3);
    char *time = strstr(note, "time 2026");
    assert_non_null(time);
    time[8] = '7';
    b->known = note;
    verify_rig_seal(b);
    expect_open(b, "does not match");
    b->known = "not a checkpoint";
    verify_rig_seal(b);
    expect_open(b, "line 1");
    free(note);
}

/* ---- an exported journal ---- */

/* Test number `seq` starts, or the one with that number ends. */
static void put_test(struct package_fixture *f, bool start, int seq)
{
    char more[64];
    snprintf(more, sizeof more, "\"seq\":%d\n\"test\":\"T%d\"", seq, seq);
    package_fixture_note(f, start ? "test-start" : "test-end", more);
}

static void a_journal_verifies_at_every_size(void **state)
{
    struct verify_rig *b = *state;
    enum { EVENTS = 17 };
    for (int i = 0; i < EVENTS; i++)
        put_test(&b->f, i % 2 == 0, i / 2 + 1);
    for (size_t count = 1; count <= EVENTS; count++) {
        for (size_t size = 1; size <= count; size++) {
            verify_rig_journal(b, b->f.events, count, size);
            if (!b->v.ok || b->v.open) {
                verify_rig_show(b);
                fail_msg("%zu events, checkpoint of %zu", count, size);
            }
        }
        const struct verifier_finding *running = verify_rig_find(b, "numbers", VERIFIER_NOTE);
        assert_int_equal(running != NULL, count % 2 == 1);
    }
    verify_rig_journal(b, b->f.events, 5, 6);
    expect_fail(b, "root", NULL, "the file has fewer");
}

static void a_journal_with_a_gap_does_not(void **state)
{
    struct verify_rig *b = *state;
    static const struct {
        int acts[5]; /* number of a test that starts, or its negative when it ends; 0: no more */
        const char *words;
    } rows[] = {
        {{1, -1, 3, -3}, "before test T3 the number 2 is missing"},
        {{1, 2, -2}, "test T1 has no end"},
        {{1, -1, -1}, "test T1 ends, but none was started"},
        {{1, -2}, "test T2 ends, but T1 was started"},
        {{2}, "before test T2 the number 1 is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        while (b->f.events_count > 0)
            free(b->f.events[--b->f.events_count]);
        for (const int *act = rows[i].acts; *act; act++)
            put_test(&b->f, *act > 0, abs(*act));
        verify_rig_journal(b, b->f.events, b->f.events_count, b->f.events_count);
        expect_fail(b, "numbers", NULL, rows[i].words);
        assert_non_null(verify_rig_find(b, "root", VERIFIER_OK)); /* it is what was signed, all the same */
    }
}

static void a_changed_journal_does_not(void **state)
{
    struct verify_rig *b = *state;
    static char nothing[] =
        "{\"at\":\"2026-07-01T09:30:00.000+08:00\",\"kind\":\"nothing\",\"station\":\"652301-0007\"}",
                nonsense[] = "nonsense", other[] = "{\"kind\":\"x\",\"station\":\"652301-0008\"}";
    static const struct {
        char *line;
        const char *check, *words;
    } rows[] = {{nothing, "root", "at least one of them was changed"},
                {nonsense, "numbers", "JSON"},
                {other, "numbers", "not an event of station 652301-0007"}};
    for (int i = 0; i < 7; i++)
        put_test(&b->f, i % 2 == 0, i / 2 + 1);
    for (size_t i = 0; i < 7; i++) {
        for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
            char *was = b->f.events[i];
            b->f.events[i] = rows[row].line;
            verify_rig_journal(b, b->f.events, 7, 7);
            expect_fail(b, rows[row].check, NULL, rows[row].words);
            assert_non_null(verify_rig_find(b, "root", VERIFIER_FAIL));
            b->f.events[i] = was;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(a_good_package_verifies),
        T(a_clean_vehicle_verifies),
        T(a_photo_added_later_is_noted),
        T(no_bit_of_a_package_can_change_unseen),
        T(altered_after_sealing),
        T(signed_by_a_stranger),
        T(signed_by_another_station),
        T(readings_altered_before_sealing),
        T(verdict_altered_before_sealing),
        T(another_rule_pack),
        T(a_lighter_pack_does_not_give_that_verdict),
        T(files_and_list_must_agree),
        T(a_listed_file_must_be_there),
        T(records_must_be_readable),
        T(proof_of_another_record),
        T(a_record_changed_after_its_event),
        T(an_event_outside_the_tree),
        T(a_checkpoint_of_another_journal),
        T(a_checkpoint_signature_that_does_not_match),
        T(proofs_must_be_readable),
        T(the_same_checkpoint_agrees),
        T(an_older_checkpoint_needs_a_path),
        T(a_proof_from_the_station_decides),
        T(a_rewritten_journal_is_caught),
        T(a_forged_known_checkpoint_is_told),
        T(a_journal_verifies_at_every_size),
        T(a_journal_with_a_gap_does_not),
        T(a_changed_journal_does_not),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
