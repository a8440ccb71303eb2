/*
 * One message of a receiver's map, filled from the neutral record and checked field by field. What does not fit the
 * receiver's form is an error in words, never cut, rounded or replaced.
 */
#ifndef REPORTS_MESSAGE_H
#define REPORTS_MESSAGE_H

#include "reports/neutral.h"
#include "reports/outlet_map.h"
#include "station/core/err.h"

enum { MESSAGE_FIELDS_MAX = 64 };

struct message_value {
    const struct outlet_field *field;
    char text[NEUTRAL_VALUE_MAX];       /* UTF-8 */
    const struct neutral_file *picture; /* instead of a text */
};

struct message {
    size_t count; /* fields that have a value, in the map's order */
    struct message_value values[MESSAGE_FIELDS_MAX];
};

/* ERR_REFUSED with the field, and the table and the value where a code is missing: the record cannot be told to this
 * receiver as it is. */
int message_fill(struct message *out, const struct outlet_map *map, const struct outlet_message *message,
                 const struct neutral *n, struct err *err);

/* The text of a field; NULL: it has none. */
const char *message_get(const struct message *m, const char *field);

#endif
