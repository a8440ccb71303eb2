/*
 * A passage as lists and the console's live feed tell it: one shape, from smogctl out of the files and from smogd as it
 * judges.
 */
#ifndef STATION_PASS_ROW_H
#define STATION_PASS_ROW_H

#include "station/core/verdict.h"
#include "station/store.h"

struct pass_row {
    const struct store_passage *passage; /* device_record, event, record and raw are not needed */
    const struct verdict *verdict;
    int utc_offset_minutes;
    int64_t lane; /* 0: not known */
    int repeat;   /* earlier valid passages of this plate that exceeded, among those the verdict rests on */
};

/* {at, colour, id, instrument, lane, plate, reasons, repeat, seq, valid, values: [{exceeded, limit, quantity,
 * screening, unit, value}], verdict}; lane is left out where it is not known. */
void pass_row_write(const struct pass_row *row, struct json_writer *w);

#endif
