#include <stdio.h>
#include <stdlib.h>

#include "sensors/links/ports.h"
#include "station/ctl.h"

static void print_text(const struct ports_entry *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ports_entry *p = &list[i];
        printf("%-14s %-9s  %-16s %s\n", p->path, p->usb, p->serial, p->title);
        if (p->stable[0])
            printf("    device = \"%s\"\n", p->stable);
        if (p->holder[0])
            printf("    held by %s\n", p->holder);
    }
    if (count == 0)
        printf("no serial ports\n");
}

static void write_json(const struct ports_entry *list, size_t count, struct json_writer *w)
{
    json_object_begin(w, NULL);
    json_bool(w, "ok", true);
    json_array_begin(w, "ports");
    for (size_t i = 0; i < count; i++) {
        const struct ports_entry *p = &list[i];
        json_object_begin(w, NULL);
        json_string(w, "by-id", p->stable);
        json_string(w, "description", p->title);
        json_string(w, "held-by", p->holder);
        json_string(w, "path", p->path);
        json_string(w, "serial", p->serial);
        json_string(w, "usb", p->usb);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

int ctl_probe(struct ctl *ctl, struct err *err)
{
    struct ports_entry *list = NULL;
    struct json_writer w;
    size_t count = 0;
    if (ports_list(&list, &count, err) != 0)
        return -1;
    int result = ctl->json ? ctl_json_begin(&w, err) : 0;
    if (!ctl->json) {
        print_text(list, count);
    } else if (result == 0) {
        write_json(list, count, &w);
        result = ctl_json_print(&w, err);
    }
    free(list);
    return result;
}
