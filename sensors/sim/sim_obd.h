/*
 * What a vehicle's control units answer to a diagnostic request (SAE J1979): modes 01 (PIDs 00 01 04 05 0C 0D), 03, 04,
 * 07 and 09 (00 02). The figures are the world's; one that is not there is a PID that the vehicle does not know. The
 * second control unit knows PIDs 00, 01 and 0D only.
 */
#ifndef SENSORS_SIM_SIM_OBD_H
#define SENSORS_SIM_SIM_OBD_H

#include "sensors/sim/sim.h"

enum { SIM_OBD_VIN = 17, SIM_OBD_DTCS_MAX = 12, SIM_OBD_PAYLOAD_MAX = 96 };

struct sim_obd_vehicle {
    char vin[SIM_OBD_VIN + 1];
    unsigned dtcs[SIM_OBD_DTCS_MAX];
    size_t dtc_count;
    unsigned readiness; /* the last three bytes of PID 01 */
};

/* "P0420,P2002" */
int sim_obd_set_dtcs(struct sim_obd_vehicle *vehicle, const char *value, struct err *err);

/* Puts the payload that answers, positive answer first; its length, 0: no answer. */
size_t sim_obd_answer(const struct sim_instrument *instrument, struct sim_obd_vehicle *vehicle, int ecu,
                      const uint8_t *request, size_t length, uint8_t out[SIM_OBD_PAYLOAD_MAX], int64_t t_ms);

#endif
