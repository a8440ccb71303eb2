/*
 * What a bureau publishes of a period: how many vehicles were tested and failed, by which kind of station, and the
 * tables behind it. Records are added one after another, each as the few numbers that are counted by; memory grows with
 * the number of vehicles (3 bytes each) and days, not with that of records.
 *
 * What counts (printed with every bulletin, bulletin_definitions):
 *   judged    a record whose verdict is pass, fail or suspect (one remote-sensing exceedance)
 *   tested    a vehicle, that is a plate with its colour, with at least one judged record at that kind of station; the
 *             total is the sum over the kinds, so a vehicle that two kinds have met counts in both
 *   failed    a tested vehicle with at least one verdict fail
 * Invalid, aborted and void records are listed and never counted as tested; nor is one whose plate nobody could read.
 */
#ifndef REPORTS_BULLETIN_H
#define REPORTS_BULLETIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/paper.h"
#include "reports/sheet.h"
#include "station/core/civil.h"
#include "station/core/err.h"
#include "station/core/verdict.h"

#define BULLETIN_NO_VALUE INT64_MIN

enum bulletin_place {
    BULLETIN_FIXED,
    BULLETIN_MOBILE,
    BULLETIN_DEPOT,
    BULLETIN_JOINT,
    BULLETIN_OTHER,
    BULLETIN_PLACES
};
enum bulletin_place bulletin_place_by_name(const char *station_kind);

/* By what records are split beside place, day and hour; each value has a number of the caller's, 0: not known. */
enum bulletin_split {
    BULLETIN_STATION,
    BULLETIN_METHOD,
    BULLETIN_STAGE,
    BULLETIN_CLASS,
    BULLETIN_FLEET,
    BULLETIN_REASONS, /* words joined by commas */
    BULLETIN_SPLITS
};

enum bulletin_quantity { BULLETIN_K, BULLETIN_OPACITY, BULLETIN_NOX, BULLETIN_QUANTITIES };

struct bulletin_record {
    int64_t at_ms;
    enum bulletin_place place;
    enum verdict_kind verdict;
    int64_t vehicle; /* 1…; 0: no plate */
    int64_t split[BULLETIN_SPLITS];
    int64_t value[BULLETIN_QUANTITIES], limit[BULLETIN_QUANTITIES]; /* thousandths, or BULLETIN_NO_VALUE */
};

struct bulletin_count {
    int64_t by_verdict[VERDICT_VOID + 1];
};

struct bulletin_bin {
    int64_t count, exceeded;
};

enum { BULLETIN_BINS = 41, BULLETIN_TOP = 20, BULLETIN_HOURS = 24 };

struct bulletin {
    struct civil_date first, last; /* the days of the period, both included */
    int64_t begins_ms;             /* Unix time */
    int offset_minutes;            /* of the day's boundaries */
    size_t words, vehicles, days;
    struct bulletin_count places[BULLETIN_PLACES], hours[BULLETIN_HOURS];
    int64_t tested[BULLETIN_PLACES], failed[BULLETIN_PLACES]; /* vehicles */
    struct bulletin_count *by_day;
    struct bulletin_count *by[BULLETIN_SPLITS]; /* a row for each word */
    struct bulletin_bin bins[BULLETIN_QUANTITIES][BULLETIN_BINS];
    uint16_t *seen;    /* of each vehicle: bit place: tested there, bit 8 + place: failed there */
    uint8_t *exceeded; /* of each vehicle: its fails and suspects, 255: that many or more */
};

/* Room for words and vehicles numbered up to those numbers. first > last or more than 10 years: ERR_INVALID. */
int bulletin_open(struct bulletin *b, struct civil_date first, struct civil_date last, int offset_minutes, size_t words,
                  size_t vehicles, struct err *err);
/* A record outside the period is left out. */
void bulletin_add(struct bulletin *b, const struct bulletin_record *r);
void bulletin_close(struct bulletin *b);

/* Pass + fail + suspect. */
int64_t bulletin_judged(const struct bulletin_count *count);
int64_t bulletin_total(const int64_t by_place[BULLETIN_PLACES]);

/* The vehicles that exceeded most often, at least twice; the most often first, then by number. Returns how many. */
struct bulletin_repeater {
    int64_t vehicle;
    int exceeded;
};
size_t bulletin_repeaters(const struct bulletin *b, struct bulletin_repeater out[BULLETIN_TOP]);

/* Share of `part` in `whole` and its 95 % interval by Wilson, in percent with 2 decimals; "" where whole is 0. */
struct bulletin_rate {
    char rate[16], low[16], high[16];
};
struct bulletin_rate bulletin_rate(int64_t part, int64_t whole);

/* ---- bulletin_sheets.c ---- */

/* What the caller knows of numbers: a word's text; a vehicle's plate and colour. */
struct bulletin_names {
    void *ctx;
    const char *(*word)(void *ctx, int64_t id);
    int (*vehicle)(void *ctx, int64_t id, char plate[40], char colour[16], struct err *err);
    bool hide_plates; /* only the area and the last character are shown */
};

/* The paragraph as agencies publish it, Chinese and English, each ended by a newline. */
void bulletin_paragraph(const struct bulletin *b, FILE *out);
void bulletin_definitions(const struct bulletin *b, FILE *out);
int bulletin_sheets(const struct bulletin *b, const struct bulletin_names *names, struct sheets *sheets,
                    struct err *err);

/* ---- bulletin_paper.c ---- */

/* The same as pages on A4 with charts, ready for paper_pdf; `issuer`: who publishes it, "" nobody. Free with
 * paper_close. */
int bulletin_lay(const struct bulletin *b, const struct sheets *sheets, const char *issuer, struct paper **out,
                 struct err *err);

#endif
