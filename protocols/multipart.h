/*
 * multipart/form-data as cameras push it, in one piece of memory. Follows RFC 7578 and RFC 2046 section 5.1.
 *
 *     Content-Type: multipart/form-data; boundary=MIME_boundary
 *
 *     [preamble CRLF] --MIME_boundary [blanks] CRLF
 *     Content-Disposition: form-data; name="anpr.xml"; filename="anpr.xml" CRLF
 *     Content-Type: application/xml CRLF
 *     CRLF
 *     data CRLF
 *     --MIME_boundary-- [epilogue]
 *
 * Seen: Hikvision cameras (name and filename alike or only one of them; Content-Length within a part, which is not
 * used), curl -F. Not taken: nested multiparts, header lines that are folded. A body that ends before its closing
 * boundary is BAD: it was cut on its way.
 */
#ifndef PROTOCOLS_MULTIPART_H
#define PROTOCOLS_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MULTIPART_BOUNDARY_MAX = 70, MULTIPART_TEXT_MAX = 64, MULTIPART_HEAD_MAX = 2048 };

struct multipart {
    const uint8_t *at, *end;                    /* what is not read yet */
    char delimiter[MULTIPART_BOUNDARY_MAX + 5]; /* CRLF -- boundary */
    size_t delimiter_length;
    bool begun;
};

struct multipart_part {
    char name[MULTIPART_TEXT_MAX], filename[MULTIPART_TEXT_MAX], type[MULTIPART_TEXT_MAX]; /* "" where absent; cut */
    const uint8_t *data;
    size_t length;
};

enum multipart_result { MULTIPART_PART, MULTIPART_END, MULTIPART_BAD };

/* False: the content type is not multipart/form-data with a boundary of 1 to 70 characters. The body is borrowed. */
bool multipart_init(struct multipart *m, const char *content_type, const void *body, size_t length);

/* The next part. After END or BAD it says the same again. */
enum multipart_result multipart_next(struct multipart *m, struct multipart_part *part);

#endif
