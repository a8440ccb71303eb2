/*
 * The answer of an HTTP/1.1 server as it comes off a connection. Follows RFC 9112.
 *
 *     HTTP/1.1 200 OK CRLF
 *     Content-Type: application/xml CRLF
 *     Content-Length: 5 CRLF            or Transfer-Encoding: chunked, or neither: until the connection ends
 *     CRLF
 *     <a/>\n                            chunked: size in hex [;extension] CRLF, data CRLF, … 0 CRLF [trailer] CRLF
 *
 * The buffer is read anew from its beginning each time more has come. Interim answers (1xx) are passed over. Seen:
 * Hikvision cameras, Python's http.server; lines that end in LF alone are taken. Not taken: folded header lines,
 * other transfer codings than chunked, two different lengths.
 */
#ifndef PROTOCOLS_HTTP_REPLY_H
#define PROTOCOLS_HTTP_REPLY_H

#include "protocols/slice.h"

enum { HTTP_REPLY_HEAD_MAX = 16 << 10 };

enum http_reply_result {
    HTTP_REPLY_MORE,
    HTTP_REPLY_WHOLE,
    HTTP_REPLY_BAD,  /* no HTTP, or cut off */
    HTTP_REPLY_LARGE /* the body is longer than body_max */
};

struct http_reply {
    int status;        /* 200 … 599 */
    struct slice head; /* the header lines */
    char *body;        /* in the buffer; chunks are joined there */
    size_t body_length;
};

/* `ended`: nothing more comes. *reply is filled where it is WHOLE; a chunked body is then moved together within buf. */
enum http_reply_result http_reply_read(struct http_reply *reply, char *buf, size_t length, bool ended, size_t body_max);

/* The n-th header line of that name, counted from 0; the name in any case. */
bool http_reply_header(const struct http_reply *reply, const char *name, unsigned n, struct slice *value);

#endif
