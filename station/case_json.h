/*
 * What goes into a package beside the record: case.json (who did what with the case, and what each file is) and
 * log/events.json (the journal's events that say so, each with its place in the tree). FORMATS.md has both. Nothing in
 * them is new: all of it is taken from the record, the journal and the files at hand, and what these do not tell is
 * left out.
 */
#ifndef STATION_CASE_JSON_H
#define STATION_CASE_JSON_H

#include "reports/package.h"
#include "station/store.h"

struct case_json;

struct case_json_source {
    struct store *store;
    const char *case_id, *subject;
    const char *record;                  /* text of record.json */
    const struct package_entry *entries; /* every file that the package has so far */
    size_t entries_count;
    int64_t sealed_ms;
    int offset_minutes;
    uint64_t tree_size; /* of the checkpoint that the events are proved in */
};

/* The source and what it points at must outlive it. */
int case_json_open(struct case_json **out, const struct case_json_source *source, struct err *err);
void case_json_close(struct case_json *c);

/* malloc'ed texts. */
int case_json_write(struct case_json *c, char **text, size_t *length, struct err *err);
int case_json_write_events(struct case_json *c, char **text, size_t *length, struct err *err);

#endif
