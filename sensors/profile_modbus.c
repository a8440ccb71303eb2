#include "sensors/profile_load.h"

#include <stdio.h>
#include <string.h>

#include "sensors/profile_text.h"
#include "sensors/sensor.h"

static const char *const type_names[] = {
    [TYPE_U16] = "u16", [TYPE_S16] = "s16", [TYPE_U32] = "u32",   [TYPE_S32] = "s32",
    [TYPE_F32] = "f32", [TYPE_U64] = "u64", [TYPE_TEXT] = "text",
};
static const char *const order_names[] = {"ABCD", "CDAB", "BADC", "DCBA"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int get_u16(struct profile_loader *l, ptrdiff_t section, const char *name, uint16_t *out)
{
    int64_t value = 0;
    if (conf_get_integer(l->conf, section, name, true, 0, UINT16_MAX, &value, l->err) != 0)
        return -1;
    *out = (uint16_t)value;
    return 0;
}

/* ---- registers ---- */

static int load_read(struct profile_loader *l, ptrdiff_t node)
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
static int get_at(struct profile_loader *l, ptrdiff_t node, const char *name, unsigned words, uint16_t *out,
                  uint8_t *block)
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
static int get_absent(struct profile_loader *l, ptrdiff_t node, struct profile_value *value)
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

/* How the bytes of a number are to be read. */
static int get_number(struct profile_loader *l, ptrdiff_t node, struct profile_value *value)
{
    int type = TYPE_U16;
    int order = ORDER_ABCD;
    if (profile_get_word(l, node, "type", true, type_names, COUNT(type_names) - 1, &type) != 0)
        return -1;
    value->type = (enum profile_type)type;
    bool has_order = profile_words(value->type) > 1;
    if (profile_get_word(l, node, "order", has_order, order_names, COUNT(order_names), &order) != 0)
        return -1;
    value->order = (enum profile_order)order;
    if (value->type == TYPE_F32 && value->digits == PROFILE_DIGITS_AS_SENT)
        return FAIL(l, node, "a f32 value needs 'digits', the decimals to keep");
    return get_absent(l, node, value);
}

int profile_modbus_value(struct profile_loader *l, ptrdiff_t node, struct profile_value *value)
{
    if (get_number(l, node, value) != 0)
        return -1;
    return get_at(l, node, "at", profile_words(value->type), &value->at, &value->read);
}

int profile_bytes_value(struct profile_loader *l, ptrdiff_t node, struct profile_value *value)
{
    if (get_number(l, node, value) != 0 || get_u16(l, node, "at", &value->at) != 0)
        return -1;
    if (value->at + 2U * profile_words(value->type) > l->profile->size)
        return FAIL(l, node, "the value ends behind the last byte, %zu", l->profile->size - 1);
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
static int get_bits(struct profile_loader *l, ptrdiff_t node, struct profile_status *status)
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

static int load_status(struct profile_loader *l, ptrdiff_t node)
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

static int load_action(struct profile_loader *l, ptrdiff_t node)
{
    struct profile *p = l->profile;
    struct profile_action *action = &p->actions[p->actions_count];
    const char *name = profile_title(l, node);
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

int profile_modbus_field(struct profile_loader *l, ptrdiff_t node, struct profile_field *field)
{
    enum { TEXT_WORDS_MAX = 64 };
    int type = TYPE_TEXT;
    if (profile_get_word(l, node, "type", true, type_names, COUNT(type_names), &type) != 0)
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
    if (profile_get_word(l, node, "order", words > 1 && field->type != TYPE_TEXT, order_names, COUNT(order_names),
                         &order) != 0)
        return -1;
    field->order = (enum profile_order)order;
    uint8_t only; /* a record profile has one block */
    return get_at(l, node, "at", field->words, &field->at, &only);
}

static int load_record(struct profile_loader *l, ptrdiff_t node)
{
    if (l->profile->reads_count != 1)
        return FAIL(l, node, "a record profile has exactly one 'read' block, so that a record is read in one piece");
    uint8_t only;
    l->profile->record = true;
    return get_at(l, node, "sequence-at", 1, &l->profile->sequence_at, &only);
}

int profile_modbus_reads(struct profile_loader *l)
{
    return profile_each(l, "read", PROFILE_READS_MAX, load_read);
}

int profile_modbus_rest(struct profile_loader *l)
{
    if (profile_each(l, "record", 1, load_record) != 0 ||
        profile_each(l, "status", PROFILE_STATUS_MAX, load_status) != 0)
        return -1;
    return profile_each(l, "action", PROFILE_ACTIONS_MAX, load_action);
}

int profile_ak_rest(struct profile_loader *l)
{
    if (profile_text_ak_identify(l->conf, l->top, l->profile, l->err) != 0 ||
        profile_each(l, "status", PROFILE_STATUS_MAX, load_status) != 0)
        return -1;
    return profile_each(l, "action", PROFILE_ACTIONS_MAX, load_action);
}
