/*
 * Instruments that are asked with a few bytes and answer with a few bytes: most opacimeters and many gas analyzers.
 * What differs from maker to maker is data here: how long an answer is, how it is checked, how it says "no" or "busy",
 * and how numbers stand in it.
 *
 *     >  request[0..request_length)                    whole, with its checksum, as the instrument's manual prints it
 *     <  … head … | data … | checksum                  an answer: `head` stands at `head_at`
 *     <  … error value …                               the instrument says no; where the family has it
 *     <  … busy value …                                it will do it, later; where the family has it
 *
 * The length of an answer is what was asked for (most families send none), or comes with it in a length byte or as a
 * count of 16-bit words.
 *
 * An 8-bit checksum lets 1 of 256 random frames pass. Whoever decodes checks ranges, and listens only while it expects
 * an answer.
 */
#ifndef PROTOCOLS_BYTECODEC_H
#define PROTOCOLS_BYTECODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BYTECODEC_REQUEST_MAX = 20, BYTECODEC_HEAD_MAX = 4, BYTECODEC_ANSWER_MAX = 128 };

enum bytecodec_check {
    BYTECODEC_NONE,
    BYTECODEC_ZERO,       /* all bytes sum to zero, mod 256 */
    BYTECODEC_PLAIN,      /* the last byte is the sum of those before */
    BYTECODEC_COMPLEMENT, /* the last byte is the ones' complement of their sum */
    BYTECODEC_LE16,       /* the last two bytes are the 16-bit sum, low byte first */
};

struct bytecodec_checksum {
    enum bytecodec_check check;
    uint8_t from; /* the first byte of the sum */
};

enum bytecodec_length {
    BYTECODEC_AS_ASKED,    /* the exchange says it */
    BYTECODEC_LENGTH_BYTE, /* the byte at length_at, plus length_more */
    BYTECODEC_WORDS_LE16,  /* twice the 16-bit number at length_at, low byte first, plus length_more */
};

/* A byte that makes an answer something else than a reply. */
struct bytecodec_sign {
    uint8_t at, value;
    uint8_t length; /* of such an answer, which then has no checksum; 0: none such, or `framed` */
    bool framed;    /* it is as long and as checked as any answer of the family */
};

/* How a family's answers are built. */
struct bytecodec_answer {
    enum bytecodec_length length;
    uint8_t length_at, length_more;
    struct bytecodec_checksum checksum;
    struct bytecodec_sign error, busy;
};

struct bytecodec_exchange {
    const char *name; /* "real-time values" */
    uint8_t request[BYTECODEC_REQUEST_MAX];
    uint8_t request_length;
    uint8_t head[BYTECODEC_HEAD_MAX]; /* what the reply has at head_at */
    uint8_t head_length;
    uint8_t reply_length; /* the length it must have; 0: any, where the answer tells its own */
    uint8_t head_at;
    const struct bytecodec_answer *answer; /* NULL: as the family's answers are */
};

/* For table rows: the bytes and how many they are. */
#define BYTECODEC_REQUEST(...) .request = {__VA_ARGS__}, .request_length = sizeof((const uint8_t[]){__VA_ARGS__})
#define BYTECODEC_HEAD(...) .head = {__VA_ARGS__}, .head_length = sizeof((const uint8_t[]){__VA_ARGS__})

enum bytecodec_found { BYTECODEC_MORE, BYTECODEC_REPLY, BYTECODEC_ERROR, BYTECODEC_BUSY, BYTECODEC_BAD };

/* What buf[0..length > 0) begins with, as an answer to that exchange built as `answer` says; *frame is its length where
 * it is a reply, an error or busy. BAD: the first byte begins none of them. */
enum bytecodec_found bytecodec_find(const struct bytecodec_exchange *exchange, const struct bytecodec_answer *answer,
                                    const uint8_t *buf, size_t length, size_t *frame);

/* The bytes a checksum takes at the end of a frame: 0, 1 or 2. */
size_t bytecodec_checksum_size(enum bytecodec_check check);
bool bytecodec_checksum_good(struct bytecodec_checksum rule, const uint8_t *frame, size_t length);
/* Writes the checksum into the end of a frame of that length, which the checksum must fit in. */
void bytecodec_seal(struct bytecodec_checksum rule, uint8_t *frame, size_t length);

/* ---- numbers ---- */

enum bytecodec_kind {
    BYTECODEC_U8,
    BYTECODEC_U16, /* high byte first */
    BYTECODEC_S16,
    BYTECODEC_SIGNED_MAGNITUDE16, /* bit 7 of the high byte is the sign */
    BYTECODEC_U16_LE,
    BYTECODEC_S16_LE,
    BYTECODEC_ASCII4, /* four characters: digits after optional spaces and sign */
};

size_t bytecodec_size(enum bytecodec_kind kind);
/* The number at bytes[0..bytecodec_size). False: four characters that are no number. */
bool bytecodec_number(enum bytecodec_kind kind, const uint8_t *bytes, int32_t *out);

#endif
