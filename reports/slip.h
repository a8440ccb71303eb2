/*
 * The slip that the driver takes home, and the report in a package: a record on paper, drawn from stored facts alone,
 * so that it is the same whenever it is printed.
 */
#ifndef REPORTS_SLIP_H
#define REPORTS_SLIP_H

#include <stddef.h>
#include <stdint.h>

#include "reports/paper.h"
#include "reports/words.h"
#include "station/core/err.h"

enum { SLIP_ALERTS_MAX = 16 };

/* To sign and take home; as report.pdf of a package, whose seal says all about its origin; in a vehicle's dossier. */
enum slip_use { SLIP_TO_SIGN, SLIP_IN_PACKAGE, SLIP_IN_DOSSIER };

struct slip {
    const char *record; /* record.json */
    size_t record_length;
    const char *readings; /* readings.csv; NULL: none, and no curve */
    size_t readings_length;
    const char *void_reason;             /* "" while it is not void */
    const char *alerts[SLIP_ALERTS_MAX]; /* words of the alerts about it */
    size_t alerts_count;
    const char *photo_check; /* body of the event photo-check by which the case was reviewed; NULL: none */
    size_t photo_check_length;
    /* its place in the journal */
    int64_t event;         /* -1: not known */
    const char *root;      /* of the latest checkpoint, its first 16 hex digits; "" none covers the record */
    const char *signed_at; /* when that checkpoint was signed, RFC 3339 */
    const char *code;      /* text of the QR code; "" none */
    bool countersigned;    /* the code is signed */
    enum slip_use use;
    enum paper_size size;
    enum words_language language;
};

/* Opens the paper and lays the slip out on it; the caller asks for PDF or picture and closes it. */
int slip_lay(const struct slip *s, struct paper **out, struct err *err);
/* The same on pages of a larger document. */
int slip_add(const struct slip *s, struct paper *paper, struct err *err);

/* report.pdf of a package: the record on A4, Chinese and English. malloc'ed. */
struct slip_report {
    const char *record;
    size_t record_length;
    const char *readings; /* NULL: none */
    size_t readings_length;
    const char *photo_check; /* as in struct slip */
    size_t photo_check_length;
};

int slip_report_make(const struct slip_report *report, uint8_t **pdf, size_t *size, struct err *err);

#endif
