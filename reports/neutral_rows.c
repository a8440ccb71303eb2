#include "reports/neutral_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 400, FIELDS = 6 };

/* Cuts a line at its commas; false: it has another number of fields. */
static bool cut(char *line, char *fields[FIELDS])
{
    size_t count = 0;
    for (char *at = line, *next; at; at = next) {
        if (count == FIELDS)
            return false;
        next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        fields[count++] = at;
    }
    return count == FIELDS;
}

void neutral_readings(const struct neutral_file *csv, void (*each)(void *ctx, const struct neutral_reading *r),
                      void *ctx)
{
    const char *at = (const char *)csv->data, *end = at + csv->size;
    for (bool head = true; at < end; head = false) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((newline ? newline : end) - at);
        char line[LINE_MAX_BYTES], *f[FIELDS];
        if (!head && length < sizeof line) {
            memcpy(line, at, length);
            line[length] = '\0';
            if (cut(line, f)) {
                struct neutral_reading r = {strtoll(f[0], NULL, 10), f[1], f[2], f[3], f[4], f[5]};
                each(ctx, &r);
            }
        }
        at += length + 1;
    }
}

struct collector {
    struct neutral_samples *out;
    const struct verdict *verdict;
    char instrument[NEUTRAL_TEXT_MAX], rpm[NEUTRAL_TEXT_MAX];
    int counts[VERDICT_MARKS_MAX];
    bool failed;
};

static const struct verdict_mark *acceleration_at(const struct verdict *v, int64_t t_ms, size_t *which)
{
    for (*which = 0; *which < v->marks_count; (*which)++) {
        const struct verdict_mark *m = &v->marks[*which];
        if (m->counted && strcmp(m->kind, "acceleration") == 0 && t_ms >= m->from_ms && t_ms <= m->to_ms)
            return m;
    }
    return NULL;
}

static struct neutral_sample *add(struct neutral_samples *s)
{
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        struct neutral_sample *more = realloc(s->of, room * sizeof *more);
        if (!more)
            return NULL;
        s->of = more;
        s->room = room;
    }
    return &s->of[s->count++];
}

static void collect(void *ctx, const struct neutral_reading *r)
{
    struct collector *c = ctx;
    size_t which;
    bool is_k = strcmp(r->quantity, "k") == 0;
    if (strcmp(r->quality, "ok") != 0)
        return;
    if (is_k && !c->instrument[0])
        snprintf(c->instrument, sizeof c->instrument, "%s", r->instrument);
    if (strcmp(c->instrument, r->instrument) != 0)
        return;
    if (strcmp(r->quantity, "rpm") == 0)
        snprintf(c->rpm, sizeof c->rpm, "%s", r->value);
    const struct verdict_mark *m = is_k ? acceleration_at(c->verdict, r->t_ms, &which) : NULL;
    if (!m)
        return;
    struct neutral_sample *s = add(c->out);
    if (!s) {
        c->failed = true;
        return;
    }
    *s = (struct neutral_sample){.t_ms = r->t_ms, .condition = m->number, .index = ++c->counts[which]};
    snprintf(s->k, sizeof s->k, "%s", r->value);
    snprintf(s->rpm, sizeof s->rpm, "%s", c->rpm);
}

int neutral_samples_read(struct neutral_samples *out, const struct neutral_file *csv, const struct verdict *verdict)
{
    struct collector c = {.out = out, .verdict = verdict};
    neutral_readings(csv, collect, &c);
    return c.failed ? -1 : 0;
}
