/*
 * Serial ports: opening with line settings, and who else has one open.
 *
 * Real ports go through libserialport. It refuses ptys (no entry under /sys/class/tty), which users need too — serial
 * servers such as ser2net and socat hand them out — so a tty that libserialport does not know is opened with plain
 * termios.
 */
#ifndef SENSORS_LINKS_PORT_H
#define SENSORS_LINKS_PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/err.h"

struct port_line {
    int baud;
    int data_bits; /* 7 8 */
    char parity;   /* 'N' 'E' 'O' */
    int stop_bits; /* 1 2 */
};

/* "9600/8n1"; standard rates only. */
int port_line_parse(struct port_line *line, const char *text, struct err *err);

struct port;

/* Opens the device exclusively (TIOCEXCL), raw, non-blocking. Fails with ERR_UNREACHABLE when it is not there, is no
 * serial port, or is held by another process, which is named. */
int port_open(struct port **out, const char *device, const struct port_line *line, struct err *err);
void port_close(struct port *port);
int port_fd(const struct port *port);

/* Finds another process that has this device open: "process 1234 (gpsd)". False when there is none that we may see. */
bool port_holder(const char *device, char *out, size_t size);

#endif
