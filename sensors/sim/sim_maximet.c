/*
 * Gill MaxiMet weather station, ASCII stream: STX body ETX CK CR LF. The body is "Q," and the configured columns, each
 * with a comma behind; CK is the XOR of the bytes between STX and ETX, in two hex digits. A value that is not there is
 * an empty column.
 *
 * Settings: columns=wind_dir,wind_speed,…,-,status   quantities in the order of the report; - an empty column; status
 *                                                    the four-digit code, 0000 when all is well
 *           node=Q
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

enum { STX = 0x02, ETX = 0x03, COLUMNS_MAX = 32, TEXT_MAX = 400, PERIOD_MS = 1000 };
enum { COLUMN_EMPTY = QUANTITY_COUNT, COLUMN_STATUS };

struct maximet {
    int columns[COLUMNS_MAX];
    int count;
    char node;
};

static struct maximet *maximet_of(struct sim_instrument *instrument)
{
    return (struct maximet *)(void *)instrument->state.bytes;
}

static void init(struct sim_instrument *instrument)
{
    static const int usual[] = {QUANTITY_WIND_DIR, QUANTITY_WIND_SPEED, QUANTITY_PRESSURE, QUANTITY_HUMIDITY,
                                QUANTITY_AIR_TEMP, QUANTITY_DEW_POINT,  COLUMN_STATUS};
    struct maximet *m = maximet_of(instrument);
    *m = (struct maximet){.count = sizeof usual / sizeof *usual, .node = 'Q'};
    memcpy(m->columns, usual, sizeof usual);
    instrument->period_ms = PERIOD_MS;
}

static int set_columns(struct maximet *m, const char *value, struct err *err)
{
    m->count = 0;
    while (*value) {
        size_t length = strcspn(value, ",");
        int column = (int)quantity_by_name(value, length);
        if (length == 1 && *value == '-')
            column = COLUMN_EMPTY;
        else if (length == 6 && memcmp(value, "status", 6) == 0)
            column = COLUMN_STATUS;
        else if (column == QUANTITY_COUNT)
            column = -1;
        if (column < 0 || m->count == COLUMNS_MAX)
            return err_set(err, ERR_INVALID, "columns: no quantity, '-' or 'status' at '%s'", value);
        m->columns[m->count++] = column;
        value += length + (value[length] == ',');
    }
    return 0;
}

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    (void)t_ms;
    if (strcmp(key, "columns") == 0)
        return set_columns(maximet_of(instrument), value, err);
    if (strcmp(key, "node") != 0 || strlen(value) != 1)
        return sim_unknown(instrument, key, err);
    maximet_of(instrument)->node = value[0];
    return 0;
}

/* In the maker's units and widths: hPa 0999.5, humidity 040, temperature +023.3, direction 040, speed 000.12. */
static int column_text(struct sim_instrument *instrument, int column, char *out, size_t size, int64_t t_ms)
{
    if (column == COLUMN_STATUS)
        return snprintf(out, size, "%s,", instrument->health == HEALTH_OK ? "0000" : "0104");
    double value = column == COLUMN_EMPTY ? (double)NAN : sim_value(instrument, (enum quantity)column, t_ms);
    if (isnan(value))
        return snprintf(out, size, ",");
    if (column == QUANTITY_PRESSURE)
        return snprintf(out, size, "%06.1f,", value * 10);
    if (column == QUANTITY_HUMIDITY || column == QUANTITY_WIND_DIR)
        return snprintf(out, size, "%03.0f,", value);
    if (column == QUANTITY_AIR_TEMP || column == QUANTITY_DEW_POINT)
        return snprintf(out, size, "%+06.1f,", value);
    if (column == QUANTITY_LATITUDE || column == QUANTITY_LONGITUDE)
        return snprintf(out, size, "%+011.6f,", value);
    return snprintf(out, size, "%06.2f,", value);
}

static void tick(struct sim_instrument *instrument, int64_t t_ms)
{
    const struct maximet *m = maximet_of(instrument);
    char text[TEXT_MAX];
    int length = snprintf(text, sizeof text, "%c%c,", STX, m->node);
    for (int i = 0; i < m->count; i++)
        length += column_text(instrument, m->columns[i], text + length, sizeof text - (size_t)length, t_ms);
    unsigned check = 0;
    for (int i = 1; i < length; i++)
        check ^= (unsigned char)text[i];
    snprintf(text + length, sizeof text - (size_t)length, "%c%02X\r\n", ETX, check);
    sim_broadcast_text(instrument, text, t_ms);
}

const struct sim_protocol sim_maximet = {.name = "maximet", .check_tail = 2, .init = init, .tick = tick, .set = set};
