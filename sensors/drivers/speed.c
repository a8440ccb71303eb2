#include "sensors/drivers/speed.h"

const enum quantity speed_quantities[] = {QUANTITY_SPEED, QUANTITY_COUNT};

void speed_publish(struct decimal km_h, enum quality quality, int64_t t_ms, const struct sensor_host *host)
{
    static const struct decimal most = {220, 0};
    struct sample sample = {.t_ms = t_ms};
    if (km_h.units == 0)
        return;
    if (km_h.units < 0) /* going away */
        km_h.units = -km_h.units;
    if (quality == QUALITY_OK && decimal_compare(km_h, most) > 0)
        quality = QUALITY_OUT_OF_RANGE;
    sample_add(&sample, QUANTITY_SPEED, quality, km_h);
    host->publish(host->ctx, &sample);
}

bool speed_from_mph(struct decimal mph, struct decimal *km_h)
{
    enum { SCALE_DIGITS = 6, KEPT = 2 };
    struct decimal scale = {1609344, (uint8_t)(SCALE_DIGITS + mph.digits)};
    return scale.digits <= DECIMAL_DIGITS_MAX && decimal_scale(mph.units, scale, (struct decimal){0, 0}, km_h) &&
           decimal_round(*km_h, KEPT, km_h);
}
