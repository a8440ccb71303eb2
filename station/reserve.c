#include "station/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BLOCK = 512 }; /* of st_blocks */

bool reserve_short(int64_t free_bytes, int64_t held, int64_t wanted)
{
    return free_bytes + held < wanted + RESERVE_FREE;
}

int64_t reserve_target(int64_t free_bytes, int64_t held, int64_t wanted)
{
    if (!reserve_short(free_bytes, held, wanted))
        return wanted;
    int64_t spare = free_bytes + held - RESERVE_FREE;
    if (spare < 0)
        spare = 0;
    return held < spare ? held : spare;
}

int64_t reserve_held(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_blocks * BLOCK : 0;
}

static int failed(const char *path, int number, struct err *err)
{
    return err_set(err, ERR_FAILED, "%s: cannot hold room on the disk: %s", path, strerror(number));
}

int reserve_hold(const char *path, int64_t bytes, struct err *err)
{
    int64_t held = reserve_held(path), difference = bytes - held;
    if (bytes == 0)
        return unlink(path) == 0 || errno == ENOENT ? 0 : failed(path, errno, err);
    if (difference < RESERVE_STEP && difference > -RESERVE_STEP)
        return 0;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failed(path, errno, err);
    int number = difference > 0 ? posix_fallocate(fd, 0, (off_t)bytes) : ftruncate(fd, (off_t)bytes) == 0 ? 0 : errno;
    close(fd);
    return number == 0 ? 0 : failed(path, number, err);
}

bool reserve_free(const char *folder, int64_t *bytes)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return false;
    *bytes = (int64_t)((uint64_t)disk.f_bavail * disk.f_frsize);
    return true;
}
