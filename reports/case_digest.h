/*
 * What a case consists of at some time, as one digest (FORMATS.md, "Case"): SHA-256 over the canonical list of its
 * files. The station writes it before and after each step of the custody, the verifier computes it again.
 */
#ifndef REPORTS_CASE_DIGEST_H
#define REPORTS_CASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "reports/limits.h"
#include "station/core/err.h"
#include "station/core/json.h"

/* Members of an event that stand in its step of the custody as they stand there, sorted; those that are no string, or
 * longer than CASE_STEP_TEXT_MAX allows, do not. */
enum { CASE_STEP_KEYS = 13, CASE_STEP_TEXT_MAX = 256 };
extern const char *const case_step_keys[CASE_STEP_KEYS];

enum { CASE_DIGEST_FILES_MAX = RECORD_FILES_MAX + 64 };

/* Large: keep it on the heap. */
struct case_digest {
    size_t count;
    struct case_digest_file {
        char name[CONTAINER_NAME_MAX], sha256[65];
        int64_t size;
    } files[CASE_DIGEST_FILES_MAX];
};

/* One more file; what is beyond CASE_DIGEST_FILES_MAX is not taken. */
void case_digest_add(struct case_digest *d, const char *name, const char *sha256, int64_t size);
/* The same of an object with these members; one that has no size is not taken. */
void case_digest_add_of(struct case_digest *d, const struct json_doc *doc, ptrdiff_t object);
/* What an event adds: a record (its files and record.json, whose length is given) or a picture; others nothing. */
void case_digest_step(struct case_digest *d, const struct json_doc *event, const char *kind,
                      const struct json_doc *record);
/* Hex; empty while there is no file. Sorts the files. */
int case_digest_text(struct case_digest *d, char out[65], struct err *err);

#endif
