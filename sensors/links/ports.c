#define _DEFAULT_SOURCE

#include "sensors/links/ports.h"

#include <dirent.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/links/port.h"
#include "sensors/links/usbport.h"

static const char by_id[] = "/dev/serial/by-id";

bool ports_find_stable(const char *folder, const char *path, char *out, size_t size)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return false;
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(dir))) {
        char target[PATH_MAX];
        int length = snprintf(out, size, "%s/%s", folder, entry->d_name);
        found = length > 0 && (size_t)length < size && realpath(out, target) && strcmp(target, path) == 0;
    }
    closedir(dir);
    if (!found)
        out[0] = '\0';
    return found;
}

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static void describe(const struct sp_port *port, struct ports_entry *out)
{
    int vendor = 0, product = 0;
    memset(out, 0, sizeof *out);
    copy(out->path, sizeof out->path, sp_get_port_name(port));
    copy(out->title, sizeof out->title, sp_get_port_description(port));
    if (sp_get_port_transport(port) == SP_TRANSPORT_USB && sp_get_port_usb_vid_pid(port, &vendor, &product) == SP_OK) {
        snprintf(out->usb, sizeof out->usb, "%04x:%04x", (unsigned)vendor & 0xFFFFU, (unsigned)product & 0xFFFFU);
        copy(out->serial, sizeof out->serial, sp_get_port_usb_serial(port));
    }
    const char *slash = strrchr(out->path, '/');
    usbport_name("/sys", slash ? slash + 1 : out->path, out->name, sizeof out->name);
    ports_find_stable(by_id, out->path, out->stable, sizeof out->stable);
    if (!port_holder(out->path, out->holder, sizeof out->holder))
        out->holder[0] = '\0';
}

int ports_list(struct ports_entry **list, size_t *count, struct err *err)
{
    struct sp_port **ports = NULL;
    if (sp_list_ports(&ports) != SP_OK)
        return err_set(err, ERR_FAILED, "cannot list the serial ports of this machine");
    size_t found = 0;
    while (ports[found])
        found++;
    struct ports_entry *entries = calloc(found + 1, sizeof *entries);
    for (size_t i = 0; entries && i < found; i++)
        describe(ports[i], &entries[i]);
    sp_free_port_list(ports);
    if (!entries)
        return err_set(err, ERR_FAILED, "out of memory");
    *list = entries;
    *count = found;
    return 0;
}

void ports_describe(const char *device, struct ports_entry *out)
{
    char found[80] = "";
    if (usbport_is(device) && usbport_find("/sys", device, found, sizeof found, NULL) == 0)
        device = found;
    char *real = realpath(device, NULL);
    struct sp_port *port = NULL;
    *out = (struct ports_entry){0};
    if (real && sp_get_port_by_name(real, &port) == SP_OK) {
        describe(port, out);
        sp_free_port(port);
    } else {
        copy(out->path, sizeof out->path, device);
        port_holder(device, out->holder, sizeof out->holder);
    }
    free(real);
}
