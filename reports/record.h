/*
 * A record (FORMATS.md) opened for reading: record.json parsed strictly, with the parts that checks need at hand. The
 * text must outlive the record; strings are copied.
 */
#ifndef REPORTS_RECORD_H
#define REPORTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/limits.h"
#include "station/core/civil.h"
#include "station/core/err.h"
#include "station/core/json.h"
#include "station/core/rules.h"
#include "station/core/verdict.h"

enum { RECORD_ID_MAX = 64, RECORD_FILE_NAME_MAX = CONTAINER_NAME_MAX };

struct record_file {
    char name[RECORD_FILE_NAME_MAX];
    char sha256[SHA256_HEX_SIZE];
    uint64_t size;
};

struct record {
    struct json_doc doc;
    bool passage; /* kind */
    char id[RECORD_ID_MAX], station[RECORD_ID_MAX], method[RULES_ID_MAX], plate[64];
    char ended_at[CIVIL_TIME_TEXT_MAX];
    /* what rules_select is asked with; pack, version, digest and rule are empty where no rule was found */
    char pack[RULES_ID_MAX], pack_version[RULES_ID_MAX], pack_sha256[SHA256_HEX_SIZE], rule[RULES_ID_MAX];
    enum limit_class limit_class;
    struct civil_date day;
    ptrdiff_t vehicle, basis, joined; /* tokens; -1 where there is no basis, nothing joined */
    const char *verdict;              /* the canonical verdict object, in the text */
    size_t verdict_length;
    struct verdict judged; /* the same, read */
    size_t files_count;
    struct record_file files[RECORD_FILES_MAX];
};

/* Fails naming the key that is missing or wrong. */
int record_open(struct record *r, const char *text, size_t length, struct err *err);
void record_close(struct record *r);

/* The value of one of the vehicle's facts: its token; -1: not known. */
ptrdiff_t record_vehicle_fact(const struct record *r, const char *key);

const struct record_file *record_find_file(const struct record *r, const char *name);

#endif
