#include "protocols/j1939.h"

enum { NOX_STABLE_BIT = 4, O2_STABLE_BIT = 6, STABLE_AT = 4, DTC_SIZE = 4, DTC_AT = 2, SPN_NONE = 0x7FFFF };

const struct j1939_spn j1939_spns[] = {
    {92, 0xF003, 2, 1, 1, 0, 0, 0, "engine load"},
    {190, 0xF004, 3, 2, 125, 3, 0, 0, "engine speed"},
    {3216, 0xF00E, 0, 2, 5, 2, -200, NOX_STABLE_BIT, "intake NOx"},
    {3217, 0xF00E, 2, 2, 514, 6, -12, O2_STABLE_BIT, "intake O2"},
    {3226, 0xF00F, 0, 2, 5, 2, -200, NOX_STABLE_BIT, "outlet NOx"},
    {3227, 0xF00F, 2, 2, 514, 6, -12, O2_STABLE_BIT, "outlet O2"},
    {3251, 0xFDB2, 4, 2, 1, 1, 0, 0, "DPF differential pressure"},
    {3246, 0xFDB3, 2, 2, 3125, 5, -273, 0, "DPF outlet temperature"},
    {3242, 0xFDB4, 2, 2, 3125, 5, -273, 0, "DPF inlet temperature"},
    {1761, 0xFE56, 0, 1, 4, 1, 0, 0, "DEF level"},
    {110, 0xFEEE, 0, 1, 1, 0, -40, 0, "coolant temperature"},
    {175, 0xFEEE, 2, 2, 3125, 5, -273, 0, "oil temperature"},
    {84, 0xFEF1, 1, 2, 390625, 8, 0, 0, "wheel speed"},
    {183, 0xFEF2, 0, 2, 5, 2, 0, 0, "fuel rate"},
    {108, 0xFEF5, 0, 1, 5, 1, 0, 0, "barometric pressure"},
    {171, 0xFEF5, 3, 2, 3125, 5, -273, 0, "ambient air temperature"},
    {0},
};

bool j1939_raw(const struct j1939_spn *spn, const uint8_t *data, size_t length, uint32_t *raw)
{
    enum { NONE_8 = 0xFB, NONE_16 = 0xFB00 };
    if (spn->at + (size_t)spn->width > length)
        return false;
    *raw = data[spn->at];
    if (spn->width == 1)
        return *raw < NONE_8;
    *raw |= (uint32_t)data[spn->at + 1] << 8;
    return *raw < NONE_16;
}

bool j1939_unstable(const struct j1939_spn *spn, const uint8_t *data, size_t length)
{
    return spn->stable_bit != 0 && length > STABLE_AT && (data[STABLE_AT] >> spn->stable_bit & 3) == 0;
}

enum j1939_lamp j1939_mil(const uint8_t *dm1, size_t length)
{
    if (length == 0 || dm1[0] >> 6 > 1)
        return J1939_LAMP_UNKNOWN;
    return dm1[0] >> 6 == 1 ? J1939_LAMP_ON : J1939_LAMP_OFF;
}

bool j1939_dtc(const uint8_t *dm1, size_t length, size_t i, struct j1939_dtc *dtc)
{
    size_t at = DTC_AT + i * DTC_SIZE;
    if (at + DTC_SIZE > length)
        return false;
    const uint8_t *b = dm1 + at;
    dtc->spn = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)(b[2] >> 5) << 16;
    dtc->fmi = b[2] & 0x1F;
    dtc->count = b[3] & 0x7F;
    return dtc->spn != 0 && dtc->spn != SPN_NONE;
}
