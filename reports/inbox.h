/*
 * smoginbox, the reference receiver on the police side: what its parts share.
 *
 *   inbox_receive.c  one POST: headers, body to a file, checks, receipt
 *   inbox_sign.c     the receipt key's signatures; decisions as the senders fetch them
 *   inbox_server.c   TLS with client certificates, routes (contract: README, "Delivery")
 *   inbox_api.c      what senders ask for
 *   inbox_web.c      what people ask for (inbox_pages.h)
 *   inbox_officers.c who may decide
 *   inbox_holidays.c the calendars that the deadlines are counted by
 *   inbox_store.c    files and index; inbox_decide.c: decisions and who has looked
 *   inbox_awkward.c  conformance mode
 *
 * The sender is not trusted: it must show a client certificate of --client-ca, is named in every row by it, and what it
 * sends is accepted only when the package verifies against --seal-ca.
 */
#ifndef REPORTS_INBOX_H
#define REPORTS_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "reports/inbox_officers.h"
#include "reports/inbox_store.h"
#include "station/core/deadline.h"
#include "station/core/err.h"

enum { INBOX_OFFSET_MINUTES = 480, INBOX_REPLY_MAX = 16384, INBOX_SIGNATURE_MAX = 256 };

struct inbox {
    struct inbox_store *store;
    X509_STORE *trust;     /* for packages */
    EVP_PKEY *receipt_key; /* NULL: receipts are not signed */
    size_t size_max;
    const char *viewer;         /* common name of the client certificate that sees everybody's packages; NULL: none */
    struct deadlines *holidays; /* calendars of working days (station/core/workdays.h); NULL: weekdays alone */
    struct inbox_officers *officers; /* who may decide; NULL: nobody by certificate, any number at the local listener */
};

/* Reads a file of calendars as the station has it (station/deadlines/holidays-cn.conf); free() it. */
int inbox_holidays_open(struct deadlines **out, const char *file, struct err *err);

/* An answer: status and one JSON object, or a page. */
struct inbox_reply {
    unsigned status;
    const char *location;
    char body[INBOX_REPLY_MAX];
    char signature[INBOX_SIGNATURE_MAX]; /* Receipt-Signature; empty: none */
};

/* {"error","message"} with a status; the message is one line for a person. */
void inbox_refuse(struct inbox_reply *reply, unsigned status, const char *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Base64 of the ECDSA/SHA-256 signature (DER) by the receipt key over the text; empty when it cannot be made. */
void inbox_sign(const struct inbox *inbox, const char *text, size_t length, char out[INBOX_SIGNATURE_MAX]);

/* The answer to GET /packages/decisions?after=N: the decisions about what this sender sent, as many as one answer
 * holds, each signed where there is a receipt key. malloc'ed; NULL with *err. */
char *inbox_decisions(const struct inbox *inbox, const char *sender, int64_t after, size_t *length, struct err *err);

/* The receipt of a stored package; the same package gives the same bytes, always. */
void inbox_receipt(const struct inbox *inbox, const struct inbox_package *p, unsigned status,
                   struct inbox_reply *reply);

/* ---- one upload ---- */

struct inbox_upload;

struct inbox_headers {
    const char *content_type, *content_length, *content_digest, *idempotency_key; /* NULL: not sent */
    const char *sender;
};

/* Never NULL but without memory. A header that is wrong is answered at the end. */
struct inbox_upload *inbox_upload_open(const struct inbox *inbox, const struct inbox_headers *headers);
/* True: the announced body is too large; answer now, do not read it. */
bool inbox_upload_too_large(const struct inbox_upload *u);
void inbox_upload_feed(struct inbox_upload *u, const char *data, size_t size);
void inbox_upload_finish(struct inbox_upload *u, struct inbox_reply *reply);
/* Removes what was not taken over. */
void inbox_upload_close(struct inbox_upload *u);

/* ---- the server ---- */

struct inbox_server;

struct inbox_awkward;

struct inbox_server_config {
    const char *address;                               /* "127.0.0.1:8443", "[::1]:0" */
    const char *cert_file, *key_file, *client_ca_file; /* NULL: the local listener, plain HTTP, loopback only */
    struct inbox_awkward *awkward;                     /* conformance mode; NULL: none */
};

int inbox_server_open(struct inbox_server **out, const struct inbox *inbox, const struct inbox_server_config *config,
                      struct err *err);
/* "127.0.0.1:43121": the address with the port that was really taken. */
const char *inbox_server_address(const struct inbox_server *server);
void inbox_server_close(struct inbox_server *server);

#endif
