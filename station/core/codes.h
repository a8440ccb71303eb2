/*
 * Code lists: what registers, cameras and police interfaces call things, as data (the files of station/codes/).
 *
 *     table hpzl {
 *         title = "号牌种类"   source = "GA/T 16.7"   status = unconfirmed
 *         codes = {"01=大型汽车", "02=小型汽车"}         # "CODE=NAME", or "CODE=NAME=WORD" with our own word for it
 *         unconfirmed = {"42=假牌"}                     # in use, but not in the source: optional
 *     }
 *
 * A code that a table lacks may be new or mistyped; whoever asks decides what follows.
 */
#ifndef STATION_CORE_CODES_H
#define STATION_CORE_CODES_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/conf.h"
#include "station/core/err.h"
#include "station/core/rules.h"

enum { CODES_TABLES_MAX = 24, CODES_ENTRIES_MAX = 800, CODES_CODE_MAX = 12, CODES_NAME_MAX = 64, CODES_WORD_MAX = 128 };

struct code {
    char code[CODES_CODE_MAX], name[CODES_NAME_MAX], word[CODES_WORD_MAX]; /* word "": none */
    enum rule_status status;
};

struct code_table {
    char name[RULES_ID_MAX], title[RULES_TEXT_MAX], source[RULES_TEXT_MAX];
    size_t first, count; /* in codes.entries */
};

struct codes {
    size_t tables_count, entries_count;
    struct code_table tables[CODES_TABLES_MAX];
    struct code entries[CODES_ENTRIES_MAX];
};

/* Adds the tables of a parsed file to *codes (zeroed before the first). Errors are "file:line: …": unknown keys, a
 * table or a code that is there already, an entry of another form. */
int codes_load(struct codes *codes, struct conf *conf, struct err *err);

/* NULL: there is no such table. */
const struct code_table *codes_table(const struct codes *codes, const char *table);
/* NULL: there is no such table or no such code in it. */
const struct code *codes_find(const struct codes *codes, const char *table, const char *code);

#endif
