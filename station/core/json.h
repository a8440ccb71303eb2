/*
 * Canonical JSON: the one form in which facts are hashed, signed and compared; and a strict reader without malloc.
 *
 * Canonical: UTF-8 (NFC is the caller's duty), object keys sorted by bytes, no spaces, numbers are integers only —
 * everything with decimals is a string with fixed digits — and only the escapes \" \\ \b \f \n \r \t \u00XX (lower case
 * hex) for what must be escaped. Two equal facts are two equal byte strings. Bytes that are no UTF-8 become U+FFFD:
 * what is written can always be read again (their original is in the raw input).
 *
 * The reader accepts any valid JSON (RFC 8259), because instruments send it, and refuses duplicate keys, bad UTF-8,
 * lone surrogates, trailing bytes, nesting over JSON_DEPTH_MAX and objects of more than JSON_MEMBERS_MAX members (a
 * hostile text must not make the search for duplicates long; what may be long is an array). It exists because drivers
 * may not allocate and because the verifier must stand alone; having it, nothing here needs a JSON library (jansson's
 * names clash with these).
 */
#ifndef STATION_CORE_JSON_H
#define STATION_CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/decimal.h"
#include "station/core/err.h"

enum { JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 256 };

/* ---- writer: into a buffer with a maximum; overflow is remembered and reported once, at the end ---- */

struct json_writer {
    char *out;
    size_t size;
    size_t length;
    bool overflow;
    uint8_t depth;
    bool comma[JSON_DEPTH_MAX];
    const char *last_key[JSON_DEPTH_MAX]; /* keys must be given in order (asserted); they must outlive the object */
};

void json_writer_init(struct json_writer *w, char *out, size_t size);
/* `key` is NULL inside arrays and at the top. */
void json_object_begin(struct json_writer *w, const char *key);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w, const char *key);
void json_array_end(struct json_writer *w);
void json_string(struct json_writer *w, const char *key, const char *text);
void json_string_n(struct json_writer *w, const char *key, const char *text, size_t length);
void json_integer(struct json_writer *w, const char *key, int64_t value);
void json_bool(struct json_writer *w, const char *key, bool value);
void json_null(struct json_writer *w, const char *key);
void json_decimal(struct json_writer *w, const char *key, struct decimal value); /* as a string, "1.20" */
/* Copies a value that already is canonical JSON. */
void json_raw(struct json_writer *w, const char *key, const char *json, size_t length);
/* The length of the finished text (NUL-terminated, not counted), or -1 when it did not fit. */
ptrdiff_t json_writer_finish(struct json_writer *w);

/* ---- reader: tokens in an array of the caller's, in document order ---- */

enum json_type { JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL };

struct json_token {
    enum json_type type;
    bool escaped;           /* a string with escapes */
    uint32_t start, length; /* in the text; strings without their quotes, still escaped */
    uint32_t count;         /* members of an object, elements of an array */
    uint32_t next;          /* index of the token after this value and all it holds */
};

struct json_doc {
    const char *text;
    size_t length;
    struct json_token *tokens; /* [0] is the top value; an object holds key, value, key, value … */
    size_t count, max;
};

/* Fails with the byte offset and the reason. */
int json_parse(struct json_doc *doc, const char *text, size_t length, struct json_token *tokens, size_t max,
               struct err *err);

/* The index of the member `key` of the object token `object`, or -1. */
ptrdiff_t json_member(const struct json_doc *doc, size_t object, const char *key);
/* The index of element `i` of the array token `array`, or -1. */
ptrdiff_t json_element(const struct json_doc *doc, size_t array, size_t i);

/* Unescapes a string token; false when it does not fit, holds a NUL (\u0000), token < 0 or it is no string. */
bool json_get_string(const struct json_doc *doc, ptrdiff_t token, char *out, size_t size);
bool json_get_integer(const struct json_doc *doc, ptrdiff_t token, int64_t *out);
/* A number (without exponent, exact) or a string that holds a decimal. */
bool json_get_decimal(const struct json_doc *doc, ptrdiff_t token, struct decimal *out);
bool json_get_bool(const struct json_doc *doc, ptrdiff_t token, bool *out);
bool json_equals(const struct json_doc *doc, ptrdiff_t token, const char *text);

#endif
