/*
 * What is known of the vehicle in front of us, and how each thing became known.
 *
 * Facts are text as it was given, under a fixed list of keys, each with its source; a rated power that was typed is not
 * the same evidence as one from the register.
 */
#ifndef STATION_CORE_VEHICLE_H
#define STATION_CORE_VEHICLE_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/civil.h"
#include "station/core/decimal.h"
#include "station/core/err.h"
#include "station/core/json.h"
#include "station/core/plate.h"

/* X(enumerator, key). Numbers are plain decimals, dates ISO 8601. */
#define VEHICLE_FACT_TABLE(X)                                                                                          \
    X(FUEL, "fuel")         /* diesel | petrol | gas | electric | hybrid */                                            \
    X(CLASS, "class")       /* heavy | medium | light | non-road */                                                    \
    X(GEARBOX, "gearbox")   /* manual | automatic */                                                                   \
    X(MASS_KG, "mass_kg")   /* maximum design mass */                                                                  \
    X(POWER_KW, "power_kw") /* rated engine power */                                                                   \
    X(RATED_RPM, "rated_rpm")                                                                                          \
    X(FIRST_REGISTRATION, "first_registration") /* date */                                                             \
    X(STAGE, "stage")                           /* emission stage 0..6 */                                              \
    X(ASPIRATION, "aspiration")                 /* natural | turbo */                                                  \
    X(MODEL_YEAR, "model_year")                                                                                        \
    X(VIN, "vin")                                                                                                      \
    X(HPZL, "hpzl") /* GA/T 16.7 plate kind code */                                                                    \
    X(CLLX, "cllx") /* GA/T 16.4 vehicle type code */                                                                  \
    X(USE, "use")   /* GA 24.3 */                                                                                      \
    X(OWNER, "owner")                                                                                                  \
    X(TRAILER_PLATE, "trailer_plate")                                                                                  \
    X(SMOKE_CLASS, "smoke_class") /* I | II | III: non-road machinery, GB 36886 */                                     \
    X(MAKE, "make")                                                                                                    \
    X(BODY_COLOUR, "body_colour") /* GA 24.8, A to J */                                                                \
    X(ISSUER, "issuer")           /* 发证机关 of the register, like 新B */

enum vehicle_fact {
#define VEHICLE_FACT_ENUM(id, key) VEHICLE_##id,
    VEHICLE_FACT_TABLE(VEHICLE_FACT_ENUM)
#undef VEHICLE_FACT_ENUM
        VEHICLE_FACT_COUNT
};

enum fact_source { FACT_ABSENT, FACT_TYPED, FACT_CAMERA, FACT_REGISTER, FACT_PREVIOUS, FACT_ROSTER, FACT_SOURCE_COUNT };

enum { FACT_VALUE_MAX = 64, FACT_BY_MAX = 32, FACT_WHERE_MAX = 48 };

struct fact {
    enum fact_source source; /* FACT_ABSENT: the rest means nothing */
    char value[FACT_VALUE_MAX];
    char by[FACT_BY_MAX]; /* officer number, camera name, register */
    /* Another value that was said of the same vehicle, and where: a record's id, "roster 3". "": none is known. */
    char previous[FACT_VALUE_MAX], previous_in[FACT_WHERE_MAX];
};

struct vehicle {
    struct plate plate; /* text "": none could be read; its colour may be known all the same */
    enum fact_source plate_source;
    char plate_by[FACT_BY_MAX];
    char plate_confidence[4]; /* a camera's, 0 to 100; "": it said none, or it was no camera */
    struct fact facts[VEHICLE_FACT_COUNT];
};

const char *vehicle_fact_key(enum vehicle_fact fact);
const char *fact_source_name(enum fact_source source); /* "absent" "typed" "camera" "register" "previous" "roster" */

/* Sets one fact from "key", "value"; checks type and range ("mass_kg: '12t' is not a number of kilograms"). What is not
 * known is left out, not set to "". */
int vehicle_set(struct vehicle *vehicle, const char *key, const char *value, enum fact_source source, const char *by,
                struct err *err);
/* Notes that `value` was said of this fact in `where`, unless it means the same or a value is noted already. A fact
 * that is absent stays so. */
void vehicle_set_previous(struct vehicle *vehicle, enum vehicle_fact fact, const char *value, const char *where);
bool vehicle_number(const struct vehicle *vehicle, enum vehicle_fact fact, struct decimal *out);
bool vehicle_date(const struct vehicle *vehicle, enum vehicle_fact fact, struct civil_date *out);

/* Who a remote-sensing device says has passed: plate, colour and fuel, known by the device `by`. A plate that does not
 * parse is left empty. */
struct passage;
void vehicle_from_passage(struct vehicle *vehicle, const struct passage *passage, const char *by);

/* The canonical "vehicle" object of the record: plate, colour, kind, and each known fact with its source. An empty
 * plate is one that nobody could read; it has no kind. */
void vehicle_write(const struct vehicle *vehicle, struct json_writer *w, const char *key);
int vehicle_read(struct vehicle *vehicle, const struct json_doc *doc, ptrdiff_t object, struct err *err);

#endif
