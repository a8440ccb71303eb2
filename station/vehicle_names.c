#include "station/vehicle_names.h"

#include <stdlib.h>
#include <string.h>

struct names_reading {
    struct vehicle_names *names;
    struct err *err;
    int result;
};

static bool append(struct vehicle_names *n, const char *text)
{
    size_t length = strlen(text) + 1;
    if (n->length + length > n->room) {
        size_t room = 2 * n->room + length + 4096;
        char *grown = room <= UINT32_MAX ? realloc(n->text, room) : NULL;
        if (!grown)
            return false;
        n->text = grown;
        n->room = room;
    }
    memcpy(n->text + n->length, text, length);
    n->length += length;
    return true;
}

static int no_memory(struct err *err)
{
    return err_set(err, ERR_FAILED, "out of memory for the plates of all vehicles");
}

static int take(void *ctx, int64_t id, const char *plate, const char *colour)
{
    struct names_reading *r = ctx;
    r->names->at[id] = (uint32_t)r->names->length;
    r->result = append(r->names, plate) && append(r->names, colour) ? 0 : no_memory(r->err);
    return r->result;
}

int vehicle_names_read(struct vehicle_names *names, struct store *store, struct err *err)
{
    struct names_reading reading = {.names = names, .err = err};
    int64_t last;
    *names = (struct vehicle_names){.count = 0};
    if (store_vehicle_count(store, &last, err) != 0)
        return -1;
    names->count = (size_t)last + 1;
    names->at = calloc(names->count, sizeof *names->at);
    if (!names->at || !append(names, "") || !append(names, ""))
        return no_memory(err);
    return store_vehicle_list(store, take, &reading, err) != 0 ? -1 : reading.result;
}

void vehicle_names_close(struct vehicle_names *names)
{
    free(names->text);
    free(names->at);
    *names = (struct vehicle_names){.count = 0};
}

const char *vehicle_names_plate(const struct vehicle_names *names, int64_t vehicle)
{
    return names->text + (vehicle > 0 && (size_t)vehicle < names->count ? names->at[vehicle] : 0);
}

const char *vehicle_names_colour(const char *plate)
{
    return plate + strlen(plate) + 1;
}
