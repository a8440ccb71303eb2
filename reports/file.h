/*
 * Whole files: read with a maximum, written so that a power cut leaves the old content or the new, never a mixture.
 */
#ifndef REPORTS_FILE_H
#define REPORTS_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"

/* Reads a regular file of at most `max` bytes into malloc'ed *data, with a NUL behind the last byte (not counted). An
 * absent or unreadable file is ERR_UNREACHABLE, one that is too large or no regular file ERR_INVALID. */
int file_read(const char *path, size_t max, char **data, size_t *length, struct err *err);

/* The same of an open file, from where it stands; `path` is what to call it. */
int file_read_fd(int fd, const char *path, size_t max, char **data, size_t *length, struct err *err);

/* Writes PATH.new-PID, fsyncs it, renames it over `path`, fsyncs the folder. When it fails nothing is left behind;
 * when only the last step fails the new content may be visible but is not promised to be on the disk. A full disk is
 * named as such. */
int file_write(const char *path, const void *data, size_t length, unsigned mode, struct err *err);
/* The same with a name of the caller's for the new file, on the same file system; whatever has that name is replaced.
 */
int file_write_aside(const char *path, const char *aside, const void *data, size_t length, unsigned mode,
                     struct err *err);

/* Removes what an interrupted file_write has left in the folder. For its only writer. */
int file_sweep(const char *folder, struct err *err);

/* fsyncs a folder: makes a rename or unlink within it last. */
int file_sync_folder(const char *folder, struct err *err);

/* Makes a folder, durably; one that is there already is no error, anything else of that name is. */
int file_make_folder(const char *folder, unsigned mode, struct err *err);

/* SHA-256 and size of a file, in pieces. */
int file_sha256(const char *path, char hex[65], uint64_t *size, struct err *err);

#endif
