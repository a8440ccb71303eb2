#include "station/core/vehicle.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "station/core/passage.h"
#include "station/core/utf8.h"

static const char *const fact_keys[VEHICLE_FACT_COUNT] = {
#define VEHICLE_FACT_KEY(id, key) [VEHICLE_##id] = (key),
    VEHICLE_FACT_TABLE(VEHICLE_FACT_KEY)
#undef VEHICLE_FACT_KEY
};

static const char *const source_names[FACT_SOURCE_COUNT] = {
    [FACT_ABSENT] = "absent",     [FACT_TYPED] = "typed",       [FACT_CAMERA] = "camera",
    [FACT_REGISTER] = "register", [FACT_PREVIOUS] = "previous", [FACT_ROSTER] = "roster",
};

/* What a fact's text may be: one of `words` (a comma-separated list), or a number (whole or not) within bounds, or a
 * date; none of these: any text. */
struct fact_form {
    const char *words;
    bool number, whole, date;
    int64_t min, max;
    const char *what;
};

static const struct fact_form forms[VEHICLE_FACT_COUNT] = {
    [VEHICLE_FUEL] = {.words = "diesel,petrol,gas,electric,hybrid"},
    [VEHICLE_CLASS] = {.words = "heavy,medium,light,non-road"},
    [VEHICLE_GEARBOX] = {.words = "manual,automatic"},
    [VEHICLE_MASS_KG] = {.number = true, .min = 100, .max = 200000, .what = "a number of kilograms"},
    [VEHICLE_POWER_KW] = {.number = true, .min = 1, .max = 5000, .what = "a number of kilowatts"},
    [VEHICLE_RATED_RPM] = {.number = true, .min = 300, .max = 10000, .what = "a number of r/min"},
    [VEHICLE_FIRST_REGISTRATION] = {.date = true},
    [VEHICLE_STAGE] = {.words = "0,1,2,3,4,5,6"},
    [VEHICLE_ASPIRATION] = {.words = "natural,turbo"},
    [VEHICLE_SMOKE_CLASS] = {.words = "I,II,III"},
    [VEHICLE_BODY_COLOUR] = {.words = "A,B,C,D,E,F,G,H,I,J"},
    [VEHICLE_MODEL_YEAR] = {.number = true, .whole = true, .min = 1900, .max = 2200, .what = "a year"},
};

const char *vehicle_fact_key(enum vehicle_fact fact)
{
    assert(fact < VEHICLE_FACT_COUNT);
    return fact_keys[fact];
}

const char *fact_source_name(enum fact_source source)
{
    assert(source < FACT_SOURCE_COUNT);
    return source_names[source];
}

static enum vehicle_fact fact_by_key(const char *key)
{
    enum vehicle_fact fact = 0;
    while (fact < VEHICLE_FACT_COUNT && strcmp(fact_keys[fact], key) != 0)
        fact++;
    return fact;
}

static bool in_words(const char *words, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = words; length > 0; at++) {
        size_t word = strcspn(at, ",");
        if (word == length && memcmp(at, value, length) == 0)
            return true;
        at += word;
        if (!*at)
            return false;
    }
    return false;
}

static int check_form(enum vehicle_fact fact, const char *value, struct err *err)
{
    const struct fact_form *form = &forms[fact];
    struct decimal number;
    struct civil_date date;
    if (form->words && !in_words(form->words, value))
        return err_set(err, ERR_INVALID, "%s: '%s' is none of %s", fact_keys[fact], value, form->words);
    if (form->date && !civil_date_parse(&date, value, strlen(value)))
        return err_set(err, ERR_INVALID, "%s: '%s' is not a date; write it as 2026-07-01", fact_keys[fact], value);
    if (!form->number)
        return 0;
    struct decimal min = {.units = form->min};
    struct decimal max = {.units = form->max};
    if (!decimal_parse(&number, value, strlen(value)) || (form->whole && number.digits > 0))
        return err_set(err, ERR_INVALID, "%s: '%s' is not %s", fact_keys[fact], value, form->what);
    if (decimal_compare(number, min) < 0 || decimal_compare(number, max) > 0)
        return err_set(err, ERR_INVALID, "%s: %s is out of range; allowed: %lld to %lld", fact_keys[fact], value,
                       (long long)form->min, (long long)form->max);
    return 0;
}

/* Text that can be shown and written again: UTF-8 without control characters, short enough. */
static int copy(char *out, size_t size, const char *text, const char *what, struct err *err)
{
    size_t length = strlen(text);
    if (length >= size)
        return err_set(err, ERR_INVALID, "%s: longer than %zu bytes: '%s'", what, size - 1, text);
    if (utf8_check(text, length) < length)
        return err_set(err, ERR_INVALID, "%s: not UTF-8; check how the sender writes its text", what);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return err_set(err, ERR_INVALID, "%s: control character in '%s'; take it out", what, text);
    memcpy(out, text, length + 1);
    return 0;
}

int vehicle_set(struct vehicle *vehicle, const char *key, const char *value, enum fact_source source, const char *by,
                struct err *err)
{
    enum vehicle_fact fact = fact_by_key(key);
    assert(source != FACT_ABSENT);
    if (fact == VEHICLE_FACT_COUNT)
        return err_set(err, ERR_INVALID, "'%s' is no fact of a vehicle; known: fuel class gearbox mass_kg power_kw …",
                       key);
    if (!*value)
        return err_set(err, ERR_INVALID, "%s: no value; leave out what is not known", key);
    struct fact set = {.source = source};
    if (check_form(fact, value, err) != 0 || copy(set.value, sizeof set.value, value, key, err) != 0 ||
        copy(set.by, sizeof set.by, by ? by : "", key, err) != 0)
        return -1;
    vehicle->facts[fact] = set;
    return 0;
}

/* The same text, or the same number in another spelling. */
static bool same_value(const char *a, const char *b)
{
    struct decimal x, y;
    if (strcmp(a, b) == 0)
        return true;
    return decimal_parse(&x, a, strlen(a)) && decimal_parse(&y, b, strlen(b)) && decimal_compare(x, y) == 0;
}

void vehicle_set_previous(struct vehicle *vehicle, enum vehicle_fact fact, const char *value, const char *where)
{
    struct fact *f = &vehicle->facts[fact];
    if (f->source == FACT_ABSENT || f->previous[0] || same_value(f->value, value))
        return;
    snprintf(f->previous, sizeof f->previous, "%s", value);
    snprintf(f->previous_in, sizeof f->previous_in, "%s", where);
}

bool vehicle_number(const struct vehicle *vehicle, enum vehicle_fact fact, struct decimal *out)
{
    const struct fact *f = &vehicle->facts[fact];
    return f->source != FACT_ABSENT && decimal_parse(out, f->value, strlen(f->value));
}

bool vehicle_date(const struct vehicle *vehicle, enum vehicle_fact fact, struct civil_date *out)
{
    const struct fact *f = &vehicle->facts[fact];
    return f->source != FACT_ABSENT && civil_date_parse(out, f->value, strlen(f->value));
}

void vehicle_from_passage(struct vehicle *vehicle, const struct passage *passage, const char *by)
{
    *vehicle = (struct vehicle){.plate_source = FACT_CAMERA};
    if (plate_parse(&vehicle->plate, passage->plate_text, passage->plate_colour, NULL) != 0)
        vehicle->plate = (struct plate){.colour = passage->plate_colour};
    snprintf(vehicle->plate_by, sizeof vehicle->plate_by, "%.*s", FACT_BY_MAX - 1, by);
    if (passage->fuel[0] && vehicle_set(vehicle, "fuel", passage->fuel, FACT_CAMERA, vehicle->plate_by, NULL) != 0)
        vehicle->facts[VEHICLE_FUEL].source = FACT_ABSENT;
}

/* ---- the canonical object ---- */

void vehicle_write(const struct vehicle *vehicle, struct json_writer *w, const char *key)
{
    json_object_begin(w, key);
    json_string(w, "colour", plate_colour_name(vehicle->plate.colour));
    json_array_begin(w, "facts");
    for (enum vehicle_fact fact = 0; fact < VEHICLE_FACT_COUNT; fact++) {
        const struct fact *f = &vehicle->facts[fact];
        if (f->source == FACT_ABSENT)
            continue;
        json_object_begin(w, NULL);
        json_string(w, "by", f->by);
        json_string(w, "key", fact_keys[fact]);
        if (f->previous[0]) {
            json_string(w, "previous", f->previous);
            json_string(w, "previous_in", f->previous_in);
        }
        json_string(w, "source", source_names[f->source]);
        json_string(w, "value", f->value);
        json_object_end(w);
    }
    json_array_end(w);
    if (vehicle->plate.text[0])
        json_string(w, "kind", plate_kind_name(vehicle->plate.kind));
    json_string(w, "plate", vehicle->plate.text);
    json_string(w, "plate_by", vehicle->plate_by);
    if (vehicle->plate_confidence[0])
        json_string(w, "plate_confidence", vehicle->plate_confidence);
    json_string(w, "plate_source", source_names[vehicle->plate_source]);
    json_object_end(w);
}

static bool read_source(const struct json_doc *doc, ptrdiff_t token, enum fact_source *out)
{
    for (enum fact_source s = 0; s < FACT_SOURCE_COUNT; s++)
        if (json_equals(doc, token, source_names[s])) {
            *out = s;
            return true;
        }
    return false;
}

/* Both or neither. */
static int read_previous(struct fact *fact, const struct json_doc *doc, size_t object, struct err *err)
{
    ptrdiff_t previous = json_member(doc, object, "previous"), where = json_member(doc, object, "previous_in");
    if (previous < 0 && where < 0)
        return 0;
    if (!json_get_string(doc, previous, fact->previous, sizeof fact->previous) || !fact->previous[0] ||
        !json_get_string(doc, where, fact->previous_in, sizeof fact->previous_in))
        return err_set(err, ERR_INVALID, "vehicle: a fact's previous value lacks what it was or where it stands");
    return 0;
}

static int read_fact(struct vehicle *vehicle, const struct json_doc *doc, ptrdiff_t object, struct err *err)
{
    char key[FACT_BY_MAX];
    char value[FACT_VALUE_MAX];
    char by[FACT_BY_MAX];
    enum fact_source source;
    if (!json_get_string(doc, json_member(doc, (size_t)object, "key"), key, sizeof key) ||
        !json_get_string(doc, json_member(doc, (size_t)object, "value"), value, sizeof value) ||
        !json_get_string(doc, json_member(doc, (size_t)object, "by"), by, sizeof by) ||
        !read_source(doc, json_member(doc, (size_t)object, "source"), &source) || source == FACT_ABSENT)
        return err_set(err, ERR_INVALID, "vehicle: a fact lacks key, value, by or source");
    enum vehicle_fact fact = fact_by_key(key);
    if (fact < VEHICLE_FACT_COUNT && vehicle->facts[fact].source != FACT_ABSENT)
        return err_set(err, ERR_INVALID, "vehicle: the fact %s is there twice", key);
    if (vehicle_set(vehicle, key, value, source, by, err) != 0)
        return -1;
    return read_previous(&vehicle->facts[fact], doc, (size_t)object, err);
}

int vehicle_read(struct vehicle *vehicle, const struct json_doc *doc, ptrdiff_t object, struct err *err)
{
    char plate[PLATE_TEXT_MAX];
    char colour_name[16];
    enum plate_colour colour;
    struct vehicle v = {0};
    ptrdiff_t facts = object < 0 ? -1 : json_member(doc, (size_t)object, "facts");
    if (facts < 0 || doc->tokens[facts].type != JSON_ARRAY ||
        !json_get_string(doc, json_member(doc, (size_t)object, "plate"), plate, sizeof plate) ||
        !json_get_string(doc, json_member(doc, (size_t)object, "colour"), colour_name, sizeof colour_name) ||
        !json_get_string(doc, json_member(doc, (size_t)object, "plate_by"), v.plate_by, sizeof v.plate_by) ||
        !read_source(doc, json_member(doc, (size_t)object, "plate_source"), &v.plate_source) ||
        !plate_colour_by_name(colour_name, &colour))
        return err_set(err, ERR_INVALID, "vehicle: plate, colour, plate_by, plate_source or facts is missing or wrong");
    ptrdiff_t confidence = json_member(doc, (size_t)object, "plate_confidence");
    if (confidence >= 0 && !json_get_string(doc, confidence, v.plate_confidence, sizeof v.plate_confidence))
        return err_set(err, ERR_INVALID, "vehicle: plate_confidence is no number from 0 to 100");
    if (plate[0] == '\0')
        v.plate.colour = colour; /* nobody could read it */
    else if (plate_parse(&v.plate, plate, colour, err) != 0)
        return -1;
    for (size_t i = 0; i < doc->tokens[facts].count; i++)
        if (read_fact(&v, doc, json_element(doc, (size_t)facts, i), err) != 0)
            return -1;
    *vehicle = v;
    return 0;
}
