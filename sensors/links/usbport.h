/*
 * Serial ports by what is plugged in: "usb:VENDOR:PRODUCT", "usb:VENDOR:PRODUCT:SERIAL" or, for an adapter with several
 * ports, "usb:VENDOR:PRODUCT:SERIAL:INTERFACE" (its number in decimal), found again under whatever /dev/ttyUSBn or
 * ttyACMn the kernel gives it.
 *
 *     usb:0403:6001:A50285BI       SERIAL may be left empty where the adapter has none: usb:1a86:7523
 *
 * What the kernel tells of a port lies in sysfs: /sys/class/tty/ttyUSB0 leads to a folder below that of the USB
 * interface (bInterfaceNumber), which lies below that of the device (idVendor, idProduct, serial).
 */
#ifndef SENSORS_LINKS_USBPORT_H
#define SENSORS_LINKS_USBPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/err.h"

struct usbport {
    char vendor[5], product[5]; /* 4 hex digits, lower case */
    char serial[64];            /* "": any */
    int interface;              /* -1: any */
};

/* Does it begin with "usb:"? */
bool usbport_is(const char *device);

/* Fails for a text that is no such name, and says how one is written. */
int usbport_parse(struct usbport *usb, const char *device, struct err *err);

/* The port's path, "/dev/ttyUSB3". `sysfs` is "/sys", or a tree like it. ERR_UNREACHABLE: it is not plugged in, or
 * several fit and nothing tells them apart. */
int usbport_find(const char *sysfs, const char *device, char *out, size_t size, struct err *err);

/* The name by which the port of this kernel name ("ttyUSB3") is found again, with the interface where the adapter has
 * several ports. False: it is no USB adapter's, or nothing tells it apart. */
bool usbport_name(const char *sysfs, const char *tty, char *out, size_t size);

#endif
