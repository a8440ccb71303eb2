/*
 * The text of recordings as the daemon writes them (sensors/recording.h): their heads, and the recording of one
 * passage, which smogctl writes again from the stored bytes when it recomputes a verdict.
 */
#ifndef STATION_RECORD_WIRE_H
#define STATION_RECORD_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "station/config.h"
#include "station/core/json.h"

/* The first lines of an instrument's recording; of the operator's keys where instrument is -1. Returns the length, or
 * -1 when it does not fit. */
ptrdiff_t record_wire_head(const struct config *config, int instrument, char *out, size_t size);

/* The recording of one passage: its bytes at time 0, in as many lines as they need. Returns the length, or -1. */
ptrdiff_t record_wire_passage(const struct config *config, int instrument, const uint8_t *bytes, size_t length,
                              char *out, size_t size);

/* The same from the record (token of its instrument) and the bytes as hex. */
ptrdiff_t record_wire_again(const struct json_doc *record, ptrdiff_t instrument, const char *hex, char *out,
                            size_t size);

#endif
