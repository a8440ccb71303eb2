#include "station/core/join.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const enum quantity join_quantities[JOIN_QUANTITIES] = {
    QUANTITY_SPEED,    QUANTITY_ACCELERATION, QUANTITY_SLOPE,    QUANTITY_AIR_TEMP, QUANTITY_HUMIDITY,
    QUANTITY_PRESSURE, QUANTITY_WIND_SPEED,   QUANTITY_WIND_DIR, QUANTITY_RAIN,
};

/* Its place among the quantities, or -1. */
static int place_of(enum quantity quantity)
{
    for (int i = 0; i < JOIN_QUANTITIES; i++)
        if (join_quantities[i] == quantity)
            return i;
    return -1;
}

bool join_may_lend(enum quantity quantity)
{
    return place_of(quantity) >= 0;
}

/* ---- what is kept ---- */

void join_init(struct join_source *source, int64_t max_ms)
{
    assert(max_ms > 0);
    source->max_ms = max_ms;
    join_forget(source);
}

void join_forget(struct join_source *source)
{
    for (size_t i = 0; i < JOIN_QUANTITIES; i++)
        source->kept[i].noted = 0;
}

void join_note(struct join_source *source, const struct sample *sample)
{
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *r = &sample->readings[i];
        int place = place_of(r->quantity);
        if (place < 0)
            continue;
        struct join_kept *kept = &source->kept[place];
        size_t at = (size_t)(kept->noted++ % JOIN_KEPT);
        kept->readings[at].t_ms = sample->t_ms;
        kept->readings[at].quality = r->quality;
        kept->readings[at].value = r->value;
    }
}

int64_t join_moment_ms(const struct join_source *source, int64_t arrived_ms, bool has_lag, int64_t lag_ms)
{
    bool believable = has_lag && lag_ms >= 0 && lag_ms <= source->max_ms;
    return believable ? arrived_ms - lag_ms : arrived_ms;
}

bool join_find(const struct join_source *source, enum quantity quantity, int64_t moment_ms, struct reading *out,
               int64_t *t_ms, int64_t *distance_ms)
{
    int place = place_of(quantity);
    assert(place >= 0);
    const struct join_kept *kept = &source->kept[place];
    size_t count = kept->noted < JOIN_KEPT ? (size_t)kept->noted : JOIN_KEPT;
    size_t best = 0;
    int64_t best_ms = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)((kept->noted - count + i) % JOIN_KEPT);
        int64_t apart = kept->readings[at].t_ms - moment_ms;
        apart = apart < 0 ? -apart : apart;
        if (apart <= best_ms) {
            best_ms = apart;
            best = at;
        }
    }
    if (count == 0 || best_ms > source->max_ms || kept->readings[best].quality != QUALITY_OK)
        return false;
    *out = (struct reading){.quantity = quantity, .quality = QUALITY_OK, .value = kept->readings[best].value};
    *t_ms = kept->readings[best].t_ms;
    *distance_ms = best_ms;
    return true;
}

/* ---- in the record ---- */

void join_write(const struct join_reading *joined, size_t count, struct json_writer *w, const char *key)
{
    json_array_begin(w, key);
    for (size_t i = 0; i < count; i++) {
        const struct reading *r = &joined[i].reading;
        char value[DECIMAL_TEXT_MAX];
        decimal_format(r->value, value);
        json_object_begin(w, NULL);
        json_integer(w, "age_ms", joined[i].age_ms);
        json_string(w, "instrument", joined[i].instrument);
        json_string(w, "quality", quality_name(r->quality));
        json_string(w, "quantity", quantity_name(r->quantity));
        json_string(w, "unit", quantity_unit(r->quantity));
        json_string(w, "value", value);
        json_object_end(w);
    }
    json_array_end(w);
}

static bool read_one(struct join_reading *j, const struct json_doc *doc, ptrdiff_t token)
{
    char quantity[32];
    char unit[16];
    char quality[16];
    if (token < 0 || doc->tokens[token].type != JSON_OBJECT)
        return false;
    size_t object = (size_t)token;
    if (!json_get_integer(doc, json_member(doc, object, "age_ms"), &j->age_ms) || j->age_ms < 0 ||
        !json_get_string(doc, json_member(doc, object, "instrument"), j->instrument, sizeof j->instrument) ||
        !json_get_string(doc, json_member(doc, object, "quality"), quality, sizeof quality) ||
        !json_get_string(doc, json_member(doc, object, "quantity"), quantity, sizeof quantity) ||
        !json_get_string(doc, json_member(doc, object, "unit"), unit, sizeof unit) ||
        !json_get_decimal(doc, json_member(doc, object, "value"), &j->reading.value))
        return false;
    j->reading.quantity = quantity_by_name(quantity, strlen(quantity));
    j->reading.quality = QUALITY_OK;
    return j->instrument[0] && j->reading.quantity != QUANTITY_COUNT && join_may_lend(j->reading.quantity) &&
           strcmp(unit, quantity_unit(j->reading.quantity)) == 0 && strcmp(quality, quality_name(QUALITY_OK)) == 0;
}

int join_read(struct join_reading joined[JOIN_QUANTITIES], size_t *count, const struct json_doc *doc, ptrdiff_t token,
              struct err *err)
{
    if (doc->tokens[token].type != JSON_ARRAY || doc->tokens[token].count > JOIN_QUANTITIES)
        return err_set(err, ERR_FAILED, "the record's 'joined' is no list of at most %d readings", JOIN_QUANTITIES);
    *count = doc->tokens[token].count;
    for (size_t i = 0; i < *count; i++)
        if (!read_one(&joined[i], doc, json_element(doc, (size_t)token, i)))
            return err_set(err, ERR_FAILED, "reading %zu of the record's 'joined' is none that can be joined", i + 1);
    return 0;
}

int join_add(struct sample *sample, const struct join_reading *joined, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct reading *r = &joined[i].reading;
        if (sample_find(sample, r->quantity))
            return err_set(err, ERR_FAILED, "%s is joined from %s, but told by the device itself",
                           quantity_name(r->quantity), joined[i].instrument);
        if (!sample_add(sample, r->quantity, r->quality, r->value))
            return err_set(err, ERR_FAILED, "the device's sample has no room for %s", quantity_name(r->quantity));
    }
    return 0;
}

ptrdiff_t join_csv(const struct join_reading *joined, size_t count, char *out, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        struct sample one = {.count = 1, .readings = {joined[i].reading}};
        ptrdiff_t wrote = sample_csv(&one, -joined[i].age_ms, joined[i].instrument, out + length, size - length);
        if (wrote < 0)
            return -1;
        length += (size_t)wrote;
    }
    return (ptrdiff_t)length;
}
