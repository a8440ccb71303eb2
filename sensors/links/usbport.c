#define _DEFAULT_SOURCE

#include "sensors/links/usbport.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 6 }; /* from the tty up to its USB device */

static const char prefix[] = "usb:";

bool usbport_is(const char *device)
{
    return strncmp(device, prefix, sizeof prefix - 1) == 0;
}

static bool read_id(char out[5], const char *text, size_t length)
{
    bool right = length == 4;
    for (size_t i = 0; right && i < 4; i++) {
        right = isxdigit((unsigned char)text[i]) != 0;
        out[i] = (char)tolower((unsigned char)text[i]);
    }
    out[4] = '\0';
    return right;
}

int usbport_parse(struct usbport *usb, const char *device, struct err *err)
{
    const char *parts[4] = {"", "", "", ""};
    size_t lengths[4] = {0}, count = 0;
    const char *at = device + sizeof prefix - 1;
    *usb = (struct usbport){.interface = -1};
    for (bool more = usbport_is(device); more && count < 4; count++) {
        parts[count] = at;
        lengths[count] = strcspn(at, ":");
        at += lengths[count];
        more = *at == ':';
        at += more;
    }
    bool right = count >= 2 && *at == '\0' && read_id(usb->vendor, parts[0], lengths[0]) &&
                 read_id(usb->product, parts[1], lengths[1]) && lengths[2] < sizeof usb->serial && lengths[3] <= 2;
    for (size_t i = 0; right && i < lengths[3]; i++)
        right = isdigit((unsigned char)parts[3][i]) != 0;
    if (!right)
        return err_set(err, ERR_INVALID,
                       "'%s' names no USB adapter; write usb:VENDOR:PRODUCT:SERIAL, e.g. usb:0403:6001:A50285BI "
                       "('smogctl instruments --probe' shows them)",
                       device);
    memcpy(usb->serial, parts[2], lengths[2]);
    if (lengths[3] > 0)
        usb->interface = (int)strtol(parts[3], NULL, 10);
    return 0;
}

/* The one line of a file in sysfs; "" when it is not there. */
static void read_line(const char *folder, const char *name, char *out, size_t size)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    out[0] = '\0';
    if (!file)
        return;
    if (fgets(out, (int)size, file))
        out[strcspn(out, "\n")] = '\0';
    fclose(file);
}

/* What the adapter says of itself whose tty's folder this is; the folder is climbed and lost. False: no adapter's. */
static bool read_adapter(struct usbport *usb, char *folder)
{
    char vendor[8], product[8], interface[8] = "";
    for (int level = 0; level < LEVELS; level++) {
        char *slash = strrchr(folder, '/');
        if (!slash)
            return false;
        *slash = '\0';
        if (!interface[0])
            read_line(folder, "bInterfaceNumber", interface, sizeof interface);
        read_line(folder, "idVendor", vendor, sizeof vendor);
        if (!vendor[0])
            continue;
        read_line(folder, "idProduct", product, sizeof product);
        read_line(folder, "serial", usb->serial, sizeof usb->serial);
        usb->interface = interface[0] ? (int)strtol(interface, NULL, 16) : -1;
        return read_id(usb->vendor, vendor, strlen(vendor)) && read_id(usb->product, product, strlen(product));
    }
    return false;
}

static bool fits(const struct usbport *usb, char *folder)
{
    struct usbport is;
    return read_adapter(&is, folder) && strcmp(is.vendor, usb->vendor) == 0 && strcmp(is.product, usb->product) == 0 &&
           (usb->serial[0] == '\0' || strcmp(is.serial, usb->serial) == 0) &&
           (usb->interface < 0 || is.interface == usb->interface);
}

int usbport_find(const char *sysfs, const char *device, char *out, size_t size, struct err *err)
{
    struct usbport usb;
    char path[PATH_MAX], folder[PATH_MAX], found[64] = "", second[64] = "";
    if (usbport_parse(&usb, device, err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/class/tty", sysfs);
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof found)
            continue;
        snprintf(path, sizeof path, "%s/class/tty/%s", sysfs, entry->d_name);
        if (!realpath(path, folder) || !fits(&usb, folder))
            continue;
        snprintf(found[0] ? second : found, sizeof found, "%.63s", entry->d_name);
    }
    if (dir)
        closedir(dir);
    if (!found[0])
        return err_set(err, ERR_UNREACHABLE, "waiting for %s: it is not plugged in", device);
    if (second[0])
        return err_set(err, ERR_UNREACHABLE,
                       "%s is both %s and %s; add the serial number, its interface, or use /dev/serial/by-path/…",
                       device, found, second);
    return snprintf(out, size, "/dev/%s", found) < (int)size
               ? 0
               : err_set(err, ERR_FAILED, "the name of port %s is too long", found);
}

static bool leads_to(const char *sysfs, const char *name, size_t size, int length, const char *device)
{
    char found[80];
    return length > 0 && (size_t)length < size && usbport_find(sysfs, name, found, sizeof found, NULL) == 0 &&
           strcmp(found, device) == 0;
}

bool usbport_name(const char *sysfs, const char *tty, char *out, size_t size)
{
    struct usbport usb;
    char path[PATH_MAX], folder[PATH_MAX], device[80];
    out[0] = '\0';
    snprintf(path, sizeof path, "%s/class/tty/%s", sysfs, tty);
    if (!realpath(path, folder) || !read_adapter(&usb, folder) || strchr(usb.serial, ':'))
        return false;
    snprintf(device, sizeof device, "/dev/%.70s", tty);
    int length = snprintf(out, size, "usb:%s:%s%s%s", usb.vendor, usb.product, usb.serial[0] ? ":" : "", usb.serial);
    if (leads_to(sysfs, out, size, length, device))
        return true;
    length = snprintf(out, size, "usb:%s:%s:%s:%d", usb.vendor, usb.product, usb.serial, usb.interface);
    if (usb.interface >= 0 && leads_to(sysfs, out, size, length, device))
        return true;
    out[0] = '\0';
    return false;
}
