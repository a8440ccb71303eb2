#include "station/core/reading.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "station/core/utf8.h"

static const char *const quality_names[QUALITY_COUNT] = {
    [QUALITY_OK] = "ok",           [QUALITY_WARM_UP] = "warm-up",           [QUALITY_STALE] = "stale",
    [QUALITY_SUSPECT] = "suspect", [QUALITY_OUT_OF_RANGE] = "out-of-range",
};

static const char *const status_names[STATUS_COUNT] = {
    [STATUS_OK] = "ok",
    [STATUS_WARMING] = "warming",
    [STATUS_ZEROING] = "zeroing",
    [STATUS_BUSY] = "busy",
    [STATUS_LOW_FLOW] = "low_flow",
    [STATUS_LEAK] = "leak",
    [STATUS_ZERO_NEEDED] = "zero_needed",
    [STATUS_OUT_OF_RANGE] = "out_of_range",
    [STATUS_SENSOR_EXPIRED] = "sensor_expired",
    [STATUS_STANDBY] = "standby",
    [STATUS_WRONG_MODEL] = "wrong_model",
    [STATUS_COMM_ERROR] = "comm_error",
    [STATUS_INTERNAL] = "internal",
};

static const char *const text_names[TEXT_COUNT] = {
#define TEXT_NAME(id, name) [TEXT_##id] = (name),
    TEXT_TABLE(TEXT_NAME)
#undef TEXT_NAME
};

const char *quality_name(enum quality quality)
{
    assert(quality < QUALITY_COUNT);
    return quality_names[quality];
}

const char *instrument_status_name(enum instrument_status status)
{
    assert(status < STATUS_COUNT);
    return status_names[status];
}

const struct reading *sample_find(const struct sample *sample, enum quantity quantity)
{
    for (size_t i = 0; i < sample->count; i++)
        if (sample->readings[i].quantity == quantity)
            return &sample->readings[i];
    return NULL;
}

bool sample_add(struct sample *sample, enum quantity quantity, enum quality quality, struct decimal value)
{
    assert(!sample_find(sample, quantity));
    if (sample->count == SAMPLE_READINGS_MAX)
        return false;
    sample->readings[sample->count++] = (struct reading){.quantity = quantity, .quality = quality, .value = value};
    return true;
}

/* ---- texts ---- */

const char *text_kind_name(enum text_kind kind)
{
    assert(kind < TEXT_COUNT);
    return text_names[kind];
}

enum text_kind text_kind_by_name(const char *name)
{
    enum text_kind kind = 0;
    while (kind < TEXT_COUNT && strcmp(text_names[kind], name) != 0)
        kind++;
    return kind;
}

static bool may_stand(uint32_t code)
{
    bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
    return !control && code != ',' && code != '"';
}

bool sample_text_is_plain(const char *value)
{
    size_t length = strlen(value);
    for (size_t at = 0, size; at < length; at += size) {
        uint32_t code = utf8_next(value + at, length - at, &size);
        if (size == 0 || !may_stand(code))
            return false;
    }
    return true;
}

void sample_text_set(struct sample_text *text, enum text_kind kind, const char *bytes, size_t length)
{
    size_t used = 0;
    text->kind = kind;
    for (size_t at = 0, size; at < length; at += size) {
        char character[4];
        uint32_t code = utf8_next(bytes + at, length - at, &size);
        size_t room = utf8_put(size == 0 ? '?' : may_stand(code) ? code : ' ', character);
        if (used + room >= sizeof text->value)
            break;
        memcpy(text->value + used, character, room);
        used += room;
        size = size == 0 ? 1 : size;
    }
    text->value[used] = '\0';
}

const char *sample_find_text(const struct sample *sample, enum text_kind kind)
{
    for (size_t i = 0; i < sample->texts_count; i++)
        if (sample->texts[i].kind == kind)
            return sample->texts[i].value;
    return NULL;
}

/* ---- the table ---- */

/* Adds one line; false when it does not fit. */
static bool add_line(char *out, size_t size, size_t *used, int64_t t_ms, const char *instrument, const char *what,
                     const char *value, const char *unit, const char *quality)
{
    int wrote = snprintf(out + *used, size - *used, "%" PRId64 ",%s,%s,%s,%s,%s\n", t_ms, instrument, what, value, unit,
                         quality);
    if (wrote < 0 || (size_t)wrote >= size - *used)
        return false;
    *used += (size_t)wrote;
    return true;
}

ptrdiff_t sample_csv(const struct sample *sample, int64_t t_ms, const char *instrument, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *r = &sample->readings[i];
        char value[DECIMAL_TEXT_MAX];
        decimal_format(r->value, value);
        if (!add_line(out, size, &used, t_ms, instrument, quantity_name(r->quantity), value, quantity_unit(r->quantity),
                      quality_name(r->quality)))
            return -1;
    }
    for (size_t i = 0; i < sample->texts_count; i++) {
        const struct sample_text *text = &sample->texts[i];
        assert(sample_text_is_plain(text->value));
        if (!add_line(out, size, &used, t_ms, instrument, text_kind_name(text->kind), text->value, "text", "ok"))
            return -1;
    }
    return (ptrdiff_t)used;
}
