/*
 * The drivers that exist. To add one: a table row or a profile, one line here and in sensors/sensor.c, and a recording
 * in tests/recordings/, without which `make check` fails.
 */
#ifndef SENSORS_DRIVERS_DRIVERS_H
#define SENSORS_DRIVERS_DRIVERS_H

#include "sensors/sensor.h"

extern const struct sensor_driver driver_ak;     /* AK protocol, mapped by a profile */
extern const struct sensor_driver driver_csv;    /* one CSV record a line, columns named by a profile */
extern const struct sensor_driver driver_elm327; /* ELM327 adapter: OBD, J1939 */
extern const struct sensor_driver driver_jsonl;  /* one JSON object a line, mapped by a profile */
extern const struct sensor_driver driver_modbus; /* register maps of a profile */
extern const struct sensor_driver driver_mqy200; /* Mingquan MQY-200 and MQY-201 opacimeters */
extern const struct sensor_driver driver_nht1l;  /* Nanhua NHT-1L opacimeter */
extern const struct sensor_driver driver_nht6;   /* Nanhua NHT-6 opacimeter */
extern const struct sensor_driver driver_yaogan; /* remote-sensing head with YaoGan packets */

#endif
