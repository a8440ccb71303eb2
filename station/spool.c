#include "station/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/file.h"

enum { FILE_MAX = 64 << 20 };

static int folder_of(char out[SPOOL_FOLDER_MAX], const char *state_dir, const char *test_id, struct err *err)
{
    int length = snprintf(out, SPOOL_FOLDER_MAX, "%s/spool/%s", state_dir, test_id);
    if (length < 0 || length >= SPOOL_FOLDER_MAX)
        return err_set(err, ERR_INVALID, "the path of the state folder %s is too long", state_dir);
    return 0;
}

int spool_open(struct spool *spool, const char *state_dir, const char *test_id, struct err *err)
{
    *spool = (struct spool){0};
    if (folder_of(spool->folder, state_dir, test_id, err) != 0)
        return -1;
    if (mkdir(spool->folder, 0750) != 0 && errno != EEXIST)
        return err_set(err, ERR_FAILED, "cannot make %s: %s", spool->folder, strerror(errno));
    return 0;
}

static int fail(struct spool *spool, const char *name)
{
    if (!spool->failed)
        err_set(&spool->why, ERR_FAILED, "cannot write %s/%s: %s%s", spool->folder, name, strerror(errno),
                errno == ENOSPC ? "; make room on the disk" : "");
    spool->failed = true;
    return -1;
}

int spool_file(struct spool *spool, const char *name, const char *head)
{
    for (size_t i = 0; i < spool->count; i++)
        if (strcmp(spool->files[i].name, name) == 0)
            return (int)i;
    char path[SPOOL_FOLDER_MAX + SPOOL_NAME_MAX + 1];
    if (spool->failed || spool->count == SPOOL_FILES_MAX)
        return -1;
    snprintf(path, sizeof path, "%s/%s", spool->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return fail(spool, name);
    struct spool_file *file = &spool->files[spool->count];
    snprintf(file->name, sizeof file->name, "%s", name);
    file->fd = fd;
    int index = (int)spool->count++;
    spool_write(spool, index, head, strlen(head));
    return index;
}

void spool_write(struct spool *spool, int file, const char *text, size_t length)
{
    while (file >= 0 && length > 0 && !spool->failed) {
        ssize_t wrote = write(spool->files[file].fd, text, length);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0 && errno == ENOSPC && spool->make_room && spool->make_room(spool->ctx))
            continue;
        if (wrote <= 0) {
            fail(spool, spool->files[file].name);
            return;
        }
        text += wrote;
        length -= (size_t)wrote;
    }
}

void spool_close(struct spool *spool)
{
    for (size_t i = 0; i < spool->count; i++)
        close(spool->files[i].fd);
    spool->count = 0;
}

/* Regular files of the folder, one after another; NULL at the end. */
static const char *next_name(DIR *folder)
{
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        if (entry->d_name[0] != '.')
            return entry->d_name;
    return NULL;
}

int spool_list(const char *state_dir, const char *test_id,
               int (*each)(void *ctx, const char *name, const char *data, size_t length, struct err *err), void *ctx,
               struct err *err)
{
    char path[SPOOL_FOLDER_MAX];
    if (folder_of(path, state_dir, test_id, err) != 0)
        return -1;
    DIR *folder = opendir(path);
    if (!folder && errno == ENOENT)
        return 0;
    if (!folder)
        return err_set(err, ERR_FAILED, "cannot read %s: %s", path, strerror(errno));
    int result = 0;
    for (const char *name = next_name(folder); name && result == 0; name = next_name(folder)) {
        char file[SPOOL_FOLDER_MAX + 260];
        char *data = NULL;
        size_t length = 0;
        snprintf(file, sizeof file, "%s/%s", path, name);
        result = file_read(file, FILE_MAX, &data, &length, err);
        if (result == 0)
            result = each(ctx, name, data, length, err);
        free(data);
    }
    closedir(folder);
    return result;
}

int spool_remove(const char *state_dir, const char *test_id, struct err *err)
{
    char path[SPOOL_FOLDER_MAX];
    if (folder_of(path, state_dir, test_id, err) != 0)
        return -1;
    DIR *folder = opendir(path);
    if (!folder)
        return 0;
    for (const char *name = next_name(folder); name; name = next_name(folder)) {
        char file[SPOOL_FOLDER_MAX + 260];
        snprintf(file, sizeof file, "%s/%s", path, name);
        unlink(file);
    }
    closedir(folder);
    if (rmdir(path) != 0)
        return err_set(err, ERR_FAILED, "cannot remove %s: %s", path, strerror(errno));
    return 0;
}

int spool_each(const char *state_dir, void (*each)(void *ctx, const char *test_id), void *ctx, struct err *err)
{
    char path[SPOOL_FOLDER_MAX];
    if (folder_of(path, state_dir, "", err) != 0)
        return -1;
    DIR *folder = opendir(path);
    if (!folder)
        return err_set(err, ERR_FAILED, "cannot read %s: %s", path, strerror(errno));
    for (const char *name = next_name(folder); name; name = next_name(folder))
        each(ctx, name);
    closedir(folder);
    return 0;
}
