/*
 * Bytes as text: hex and base64. Decoding is strict: one text for one value, so that no letter
 * of a signed or compared text can change unseen.
 */
#ifndef REPORTS_ENCODING_H
#define REPORTS_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for `size` bytes as base64 with padding and the NUL. */
#define ENCODING_BASE64_ROOM(size) (((size) + 2) / 3 * 4 + 1)

void encoding_hex(const uint8_t *bytes, size_t size, char *out); /* out: 2 * size + 1, lower case */
/* Exactly `size` bytes in lower-case hex, nothing else. */
bool encoding_unhex(const char *text, size_t length, uint8_t *out, size_t size);

void encoding_base64(const uint8_t *bytes, size_t size, char *out); /* RFC 4648 section 4, with padding */
/* How many bytes the text held, or -1: no canonical base64, or more than `max` bytes. */
ptrdiff_t encoding_unbase64(const char *text, size_t length, uint8_t *out, size_t max);

#endif
