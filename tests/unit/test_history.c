/* History files: a good one is taken, and one byte that does not hold refuses the whole file, naming its line. */
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
#include "station/core/json.h"
#include "tests/support/verify_rig.h"

enum { TEXT_MAX = 64 << 10 };

struct bench {
    struct verify_rig *r;
    size_t length;
    char text[TEXT_MAX];
};

static void put_head(struct bench *b)
{
    struct err err;
    struct json_writer w;
    char *pem, *note = package_fixture_checkpoint(&b->r->f, b->r->f.events_count);
    size_t length;
    assert_int_equal(file_read(b->r->f.station.cert_file, TEXT_MAX, &pem, &length, &err), 0);
    json_writer_init(&w, b->text, TEXT_MAX);
    json_object_begin(&w, NULL);
    json_string(&w, "certificate", pem);
    json_string(&w, "checkpoint", note);
    json_string(&w, "format", HISTORY_FORMAT);
    json_object_end(&w);
    b->length = (size_t)json_writer_finish(&w);
    b->text[b->length++] = '\n';
    free(note);
    free(pem);
}

/* The fact of event `index`, whose record is the fixture's. */
static void put_fact(struct bench *b, size_t index, const char *record)
{
    struct json_writer w;
    const char *event = b->r->f.events[index];
    char *path = package_fixture_inclusion(&b->r->f, index, b->r->f.events_count);
    json_writer_init(&w, b->text + b->length, TEXT_MAX - b->length);
    json_object_begin(&w, NULL);
    json_raw(&w, "event", event, strlen(event));
    json_integer(&w, "index", (int64_t)index);
    json_raw(&w, "path", path, strlen(path));
    json_raw(&w, "record", record, strlen(record));
    json_object_end(&w);
    b->length += (size_t)json_writer_finish(&w);
    b->text[b->length++] = '\n';
    b->text[b->length] = '\0';
    free(path);
}

/* Two passages of the same vehicle. */
static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    b->r = verify_rig_open();
    struct package_fixture *f = &b->r->f;
    size_t index[2];
    char *records[2];
    for (int i = 0; i < 2; i++) {
        snprintf(f->id, sizeof f->id, "652301-0007-P%08d", i + 1);
        package_fixture_record(f);
        index[i] = package_fixture_record_event(f);
        records[i] = strdup(package_fixture_file(f, "record.json")->data);
        package_fixture_note(f, "check", "");
    }
    put_head(b);
    for (int i = 0; i < 2; i++) {
        put_fact(b, index[i], records[i]);
        free(records[i]);
    }
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    verify_rig_close(b->r);
    free(b);
    return 0;
}

static void run(struct bench *b)
{
    struct verifier_options options = {.trust = b->r->trust};
    verifier_history(&b->r->v, b->text, b->length, &options);
}

static void expect_good(struct bench *b)
{
    run(b);
    if (!b->r->v.ok)
        verify_rig_show(b->r);
    assert_true(b->r->v.ok && b->r->v.count > 0);
}

static void expect_refused(struct bench *b, const char *words)
{
    run(b);
    const struct verifier_finding *f = verify_rig_find(b->r, "history", VERIFIER_FAIL);
    if (b->r->v.ok || !f || !strstr(f->en, words)) {
        verify_rig_show(b->r);
        fail_msg("should be refused with '%s'", words);
    }
}

static void a_good_history_is_taken(void **state)
{
    struct bench *b = *state;
    struct history history;
    struct err err;
    expect_good(b);
    assert_string_equal(b->r->v.station, "652301-0007");
    assert_non_null(strstr(verify_rig_find(b->r, "history", VERIFIER_OK)->en, " 2 facts"));
    assert_int_equal(history_read(&history, b->text, b->length, b->r->trust, &err), 0);
    assert_int_equal(history.facts_count, 2);
    assert_string_equal(history.facts[1].id, "652301-0007-P00000002");
    assert_string_equal(history.facts[1].verdict, "suspect");
    history_close(&history);
}

static void no_byte_can_change_unseen(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i + 1 < b->length; i += 7) { /* a seventh of them: each run reads the whole file */
        char was = b->text[i];
        b->text[i] ^= 1;
        run(b);
        /* base64 of the certificate holds bits that say nothing, and OpenSSL reads its line ends kindly */
        bool certificate = i < (size_t)(strstr(b->text, "END CERT") - b->text);
        if (b->r->v.ok && !certificate)
            fail_msg("byte %zu changed unseen", i);
        b->text[i] = was;
    }
    expect_good(b);
}

static void forged_histories(void **state)
{
    static const struct {
        const char *from, *to, *words;
    } rows[] = {
        {"smogd-history-1", "smogd-history-2", "line 1"},
        {"\"index\":0", "\"index\":1", "line 2"},
        {"\"measured\":\"41.3\"", "\"measured\":\"31.3\"", "line 2"},
        {"\"kind\":\"passage\",\"mono_ms\"", "\"kind\":\"passagX\",\"mono_ms\"", "line 2"},
        {"smogd/652301-0007\\n4", "smogd/652301-0007\\n5", "line 1"},
    };
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *at = strstr(b->text, rows[i].from);
        assert_non_null(at);
        memcpy(at, rows[i].to, strlen(rows[i].to));
        expect_refused(b, rows[i].words);
        memcpy(at, rows[i].from, strlen(rows[i].from));
    }
    expect_good(b);
    b->length--;
    expect_refused(b, "line 3: it is cut off");
    b->length = 0;
    expect_refused(b, "empty");
}

static void facts_in_another_order(void **state)
{
    struct bench *b = *state;
    char *first = strchr(b->text, '\n') + 1, *second = strchr(first, '\n') + 1;
    size_t a = (size_t)(second - first), c = b->length - (size_t)(second - b->text);
    char *copy = malloc(a);
    memcpy(copy, first, a);
    memmove(first, second, c);
    memcpy(first + c, copy, a);
    free(copy);
    expect_refused(b, "line 3");
}

/* By a station of the same authority, in the name of another one. */
static void in_the_name_of_another_station(void **state)
{
    struct bench *b = *state;
    verify_rig_key(b->r, &(struct keys_request){.name = "x", .subject = "652301-0008", .by = &b->r->f.ca});
    char *rest = strdup(strchr(b->text, '\n') + 1);
    put_head(b);
    strcpy(b->text + b->length, rest);
    b->length += strlen(rest);
    free(rest);
    expect_refused(b, "that of station 652301-0008");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_good_history_is_taken), T(no_byte_can_change_unseen),      T(forged_histories),
        T(facts_in_another_order),  T(in_the_name_of_another_station),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
