/*
 * What an exceedance is in the police's books: code, fine, points and basis, by date. Data (reports/outlets/
 * violation.conf), since codes and amounts are set by notices and differ between regions.
 *
 *     violation 6063 { name = "…"  fine-yuan = 200  points = 0  basis = "…"  source = "…"  status = unconfirmed }
 *
 * `from` and `to` bound the days on which it holds; without `from` the day it began is not known.
 */
#ifndef REPORTS_VIOLATION_H
#define REPORTS_VIOLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/civil.h"
#include "station/core/err.h"

enum { VIOLATIONS_MAX = 16, VIOLATION_TEXT_MAX = 256 };

struct violation {
    char code[16], name[VIOLATION_TEXT_MAX], basis[VIOLATION_TEXT_MAX];
    int64_t fine_yuan, points;
    struct civil_date from, to; /* year 0: no bound */
    bool confirmed;
};

struct violations {
    size_t count;
    struct violation of[VIOLATIONS_MAX];
};

/* Reads FOLDER/violation.conf. */
int violation_load(struct violations *out, const char *folder, struct err *err);

/* The one that holds on that day; NULL: none does, or more than one. */
const struct violation *violation_on(const struct violation *list, size_t count, struct civil_date day);

#endif
