#include "sensors/profile_load.h"

#include <stdio.h>
#include <string.h>

#include "sensors/profile_text.h"

static const char *const field_names[] = {"plate", "colour", "record-id", "site",   "line",
                                          "lane",  "time",   "fuel",      "result", "reason"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int find_word(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}

int profile_get_word(struct profile_loader *l, ptrdiff_t section, const char *name, bool required,
                     const char *const *words, size_t count, int *out)
{
    const char *word = NULL;
    if (conf_get_string(l->conf, section, name, required, &word, l->err) != 0)
        return -1;
    if (!word)
        return 0;
    int found = find_word(words, count, word);
    if (found < 0) {
        char known[ERR_TEXT_MAX / 2] = "";
        for (size_t i = 0, used = 0; i < count; i++)
            used += (size_t)snprintf(known + used, sizeof known - used, " %s", words[i]);
        return FAIL(l, section, "'%s = %s' is not known; use one of%s", name, word, known);
    }
    *out = found;
    return 0;
}

int profile_get_text(struct profile_loader *l, ptrdiff_t section, const char *name, char *out, size_t size)
{
    const char *text = "";
    if (conf_get_string(l->conf, section, name, true, &text, l->err) != 0)
        return -1;
    if (strlen(text) >= size || !*text)
        return FAIL(l, section, "'%s' must have 1 to %zu bytes", name, size - 1);
    snprintf(out, size, "%s", text);
    return 0;
}

int profile_each(struct profile_loader *l, const char *kind, size_t max,
                 int (*load)(struct profile_loader *, ptrdiff_t))
{
    size_t count = 0;
    for (ptrdiff_t node = conf_next(l->conf, l->top, CONF_FIRST, CONF_SECTION, kind); node >= 0;
         node = conf_next(l->conf, l->top, node, CONF_SECTION, kind)) {
        if (count++ == max)
            return FAIL(l, node, "a profile has at most %zu sections '%s'", max, kind);
        conf_use(l->conf, node);
        if (load(l, node) != 0)
            return -1;
    }
    return 0;
}

const char *profile_title(struct profile_loader *l, ptrdiff_t node)
{
    return l->conf->nodes[node].value ? l->conf->nodes[node].value : "";
}

static int get_bound(struct profile_loader *l, ptrdiff_t node, const char *name, bool *has, struct decimal *bound)
{
    const char *given = NULL;
    if (conf_get_string(l->conf, node, name, false, &given, l->err) != 0)
        return -1;
    *has = given != NULL;
    return conf_get_decimal(l->conf, node, name, false, bound, l->err);
}

/* Which column of a CSV line that is. */
static int find_column(struct profile_loader *l, ptrdiff_t node, const char *key, uint16_t *out)
{
    const struct profile *p = l->profile;
    if (p->kind != PROFILE_CSV)
        return 0;
    for (size_t i = 0; i < p->headings_count; i++)
        if (strcmp(p->headings[i], key) == 0) {
            *out = (uint16_t)i;
            return 0;
        }
    return FAIL(l, node, "there is no column '%s' in 'columns'", key);
}

/* Where the value stands in what the instrument says. */
static int load_place(struct profile_loader *l, ptrdiff_t node, struct profile_value *value)
{
    switch (l->profile->kind) {
    case PROFILE_MODBUS: return profile_modbus_value(l, node, value);
    case PROFILE_BYTES: return profile_bytes_value(l, node, value);
    case PROFILE_AK: return profile_text_ak_value(l->conf, node, value, l->err);
    case PROFILE_COLUMNS: return profile_text_column_value(l->conf, node, value, l->err);
    case PROFILE_JSONL:
    case PROFILE_CSV: break;
    }
    if (profile_get_text(l, node, "key", value->key, sizeof value->key) != 0)
        return -1;
    return find_column(l, node, value->key, &value->at);
}

static int load_value(struct profile_loader *l, ptrdiff_t node)
{
    struct profile *p = l->profile;
    struct profile_value *value = &p->values[p->values_count];
    *value = (struct profile_value){.scale = {1, 0}};
    const char *name = profile_title(l, node);
    value->quantity = quantity_by_name(name, strlen(name));
    if (value->quantity == QUANTITY_COUNT)
        return FAIL(l, node, "no such quantity '%s'", name);
    for (size_t i = 0; i < p->values_count; i++)
        if (p->values[i].quantity == value->quantity)
            return FAIL(l, node, "a second value for '%s'; an instrument gives each quantity once", name);
    const char *unit = "";
    int64_t digits = PROFILE_DIGITS_AS_SENT;
    if (conf_get_string(l->conf, node, "unit", true, &unit, l->err) != 0)
        return -1;
    if (strcmp(unit, quantity_unit(value->quantity)) != 0)
        return FAIL(l, node, "the unit of %s is '%s', not '%s'; convert with scale and offset", name,
                    quantity_unit(value->quantity), unit);
    if (conf_get_decimal(l->conf, node, "scale", false, &value->scale, l->err) != 0 ||
        conf_get_decimal(l->conf, node, "offset", false, &value->offset, l->err) != 0 ||
        conf_get_integer(l->conf, node, "digits", false, 0, DECIMAL_DIGITS_MAX, &digits, l->err) != 0 ||
        get_bound(l, node, "min", &value->has_min, &value->min) != 0 ||
        get_bound(l, node, "max", &value->has_max, &value->max) != 0)
        return -1;
    value->digits = (uint8_t)digits;
    if (value->scale.units == 0)
        return FAIL(l, node, "a scale of 0 makes every value 0");
    if (value->has_min && value->has_max && decimal_compare(value->min, value->max) > 0)
        return FAIL(l, node, "min is greater than max");
    if (load_place(l, node, value) != 0)
        return -1;
    p->quantities[p->values_count++] = value->quantity;
    return 0;
}

/* ---- passages ---- */

static int load_codes(struct profile_loader *l, ptrdiff_t node, struct profile_field *field)
{
    ptrdiff_t list = -1;
    if (conf_get_list(l->conf, node, "codes", false, &list, l->err) != 0)
        return -1;
    for (size_t i = 0; list >= 0 && i < l->conf->nodes[list].values; i++) {
        const char *pair = conf_value(l->conf, list, i);
        const char *equals = strchr(pair, '=');
        if (i == PROFILE_CODES_MAX)
            return FAIL(l, list, "a field has at most %d codes", PROFILE_CODES_MAX);
        if (!equals || equals == pair || (size_t)(equals - pair) >= sizeof field->codes[i].code || !equals[1] ||
            strlen(equals + 1) >= sizeof field->codes[i].word)
            return FAIL(l, list, "'%s' is not a code; write \"code=word\", at most 7 and 15 bytes", pair);
        memcpy(field->codes[i].code, pair, (size_t)(equals - pair));
        snprintf(field->codes[i].word, sizeof field->codes[i].word, "%s", equals + 1);
        field->codes_count++;
    }
    return 0;
}

static int load_field(struct profile_loader *l, ptrdiff_t node)
{
    enum { TEXT_WORDS_MAX = 64 };
    struct profile *p = l->profile;
    struct profile_field *field = &p->fields[p->fields_count];
    *field = (struct profile_field){.type = TYPE_TEXT};
    const char *name = profile_title(l, node);
    if (find_word(field_names, COUNT(field_names), name) < 0)
        return FAIL(l, node, "no such passage field '%s'", name);
    for (size_t i = 0; i < p->fields_count; i++)
        if (strcmp(p->fields[i].name, name) == 0)
            return FAIL(l, node, "a second field '%s'", name);
    snprintf(field->name, sizeof field->name, "%s", name);
    p->fields_count++;
    if (load_codes(l, node, field) != 0)
        return -1;
    if (p->kind == PROFILE_MODBUS)
        return profile_modbus_field(l, node, field);
    if (profile_get_text(l, node, "key", field->key, sizeof field->key) != 0)
        return -1;
    return find_column(l, node, field->key, &field->at);
}

/* ---- CSV ---- */

static int load_texts(struct profile_loader *l, const char *name, bool required, size_t max,
                      char (*out)[PROFILE_KEY_MAX], size_t *count)
{
    ptrdiff_t list = -1;
    if (conf_get_list(l->conf, l->top, name, required, &list, l->err) != 0)
        return -1;
    for (size_t i = 0; list >= 0 && i < l->conf->nodes[list].values; i++) {
        const char *text = conf_value(l->conf, list, i);
        if (i == max)
            return FAIL(l, list, "'%s' has at most %zu texts", name, max);
        if (!*text || strlen(text) >= sizeof *out)
            return FAIL(l, list, "each text of '%s' has 1 to %zu bytes", name, sizeof *out - 1);
        for (size_t k = 0; k < i; k++)
            if (strcmp(out[k], text) == 0)
                return FAIL(l, list, "'%s' stands twice in '%s'", text, name);
        snprintf(out[(*count)++], sizeof *out, "%s", text);
    }
    return 0;
}

static int load_csv(struct profile_loader *l)
{
    static const char *const separators[] = {"comma", "semicolon", "tab"};
    static const char *const encodings[] = {"utf-8", "gbk"};
    static const char *const points[] = {"point", "comma"};
    struct profile *p = l->profile;
    int separator = 0;
    int encoding = 0;
    int point = 0;
    if (profile_get_word(l, l->top, "separator", false, separators, COUNT(separators), &separator) != 0 ||
        profile_get_word(l, l->top, "encoding", false, encodings, COUNT(encodings), &encoding) != 0 ||
        profile_get_word(l, l->top, "decimal", false, points, COUNT(points), &point) != 0)
        return -1;
    p->separator = ",;\t"[separator];
    p->gbk = encoding == 1;
    p->decimal_comma = point == 1;
    return load_texts(l, "columns", true, PROFILE_COLUMNS_MAX, p->headings, &p->headings_count) != 0 ||
                   load_texts(l, "no-value", false, PROFILE_NO_VALUE_MAX, p->no_value, &p->no_value_count) != 0
               ? -1
               : 0;
}

/* ---- the whole ---- */

static int load_pace(struct profile_loader *l)
{
    enum { POLL_MIN = 10, HOUR = 3600000 };
    struct profile *p = l->profile;
    bool modbus = p->kind == PROFILE_MODBUS;
    bool asks = modbus || p->kind == PROFILE_AK;
    bool has_stale = (asks || p->kind == PROFILE_COLUMNS) && !p->record;
    if (asks && conf_get_integer(l->conf, l->top, "poll-ms", true, POLL_MIN, HOUR, &p->poll_ms, l->err) != 0)
        return -1;
    if (modbus && conf_get_integer(l->conf, l->top, "power-on-ms", false, 0, HOUR, &p->power_on_ms, l->err) != 0)
        return -1;
    if (conf_get_integer(l->conf, l->top, "stale-ms", has_stale, 0, HOUR, &p->stale_ms, l->err) != 0)
        return -1;
    if (asks && p->stale_ms != 0 && p->stale_ms <= p->poll_ms)
        return FAIL(l, l->top, "stale-ms must be greater than poll-ms, or the values are stale before they come");
    return 0;
}

/* Modbus may leave its kind out, as its blocks show it; so may JSON lines. */
static int find_kind(struct profile_loader *l)
{
    static const char *const names[] = {
        [PROFILE_MODBUS] = "modbus",   [PROFILE_JSONL] = "jsonl", [PROFILE_AK] = "ak",
        [PROFILE_COLUMNS] = "columns", [PROFILE_CSV] = "csv",     [PROFILE_BYTES] = "bytes"};
    bool has_blocks = conf_next(l->conf, l->top, CONF_FIRST, CONF_SECTION, "read") >= 0;
    int kind = has_blocks ? PROFILE_MODBUS : PROFILE_JSONL;
    if (profile_get_word(l, l->top, "kind", false, names, COUNT(names), &kind) != 0)
        return -1;
    l->profile->kind = (enum profile_kind)kind;
    if (has_blocks != (l->profile->kind == PROFILE_MODBUS))
        return FAIL(l, l->top, "a 'read' block belongs to kind = modbus, and to that alone");
    return 0;
}

static int load_size(struct profile_loader *l)
{
    int64_t size = 0;
    if (conf_get_integer(l->conf, l->top, "size", true, 1, PROFILE_BYTES_MAX, &size, l->err) != 0)
        return -1;
    l->profile->size = (size_t)size;
    l->profile->record = true;
    return 0;
}

/* What the values are taken from. */
static int load_input(struct profile_loader *l)
{
    switch (l->profile->kind) {
    case PROFILE_MODBUS: return profile_modbus_reads(l);
    case PROFILE_CSV: return load_csv(l);
    case PROFILE_BYTES: return load_size(l);
    case PROFILE_JSONL:
    case PROFILE_AK:
    case PROFILE_COLUMNS: break;
    }
    return 0;
}

/* What only profiles of one kind have. */
static int load_kind(struct profile_loader *l)
{
    switch (l->profile->kind) {
    case PROFILE_MODBUS:
        if (profile_modbus_rest(l) != 0)
            return -1;
        return l->profile->record ? profile_each(l, "field", PROFILE_FIELDS_MAX, load_field) : 0;
    case PROFILE_JSONL:
    case PROFILE_CSV: return profile_each(l, "field", PROFILE_FIELDS_MAX, load_field);
    case PROFILE_COLUMNS: return profile_text_columns(l->conf, l->top, l->profile, l->err);
    case PROFILE_AK: return profile_ak_rest(l);
    case PROFILE_BYTES: break;
    }
    return 0;
}

int profile_load(struct profile *profile, struct conf *conf, struct err *err)
{
    *profile = (struct profile){0};
    struct profile_loader l = {conf, profile, conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "profile"), err};
    if (l.top < 0)
        return conf_error(conf, CONF_TOP, err, "no section 'profile NAME { … }'");
    ptrdiff_t second = conf_next(conf, CONF_TOP, l.top, CONF_SECTION, "profile");
    if (second >= 0)
        return conf_error(conf, second, err, "a second profile; write one profile per file");
    conf_use(conf, l.top);
    const char *name = profile_title(&l, l.top);
    if (!*name || strlen(name) >= sizeof profile->name)
        return conf_error(conf, l.top, err, "a profile needs a name of 1 to %zu bytes", sizeof profile->name - 1);
    snprintf(profile->name, sizeof profile->name, "%s", name);
    if (find_kind(&l) != 0 || profile_get_text(&l, l.top, "title", profile->title, sizeof profile->title) != 0 ||
        profile_get_text(&l, l.top, "source", profile->source, sizeof profile->source) != 0 || load_input(&l) != 0 ||
        profile_each(&l, "value", PROFILE_VALUES_MAX, load_value) != 0)
        return -1;
    profile->quantities[profile->values_count] = QUANTITY_COUNT;
    if (load_kind(&l) != 0 || load_pace(&l) != 0 || conf_check_all_used(conf, err) != 0)
        return -1;
    if (profile->values_count == 0)
        return conf_error(conf, l.top, err, "the profile maps no value");
    return 0;
}
