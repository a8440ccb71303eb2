#include "station/counted.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

static int no_memory(struct err *err)
{
    return err_set(err, ERR_FAILED, "out of memory");
}

struct taking {
    struct counted *counted;
    struct counted_source *source;
    struct err *err;
    int result;
};

/* Our number of a word; a new one where `at` is taken. */
static int64_t put_word(struct counted *c, int64_t at, const char *text)
{
    while (c->words_room <= (size_t)at) {
        size_t room = 2 * c->words_room + 64;
        char **words = realloc(c->words, room * sizeof *words);
        if (!words)
            return -1;
        memset(words + c->words_room, 0, (room - c->words_room) * sizeof *words);
        c->words = words;
        c->words_room = room;
    }
    c->words[at] = strdup(text);
    if ((size_t)at >= c->words_count)
        c->words_count = (size_t)at + 1;
    return c->words[at] ? at : -1;
}

static int64_t find_word(const struct counted *c, const char *text)
{
    for (size_t i = 0; i < c->words_count; i++)
        if (c->words[i] && strcmp(c->words[i], text) == 0)
            return (int64_t)i;
    return -1;
}

static int take_own_word(void *ctx, int64_t id, const char *text)
{
    struct taking *t = ctx;
    t->source->words_count = id + 1;
    t->result = put_word(t->counted, id, text) < 0 ? no_memory(t->err) : 0;
    return t->result;
}

static int take_other_word(void *ctx, int64_t id, const char *text)
{
    struct taking *t = ctx;
    int64_t *words = realloc(t->source->words, ((size_t)id + 1) * sizeof *words); /* ids come in order */
    if (!words)
        return t->result = no_memory(t->err);
    t->source->words = words;
    while (t->source->words_count <= id)
        words[t->source->words_count++] = 0;
    words[id] = find_word(t->counted, text);
    if (words[id] < 0)
        words[id] = put_word(t->counted, (int64_t)t->counted->words_count, text);
    return t->result = words[id] < 0 ? no_memory(t->err) : 0;
}

/* ---- vehicles that the first source does not know ---- */

static int more_failed(struct counted *c, struct err *err)
{
    return err_set(err, ERR_FAILED, "the vehicles of several stations cannot be compared: %s", sqlite3_errmsg(c->more));
}

static int open_more(struct counted *c, struct err *err)
{
    if (sqlite3_open("", &c->more) != SQLITE_OK ||
        sqlite3_exec(c->more,
                     "CREATE TABLE vehicle(id INTEGER PRIMARY KEY, plate TEXT, colour TEXT, UNIQUE(plate, colour));"
                     "BEGIN",
                     NULL, NULL, NULL) != SQLITE_OK)
        return more_failed(c, err);
    return 0;
}

/* The first integer of a statement about a plate and a colour; 0: none. */
static int ask_more(struct counted *c, const char *sql, const char *plate, const char *colour, int64_t *id,
                    struct err *err)
{
    sqlite3_stmt *q;
    *id = 0;
    if (sqlite3_prepare_v2(c->more, sql, -1, &q, NULL) != SQLITE_OK)
        return more_failed(c, err);
    sqlite3_bind_text(q, 1, plate, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, colour, -1, SQLITE_STATIC);
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        *id = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : more_failed(c, err);
}

static int number_vehicle(struct counted *c, const char *plate, const char *colour, int64_t *id, struct err *err)
{
    if (store_vehicle_find(c->sources[0].store, plate, colour, id, err) != 0)
        return -1;
    if (*id > 0)
        return 0;
    if (ask_more(c, "INSERT OR IGNORE INTO vehicle(plate, colour) VALUES(?, ?)", plate, colour, id, err) != 0 ||
        ask_more(c, "SELECT id FROM vehicle WHERE plate = ? AND colour = ?", plate, colour, id, err) != 0)
        return -1;
    *id += c->vehicles;
    return 0;
}

static int take_vehicle(void *ctx, int64_t id, const char *plate, const char *colour)
{
    struct taking *t = ctx;
    int64_t ours;
    t->result = number_vehicle(t->counted, plate, colour, &ours, t->err);
    if (t->result == 0)
        t->source->vehicles[id] = (uint32_t)ours;
    return t->result;
}

/* ---- opening ---- */

static int open_other(struct counted *c, struct counted_source *source, struct err *err)
{
    struct taking taking = {.counted = c, .source = source, .err = err};
    int64_t last;
    if (!c->more && open_more(c, err) != 0)
        return -1;
    if (store_read_begin(source->store, err) != 0 || store_vehicle_count(source->store, &last, err) != 0)
        return -1;
    source->vehicles_count = last + 1;
    source->words_count = 1;
    source->vehicles = calloc((size_t)source->vehicles_count, sizeof *source->vehicles);
    source->words = calloc(1, sizeof *source->words);
    if (!source->vehicles || !source->words)
        return no_memory(err);
    if (store_word_list(source->store, take_other_word, &taking, err) != 0 || taking.result != 0)
        return -1;
    return store_vehicle_list(source->store, take_vehicle, &taking, err) != 0 || taking.result != 0 ? -1 : 0;
}

static int open_all(struct counted *c, struct err *err)
{
    struct taking taking = {.counted = c, .source = &c->sources[0], .err = err};
    if (put_word(c, 0, "") < 0)
        return no_memory(err);
    taking.source->words_count = 1;
    if (store_read_begin(c->sources[0].store, err) != 0 ||
        store_word_list(c->sources[0].store, take_own_word, &taking, err) != 0 || taking.result != 0 ||
        store_vehicle_count(c->sources[0].store, &c->vehicles, err) != 0)
        return -1;
    taking.source->vehicles_count = c->vehicles + 1;
    for (size_t i = 1; i < c->sources_count; i++)
        if (open_other(c, &c->sources[i], err) != 0)
            return -1;
    return 0;
}

int counted_open(struct counted *c, struct store *const *stores, size_t count, struct err *err)
{
    *c = (struct counted){.sources_count = count};
    for (size_t i = 0; i < count; i++)
        c->sources[i].store = stores[i];
    if (open_all(c, err) == 0)
        return 0;
    counted_close(c);
    return -1;
}

void counted_close(struct counted *c)
{
    for (size_t i = 0; i < c->words_count; i++)
        free(c->words[i]);
    for (size_t i = 0; i < c->sources_count; i++) {
        free(c->sources[i].words);
        free(c->sources[i].vehicles);
        store_read_end(c->sources[i].store);
    }
    free(c->words);
    free(c->same);
    sqlite3_close(c->more);
    *c = (struct counted){.sources_count = 0};
}

const char *counted_word(const struct counted *c, int64_t id)
{
    return id > 0 && (size_t)id < c->words_count && c->words[id] ? c->words[id] : "";
}

int counted_vehicles(struct counted *c, int64_t *count, struct err *err)
{
    int64_t more = 0;
    if (c->more && ask_more(c, "SELECT ifnull(max(id), 0) FROM vehicle", "", "", &more, err) != 0)
        return -1;
    *count = c->vehicles + more;
    return 0;
}

int counted_vehicle(struct counted *c, int64_t id, char plate[40], char colour[16], struct err *err)
{
    if (id <= c->vehicles)
        return store_vehicle_get(c->sources[0].store, id, plate, colour, err);
    sqlite3_stmt *q;
    plate[0] = colour[0] = '\0';
    if (sqlite3_prepare_v2(c->more, "SELECT plate, colour FROM vehicle WHERE id = ?", -1, &q, NULL) != SQLITE_OK)
        return more_failed(c, err);
    sqlite3_bind_int64(q, 1, id - c->vehicles);
    if (sqlite3_step(q) == SQLITE_ROW) {
        snprintf(plate, 40, "%s", (const char *)sqlite3_column_text(q, 0));
        snprintf(colour, 16, "%s", (const char *)sqlite3_column_text(q, 1));
    }
    sqlite3_finalize(q);
    return 0;
}

/* ---- walking ---- */

/* Our numbers for its own; all of them are below what it has given, or the database is damaged. */
static bool renumber(const struct counted_source *source, struct store_measurement *m)
{
    int64_t *const words[] = {&m->station, &m->place, &m->method,     &m->verdict, &m->stage,
                              &m->class_,  &m->fleet, &m->instrument, &m->reasons};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (*words[i] < 0 || *words[i] >= source->words_count)
            return false;
        if (source->words)
            *words[i] = source->words[*words[i]];
    }
    if (m->vehicle < 0 || m->vehicle >= source->vehicles_count)
        return false;
    if (source->vehicles)
        m->vehicle = source->vehicles[m->vehicle];
    return true;
}

static int advance(struct counted_source *source, struct err *err)
{
    source->state = store_measurement_next(source->store, &source->next, err);
    if (source->state <= 0)
        return source->state;
    return renumber(source, &source->next)
               ? 0
               : err_set(err, ERR_FAILED,
                         "the database of %s counts a record by numbers that it has given to nothing: it is damaged; "
                         "smogctl journal verify --records tells more",
                         store_station(source->store));
}

int counted_walk(struct counted *c, int64_t from_ms, int64_t to_ms, struct err *err)
{
    c->same_count = c->same_at = 0;
    c->first_ms = to_ms;
    c->last_ms = from_ms;
    for (size_t i = 0; i < c->sources_count; i++) {
        struct counted_source *source = &c->sources[i];
        int64_t last_ms;
        if (store_measurement_last(source->store, &last_ms, err) != 0 ||
            store_measurement_walk(source->store, from_ms, to_ms, err) != 0 || advance(source, err) != 0)
            return -1;
        if (source->state == 1 && source->next.at_ms < c->first_ms)
            c->first_ms = source->next.at_ms;
        last_ms = last_ms < to_ms ? last_ms : to_ms;
        c->last_ms = last_ms > c->last_ms ? last_ms : c->last_ms;
    }
    return 0;
}

/* Among those of this moment, unless it is there already. */
static int take(struct counted *c, const struct store_measurement *m, struct err *err)
{
    for (size_t i = 0; i < c->same_count; i++)
        if (c->same[i].station == m->station && c->same[i].kind == m->kind && c->same[i].seq == m->seq)
            return 0;
    if (c->same_count == c->same_room) {
        size_t room = 2 * c->same_room + 16;
        struct store_measurement *same = realloc(c->same, room * sizeof *same);
        if (!same)
            return no_memory(err);
        c->same = same;
        c->same_room = room;
    }
    c->same[c->same_count++] = *m;
    return 0;
}

/* All records of the next moment, from all sources. */
static int collect(struct counted *c, struct err *err)
{
    int64_t at_ms = INT64_MAX;
    for (size_t i = 0; i < c->sources_count; i++)
        if (c->sources[i].state == 1 && c->sources[i].next.at_ms < at_ms)
            at_ms = c->sources[i].next.at_ms;
    c->same_count = c->same_at = 0;
    for (size_t i = 0; i < c->sources_count; i++)
        while (c->sources[i].state == 1 && c->sources[i].next.at_ms == at_ms)
            if (take(c, &c->sources[i].next, err) != 0 || advance(&c->sources[i], err) != 0)
                return -1;
    return 0;
}

int counted_next(struct counted *c, struct store_measurement *out, struct err *err)
{
    if (c->sources_count == 1) {
        if (c->sources[0].state <= 0)
            return 0;
        *out = c->sources[0].next;
        return advance(&c->sources[0], err) != 0 ? -1 : 1;
    }
    if (c->same_at == c->same_count && collect(c, err) != 0)
        return -1;
    if (c->same_at == c->same_count)
        return 0;
    *out = c->same[c->same_at++];
    return 1;
}
