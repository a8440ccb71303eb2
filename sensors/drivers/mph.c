/*
 * MPH Industries speed radars (protocols/speed.h): the target speed of each frame. `option` says in which unit the
 * radar is set to show speeds, km/h or mph; the frame does not say. While it says that its supply is low or that it
 * hears interference, speeds are suspect. 0 is no vehicle and no reading.
 *
 * What cannot be seen, as there is no checksum: a wrong bit within a speed byte.
 */
#include <assert.h>
#include <string.h>

#include "protocols/speed.h"
#include "sensors/drivers/drivers.h"
#include "sensors/drivers/plain.h"
#include "sensors/drivers/speed.h"

static bool is_mph(const struct sensor_config *config)
{
    return strcmp(config->option, "mph") == 0;
}

static int check(const struct sensor_config *config, struct err *err)
{
    if (config->profile)
        return err_set(err, ERR_INVALID, "driver mph takes no 'profile'; take the line out");
    if (!is_mph(config) && strcmp(config->option, "km/h") != 0)
        return err_set(err, ERR_INVALID, "driver mph needs 'option', the unit that the radar is set to: km/h or mph");
    return 0;
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)s;
    (void)t_ms;
    (void)host;
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    return plain_cut(speed_mph_find(buf, length, frame));
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    (void)length;
    struct speed_mph said;
    speed_mph_parse(bytes, &said);
    struct decimal km_h = {said.target, 0};
    if (said.supply_low)
        host->fault(host->ctx, STATUS_INTERNAL, "its supply voltage is low");
    else if (said.interference)
        host->fault(host->ctx, STATUS_INTERNAL, "it hears radio interference");
    else if (said.self_test)
        host->fault(host->ctx, STATUS_BUSY, "it tests itself");
    else
        host->fault(host->ctx, STATUS_OK, "");
    if (said.self_test || said.target < SPEED_MPH_LEAST)
        return true;
    if (!is_mph(s->config) || speed_from_mph(km_h, &km_h))
        speed_publish(km_h, said.supply_low || said.interference ? QUALITY_SUSPECT : QUALITY_OK, t_ms, host);
    return true;
}

const struct sensor_driver driver_mph = {
    .name = "mph",
    .title = "MPH Industries speed radar",
    .line = "1200/8n1",
    .stale_ms = 0, /* an empty road is no fault */
    .quantities = speed_quantities,
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
};
