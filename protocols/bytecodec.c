#include "protocols/bytecodec.h"

#include <assert.h>
#include <string.h>

/* ---- checksums ---- */

size_t bytecodec_checksum_size(enum bytecodec_check check)
{
    if (check == BYTECODEC_NONE)
        return 0;
    return check == BYTECODEC_LE16 ? 2 : 1;
}

/* The checksum that belongs at the end of the frame; its own place in the frame is not looked at. */
static uint16_t checksum(struct bytecodec_checksum rule, const uint8_t *frame, size_t length)
{
    uint16_t sum = 0;
    for (size_t i = rule.from; i < length - bytecodec_checksum_size(rule.check); i++)
        sum = (uint16_t)(sum + frame[i]);
    switch (rule.check) {
    case BYTECODEC_ZERO: return (uint8_t)-sum;
    case BYTECODEC_COMPLEMENT: return (uint8_t)~sum;
    case BYTECODEC_PLAIN: return (uint8_t)sum;
    case BYTECODEC_NONE:
    case BYTECODEC_LE16: break;
    }
    return sum;
}

bool bytecodec_checksum_good(struct bytecodec_checksum rule, const uint8_t *frame, size_t length)
{
    size_t size = bytecodec_checksum_size(rule.check);
    if (length < rule.from + size)
        return false;
    uint16_t sum = checksum(rule, frame, length);
    const uint8_t *end = frame + length - size;
    return size == 0 || (end[0] == (uint8_t)sum && (size == 1 || end[1] == sum >> 8));
}

void bytecodec_seal(struct bytecodec_checksum rule, uint8_t *frame, size_t length)
{
    size_t size = bytecodec_checksum_size(rule.check);
    assert(length >= rule.from + size);
    uint16_t sum = checksum(rule, frame, length);
    for (size_t i = 0; i < size; i++)
        frame[length - size + i] = (uint8_t)(sum >> 8 * i);
}

/* ---- frames ---- */

static uint16_t le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* How long the answer is; 0: cannot be told yet. */
static size_t answer_length(const struct bytecodec_exchange *exchange, const struct bytecodec_answer *answer,
                            const uint8_t *buf, size_t length)
{
    switch (answer->length) {
    case BYTECODEC_AS_ASKED: break;
    case BYTECODEC_LENGTH_BYTE:
        return length > answer->length_at ? (size_t)buf[answer->length_at] + answer->length_more : 0;
    case BYTECODEC_WORDS_LE16:
        return length > answer->length_at + 1U ? 2U * le16(buf + answer->length_at) + answer->length_more : 0;
    }
    return exchange->reply_length;
}

/* Takes a frame of that length, 0: not known yet. */
static enum bytecodec_found take(const struct bytecodec_answer *answer, const uint8_t *buf, size_t length,
                                 size_t *frame, enum bytecodec_found whole)
{
    if (*frame > BYTECODEC_ANSWER_MAX)
        return BYTECODEC_BAD;
    if (*frame == 0 || length < *frame)
        return BYTECODEC_MORE;
    return bytecodec_checksum_good(answer->checksum, buf, *frame) ? whole : BYTECODEC_BAD;
}

/* Does it begin as the reply does, as far as it has come? */
static bool begins_reply(const struct bytecodec_exchange *exchange, const uint8_t *buf, size_t length)
{
    for (size_t i = 0; i < exchange->head_length && exchange->head_at + i < length; i++)
        if (buf[exchange->head_at + i] != exchange->head[i])
            return false;
    return true;
}

/* An answer with that sign; BAD: it is none. */
static enum bytecodec_found find_sign(const struct bytecodec_exchange *exchange, const struct bytecodec_answer *answer,
                                      const struct bytecodec_sign *sign, const uint8_t *buf, size_t length,
                                      size_t *frame, enum bytecodec_found whole)
{
    if (sign->length == 0 && !sign->framed)
        return BYTECODEC_BAD;
    if (sign->framed && exchange->head_length > 0 && exchange->head_at < length &&
        buf[exchange->head_at] != exchange->head[0])
        return BYTECODEC_BAD;
    if (length <= sign->at)
        return BYTECODEC_MORE;
    if (buf[sign->at] != sign->value)
        return BYTECODEC_BAD;
    if (sign->framed) {
        *frame = answer_length(exchange, answer, buf, length);
        return take(answer, buf, length, frame, whole);
    }
    *frame = sign->length;
    return length < *frame ? BYTECODEC_MORE : whole;
}

enum bytecodec_found bytecodec_find(const struct bytecodec_exchange *exchange, const struct bytecodec_answer *answer,
                                    const uint8_t *buf, size_t length, size_t *frame)
{
    bool anything = exchange->head_length == 0; /* is a reply, but for the signs */
    if (anything || !begins_reply(exchange, buf, length)) {
        enum bytecodec_found found = find_sign(exchange, answer, &answer->error, buf, length, frame, BYTECODEC_ERROR);
        if (found == BYTECODEC_BAD)
            found = find_sign(exchange, answer, &answer->busy, buf, length, frame, BYTECODEC_BUSY);
        if (found != BYTECODEC_BAD || !anything)
            return found;
    }
    *frame = answer_length(exchange, answer, buf, length);
    if (*frame > 0 && exchange->reply_length > 0 && *frame != exchange->reply_length)
        return BYTECODEC_BAD;
    if (*frame > 0 && *frame < (size_t)exchange->head_at + exchange->head_length)
        return BYTECODEC_BAD;
    return take(answer, buf, length, frame, BYTECODEC_REPLY);
}

/* ---- numbers ---- */

size_t bytecodec_size(enum bytecodec_kind kind)
{
    if (kind == BYTECODEC_U8)
        return 1;
    return kind == BYTECODEC_ASCII4 ? 4 : 2;
}

static bool ascii(const uint8_t *text, size_t size, int32_t *out)
{
    size_t i = 0;
    bool negative = false;
    while (i < size && text[i] == ' ')
        i++;
    if (i < size && (text[i] == '-' || text[i] == '+'))
        negative = text[i++] == '-';
    int32_t number = 0;
    size_t digits = size - i;
    for (; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = 10 * number + (text[i] - '0');
    }
    *out = negative ? -number : number;
    return digits > 0;
}

bool bytecodec_number(enum bytecodec_kind kind, const uint8_t *bytes, int32_t *out)
{
    enum { SIGN = 0x8000 };
    if (kind == BYTECODEC_ASCII4)
        return ascii(bytes, bytecodec_size(kind), out);
    if (kind == BYTECODEC_U8) {
        *out = bytes[0];
        return true;
    }
    bool little = kind == BYTECODEC_U16_LE || kind == BYTECODEC_S16_LE;
    int32_t number = little ? le16(bytes) : bytes[0] << 8 | bytes[1];
    if (kind == BYTECODEC_SIGNED_MAGNITUDE16)
        *out = number & SIGN ? -(number & ~SIGN) : number;
    else if (kind == BYTECODEC_S16 || kind == BYTECODEC_S16_LE)
        *out = number & SIGN ? number - 2 * SIGN : number;
    else
        *out = number;
    return true;
}
