/*
 * The parts of tests/e2e/power_cut.sh that a shell cannot do.
 *
 *     powercut save STATE          saves test after test, each with an object file, and prints its number once it is
 * saved powercut off FOLDER          takes the power from the ext4 file system that FOLDER is the root of: nothing that
 * is not on the disk by now will ever be (EXT4_IOC_SHUTDOWN, no log flush) powercut check STATE N       exits 0 when
 * tests 1…N are there with their objects, and the journal verifies
 */
#define _DEFAULT_SOURCE
#include "reports/sha256.h"
#include "station/store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define STATION "652301-0007"

static struct err err;

static int failed(void)
{
    fprintf(stderr, "powercut: %s\n", err.text);
    return 1;
}

static int append(struct store *s, const char *kind, const char *more, uint64_t *index)
{
    char body[512];
    uint64_t size;
    if (store_size(s, &size, &err) != 0)
        return -1;
    int length =
        snprintf(body, sizeof body,
                 "{\"at\":\"2026-07-01T09:30:00.000+08:00\",\"boot\":\"b\",\"kind\":\"%s\",\"mono_ms\":%" PRIu64 "%s}",
                 kind, size, more);
    return store_append(s, kind, body, (size_t)length, index, &err);
}

static int save_test(struct store *s, int64_t n)
{
    struct store_test t = {.seq = n, .method = "m", .plate = "A", .colour = "blue", .started_ms = n};
    char more[256], record[256], digest[65], file[65];
    uint64_t index;
    snprintf(t.id, sizeof t.id, "T%" PRId64, n);
    if (store_object_put(s, t.id, strlen(t.id), file, &err) != 0 || store_begin(s, &err) != 0)
        return -1;
    int length = snprintf(record, sizeof record,
                          "{\"files\":[{\"name\":\"readings.csv\",\"sha256\":\"%s\",\"size\":%zu}],\"id\":\"%s\"}",
                          file, strlen(t.id), t.id);
    sha256_hex(record, (size_t)length, digest);
    snprintf(more, sizeof more,
             ",\"method\":\"m\",\"seq\":%" PRId64 ",\"test\":\"%s\",\"vehicle\":{\"colour\":\"blue\",\"plate\":\"A\"}",
             n, t.id);
    if (append(s, "test-start", more, &index) != 0 || store_test_start(s, &t, index, &err) != 0)
        return -1;
    snprintf(more, sizeof more, ",\"record_sha256\":\"%s\",\"test\":\"%s\",\"verdict\":\"pass\"", digest, t.id);
    if (append(s, "test-end", more, &index) != 0 || store_test_end(s, t.id, n, "pass", index, record, &err) != 0 ||
        store_file_add(s, t.id, "readings.csv", file, strlen(t.id), &err) != 0)
        return -1;
    return store_commit(s, &err);
}

static int save(const char *state)
{
    struct store *s;
    int64_t n;
    if (store_open(&s, state, STATION, STORE_OWNER, &err) != 0 || store_test_next_seq(s, &n, &err) != 0)
        return failed();
    for (; save_test(s, n) == 0; n++) {
        char line[32];
        int length = snprintf(line, sizeof line, "%" PRId64 "\n", n);
        if (write(STDOUT_FILENO, line, (size_t)length) != length)
            return 1;
    }
    return failed(); /* without closing: the power is off */
}

/* The last whole line of the file; 0 when there is none. */
static int64_t last_number(int fd)
{
    char tail[64];
    off_t end = lseek(fd, 0, SEEK_END);
    off_t from = end > (off_t)sizeof tail - 1 ? end - ((off_t)sizeof tail - 1) : 0;
    ssize_t n = pread(fd, tail, sizeof tail - 1, from);
    if (n < 2)
        return 0;
    tail[n - 1] = '\0'; /* the last newline: a line is written at once */
    const char *line = strrchr(tail, '\n');
    return strtoll(line ? line + 1 : tail, NULL, 10);
}

static int off(const char *folder, const char *acks)
{
    uint32_t no_log_flush = 2;
    int fd = open(folder, O_RDONLY | O_DIRECTORY), acks_fd = open(acks, O_RDONLY);
    int64_t last = last_number(acks_fd);
    if (fd < 0 || acks_fd < 0 || ioctl(fd, _IOR('X', 125, uint32_t), &no_log_flush) != 0) {
        perror(folder);
        return 1;
    }
    printf("%" PRId64 "\n", last);
    return 0;
}

static int check_object(void *ctx, const struct store_file *f)
{
    void *data;
    size_t length;
    if (store_object_get(ctx, f->sha256, &data, &length, &err) != 0)
        return -1; /* the walk ends, err tells */
    free(data);
    return 0;
}

static int check(const char *state, int64_t saved)
{
    struct store *s;
    struct store_verify_result result;
    if (store_open(&s, state, STATION, STORE_OWNER, &err) != 0 || store_verify(s, &result, NULL, NULL, &err) != 0)
        return failed();
    err.code = ERR_NONE;
    for (int64_t n = 1; n <= (int64_t)result.tests && err.code == ERR_NONE; n++) {
        char id[32];
        snprintf(id, sizeof id, "T%" PRId64, n);
        if (store_file_list(s, id, check_object, s, &err) != 0)
            break;
    }
    store_close(s);
    if (err.code != ERR_NONE)
        return failed();
    printf("%" PRId64 " said to be saved, %" PRIu64 " there\n", saved, result.tests);
    return (int64_t)result.tests < saved;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "save") == 0)
        return save(argv[2]);
    if (argc == 4 && strcmp(argv[1], "off") == 0)
        return off(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "check") == 0)
        return check(argv[2], strtoll(argv[3], NULL, 10));
    fputs("usage: powercut save STATE | off FOLDER ACKS | check STATE N\n", stderr);
    return 2;
}
