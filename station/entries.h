/*
 * Canonical JSON objects from named values given in any order; what is empty is left out, because absent is absent.
 */
#ifndef STATION_ENTRIES_H
#define STATION_ENTRIES_H

#include <stddef.h>
#include <stdint.h>

#include "station/core/json.h"

enum { ENTRIES_MAX = 64 };

enum entry_type { ENTRY_TEXT, ENTRY_INTEGER, ENTRY_BOOL, ENTRY_RAW };

struct entry {
    const char *key;
    enum entry_type type;
    const char *text; /* ENTRY_TEXT, ENTRY_RAW */
    size_t length;
    int64_t integer;
};

/* Keys and texts are borrowed until entries_write. */
struct entries {
    size_t count;
    struct entry items[ENTRIES_MAX];
};

void entries_text(struct entries *e, const char *key, const char *text); /* NULL and "" are left out */
void entries_integer(struct entries *e, const char *key, int64_t value);
void entries_bool(struct entries *e, const char *key, bool value);
void entries_raw(struct entries *e, const char *key, const char *json,
                 size_t length); /* canonical JSON; NULL: left out */

/* The object that those make, written into `text`; they must be as few as fit (asserted). */
void entries_object(struct entries *e, const char *key, struct entries *members, char *text, size_t size);

/* The object, keys sorted. A key given twice is a bug. */
void entries_write(struct entries *e, struct json_writer *w, const char *key);

#endif
