/* What the files that lay out a slip share; nobody else includes it. */
#ifndef REPORTS_SLIP_PAGE_H
#define REPORTS_SLIP_PAGE_H

#include "reports/record.h"
#include "reports/slip.h"

enum { SLIP_TEXT_MAX = 512, SLIP_FIELDS_MAX = 40, SLIP_POOL_MAX = 48 << 10 };

struct slip_page {
    const struct slip *slip;
    struct record record;
    struct paper *paper;
    struct paper_field fields[SLIP_FIELDS_MAX];
    size_t fields_count;
    char pool[SLIP_POOL_MAX]; /* texts that blocks are made of */
    size_t pool_used;
};

/* ---- texts, kept until the paper is laid out; what does not fit is cut to "" ---- */

const char *slip_keep(struct slip_page *l, const char *text);
/* At most SLIP_TEXT_MAX bytes. */
const char *slip_format(struct slip_page *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A word of reports/words.c in the slip's language, or in both. */
const char *slip_word(struct slip_page *l, const char *key);
const char *slip_both(struct slip_page *l, const char *key);
/* A member of an object token as text; "" where there is none. */
const char *slip_member(struct slip_page *l, ptrdiff_t object, const char *key);
ptrdiff_t slip_top(const struct slip_page *l, const char *key);
size_t slip_count(const struct slip_page *l, ptrdiff_t array);
/* A verdict's reason ("wind_speed: 6.2 > 5.0") with its quantity in words. */
const char *slip_reason(struct slip_page *l, const char *reason);

/* ---- slip_verdict.c: in the order of the page ---- */

void slip_verdict_banner(struct slip_page *l);
void slip_verdict_values(struct slip_page *l);
void slip_verdict_rules(struct slip_page *l);
void slip_verdict_course(struct slip_page *l);

#endif
