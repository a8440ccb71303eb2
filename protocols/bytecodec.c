#include "protocols/bytecodec.h"

uint8_t bytecodec_sum(const uint8_t *bytes, size_t length)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum;
}

uint16_t bytecodec_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

enum bytecodec_found bytecodec_find(const struct bytecodec_exchange *exchange, const struct bytecodec_error *error,
                                    const uint8_t *buf, size_t length, size_t *frame)
{
    if (buf[0] == exchange->reply_head) {
        *frame = exchange->reply_length;
        if (length < *frame)
            return BYTECODEC_MORE;
        return bytecodec_sum(buf, *frame) == 0 ? BYTECODEC_REPLY : BYTECODEC_BAD;
    }
    if (error->length > 0 && buf[0] == error->head) {
        *frame = error->length;
        return length < *frame ? BYTECODEC_MORE : BYTECODEC_ERROR;
    }
    return BYTECODEC_BAD;
}
