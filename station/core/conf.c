#include "station/core/conf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "station/core/utf8.h"

/*
 * Words are NUL-terminated in place. The NUL of a bare word falls on the character after it, which may be a sign that
 * is still to be read: `held` keeps that character.
 */
struct scanner {
    struct conf *conf;
    char *at, *end;
    char held; /* what really stood at `at`; 0: the text itself tells */
    uint32_t line;
    struct err *err;
};

enum word_kind { WORD_END, WORD_TEXT, WORD_SIGN, WORD_ERROR };

struct word {
    enum word_kind kind;
    bool quoted;
    char sign;
    char *text; /* NUL-terminated */
    uint32_t line;
};

static int fail(const struct scanner *s, uint32_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(const struct scanner *s, uint32_t line, const char *format, ...)
{
    char what[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return err_set(s->err, ERR_INVALID, "%s:%u: %s", s->conf->file, line, what);
}

static char peek(const struct scanner *s)
{
    if (s->at == s->end)
        return '\0';
    return s->held ? s->held : *s->at;
}

static void advance(struct scanner *s)
{
    if (peek(s) == '\n')
        s->line++;
    s->held = '\0';
    s->at++;
}

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._/:+@%-", c)) || (unsigned char)c >= 0x80;
}

/* White space and comments; false for a comment that does not end. */
static bool skip_blank(struct scanner *s)
{
    for (;;) {
        char c = peek(s);
        char next = s->at + 1 < s->end ? s->at[1] : '\0';
        if (s->at == s->end)
            return true;
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            advance(s);
        } else if (c == '#' || (c == '/' && next == '/')) {
            while (s->at < s->end && peek(s) != '\n')
                advance(s);
        } else if (c == '/' && next == '*') {
            uint32_t begun = s->line;
            advance(s);
            advance(s);
            while (s->at + 1 < s->end && !(s->at[0] == '*' && s->at[1] == '/'))
                advance(s);
            if (s->at + 1 >= s->end) {
                fail(s, begun, "this comment does not end; write */ where it should");
                return false;
            }
            advance(s);
            advance(s);
        } else {
            return true;
        }
    }
}

static bool read_quoted(struct scanner *s, struct word *word)
{
    char quote = peek(s);
    advance(s); /* the place of the quote may be the end of the word before */
    char *out = s->at;
    word->text = out;
    word->quoted = true;
    for (;;) {
        char c = peek(s);
        if (s->at == s->end || c == '\n') {
            fail(s, word->line, "this string does not end; write %c at its end", quote);
            return false;
        }
        advance(s);
        if (c == quote)
            break;
        if (c == '\\' && quote == '"') {
            c = peek(s);
            advance(s);
            if (c == 'n' || c == 't') {
                c = c == 'n' ? '\n' : '\t';
            } else if (c != '"' && c != '\\') {
                fail(s, word->line, "unknown escape in a string; known: \\\" \\\\ \\n \\t");
                return false;
            }
        }
        *out++ = c;
    }
    *out = '\0';
    return true;
}

static void read_bare(struct scanner *s, struct word *word)
{
    word->text = s->at;
    assert(!s->held); /* what ended the word before cannot begin one */
    while (s->at < s->end && is_bare(*s->at))
        s->at++;
    s->held = s->at < s->end ? *s->at : '\0';
    *s->at = '\0';
}

static struct word next_word(struct scanner *s)
{
    struct word word = {.kind = WORD_ERROR};
    if (!skip_blank(s))
        return word;
    word.line = s->line;
    char c = peek(s);
    if (s->at == s->end) {
        word.kind = WORD_END;
    } else if (c == '"' || c == '\'') {
        if (read_quoted(s, &word))
            word.kind = WORD_TEXT;
    } else if (c == '=' || c == '{' || c == '}' || c == ',') {
        word.kind = WORD_SIGN;
        word.sign = c;
        advance(s);
    } else if (is_bare(c)) {
        read_bare(s, &word);
        word.kind = WORD_TEXT;
    } else {
        fail(s, word.line, "unexpected character '%c'; put values with special characters in \"quotes\"", c);
    }
    return word;
}

static struct conf_node *add_node(struct scanner *s, enum conf_kind kind, const struct word *name)
{
    struct conf *conf = s->conf;
    if (conf->count == conf->max) {
        fail(s, name->line, "the file has more than %zu options and sections", conf->max);
        return NULL;
    }
    struct conf_node *node = &conf->nodes[conf->count++];
    *node = (struct conf_node){.kind = kind, .name = name->text, .line = name->line, .next = (uint32_t)conf->count};
    return node;
}

/* Moves a further list value right behind the one before, where conf_value looks for it. */
static char *append_value(struct conf_node *node, char *free, const char *text)
{
    size_t size = strlen(text) + 1;
    memmove(free, text, size);
    node->values++;
    return free + size;
}

static int read_list(struct scanner *s, struct conf_node *node)
{
    struct word word = next_word(s);
    char *free = NULL;
    node->value = "";
    while (!(word.kind == WORD_SIGN && word.sign == '}')) {
        if (word.kind == WORD_ERROR)
            return -1;
        if (word.kind != WORD_TEXT)
            return fail(s, word.line, "expected a value in the list of '%s'", node->name);
        if (!free)
            node->value = free = word.text;
        free = append_value(node, free, word.text);
        word = next_word(s);
        if (word.kind == WORD_SIGN && word.sign == ',')
            word = next_word(s);
        else if (word.kind != WORD_ERROR && !(word.kind == WORD_SIGN && word.sign == '}'))
            return fail(s, word.line, "expected , or } in the list of '%s'", node->name);
    }
    return 0;
}

static int read_option(struct scanner *s, const struct word *name)
{
    struct conf_node *node = add_node(s, CONF_OPTION, name);
    if (!node)
        return -1;
    struct word word = next_word(s);
    if (word.kind == WORD_ERROR)
        return -1;
    if (word.kind == WORD_SIGN && word.sign == '{')
        return read_list(s, node);
    if (word.kind != WORD_TEXT)
        return fail(s, name->line, "'%s =' has no value", node->name);
    node->value = word.text;
    node->values = 1;
    return 0;
}

/* Reads options and sections until the file or the section ends. `open` is the stack of unfinished sections. */
static int read_all(struct scanner *s)
{
    enum { DEPTH_MAX = 8 };
    size_t open[DEPTH_MAX];
    size_t depth = 0;
    for (;;) {
        struct word name = next_word(s);
        if (name.kind == WORD_ERROR)
            return -1;
        if (name.kind == WORD_END) {
            if (depth > 0)
                return fail(s, s->conf->nodes[open[depth - 1]].line, "section '%s' does not end; a } is missing",
                            s->conf->nodes[open[depth - 1]].name);
            return 0;
        }
        if (name.kind == WORD_SIGN && name.sign == '}' && depth > 0) {
            s->conf->nodes[open[--depth]].next = (uint32_t)s->conf->count;
            continue;
        }
        if (name.kind == WORD_SIGN)
            return fail(s, name.line, "unexpected '%c'", name.sign);
        if (name.quoted)
            return fail(s, name.line, "expected a name, not a quoted string");
        struct word word = next_word(s);
        struct word title = {.kind = WORD_END};
        if (word.kind == WORD_TEXT) {
            title = word;
            word = next_word(s);
        }
        if (word.kind == WORD_ERROR)
            return -1;
        if (word.kind == WORD_SIGN && word.sign == '=' && title.kind == WORD_END) {
            if (read_option(s, &name) != 0)
                return -1;
            continue;
        }
        if (!(word.kind == WORD_SIGN && word.sign == '{'))
            return fail(s, name.line, "expected = or { after '%s'", title.kind == WORD_END ? name.text : title.text);
        if (depth == DEPTH_MAX)
            return fail(s, name.line, "sections are nested deeper than %d", DEPTH_MAX);
        struct conf_node *node = add_node(s, CONF_SECTION, &name);
        if (!node)
            return -1;
        node->value = title.kind == WORD_TEXT ? title.text : NULL;
        open[depth++] = s->conf->count - 1;
    }
}

static uint32_t line_of(const char *text, size_t at)
{
    uint32_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

int conf_parse(struct conf *conf, const char *file, char *text, size_t length, struct conf_node *nodes, size_t max,
               struct err *err)
{
    enum { BOM_SIZE = 3 };
    *conf = (struct conf){.file = file, .nodes = nodes, .max = max};
    struct scanner s = {.conf = conf, .at = text, .end = text + length, .line = 1, .err = err};
    size_t bad = utf8_check(text, length);
    if (bad < length)
        return fail(&s, line_of(text, bad), "not UTF-8; save the file as UTF-8");
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' && !strchr("\t\r\n", text[i] ? text[i] : 'x'))
            return fail(&s, line_of(text, i), "control character 0x%02x; take it out", (unsigned)text[i]);
    if (length >= BOM_SIZE && memcmp(text, "\xEF\xBB\xBF", BOM_SIZE) == 0)
        s.at += BOM_SIZE;
    text[length] = '\0';
    return read_all(&s);
}

static size_t section_end(const struct conf *conf, ptrdiff_t section)
{
    return section == CONF_TOP ? conf->count : conf->nodes[section].next;
}

ptrdiff_t conf_next(const struct conf *conf, ptrdiff_t parent, ptrdiff_t after, enum conf_kind kind, const char *name)
{
    size_t at = after == CONF_FIRST ? (size_t)(parent + 1) : conf->nodes[after].next;
    for (; at < section_end(conf, parent); at = conf->nodes[at].next)
        if (conf->nodes[at].kind == kind && (!name || strcmp(conf->nodes[at].name, name) == 0))
            return (ptrdiff_t)at;
    return -1;
}

int conf_error(const struct conf *conf, ptrdiff_t node, struct err *err, const char *format, ...)
{
    char what[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    unsigned line = node >= 0 && (size_t)node < conf->count ? conf->nodes[node].line : 1;
    return err_set(err, ERR_INVALID, "%s:%u: %s", conf->file, line, what);
}

void conf_use(struct conf *conf, ptrdiff_t node)
{
    conf->nodes[node].used = true;
}

/* The option `name`, marked as used; *found -1 when it is not there and not required. */
static int find_option(struct conf *conf, ptrdiff_t section, const char *name, bool required, ptrdiff_t *found,
                       struct err *err)
{
    *found = conf_next(conf, section, CONF_FIRST, CONF_OPTION, name);
    if (*found < 0)
        return required ? conf_error(conf, section, err, "option '%s' is missing%s%s", name,
                                     section == CONF_TOP ? "" : " in section ",
                                     section == CONF_TOP ? "" : conf->nodes[section].name)
                        : 0;
    ptrdiff_t again = conf_next(conf, section, *found, CONF_OPTION, name);
    if (again >= 0)
        return conf_error(conf, again, err, "option '%s' is given twice; first in line %u", name,
                          conf->nodes[*found].line);
    conf_use(conf, *found);
    return 0;
}

int conf_get_string(struct conf *conf, ptrdiff_t section, const char *name, bool required, const char **out,
                    struct err *err)
{
    ptrdiff_t node;
    if (find_option(conf, section, name, required, &node, err) != 0)
        return -1;
    if (node < 0)
        return 0;
    if (conf->nodes[node].values != 1)
        return conf_error(conf, node, err, "'%s' takes one value, not a list", name);
    *out = conf->nodes[node].value;
    return 0;
}

/* One value as text; *text NULL when the option is absent. */
static int get_text(struct conf *conf, ptrdiff_t section, const char *name, bool required, const char **text,
                    ptrdiff_t *node, struct err *err)
{
    *text = NULL;
    *node = conf_next(conf, section, CONF_FIRST, CONF_OPTION, name);
    return conf_get_string(conf, section, name, required, text, err);
}

/* Decimal or 0x…; *fits false when the digits are right but the number is beyond 64 bits. */
static bool parse_integer(const char *text, int64_t *out, bool *fits)
{
    static const char all[] = "0123456789abcdef";
    bool negative = *text == '-';
    const char *digits = negative ? text + 1 : text;
    unsigned base = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') ? 16 : 10;
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    uint64_t value = 0;
    *fits = true;
    if (base == 16)
        digits += 2;
    if (!*digits)
        return false;
    for (; *digits; digits++) {
        const char *found = strchr(all, *digits >= 'A' && *digits <= 'F' ? *digits + 32 : *digits);
        if (!found || found >= all + base)
            return false;
        uint64_t digit = (uint64_t)(found - all);
        *fits = *fits && value <= (limit - digit) / base;
        value = *fits ? value * base + digit : 0;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

static int check_integer(const struct conf *conf, ptrdiff_t node, const char *text, int64_t min, int64_t max,
                         int64_t *out, struct err *err)
{
    const char *name = conf->nodes[node].name;
    int64_t value;
    bool fits;
    if (!parse_integer(text, &value, &fits))
        return conf_error(conf, node, err, "'%s = %s' is not a whole number", name, text);
    if (!fits || value < min || value > max)
        return conf_error(conf, node, err, "'%s = %s' is out of range; allowed: %lld to %lld", name, text,
                          (long long)min, (long long)max);
    *out = value;
    return 0;
}

int conf_get_text(struct conf *conf, ptrdiff_t section, const char *name, bool required, char *out, size_t size,
                  struct err *err)
{
    const char *text = NULL;
    out[0] = '\0';
    if (conf_get_string(conf, section, name, required, &text, err) != 0)
        return -1;
    size_t length = text ? strlen(text) : 0;
    if (text && (length == 0 || length >= size))
        return conf_error(conf, section, err, "'%s' is empty or longer than %zu bytes", name, size - 1);
    if (text)
        memcpy(out, text, length + 1);
    return 0;
}

int conf_get_integer(struct conf *conf, ptrdiff_t section, const char *name, bool required, int64_t min, int64_t max,
                     int64_t *out, struct err *err)
{
    const char *text;
    ptrdiff_t node;
    if (get_text(conf, section, name, required, &text, &node, err) != 0)
        return -1;
    return text ? check_integer(conf, node, text, min, max, out, err) : 0;
}

int conf_value_integer(const struct conf *conf, ptrdiff_t node, size_t i, int64_t min, int64_t max, int64_t *out,
                       struct err *err)
{
    return check_integer(conf, node, conf_value(conf, node, i), min, max, out, err);
}

int conf_get_decimal(struct conf *conf, ptrdiff_t section, const char *name, bool required, struct decimal *out,
                     struct err *err)
{
    const char *text;
    ptrdiff_t node;
    if (get_text(conf, section, name, required, &text, &node, err) != 0)
        return -1;
    if (text && !decimal_parse(out, text, strlen(text)))
        return conf_error(conf, node, err, "'%s = %s' is not a decimal number", name, text);
    return 0;
}

int conf_get_bool(struct conf *conf, ptrdiff_t section, const char *name, bool required, bool *out, struct err *err)
{
    const char *text;
    ptrdiff_t node;
    if (get_text(conf, section, name, required, &text, &node, err) != 0)
        return -1;
    if (!text)
        return 0;
    bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0 || strcmp(text, "on") == 0;
    if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0 && strcmp(text, "off") != 0)
        return conf_error(conf, node, err, "'%s = %s': say yes or no", name, text);
    *out = yes;
    return 0;
}

int conf_get_date(struct conf *conf, ptrdiff_t section, const char *name, bool required, struct civil_date *out,
                  struct err *err)
{
    const char *text;
    ptrdiff_t node;
    if (get_text(conf, section, name, required, &text, &node, err) != 0)
        return -1;
    if (text && !civil_date_parse(out, text, strlen(text)))
        return conf_error(conf, node, err, "'%s = %s' is not a date; write it as 2026-07-01", name, text);
    return 0;
}

int conf_get_list(struct conf *conf, ptrdiff_t section, const char *name, bool required, ptrdiff_t *node,
                  struct err *err)
{
    return find_option(conf, section, name, required, node, err);
}

const char *conf_value(const struct conf *conf, ptrdiff_t node, size_t i)
{
    assert(i < conf->nodes[node].values);
    const char *value = conf->nodes[node].value;
    while (i-- > 0)
        value += strlen(value) + 1;
    return value;
}

/* The name of the innermost section that holds node `at`; NULL at the top. */
static const char *section_of(const struct conf *conf, size_t at)
{
    for (size_t i = at; i-- > 0;)
        if (conf->nodes[i].kind == CONF_SECTION && conf->nodes[i].next > at)
            return conf->nodes[i].name;
    return NULL;
}

int conf_check_all_used(const struct conf *conf, struct err *err)
{
    for (size_t i = 0; i < conf->count; i++) {
        const struct conf_node *node = &conf->nodes[i];
        if (node->used)
            continue;
        const char *section = section_of(conf, i);
        return conf_error(conf, (ptrdiff_t)i, err, "no such %s '%s'%s%s%s; check the spelling or take it out",
                          node->kind == CONF_OPTION ? "option" : "section", node->name, section ? " in '" : "",
                          section ? section : "", section ? "'" : "");
    }
    return 0;
}
