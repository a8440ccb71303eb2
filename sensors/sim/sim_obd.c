#include "sensors/sim/sim_obd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* P0420 is 0420h; C, B and U put 1, 2 and 3 on top. */
int sim_obd_set_dtcs(struct sim_obd_vehicle *vehicle, const char *value, struct err *err)
{
    static const char letters[] = "PCBU";
    vehicle->dtc_count = 0;
    while (*value) {
        const char *letter = strchr(letters, *value);
        char *end;
        unsigned long digits = strtoul(value + 1, &end, 16);
        if (!letter || end != value + 5 || digits > 0x3FFF || vehicle->dtc_count == SIM_OBD_DTCS_MAX)
            return err_set(err, ERR_INVALID, "dtcs: no fault code like P0420 at '%s'", value);
        vehicle->dtcs[vehicle->dtc_count++] = (unsigned)(letter - letters) << 14 | (unsigned)digits;
        value = end + (*end == ',');
    }
    return 0;
}

struct pid {
    unsigned number;
    enum quantity quantity;
    size_t width;
    double factor, offset;
};

static const struct pid pids[] = {{0x04, QUANTITY_LOAD, 1, 100.0 / 255, 0},
                                  {0x05, QUANTITY_COOLANT_TEMP, 1, 1, -40},
                                  {0x0C, QUANTITY_RPM, 2, 0.25, 0},
                                  {0x0D, QUANTITY_SPEED, 1, 1, 0}};

/* Bytes of that PID; 0: this control unit does not know it. */
static size_t pid_value(const struct sim_instrument *instrument, const struct sim_obd_vehicle *vehicle, int ecu,
                        unsigned number, uint8_t *out, int64_t t_ms)
{

    if (number == 0x01) {
        double mil = ecu == 0 ? sim_value(instrument, QUANTITY_MIL, t_ms) : 0;
        if (isnan(mil))
            return 0;
        out[0] = (uint8_t)((mil > 0 ? 0x80 : 0) | (ecu == 0 ? vehicle->dtc_count : 0));
        out[1] = (uint8_t)(vehicle->readiness >> 16);
        out[2] = (uint8_t)(vehicle->readiness >> 8);
        out[3] = (uint8_t)vehicle->readiness;
        return 4;
    }
    for (size_t i = 0; i < sizeof pids / sizeof *pids; i++) {
        double raw = round((sim_value(instrument, pids[i].quantity, t_ms) - pids[i].offset) / pids[i].factor);
        if (pids[i].number != number || (ecu > 0 && number != 0x0D) ||
            !(raw >= 0 && raw < (pids[i].width == 1 ? 0x100 : 0x10000)))
            continue;
        out[0] = (uint8_t)((unsigned)raw >> (8 * (pids[i].width - 1)));
        out[1] = (uint8_t)(unsigned)raw;
        return pids[i].width;
    }
    return 0;
}

static size_t current_data(const struct sim_instrument *instrument, const struct sim_obd_vehicle *vehicle, int ecu,
                           unsigned number, uint8_t *out, int64_t t_ms)
{
    if (number != 0)
        return pid_value(instrument, vehicle, ecu, number, out, t_ms);
    uint32_t mask = 0;
    uint8_t unused[4];
    for (unsigned pid = 1; pid <= 0x20; pid++)
        if (pid_value(instrument, vehicle, ecu, pid, unused, t_ms) > 0)
            mask |= UINT32_C(1) << (32 - pid);
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(mask >> (24 - 8 * i));
    return 4;
}

size_t sim_obd_answer(const struct sim_instrument *instrument, struct sim_obd_vehicle *vehicle, int ecu,
                      const uint8_t *request, size_t length, uint8_t out[SIM_OBD_PAYLOAD_MAX], int64_t t_ms)
{

    out[0] = (uint8_t)(request[0] | 0x40);
    if (request[0] == 0x01 && length == 2) {
        out[1] = request[1];
        size_t bytes = current_data(instrument, vehicle, ecu, request[1], out + 2, t_ms);
        return bytes ? 2 + bytes : 0;
    }
    if ((request[0] == 0x03 || request[0] == 0x07) && length == 1) {
        size_t count = request[0] == 0x03 && ecu == 0 ? vehicle->dtc_count : 0;
        out[1] = (uint8_t)count;
        for (size_t i = 0; i < count; i++) {
            out[2 + 2 * i] = (uint8_t)(vehicle->dtcs[i] >> 8);
            out[3 + 2 * i] = (uint8_t)vehicle->dtcs[i];
        }
        return 2 + 2 * count;
    }
    if (request[0] == 0x04 && length == 1) {
        vehicle->dtc_count = 0;
        return 1;
    }
    if (request[0] != 0x09 || length != 2 || ecu > 0)
        return 0;
    static const uint8_t supported[] = {0x49, 0x00, 0x40, 0x00, 0x00, 0x00};
    if (request[1] == 0x00) {
        memcpy(out, supported, sizeof supported);
        return sizeof supported;
    }
    if (request[1] != 0x02)
        return 0;
    out[1] = 0x02;
    out[2] = 1;
    memcpy(out + 3, vehicle->vin, SIM_OBD_VIN);
    return 3 + SIM_OBD_VIN;
}
