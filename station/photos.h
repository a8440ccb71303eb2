/*
 * The pictures that officers have added to a test or passage, read from the journal: each is an event `photo`, an
 * object of the store and a file photos/… of its subject, and none is ever taken away. Also, what the law asks of them
 * (station/core/evidence.h).
 */
#ifndef STATION_PHOTOS_H
#define STATION_PHOTOS_H

#include "station/core/evidence.h"
#include "station/store.h"

enum {
    PHOTOS_MAX = 60,                 /* of one test or passage */
    PHOTOS_BYTES_MAX = 16 << 20,     /* of one picture */
    PHOTOS_ALL_BYTES_MAX = 40 << 20, /* of all: with recordings and proofs they must fit into one package */
};

struct photo {
    uint64_t event;
    char name[128], sha256[65], shows[16], officer[32], taken[40];
    int64_t size, width, height, bits; /* pixels; bits of a pixel */
};

/* Large: keep it on the heap. */
struct photos {
    size_t count;
    struct photo items[PHOTOS_MAX];
    int64_t check_event; /* of the newest photo-check, by which the case was reviewed; -1: none */
};

int photos_read(struct photos *out, struct store *s, const char *subject, struct err *err);

/* Holds them against the rule. A camera's time without an offset counts as the station's. */
void photos_judge(const struct photos *photos, const struct evidence_rule *rule, int offset_minutes, bool synchronised,
                  int64_t clock_error_ms, struct evidence_finding out[EVIDENCE_CHECK_COUNT]);

#endif
