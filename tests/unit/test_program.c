/* What all programs share: whole files, durable writes, the log's lines, and which binary is running. */
#include "reports/file.h"
#include "reports/log.h"
#include "reports/program.h"
#include "reports/sha256.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[256];

static const char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/program.XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

/* FIPS 180-4 examples (NIST, "SHA256.pdf"): one block, two blocks, none. */
static void sha256_gives_the_published_digests(void **state)
{
    (void)state;
    char hex[65];
    sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_file_comes_back_as_written(void **state)
{
    (void)state;
    struct err err;
    char *data;
    size_t length;
    const char *path = in_folder("whole");
    assert_int_equal(file_write(path, "one\0two", 7, 0640, &err), 0);
    assert_int_equal(file_read(path, 7, &data, &length, &err), 0);
    assert_int_equal(length, 7);
    assert_memory_equal(data, "one\0two", 8); /* with the NUL behind */
    free(data);
    assert_int_equal(file_write(path, "", 0, 0640, &err), 0);
    assert_int_equal(file_read(path, 7, &data, &length, &err), 0);
    assert_int_equal(length, 0);
    free(data);
    char hex[65];
    uint64_t size = 1;
    assert_int_equal(file_sha256(path, hex, &size, &err), 0);
    assert_int_equal(size, 0);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct err err;
    char *data;
    size_t length;
    assert_int_equal(file_read(in_folder("absent"), 9, &data, &length, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_non_null(strstr(err.text, "absent: cannot open: No such file"));
    assert_int_equal(file_read(folder, 9, &data, &length, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    assert_int_equal(file_read(in_folder("pipe"), 9, &data, &length, &err), -1);
    assert_non_null(strstr(err.text, "is not a regular file"));
    assert_int_equal(file_write(in_folder("large"), "0123456789", 10, 0640, &err), 0);
    assert_int_equal(file_read(in_folder("large"), 9, &data, &length, &err), -1);
    assert_non_null(strstr(err.text, "has 10 bytes, at most 9"));
    /* /proc says 0 bytes and gives more. */
    assert_int_equal(file_read("/proc/self/status", 16, &data, &length, &err), -1);
    assert_int_equal(file_read("/proc/self/status", 1 << 16, &data, &length, &err), 0);
    assert_true(length > 100);
    free(data);
}

static void a_failed_write_leaves_the_old_file_alone(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(file_write(in_folder("none/file"), "x", 1, 0640, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    /* A folder in the way of the rename; nothing may stay beside it. */
    assert_int_equal(file_make_folder(in_folder("taken"), 0750, &err), 0);
    assert_int_equal(file_make_folder(in_folder("taken"), 0750, &err), 0);
    assert_int_equal(file_write(in_folder("taken"), "x", 1, 0640, &err), -1);
    char aside[600];
    snprintf(aside, sizeof aside, "%s.new-%ld", in_folder("taken"), (long)getpid());
    assert_int_equal(access(aside, F_OK), -1);
    assert_int_equal(file_make_folder(in_folder("large"), 0750, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
}

/* What the log wrote, with stderr sent to a file meanwhile. */
static char *logged(const char *notify, const char *journal, const char *text)
{
    static char line[2048];
    fflush(stderr);
    int keep = dup(STDERR_FILENO);
    int fd = open(in_folder("log"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(fd, STDERR_FILENO);
    struct stat st;
    fstat(fd, &st);
    char stream[64];
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("JOURNAL_STREAM");
    if (notify)
        setenv("NOTIFY_SOCKET", notify, 1);
    if (journal)
        setenv("JOURNAL_STREAM", *journal ? journal : stream, 1);
    log_open("smogd", false);
    log_warning("%s", text);
    log_debug("hidden");
    dup2(keep, STDERR_FILENO);
    close(keep);
    ssize_t n = pread(fd, line, sizeof line - 1, 0);
    close(fd);
    line[n > 0 ? n : 0] = '\0';
    return line;
}

static void the_log_speaks_to_people_and_to_the_journal(void **state)
{
    (void)state;
    assert_string_equal(logged(NULL, NULL, "bus0: 无应答"), "smogd: bus0: 无应答\n");
    assert_string_equal(logged("/run/notify", NULL, "x"), "<4>x\n");
    assert_string_equal(logged(NULL, "", "x"), "<4>x\n");
    assert_string_equal(logged(NULL, "1:1", "x"), "smogd: x\n"); /* a stream that is not our stderr */
    assert_string_equal(logged(NULL, NULL, "a\nb\033[2J\177"), "smogd: a?b?[2J?\n");
}

static void an_endless_message_is_cut_to_one_line(void **state)
{
    (void)state;
    char text[3000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    char *line = logged(NULL, NULL, text);
    assert_int_equal(strlen(line), 1024);
    assert_int_equal(line[1023], '\n');
}

static void version_names_the_binary_that_runs(void **state)
{
    (void)state;
    char mine[65], other[65];
    struct err err;
    assert_int_equal(program_sha256(mine, &err), 0);
    char path[1024];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    assert_true(n > 0);
    path[n] = '\0';
    assert_int_equal(file_sha256(path, other, NULL, &err), 0);
    assert_string_equal(mine, other);
    /* readelf reads the same note by another road. */
    char command[1200], line[256], expected[128] = "";
    snprintf(command, sizeof command, "readelf -n '%s'", path);
    FILE *f = popen(command, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, " Build ID: %127s", expected) == 1)
            break;
    if (f)
        pclose(f);
    assert_string_not_equal(expected, "");
    assert_string_equal(program_build_id(), expected);
}

static void only_the_first_argument_asks(void **state)
{
    (void)state;
    char *none[] = {(char[]){"smogd"}, NULL}, *other[] = {(char[]){"smogd"}, (char[]){"-c"}, NULL};
    assert_int_equal(program_answer(1, none, "smogd", "help\n"), -1);
    assert_int_equal(program_answer(2, other, "smogd", "help\n"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_digests),
        cmocka_unit_test(a_file_comes_back_as_written),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(a_failed_write_leaves_the_old_file_alone),
        cmocka_unit_test(the_log_speaks_to_people_and_to_the_journal),
        cmocka_unit_test(an_endless_message_is_cut_to_one_line),
        cmocka_unit_test(version_names_the_binary_that_runs),
        cmocka_unit_test(only_the_first_argument_asks),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
