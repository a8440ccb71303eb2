#include "station/push_notes.h"

#include "station/core/civil.h"

struct output {
    struct json_writer *w;
    int offset_minutes;
};

static int write_note(void *ctx, const char *about, const char *text, int64_t since_ms)
{
    const struct output *out = ctx;
    char since[CIVIL_TIME_TEXT_MAX];
    civil_time_format(since_ms, out->offset_minutes, since);
    json_object_begin(out->w, NULL);
    json_string(out->w, "about", about);
    json_string(out->w, "since", since);
    json_string(out->w, "text", text);
    json_object_end(out->w);
    return 0;
}

void push_notes_write(struct store *store, int offset_minutes, struct json_writer *w)
{
    struct output out = {w, offset_minutes};
    struct err err;
    json_array_begin(w, "push");
    store_push_notes(store, write_note, &out, &err);
    json_array_end(w);
}
