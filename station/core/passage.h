/*
 * One vehicle passing a remote-sensing line, as the device described it: who, where, when, and what the device
 * itself thought of the measurement. The values are the readings of the sample that carries it.
 */
#ifndef STATION_CORE_PASSAGE_H
#define STATION_CORE_PASSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "station/core/plate.h"

enum { PASSAGE_ID_MAX = 48, PASSAGE_TEXT_MAX = 64, PASSAGE_FLAGS_MAX = 128 };

struct passage {
    char record_id[PASSAGE_ID_MAX]; /* the device's own record number; empty: none given */
    char site[PASSAGE_ID_MAX];      /* 点位编号 */
    char line[PASSAGE_ID_MAX];      /* 遥测线编号 */
    int lane;                       /* 1…; 0: not given */
    bool has_device_time;
    int64_t device_time_ms;            /* Unix ms by the device's clock */
    char plate_text[PASSAGE_TEXT_MAX]; /* as sent; may be empty or nonsense: parsed by whoever judges */
    enum plate_colour plate_colour;
    char fuel[16];                         /* "diesel" "petrol" or empty */
    char device_result[16];                /* "pass" "fail" "invalid" or empty: shown, never used */
    char device_reason[PASSAGE_FLAGS_MAX]; /* 无效原因 as sent */
};

#endif
