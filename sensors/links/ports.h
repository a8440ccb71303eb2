/*
 * The serial ports of this machine, for who configures a station: which device is it, by which name will it be found
 * again, and who has it now.
 */
#ifndef SENSORS_LINKS_PORTS_H
#define SENSORS_LINKS_PORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/err.h"

struct ports_entry {
    char path[64];    /* "/dev/ttyUSB0": changes from plug to plug */
    char stable[300]; /* "/dev/serial/by-id/…": what to write into the configuration; empty: there is none */
    char usb[12];     /* "10c4:ea60": vendor and product; empty: not USB */
    char name[100];   /* "usb:10c4:ea60:0001": the same adapter in any socket; empty: it has no such name */
    char serial[64];  /* USB serial number; empty: none */
    char title[128];
    char holder[128]; /* "process 1234 (gpsd)"; empty: nobody that we may see */
};

/* Allocates *list, which the caller frees. */
int ports_list(struct ports_entry **list, size_t *count, struct err *err);

/* The same of one device, by its path or "usb:…", listed or not (a pty). */
void ports_describe(const char *device, struct ports_entry *out);

/* Finds the name in `folder`, full of symbolic links, that leads to `path`. */
bool ports_find_stable(const char *folder, const char *path, char *out, size_t size);

#endif
