#define _DEFAULT_SOURCE /* syscall */
/* Object files: kept by their digest, whole or absent whatever call of the system fails. */
#include "station/store.h"

#include "reports/file.h"
#include "tests/support/store_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[256];
static struct err err;

static int fresh(void **state)
{
    (void)state;
    fixture_folder(dir, sizeof dir);
    return 0;
}

static void objects_are_kept_by_their_digest(void **state)
{
    (void)state;
    struct store *s = fixture_open(dir, STORE_OWNER);
    char sha256[65], again[65], path[512];
    void *data;
    size_t length;
    struct stat st;
    assert_int_equal(store_object_put(s, "abc", 3, sha256, &err), 0);
    assert_string_equal(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(store_object_path(s, sha256, path, sizeof path, &err), 0);
    assert_non_null(strstr(path, "/objects/ba/7816bf8f"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0440);
    ino_t first = st.st_ino;
    assert_int_equal(store_object_put(s, "abc", 3, again, &err), 0);
    assert_string_equal(again, sha256);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_ino, first); /* not written twice */
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), 0);
    assert_int_equal(length, 3);
    assert_memory_equal(data, "abc", 3);
    free(data);
    /* Damage is told, never handed out; putting the content again heals it. */
    assert_int_equal(file_write(path, "abd", 3, 0440, &err), 0);
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), -1);
    assert_non_null(strstr(err.text, "is damaged"));
    assert_int_equal(store_object_put(s, "abc", 3, again, &err), 0);
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), 0);
    free(data);
    assert_int_equal(store_object_put(s, "", 0, sha256, &err), 0);
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), 0);
    assert_int_equal(length, 0);
    free(data);
    assert_int_equal(store_object_get(s, "../../../etc/passwd", &data, &length, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    memset(sha256, 'f', 64);
    assert_int_equal(store_object_get(s, sha256, &data, &length, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    store_close(s);
}

static bool calls_count;
static long calls, call_fails_at;
static int call_errno;

static bool call_fails(void)
{
    if (!calls_count || ++calls != call_fails_at)
        return false;
    errno = call_errno;
    return true;
}

/* These take the places of the C library's in this program. */
ssize_t write(int fd, const void *data, size_t length)
{
    if (call_fails()) {
        if (length > 1)
            syscall(SYS_write, fd, data, length / 2);
        errno = call_errno;
        return -1;
    }
    return syscall(SYS_write, fd, data, length);
}

int fsync(int fd)
{
    (void)fd;
    return call_fails() ? -1 : 0; /* nothing is really synced: quick */
}

int rename(const char *from, const char *to)
{
    return call_fails() ? -1 : (int)syscall(SYS_rename, from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return call_fails() ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

static void an_object_is_whole_or_absent(void **state)
{
    (void)state;
    static const int errors[] = {EIO, ENOSPC};
    for (size_t e = 0; e < 2; e++)
        for (long nth = 1;; nth++) {
            struct store *s;
            char text[64], sha256[65], path[512];
            void *data;
            size_t length;
            fixture_folder(dir, sizeof dir);
            s = fixture_open(dir, STORE_OWNER);
            snprintf(text, sizeof text, "photo %ld", nth);
            calls = 0;
            call_fails_at = nth;
            call_errno = errors[e];
            calls_count = true;
            int rc = store_object_put(s, text, strlen(text), sha256, &err);
            calls_count = false;
            if (rc != 0 && errors[e] == ENOSPC)
                assert_non_null(strstr(err.text, "the disk is full"));
            assert_int_equal(store_object_path(s, sha256, path, sizeof path, &err), 0);
            /* Never half: whatever has the name has the content. */
            if (rc == 0 || access(path, F_OK) == 0) {
                assert_int_equal(store_object_get(s, sha256, &data, &length, &err), 0);
                assert_int_equal(length, strlen(text));
                free(data);
            }
            snprintf(path, sizeof path, "%s/objects/new-%ld", dir, (long)getpid());
            assert_int_equal(access(path, F_OK), -1); /* nothing left aside */
            assert_int_equal(store_object_put(s, text, strlen(text), sha256, &err), 0);
            store_close(s);
            if (calls < nth) {
                assert_int_equal(rc, 0);
                assert_true(nth >= 6);
                break;
            }
            assert_int_equal(rc, -1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(objects_are_kept_by_their_digest, fresh),
        cmocka_unit_test_setup(an_object_is_whole_or_absent, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
