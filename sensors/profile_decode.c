#include "sensors/profile.h"

#include <assert.h>
#include <string.h>

#include "sensors/sensor.h"

unsigned profile_words(enum profile_type type)
{
    switch (type) {
    case TYPE_U16:
    case TYPE_S16: return 1;
    case TYPE_U32:
    case TYPE_S32:
    case TYPE_F32: return 2;
    case TYPE_U64: return 4;
    case TYPE_TEXT: break;
    }
    return 0;
}

uint64_t profile_combine(const uint16_t *words, enum profile_type type, enum profile_order order)
{
    bool last_first = order == ORDER_CDAB || order == ORDER_DCBA;
    bool swap_bytes = order == ORDER_BADC || order == ORDER_DCBA;
    unsigned count = profile_words(type);
    uint64_t raw = 0;
    for (unsigned i = 0; i < count; i++) {
        uint16_t word = words[last_first ? count - 1 - i : i];
        if (swap_bytes)
            word = (uint16_t)(word << 8 | word >> 8);
        raw = raw << 16 | word;
    }
    return raw;
}

bool profile_decode_number(const struct profile_value *value, struct decimal number, struct decimal *out)
{
    unsigned room = DECIMAL_DIGITS_MAX - value->scale.digits;
    if (number.digits > room && !decimal_round(number, room, &number))
        return false;
    struct decimal scale = {value->scale.units, (uint8_t)(value->scale.digits + number.digits)};
    if (!decimal_scale(number.units, scale, value->offset, out))
        return false;
    return value->digits == PROFILE_DIGITS_AS_SENT || decimal_round(*out, value->digits, out);
}

/* A scale may lift decimals into view, so some more are kept until it has been applied. */
static bool decode_float(const struct profile_value *value, uint32_t raw, struct decimal *out)
{
    enum { KEPT_MORE = 3 };
    float number;
    static_assert(sizeof number == sizeof raw, "IEEE 754 single");
    memcpy(&number, &raw, sizeof number);
    unsigned room = DECIMAL_DIGITS_MAX - value->scale.digits;
    unsigned digits = value->digits + (unsigned)KEPT_MORE;
    struct decimal decimal;
    return decimal_from_double((double)number, digits < room ? digits : room, &decimal) &&
           profile_decode_number(value, decimal, out);
}

bool profile_decode_words(const struct profile_value *value, const uint16_t *words, struct decimal *out)
{
    uint64_t raw = profile_combine(words, value->type, value->order);
    for (size_t i = 0; i < value->absent_count; i++)
        if (raw == value->absent[i])
            return false;
    if (value->type == TYPE_F32)
        return decode_float(value, (uint32_t)raw, out);
    if (raw > INT64_MAX)
        return false;
    int64_t number = (int64_t)raw;
    if (value->type == TYPE_S16)
        number = (int16_t)raw;
    if (value->type == TYPE_S32)
        number = (int32_t)raw;
    return profile_decode_number(value, (struct decimal){.units = number}, out);
}

bool profile_status_set(const struct profile_status *status, uint16_t word)
{
    uint16_t bits = word & status->mask;
    return status->has_equals ? bits == status->equals : bits != 0;
}

enum quality profile_quality(const struct profile_value *value, struct decimal decoded, enum instrument_status status)
{
    if (status != STATUS_OK)
        return sensor_quality(status);
    if ((value->has_min && decimal_compare(decoded, value->min) < 0) ||
        (value->has_max && decimal_compare(decoded, value->max) > 0))
        return QUALITY_OUT_OF_RANGE;
    return QUALITY_OK;
}

const char *profile_code(const struct profile_field *field, const char *code)
{
    if (field->codes_count == 0)
        return code;
    for (size_t i = 0; i < field->codes_count; i++)
        if (strcmp(field->codes[i].code, code) == 0)
            return field->codes[i].word;
    return NULL;
}
