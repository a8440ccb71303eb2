/*
 * Documents of the procedure: a template that an agency edits, filled in with facts, on pages of A4.
 *
 * A template is a text file, one line a part of the page (FORMATS.md, "Documents"):
 *
 *     # a comment
 *     ask to 受送达人                     a fact that is given when the document is made (--set to=…)
 *     title 机动车排放超标告知书
 *     para {to?}：你（单位）驾驶的 {plate} …    {name}: must be known; {name?}: else a blank to be filled in by hand
 *     ?case.police para …                only where that is known; !case.police …: only where it is not
 *     field 号牌号码 | {plate}
 *     table values
 *     sign 执法人员
 *
 * A placeholder that there is none of, and one whose fact is absent, are errors with file and line: nothing is left out
 * in silence.
 */
#ifndef REPORTS_DOCUMENT_H
#define REPORTS_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/paper.h"
#include "station/core/err.h"

enum {
    DOCUMENT_FACTS_MAX = 128,
    DOCUMENT_NAME_MAX = 40,
    DOCUMENT_VALUE_MAX = 512,
    DOCUMENT_TABLES_MAX = 8,
    DOCUMENT_TEMPLATE_MAX = 64 << 10,
};

struct document_fact {
    char name[DOCUMENT_NAME_MAX], value[DOCUMENT_VALUE_MAX];
};

struct document_table {
    const char *name;
    size_t columns_count;
    struct paper_column columns[PAPER_COLUMNS_MAX];
    size_t rows;
    char **cells; /* malloc'ed, as are their texts */
};

/* Begins zeroed. */
struct document_facts {
    size_t count, tables_count;
    struct document_fact facts[DOCUMENT_FACTS_MAX];
    struct document_table tables[DOCUMENT_TABLES_MAX];
};

void document_facts_free(struct document_facts *f); /* what the tables hold */

/* Sets a fact; "" is none. The first one that was set under a name stays. */
void document_set(struct document_facts *f, const char *name, const char *value);
const char *document_get(const struct document_facts *f, const char *name); /* "" where there is none */

/* A new table with those columns; NULL when there are too many. */
struct document_table *document_table_add(struct document_facts *f, const char *name,
                                          const struct paper_column *columns, size_t count);
/* A row; the texts are copied. */
int document_row_add(struct document_table *t, const char *const *cells, struct err *err);

/* The template's title, for a list. */
int document_title(const char *file, const char *text, char *out, size_t size, struct err *err);

/* Lays the template out. `created_ms`: the document's date. Free *out with paper_close. */
int document_lay(const char *file, const char *text, const struct document_facts *facts, int64_t created_ms,
                 struct paper **out, struct err *err);

#endif
