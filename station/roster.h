/*
 * A fleet's list of vehicles for a depot visit, as fleets send it: a CSV file out of a spreadsheet.
 *
 *     号牌号码,号牌颜色,所属单位,燃料种类,初次登记日期       the first line names the columns, in Chinese or English
 *     新A12345,黄,长丰物流,柴油,2019/5/1
 *
 * UTF-8 (with or without BOM), UTF-16 with BOM, or GBK; comma, semicolon or tab. A plate column is needed, all others
 * are optional; columns of other names are not used and are named in the answer. All or nothing: every line that is
 * wrong is reported with its number, and then no line counts.
 */
#ifndef STATION_ROSTER_H
#define STATION_ROSTER_H

#include <stddef.h>

#include "station/core/err.h"
#include "station/core/vehicle.h"

enum {
    ROSTER_FILE_MAX = 4 << 20, /* bytes */
    ROSTER_ENTRIES_MAX = 5000,
    ROSTER_FLEET_MAX = 96,
    ROSTER_PROBLEMS_MAX = 100, /* further ones are counted only */
    ROSTER_PROBLEM_MAX = 240,
};

struct roster_entry {
    unsigned line;                /* in the file, from 1 */
    char fleet[ROSTER_FLEET_MAX]; /* "": not given */
    struct vehicle vehicle;       /* plate, colour and facts, with source "roster" */
};

struct roster_problem {
    unsigned line;
    char text[ROSTER_PROBLEM_MAX];
};

struct roster {
    size_t entries_count, problems_count; /* problems_count may be larger than ROSTER_PROBLEMS_MAX */
    struct roster_entry *entries;         /* in the file's order */
    struct roster_problem problems[ROSTER_PROBLEMS_MAX];
    char unused[ROSTER_PROBLEM_MAX]; /* names of columns that mean nothing to us; "": none */
};

/* Reads the file's bytes; `by` is who says so, the source of each fact. Fails when it is no such file at all or memory
 * is short; a file with wrong lines is read with problems_count > 0. Free with roster_close in every case. */
int roster_read(struct roster *out, const char *bytes, size_t length, const char *by, struct err *err);
void roster_close(struct roster *roster);

/* An entry's facts as they are stored: {"fuel":"diesel",…}; -1: they do not fit. */
int roster_facts(const struct roster_entry *entry, char *out, size_t size);

#endif
