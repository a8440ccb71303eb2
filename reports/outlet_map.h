/*
 * What a kind of receiver wants to hear, as data: a file of reports/outlets/ (installed: share/smogd/outlets). Names,
 * codes, lengths and marks differ at every receiver and change without us; an agency edits them without a compiler.
 *
 *     map { title = "…"  source = "…"  status = unconfirmed }
 *     message 60W01 {                       what is written or asked in one request, by the receiver's name for it
 *         group = 60   root = surscreen     whatever the driver of that kind needs to know: reports/outlet_*.c
 *         field hphm  { from = vehicle.plate  must = true  max = 15 }
 *         field hpys  { from = vehicle.colour  table = plate-colour }
 *         field wfsj  { from = time  form = time  pattern = "yyyy-MM-dd HH:mm:ss" }
 *         field smokeAvg { from = measured.value  form = decimal  digits = "3.2" }
 *     }
 *     call old { namespace = "…"  write = writeObjectOut  query = queryObjectOut  parameters = {xtlb, jkxlh, jkid,
 * UTF8XmlDoc} } plan free-acceleration { messages = {"ODS_B1", "ODS_B9"} }      which messages a record of that method
 * takes table plate-colour { title = … source = … status = … codes = {"1=黄色=yellow", "4=新能源=green|yellow-green"} }
 *
 * A field's value is `from` the neutral record (reports/neutral.h; of several keys the first that is known) or what it
 * `is` always. form: text, digits, integer, decimal, time, picture. `length` exactly or `max` at most so many
 * characters; `digits = "3.2"`: at most 3 digits, 2 of them decimals; `values`: nothing else; `number`: a JSON number.
 * must: without it nothing is sent; `unless = "clfl=3"`: not when that field is 3. What is not known is left out.
 * In a table the third word is ours; a value of ours that has no code there is never guessed.
 */
#ifndef REPORTS_OUTLET_MAP_H
#define REPORTS_OUTLET_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/codes.h"
#include "station/core/err.h"

enum {
    OUTLET_MAP_MESSAGES_MAX = 16,
    OUTLET_MAP_PLANS_MAX = 12,
    OUTLET_MAP_FIELDS_MAX = 400,
    OUTLET_FROM_MAX = 4,
    OUTLET_VALUES_MAX = 12,
    OUTLET_PLAN_MAX = 8,
    OUTLET_CALLS_MAX = 6,
    OUTLET_PARAMETERS_MAX = 12,
    OUTLET_MATCH_MAX = 4,
};

enum outlet_form {
    OUTLET_TEXT,
    OUTLET_DIGITS,
    OUTLET_INTEGER,
    OUTLET_DECIMAL,
    OUTLET_TIME,
    OUTLET_PICTURE,
    OUTLET_FORM_COUNT
};

/* The texts point into the map's own copy of the file. */
struct outlet_field {
    const char *name;
    const char *from[OUTLET_FROM_MAX];
    size_t from_count;
    const char *is;           /* NULL: from the record */
    const char *table;        /* NULL: the value as it is */
    const char *pattern;      /* of a time */
    const char *unless;       /* "FIELD=VALUE", or NULL */
    unsigned exact, max;      /* characters; 0: any number */
    unsigned whole, decimals; /* digits before and behind the point; whole 0: any number */
    enum outlet_form form;
    bool must, number;
    size_t values_count; /* 0: any value */
    const char *values[OUTLET_VALUES_MAX];
};

struct outlet_message {
    const char *name;
    const char *group, *root, *path, *rows; /* NULL: not given */
    const char *ask;                        /* the message that asks whether this one has arrived */
    bool absent_resends;                    /* `absent = send`: what that does not find is sent again */
    bool of_decisions;                      /* it tells of decisions on the spot that were filed, and of nothing else */
    bool ask_first;                         /* also before the first time */
    const char *read_back;                  /* a message that asks for `proof` once this one is written */
    const char *proof;                      /* the element of an answer that must not be empty */
    size_t match_count;                     /* fields in which a row that is found must equal what was asked */
    const char *match[OUTLET_MATCH_MAX];
    size_t first, count; /* in map.fields */
};

/* One form of a remote procedure. The last parameter is the document. */
struct outlet_call {
    const char *name, *space, *write, *query;
    size_t count;
    const char *parameters[OUTLET_PARAMETERS_MAX];
};

struct outlet_plan {
    const char *method;
    size_t count;
    const char *messages[OUTLET_PLAN_MAX];
};

struct outlet_map {
    char *text; /* of the file; the rest points into it */
    size_t messages_count, plans_count, fields_count, calls_count;
    struct outlet_call calls[OUTLET_CALLS_MAX];
    struct outlet_message messages[OUTLET_MAP_MESSAGES_MAX];
    struct outlet_plan plans[OUTLET_MAP_PLANS_MAX];
    struct outlet_field fields[OUTLET_MAP_FIELDS_MAX];
    struct codes codes;
};

/* Reads FOLDER/NAME.conf. Errors are "file:line: what". */
int outlet_map_open(struct outlet_map **out, const char *folder, const char *name, struct err *err);
void outlet_map_close(struct outlet_map *map);

/* NULL: there is none of that name. */
const struct outlet_message *outlet_map_message(const struct outlet_map *map, const char *name);
const struct outlet_plan *outlet_map_plan(const struct outlet_map *map, const char *method);
const struct outlet_call *outlet_map_call(const struct outlet_map *map, const char *name);

/* The receiver's code for a word of ours; NULL: the table has none (or there is no such table). */
const char *outlet_map_code(const struct outlet_map *map, const char *table, const char *word);

/* Does any field of the map take that key of the neutral record? */
bool outlet_map_uses(const struct outlet_map *map, const char *key);

#endif
