#include "reports/outlet_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "station/core/conf.h"

enum { FILE_MAX = 256 << 10, NODES_MAX = 8192, PATH_MAX_BYTES = 1024 };

struct reader {
    struct outlet_map *map;
    struct conf conf;
};

static const char *const form_names[OUTLET_FORM_COUNT] = {"text", "digits", "integer", "decimal", "time", "picture"};

const struct outlet_message *outlet_map_message(const struct outlet_map *map, const char *name)
{
    for (size_t i = 0; i < map->messages_count; i++)
        if (strcmp(map->messages[i].name, name) == 0)
            return &map->messages[i];
    return NULL;
}

const struct outlet_plan *outlet_map_plan(const struct outlet_map *map, const char *method)
{
    for (size_t i = 0; i < map->plans_count; i++)
        if (strcmp(map->plans[i].method, method) == 0)
            return &map->plans[i];
    return NULL;
}

const struct outlet_call *outlet_map_call(const struct outlet_map *map, const char *name)
{
    for (size_t i = 0; i < map->calls_count; i++)
        if (strcmp(map->calls[i].name, name) == 0)
            return &map->calls[i];
    return NULL;
}

/* Is `word` one of "one|two|three"? */
static bool among_words(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; *at;) {
        size_t size = strcspn(at, "|");
        if (size == length && memcmp(at, word, size) == 0)
            return true;
        at += size + (at[size] == '|');
    }
    return false;
}

const char *outlet_map_code(const struct outlet_map *map, const char *table, const char *word)
{
    const struct code_table *t = codes_table(&map->codes, table);
    for (size_t i = 0; t && i < t->count; i++) {
        const struct code *code = &map->codes.entries[t->first + i];
        if (among_words(code->word, word))
            return code->code;
    }
    return NULL;
}

bool outlet_map_uses(const struct outlet_map *map, const char *key)
{
    for (size_t i = 0; i < map->fields_count; i++)
        for (size_t k = 0; k < map->fields[i].from_count; k++)
            if (strcmp(map->fields[i].from[k], key) == 0)
                return true;
    return false;
}

/* ---- reading ---- */

static int words(struct reader *r, ptrdiff_t section, const char *key, const char *out[], size_t max, size_t *count,
                 struct err *err)
{
    ptrdiff_t node = -1;
    if (conf_get_list(&r->conf, section, key, false, &node, err) != 0)
        return -1;
    if (node < 0)
        return 0;
    if (r->conf.nodes[node].values > max)
        return conf_error(&r->conf, node, err, "more than %zu values", max);
    for (*count = 0; *count < r->conf.nodes[node].values; (*count)++)
        out[*count] = conf_value(&r->conf, node, *count);
    return 0;
}

static int number(struct reader *r, ptrdiff_t section, const char *key, unsigned *out, struct err *err)
{
    int64_t value = 0;
    if (conf_get_integer(&r->conf, section, key, false, 1, 100000, &value, err) != 0)
        return -1;
    *out = (unsigned)value;
    return 0;
}

static int read_form(struct reader *r, ptrdiff_t section, struct outlet_field *f, struct err *err)
{
    const char *form = form_names[OUTLET_TEXT], *digits = NULL;
    if (conf_get_string(&r->conf, section, "form", false, &form, err) != 0 ||
        conf_get_string(&r->conf, section, "digits", false, &digits, err) != 0)
        return -1;
    while (f->form < OUTLET_FORM_COUNT && strcmp(form_names[f->form], form) != 0)
        f->form++;
    if (f->form == OUTLET_FORM_COUNT)
        return conf_error(&r->conf, section, err,
                          "there is no form '%s'; write text, digits, integer, decimal, time or picture", form);
    if ((f->form == OUTLET_TIME) != (f->pattern != NULL))
        return conf_error(&r->conf, section, err, "a time, and nothing else, has a pattern");
    if (!digits)
        return 0;
    char end = '\0';
    unsigned all = 0;
    /* NOLINTNEXTLINE(cert-err34-c): so few digits always fit */
    if (f->form != OUTLET_DECIMAL || sscanf(digits, "%2u.%1u%c", &all, &f->decimals, &end) != 2 || f->decimals >= all)
        return conf_error(&r->conf, section, err, "'%s' are no digits of a decimal; write like \"3.2\"", digits);
    f->whole = all - f->decimals;
    return 0;
}

static int check_field(struct reader *r, ptrdiff_t section, const struct outlet_field *f, struct err *err)
{
    if (!f->name)
        return conf_error(&r->conf, section, err, "a field needs a name: field NAME { … }");
    if ((f->is != NULL) == (f->from_count > 0))
        return conf_error(&r->conf, section, err, "field %s: say either where it is from, or what it is", f->name);
    if (f->unless && (!f->must || !strchr(f->unless, '=')))
        return conf_error(&r->conf, section, err,
                          "field %s: unless = \"FIELD=VALUE\" belongs to a field that must be there", f->name);
    return 0;
}

static int read_field(struct reader *r, ptrdiff_t section, struct err *err)
{
    struct conf *conf = &r->conf;
    struct outlet_map *map = r->map;
    if (map->fields_count == OUTLET_MAP_FIELDS_MAX)
        return conf_error(conf, section, err, "more than %d fields in all", OUTLET_MAP_FIELDS_MAX);
    struct outlet_field *f = &map->fields[map->fields_count++];
    conf_use(conf, section);
    f->name = conf->nodes[section].value;
    if (words(r, section, "from", f->from, OUTLET_FROM_MAX, &f->from_count, err) != 0 ||
        words(r, section, "values", f->values, OUTLET_VALUES_MAX, &f->values_count, err) != 0 ||
        conf_get_string(conf, section, "is", false, &f->is, err) != 0 ||
        conf_get_string(conf, section, "table", false, &f->table, err) != 0 ||
        conf_get_string(conf, section, "pattern", false, &f->pattern, err) != 0 ||
        conf_get_string(conf, section, "unless", false, &f->unless, err) != 0 ||
        conf_get_bool(conf, section, "must", false, &f->must, err) != 0 ||
        conf_get_bool(conf, section, "number", false, &f->number, err) != 0 ||
        number(r, section, "length", &f->exact, err) != 0 || number(r, section, "max", &f->max, err) != 0 ||
        read_form(r, section, f, err) != 0)
        return -1;
    return check_field(r, section, f, err);
}

static int read_message(struct reader *r, ptrdiff_t section, struct err *err)
{
    struct conf *conf = &r->conf;
    struct outlet_map *map = r->map;
    const char *absent = "stay", *takes = "cases";
    if (map->messages_count == OUTLET_MAP_MESSAGES_MAX)
        return conf_error(conf, section, err, "more than %d messages", OUTLET_MAP_MESSAGES_MAX);
    struct outlet_message m = {.name = conf->nodes[section].value, .first = map->fields_count};
    conf_use(conf, section);
    if (!m.name || outlet_map_message(map, m.name))
        return conf_error(conf, section, err, "a message needs a name of its own: message NAME { … }");
    if (conf_get_string(conf, section, "group", false, &m.group, err) != 0 ||
        conf_get_string(conf, section, "root", false, &m.root, err) != 0 ||
        conf_get_string(conf, section, "path", false, &m.path, err) != 0 ||
        conf_get_string(conf, section, "rows", false, &m.rows, err) != 0 ||
        conf_get_string(conf, section, "ask", false, &m.ask, err) != 0 ||
        conf_get_string(conf, section, "absent", false, &absent, err) != 0 ||
        conf_get_string(conf, section, "takes", false, &takes, err) != 0 ||
        conf_get_string(conf, section, "read-back", false, &m.read_back, err) != 0 ||
        conf_get_string(conf, section, "proof", false, &m.proof, err) != 0 ||
        conf_get_bool(conf, section, "ask-first", false, &m.ask_first, err) != 0 ||
        words(r, section, "match", m.match, OUTLET_MATCH_MAX, &m.match_count, err) != 0)
        return -1;
    m.absent_resends = strcmp(absent, "send") == 0;
    if (!m.absent_resends && strcmp(absent, "stay") != 0)
        return conf_error(conf, section, err, "absent is send or stay, not '%s'", absent);
    m.of_decisions = strcmp(takes, "decisions") == 0;
    if (!m.of_decisions && strcmp(takes, "cases") != 0)
        return conf_error(conf, section, err, "takes is cases or decisions, not '%s'", takes);
    for (ptrdiff_t at = CONF_FIRST; (at = conf_next(conf, section, at, CONF_SECTION, "field")) >= 0;)
        if (read_field(r, at, err) != 0)
            return -1;
    m.count = map->fields_count - m.first;
    map->messages[map->messages_count++] = m;
    return 0;
}

static int read_call(struct reader *r, ptrdiff_t section, struct err *err)
{
    struct conf *conf = &r->conf;
    struct outlet_map *map = r->map;
    struct outlet_call c = {.name = conf->nodes[section].value};
    conf_use(conf, section);
    if (map->calls_count == OUTLET_CALLS_MAX)
        return conf_error(conf, section, err, "more than %d calls", OUTLET_CALLS_MAX);
    if (!c.name || outlet_map_call(map, c.name))
        return conf_error(conf, section, err, "a call needs a name of its own: call NAME { … }");
    if (conf_get_string(conf, section, "namespace", true, &c.space, err) != 0 ||
        conf_get_string(conf, section, "write", true, &c.write, err) != 0 ||
        conf_get_string(conf, section, "query", true, &c.query, err) != 0 ||
        words(r, section, "parameters", c.parameters, OUTLET_PARAMETERS_MAX, &c.count, err) != 0)
        return -1;
    if (c.count == 0)
        return conf_error(conf, section, err, "a call without parameters carries nothing");
    map->calls[map->calls_count++] = c;
    return 0;
}

static int read_plan(struct reader *r, ptrdiff_t section, struct err *err)
{
    struct outlet_map *map = r->map;
    if (map->plans_count == OUTLET_MAP_PLANS_MAX)
        return conf_error(&r->conf, section, err, "more than %d plans", OUTLET_MAP_PLANS_MAX);
    struct outlet_plan *p = &map->plans[map->plans_count];
    p->method = r->conf.nodes[section].value;
    conf_use(&r->conf, section);
    if (!p->method || outlet_map_plan(map, p->method))
        return conf_error(&r->conf, section, err, "a plan needs a method of its own: plan METHOD { … }");
    map->plans_count++;
    if (words(r, section, "messages", p->messages, OUTLET_PLAN_MAX, &p->count, err) != 0)
        return -1;
    for (size_t i = 0; i < p->count; i++)
        if (!outlet_map_message(map, p->messages[i]))
            return conf_error(&r->conf, section, err, "there is no message '%s'", p->messages[i]);
    return 0;
}

/* What one message says of another must be there. */
static int check_names(const struct reader *r, struct err *err)
{
    const struct outlet_map *map = r->map;
    for (size_t i = 0; i < map->messages_count; i++) {
        const struct outlet_message *m = &map->messages[i];
        const char *const others[] = {m->ask, m->read_back};
        for (size_t k = 0; k < 2; k++)
            if (others[k] && !outlet_map_message(map, others[k]))
                return err_set(err, ERR_INVALID, "%s: message %s names '%s', which is not there", r->conf.file, m->name,
                               others[k]);
    }
    for (size_t i = 0; i < map->fields_count; i++)
        if (map->fields[i].table && !codes_table(&map->codes, map->fields[i].table))
            return err_set(err, ERR_INVALID, "%s: field %s: there is no table '%s'", r->conf.file, map->fields[i].name,
                           map->fields[i].table);
    return 0;
}

static int read_all(struct reader *r, struct err *err)
{
    struct conf *conf = &r->conf;
    const char *text;
    ptrdiff_t head = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "map");
    if (head < 0)
        return err_set(err, ERR_INVALID, "%s:1: there is no 'map { … }' section", conf->file);
    conf_use(conf, head);
    if (conf_get_string(conf, head, "title", true, &text, err) != 0 ||
        conf_get_string(conf, head, "source", true, &text, err) != 0 ||
        conf_get_string(conf, head, "status", true, &text, err) != 0)
        return -1;
    for (ptrdiff_t at = CONF_FIRST; (at = conf_next(conf, CONF_TOP, at, CONF_SECTION, "message")) >= 0;)
        if (read_message(r, at, err) != 0)
            return -1;
    for (ptrdiff_t at = CONF_FIRST; (at = conf_next(conf, CONF_TOP, at, CONF_SECTION, "call")) >= 0;)
        if (read_call(r, at, err) != 0)
            return -1;
    for (ptrdiff_t at = CONF_FIRST; (at = conf_next(conf, CONF_TOP, at, CONF_SECTION, "plan")) >= 0;)
        if (read_plan(r, at, err) != 0)
            return -1;
    if (codes_load(&r->map->codes, conf, err) != 0) /* which complains of all that nobody has asked for */
        return -1;
    return check_names(r, err);
}

int outlet_map_open(struct outlet_map **out, const char *folder, const char *name, struct err *err)
{
    char path[PATH_MAX_BYTES];
    size_t length = 0;
    struct reader r = {.map = calloc(1, sizeof *r.map)};
    struct conf_node *nodes = malloc(NODES_MAX * sizeof *nodes);
    int result = -1;
    *out = NULL;
    snprintf(path, sizeof path, "%s/%s.conf", folder, name);
    if (!r.map || !nodes)
        err_set(err, ERR_FAILED, "out of memory");
    else if (file_read(path, FILE_MAX, &r.map->text, &length, err) == 0 &&
             conf_parse(&r.conf, path, r.map->text, length, nodes, NODES_MAX, err) == 0)
        result = read_all(&r, err);
    free(nodes);
    if (result != 0) {
        outlet_map_close(r.map);
        return -1;
    }
    *out = r.map;
    return 0;
}

void outlet_map_close(struct outlet_map *map)
{
    if (!map)
        return;
    free(map->text);
    free(map);
}
