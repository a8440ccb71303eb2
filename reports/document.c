#include "reports/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/words.h"

enum { LINE_MAX_BYTES = 4096, FIELDS_MAX = 24, SIGNS_MAX = 16, ASKED_MAX = 24 };

#define BLANK "＿＿＿＿＿＿＿＿"

/* What a placeholder may be called; a name that ends in a dot stands for all that begin so. */
static const char *const names[] = {
    "station.id",
    "station.name",
    "station.region",
    "station.place",
    "record.id",
    "record.sha256",
    "record.verdict",
    "record.started",
    "record.ended",
    "record.day",
    "record.reasons",
    "method",
    "plate",
    "colour",
    "vehicle.",
    "value.quantity",
    "value.measured",
    "value.limit",
    "value.clause",
    "value.rules",
    "instrument",
    "instrument.name",
    "instrument.serial",
    "instrument.until",
    "instrument.certificate",
    "officers",
    "officer.",
    "police",
    "case.id",
    "case.state",
    "case.repair",
    "case.opened",
    "case.number",
    "case.ground",
    "case.reviewer1",
    "case.reviewer2",
    "package.sha256",
    "package.sealed",
    "package.size",
    "package.files",
    "journal.root",
    "journal.event",
    "journal.signed",
    "void.reason",
    "retest.id",
    "retest.verdict",
    "retest.day",
    "retest.value",
    "deadline.",
    "checklist.id",
};

struct page {
    const char *file;
    unsigned line;
    const struct document_facts *facts;
    struct paper *paper;
    char asked[ASKED_MAX][DOCUMENT_NAME_MAX];
    size_t asked_count;
    struct paper_field fields[FIELDS_MAX];
    char *kept[3 * FIELDS_MAX]; /* texts of fields and signs that wait */
    size_t fields_count, kept_count;
    const char *signs[2 * SIGNS_MAX];
    size_t signs_count;
    struct err *err;
};

/* ---- facts ---- */

void document_set(struct document_facts *f, const char *name, const char *value)
{
    if (!value || !value[0] || document_get(f, name)[0] || f->count == DOCUMENT_FACTS_MAX)
        return;
    struct document_fact *fact = &f->facts[f->count++];
    snprintf(fact->name, sizeof fact->name, "%s", name);
    snprintf(fact->value, sizeof fact->value, "%s", value);
}

const char *document_get(const struct document_facts *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->facts[i].name, name) == 0)
            return f->facts[i].value;
    return "";
}

struct document_table *document_table_add(struct document_facts *f, const char *name,
                                          const struct paper_column *columns, size_t count)
{
    if (f->tables_count == DOCUMENT_TABLES_MAX || count > PAPER_COLUMNS_MAX)
        return NULL;
    struct document_table *t = &f->tables[f->tables_count++];
    *t = (struct document_table){.name = name, .columns_count = count};
    memcpy(t->columns, columns, count * sizeof *columns);
    return t;
}

int document_row_add(struct document_table *t, const char *const *cells, struct err *err)
{
    char **larger = realloc(t->cells, (t->rows + 1) * t->columns_count * sizeof *larger);
    if (!larger)
        return err_set(err, ERR_FAILED, "out of memory for a table");
    t->cells = larger;
    for (size_t i = 0; i < t->columns_count; i++) {
        char *copy = strdup(cells[i] ? cells[i] : "");
        if (!copy)
            return err_set(err, ERR_FAILED, "out of memory for a table");
        t->cells[t->rows * t->columns_count + i] = copy;
    }
    t->rows++;
    return 0;
}

void document_facts_free(struct document_facts *f)
{
    for (size_t i = 0; f && i < f->tables_count; i++) {
        struct document_table *t = &f->tables[i];
        for (size_t k = 0; k < t->rows * t->columns_count; k++)
            free(t->cells[k]);
        free(t->cells);
        *t = (struct document_table){.name = ""};
    }
}

static bool is_known(const struct page *p, const char *name)
{
    for (size_t i = 0; i < p->asked_count; i++)
        if (strcmp(p->asked[i], name) == 0)
            return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t length = strlen(names[i]);
        if (names[i][length - 1] == '.' ? strncmp(names[i], name, length) == 0 && name[length]
                                        : strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static int wrong(const struct page *p, const char *what, const char *name, const char *advice)
{
    return err_set(p->err, ERR_INVALID, "%s:%u: %s '%s'; %s", p->file, p->line, what, name, advice);
}

/* ---- placeholders ---- */

/* Appends; false when there is no room. */
static bool append(char *out, size_t size, size_t *used, const char *text, size_t length)
{
    if (*used + length >= size)
        return false;
    memcpy(out + *used, text, length);
    *used += length;
    out[*used] = '\0';
    return true;
}

/* The value of "name" or "name?"; NULL after an error. */
static const char *value_of(struct page *p, char *name)
{
    size_t length = strlen(name);
    bool may_lack = length > 1 && name[length - 1] == '?';
    if (may_lack)
        name[length - 1] = '\0';
    if (!is_known(p, name)) {
        wrong(p, "there is no placeholder", name, "FORMATS.md lists them under \"Documents\"; 'ask NAME' declares one");
        return NULL;
    }
    const char *value = document_get(p->facts, name);
    if (value[0] || may_lack)
        return value[0] ? value : BLANK;
    wrong(p, "nothing is known of", name, "give it with --set, or write {name?} for a blank to be filled in by hand");
    return NULL;
}

static int expand(struct page *p, const char *text, char out[LINE_MAX_BYTES])
{
    size_t used = 0;
    out[0] = '\0';
    while (*text) {
        size_t plain = strcspn(text, "{");
        if (!append(out, LINE_MAX_BYTES, &used, text, plain))
            return wrong(p, "the line is too long with", text, "divide it");
        text += plain;
        if (*text == '\0')
            break;
        char name[DOCUMENT_NAME_MAX + 1] = "";
        size_t length = strcspn(text + 1, "}");
        if (text[1 + length] != '}' || length == 0 || length >= sizeof name)
            return wrong(p, "no placeholder can be read at", text, "write {name}");
        memcpy(name, text + 1, length);
        const char *value = value_of(p, name);
        if (!value)
            return -1;
        if (!append(out, LINE_MAX_BYTES, &used, value, strlen(value)))
            return wrong(p, "the line is too long with", name, "divide it");
        text += length + 2;
    }
    return 0;
}

/* ---- parts of the page ---- */

static const char *keep(struct page *p, const char *text)
{
    char *copy = p->kept_count < sizeof p->kept / sizeof p->kept[0] ? strdup(text) : NULL;
    if (copy)
        p->kept[p->kept_count++] = copy;
    return copy ? copy : "";
}

/* Fields and lines to sign on stand together with those beside them. */
static void flush(struct page *p)
{
    if (p->fields_count > 0)
        paper_fields(p->paper, p->fields, p->fields_count);
    if (p->signs_count > 0) {
        paper_space(p->paper, 10);
        paper_code(p->paper, NULL, p->signs, p->signs_count);
    }
    for (size_t i = 0; i < p->kept_count; i++)
        free(p->kept[i]);
    p->fields_count = p->signs_count = p->kept_count = 0;
}

static int add_field(struct page *p, char *text)
{
    char *bar = strchr(text, '|');
    if (!bar)
        return wrong(p, "no '|' between label and value in", text, "write: field LABEL | VALUE");
    if (p->fields_count == FIELDS_MAX)
        flush(p);
    char *end = bar;
    while (end > text && end[-1] == ' ')
        end--;
    *end = '\0';
    bar += 1 + strspn(bar + 1, " ");
    bool blank = strcmp(bar, BLANK) == 0;
    p->fields[p->fields_count++] =
        (struct paper_field){.label = keep(p, text), .label2 = "", .value = blank ? NULL : keep(p, bar)};
    return 0;
}

static int add_table(struct page *p, const char *name)
{
    for (size_t i = 0; i < p->facts->tables_count; i++) {
        const struct document_table *t = &p->facts->tables[i];
        if (strcmp(t->name, name) == 0) {
            if (t->rows > 0)
                paper_table(p->paper, t->columns, t->columns_count, (const char *const *)t->cells, t->rows);
            return 0;
        }
    }
    return wrong(p, "there is no table", name,
                 "values, instruments, files (of a sealed package) and checklist (where one was filled in) are known");
}

static int add_sign(struct page *p, const char *label)
{
    if (p->signs_count + 2 > sizeof p->signs / sizeof p->signs[0])
        return wrong(p, "there are too many lines to sign on at", label, "take some away");
    p->signs[p->signs_count++] = keep(p, label);
    p->signs[p->signs_count++] = NULL;
    return 0;
}

static int add_part(struct page *p, const char *part, char *text)
{
    static const struct {
        const char *name;
        enum paper_text kind;
    } texts[] = {{"title", PAPER_TITLE},
                 {"subtitle", PAPER_SUBTITLE},
                 {"heading", PAPER_HEADING},
                 {"line", PAPER_BODY},
                 {"note", PAPER_NOTE}};
    if (strcmp(part, "field") == 0)
        return add_field(p, text);
    if (strcmp(part, "sign") == 0)
        return add_sign(p, text);
    flush(p);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(part, texts[i].name) == 0) {
            paper_text(p->paper, texts[i].kind, text);
            return 0;
        }
    if (strcmp(part, "para") == 0)
        paper_paragraph(p->paper, text);
    else if (strcmp(part, "right") == 0)
        paper_right(p->paper, text);
    else if (strcmp(part, "space") == 0)
        paper_space(p->paper, 10);
    else if (strcmp(part, "page") == 0)
        paper_page_break(p->paper);
    else if (strcmp(part, "table") == 0)
        return add_table(p, text);
    else
        return wrong(p, "a line cannot begin with", part,
                     "title, subtitle, heading, para, line, note, right, field, table, sign, space, page, ask");
    return 0;
}

/* ---- lines ---- */

/* Takes the first word off; the rest is behind its blanks. */
static char *take_word(char **text)
{
    char *word = *text;
    *text += strcspn(*text, " ");
    if (**text) {
        *(*text)++ = '\0';
        *text += strspn(*text, " ");
    }
    return word;
}

/* "ask to 受送达人" */
static int take_ask(struct page *p, char *rest)
{
    char *name = take_word(&rest);
    if (!name[0] || strlen(name) >= DOCUMENT_NAME_MAX || p->asked_count == ASKED_MAX)
        return wrong(p, "no fact can be asked for as", name, "write: ask NAME WHAT");
    snprintf(p->asked[p->asked_count++], DOCUMENT_NAME_MAX, "%s", name);
    return 0;
}

static int take_line(struct page *p, char *text)
{
    char filled[LINE_MAX_BYTES];
    text += strspn(text, " \t");
    size_t length = strcspn(text, "\r");
    text[length] = '\0';
    if (!text[0] || text[0] == '#')
        return 0;
    char *word = take_word(&text);
    bool shown = true;
    if (word[0] == '?' || word[0] == '!') {
        if (!is_known(p, word + 1))
            return wrong(p, "there is no placeholder", word + 1, "FORMATS.md lists them under \"Documents\"");
        shown = (document_get(p->facts, word + 1)[0] != '\0') == (word[0] == '?');
        word = take_word(&text);
    }
    if (strcmp(word, "ask") == 0)
        return take_ask(p, text);
    if (!shown)
        return 0;
    return expand(p, text, filled) != 0 ? -1 : add_part(p, word, filled);
}

static int take_lines(struct page *p, const char *text)
{
    int result = 0;
    while (result == 0 && *text) {
        char line[LINE_MAX_BYTES];
        size_t length = strcspn(text, "\n");
        p->line++;
        if (length >= sizeof line)
            return wrong(p, "too long is", "the line", "divide it");
        memcpy(line, text, length);
        line[length] = '\0';
        result = take_line(p, line);
        text += length + (text[length] == '\n');
    }
    return result;
}

int document_title(const char *file, const char *text, char *out, size_t size, struct err *err)
{
    static const char mark[] = "title ";
    for (unsigned line = 1; *text; line++) {
        size_t length = strcspn(text, "\n");
        if (strncmp(text, mark, sizeof mark - 1) == 0) {
            snprintf(out, size, "%.*s", (int)(length - (sizeof mark - 1)), text + sizeof mark - 1);
            return 0;
        }
        text += length + (text[length] == '\n');
    }
    return err_set(err, ERR_INVALID, "%s: no line begins with 'title'", file);
}

int document_lay(const char *file, const char *text, const struct document_facts *facts, int64_t created_ms,
                 struct paper **out, struct err *err)
{
    char title[256], foot[DOCUMENT_VALUE_MAX];
    if (document_title(file, text, title, sizeof title, err) != 0)
        return -1;
    const char *id = document_get(facts, "case.id");
    snprintf(foot, sizeof foot, "%s  %s", title, id[0] ? id : document_get(facts, "record.id"));
    const struct paper_style style = {.size = PAPER_A4,
                                      .language = words_language_tag(WORDS_ZH),
                                      .title = foot,
                                      .foot = foot,
                                      .created_ms = created_ms};
    struct page *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(err, ERR_FAILED, "out of memory");
    *p = (struct page){.file = file, .facts = facts, .err = err};
    int result = paper_open(&p->paper, &style, err);
    if (result == 0) {
        result = take_lines(p, text);
        flush(p);
    }
    if (result == 0)
        *out = p->paper;
    else
        paper_close(p->paper);
    free(p);
    return result;
}
