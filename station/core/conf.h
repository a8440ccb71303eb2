/*
 * One reader for every file that people write: station configuration, rule packs, instrument profiles, scenarios.
 *
 * The syntax is libconfuse's (options, lists, titled and nested sections, # // and C comments). It is read here and
 * not by libconfuse for one reason: a verdict is recomputed from the pack and the profile that lie in the evidence
 * package, by a verifier that links nothing but OpenSSL. The text becomes a flat array of nodes in memory
 * of the caller's; every node knows its line, so every complaint can name it.
 *
 *     # comment      // comment      / * comment * /
 *     name = value            value: a bare word (letters digits . - _ / : + @ % and all beyond ASCII),
 *                             a "string" with \" \\ \n \t, a 'string' without
 *     name = {a, b, c}        list
 *     kind { … }   kind title { … }   kind "title" { … }         section
 */
#ifndef STATION_CORE_CONF_H
#define STATION_CORE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/civil.h"
#include "station/core/decimal.h"
#include "station/core/err.h"

enum conf_kind { CONF_OPTION, CONF_SECTION };

struct conf_node {
    enum conf_kind kind;
    const char *name;  /* NUL-terminated, in the text buffer, which the parser edits in place */
    const char *value; /* option: first value; section: title or NULL */
    uint32_t values;   /* option: how many values; they lie one after another, each NUL-terminated, from `value` */
    uint32_t line;
    uint32_t next; /* index of the node after this one and all it holds */
    bool used;     /* set by every conf_get…; what stays unused is an unknown key */
};

struct conf {
    const char *file; /* for messages */
    struct conf_node *nodes;
    size_t count, max;
};

/* Parses `text` (length bytes; text[length] must be writable, it becomes NUL) in place. Errors read "file:line: what".
 * UTF-8 is checked; control characters, unterminated strings and sections, and more than `max` nodes are errors. */
int conf_parse(struct conf *conf, const char *file, char *text, size_t length, struct conf_node *nodes, size_t max,
               struct err *err);

/* Walks the direct children of section node `parent` (CONF_TOP for the file). Returns the index of the first child
 * after `after` (CONF_FIRST to begin) with that kind and name (NULL: any), or -1. */
enum { CONF_TOP = -1, CONF_FIRST = -1 };
ptrdiff_t conf_next(const struct conf *conf, ptrdiff_t parent, ptrdiff_t after, enum conf_kind kind, const char *name);

/* Option values. `required` missing → error naming the section's line. Absent and not required → *out untouched,
 * returns 0. Wrong type or range → error with the option's line. All mark the option as used; an option given twice
 * in one section is an error. */
int conf_get_string(struct conf *conf, ptrdiff_t section, const char *name, bool required, const char **out,
                    struct err *err);
/* The same as a copy; empty, or longer than the buffer, is an error. Absent leaves "". */
int conf_get_text(struct conf *conf, ptrdiff_t section, const char *name, bool required, char *out, size_t size,
                  struct err *err);
int conf_get_integer(struct conf *conf, ptrdiff_t section, const char *name, bool required, int64_t min, int64_t max,
                     int64_t *out, struct err *err); /* decimal or 0x… */
int conf_get_decimal(struct conf *conf, ptrdiff_t section, const char *name, bool required, struct decimal *out,
                     struct err *err);
int conf_get_bool(struct conf *conf, ptrdiff_t section, const char *name, bool required, bool *out, struct err *err);
int conf_get_date(struct conf *conf, ptrdiff_t section, const char *name, bool required, struct civil_date *out,
                  struct err *err);
/* A list (or a single value, which is a list of one): marks it used and gives the node, whose values conf_value reads;
 * -1 when it is absent and not required. */
int conf_get_list(struct conf *conf, ptrdiff_t section, const char *name, bool required, ptrdiff_t *node,
                  struct err *err);
const char *conf_value(const struct conf *conf, ptrdiff_t node, size_t i);
int conf_value_integer(const struct conf *conf, ptrdiff_t node, size_t i, int64_t min, int64_t max, int64_t *out,
                       struct err *err); /* decimal or 0x… */
/* Marks a section as used. */
void conf_use(struct conf *conf, ptrdiff_t node);

/* The first node nobody asked for is an unknown key: an error "file:line: no such option 'x' in 'section'; …". */
int conf_check_all_used(const struct conf *conf, struct err *err);

/* err_set with "file:line: " in front. */
int conf_error(const struct conf *conf, ptrdiff_t node, struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
