#include "station/core/reading.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

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

ptrdiff_t sample_csv(const struct sample *sample, int64_t t_ms, const char *instrument, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *r = &sample->readings[i];
        char value[DECIMAL_TEXT_MAX];
        decimal_format(r->value, value);
        int wrote = snprintf(out + used, size - used, "%" PRId64 ",%s,%s,%s,%s,%s\n", t_ms, instrument,
                             quantity_name(r->quantity), value, quantity_unit(r->quantity), quality_name(r->quality));
        if (wrote < 0 || (size_t)wrote >= size - used)
            return -1;
        used += (size_t)wrote;
    }
    return (ptrdiff_t)used;
}
