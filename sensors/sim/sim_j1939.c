#include "sensors/sim/sim_j1939.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct parameter {
    unsigned pgn, spn;
    enum quantity quantity;
    size_t at, width; /* bytes, little-endian */
    double factor, offset;
};

/* Places in the group are those of the application layer, SAE J1939-71. */
static const struct parameter parameters[] = {
    {0xF003, 92, QUANTITY_LOAD, 2, 1, 1, 0},
    {0xF004, 190, QUANTITY_RPM, 3, 2, 0.125, 0},
    {0xF00E, 3216, QUANTITY_OBD_NOX_IN, 0, 2, 0.05, -200},
    {0xF00E, 3217, QUANTITY_OBD_O2_IN, 2, 2, 0.000514, -12},
    {0xF00F, 3226, QUANTITY_OBD_NOX_OUT, 0, 2, 0.05, -200},
    {0xF00F, 3227, QUANTITY_OBD_O2_OUT, 2, 2, 0.000514, -12},
    {0xFDB2, 3251, QUANTITY_DPF_PRESSURE, 4, 2, 0.1, 0},
    {0xFDB3, 3246, QUANTITY_DPF_TEMP_OUT, 2, 2, 0.03125, -273},
    {0xFDB4, 3242, QUANTITY_DPF_TEMP_IN, 2, 2, 0.03125, -273},
    {0xFE56, 1761, QUANTITY_DEF_LEVEL, 0, 1, 0.4, 0},
    {0xFEEE, 110, QUANTITY_COOLANT_TEMP, 0, 1, 1, -40},
    {0xFEEE, 175, QUANTITY_OIL_TEMP, 2, 2, 0.03125, -273},
    {0xFEF1, 84, QUANTITY_SPEED, 1, 2, 1.0 / 256, 0},
    {0xFEF2, 183, QUANTITY_FUEL_RATE, 0, 2, 0.05, 0},
    {0xFEF5, 108, QUANTITY_OBD_PRESSURE, 0, 1, 0.5, 0},
    {0xFEF5, 171, QUANTITY_OBD_AIR_TEMP, 3, 2, 0.03125, -273},
};

static unsigned encode(const struct parameter *p, double value, bool broken)
{
    unsigned last = p->width == 1 ? 0xFA : 0xFAFF;
    double raw = round((value - p->offset) / p->factor);
    if (isnan(raw) || raw < 0 || raw > last)
        return (broken ? 0xFE00U : 0xFF00U) >> (p->width == 1 ? 8 : 0) | (broken || p->width == 1 ? 0U : 0xFFU);
    return (unsigned)raw;
}

bool sim_j1939_group(const struct sim_instrument *instrument, unsigned pgn, bool broken, int64_t t_ms,
                     uint8_t out[SIM_J1939_FRAME])
{
    bool known = false;
    memset(out, 0xFF, SIM_J1939_FRAME);
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        const struct parameter *p = &parameters[i];
        if (p->pgn != pgn)
            continue;
        unsigned raw = encode(p, sim_value(instrument, p->quantity, t_ms), broken);
        out[p->at] = (uint8_t)raw;
        if (p->width == 2)
            out[p->at + 1] = (uint8_t)(raw >> 8);
        known = true;
    }
    return known;
}

size_t sim_j1939_dm1(const struct sim_instrument *instrument, const struct sim_j1939_fault *faults, size_t count,
                     int64_t t_ms, uint8_t out[2 + 4 * SIM_J1939_FAULTS_MAX])
{
    double mil = sim_value(instrument, QUANTITY_MIL, t_ms);
    memset(out, 0, 6);
    out[0] = isnan(mil) ? 0xFF : mil > 0 ? 0x40 : 0x00;
    out[1] = 0xFF;
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = out + 2 + 4 * i;
        at[0] = (uint8_t)faults[i].spn;
        at[1] = (uint8_t)(faults[i].spn >> 8);
        at[2] = (uint8_t)((faults[i].spn >> 16 & 7) << 5 | (faults[i].fmi & 0x1F));
        at[3] = faults[i].count & 0x7F;
    }
    return count > 0 ? 2 + 4 * count : 6;
}

int sim_j1939_faults_parse(const char *text, struct sim_j1939_fault faults[SIM_J1939_FAULTS_MAX])
{
    int count = 0;
    while (*text && count < SIM_J1939_FAULTS_MAX) {
        unsigned *const parts[] = {&faults[count].spn, &faults[count].fmi, &faults[count].count};
        for (int i = 0; i < 3; i++) {
            char *end;
            *parts[i] = (unsigned)strtoul(text, &end, 10);
            if (end == text || (i < 2 && *end != '/') || (i == 2 && *end && *end != ','))
                return -1;
            text = end + (*end != '\0');
        }
        count++;
    }
    return *text ? -1 : count;
}
