/*
 * Gill MaxiMet weather stations, ASCII, as their manual (1957-PS-021) prints it.
 *
 *     STX | column , column , … , | ETX | two hex digits | CR LF
 *
 * The digits are the XOR of the bytes between STX and ETX, both excluded. Which columns there are, and in which order,
 * is a setting of the instrument (REPORT); the first is the node's letter. An empty column is a value it does not have.
 * Known deviation: the checksum printed beside one of the manual's examples (GMX301) is wrong.
 */
#ifndef PROTOCOLS_MAXIMET_H
#define PROTOCOLS_MAXIMET_H

#include "protocols/slice.h"

/* The body of a line, without the comma at its end. False: no such frame, or a wrong checksum. */
bool maximet_parse(struct slice line, struct slice *body);

/* Column `index`, from 0; *count is how many there are. False: there is none of that index. */
bool maximet_column(struct slice body, size_t index, struct slice *column, size_t *count);

#endif
