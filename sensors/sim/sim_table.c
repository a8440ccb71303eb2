#include "sensors/sim/sim_table.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORD_MAX = 48,
    LOOK_MS = 20,
    LOOK_BACK_MS = 20000,
    ZERO_MS = 4000,
    LEAK_MS = 6000,
    BLOW_MS = 3000,
    TABLE_VALUES = 500,
    GAP_MS = 100
};

static_assert(sizeof(struct table_state) <= SIM_STATE_MAX, "a table's state fits");

struct table_state *table_state(struct sim_instrument *instrument)
{
    return (struct table_state *)(void *)instrument->state.bytes;
}

const struct table_state *table_look(const struct sim_instrument *instrument)
{
    return (const struct table_state *)(const void *)instrument->state.bytes;
}

static const struct sim_table *table_of(const struct sim_instrument *instrument)
{
    return (const struct sim_table *)(const void *)instrument->protocol;
}

void table_init(struct sim_instrument *instrument)
{
    *table_state(instrument) =
        (struct table_state){.zero_ms = ZERO_MS, .leak_ms = LEAK_MS, .looked_ms = -1, .serial = "S0012345"};
}

int table_set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    (void)t_ms;
    static const char *const yes_no[] = {"no", "yes"};
    struct table_state *s = table_state(instrument);
    int number;
    if (strcmp(key, "zero-ms") == 0)
        return sim_integer(key, value, 0, 600000, &s->zero_ms, err);
    if (strcmp(key, "leak-ms") == 0)
        return sim_integer(key, value, 0, 600000, &s->leak_ms, err);
    if (strcmp(key, "leaks") == 0) {
        if (sim_word(key, value, yes_no, 2, &number, err) != 0)
            return -1;
        s->leaks = number == 1;
        return 0;
    }
    if (strcmp(key, "serial") == 0) {
        if (strlen(value) >= sizeof s->serial)
            return err_set(err, ERR_INVALID, "serial: at most %zu characters", sizeof s->serial - 1);
        memcpy(s->serial, value, strlen(value) + 1);
        return 0;
    }
    if (strcmp(key, "bits") == 0) {
        char *end;
        unsigned long bits = strtoul(value, &end, 16);
        if (end == value || *end || bits > 0xFFFF)
            return err_set(err, ERR_INVALID, "bits: up to four hex digits, not '%s'", value);
        s->bits = (unsigned)bits;
        return 0;
    }
    return table_of(instrument)->set ? table_of(instrument)->set(instrument, key, value, err)
                                     : sim_unknown(instrument, key, err);
}

/* ---- what it is up to ---- */

enum sim_health table_health(const struct sim_instrument *instrument)
{
    switch (table_look(instrument)->doing) {
    case DOING_ZERO: return HEALTH_ZEROING;
    case DOING_LEAK_TEST:
    case DOING_BLOW_BACK: return HEALTH_BUSY;
    case DOING_NOTHING: break;
    }
    return table_look(instrument)->off ? HEALTH_STANDBY : instrument->health;
}

unsigned table_flags(const struct sim_instrument *instrument, const struct table_flag *flags)
{
    for (; flags->bits; flags++)
        if (flags->health == table_health(instrument))
            return flags->bits;
    return 0;
}

int64_t table_warm_up_s(const struct sim_instrument *instrument, int64_t t_ms)
{
    if (instrument->health != HEALTH_WARMING)
        return 0;
    return instrument->health_until_ms > t_ms ? (instrument->health_until_ms - t_ms) / 1000 : 300;
}

static void begin(struct sim_instrument *instrument, enum table_doing doing, int64_t until_ms)
{
    table_state(instrument)->doing = doing;
    table_state(instrument)->done_ms = until_ms;
}

/* What ran has ended. */
static void finish(struct sim_instrument *instrument)
{
    struct table_state *s = table_state(instrument);
    if (s->doing == DOING_ZERO && instrument->health == HEALTH_ZERO_NEEDED)
        instrument->health = HEALTH_OK;
    if (s->doing == DOING_LEAK_TEST && (s->leaks || instrument->health == HEALTH_LEAK))
        instrument->health = s->leaks ? HEALTH_LEAK : HEALTH_OK;
    s->tight = s->doing == DOING_LEAK_TEST ? !s->leaks : s->tight;
    s->doing = DOING_NOTHING;
}

static void act(struct sim_instrument *instrument, enum table_act what, int64_t t_ms)
{
    struct table_state *s = table_state(instrument);
    switch (what) {
    case ACT_NONE: break;
    case ACT_ZERO: begin(instrument, DOING_ZERO, t_ms + s->zero_ms); break;
    case ACT_LEAK_TEST: begin(instrument, DOING_LEAK_TEST, t_ms + s->leak_ms); break;
    case ACT_BLOW_BACK: begin(instrument, DOING_BLOW_BACK, t_ms + BLOW_MS); break;
    case ACT_CLEAR_MAXIMUM: s->maximum_k = 0; break;
    case ACT_SKIP_WARM_UP:
        if (instrument->health == HEALTH_WARMING)
            instrument->health = HEALTH_OK;
        break;
    case ACT_EXHAUST:
    case ACT_AIR:
    case ACT_STOP:
        s->off = what == ACT_STOP;
        s->air = what == ACT_AIR;
        if (instrument->health == HEALTH_STANDBY && !s->off)
            instrument->health = HEALTH_OK;
        break;
    }
}

/* ---- what it measures ---- */

/* What it measures with all that is wrong with it; the cheats behind the instrument come on top. */
static double measured(const struct sim_instrument *instrument, enum quantity quantity, int64_t t_ms)
{
    const struct table_state *s = table_look(instrument);
    enum sim_health health = instrument->health;
    double air = 0;
    if (s->doing != DOING_NOTHING || s->air || s->off || health == HEALTH_ZEROING || health == HEALTH_STANDBY)
        air = 1;
    else if (health == HEALTH_LOW_FLOW || health == HEALTH_LEAK)
        air = 0.5;
    else if (health == HEALTH_WARMING)
        air = -0.2; /* drift */
    double value = sim_source(instrument, quantity, t_ms);
    return air == 0 ? value : engine_thinned(quantity, value, air);
}

double table_value(const struct sim_instrument *instrument, enum quantity quantity, int64_t t_ms)
{
    if (quantity == QUANTITY_OPACITY)
        return table_opacity(instrument, 0.430, t_ms);
    return cheat_reading(&instrument->cheat, quantity, measured(instrument, quantity, t_ms));
}

double table_opacity(const struct sim_instrument *instrument, double path_m, int64_t t_ms)
{
    double honest = 100 * (1 - exp(-measured(instrument, QUANTITY_K, t_ms) * path_m));
    return cheat_reading(&instrument->cheat, QUANTITY_OPACITY, honest);
}

double table_maximum_k(const struct sim_instrument *instrument)
{
    return table_look(instrument)->maximum_k;
}

static void pass_time(struct sim_instrument *instrument, int64_t t_ms)
{
    struct table_state *s = table_state(instrument);
    if (s->doing != DOING_NOTHING && t_ms >= s->done_ms)
        finish(instrument);
    int64_t from = s->looked_ms < 0 ? t_ms : s->looked_ms + LOOK_MS;
    if (from < t_ms - LOOK_BACK_MS)
        from = t_ms - LOOK_BACK_MS;
    for (; from <= t_ms; from += LOOK_MS) {
        s->maximum_k = fmax(s->maximum_k, table_value(instrument, QUANTITY_K, from));
        s->looked_ms = from;
    }
}

/* ---- texts and bytes ---- */

static const char *next_word(const char *text, char word[WORD_MAX])
{
    text += strspn(text, " ");
    size_t length = strcspn(text, " ");
    assert(length < WORD_MAX);
    memcpy(word, text, length);
    word[length] = '\0';
    return length ? text + length : NULL;
}

static bool hex_byte(const char *word, uint8_t *out)
{
    if (!isxdigit((unsigned char)word[0]) || !isxdigit((unsigned char)word[1]) || word[2] || islower(word[0]))
        return false;
    *out = (uint8_t)strtoul(word, NULL, 16);
    return true;
}

struct answer {
    struct sim_instrument *instrument;
    int64_t t_ms;
    size_t length;
    uint8_t bytes[SIM_REPLY_MAX];
};

static void put(struct answer *a, unsigned byte)
{
    assert(a->length < sizeof a->bytes);
    a->bytes[a->length++] = (uint8_t)byte;
}

static void put16(struct answer *a, unsigned value)
{
    bool low_first = table_of(a->instrument)->low_first;
    put(a, low_first ? value : value >> 8);
    put(a, low_first ? value >> 8 : value);
}

static double value_of(const struct answer *a, const char *name)
{
    const struct table_state *s = table_look(a->instrument);
    enum quantity quantity = quantity_by_name(name, strlen(name));
    if (quantity != QUANTITY_COUNT)
        return table_value(a->instrument, quantity, a->t_ms);
    if (strcmp(name, "maximum_k") == 0)
        return s->maximum_k;
    if (strcmp(name, "maximum_opacity") == 0)
        return engine_opacity(s->maximum_k);
    if (strcmp(name, "warm_up_s") == 0)
        return (double)table_warm_up_s(a->instrument, a->t_ms);
    assert(table_of(a->instrument)->number);
    return table_of(a->instrument)->number(a->instrument, name, a->t_ms);
}

static void put_number(struct answer *a, double value, char kind)
{
    long whole = isnan(value) ? 0xFFFF : lround(value);
    char digits[16];
    switch (kind) {
    case 'b': put(a, (unsigned)whole); break;
    case 's': put16(a, whole < 0 ? 0x8000U | (unsigned)-whole : (unsigned)whole); break;
    case 'a':
        snprintf(digits, sizeof digits, "%04ld", whole % 10000);
        for (size_t i = 0; i < 4; i++)
            put(a, (unsigned char)digits[i]);
        break;
    default: put16(a, (unsigned)whole); break;
    }
}

/* name[*F][+N][:b|:a|:s|:t] */
static void put_value(struct answer *a, char *word)
{
    char *kind = strchr(word, ':');
    if (kind)
        *kind++ = '\0';
    char *plus = strchr(word, '+');
    if (plus)
        *plus++ = '\0';
    char *times = strchr(word, '*');
    if (times)
        *times++ = '\0';
    double factor = times ? strtod(times, NULL) : 1;
    double offset = plus ? strtod(plus, NULL) : 0;
    int64_t now_ms = a->t_ms;
    for (int back = kind && *kind == 't' ? TABLE_VALUES - 1 : 0; back >= 0; back--) {
        a->t_ms = now_ms - (int64_t)back * LOOK_MS;
        put_number(a, value_of(a, word) * factor + offset, kind ? *kind : 'w');
    }
}

static uint8_t sum_from(const uint8_t *bytes, size_t from, size_t length)
{
    uint8_t sum = 0;
    for (size_t i = from; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum;
}

static void put_sum(struct answer *a, enum table_sum rule)
{
    unsigned word = 0;
    switch (rule) {
    case SUM_NONE: break;
    case SUM_ZERO: put(a, 0U - sum_from(a->bytes, 0, a->length)); break;
    case SUM_PLAIN: put(a, sum_from(a->bytes, 0, a->length)); break;
    case SUM_COMPLEMENT5: put(a, ~(unsigned)sum_from(a->bytes, 5, a->length)); break;
    case SUM_WORD:
        for (size_t i = 0; i < a->length; i++)
            word += a->bytes[i];
        put(a, word);
        put(a, word >> 8);
        break;
    }
}

static void write_answer(struct answer *a, const char *text, const uint8_t *command)
{
    const struct sim_table *table = table_of(a->instrument);
    char word[WORD_MAX];
    bool bare = *text == '!';
    text += bare;
    while ((text = next_word(text, word))) {
        uint8_t byte;
        if (hex_byte(word, &byte)) {
            put(a, byte);
        } else if (strcmp(word, "cmd") == 0) {
            put(a, command[0]);
        } else if (strcmp(word, "arg") == 0) {
            put(a, command[1]);
        } else if (*word == '=') {
            assert(table->byte);
            put(a, table->byte(a->instrument, word + 1, a->t_ms));
        } else if (*word == '~') {
            put(a, ~(unsigned)sum_from(a->bytes, strtoul(word + 1, NULL, 10), a->length));
            bare = true;
        } else {
            put_value(a, word);
        }
    }
    if (!bare)
        put_sum(a, table->answered);
}

static size_t sum_length(enum table_sum rule)
{
    return rule == SUM_NONE ? 0 : rule == SUM_WORD ? 2 : 1;
}

static bool sum_is_good(enum table_sum rule, const uint8_t *bytes, size_t length)
{
    struct answer a = {.length = length - sum_length(rule)};
    memcpy(a.bytes, bytes, a.length);
    put_sum(&a, rule);
    return memcmp(a.bytes, bytes, length) == 0;
}

static bool fits(const char *request, const uint8_t *bytes, size_t length)
{
    char word[WORD_MAX];
    size_t at = 0;
    for (; (request = next_word(request, word)); at++) {
        uint8_t byte;
        if (at == length || (hex_byte(word, &byte) && byte != bytes[at]))
            return false;
    }
    return at == length;
}

static const struct table_row *find_row(const struct sim_table *table, const uint8_t *bytes, size_t length)
{
    const struct table_row *row = table->rows;
    while (row->request && !fits(row->request, bytes, length))
        row++;
    return row->request ? row : NULL;
}

/* Bytes at the beginning that nobody went on with; 0: none. */
static size_t given_up(struct table_state *s, size_t length, int64_t t_ms)
{
    size_t begun = s->begun;
    bool late = begun > 0 && length > begun && t_ms - s->heard_ms > GAP_MS;
    s->begun = 0;
    return late ? begun : 0;
}

static size_t wait_for_more(struct table_state *s, size_t length, int64_t t_ms)
{
    s->begun = length;
    s->heard_ms = t_ms;
    return 0;
}

size_t table_receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                     int64_t t_ms)
{
    const struct sim_table *table = table_of(instrument);
    size_t stale = given_up(table_state(instrument), length, t_ms);
    if (stale > 0)
        return stale;
    size_t need = table->length(bytes, length);
    if (need == TABLE_NOT)
        return 1;
    if (need == 0 || length < need)
        return wait_for_more(table_state(instrument), length, t_ms);
    if (!sum_is_good(table->asked, bytes, need))
        return 1; /* noise: try one byte on */
    pass_time(instrument, t_ms);
    size_t meant = need - sum_length(table->asked);
    const char *text = table->before ? table->before(instrument, bytes, meant, t_ms) : NULL;
    const struct table_row *row = text ? NULL : find_row(table, bytes, meant);
    if (row)
        act(instrument, row->act, t_ms);
    struct answer a = {.instrument = instrument, .t_ms = t_ms};
    write_answer(&a, text ? text : row ? row->answer : table->refusal, bytes + table->command_at);
    sim_reply(instrument, connection, a.bytes, a.length, t_ms);
    return need;
}
