/*
 * Hikvision CSR-I radar (protocols/speed.h); `option` says how it is set: one-byte, two-byte or ascii. It sends on its
 * own; with poll-ms it is asked (its answer mode). A speed of 0 is no vehicle and no reading. Direction is not kept.
 *
 * What cannot be seen, as there is no checksum: in one-byte mode any byte up to F6 is a speed; in the others a wrong
 * bit within the speed.
 */
#include <assert.h>
#include <string.h>

#include "protocols/speed.h"
#include "sensors/drivers/drivers.h"
#include "sensors/drivers/plain.h"
#include "sensors/drivers/speed.h"

static const char *const modes[] = {
    [SPEED_CSRI_ONE_BYTE] = "one-byte", [SPEED_CSRI_TWO_BYTES] = "two-byte", [SPEED_CSRI_ASCII] = "ascii"};

/* -1: no such mode. */
static int mode_of(const struct sensor_config *config)
{
    for (int i = 0; i < (int)(sizeof modes / sizeof modes[0]); i++)
        if (strcmp(config->option, modes[i]) == 0)
            return i;
    return -1;
}

static int check(const struct sensor_config *config, struct err *err)
{
    enum { POLL_MIN_MS = 20 };
    if (config->profile)
        return err_set(err, ERR_INVALID, "driver csri takes no 'profile'; take the line out");
    if (mode_of(config) < 0)
        return err_set(err, ERR_INVALID,
                       "driver csri needs 'option', how the radar is set: one-byte, two-byte or ascii");
    if (config->poll_ms != 0 && config->poll_ms < POLL_MIN_MS)
        return err_set(err, ERR_INVALID, "the poll pace must be at least %d ms", POLL_MIN_MS);
    return 0;
}

static void ask(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    static const uint8_t request = SPEED_CSRI_ASK;
    host->wake(host->ctx, t_ms + s->config->poll_ms);
    host->send(host->ctx, &request, 1);
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    if (s->config->poll_ms != 0)
        host->wake(host->ctx, t_ms + s->config->poll_ms);
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    return plain_cut(speed_csri_find((enum speed_csri_mode)mode_of(s->config), buf, length, frame));
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    enum speed_csri_mode mode = (enum speed_csri_mode)mode_of(s->config);
    if (!speed_is_greeting(bytes, length))
        speed_publish((struct decimal){speed_csri_value(mode, bytes), 0}, QUALITY_OK, t_ms, host);
    return true;
}

const struct sensor_driver driver_csri = {
    .name = "csri",
    .title = "Hikvision CSR-I speed radar",
    .line = "9600/8n1",
    .stale_ms = 0, /* an empty road is no fault */
    .quantities = speed_quantities,
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
    .wake = ask,
};
