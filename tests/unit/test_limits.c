/* Every bound of reports/limits.h on what a stranger may hand in, from both sides: at it one is read (or refused for
 * something else), beyond it one is refused for being too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "reports/history.h"
#include "reports/manifest_read.h"
#include "reports/rejudge.h"
#include "tests/support/verify_rig.h"

/* `head`, then `unit` that many times, then `tail`; malloc'ed. */
static char *repeat(const char *head, const char *unit, size_t times, const char *tail)
{
    size_t length = strlen(unit), at = strlen(head);
    char *text = malloc(at + times * length + strlen(tail) + 1);
    assert_non_null(text);
    memcpy(text, head, at);
    for (size_t i = 0; i < times; i++, at += length)
        memcpy(text + at, unit, length);
    strcpy(text + at, tail);
    return text;
}

static void says(const struct err *err, bool beyond, const char *words)
{
    if ((strstr(err->text, words) != NULL) != beyond)
        fail_msg("'%s' should %sbe in '%s'", words, beyond ? "" : "not ", err->text);
}

/* ---- the file ---- */

static void package_size(void **state)
{
    static struct container c;
    struct err err;
    (void)state;
    uint8_t *bytes = calloc(CONTAINER_SIZE_MAX + 1, 1);
    assert_non_null(bytes);
    for (size_t more = 0; more < 2; more++) {
        assert_int_equal(container_read(&c, bytes, CONTAINER_SIZE_MAX + more, &err), -1);
        says(&err, more > 0, "at most 67108864 are allowed");
    }
    free(bytes);
}

static void entry_names(void **state)
{
    (void)state;
    char *name = repeat("", "a", CONTAINER_NAME_MAX, "");
    assert_true(container_name_ok(name, CONTAINER_NAME_MAX - 1));
    assert_false(container_name_ok(name, CONTAINER_NAME_MAX));
    free(name);
}

/* ---- the list ---- */

static void list_is(char *xml, bool beyond, const char *words)
{
    static struct manifest_read m;
    struct err err;
    assert_int_equal(manifest_read(&m, xml, strlen(xml), &err), -1);
    says(&err, beyond, words);
    free(xml);
}

static void list_of_contents(void **state)
{
    static const char start[] = "<a:ASiCManifest xmlns:a=\"http://uri.etsi.org/02918/v1.2.1#\"";
    char head[128];
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        list_is(repeat("", " ", MANIFEST_XML_MAX + more, ""), more > 0, "at most 524288 are allowed");
        list_is(repeat("<", "a", MANIFEST_WORD_MAX + more, ">"), more > 0, "are not allowed");
        snprintf(head, sizeof head, "%s x=\"", start);
        list_is(repeat(head, "v", MANIFEST_VALUE_MAX + more, "\">"), more > 0, "value is too long");
        char *many = repeat(start, "", 0, "");
        for (size_t i = 0; i < MANIFEST_ATTRIBUTES_MAX + more; i++) {
            char one[32];
            snprintf(one, sizeof one, " x%zu=\"v\"", i);
            char *longer = repeat(many, one, 1, "");
            free(many);
            many = longer;
        }
        list_is(repeat(many, ">", 1, ""), more > 0, "too many attributes");
        free(many);
        list_is(repeat(start, " xmlns:b=\"b\"", MANIFEST_BINDINGS_MAX - 1 + more, ">"), more > 0,
                "too many namespaces");
    }
}

/* ---- signatures ---- */

static void signature_size(void **state)
{
    struct sealcheck s;
    struct err err;
    (void)state;
    uint8_t *bytes = calloc(SEALCHECK_CMS_MAX + 1, 1);
    for (size_t more = 0; more < 2; more++) {
        assert_int_equal(sealcheck_open(&s, bytes, SEALCHECK_CMS_MAX + more, &err), -1);
        says(&err, more > 0, "at most 65536 are allowed");
    }
    free(bytes);
}

/* The signature of a package with further certificates inside. */
static void certificates_inside(void **state)
{
    struct verify_rig *r = *state;
    static struct container c;
    struct sealcheck s;
    struct err err;
    uint8_t *bytes;
    size_t size;
    package_fixture_fill(&r->f);
    package_fixture_seal(&r->f, &bytes, &size);
    assert_int_equal(container_read(&c, bytes, size, &err), 0);
    const struct container_entry *p7s = container_find(&c, "META-INF/signature001.p7s");
    const uint8_t *p = p7s->data;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)p7s->size);
    for (int count = 2; count <= SEALCHECK_CERTIFICATES_MAX + 1; count++) {
        struct keys_pair other;
        uint8_t *der = NULL;
        keys_make(&other, verify_rig_folder(), &(struct keys_request){.name = "more", .subject = "more"});
        assert_int_equal(CMS_add1_cert(cms, other.cert), 1);
        int length = i2d_CMS_ContentInfo(cms, &der);
        bool beyond = count > SEALCHECK_CERTIFICATES_MAX;
        assert_int_equal(sealcheck_open(&s, der, (size_t)length, &err), beyond ? -1 : 0);
        if (beyond)
            says(&err, true, "it holds 9 certificates; at most 8");
        else
            sealcheck_close(&s);
        OPENSSL_free(der);
        keys_free(&other);
    }
    CMS_ContentInfo_free(cms);
    free(bytes);
}

static void trusted_certificates(void **state)
{
    struct err err;
    char path[300];
    (void)state;
    snprintf(path, sizeof path, "%s/many.pem", verify_rig_folder());
    for (size_t more = 0; more < 2; more++) {
        char *text = repeat("", "\n", SEALCHECK_TRUST_MAX + more, "");
        assert_int_equal(file_write(path, text, strlen(text), 0600, &err), 0);
        assert_null(sealcheck_trust(path, &err));
        says(&err, more > 0, "at most 1048576");
        free(text);
    }
}

/* ---- record and recomputation ---- */

static void record_is(char *text, bool beyond, const char *words)
{
    static struct record record;
    struct err err;
    assert_int_equal(record_open(&record, text, strlen(text), &err), -1);
    says(&err, beyond, words);
    free(text);
}

static void record_text(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        record_is(repeat("", " ", RECORD_TEXT_MAX + more, ""), more > 0, "at most 2097152");
        record_is(repeat("[0", ",0", RECORD_TOKENS_MAX - 2 + more, "]"), more > 0,
                  "more values than there is room for");
        record_is(repeat("", "[", JSON_DEPTH_MAX + more, "                                "), more > 0, "nested");
    }
}

/* The good record with as many files. */
static void record_files(void **state)
{
    struct verify_rig *r = *state;
    package_fixture_record(&r->f);
    char *text = package_fixture_file(&r->f, "record.json")->data;
    char *at = strstr(text, "\"files\":[") + 9, *end = strstr(at, "]");
    for (size_t more = 0; more < 2; more++) {
        char *head = strndup(text, (size_t)(at - text));
        char *units = repeat("0", ",0", RECORD_FILES_MAX - 1 + more, "");
        record_is(repeat(head, units, 1, end), more > 0, "at most 200 are allowed");
        free(units);
        free(head);
    }
}

static void judged(struct verify_rig *r, bool beyond, const char *words)
{
    static struct record record;
    struct rejudge again;
    struct rejudge_file files[FIXTURE_FILES_MAX];
    struct err err = {.text = ""};
    const struct fixture_file *text = package_fixture_file(&r->f, "record.json");
    for (size_t i = 0; i < r->f.files_count; i++)
        files[i] = (struct rejudge_file){r->f.files[i].name, r->f.files[i].data, r->f.files[i].size};
    assert_int_equal(record_open(&record, text->data, text->size, &err), 0);
    rejudge(&again, &record, files, r->f.files_count, &err);
    says(&err, beyond, words);
    rejudge_close(&again);
    record_close(&record);
}

static void length_of_a_recording(void **state)
{
    struct verify_rig *r = *state;
    package_fixture_record(&r->f);
    struct fixture_file *wire = package_fixture_file(&r->f, "wire/rsd1.rec");
    char *was = strdup(wire->data);
    for (int more = 0; more < 2; more++) {
        char line[64];
        snprintf(line, sizeof line, "%d ! link down #2\n", REJUDGE_SPAN_MAX_MS + more);
        char *longer = repeat(was, line, 1, "");
        package_fixture_put(&r->f, wire->name, longer, strlen(longer));
        judged(r, more > 0, "is longer than 4 hours");
        free(longer);
    }
    free(was);
}

static void earlier_passages(void **state)
{
    struct verify_rig *r = *state;
    static const char past[] =
        "{\"day\":\"2026-06-01\",\"exceeded\":[],\"id\":\"652301-0007-P00000001\",\"valid\":true}";
    package_fixture_record(&r->f);
    char *verdict = verify_rig_verdict(r), unit[160];
    snprintf(unit, sizeof unit, ",%s", past);
    for (size_t more = 0; more < 2; more++) {
        char *head = repeat("[", past, 1, ""), *basis = repeat(head, unit, REJUDGE_PAST_MAX - 1 + more, "]");
        r->f.basis = basis;
        package_fixture_record_with(&r->f, verdict);
        judged(r, more > 0, "more than 64 earlier passages");
        free(basis);
        free(head);
    }
    free(verdict);
}

/* ---- proof and journal ---- */

static void checkpoint_text(void **state)
{
    struct checkpoint_read c;
    struct err err;
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        char *text = repeat("", "x", CHECKPOINT_TEXT_MAX + more, "");
        assert_int_equal(checkpoint_read(&c, text, strlen(text), &err), -1);
        says(&err, more > 0, "at most 2048");
        text[CHECKPOINT_ORIGIN_MAX - 1 + more] = '\n';
        assert_int_equal(checkpoint_read(&c, text, CHECKPOINT_TEXT_MAX, &err), -1);
        says(&err, more > 0, "line 1");
        free(text);
    }
}

static void event_of_a_proof(void **state)
{
    struct verify_rig *r = *state;
    package_fixture_record(&r->f);
    for (size_t more = 0; more < 2; more++) {
        char *event = repeat("{\"x\":\"", "y", PROOF_EVENT_MAX - 1 - 8 + more, "\"}");
        package_fixture_proof(&r->f, package_fixture_event(&r->f, event), NULL);
        verify_rig_seal(r);
        const struct verifier_finding *f = verify_rig_find(r, "event", VERIFIER_FAIL);
        assert_non_null(f);
        assert_int_equal(strstr(f->en, "no readable 'event'") != NULL, more > 0);
        free(event);
    }
}

static void line_of_a_journal(void **state)
{
    struct verify_rig *r = *state;
    static const char head[] =
        "{\"at\":\"2026-07-01T09:30:00.000+08:00\",\"boot\":\"b\",\"kind\":\"check\",\"mono_ms\":0,"
        "\"station\":\"652301-0007\",\"x\":\"";
    for (size_t more = 0; more < 2; more++) {
        char *line = repeat(head, "y", EXPORT_LINE_MAX - (sizeof head - 1) - 2 + more, "\"}");
        package_fixture_event(&r->f, line);
        verify_rig_journal(r, &line, 1, 1);
        assert_int_equal(verify_rig_find(r, "numbers", VERIFIER_FAIL) != NULL, more > 0);
        free(line);
        free(r->f.events[--r->f.events_count]);
    }
}

static void line_of_a_history(void **state)
{
    struct verify_rig *r = *state;
    struct history history;
    struct err err;
    for (size_t more = 0; more < 2; more++) {
        char *text = repeat("", "x", HISTORY_LINE_MAX + more, "\n");
        assert_int_equal(history_read(&history, text, strlen(text), r->trust, &err), -1);
        says(&err, more > 0, "cut off or too long");
        history_close(&history);
        free(text);
    }
}

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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(package_size),
        cmocka_unit_test(entry_names),
        cmocka_unit_test(list_of_contents),
        cmocka_unit_test(signature_size),
        T(certificates_inside),
        cmocka_unit_test(trusted_certificates),
        cmocka_unit_test(record_text),
        T(record_files),
        T(length_of_a_recording),
        T(earlier_passages),
        cmocka_unit_test(checkpoint_text),
        T(event_of_a_proof),
        T(line_of_a_journal),
        T(line_of_a_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
