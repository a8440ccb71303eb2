/*
 * case.json and log/events.json of a sealed package: every step of the custody is an event of the journal with a path
 * to the signed checkpoint, the digests follow from the files, and each file has its columns.
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

#include "reports/container.h"
#include "reports/file.h"
#include "reports/merkle_json.h"
#include "reports/sha256.h"
#include "station/sealing.h"
#include "tests/support/case_fixture.h"
#include "tests/support/jpeg_make.h"
#include "tests/support/store_fixture.h"

enum { TOKENS = 16384 };

struct bench {
    char dir[256];
    struct package_fixture files;
    struct store *owner, *push;
    struct queue *queue;
    struct sealing sealing;
    char *bytes; /* of the package */
    struct container container;
    struct json_token tokens[3][TOKENS];
    struct json_doc made, events, proof; /* case.json, log/events.json, log/proof.json */
};

static struct err err;

static void must(int result)
{
    if (result != 0)
        fail_msg("%s", err.text);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    fixture_folder(b->dir, sizeof b->dir);
    package_fixture_open(&b->files, b->dir, true);
    must(store_open(&b->owner, b->dir, "652301-0007", STORE_OWNER, &err));
    must(store_open(&b->push, b->dir, "652301-0007", STORE_DELIVERY, &err));
    must(queue_open(&b->queue, store_database(b->push), &err));
    b->sealing = (struct sealing){.store = b->push,
                                  .queue = b->queue,
                                  .folder = b->dir,
                                  .offset_minutes = 480,
                                  .seals = {b->files.seal},
                                  .seals_count = 1};
    must(sealing_init(&b->sealing, &err));
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    queue_close(b->queue);
    store_close(b->push);
    store_close(b->owner);
    package_fixture_close(&b->files);
    free(b->bytes);
    free(b);
    return 0;
}

/* An event of that kind which belongs to the subject. */
static void add_event(struct bench *b, const char *subject, const char *kind, const char *body)
{
    uint64_t index;
    must(store_begin(b->owner, &err));
    must(store_append(b->owner, kind, body, strlen(body), &index, &err));
    must(store_subject_event_add(b->owner, subject, index, kind, &err));
    must(store_commit(b->owner, &err));
}

static void add_picture(struct bench *b, const char *subject, const uint8_t *jpeg, size_t length)
{
    char sha256[65], body[600];
    must(store_object_put(b->owner, jpeg, length, sha256, &err));
    snprintf(body, sizeof body,
             "{\"at\":\"2026-07-01T09:40:00.000+08:00\",\"bits\":24,\"height\":1080,\"kind\":\"photo\",\"mono_ms\":5,"
             "\"name\":\"photos/"
             "01-front.jpg\",\"officer\":\"H0001\",\"passage\":\"%s\",\"sha256\":\"%s\",\"shows\":\"front\","
             "\"size\":%zu,\"station\":\"652301-0007\",\"taken\":\"2026-07-01T09:31:00\",\"width\":1920}",
             subject, sha256, length);
    add_event(b, subject, "photo", body);
    must(store_begin(b->owner, &err));
    must(store_file_add(b->owner, subject, "photos/01-front.jpg", sha256, length, &err));
    must(store_commit(b->owner, &err));
}

static void add_photo(struct bench *b, const char *subject)
{
    uint8_t jpeg[JPEG_MAKE_MAX];
    size_t length = jpeg_make(&(struct jpeg_make){.width = 1920, .height = 1080, .components = 3}, jpeg);
    add_picture(b, subject, jpeg, length);
}

static int take(void *ctx, const struct store_case *c)
{
    *(struct store_case *)ctx = *c;
    return 1;
}

static void open_json(struct bench *b, int which, const char *name, struct json_doc *doc)
{
    const struct container_entry *entry = container_find(&b->container, name);
    if (!entry)
        fail_msg("%s is missing", name);
    *doc = (struct json_doc){.tokens = b->tokens[which], .max = TOKENS};
    must(json_parse(doc, (const char *)entry->data, entry->size, b->tokens[which], TOKENS, &err));
}

static void seal(struct bench *b)
{
    struct store_case found = {0};
    struct queue_package made;
    char path[800];
    size_t size;
    must(store_case_unsealed(b->push, 0, 1, take, &found, &err));
    must(sealing_case(&b->sealing, &found, b->files.now_ms, &made, &err));
    snprintf(path, sizeof path, "%s/%s", b->dir, made.path);
    must(file_read(path, CONTAINER_SIZE_MAX, &b->bytes, &size, &err));
    must(container_read(&b->container, (const uint8_t *)b->bytes, size, &err));
    open_json(b, 0, "case.json", &b->made);
    open_json(b, 1, "log/events.json", &b->events);
    open_json(b, 2, "log/proof.json", &b->proof);
}

static void expect(const struct json_doc *doc, ptrdiff_t object, const char *key, const char *value)
{
    ptrdiff_t token = json_member(doc, (size_t)object, key);
    if (value ? !json_equals(doc, token, value) : token >= 0)
        fail_msg("'%s' is not %s but %.*s", key, value ? value : "left out",
                 token < 0 ? 0 : (int)doc->tokens[token].length, token < 0 ? "" : doc->text + doc->tokens[token].start);
}

static ptrdiff_t step_of(const struct bench *b, size_t i)
{
    return json_element(&b->made, (size_t)json_member(&b->made, 0, "custody"), i);
}

/* The element of `files` with that name. */
static ptrdiff_t file_of(const struct bench *b, const char *name)
{
    ptrdiff_t files = json_member(&b->made, 0, "files"), object;
    for (size_t i = 0; (object = json_element(&b->made, (size_t)files, i)) >= 0; i++)
        if (json_equals(&b->made, json_member(&b->made, (size_t)object, "name"), name))
            return object;
    fail_msg("case.json does not list %s", name);
    return -1;
}

static void add_case(struct bench *b, bool with_photo)
{
    fixture_event(b->owner, "instrument");
    case_fixture_add_with(b->owner, &b->files, 1, NULL, 0);
    fixture_event(b->owner, "instrument");
    if (with_photo)
        add_photo(b, b->files.id);
}

static void every_step_is_proved(void **state)
{
    struct bench *b = *state;
    add_case(b, true);
    seal(b);
    ptrdiff_t custody = json_member(&b->made, 0, "custody"), events = json_member(&b->events, 0, "events");
    assert_int_equal(b->made.tokens[custody].count, 2);
    assert_int_equal(b->events.tokens[events].count, 2);
    expect(&b->made, step_of(b, 0), "kind", "passage");
    expect(&b->made, step_of(b, 1), "kind", "photo");
    expect(&b->made, step_of(b, 1), "officer", "H0001");
    expect(&b->made, step_of(b, 1), "name", "photos/01-front.jpg");
    for (size_t i = 0; i < 2; i++) {
        struct merkle_hash path[MERKLE_PATH_MAX], leaf;
        char body[4096];
        size_t count;
        int64_t index, same, size;
        ptrdiff_t event = json_element(&b->events, (size_t)events, i);
        assert_true(json_get_string(&b->events, json_member(&b->events, (size_t)event, "event"), body, sizeof body));
        assert_true(json_get_integer(&b->events, json_member(&b->events, (size_t)event, "index"), &index));
        assert_true(json_get_integer(&b->events, json_member(&b->events, 0, "size"), &size));
        assert_true(json_get_integer(&b->made, json_member(&b->made, (size_t)step_of(b, i), "index"), &same));
        assert_int_equal(index, same);
        assert_int_equal(size, b->sealing.latest.size);
        must(merkle_json_read(&b->events, json_member(&b->events, (size_t)event, "path"), path, &count, &err));
        merkle_leaf(body, strlen(body), &leaf);
        assert_true(
            merkle_verify_inclusion((uint64_t)index, (uint64_t)size, &leaf, path, count, &b->sealing.latest.root));
    }
}

/* The digest as FORMATS.md tells it, over what the record and the picture's event say. */
static void digest_of(const struct bench *b, bool with_photo, char out[65])
{
    static const char *const names[] = {"photos/01-front.jpg", "profiles/rsd-pinyin.conf", "readings.csv",
                                        "record.json",         "rules/hj845-2017.conf",    "wire/rsd1.rec"};
    char text[4096] = "[";
    for (size_t i = with_photo ? 0 : 1; i < sizeof names / sizeof names[0]; i++) {
        char sha256[65];
        const struct container_entry *entry = container_find(&b->container, names[i]);
        assert_non_null(entry);
        sha256_hex(entry->data, entry->size, sha256);
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s{\"name\":\"%s\",\"sha256\":\"%s\",\"size\":%zu}", at > 1 ? "," : "",
                 names[i], sha256, entry->size);
    }
    size_t end = strlen(text);
    snprintf(text + end, sizeof text - end, "]");
    sha256_hex(text, strlen(text), out);
}

static void digests_follow_from_the_files(void **state)
{
    struct bench *b = *state;
    char record[65], both[65];
    add_case(b, true);
    seal(b);
    digest_of(b, false, record);
    digest_of(b, true, both);
    expect(&b->made, step_of(b, 0), "before", NULL);
    expect(&b->made, step_of(b, 0), "after", record);
    expect(&b->made, step_of(b, 1), "before", record);
    expect(&b->made, step_of(b, 1), "after", both);
}

static void each_file_has_its_columns(void **state)
{
    struct bench *b = *state;
    add_case(b, true);
    seal(b);
    ptrdiff_t files = json_member(&b->made, 0, "files");
    size_t others = 0;
    for (size_t i = 0; i < b->container.count; i++) {
        const char *name = b->container.entries[i].name;
        others += strcmp(name, "mimetype") == 0 || strcmp(name, "case.json") == 0 || strncmp(name, "log/", 4) == 0 ||
                  strncmp(name, "META-INF/", 9) == 0;
    }
    assert_int_equal(b->made.tokens[files].count, b->container.count - others);
    ptrdiff_t record = file_of(b, "record.json"), wire = file_of(b, "wire/rsd1.rec"),
              photo = file_of(b, "photos/01-front.jpg"), report = file_of(b, "report.pdf");
    expect(&b->made, record, "class", "电子数据");
    expect(&b->made, record, "format", "application/json");
    expect(&b->made, report, "class", "书证");
    expect(&b->made, photo, "class", "视听资料");
    expect(&b->made, photo, "made_by", "H0001");
    expect(&b->made, photo, "made_at", "2026-07-01T09:31:00");
    expect(&b->made, photo, "proves", "车辆前部全貌");
    expect(&b->made, photo, "derived_from", NULL);
    expect(&b->made, wire, "derived_from", NULL);
    ptrdiff_t sources = json_member(&b->made, (size_t)record, "derived_from");
    assert_int_equal(b->made.tokens[sources].count, 3); /* recording, pack, profile */
    char location[200], sha256[65], expected[200];
    const struct container_entry *entry = container_find(&b->container, "wire/rsd1.rec");
    sha256_hex(entry->data, entry->size, sha256);
    expect(&b->made, wire, "sha256", sha256);
    snprintf(expected, sizeof expected, "652301-0007 objects/%.2s/%s", sha256, sha256 + 2);
    assert_true(
        json_get_string(&b->made, json_member(&b->made, (size_t)wire, "original_location"), location, sizeof location));
    assert_string_equal(location, expected);
}

static void what_is_not_known_is_left_out(void **state)
{
    struct bench *b = *state;
    add_case(b, false);
    seal(b);
    expect(&b->made, 0, "photo_checks", NULL);
    expect(&b->made, 0, "format", "smogd-case-1");
    expect(&b->made, 0, "case", "652301-0007-C000001");
    expect(&b->made, file_of(b, "rules/hj845-2017.conf"), "made_by", NULL);
    assert_int_equal(b->made.tokens[json_member(&b->made, 0, "reviews")].count, 0);
    ptrdiff_t basis = json_member(&b->made, 0, "basis");
    expect(&b->made, basis, "kind", "remote-sensing");
    assert_true(json_member(&b->made, 0, "site") > 0);
}

static void the_last_check_of_the_pictures_stands(void **state)
{
    struct bench *b = *state;
    add_case(b, true);
    for (int i = 1; i <= 2; i++) {
        char body[400];
        snprintf(
            body, sizeof body,
            "{\"at\":\"2026-07-01T09:4%d:00.000+08:00\",\"checks\":[{\"check\":\"photos\",\"figure\":%d}],\"kind\":"
            "\"photo-check\",\"mono_ms\":%d,\"pack\":\"evidence-cn\",\"passage\":\"%s\",\"station\":\"652301-0007\"}",
            i, i, i, b->files.id);
        add_event(b, b->files.id, "photo-check", body);
    }
    seal(b);
    ptrdiff_t checks = json_member(&b->made, 0, "photo_checks");
    assert_true(checks > 0);
    expect(&b->made, checks, "pack", "evidence-cn");
    ptrdiff_t list = json_member(&b->made, (size_t)checks, "checks");
    assert_int_equal(b->made.tokens[list].length, strlen("[{\"check\":\"photos\",\"figure\":2}]"));
    char before[65], after[65];
    assert_true(
        json_get_string(&b->made, json_member(&b->made, (size_t)step_of(b, 3), "before"), before, sizeof before));
    assert_true(json_get_string(&b->made, json_member(&b->made, (size_t)step_of(b, 3), "after"), after, sizeof after));
    assert_string_equal(before, after); /* a check changes nothing */
}

static void a_sheet_is_made_of_the_first_whole_picture(void **state)
{
    struct bench *b = *state;
    size_t size;
    uint8_t *jpeg = jpeg_make_picture(640, 480, 0, &size);
    add_case(b, false);
    add_picture(b, b->files.id, jpeg, size);
    seal(b);
    const struct container_entry *original = container_find(&b->container, "photos/01-front.jpg"),
                                 *sheet = container_find(&b->container, "overlay/sheet.jpg");
    assert_non_null(sheet);
    assert_int_equal(original->size, size);
    assert_memory_equal(original->data, jpeg, size);
    ptrdiff_t listed = file_of(b, "overlay/sheet.jpg"), from = json_member(&b->made, (size_t)listed, "derived_from");
    assert_true(json_equals(&b->made, json_element(&b->made, (size_t)from, 0), "photos/01-front.jpg"));
    expect(&b->made, listed, "class", "视听资料");
    free(jpeg);
}

/* A picture whose data are none keeps no case from its seal. */
static void without_a_sheet_a_case_is_sealed_too(void **state)
{
    struct bench *b = *state;
    add_case(b, true);
    seal(b);
    assert_null(container_find(&b->container, "overlay/sheet.jpg"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_step_is_proved),
        TEST(digests_follow_from_the_files),
        TEST(each_file_has_its_columns),
        TEST(what_is_not_known_is_left_out),
        TEST(the_last_check_of_the_pictures_stands),
        TEST(a_sheet_is_made_of_the_first_whole_picture),
        TEST(without_a_sheet_a_case_is_sealed_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
