/*
 * Drivers whose input is lines of text: where a line ends, what is too long, and a line that is worth nothing. Of bad
 * lines in a row the first is told.
 */
#ifndef SENSORS_DRIVERS_TEXT_LINE_H
#define SENSORS_DRIVERS_TEXT_LINE_H

#include "sensors/sensor.h"

enum { TEXT_LINE_MAX = 4096 };

struct text_line {
    bool in_long_line; /* what comes up to the next newline is the rest of a line that was too long */
    bool bad;          /* the line before was of no use, and the host knows */
};

/* A frame is a line, or as much of an endless one as there is room for. */
enum sensor_cut text_line_cut(const uint8_t *buf, size_t length, size_t *frame);

/* The frame as a line; NULL: it is part of one that is too long, and has been rejected. */
const char *text_line_take(struct text_line *l, const uint8_t *bytes, size_t length, const struct sensor_host *host);

/* Nothing in it but blanks? */
bool text_line_is_blank(const char *line, size_t length);

/* The line is of no use, and why; returns false, what a driver's `frame` then returns. */
bool text_line_reject(struct text_line *l, const struct sensor_host *host, const char *why);
void text_line_accept(struct text_line *l, const struct sensor_host *host);

#endif
