#include "sensors/sensor.h"

#include <assert.h>
#include <string.h>

#include "sensors/drivers/drivers.h"
#include "sensors/profile.h"
#include "station/core/opacity.h"

// clang-format off: one a line, by name
const struct sensor_driver *const sensor_drivers[] = {
    &driver_ak,       &driver_cap3030,    &driver_csri,     &driver_csv,
    &driver_elm327,   &driver_escpos,     &driver_fga4100,  &driver_flb100,
    &driver_fty100,   &driver_gpsd,       &driver_jsonl,    &driver_maximet,
    &driver_mexa584l, &driver_microbench, &driver_modbus,   &driver_mph,
    &driver_mqw50a,   &driver_mqw5101,    &driver_mqy200,   &driver_nha503,
    &driver_nha506,   &driver_nht1l,      &driver_nht6,     &driver_nmea,
    &driver_rpm5300,  &driver_sansi,      &driver_truspeed, &driver_vaisala,
    &driver_vmt2000,  &driver_vtet1000,   &driver_yaogan,   NULL,
};
// clang-format on

static const char *const command_names[COMMAND_COUNT] = {
    [COMMAND_ZERO] = "zero",
    [COMMAND_SPAN] = "span",
    [COMMAND_LEAK_TEST] = "leak-test",
    [COMMAND_CLEAR_MAXIMUM] = "clear-maximum",
    [COMMAND_PUMP_ON] = "pump-on",
    [COMMAND_PUMP_OFF] = "pump-off",
    [COMMAND_SKIP_WARM_UP] = "skip-warm-up",
    [COMMAND_REMOTE] = "remote",
    [COMMAND_MANUAL] = "manual",
    [COMMAND_MEASURE] = "measure",
    [COMMAND_STANDBY] = "standby",
    [COMMAND_PAUSE] = "pause",
};

const char *sensor_command_name(enum sensor_command command)
{
    assert(command < COMMAND_COUNT);
    return command_names[command];
}

enum sensor_command sensor_command_by_name(const char *name)
{
    enum sensor_command command = 0;
    while (command < COMMAND_COUNT && strcmp(command_names[command], name) != 0)
        command++;
    return command;
}

const struct sensor_driver *sensor_driver_by_name(const char *name)
{
    for (size_t i = 0; sensor_drivers[i]; i++)
        if (strcmp(sensor_drivers[i]->name, name) == 0)
            return sensor_drivers[i];
    return NULL;
}

enum quality sensor_quality(enum instrument_status status)
{
    if (status == STATUS_OK)
        return QUALITY_OK;
    return status == STATUS_WARMING ? QUALITY_WARM_UP : QUALITY_SUSPECT;
}

static struct reading *find(struct sample *sample, enum quantity quantity)
{
    for (size_t i = 0; i < sample->count; i++)
        if (sample->readings[i].quantity == quantity)
            return &sample->readings[i];
    return NULL;
}

static void suspect(struct reading *reading)
{
    if (reading->quality == QUALITY_OK)
        reading->quality = QUALITY_SUSPECT;
}

void sensor_check_opacity(struct sample *sample, struct decimal path_m)
{
    struct reading *n = find(sample, QUANTITY_OPACITY);
    struct reading *k = find(sample, QUANTITY_K);
    if (!n || !k)
        return;
    bool both_ok = n->quality == QUALITY_OK && k->quality == QUALITY_OK;
    if (both_ok && opacity_consistent(n->value, k->value, path_m))
        return;
    suspect(n);
    suspect(k);
}

const enum quantity *sensor_quantities(const struct sensor_driver *driver, const struct sensor_config *config)
{
    if (driver->quantities)
        return driver->quantities;
    assert(config->profile);
    return config->profile->quantities;
}

bool sensor_is_passage_source(const struct sensor_config *config)
{
    return config->profile && (config->profile->record || config->profile->fields_count > 0);
}

int64_t sensor_stale_ms(const struct sensor_driver *driver, const struct sensor_config *config)
{
    return config->profile ? config->profile->stale_ms : driver->stale_ms;
}
