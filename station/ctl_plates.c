#include <stdlib.h>
#include <string.h>

#include "station/clock.h"
#include "station/ctl.h"

enum { ROWS = 10, RECORD_TOKENS = 256 };

struct plates {
    const struct ctl *ctl;
    struct json_writer *w; /* NULL: text */
    int64_t now_ms;
    int count;
};

static const char *text_of(const struct json_doc *doc, const char *key, char *out, size_t size)
{
    if (!json_get_string(doc, json_member(doc, 0, key), out, size))
        out[0] = '\0';
    return out;
}

static void print_row(const struct plates *p, const struct store_suggestion *s, const struct json_doc *doc)
{
    char at[24], read[64], confidence[64], chars[128], colour[16], line[64];
    ctl_time(p->ctl, s->at_ms, at);
    text_of(doc, "chars", chars, sizeof chars);
    printf("%-22s %s  %-10s %s (%s)  confidence %s%s%s%s  %s, line %s\n", s->id, at, s->plate[0] ? s->plate : "-",
           text_of(doc, "colour", colour, sizeof colour), text_of(doc, "plate_read", read, sizeof read),
           text_of(doc, "confidence", confidence, sizeof confidence), chars[0] ? " (" : "", chars, chars[0] ? ")" : "",
           s->camera, text_of(doc, "line", line, sizeof line));
}

static void copy_member(struct json_writer *w, const struct json_doc *doc, const char *key)
{
    ptrdiff_t token = json_member(doc, 0, key);
    if (token < 0)
        return;
    const struct json_token *t = &doc->tokens[token];
    uint32_t quotes = t->type == JSON_STRING;
    json_raw(w, key, doc->text + t->start - quotes, t->length + 2 * quotes);
}

/* The journal's words of it, and its age. */
static void write_row(const struct plates *p, const struct store_suggestion *s, const struct json_doc *doc)
{
    static const char *const keys[] = {"camera", "camera_time", "chars", "colour", "confidence", "direction",
                                       "files",  "id",          "line",  "plate",  "plate_read", "vehicle_type"};
    char at[CIVIL_TIME_TEXT_MAX];
    civil_time_format(s->at_ms, p->ctl->config->utc_offset_minutes, at);
    json_object_begin(p->w, NULL);
    json_integer(p->w, "age_ms", p->now_ms - s->at_ms);
    json_string(p->w, "at", at);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        copy_member(p->w, doc, keys[i]);
    json_object_end(p->w);
}

static int take(void *ctx, const struct store_suggestion *s)
{
    struct plates *p = ctx;
    struct json_token tokens[RECORD_TOKENS];
    struct json_doc doc = {.tokens = tokens, .max = RECORD_TOKENS};
    if (json_parse(&doc, s->record, strlen(s->record), tokens, RECORD_TOKENS, NULL) != 0)
        return 0;
    p->count++;
    if (p->w)
        write_row(p, s, &doc);
    else
        print_row(p, s, &doc);
    return 0;
}

static int list(struct plates *p, int limit, struct err *err)
{
    return store_suggestion_list(p->ctl->store, limit, take, p, err);
}

static int answer(struct plates *p, int limit, struct json_writer *w, struct err *err)
{
    if (ctl_json_begin(w, err) != 0)
        return -1;
    p->w = w;
    json_object_begin(w, NULL);
    json_bool(w, "daemon_running", p->ctl->daemon_running);
    json_bool(w, "ok", true);
    json_array_begin(w, "suggestions");
    if (list(p, limit, err) != 0) {
        free(w->out);
        return -1;
    }
    json_array_end(w);
    json_object_end(w);
    return ctl_json_print(w, err);
}

int ctl_plates_suggest(struct ctl *ctl, struct err *err)
{
    struct plates p = {.ctl = ctl, .now_ms = clock_unix_ms()};
    struct json_writer w;
    int limit = 0;
    if (ctl_open_store(ctl, err) != 0 || ctl_limit(ctl, ROWS, &limit, err) != 0)
        return -1;
    if (ctl->json)
        return answer(&p, limit, &w, err);
    if (list(&p, limit, err) != 0)
        return -1;
    if (p.count == 0)
        printf("no camera has read a plate yet\n");
    return 0;
}
