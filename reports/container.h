/*
 * The package file read strictly: a ZIP (APPNOTE 6.3) of which every byte is accounted for.
 *
 * A general ZIP reader forgives: it finds the directory from the end, trusts it over the local headers, skips gaps and
 * inflates whatever comes. Each of these lets two readers see two different packages in one file, or lets a byte change
 * unseen. This reader accepts one shape only, which libzip writes for stored entries: local header and data after each
 * other from byte 0 without gaps, then the directory in the same order, then the end record, then nothing. Nothing is
 * compressed: a deflate stream has many spellings of one content, and what is not inflated cannot be a bomb. No ZIP64,
 * encryption, data descriptors, extra fields, comments or several disks. Names are relative paths of [A-Za-z0-9._-] and
 * '/', no name twice (upper and lower case count as the same), regular files only.
 *
 * The entries point into the caller's bytes; nothing is copied or allocated.
 */
#ifndef REPORTS_CONTAINER_H
#define REPORTS_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/limits.h"
#include "station/core/err.h"

struct container_entry {
    char name[CONTAINER_NAME_MAX];
    const uint8_t *data;
    size_t size;
    size_t header_at; /* where its local header begins */
};

struct container {
    const uint8_t *data;
    size_t size;
    size_t count;
    struct container_entry entries[CONTAINER_ENTRIES_MAX];
};

/* Reads all of `data`. Fails with a text that names the entry, where one is concerned, and the byte. */
int container_read(struct container *c, const uint8_t *data, size_t size, struct err *err);

/* A relative path of the allowed characters: no empty part, no part that begins with a dot, not too long. */
bool container_name_ok(const char *name, size_t length);

/* The entry of that name, or NULL. */
const struct container_entry *container_find(const struct container *c, const char *name);

#endif
