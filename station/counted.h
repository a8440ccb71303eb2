/*
 * The counted records of one or several stations as one sequence, each record once however many of the databases know
 * it. The first database's numbers of words and vehicles are used as they are; what only others know is numbered
 * behind them, on the disk, so that memory does not grow with it.
 */
#ifndef STATION_COUNTED_H
#define STATION_COUNTED_H

#include <stddef.h>
#include <stdint.h>

#include "station/store.h"

enum { COUNTED_SOURCES_MAX = 16 };

struct counted_source {
    struct store *store;
    int64_t *words;                      /* its number of a word → ours; NULL for the first source */
    uint32_t *vehicles;                  /* the same of vehicles */
    int64_t words_count, vehicles_count; /* its own numbers are below */
    struct store_measurement next;
    int state; /* 1: `next` is there, 0: it has come to its end */
};

struct counted {
    size_t sources_count, words_count, words_room, same_count, same_room, same_at;
    struct counted_source sources[COUNTED_SOURCES_MAX];
    char **words;     /* [0] is "" */
    int64_t vehicles; /* of the first source; numbers above are in `more` */
    struct sqlite3 *more;
    int64_t first_ms, last_ms;
    struct store_measurement *same; /* those of one moment that have not been given yet */
};

/* The stores stay the caller's, and open until counted_close; what is read from them until then is of this moment. */
int counted_open(struct counted *c, struct store *const *stores, size_t count, struct err *err);
void counted_close(struct counted *c);

const char *counted_word(const struct counted *c, int64_t id);
/* How many vehicles there may be at most. */
int counted_vehicles(struct counted *c, int64_t *count, struct err *err);
int counted_vehicle(struct counted *c, int64_t id, char plate[40], char colour[16], struct err *err);

/* from_ms <= time < to_ms, in the order of time, the first and the last of which are then c->first_ms and c->last_ms.
 */
int counted_walk(struct counted *c, int64_t from_ms, int64_t to_ms, struct err *err);
/* 1 with *out, 0 at the end. */
int counted_next(struct counted *c, struct store_measurement *out, struct err *err);

#endif
