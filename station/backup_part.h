/* What station/backup.c and backup_restore.c share. */
#ifndef STATION_BACKUP_PART_H
#define STATION_BACKUP_PART_H

#include "station/archive.h"
#include "station/backup.h"

#define BACKUP_FORMAT "smogd-backup-1"
#define BACKUP_DATABASE "smogd.db"
#define BACKUP_MANIFEST "manifest.json"
#define BACKUP_SUMS "SHA256SUMS"

enum { BACKUP_PATH_MAX = 1024, BACKUP_MANIFEST_MAX = 16 << 10 };

/* The list "DIGEST  NAME", a line each, as sha256sum makes it; grows on the heap. */
struct backup_sums {
    char *text;
    size_t length, room;
};
int backup_sums_add(struct backup_sums *s, const char *sha256, const char *name, struct err *err);

/* What the archive asks for; ctx is this. */
struct backup_pace {
    const struct backup_host *host;
    uint64_t all, told;
};
archive_progress backup_pace;

#endif
