#include "reports/file.h"

#include "reports/sha256.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(struct err *err, const char *what, const char *path)
{
    const char *advice = errno == ENOSPC || errno == EDQUOT ? ": the disk is full, free some space" : "";
    return err_set(err, ERR_UNREACHABLE, "%s: cannot %s: %s%s", path, what, strerror(errno), advice);
}

/* Reads until the end or until the buffer is full. */
static ssize_t read_full(int fd, char *data, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t n = read(fd, data + length, size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    return (ssize_t)length;
}

static int open_to_read(const char *path, struct err *err)
{
    /* Non-blocking: a named pipe of that name must not hang the program. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 ? fd : failed(err, "open", path);
}

/* The size of a regular file; anything else could make the program wait or lie about its size. */
static int regular_size(int fd, const char *path, size_t max, size_t *size, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return failed(err, "open", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID, "%s: is not a regular file", path);
    if (st.st_size < 0 || (uintmax_t)st.st_size > max)
        return err_set(err, ERR_INVALID, "%s: has %jd bytes, at most %zu are accepted", path, (intmax_t)st.st_size,
                       max);
    *size = (size_t)st.st_size;
    return 0;
}

int file_read_fd(int fd, const char *path, size_t max, char **data, size_t *length, struct err *err)
{
    size_t size = 0;
    if (regular_size(fd, path, max, &size, err) != 0)
        return -1;
    /* One byte more than expected: tells a file that grew meanwhile (or one of /proc, whose size reads 0). */
    size_t room = size == 0 ? max : size;
    char *buffer = malloc(room + 2);
    if (!buffer)
        return err_set(err, ERR_FAILED, "%s: out of memory reading it", path);
    ssize_t n = read_full(fd, buffer, room + 1);
    if (n < 0 || (size_t)n > room) {
        free(buffer);
        return n < 0 ? failed(err, "read", path)
                     : err_set(err, ERR_INVALID, "%s: grew while it was read, try again", path);
    }
    buffer[n] = '\0';
    *data = buffer;
    *length = (size_t)n;
    return 0;
}

int file_read(const char *path, size_t max, char **data, size_t *length, struct err *err)
{
    int fd = open_to_read(path, err);
    if (fd < 0)
        return -1;
    int result = file_read_fd(fd, path, max, data, length, err);
    close(fd);
    return result;
}

static int write_full(int fd, const void *data, size_t length)
{
    const char *at = data;
    while (length > 0) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

int file_sync_folder(const char *folder, struct err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(err, "open", folder);
    if (fsync(fd) != 0) {
        failed(err, "sync", folder);
        close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

static int sync_parent(const char *path, struct err *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof folder)
        return err_set(err, ERR_INVALID, "%s: the path is too long", path);
    memcpy(folder, path, length);
    folder[length] = '\0';
    return file_sync_folder(length ? folder : slash ? "/" : ".", err);
}

int file_write_aside(const char *path, const char *aside, const void *data, size_t length, unsigned mode,
                     struct err *err)
{
    /* What is there was left by a dead process. */
    if (unlink(aside) != 0 && errno != ENOENT)
        return failed(err, "replace", aside);
    int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0)
        return failed(err, "write", path);
    if (write_full(fd, data, length) != 0 || fsync(fd) != 0) {
        failed(err, "write", path);
        close(fd);
        goto fail;
    }
    if (close(fd) != 0 || rename(aside, path) != 0) {
        failed(err, "write", path);
        goto fail;
    }
    return sync_parent(path, err);
fail:
    unlink(aside);
    return -1;
}

int file_write(const char *path, const void *data, size_t length, unsigned mode, struct err *err)
{
    char aside[PATH_MAX];
    int wanted = snprintf(aside, sizeof aside, "%s.new-%ld", path, (long)getpid());
    if (wanted < 0 || (size_t)wanted >= sizeof aside)
        return err_set(err, ERR_INVALID, "%s: the path is too long", path);
    return file_write_aside(path, aside, data, length, mode, err);
}

/* NAME.new-PID */
static bool is_aside(const char *name)
{
    const char *mark = strstr(name, ".new-");
    return mark && mark[5] != '\0' && strspn(mark + 5, "0123456789") == strlen(mark + 5);
}

int file_sweep(const char *folder, struct err *err)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return failed(err, "open", folder);
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (is_aside(entry->d_name))
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    return 0;
}

int file_make_folder(const char *folder, unsigned mode, struct err *err)
{
    struct stat st;
    if (mkdir(folder, (mode_t)mode) != 0) {
        if (errno != EEXIST)
            return failed(err, "make the folder", folder);
        if (stat(folder, &st) != 0)
            return failed(err, "use the folder", folder);
        if (!S_ISDIR(st.st_mode))
            return err_set(err, ERR_INVALID, "%s: is there but is no folder; move it away", folder);
    }
    /* One that is there may come from a call that failed just here. */
    return sync_parent(folder, err);
}

int file_sha256(const char *path, char hex[65], uint64_t *size, struct err *err)
{
    size_t expected = 0;
    int fd = open_to_read(path, err);
    if (fd < 0)
        return -1;
    if (regular_size(fd, path, SIZE_MAX, &expected, err) != 0) {
        close(fd);
        return -1;
    }
    struct sha256 h;
    sha256_init(&h);
    char piece[16384];
    uint64_t total = 0;
    ssize_t n;
    while ((n = read_full(fd, piece, sizeof piece)) > 0) {
        sha256_feed(&h, piece, (size_t)n);
        total += (uint64_t)n;
    }
    if (n < 0)
        failed(err, "read", path);
    close(fd);
    if (n < 0)
        return -1;
    uint8_t digest[SHA256_BYTES];
    sha256_finish(&h, digest);
    sha256_to_hex(digest, hex);
    if (size)
        *size = total;
    return 0;
}
