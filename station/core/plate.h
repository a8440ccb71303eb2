/*
 * Licence plates of the People's Republic of China (GA 36-2018 and practice): parsing, kind, colour.
 *
 * The stored form is UTF-8, upper case, without spaces and dots; full-width letters and digits become ASCII. A vehicle
 * is identified by plate AND colour: a blue and a yellow 新A12345 are two vehicles.
 */
#ifndef STATION_CORE_PLATE_H
#define STATION_CORE_PLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/err.h"

enum { PLATE_TEXT_MAX = 33 };

enum plate_kind {
    PLATE_ORDINARY,     /* 省 + letter + 5 */
    PLATE_NEV_SMALL,    /* 8 places, letter first */
    PLATE_NEV_LARGE,    /* 8 places, letter last; a plausibility alarm on a smoke test */
    PLATE_TRAILER,      /* …挂: stands beside the tractor's plate, is never tested */
    PLATE_INSTRUCTION,  /* …学 */
    PLATE_POLICE,       /* …警 */
    PLATE_HONGKONG,     /* 粤Z…港 */
    PLATE_MACAO,        /* 粤Z…澳 */
    PLATE_EMBASSY,      /* …使 */
    PLATE_CONSULATE,    /* …领 */
    PLATE_ARMED_POLICE, /* WJ…: recorded, never pushed */
    PLATE_MILITARY,     /* recorded, never pushed */
    PLATE_EMERGENCY,    /* …应急 */
    PLATE_KIND_COUNT
};

/* The station's own colour codes; each receiver's codes are a table in its outlet map. */
enum plate_colour {
    PLATE_COLOUR_UNKNOWN,
    PLATE_BLUE,
    PLATE_YELLOW,
    PLATE_BLACK,
    PLATE_WHITE,
    PLATE_GREEN,        /* new energy, small */
    PLATE_YELLOW_GREEN, /* new energy, large */
    PLATE_COLOUR_OTHER,
    PLATE_COLOUR_COUNT
};

struct plate {
    char text[PLATE_TEXT_MAX];
    enum plate_kind kind;
    enum plate_colour colour;
};

const char *plate_kind_name(enum plate_kind kind);       /* "ordinary" "nev-small" … */
const char *plate_colour_name(enum plate_colour colour); /* "unknown" "blue" … "yellow-green" "other" */

/* Accepts the English name ("yellow"), or the Chinese one with or without 色/牌 ("黄", "黄色", "黄绿"). False if
 * unknown. */
bool plate_colour_by_name(const char *name, enum plate_colour *out);

/* Normalises `text` and finds its kind. `colour` is what was said; PLATE_COLOUR_UNKNOWN is kept as unknown except
 * where the kind leaves no choice (new energy, trailer, police, military …). Fails with a text that names the place
 * which is wrong ("place 6: the letter O is not used on plates"); also when the colour contradicts the kind. */
int plate_parse(struct plate *plate, const char *text, enum plate_colour colour, struct err *err);

/* A new-energy plate of a purely electric vehicle: its letter is D, A, B, C or E; F, G, H, J and K have an engine, too.
 */
bool plate_is_electric(const struct plate *plate);

/* False for plates outside police penalty (military, armed police) and where there is no plate: recorded, never pushed.
 */
bool plate_may_be_pushed(const struct plate *plate);

#endif
