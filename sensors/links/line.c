#define _DEFAULT_SOURCE

#include "sensors/links/line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int baud;
    speed_t speed;
} speeds[] = {
    {300, B300},     {600, B600},     {1200, B1200},   {2400, B2400},     {4800, B4800},     {9600, B9600},
    {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}, {230400, B230400},
};

int line_parse(struct line *line, const char *text, struct err *err)
{
    char *end;
    long baud = strtol(text, &end, 10);
    size_t i = 0;
    while (i < sizeof speeds / sizeof *speeds && speeds[i].baud != baud)
        i++;
    bool right = i < sizeof speeds / sizeof *speeds && strlen(end) == 4 && end[0] == '/' &&
                 (end[1] == '7' || end[1] == '8') && strchr("neo", end[2]) && (end[3] == '1' || end[3] == '2');
    if (!right)
        return err_set(err, ERR_INVALID,
                       "'%s' is no line setting; write it like 9600/8n1: a standard rate from 300 to 230400, 7 or 8 "
                       "data bits, parity n, e or o, 1 or 2 stop bits",
                       text);
    *line = (struct line){.baud = speeds[i].baud,
                          .speed = speeds[i].speed,
                          .data_bits = end[1] - '0',
                          .parity = end[2],
                          .stop_bits = end[3] - '0'};
    return 0;
}

int line_chars_per_s(const struct line *line)
{
    return line->baud / (1 + line->data_bits + (line->parity != 'n') + line->stop_bits);
}
