/* The setting of a serial line, "9600/8n1": rate, data bits, parity (n e o), stop bits. */
#ifndef SENSORS_LINKS_LINE_H
#define SENSORS_LINKS_LINE_H

#include <termios.h>

#include "station/core/err.h"

struct line {
    int baud;
    speed_t speed; /* the same for termios */
    int data_bits; /* 7 8 */
    char parity;   /* 'n' 'e' 'o' */
    int stop_bits; /* 1 2 */
};

int line_parse(struct line *line, const char *text, struct err *err);

/* Characters a second: start bit, data bits, parity and stop bits. */
int line_chars_per_s(const struct line *line);

#endif
