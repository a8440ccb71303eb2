/*
 * Instruments that are asked with a few bytes and answer with a few bytes ending in an 8-bit checksum: most opacimeters
 * and many gas analyzers. The reply carries no length, so its length is known only from what was asked.
 *
 *     >  request[0..request_length)             whole, with its checksum, as the instrument's manual prints it
 *     <  head | data … | checksum               reply_length bytes that sum to zero (mod 256)
 *     <  error head | … | code                  error_length bytes without checksum, where the family has it
 *
 * An 8-bit checksum lets 1 of 256 random frames pass. Whoever decodes checks ranges, and listens only while it expects
 * an answer.
 */
#ifndef PROTOCOLS_BYTECODEC_H
#define PROTOCOLS_BYTECODEC_H

#include <stddef.h>
#include <stdint.h>

enum { BYTECODEC_REQUEST_MAX = 16 };

struct bytecodec_exchange {
    const char *name; /* "real-time values" */
    uint8_t request[BYTECODEC_REQUEST_MAX];
    uint8_t request_length;
    uint8_t reply_head; /* the reply's first byte */
    uint8_t reply_length;
};

struct bytecodec_error {
    uint8_t head;
    uint8_t length; /* 0: this family sends none */
};

enum bytecodec_found { BYTECODEC_MORE, BYTECODEC_REPLY, BYTECODEC_ERROR, BYTECODEC_BAD };

/* What buf[0..length > 0) begins with, as an answer to that exchange; *frame is its length where it is a reply or an
 * error. BAD: the first byte begins neither. */
enum bytecodec_found bytecodec_find(const struct bytecodec_exchange *exchange, const struct bytecodec_error *error,
                                    const uint8_t *buf, size_t length, size_t *frame);

/* The sum of all bytes, mod 256. */
uint8_t bytecodec_sum(const uint8_t *bytes, size_t length);

uint16_t bytecodec_u16(const uint8_t *bytes); /* big-endian */

#endif
