#include <libserialport.h>
#include <stdlib.h>

#include "station/ctl.h"

static const char *text(const char *value)
{
    return value ? value : "";
}

static void print_port(const struct sp_port *port, struct json_writer *w)
{
    int vendor = 0, product = 0;
    char usb[16] = "";
    if (sp_get_port_transport(port) == SP_TRANSPORT_USB && sp_get_port_usb_vid_pid(port, &vendor, &product) == SP_OK)
        snprintf(usb, sizeof usb, "%04x:%04x", (unsigned)vendor & 0xffffU, (unsigned)product & 0xffffU);
    if (!w) {
        printf("%-16s %-10s %-16s %s\n", sp_get_port_name(port), usb, text(sp_get_port_usb_serial(port)),
               text(sp_get_port_description(port)));
        return;
    }
    json_object_begin(w, NULL);
    json_string(w, "description", text(sp_get_port_description(port)));
    json_string(w, "path", sp_get_port_name(port));
    json_string(w, "serial", text(sp_get_port_usb_serial(port)));
    json_string(w, "usb", usb);
    json_object_end(w);
}

int ctl_probe(struct ctl *ctl, struct err *err)
{
    struct sp_port **ports = NULL;
    struct json_writer w;
    if (sp_list_ports(&ports) != SP_OK)
        return err_set(err, ERR_FAILED, "cannot list the serial ports of this machine");
    if (!ctl->json) {
        for (size_t i = 0; ports[i]; i++)
            print_port(ports[i], NULL);
        if (!ports[0])
            printf("no serial ports\n");
        sp_free_port_list(ports);
        return 0;
    }
    int result = ctl_json_begin(&w, err);
    if (result == 0) {
        json_object_begin(&w, NULL);
        json_bool(&w, "ok", true);
        json_array_begin(&w, "ports");
        for (size_t i = 0; ports[i]; i++)
            print_port(ports[i], &w);
        json_array_end(&w);
        json_object_end(&w);
        result = ctl_json_print(&w, err);
    }
    sp_free_port_list(ports);
    return result;
}
