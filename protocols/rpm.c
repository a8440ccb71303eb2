#include "protocols/rpm.h"

#include <string.h>

enum { DIGITS = 4, VTET_LENGTH = 14, VTET_AT = 7 };

const uint8_t rpm_vmt_request[RPM_VMT_REQUEST] = {0x4E, 0x54, 0x30, 0xFF, 0x53, 0x03, 0x01, 0x80, 0x7B};

/* A frame that looks like this: '0' stands for any digit. */
static enum slice_found find_like(const char *like, const uint8_t *buf, size_t length, size_t *frame)
{
    *frame = strlen(like);
    for (size_t i = 0; i < length && i < *frame; i++)
        if (like[i] == '0' ? buf[i] < '0' || buf[i] > '9' : buf[i] != (uint8_t)like[i])
            return SLICE_BAD;
    return length < *frame ? SLICE_MORE : SLICE_FRAME;
}

static uint32_t number(const uint8_t *digits)
{
    uint32_t value = 0;
    for (int i = 0; i < DIGITS; i++)
        value = value * 10 + (digits[i] - (uint32_t)'0');
    return value;
}

enum slice_found rpm_digits_find(const uint8_t *buf, size_t length, size_t *frame)
{
    return find_like("0000\r", buf, length, frame);
}

enum slice_found rpm_vtet_find(const uint8_t *buf, size_t length, size_t *frame)
{
    return find_like("fdjzsj:0000rpm", buf, length, frame);
}

uint32_t rpm_digits_value(const uint8_t *frame)
{
    return number(frame);
}

uint32_t rpm_vtet_value(const uint8_t *frame)
{
    return number(frame + VTET_AT);
}

enum slice_found rpm_vmt_find(const uint8_t *buf, size_t length, size_t *frame)
{
    enum { KIND_AT = 4, KIND = 0x41, SUM_FROM = 5 };
    static const uint8_t head[] = {0x4E, 0x54}; /* of the next two bytes of a reply nothing is known */
    size_t seen = length < sizeof head ? length : sizeof head;
    *frame = RPM_VMT_REPLY;
    if (memcmp(buf, head, seen) != 0 || (length > KIND_AT && buf[KIND_AT] != KIND))
        return SLICE_BAD;
    if (length < RPM_VMT_REPLY)
        return SLICE_MORE;
    uint8_t sum = 0;
    for (size_t i = SUM_FROM; i < RPM_VMT_REPLY - 1; i++)
        sum = (uint8_t)(sum + buf[i]);
    return buf[RPM_VMT_REPLY - 1] == UINT8_MAX - sum ? SLICE_FRAME : SLICE_BAD;
}

uint32_t rpm_vmt_value(const uint8_t *frame)
{
    return (uint32_t)frame[8] << 8 | frame[9];
}
