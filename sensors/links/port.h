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

#include "sensors/links/line.h"
#include "station/core/err.h"

struct port;

/* `device` is a path or names a USB adapter (sensors/links/usbport.h). Opens it exclusively (TIOCEXCL; a pty only after
 * a look at who has it open), raw, non-blocking, with nothing buffered. Fails with ERR_UNREACHABLE when it is not
 * there, is no serial port, does not take its line setting, or is held by another process, which is named. */
int port_open(struct port **out, const char *device, const struct line *line, struct err *err);
void port_close(struct port *port);
int port_fd(const struct port *port);

/* Finds who has this device open: "process 1234 (gpsd)". False when there is none that we may see. */
bool port_holder(const char *device, char *out, size_t size);

#endif
