/* Pictures of a test or passage. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "station/ctl.h"
#include "station/photos.h"

int ctl_photo_add(struct ctl *ctl, struct err *err)
{
    struct entries arguments = {0};
    int file = open(ctl->words[1], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be read; is the name right, and may you read it?",
                       ctl->words[1]);
    entries_text(&arguments, "id", ctl->words[0]);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "shows", ctl->kind);
    int result = ctl_call_with_file(ctl, "photo-add", &arguments, file, err);
    close(file);
    if (result != 0)
        return err_prefix(err, "%s", ctl->words[1]);
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s: %" PRId64 " x %" PRId64 ", %s\n", ctl_text(ctl, 0, "name"), ctl_integer(ctl, 0, "width"),
           ctl_integer(ctl, 0, "height"), ctl_text(ctl, 0, "sha256"));
    ptrdiff_t missing = json_member(&ctl->doc, 0, "missing");
    char text[400];
    for (size_t i = 0; missing >= 0 && i < ctl->doc.tokens[missing].count; i++)
        if (json_get_string(&ctl->doc, json_element(&ctl->doc, (size_t)missing, i), text, sizeof text))
            printf("  still: %s\n", text);
    return 0;
}

static void print_photos(const struct photos *photos)
{
    for (size_t i = 0; i < photos->count; i++) {
        const struct photo *p = &photos->items[i];
        printf("%-24s %5" PRId64 " x %-5" PRId64 " %-28s %-8s %s\n", p->name, p->width, p->height, p->taken, p->officer,
               p->sha256);
    }
}

static int write_photos(const struct ctl *ctl, const struct photos *photos, struct err *err)
{
    struct json_writer w;
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_object_begin(&w, NULL);
    json_bool(&w, "daemon_running", ctl->daemon_running);
    json_bool(&w, "ok", true);
    json_array_begin(&w, "photos");
    for (size_t i = 0; i < photos->count; i++) {
        const struct photo *p = &photos->items[i];
        json_object_begin(&w, NULL);
        json_integer(&w, "event", (int64_t)p->event);
        json_integer(&w, "height", p->height);
        json_string(&w, "name", p->name);
        json_string(&w, "officer", p->officer);
        json_string(&w, "sha256", p->sha256);
        json_string(&w, "shows", p->shows);
        json_integer(&w, "size", p->size);
        json_string(&w, "taken", p->taken);
        json_integer(&w, "width", p->width);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    return ctl_json_print(&w, err);
}

int ctl_photo_list(struct ctl *ctl, struct err *err)
{
    if (ctl_open_store(ctl, err) != 0)
        return -1;
    struct photos *photos = calloc(1, sizeof *photos);
    int result =
        photos ? photos_read(photos, ctl->store, ctl->words[0], err) : err_set(err, ERR_FAILED, "out of memory");
    if (result == 0 && ctl->json)
        result = write_photos(ctl, photos, err);
    else if (result == 0)
        print_photos(photos);
    free(photos);
    return result;
}
