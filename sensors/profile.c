#include "sensors/profile.h"

#include <stdio.h>
#include <string.h>

#include "sensors/profile_text.h"
#include "sensors/sensor.h"

/* What is being read: the file, the profile under construction and where to complain. */
struct loader {
    struct conf *conf;
    struct profile *profile;
    ptrdiff_t top;
    struct err *err;
};

#define FAIL(l, node, ...) conf_error((l)->conf, (node), (l)->err, __VA_ARGS__)

static const char *const type_names[] = {
    [TYPE_U16] = "u16", [TYPE_S16] = "s16", [TYPE_U32] = "u32",   [TYPE_S32] = "s32",
    [TYPE_F32] = "f32", [TYPE_U64] = "u64", [TYPE_TEXT] = "text",
};
static const char *const order_names[] = {"ABCD", "CDAB", "BADC", "DCBA"};
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

/* A word out of a list; absent and not required: *out untouched. */
static int get_word(struct loader *l, ptrdiff_t section, const char *name, bool required, const char *const *words,
                    size_t count, int *out)
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

static int get_text(struct loader *l, ptrdiff_t section, const char *name, char *out, size_t size)
{
    const char *text = "";
    if (conf_get_string(l->conf, section, name, true, &text, l->err) != 0)
        return -1;
    if (strlen(text) >= size || !*text)
        return FAIL(l, section, "'%s' must have 1 to %zu bytes", name, size - 1);
    snprintf(out, size, "%s", text);
    return 0;
}

static int get_u16(struct loader *l, ptrdiff_t section, const char *name, uint16_t *out)
{
    int64_t value = 0;
    if (conf_get_integer(l->conf, section, name, true, 0, UINT16_MAX, &value, l->err) != 0)
        return -1;
    *out = (uint16_t)value;
    return 0;
}

/* Section after section of one kind; `load` reads one. */
static int each(struct loader *l, const char *kind, size_t max, int (*load)(struct loader *, ptrdiff_t))
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

static const char *section_title(struct loader *l, ptrdiff_t node)
{
    return l->conf->nodes[node].value ? l->conf->nodes[node].value : "";
}

/* ---- registers ---- */

static int load_read(struct loader *l, ptrdiff_t node)
{
    struct profile *p = l->profile;
    struct profile_read *read = &p->reads[p->reads_count];
    int64_t function = 0;
    int64_t count = 0;
    if (conf_get_integer(l->conf, node, "function", true, 1, 4, &function, l->err) != 0 ||
        get_u16(l, node, "address", &read->address) != 0 ||
        conf_get_integer(l->conf, node, "count", true, 1, PROFILE_BLOCK_WORDS_MAX, &count, l->err) != 0)
        return -1;
    read->function = (uint8_t)function;
    read->count = (uint16_t)count;
    if (read->address + read->count > UINT16_MAX + 1)
        return FAIL(l, node, "the block ends behind the last register, 65535");
    for (size_t i = 0; i < p->reads_count; i++) {
        const struct profile_read *other = &p->reads[i];
        if (read->function == other->function && read->address < other->address + other->count &&
            other->address < read->address + read->count)
            return FAIL(l, node, "two read blocks overlap; 'at' would not say which is meant");
    }
    p->reads_count++;
    return 0;
}

int profile_block(const struct profile *profile, uint8_t function, uint16_t at, unsigned words)
{
    for (size_t i = 0; i < profile->reads_count; i++) {
        const struct profile_read *read = &profile->reads[i];
        if ((function == 0 || read->function == function) && at >= read->address &&
            at + words <= (unsigned)read->address + read->count)
            return (int)i;
    }
    return -1;
}

/* Where something that takes so many registers stands, inside one block. The functions' tables are apart: an address
 * that is read from two of them needs the function. */
static int get_at(struct loader *l, ptrdiff_t node, const char *name, unsigned words, uint16_t *out, uint8_t *block)
{
    int64_t function = 0;
    if (get_u16(l, node, name, out) != 0 ||
        conf_get_integer(l->conf, node, "function", false, 1, 4, &function, l->err) != 0)
        return -1;
    int found = profile_block(l->profile, (uint8_t)function, *out, words);
    if (found < 0)
        return FAIL(l, node, "registers %u to %u are in no 'read' block", (unsigned)*out, *out + words - 1);
    *block = (uint8_t)found;
    uint8_t first = l->profile->reads[found].function;
    for (uint8_t other = 1; other <= 4 && function == 0; other++)
        if (other != first && profile_block(l->profile, other, *out, words) >= 0)
            return FAIL(l, node, "register %u is read with functions %u and %u; say which with 'function'",
                        (unsigned)*out, (unsigned)first, (unsigned)other);
    return 0;
}

/* The codes for "no value", as the registers hold them; a negative one is its two's complement. */
static int get_absent(struct loader *l, ptrdiff_t node, struct profile_value *value)
{
    unsigned bits = 16 * profile_words(value->type);
    int64_t min = bits == 64 ? INT64_MIN : -((int64_t)1 << (bits - 1));
    int64_t max = bits == 64 ? INT64_MAX : ((int64_t)1 << bits) - 1;
    ptrdiff_t list = -1;
    if (conf_get_list(l->conf, node, "absent", false, &list, l->err) != 0)
        return -1;
    for (size_t i = 0; list >= 0 && i < l->conf->nodes[list].values; i++) {
        int64_t absent = 0;
        if (i == PROFILE_ABSENT_MAX)
            return FAIL(l, list, "a value has at most %d codes for 'absent'", PROFILE_ABSENT_MAX);
        if (conf_value_integer(l->conf, list, i, min, max, &absent, l->err) != 0)
            return -1;
        value->absent[value->absent_count++] =
            bits == 64 ? (uint64_t)absent : (uint64_t)absent & (((uint64_t)1 << bits) - 1);
    }
    return 0;
}

static int load_registers(struct loader *l, ptrdiff_t node, struct profile_value *value)
{
    int type = TYPE_U16;
    int order = ORDER_ABCD;
    if (get_word(l, node, "type", true, type_names, COUNT(type_names) - 1, &type) != 0)
        return -1;
    value->type = (enum profile_type)type;
    bool has_order = profile_words(value->type) > 1;
    if (get_word(l, node, "order", has_order, order_names, COUNT(order_names), &order) != 0)
        return -1;
    value->order = (enum profile_order)order;
    if (value->type == TYPE_F32 && value->digits == PROFILE_DIGITS_AS_SENT)
        return FAIL(l, node, "a f32 value needs 'digits', the decimals to keep");
    if (get_at(l, node, "at", profile_words(value->type), &value->at, &value->read) != 0)
        return -1;
    return get_absent(l, node, value);
}

static int get_bound(struct loader *l, ptrdiff_t node, const char *name, bool *has, struct decimal *bound)
{
    const char *given = NULL;
    if (conf_get_string(l->conf, node, name, false, &given, l->err) != 0)
        return -1;
    *has = given != NULL;
    return conf_get_decimal(l->conf, node, name, false, bound, l->err);
}

/* Where the value stands in what the instrument says. */
static int load_place(struct loader *l, ptrdiff_t node, struct profile_value *value)
{
    switch (l->profile->kind) {
    case PROFILE_MODBUS: return load_registers(l, node, value);
    case PROFILE_JSONL: return get_text(l, node, "key", value->key, sizeof value->key);
    case PROFILE_AK: return profile_text_ak_value(l->conf, node, value, l->err);
    case PROFILE_COLUMNS: break;
    }
    return profile_text_column_value(l->conf, node, value, l->err);
}

static int load_value(struct loader *l, ptrdiff_t node)
{
    struct profile *p = l->profile;
    struct profile_value *value = &p->values[p->values_count];
    *value = (struct profile_value){.scale = {1, 0}};
    const char *name = section_title(l, node);
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

/* "warm-up" and "fault" are the words of the trade; the others are the common instrument states. */
static enum instrument_status status_by_name(const char *name)
{
    if (strcmp(name, "warm-up") == 0)
        return STATUS_WARMING;
    if (strcmp(name, "fault") == 0)
        return STATUS_INTERNAL;
    enum instrument_status status = STATUS_OK;
    while (status < STATUS_COUNT && strcmp(instrument_status_name(status), name) != 0)
        status++;
    return status;
}

/* Which bits, and what they must be. A coil or discrete input is one bit. */
static int get_bits(struct loader *l, ptrdiff_t node, struct profile_status *status)
{
    bool is_bit = l->profile->reads[status->read].function <= 2;
    const char *mask_given = NULL;
    const char *equals_given = NULL;
    int64_t bit = 0;
    int64_t mask = 0;
    int64_t equals = 0;
    if (conf_get_string(l->conf, node, "mask", false, &mask_given, l->err) != 0 ||
        conf_get_string(l->conf, node, "equals", false, &equals_given, l->err) != 0)
        return -1;
    if (mask_given ? conf_get_integer(l->conf, node, "mask", true, 1, UINT16_MAX, &mask, l->err) != 0
                   : conf_get_integer(l->conf, node, "bit", !is_bit, 0, is_bit ? 0 : 15, &bit, l->err) != 0)
        return -1;
    status->mask = (uint16_t)(mask_given ? mask : (int64_t)1 << bit);
    if (conf_get_integer(l->conf, node, "equals", false, 0, UINT16_MAX, &equals, l->err) != 0)
        return -1;
    status->has_equals = equals_given != NULL;
    status->equals = (uint16_t)equals;
    if (equals & ~(int64_t)status->mask)
        return FAIL(l, node, "'equals' has bits outside the mask 0x%X, so it would never be met", status->mask);
    return 0;
}

static int load_status(struct loader *l, ptrdiff_t node)
{
    struct profile *p = l->profile;
    struct profile_status *status = &p->status[p->status_count++];
    const char *means = "";
    bool is_ak = p->kind == PROFILE_AK;
    if (is_ak ? profile_text_ak_status(l->conf, node, status, l->err) != 0
              : get_at(l, node, "at", 1, &status->at, &status->read) != 0 || get_bits(l, node, status) != 0)
        return -1;
    if (conf_get_string(l->conf, node, "means", true, &means, l->err) != 0)
        return -1;
    status->means = status_by_name(means);
    if (status->means == STATUS_COUNT || (status->means == STATUS_OK && !is_ak))
        return FAIL(l, node,
                    "'means = %s' is not known; use warm-up, fault, zeroing, busy, low_flow, leak, zero_needed …",
                    means);
    return 0;
}

static int load_action(struct loader *l, ptrdiff_t node)
{
    struct profile *p = l->profile;
    struct profile_action *action = &p->actions[p->actions_count];
    const char *name = section_title(l, node);
    if (sensor_command_by_name(name) == COMMAND_COUNT)
        return FAIL(l, node, "no such action '%s'; use zero, span, leak-test, pump-on, remote, measure, standby …",
                    name);
    for (size_t i = 0; i < p->actions_count; i++)
        if (strcmp(p->actions[i].name, name) == 0)
            return FAIL(l, node, "a second action '%s'", name);
    snprintf(action->name, sizeof action->name, "%s", name);
    p->actions_count++;
    if (p->kind == PROFILE_AK)
        return profile_text_ak_action(l->conf, node, action, l->err);
    int64_t function = 0;
    if (conf_get_integer(l->conf, node, "function", true, 5, 16, &function, l->err) != 0 ||
        get_u16(l, node, "address", &action->address) != 0 || get_u16(l, node, "value", &action->value) != 0)
        return -1;
    if (function != 5 && function != 6 && function != 16)
        return FAIL(l, node, "an action writes with function 5, 6 or 16");
    action->function = (uint8_t)function;
    return 0;
}

/* ---- passages ---- */

static int load_codes(struct loader *l, ptrdiff_t node, struct profile_field *field)
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

static int load_field(struct loader *l, ptrdiff_t node)
{
    enum { TEXT_WORDS_MAX = 64 };
    struct profile *p = l->profile;
    struct profile_field *field = &p->fields[p->fields_count];
    *field = (struct profile_field){.type = TYPE_TEXT};
    const char *name = section_title(l, node);
    if (find_word(field_names, COUNT(field_names), name) < 0)
        return FAIL(l, node, "no such passage field '%s'", name);
    for (size_t i = 0; i < p->fields_count; i++)
        if (strcmp(p->fields[i].name, name) == 0)
            return FAIL(l, node, "a second field '%s'", name);
    snprintf(field->name, sizeof field->name, "%s", name);
    p->fields_count++;
    if (load_codes(l, node, field) != 0)
        return -1;
    if (p->kind == PROFILE_JSONL)
        return get_text(l, node, "key", field->key, sizeof field->key);
    int type = TYPE_TEXT;
    if (get_word(l, node, "type", true, type_names, COUNT(type_names), &type) != 0)
        return -1;
    field->type = (enum profile_type)type;
    if (field->type == TYPE_F32)
        return FAIL(l, node, "a passage field is text or a whole number");
    int64_t words = profile_words(field->type);
    if (field->type == TYPE_TEXT &&
        conf_get_integer(l->conf, node, "words", true, 1, TEXT_WORDS_MAX, &words, l->err) != 0)
        return -1;
    field->words = (uint16_t)words;
    int order = ORDER_ABCD;
    if (get_word(l, node, "order", words > 1 && field->type != TYPE_TEXT, order_names, COUNT(order_names), &order) != 0)
        return -1;
    field->order = (enum profile_order)order;
    uint8_t only; /* a record profile has one block */
    return get_at(l, node, "at", field->words, &field->at, &only);
}

static int load_record(struct loader *l, ptrdiff_t node)
{
    if (l->profile->reads_count != 1)
        return FAIL(l, node, "a record profile has exactly one 'read' block, so that a record is read in one piece");
    uint8_t only;
    l->profile->record = true;
    return get_at(l, node, "sequence-at", 1, &l->profile->sequence_at, &only);
}

/* ---- the whole ---- */

static int load_pace(struct loader *l)
{
    enum { POLL_MIN = 10, HOUR = 3600000 };
    struct profile *p = l->profile;
    bool modbus = p->kind == PROFILE_MODBUS;
    bool asks = modbus || p->kind == PROFILE_AK;
    bool has_stale = p->kind != PROFILE_JSONL && !p->record;
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
static int find_kind(struct loader *l)
{
    static const char *const names[] = {
        [PROFILE_MODBUS] = "modbus", [PROFILE_JSONL] = "jsonl", [PROFILE_AK] = "ak", [PROFILE_COLUMNS] = "columns"};
    bool has_blocks = conf_next(l->conf, l->top, CONF_FIRST, CONF_SECTION, "read") >= 0;
    int kind = has_blocks ? PROFILE_MODBUS : PROFILE_JSONL;
    if (get_word(l, l->top, "kind", false, names, COUNT(names), &kind) != 0)
        return -1;
    l->profile->kind = (enum profile_kind)kind;
    if (has_blocks != (l->profile->kind == PROFILE_MODBUS))
        return FAIL(l, l->top, "a 'read' block belongs to kind = modbus, and to that alone");
    return 0;
}

static int load_modbus(struct loader *l)
{
    struct profile *p = l->profile;
    if (each(l, "record", 1, load_record) != 0 || each(l, "status", PROFILE_STATUS_MAX, load_status) != 0 ||
        each(l, "action", PROFILE_ACTIONS_MAX, load_action) != 0)
        return -1;
    if (p->record)
        return each(l, "field", PROFILE_FIELDS_MAX, load_field);
    return 0;
}

/* What only profiles of one kind have. */
static int load_kind(struct loader *l)
{
    switch (l->profile->kind) {
    case PROFILE_MODBUS: return load_modbus(l);
    case PROFILE_JSONL: return each(l, "field", PROFILE_FIELDS_MAX, load_field);
    case PROFILE_COLUMNS: return profile_text_columns(l->conf, l->top, l->profile, l->err);
    case PROFILE_AK: break;
    }
    return profile_text_ak_identify(l->conf, l->top, l->profile, l->err) != 0 ||
                   each(l, "status", PROFILE_STATUS_MAX, load_status) != 0 ||
                   each(l, "action", PROFILE_ACTIONS_MAX, load_action) != 0
               ? -1
               : 0;
}

int profile_load(struct profile *profile, struct conf *conf, struct err *err)
{
    *profile = (struct profile){0};
    struct loader l = {conf, profile, conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "profile"), err};
    if (l.top < 0)
        return conf_error(conf, CONF_TOP, err, "no section 'profile NAME { … }'");
    ptrdiff_t second = conf_next(conf, CONF_TOP, l.top, CONF_SECTION, "profile");
    if (second >= 0)
        return conf_error(conf, second, err, "a second profile; write one profile per file");
    conf_use(conf, l.top);
    const char *name = section_title(&l, l.top);
    if (!*name || strlen(name) >= sizeof profile->name)
        return conf_error(conf, l.top, err, "a profile needs a name of 1 to %zu bytes", sizeof profile->name - 1);
    snprintf(profile->name, sizeof profile->name, "%s", name);
    if (find_kind(&l) != 0 || get_text(&l, l.top, "title", profile->title, sizeof profile->title) != 0 ||
        get_text(&l, l.top, "source", profile->source, sizeof profile->source) != 0 ||
        each(&l, "read", PROFILE_READS_MAX, load_read) != 0 || each(&l, "value", PROFILE_VALUES_MAX, load_value) != 0)
        return -1;
    profile->quantities[profile->values_count] = QUANTITY_COUNT;
    if (load_kind(&l) != 0 || load_pace(&l) != 0 || conf_check_all_used(conf, err) != 0)
        return -1;
    if (profile->values_count == 0)
        return conf_error(conf, l.top, err, "the profile maps no value");
    return 0;
}
