#include "station/photos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/core/civil.h"

enum { TOKENS_MAX = 256 };

struct walk {
    struct photos *out;
    struct store *store;
    struct err *err;
    bool failed;
};

static void text(const struct json_doc *doc, const char *key, char *out, size_t size)
{
    if (!json_get_string(doc, json_member(doc, 0, key), out, size))
        out[0] = '\0';
}

static int64_t integer(const struct json_doc *doc, const char *key)
{
    int64_t value = 0;
    return json_get_integer(doc, json_member(doc, 0, key), &value) ? value : 0;
}

static int read_photo(struct photo *p, struct store *s, struct err *err)
{
    struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    char *body;
    if (store_event_open(s, p->event, &doc, tokens, TOKENS_MAX, &body, err) != 0)
        return -1;
    text(&doc, "name", p->name, sizeof p->name);
    text(&doc, "sha256", p->sha256, sizeof p->sha256);
    text(&doc, "shows", p->shows, sizeof p->shows);
    text(&doc, "officer", p->officer, sizeof p->officer);
    text(&doc, "taken", p->taken, sizeof p->taken);
    p->size = integer(&doc, "size");
    p->width = integer(&doc, "width");
    p->height = integer(&doc, "height");
    p->bits = integer(&doc, "bits");
    free(body);
    return 0;
}

static int take(void *ctx, uint64_t event, const char *kind)
{
    struct walk *r = ctx;
    if (strcmp(kind, "photo-check") == 0)
        r->out->check_event = (int64_t)event;
    if (strcmp(kind, "photo") != 0 || r->out->count == PHOTOS_MAX)
        return 0;
    struct photo *p = &r->out->items[r->out->count];
    *p = (struct photo){.event = event};
    r->failed = read_photo(p, r->store, r->err) != 0;
    r->out->count += !r->failed;
    return r->failed;
}

int photos_read(struct photos *out, struct store *s, const char *subject, struct err *err)
{
    struct walk r = {.out = out, .store = s, .err = err};
    out->count = 0;
    out->check_event = -1;
    if (store_subject_event_list(s, subject, take, &r, err) != 0 || r.failed)
        return -1;
    return 0;
}

/* The time in UTC; one without an offset counts as the station's. */
static bool taken_ms(const char *taken, int offset_minutes, int64_t *unix_ms)
{
    char whole[sizeof((struct photo *)0)->taken + 8];
    int away = abs(offset_minutes);
    if (civil_time_parse(unix_ms, taken, strlen(taken), offset_minutes))
        return true;
    snprintf(whole, sizeof whole, "%s%c%02d:%02d", taken, offset_minutes < 0 ? '-' : '+', away / 60 % 100, away % 60);
    return taken[0] && civil_time_parse(unix_ms, whole, strlen(whole), offset_minutes);
}

void photos_judge(const struct photos *photos, const struct evidence_rule *rule, int offset_minutes, bool synchronised,
                  int64_t clock_error_ms, struct evidence_finding out[EVIDENCE_CHECK_COUNT])
{
    struct evidence_photo list[PHOTOS_MAX];
    for (size_t i = 0; i < photos->count; i++) {
        const struct photo *p = &photos->items[i];
        enum evidence_shows shows = evidence_shows_by_name(p->shows);
        list[i] = (struct evidence_photo){.shows = shows == EVIDENCE_SHOWS_COUNT ? EVIDENCE_SHOWS_OTHER : shows,
                                          .width = p->width,
                                          .height = p->height,
                                          .bits = p->bits};
        list[i].has_time = taken_ms(p->taken, offset_minutes, &list[i].taken_ms);
    }
    evidence_judge(rule, list, photos->count, synchronised, clock_error_ms, out);
}
