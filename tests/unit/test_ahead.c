/*
 * Reading ahead: whoever takes a package gets what reading it himself would have given, whatever was asked for before.
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
#include <unistd.h>

#include "reports/ahead.h"
#include "reports/sha256.h"

enum { FILES = 3 * AHEAD_MAX, BYTES = 100000 };

struct folder {
    char path[64];
    char names[FILES][96], sha256[FILES][65];
    struct ahead *ahead;
};

static char *content_of(int i)
{
    char *content = malloc(BYTES);
    assert_non_null(content);
    memset(content, 'a' + i, BYTES);
    return content;
}

static void put(const char *path, const char *content, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static int make(void **state)
{
    struct err err;
    struct folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    char path[] = "/tmp/test_ahead.XXXXXX";
    assert_non_null(mkdtemp(path));
    snprintf(f->path, sizeof f->path, "%s", path);
    for (int i = 0; i < FILES; i++) {
        char *content = content_of(i);
        snprintf(f->names[i], sizeof f->names[i], "%s/%d", path, i);
        put(f->names[i], content, BYTES);
        sha256_hex(content, BYTES, f->sha256[i]);
        free(content);
    }
    assert_int_equal(ahead_open(&f->ahead, &err), 0);
    *state = f;
    return 0;
}

static int clear(void **state)
{
    struct folder *f = *state;
    ahead_close(f->ahead);
    for (int i = 0; i < FILES; i++)
        unlink(f->names[i]);
    rmdir(f->path);
    free(f);
    return 0;
}

static void ask(struct folder *f, int i)
{
    ahead_ask(f->ahead, f->names[i], f->sha256[i]);
}

static void take(struct folder *f, int i)
{
    struct err err;
    struct contents c = {0};
    char *content = content_of(i);
    assert_int_equal(ahead_take(f->ahead, &c, f->names[i], f->sha256[i], &err), 0);
    assert_int_equal(c.package_size, BYTES);
    assert_memory_equal(c.package, content, BYTES);
    contents_free(&c);
    free(content);
}

/* It is had although its file is gone: sooner or later the thread was there first. */
static void take_without_its_file(struct folder *f, int i)
{
    char away[sizeof f->names[i] + 2], *content = content_of(i);
    struct contents c;
    struct err err;
    int result;
    time_t until = time(NULL) + 60;
    snprintf(away, sizeof away, "%s.a", f->names[i]);
    do {
        ask(f, i);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        c = (struct contents){0};
        assert_int_equal(rename(f->names[i], away), 0);
        result = ahead_take(f->ahead, &c, f->names[i], f->sha256[i], &err);
        assert_int_equal(rename(away, f->names[i]), 0);
        assert_true(time(NULL) < until);
    } while (result != 0);
    assert_int_equal(c.package_size, BYTES);
    assert_memory_equal(c.package, content, BYTES);
    contents_free(&c);
    free(content);
}

static void what_was_asked_for_is_read_before_it_is_taken(void **state)
{
    struct folder *f = *state;
    take_without_its_file(f, 0);
}

static void in_any_order_and_unasked(void **state)
{
    struct folder *f = *state;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < AHEAD_MAX; i++)
            ask(f, i);
        for (int i = FILES - 1; i >= 0; i--)
            take(f, i);
    }
}

static void what_nobody_takes_makes_room(void **state)
{
    struct folder *f = *state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < FILES; i++)
            ask(f, i);
        take(f, round);
    }
    take_without_its_file(f, 0);
}

static void trouble_is_told_to_the_taker(void **state)
{
    struct folder *f = *state;
    struct err err = {0};
    struct contents c = {0};
    put(f->names[1], "another", 7);
    for (int asked = 0; asked < 2; asked++) {
        if (asked)
            ask(f, 1);
        assert_int_equal(ahead_take(f->ahead, &c, f->names[1], f->sha256[1], &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.text, "not what was sealed"));
        contents_free(&c);
    }
    unlink(f->names[2]);
    ask(f, 2);
    assert_int_equal(ahead_take(f->ahead, &c, f->names[2], f->sha256[2], &err), -1);
    assert_non_null(strstr(err.text, f->names[2]));
    contents_free(&c);
    take(f, 3);
}

/* The same place with another digest is another package. */
static void a_package_sealed_anew_is_not_the_old_one(void **state)
{
    struct folder *f = *state;
    struct contents c = {0};
    struct err err;
    char *content = content_of(5), sha256[65];
    ask(f, 0);
    put(f->names[0], content, BYTES);
    sha256_hex(content, BYTES, sha256);
    assert_int_equal(ahead_take(f->ahead, &c, f->names[0], sha256, &err), 0);
    assert_memory_equal(c.package, content, BYTES);
    contents_free(&c);
    free(content);
}

static void closing_ends_what_is_under_way(void **state)
{
    struct folder *f = *state;
    struct err err;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < round % (AHEAD_MAX + 1); i++)
            ask(f, i);
        ahead_close(f->ahead);
        assert_int_equal(ahead_open(&f->ahead, &err), 0);
    }
    ahead_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_asked_for_is_read_before_it_is_taken, make, clear),
        cmocka_unit_test_setup_teardown(in_any_order_and_unasked, make, clear),
        cmocka_unit_test_setup_teardown(what_nobody_takes_makes_room, make, clear),
        cmocka_unit_test_setup_teardown(trouble_is_told_to_the_taker, make, clear),
        cmocka_unit_test_setup_teardown(a_package_sealed_anew_is_not_the_old_one, make, clear),
        cmocka_unit_test_setup_teardown(closing_ends_what_is_under_way, make, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
