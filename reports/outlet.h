/*
 * A receiver of packages: how one is handed over, and what an answer means.
 *
 * A driver is a table of pure functions, one for each kind of receiver: it is shown the parcel and the reply to the
 * last request, and says the next request or the result. It never touches the network (reports/http.h does), the clock
 * or the database, so every answer a receiver could give can be tried in a test.
 *
 * An attempt has exactly four outcomes:
 *   sent     the receiver has it and said so with a receipt for exactly these bytes
 *   retry    it certainly does not have it: try again later
 *   refused  it does not want it: parked for a person, and never in the way of the others
 *   unknown  the body went out and no usable answer came back: ask first, before anything is sent again
 */
#ifndef REPORTS_OUTLET_H
#define REPORTS_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/receipt_key.h"

enum outlet_outcome { OUTLET_SENT, OUTLET_RETRY, OUTLET_REFUSED, OUTLET_UNKNOWN };

enum {
    OUTLET_URL_MAX = 640,
    OUTLET_HEADERS_MAX = 6,
    OUTLET_HEADER_MAX = 160,
    OUTLET_TEXT_MAX = 200,
    OUTLET_RECEIPT_ID_MAX = 80,
    OUTLET_SIGNATURE_MAX = 1024,
    OUTLET_REPLY_MAX = 16 << 10, /* bytes of an answer's body that are read */
};

/* One package on its way. */
struct outlet_parcel {
    const char *url; /* the receiver's, from the configuration */
    uint8_t sha256[32];
    char sha256_hex[65];
    bool ask;                                /* an attempt before this one ended unknown */
    const struct receipt_keys *receipt_keys; /* by which the receiver signs its receipts; NULL: not known to us */
};

/* What to say next; the body of a POST is the package itself. */
struct outlet_request {
    bool post; /* otherwise GET */
    char url[OUTLET_URL_MAX];
    size_t headers_count;
    char headers[OUTLET_HEADERS_MAX][OUTLET_HEADER_MAX];
};

/* What came of a request. */
struct outlet_reply {
    int status;       /* HTTP status; 0: no answer */
    bool reached;     /* connected, and the receiver showed a certificate that we trust */
    bool body_out;    /* all of the request was handed to the network */
    bool whole;       /* the answer's body is complete (and not over OUTLET_REPLY_MAX) */
    const char *body; /* of the answer */
    size_t length;
    int64_t retry_after_ms;                       /* 0: not given */
    char receipt_signature[OUTLET_SIGNATURE_MAX]; /* the header of that name; empty: none */
    char trouble[OUTLET_TEXT_MAX];                /* what went wrong, for a person; empty when there is an answer */
};

struct outlet_result {
    enum outlet_outcome outcome;
    bool alarm;    /* does not get better by itself */
    bool everyone; /* says something of the receiver, not of this package: no use trying the others now */
    int status;    /* of the last reply */
    int64_t retry_after_ms;
    char text[OUTLET_TEXT_MAX]; /* one line for a person */
    char receipt_id[OUTLET_RECEIPT_ID_MAX];
    char receipt[OUTLET_REPLY_MAX + 1]; /* as the receiver sent it; empty unless sent */
    char receipt_signature[OUTLET_SIGNATURE_MAX];
};

struct outlet_driver {
    const char *kind; /* as in the configuration */
    /* The first request of an attempt. */
    void (*begin)(const struct outlet_parcel *parcel, struct outlet_request *request);
    /* After the reply to `last`: true and *next, or false and *result. `next` may be `last`. */
    bool (*step)(const struct outlet_parcel *parcel, const struct outlet_request *last,
                 const struct outlet_reply *reply, struct outlet_request *next, struct outlet_result *result);
    /* Asks what became of packages: decisions with a number above `after` (reports/decision.h). NULL: such a receiver
     * does not tell. */
    void (*ask_decisions)(const char *url, int64_t after, struct outlet_request *request);
};

extern const struct outlet_driver outlet_package_rest; /* its file tells the protocol */

/* The driver of that kind, or NULL. */
const struct outlet_driver *outlet_find(const char *kind);

const char *outlet_outcome_name(enum outlet_outcome outcome); /* "sent" "retry" "refused" "unknown" */

/* Some text from a receiver that may be shown: no control characters (the JSON reader has checked that it is UTF-8). */
bool outlet_presentable(const char *text);

#endif
