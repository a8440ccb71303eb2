/* Profiles: an error that names its line, or a profile whose every value lies where it can be read. */
#include "sensors/profile.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { NODES_MAX = 512, TEXT_MAX = 1 << 15 };

static bool holds(const struct profile *p, size_t read, unsigned at, unsigned words)
{
    const struct profile_read *r = &p->reads[read];
    return read < p->reads_count && at >= r->address && at + words <= (unsigned)r->address + r->count;
}

static void check_profile(const struct profile *p)
{
    static const uint16_t words[PROFILE_BLOCK_WORDS_MAX] = {0x7FFF, 0xFFFF, 0x8000, 0x1234};
    struct decimal out;
    FUZZ_CHECK(p->name[0] && p->values_count > 0 && p->values_count <= PROFILE_VALUES_MAX);
    FUZZ_CHECK(p->quantities[p->values_count] == QUANTITY_COUNT);
    for (size_t i = 0; i < p->values_count; i++) {
        const struct profile_value *v = &p->values[i];
        FUZZ_CHECK(p->quantities[i] == v->quantity && v->quantity < QUANTITY_COUNT);
        if (p->kind == PROFILE_MODBUS)
            FUZZ_CHECK(holds(p, v->read, v->at, profile_words(v->type)));
        else if (p->kind == PROFILE_BYTES)
            FUZZ_CHECK(v->at + 2 * profile_words(v->type) <= p->size);
        else
            FUZZ_CHECK(v->key[0] && (p->kind != PROFILE_CSV || v->at < p->headings_count));
        if (profile_decode_words(v, words, &out))
            FUZZ_CHECK(out.digits <= DECIMAL_DIGITS_MAX);
        if (profile_decode_number(v, (struct decimal){INT64_MAX, 3}, &out))
            FUZZ_CHECK(out.digits <= DECIMAL_DIGITS_MAX);
    }
    for (size_t i = 0; i < p->fields_count && p->kind == PROFILE_MODBUS; i++)
        FUZZ_CHECK(holds(p, 0, p->fields[i].at, p->fields[i].words));
    for (size_t i = 0; i < p->status_count; i++)
        FUZZ_CHECK(holds(p, p->status[i].read, p->status[i].at, 1) && p->status[i].mask != 0);
    if (p->record && p->kind == PROFILE_MODBUS)
        FUZZ_CHECK(p->reads_count == 1 && holds(p, 0, p->sequence_at, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[TEXT_MAX + 1];
    static struct conf_node nodes[NODES_MAX];
    static struct profile profile;
    struct conf conf;
    struct err err = {0};
    if (size > TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    if (conf_parse(&conf, "fuzz", text, size, nodes, NODES_MAX, &err) != 0)
        return 0;
    if (profile_load(&profile, &conf, &err) == 0)
        check_profile(&profile);
    else
        FUZZ_CHECK(strncmp(err.text, "fuzz:", 5) == 0 && !strpbrk(err.text, "\r\n"));
    return 0;
}
