#include "protocols/j1979.h"

#include <string.h>

void j1979_dtc_text(uint8_t high, uint8_t low, char out[J1979_DTC_SIZE])
{
    static const char hex[] = "0123456789ABCDEF";
    out[0] = "PCBU"[high >> 6];
    out[1] = hex[high >> 4 & 3];
    out[2] = hex[high & 15];
    out[3] = hex[low >> 4];
    out[4] = hex[low & 15];
    out[5] = '\0';
}

int j1979_dtcs(const uint8_t *bytes, size_t length, const uint8_t **codes)
{
    enum { EMPTY_LENGTH = 6 };
    *codes = bytes;
    if (length % 2 == 1) {
        *codes = bytes + 1;
        return (size_t)bytes[0] * 2 == length - 1 ? bytes[0] : -1;
    }
    if (length != EMPTY_LENGTH)
        return -1;
    size_t count = 0;
    while (count < EMPTY_LENGTH / 2 && (bytes[2 * count] != 0 || bytes[2 * count + 1] != 0))
        count++;
    return (int)count;
}

bool j1979_vin(const uint8_t *bytes, size_t length, char out[J1979_VIN_SIZE])
{
    enum { LETTERS = J1979_VIN_SIZE - 1 };
    if (length != 1 + LETTERS || bytes[0] != 1)
        return false;
    for (size_t i = 0; i < LETTERS; i++)
        if (!bytes[1 + i] || !strchr("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", bytes[1 + i]))
            return false;
    memcpy(out, bytes + 1, LETTERS);
    out[LETTERS] = '\0';
    return true;
}

bool j1979_monitor(const uint8_t bcd[3], size_t i, const char **name, bool *complete)
{
    enum { CONTINUOUS = 3, COMPRESSION = 8 };
    static const char *const continuous[CONTINUOUS] = {"misfire", "fuel-system", "components"};
    static const char *const spark[] = {"catalyst",        "heated-catalyst", "evaporative", "secondary-air",
                                        "a/c-refrigerant", "o2-sensor",       "o2-heater",   "egr"};
    static const char *const compression[] = {"nmhc-catalyst",      "nox-scr",   NULL,     "boost-pressure", NULL,
                                              "exhaust-gas-sensor", "pm-filter", "egr-vvt"};
    if (i < CONTINUOUS) {
        *name = continuous[i];
        *complete = (bcd[0] >> (i + 4) & 1) == 0;
        return bcd[0] >> i & 1;
    }
    i -= CONTINUOUS;
    *name = bcd[0] & COMPRESSION ? compression[i] : spark[i];
    *complete = (bcd[2] >> i & 1) == 0;
    return *name && (bcd[1] >> i & 1);
}

bool j1979_supports(const uint8_t bits[4], uint8_t pid)
{
    enum { PIDS = 32 };
    return pid >= 1 && pid <= PIDS && (bits[(pid - 1) / 8] >> (7 - (pid - 1) % 8) & 1);
}
