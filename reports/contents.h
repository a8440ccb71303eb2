/*
 * What a parcel is made of: the bytes of a sealed package, or the record and the files of a test or passage that no
 * package holds. Either way the record and its files can be had by name.
 */
#ifndef REPORTS_CONTENTS_H
#define REPORTS_CONTENTS_H

#include <stddef.h>
#include <stdint.h>

#include "reports/neutral.h"
#include "station/core/err.h"

struct contents {
    char *package; /* the file's bytes; NULL: no package */
    size_t package_size;
    const char *record, *case_json; /* NULL: not there, or not looked for */
    size_t record_length, case_length;
    char *decision; /* what was filed of a decision on the spot: {"at", "facts": {KEY: text …}, "jdsbh"}; malloc'ed,
                       NULL: nothing */
    struct neutral_file *files;
    size_t files_count;
    size_t owned_count;
    void **owned;
};

/* Reads a package's file, which must have that digest (hex). ERR_FAILED: it cannot be read now; anything else: it is
 * not what was sealed. */
int contents_read_package(struct contents *c, const char *path, const char *sha256, struct err *err);
/* Looks into the package that was read: record.json, case.json, and the files. */
int contents_unpack(struct contents *c, struct err *err);

/* For the source of records: adds a file; `data` (malloc'ed) is taken over, also when it fails. record.json becomes the
 * record. */
int contents_add(struct contents *c, const char *name, void *data, size_t size, struct err *err);

void contents_free(struct contents *c);

#endif
