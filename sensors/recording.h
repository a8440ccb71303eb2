/*
 * Recordings: what really was on the wire, as text. One file per instrument; the daemon writes it during every test,
 * the tests replay it, the package carries it, rejudge recomputes the verdict from it.
 *
 *     # smogd recording 1
 *     # instrument = smoke
 *     # driver = nht6
 *     # source = live            (live | bench | synthetic)
 *     # key = value …            (profile, unit, path-m, option, poll-ms, line, serial, certificate, firmware)
 *     0 > a55b #1
 *     12 < a500ea003e02ee0166dc #2
 *     500 ! link down #3
 *     812 ! key confirm #4
 *     900 ! key abort engine noise #5
 *     900 ! end #6
 *
 * Fields: ms since the start of the test; direction (> sent, < received as one read() gave it, ! event); bytes as lower
 * case hex, or the event's words. #N numbers the inputs of one test over all its files, so that several recordings
 * merge in one order. Events: "link down", "link up" and "command zero" (an operator zeroed it) in an instrument's
 * recording; "key NAME text" and "end" (when the test ended; a recording without it was cut short) in the recording
 * "operator". Modbus: one chunk per block in the form of protocols/modbusblock.h.
 */
#ifndef SENSORS_RECORDING_H
#define SENSORS_RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"

enum {
    RECORDING_CHUNK_MAX = 1024,
    RECORDING_TEXT_MAX = 256,
    RECORDING_HEADER_MAX = 24,
    RECORDING_MS_MAX = 7 * 24 * 3600 * 1000, /* a replay fires every timer on the way, so the way has an end */
};

enum recording_direction { RECORDING_SENT, RECORDING_RECEIVED, RECORDING_EVENT };

struct recording_line {
    int64_t t_ms;
    enum recording_direction direction;
    uint64_t number; /* 0: none */
    size_t length;
    uint8_t bytes[RECORDING_CHUNK_MAX];
    char text[RECORDING_TEXT_MAX]; /* events */
};

/* Formats one line with its newline; returns the length, or -1 when it does not fit. */
ptrdiff_t recording_format(const struct recording_line *line, char *out, size_t size);

/* Makes a text fit for an event: control characters become spaces, and it ends before what is not UTF-8. */
void recording_make_plain(char *text);

/* A reader over text in memory. */
struct recording {
    const char *text;
    size_t length, at;
    unsigned line;
    int64_t last_ms;
    size_t headers_count;
    struct {
        char key[24];
        char value[128];
    } headers[RECORDING_HEADER_MAX];
};

int recording_open(struct recording *r, const char *text, size_t length, struct err *err); /* reads the header */
const char *recording_header(const struct recording *r, const char *key);                  /* NULL: not there */
/* 1: *line is the next line, 0: end, -1: error naming the line. Times must not decrease. */
int recording_next(struct recording *r, struct recording_line *line, struct err *err);

#endif
