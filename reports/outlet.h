/*
 * A receiver: how something is handed over to it, and what an answer means.
 *
 * A driver is a table of functions, one table for each kind of receiver: it is shown the parcel and the reply to the
 * last request, and says the next request or the result. It never touches the network (reports/http.h does), a folder
 * (reports/drop.h), the clock or the database, so every answer a receiver could give can be tried in a test.
 *
 * An attempt has exactly four outcomes:
 *   sent     the receiver has it and said so
 *   retry    it certainly does not have it: try again later
 *   refused  it does not want it, or it cannot be told to it: parked for a person, and never in the way of the others
 *   unknown  the body went out and no usable answer came back: ask first, before anything is sent again
 */
#ifndef REPORTS_OUTLET_H
#define REPORTS_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/neutral.h"
#include "reports/outlet_map.h"
#include "reports/receipt_key.h"

enum outlet_outcome { OUTLET_SENT, OUTLET_RETRY, OUTLET_REFUSED, OUTLET_UNKNOWN };

/* What lies in an outlet's queue: sealed cases; ended tests, passed ones too; passages of remote sensing. */
enum outlet_takes { OUTLET_CASES, OUTLET_TESTS, OUTLET_PASSAGES };

enum {
    OUTLET_URL_MAX = 640,
    OUTLET_HEADERS_MAX = 6,
    OUTLET_HEADER_MAX = 1200,
    OUTLET_TEXT_MAX = 200,
    OUTLET_RECEIPT_ID_MAX = 80,
    OUTLET_SIGNATURE_MAX = 1024,
    OUTLET_REPLY_MAX = 64 << 10, /* bytes of an answer's body that are read */
    OUTLET_RECEIPT_MAX = 16 << 10,
    OUTLET_TOKEN_MAX = 1024,
    OUTLET_SECRET_MAX = 256,
    OUTLET_BATCH_MAX = 1000, /* records in one parcel */
};

/* What a driver may know of its receiver; from the configuration. What a kind does not need is NULL. */
struct outlet_setup {
    const char *name, *url;
    const struct outlet_map *map;
    const char *interface, *call, *encoding; /* SOAP: the message, the form of the call, what the document declares */
    const char *user;
    char secret[OUTLET_SECRET_MAX]; /* never in a text */
    bool replaces;                  /* the receiver takes a record that comes twice for one */
    const char *acknowledged_in;    /* file-drop: where the acknowledgements lie */
    const struct neutral_value *values;
    size_t values_count;
};

/* What a driver keeps from one parcel to the next. */
struct outlet_memory {
    char token[OUTLET_TOKEN_MAX]; /* of the session at the receiver; empty: none */
};

/* What is on its way: a sealed package, or one or more records; both where a map tells of the package's record. */
struct outlet_parcel {
    const struct outlet_setup *setup;
    struct outlet_memory *memory;
    const char *id;     /* of the case, test or passage (of several: the first one) */
    uint8_t sha256[32]; /* of the package */
    char sha256_hex[65];
    struct neutral *const *records; /* none where the package goes as it is */
    size_t records_count;
    char (*rejected)[OUTLET_TEXT_MAX];       /* of several records: why this one is left behind; empty: it is not */
    unsigned part;                           /* parts of it that have arrived already */
    bool ask;                                /* an attempt before this one ended unknown */
    const char *now;                         /* RFC 3339 */
    const struct receipt_keys *receipt_keys; /* by which the receiver signs its receipts; NULL: not known to us */
};

/* What to say next. */
struct outlet_request {
    bool post;                /* otherwise GET */
    bool writes;              /* it carries the parcel; otherwise it asks */
    int phase;                /* the driver's own: which request this is */
    char url[OUTLET_URL_MAX]; /* "file:///…": a file to be written (post) or read */
    size_t headers_count;
    char headers[OUTLET_HEADERS_MAX][OUTLET_HEADER_MAX];
    char *body; /* of a POST; malloc'ed, freed with outlet_request_free. NULL: the package itself */
    size_t body_length;
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
    bool more;     /* sent: this part of it; others are to follow */
    bool alarm;    /* does not get better by itself */
    bool everyone; /* says something of the receiver, not of this parcel: no use trying the others now */
    int status;    /* of the last reply */
    int64_t retry_after_ms;
    char text[OUTLET_TEXT_MAX]; /* one line for a person */
    char receipt_id[OUTLET_RECEIPT_ID_MAX];
    char receipt_signature[OUTLET_SIGNATURE_MAX];
    char receipt[OUTLET_RECEIPT_MAX + 1]; /* JSON {receipt_id, received_at …}: as the receiver sent it, or made of its
                                           words; empty unless sent. The last member: see outlet_result_clear */
};

struct outlet_driver {
    const char *kind; /* as in the configuration */
    enum outlet_takes takes;
    bool maps;    /* it tells the record through a map */
    size_t batch; /* records in one parcel at most */
    /* The first request of an attempt: true and *next; or false and *result: it cannot even be tried. */
    bool (*begin)(const struct outlet_parcel *parcel, struct outlet_request *next, struct outlet_result *result);
    /* After the reply to `last`: true and *next, or false and *result. */
    bool (*step)(const struct outlet_parcel *parcel, const struct outlet_request *last,
                 const struct outlet_reply *reply, struct outlet_request *next, struct outlet_result *result);
    /* Asks what became of packages: decisions with a number above `after` (reports/decision.h). NULL: such a receiver
     * does not tell. */
    void (*ask_decisions)(const char *url, int64_t after, struct outlet_request *request);
};

extern const struct outlet_driver outlet_package_rest; /* their files tell the protocols */
extern const struct outlet_driver outlet_rm60;
extern const struct outlet_driver outlet_vio04;
extern const struct outlet_driver outlet_ecology_json;
extern const struct outlet_driver outlet_remote_json;
extern const struct outlet_driver outlet_file_drop;

/* The driver of that kind, or NULL. */
const struct outlet_driver *outlet_find(const char *kind);

const char *outlet_outcome_name(enum outlet_outcome outcome); /* "sent" "retry" "refused" "unknown" */

/* Some text from a receiver that may be shown: no control characters (the JSON reader has checked that it is UTF-8). */
bool outlet_presentable(const char *text);

void outlet_request_free(struct outlet_request *request);

/* Nothing is concluded. Leaves the room of a receipt as it is behind its first byte: it is larger than many a package,
 * and there are several results for each. */
void outlet_result_clear(struct outlet_result *result);

/* For drivers. */
void outlet_header(struct outlet_request *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void outlet_conclude(struct outlet_result *r, enum outlet_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Answers and silences that say nothing about the parcel: no connection, 401, 403, 429, 503, 3xx, and no answer. False:
 * the answer is about the parcel. */
bool outlet_conclude_receiver(const struct outlet_request *last, const struct outlet_reply *reply,
                              struct outlet_result *r);
/* ERR_INVALID: an answer that says yes under a status that says no is none. */
int outlet_check_status(const struct outlet_reply *reply, bool yes, struct err *err);
/* Some bytes of a receiver on one line: what cannot be shown becomes '?'. */
void outlet_quote(const char *text, size_t length, char *out, size_t size);

#endif
