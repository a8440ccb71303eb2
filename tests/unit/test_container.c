/* The strict ZIP reader: what libzip writes is read, and no byte of it can change unseen. */
#include "reports/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/zip_forge.h"

struct bytes {
    uint8_t *data;
    size_t size;
};

struct file {
    const char *name, *content;
    zip_int32_t method;
    zip_uint32_t attributes;
};

static struct bytes make_zip(const struct file *files, size_t count, const char *comment)
{
    struct bytes zip;
    struct zip_forge_file *list = calloc(count, sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct zip_forge_file){files[i].name, files[i].content, strlen(files[i].content), files[i].method,
                                          files[i].attributes};
    zip_forge(list, count, comment, &zip.data, &zip.size);
    free(list);
    return zip;
}

static const struct file plain[] = {
    {"mimetype", "application/vnd.etsi.asic-e+zip", ZIP_CM_STORE, 0},
    {"record.json", "{\"kind\":\"test\"}", ZIP_CM_STORE, 0},
    {"wire/smoke.rec", "0 > a55b #1\n", ZIP_CM_STORE, 0},
    {"empty.csv", "", ZIP_CM_STORE, 0},
};
enum { PLAIN = sizeof plain / sizeof plain[0] };

static void stored_entries_are_read_in_place(void **state)
{
    (void)state;
    struct bytes zip = make_zip(plain, PLAIN, NULL);
    struct container c;
    struct err err;
    assert_int_equal(container_read(&c, zip.data, zip.size, &err), 0);
    assert_int_equal(c.count, PLAIN);
    for (size_t i = 0; i < PLAIN; i++) {
        assert_string_equal(c.entries[i].name, plain[i].name);
        assert_int_equal(c.entries[i].size, strlen(plain[i].content));
        assert_memory_equal(c.entries[i].data, plain[i].content, c.entries[i].size);
    }
    assert_ptr_equal(container_find(&c, "record.json"), &c.entries[1]);
    assert_null(container_find(&c, "record"));
    free(zip.data);
}

static void every_bit_counts(void **state)
{
    (void)state;
    struct bytes zip = make_zip(plain, PLAIN, NULL);
    struct container c;
    struct err err;
    for (size_t i = 0; i < zip.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            zip.data[i] ^= (uint8_t)(1U << bit);
            if (container_read(&c, zip.data, zip.size, &err) == 0)
                fail_msg("bit %u of byte %zu changed unseen", bit, i);
            zip.data[i] ^= (uint8_t)(1U << bit);
        }
    }
    free(zip.data);
}

static void every_cut_and_every_addition_is_refused(void **state)
{
    (void)state;
    struct bytes zip = make_zip(plain, PLAIN, NULL);
    struct container c;
    struct err err;
    uint8_t *more = malloc(zip.size + 1);
    for (size_t i = 0; i < zip.size; i++) {
        memcpy(more, zip.data, i);
        assert_int_equal(container_read(&c, more, i, &err), -1);
        memcpy(more + i + 1, zip.data + i, zip.size - i);
        more[i] = 0;
        if (container_read(&c, more, zip.size + 1, &err) == 0)
            fail_msg("a byte inserted at %zu went unseen", i);
    }
    memcpy(more, zip.data, zip.size);
    more[zip.size] = 0;
    assert_int_equal(container_read(&c, more, zip.size + 1, &err), -1);
    free(more);
    free(zip.data);
}

static void refuse(const struct file *files, size_t count, const char *comment, const char *why)
{
    struct bytes zip = make_zip(files, count, comment);
    struct container c;
    struct err err;
    assert_int_equal(container_read(&c, zip.data, zip.size, &err), -1);
    if (!strstr(err.text, why))
        fail_msg("'%s' does not say '%s'", err.text, why);
    free(zip.data);
}

static void tricks_are_refused(void **state)
{
    (void)state;
    char bomb[20001];
    memset(bomb, 'a', 20000);
    bomb[20000] = 0;
    struct file two[2] = {plain[0], {"x", bomb, ZIP_CM_DEFLATE, 0}};
    refuse(two, 2, NULL, "x is compressed");
    static const char *const names[] = {"/etc/passwd", "../x",  "a/../b",       "a//b", "dir/", "a\\b", "C:x",
                                        ".hidden",     "a/./b", "\xe6\x96\xb0", "a b",  "a\nb", "-/.x"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        two[1] = (struct file){names[i], "", ZIP_CM_STORE, 0};
        refuse(two, 2, NULL, "plain relative path");
    }
    two[1] = (struct file){"MimeType", "x", ZIP_CM_STORE, 0};
    refuse(two, 2, NULL, "there twice");
    two[1] = (struct file){"link", "/etc/passwd", ZIP_CM_STORE, 0120777U << 16};
    refuse(two, 2, NULL, "link has extra ZIP fields, or is not a regular file");
    refuse(plain, PLAIN, "hello", "end record");
    static const uint8_t nothing[22] = {'P', 'K', 5, 6};
    struct container c;
    struct err err;
    assert_int_equal(container_read(&c, nothing, sizeof nothing, &err), -1);
    assert_string_equal(err.text, "the package has 0 entries; 1 to 256 are allowed");
}

static void a_second_name_in_the_directory_is_refused(void **state)
{
    (void)state;
    /* same length, so that only the directory's name changes: two readers would see two names */
    struct bytes zip = make_zip(plain, PLAIN, NULL);
    struct container c;
    struct err err;
    for (size_t i = zip.size - 11; i > 0; i--) {
        if (memcmp(zip.data + i, "record.json", 11) == 0) {
            memcpy(zip.data + i, "recorD.json", 11);
            break;
        }
    }
    assert_int_equal(container_read(&c, zip.data, zip.size, &err), -1);
    assert_string_equal(err.text, "recorD.json: the ZIP header before the data and the ZIP directory differ");
    free(zip.data);
}

static void too_many_entries_are_refused(void **state)
{
    (void)state;
    static char names[CONTAINER_ENTRIES_MAX + 1][16];
    struct file *files = calloc(CONTAINER_ENTRIES_MAX + 1, sizeof *files);
    for (size_t i = 0; i <= CONTAINER_ENTRIES_MAX; i++) {
        snprintf(names[i], sizeof names[i], "f%zu", i);
        files[i] = (struct file){names[i], "", ZIP_CM_STORE, 0};
    }
    refuse(files, CONTAINER_ENTRIES_MAX + 1, NULL, "257 entries");
    struct bytes zip = make_zip(files, CONTAINER_ENTRIES_MAX, NULL);
    struct container c;
    assert_int_equal(container_read(&c, zip.data, zip.size, NULL), 0);
    free(zip.data);
    free(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_entries_are_read_in_place),          cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(every_cut_and_every_addition_is_refused),   cmocka_unit_test(tricks_are_refused),
        cmocka_unit_test(a_second_name_in_the_directory_is_refused), cmocka_unit_test(too_many_entries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
