/*
 * The drivers that exist. To add one: a table row or a profile, one line here and in sensors/sensor.c, and a recording
 * in tests/recordings/, without which `make check` fails.
 */
#ifndef SENSORS_DRIVERS_DRIVERS_H
#define SENSORS_DRIVERS_DRIVERS_H

#include "sensors/sensor.h"

extern const struct sensor_driver driver_ak;         /* AK protocol, mapped by a profile */
extern const struct sensor_driver driver_ak;         /* AK protocol, mapped by a profile */
extern const struct sensor_driver driver_cap3030;    /* Capelec CAP3030 opacimeter */
extern const struct sensor_driver driver_csri;       /* Hikvision CSR-I speed radar */
extern const struct sensor_driver driver_csv;        /* one CSV record a line, columns named by a profile */
extern const struct sensor_driver driver_csv;        /* one CSV record a line, columns named by a profile */
extern const struct sensor_driver driver_elm327;     /* ELM327 adapter: OBD, J1939 */
extern const struct sensor_driver driver_elm327;     /* ELM327 adapter: OBD, J1939 */
extern const struct sensor_driver driver_escpos;     /* receipt printer */
extern const struct sensor_driver driver_fga4100;    /* Fofen FGA-4100 gas analyzer */
extern const struct sensor_driver driver_flb100;     /* Fuli FLB-100 opacimeter */
extern const struct sensor_driver driver_fty100;     /* Fofen FTY-100 opacimeter */
extern const struct sensor_driver driver_gpsd;       /* gpsd's JSON reports */
extern const struct sensor_driver driver_jsonl;      /* one JSON object a line, mapped by a profile */
extern const struct sensor_driver driver_jsonl;      /* one JSON object a line, mapped by a profile */
extern const struct sensor_driver driver_maximet;    /* Gill MaxiMet weather stations, ASCII */
extern const struct sensor_driver driver_mexa584l;   /* Horiba MEXA-584L gas analyzer, read only */
extern const struct sensor_driver driver_microbench; /* Sensors Microbench gas bench */
extern const struct sensor_driver driver_modbus;     /* register maps of a profile */
extern const struct sensor_driver driver_modbus;     /* register maps of a profile */
extern const struct sensor_driver driver_mph;        /* MPH Industries speed radar */
extern const struct sensor_driver driver_mqw50a;     /* Mingquan MQW-50A gas analyzer */
extern const struct sensor_driver driver_mqw5101;    /* Mingquan MQW-5101, opacity and NO */
extern const struct sensor_driver driver_mqy200;     /* Mingquan MQY-200 and MQY-201 opacimeters */
extern const struct sensor_driver driver_mqy200;     /* Mingquan MQY-200 and MQY-201 opacimeters */
extern const struct sensor_driver driver_nha503;     /* Nanhua NHA-503 gas analyzer */
extern const struct sensor_driver driver_nha506;     /* Nanhua NHA-506 gas analyzer */
extern const struct sensor_driver driver_nht1l;      /* Nanhua NHT-1L opacimeter */
extern const struct sensor_driver driver_nht1l;      /* Nanhua NHT-1L opacimeter */
extern const struct sensor_driver driver_nht6;       /* Nanhua NHT-6 opacimeter */
extern const struct sensor_driver driver_nht6;       /* Nanhua NHT-6 opacimeter */
extern const struct sensor_driver driver_nmea;       /* NMEA 0183 satellite receiver */
extern const struct sensor_driver driver_rpm5300;    /* RPM5300, MQZ-2, MQZ-3 engine speed */
extern const struct sensor_driver driver_sansi;      /* LED message sign */
extern const struct sensor_driver driver_truspeed;   /* LTI TruSpeed laser */
extern const struct sensor_driver driver_vaisala;    /* Vaisala WXT weather transmitters, ASCII */
extern const struct sensor_driver driver_vmt2000;    /* VMT-2000 engine speed */
extern const struct sensor_driver driver_vtet1000;   /* VTET-1000 engine speed */
extern const struct sensor_driver driver_yaogan;     /* remote-sensing head with YaoGan packets */
extern const struct sensor_driver driver_yaogan;     /* remote-sensing head with YaoGan packets */

#endif
