#include "sensors/drivers/bytemodel_read.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "station/core/opacity.h"

enum { K_DIGITS = 6 }; /* of a computed k, as everywhere in the station: rounded once, when it is judged */

/* ---- the option: words between spaces ---- */

struct word {
    const char *text;
    size_t length;
};

static bool next_word(const char **at, struct word *word)
{
    const char *text = *at + strspn(*at, " ");
    *word = (struct word){text, strcspn(text, " ")};
    *at = text + word->length;
    return word->length > 0;
}

static bool is_word(struct word word, const char *text)
{
    return strlen(text) == word.length && memcmp(text, word.text, word.length) == 0;
}

/* The digits in "co=3"; -1: it is not of that form or not of that quantity. */
static int word_digits(struct word word, enum quantity quantity)
{
    const char *name = quantity_name(quantity);
    size_t length = strlen(name);
    if (word.length != length + 2 || memcmp(word.text, name, length) != 0 || word.text[length] != '=')
        return -1;
    char digit = word.text[length + 1];
    return digit >= '0' && digit <= '4' ? digit - '0' : -1;
}

static bool is_field(const struct bytemodel_poll *poll, size_t field)
{
    return field < BYTEMODEL_FIELDS_MAX && poll->fields[field].max > 0;
}

bool bytemodel_is_poll(const struct bytemodel *m, size_t poll)
{
    return poll < BYTEMODEL_POLLS_MAX && m->polls[poll].exchange.request_length > 0;
}

const struct bytemodel *bytemodel_row(const struct bytemodel *first, const char *option)
{
    struct word word;
    while (next_word(&option, &word))
        for (const struct bytemodel *m = first; m; m = m->next_dialect)
            if (m->dialect && is_word(word, m->dialect))
                return m;
    return first;
}

int bytemodel_digits(const struct bytemodel_field *field, const char *option)
{
    int digits = field->by_option ? -1 : field->digits;
    struct word word;
    while ((field->tunable || field->by_option) && next_word(&option, &word)) {
        int said = word_digits(word, field->quantity);
        if (said >= 0)
            digits = said;
    }
    return digits;
}

bool bytemodel_lacks_digits(const struct bytemodel *m, const char *option, char need[BYTEMODEL_TEXT_ROOM])
{
    const struct bytemodel_poll *values = &m->polls[0];
    size_t used = 0;
    need[0] = '\0';
    for (size_t i = 0; is_field(values, i); i++) {
        if (bytemodel_digits(&values->fields[i], option) >= 0)
            return false;
        if (values->fields[i].by_option && used < BYTEMODEL_TEXT_ROOM)
            used += (size_t)snprintf(need + used, BYTEMODEL_TEXT_ROOM - used, "%s%s=N", used > 0 ? " " : "",
                                     quantity_name(values->fields[i].quantity));
    }
    return true;
}

/* What may stand in the option, for a complaint. */
static void list_words(const struct bytemodel *first, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (const struct bytemodel *m = first; m && m->dialect && used < size; m = m->next_dialect)
        used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", m->dialect);
    for (size_t i = 0; is_field(&first->polls[0], i) && used < size; i++) {
        const struct bytemodel_field *field = &first->polls[0].fields[i];
        if (field->tunable || field->by_option)
            used += (size_t)snprintf(out + used, size - used, "%s%s=0…4", used > 0 ? ", " : "",
                                     quantity_name(field->quantity));
    }
}

static bool knows_word(const struct bytemodel *first, struct word word)
{
    for (const struct bytemodel *m = first; m; m = m->next_dialect)
        if (m->dialect && is_word(word, m->dialect))
            return true;
    for (size_t i = 0; is_field(&first->polls[0], i); i++) {
        const struct bytemodel_field *field = &first->polls[0].fields[i];
        if ((field->tunable || field->by_option) && word_digits(word, field->quantity) >= 0)
            return true;
    }
    return false;
}

int bytemodel_check(const struct sensor_config *config, const struct bytemodel *first, struct err *err)
{
    enum { POLL_MIN_MS = 20, POLL_MAX_MS = 10000 };
    const char *option = config->option;
    struct word word;
    assert(first);
    if (config->profile)
        return err_set(err, ERR_INVALID, "this driver takes no 'profile'; take the line out");
    while (next_word(&option, &word)) {
        if (knows_word(first, word))
            continue;
        char words[BYTEMODEL_TEXT_ROOM];
        list_words(first, words, sizeof words);
        return err_set(err, ERR_INVALID, "this driver knows no option '%.*s'; %s%s", (int)word.length, word.text,
                       words[0] ? "there are: " : "take the line out", words);
    }
    if (config->poll_ms != 0 && (config->poll_ms < POLL_MIN_MS || config->poll_ms > POLL_MAX_MS))
        return err_set(err, ERR_INVALID, "the poll pace must be %d to %d ms", POLL_MIN_MS, POLL_MAX_MS);
    return 0;
}

/* ---- states ---- */

static const struct bytemodel_state *state_at(const struct bytemodel_poll *poll, size_t state)
{
    return state < BYTEMODEL_STATES_MAX && poll->states[state].mask ? &poll->states[state] : NULL;
}

struct bytemodel_told bytemodel_listen(const struct bytemodel_poll *poll, const uint8_t *bytes)
{
    enum { CODE = 0xFF };
    struct bytemodel_told told = {.known = true, .state = -1};
    const struct bytemodel_state *state;
    for (size_t i = 0; told.state < 0 && (state = state_at(poll, i)) != NULL; i++)
        if ((bytes[state->at] & state->mask) == state->value)
            told.state = (int8_t)i;
    const struct bytemodel_state *first = state_at(poll, 0);
    if (first && first->mask == CODE) {
        told.code = bytes[first->at];
        told.stranger = told.state < 0;
    }
    if (poll->alarms_at)
        told.alarms = (uint16_t)(bytes[poll->alarms_at] << 8 | bytes[poll->alarms_at + 1]);
    return told;
}

static enum instrument_status poll_status(const struct bytemodel_poll *poll, const struct bytemodel_told *told,
                                          char detail[BYTEMODEL_TEXT_ROOM])
{
    const struct bytemodel_state *state = told->state >= 0 ? &poll->states[told->state] : NULL;
    if (told->stranger) {
        snprintf(detail, BYTEMODEL_TEXT_ROOM, "unknown state %02x", (unsigned)told->code);
        return STATUS_INTERNAL;
    }
    if (told->alarms != 0) {
        snprintf(detail, BYTEMODEL_TEXT_ROOM, "alarm bits %04x", (unsigned)told->alarms);
        return STATUS_INTERNAL;
    }
    snprintf(detail, BYTEMODEL_TEXT_ROOM, "%s", state ? state->text : "");
    return state ? state->status : STATUS_OK;
}

enum instrument_status bytemodel_status(const struct bytemodel *m, const struct bytemodel_told *told,
                                        char detail[BYTEMODEL_TEXT_ROOM])
{
    for (size_t i = 1; bytemodel_is_poll(m, i); i++) {
        enum instrument_status status = poll_status(&m->polls[i], &told[i], detail);
        if (told[i].known && status != STATUS_OK)
            return status;
    }
    detail[0] = '\0';
    return told[0].known ? poll_status(&m->polls[0], &told[0], detail) : STATUS_OK;
}

/* ---- numbers ---- */

/* Other digits than the row's move the range with them. */
static bool is_in_range(const struct bytemodel_field *field, int32_t raw, int digits)
{
    struct decimal value = {raw, (uint8_t)digits};
    return decimal_compare(value, (struct decimal){field->min, field->digits}) >= 0 &&
           decimal_compare(value, (struct decimal){field->max, field->digits}) <= 0;
}

static void derive_k(const struct bytemodel *m, struct decimal path_m, struct sample *sample)
{
    const struct reading *n = sample_find(sample, QUANTITY_OPACITY);
    struct decimal k;
    if (m->derives_k && n && opacity_to_k(n->value, path_m, K_DIGITS, &k))
        sample_add(sample, QUANTITY_K, n->quality, k);
}

void bytemodel_numbers(const struct bytemodel *m, const struct bytemodel_poll *poll, const struct sensor_config *config,
                       const uint8_t *bytes, uint8_t channels, enum quality best, struct sample *sample)
{
    for (size_t i = 0; is_field(poll, i); i++) {
        const struct bytemodel_field *field = &poll->fields[i];
        int digits = bytemodel_digits(field, config->option);
        int32_t raw;
        if (digits < 0 || (field->fitted && !(channels & field->fitted)) ||
            !bytecodec_number(field->kind, bytes + field->at, &raw) || (field->has_absent && raw == field->absent))
            continue;
        bool far = best == QUALITY_OK && !is_in_range(field, raw, digits);
        sample_add(sample, field->quantity, far ? QUALITY_OUT_OF_RANGE : best,
                   (struct decimal){raw + field->offset, (uint8_t)digits});
    }
    struct decimal path_m = bytemodel_path_m(m, config);
    derive_k(m, path_m, sample);
    sensor_check_opacity(sample, path_m);
}

/* ---- which piece it is ---- */

struct decimal bytemodel_path_m(const struct bytemodel *m, const struct sensor_config *config)
{
    return config->path_m.units > 0 ? config->path_m : m->path_m;
}

void bytemodel_name(const struct bytemodel *m, const struct sensor_config *config, struct sensor_identity *identity)
{
    char path[DECIMAL_TEXT_MAX];
    decimal_format(bytemodel_path_m(m, config), path);
    snprintf(identity->model, sizeof identity->model, m->derives_k ? "%s, k computed from N over %s m" : "%s", m->name,
             path);
}

static bool is_printable(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < ' ' || bytes[i] > '~')
            return false;
    return length > 0;
}

void bytemodel_tell(const struct bytemodel_tell *tell, const uint8_t *bytes, size_t length,
                    struct sensor_identity *identity)
{
    char *out = tell->is_serial ? identity->serial : identity->firmware;
    int32_t raw;
    if (length < (size_t)tell->at + (tell->is_number ? 2U : 1U) + tell->tail)
        return;
    const uint8_t *told = bytes + tell->at;
    size_t size = length - tell->at - tell->tail;
    if (tell->is_number) {
        char text[DECIMAL_TEXT_MAX];
        bytecodec_number(BYTECODEC_U16, told, &raw);
        decimal_format((struct decimal){raw, tell->digits}, text);
        snprintf(out, SENSOR_TEXT_MAX, "%s", text);
    } else if (is_printable(told, size)) {
        snprintf(out, SENSOR_TEXT_MAX, "%.*s", (int)size, (const char *)told);
    } else {
        for (size_t i = 0; i < size && 2 * i + 2 < SENSOR_TEXT_MAX; i++)
            snprintf(out + 2 * i, SENSOR_TEXT_MAX - 2 * i, "%02x", (unsigned)told[i]);
    }
}
