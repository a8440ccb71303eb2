/*
 * One request on its way through the inbox: what inbox_server.c (listening), inbox_api.c (senders) and inbox_web.c
 * (people) share.
 */
#ifndef REPORTS_INBOX_HTTP_H
#define REPORTS_INBOX_HTTP_H

#include <microhttpd.h>

#include "reports/inbox.h"
#include "reports/inbox_html.h"

enum { INBOX_FORM_MAX = 8192, INBOX_SECRET_SIZE = 32 };

struct inbox_request {
    const struct inbox *inbox;
    struct MHD_Connection *connection;
    const char *url, *method, *address; /* address: where this server listens */
    const uint8_t *secret;              /* INBOX_SECRET_SIZE bytes, for the tokens of forms */
    struct inbox_visitor visitor;
    struct inbox_upload *upload; /* of a POST to /packages */
    char *form;                  /* of a POST from a page; INBOX_FORM_MAX bytes */
    size_t form_length;
    bool form_too_long;
};

/* Queues the answer with the headers that all have, and gives the response away; NULL: out of memory. */
enum MHD_Result inbox_respond(const struct inbox_request *r, unsigned status, const char *type,
                              struct MHD_Response *response);
enum MHD_Result inbox_reply_json(const struct inbox_request *r, const struct inbox_reply *reply);
enum MHD_Result inbox_refuse_json(const struct inbox_request *r, unsigned status, const char *error,
                                  const char *message);
/* The database fails: logged, 503. */
enum MHD_Result inbox_store_failed(const struct inbox_request *r, const struct err *err);
/* Writes down that the visitor did this; when that cannot be kept the request must fail. */
int inbox_log_act(const struct inbox_request *r, const char *act, const char *sha256, const char *detail,
                  struct err *err);

/* 1 found, 0 there is none that this visitor may see, -1 error. `sha256` need not be one. */
int inbox_find_visible(const struct inbox_request *r, const char *sha256, size_t length, struct inbox_package *out,
                       struct err *err);

/* ---- senders ---- */

bool inbox_api_is(const char *url); /* /packages and below */
enum MHD_Result inbox_api_get(const struct inbox_request *r);
/* The answer to GET /packages/SHA-256: the receipt, or 404. */
void inbox_api_question(const struct inbox_request *r, struct inbox_reply *reply);
/* Begins a POST to /packages; answers at once (and sets *answered) what need not be read. */
enum MHD_Result inbox_api_begin(struct inbox_request *r, bool *answered);
/* After the last byte: makes the answer; it is not sent. */
void inbox_api_finish(struct inbox_request *r, struct inbox_reply *reply);

/* ---- people ---- */

enum MHD_Result inbox_web_get(struct inbox_request *r);
/* A form has been read to its end. */
enum MHD_Result inbox_web_post(struct inbox_request *r);

#endif
