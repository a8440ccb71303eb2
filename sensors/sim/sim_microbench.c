/*
 * Sensors Inc. Microbench / AMBII, 9600 8N1, low byte first: cmd, mode (0 normal, 1 again), word count, words, 16-bit
 * sum of all bytes before it. Answers: cmd, 06 ACK / 05 BUSY / 15 NAK, word count, words, sum.
 *
 * What takes time (02 calibrate, 10 calibrate pressure) answers BUSY; 0B tells the progress (1 busy, 0 done), and the
 * same command with mode 1 then gets the ACK. How many decimals a value has is not part of the protocol: set NAME
 * scale-co=0.01 and so on; unless set, co co2 o2 are in 0.01, air_temp and pressure (kPa) in 0.1, all others in 1.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"
#include "sensors/sim/sim_table.h"

enum { CALIBRATE = 0x02, CALIBRATE_PRESSURE = 0x10 };

static size_t request_length(const uint8_t *bytes, size_t length)
{
    enum { HEAD = 4, SUM = 2, WORDS_MAX = 64 };
    if (bytes[0] > 0x12 || (length > 1 && bytes[1] > 1))
        return TABLE_NOT;
    if (length < HEAD)
        return 0;
    size_t words = (size_t)(bytes[2] | bytes[3] << 8);
    return words > WORDS_MAX ? TABLE_NOT : HEAD + 2 * words + SUM;
}

static double scale_of(const struct sim_instrument *instrument, enum quantity quantity)
{
    static const double usual[QUANTITY_COUNT] = {[QUANTITY_CO] = 0.01,
                                                 [QUANTITY_CO2] = 0.01,
                                                 [QUANTITY_O2] = 0.01,
                                                 [QUANTITY_AIR_TEMP] = 0.1,
                                                 [QUANTITY_PRESSURE] = 0.1};
    double set = table_look(instrument)->scale[quantity];
    return set > 0 ? set : usual[quantity] > 0 ? usual[quantity] : 1;
}

static int set(struct sim_instrument *instrument, const char *key, const char *value, struct err *err)
{
    if (strncmp(key, "scale-", 6) != 0)
        return sim_unknown(instrument, key, err);
    enum quantity quantity = quantity_by_name(key + 6, strlen(key + 6));
    char *end;
    double scale = strtod(value, &end);
    if (quantity == QUANTITY_COUNT || end == value || *end || !(scale > 0))
        return err_set(err, ERR_INVALID, "%s: scale-QUANTITY=NUMBER, not '%s'", key, value);
    table_state(instrument)->scale[quantity] = scale;
    return 0;
}

enum { LOW_FLOW = 0x0001, ZERO_RECOMMENDED = 0x0010, CO_RANGE = 0x0200, INTERNAL = 0x8000 };
enum { MORE_WARM_UP = 0x01, MORE_ZERO_NEEDED = 0x02, MORE_BAD_O2 = 0x10, MORE_LOW_FLOW = 0x20 };

/* w_QUANTITY, its value in the instrument's own decimals; status and more, the status words. */
static double number(const struct sim_instrument *instrument, const char *name, int64_t t_ms)
{
    static const struct table_flag status[] = {{HEALTH_LOW_FLOW, LOW_FLOW},
                                               {HEALTH_ZERO_NEEDED, ZERO_RECOMMENDED},
                                               {HEALTH_OUT_OF_RANGE, CO_RANGE},
                                               {HEALTH_FAULT, INTERNAL},
                                               {HEALTH_OK, 0}};
    static const struct table_flag more[] = {{HEALTH_WARMING, MORE_WARM_UP},
                                             {HEALTH_ZERO_NEEDED, MORE_ZERO_NEEDED},
                                             {HEALTH_SENSOR_EXPIRED, MORE_BAD_O2},
                                             {HEALTH_LOW_FLOW, MORE_LOW_FLOW},
                                             {HEALTH_OK, 0}};
    if (strcmp(name, "status") == 0)
        return table_flags(instrument, status) | table_look(instrument)->bits;
    if (strcmp(name, "more") == 0)
        return table_flags(instrument, more);
    if (strcmp(name, "running") == 0)
        return table_look(instrument)->doing != DOING_NOTHING;
    const char *serial = table_look(instrument)->serial;
    if (strncmp(name, "serial", 6) == 0) {
        size_t at = 2 * (size_t)(name[6] - '0');
        bool there = at < strlen(serial);
        return there ? (unsigned char)serial[at] | (unsigned char)serial[at + 1] << 8 : 0;
    }
    enum quantity quantity = quantity_by_name(name + 2, strlen(name + 2));
    return table_value(instrument, quantity, t_ms) / scale_of(instrument, quantity);
}

static const char *before(struct sim_instrument *instrument, const uint8_t *request, size_t length, int64_t t_ms)
{
    (void)length;
    struct table_state *s = table_state(instrument);
    bool again = request[1] == 1;
    if (request[0] != CALIBRATE && request[0] != CALIBRATE_PRESSURE)
        return NULL;
    if (!again && s->doing == DOING_NOTHING) {
        s->doing = DOING_ZERO;
        s->done_ms = t_ms + s->zero_ms;
        s->busy_with = request[0];
    }
    if (s->doing != DOING_NOTHING)
        return "cmd 05 00 00";
    bool mine = s->busy_with == request[0];
    s->busy_with = 0;
    return mine ? "cmd 06 00 00" : "cmd 15 00 00";
}

static const struct table_row rows[] = {
    {"03 ?? 02 00 ?? ?? ?? ??", "03 06 0A 00 status w_hc w_co w_co2 w_o2 w_nox w_rpm w_oil_temp w_air_temp w_pressure",
     ACT_NONE},
    {"04 ?? 00 00", "04 06 0A 00 more status 00 00 00 00 00 00 00 00 00 00 00 00 00 00 warm_up_s", ACT_NONE},
    {"08 ?? 01 00 01 00", "08 06 00 00", ACT_EXHAUST},
    {"08 ?? 01 00 02 00", "08 06 00 00", ACT_AIR},
    {"08 ?? 01 00 00 00", "08 06 00 00", ACT_STOP},
    {"0B ?? 00 00", "0B 06 01 00 running", ACT_NONE},
    {"0C ?? 00 00", "0C 06 02 00 02 01 16 20", ACT_NONE},
    {"0C ?? 02 00 ?? ?? ?? ??", "0C 06 02 00 02 01 16 20", ACT_NONE},
    {"0D ?? 00 00", "0D 06 04 00 serial0 serial1 serial2 serial3", ACT_NONE},
    {"12 ?? 01 00 ?? ??", "12 06 00 00", ACT_NONE},
    {NULL, NULL, ACT_NONE},
};

const struct sim_table sim_microbench = {
    TABLE_PROTOCOL("microbench", SHOWS(OK) | SHOWS(WARMING) | SHOWS(LOW_FLOW) | SHOWS(ZERO_NEEDED) |
                                     SHOWS(OUT_OF_RANGE) | SHOWS(SENSOR_EXPIRED) | SHOWS(FAULT)),
    .rows = rows,
    .refusal = "cmd 15 00 00",
    .asked = SUM_WORD,
    .answered = SUM_WORD,
    .low_first = true,
    .length = request_length,
    .number = number,
    .before = before,
    .set = set,
};
