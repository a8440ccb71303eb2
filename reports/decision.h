/*
 * What a receiver has decided about packages, as it answers `GET url/decisions?after=N` (FORMATS.md, "Delivery"):
 *
 *     {"decisions":[{"at","decision","n","package_sha256", …} …],"last":N,"newest":N,"signatures":["base64" …]}
 *
 * Read one by one and strictly, but no more than must be: a kind of decision that is not known here is kept as it came,
 * for people. The bytes of each decision are what its signature is over, so they are given as they stand in the answer.
 */
#ifndef REPORTS_DECISION_H
#define REPORTS_DECISION_H

#include <stddef.h>
#include <stdint.h>

#include "reports/outlet.h"
#include "reports/receipt_key.h"
#include "station/core/err.h"
#include "station/core/json.h"

enum { DECISION_KIND_MAX = 32, DECISION_BODY_MAX = 4096, DECISION_TOKENS_MAX = 8192 };

struct decision {
    int64_t n; /* the receiver's own number, rising */
    char package_sha256[65], kind[DECISION_KIND_MAX], at[64];
    char body[DECISION_BODY_MAX + 1];     /* the object as it came */
    char signature[OUTLET_SIGNATURE_MAX]; /* base64; empty: none came */
};

/* Large: keep it on the heap. */
struct decision_page {
    struct json_doc doc;
    struct json_token tokens[DECISION_TOKENS_MAX];
    ptrdiff_t list, signatures; /* tokens; signatures -1: none */
    size_t count, at;           /* decisions, and how many were given out */
    int64_t after;              /* n of the last that was given out */
};

/* `body` must outlive the page. Fails when the answer is none, or when the receiver's numbers have gone back behind
 * `after`: then it has lost decisions. */
int decision_page_read(struct decision_page *page, const char *body, size_t length, int64_t after, struct err *err);

/* The next decision: 1, 0 at the end, -1 when it is none (its number does not rise, something is missing or its
 * signature is wrong) and the rest must not be read either. keys NULL: signatures are not looked at. */
int decision_page_next(struct decision_page *page, const struct receipt_keys *keys, struct decision *out,
                       struct err *err);

#endif
