#include "reports/bulletin.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE_MS = 60000, HOUR_MS = 3600000, DAY_MS = 86400000, DAYS_MAX = 3660, FAILED_BIT = 8 };

/* The width of a bin in thousandths: 0.1 1/m, 2.5 %, 100 ppm; the last bin holds all beyond. */
enum { BIN_K = 100, BIN_OPACITY = 2500, BIN_NOX = 100000 };

enum bulletin_place bulletin_place_by_name(const char *station_kind)
{
    static const char *const names[] = {"fixed-remote", "mobile-remote", "depot", "joint"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], station_kind) == 0)
            return (enum bulletin_place)i;
    return BULLETIN_OTHER;
}

int bulletin_open(struct bulletin *b, struct civil_date first, struct civil_date last, int offset_minutes, size_t words,
                  size_t vehicles, struct err *err)
{
    *b = (struct bulletin){.first = first, .last = last, .offset_minutes = offset_minutes};
    int32_t days = civil_days(last) - civil_days(first) + 1;
    if (days < 1 || days > DAYS_MAX)
        return err_set(err, ERR_INVALID, "the period must end after it begins, and within ten years");
    b->begins_ms = (int64_t)civil_days(first) * DAY_MS - (int64_t)offset_minutes * MINUTE_MS;
    b->days = (size_t)days;
    b->words = words;
    b->vehicles = vehicles;
    b->by_day = calloc(b->days, sizeof *b->by_day);
    b->seen = calloc(vehicles + 1, sizeof *b->seen);
    b->exceeded = calloc(vehicles + 1, sizeof *b->exceeded);
    bool complete = b->by_day && b->seen && b->exceeded;
    for (size_t i = 0; i < BULLETIN_SPLITS; i++) {
        b->by[i] = calloc(words + 1, sizeof *b->by[i]);
        complete = complete && b->by[i];
    }
    if (complete)
        return 0;
    bulletin_close(b);
    return err_set(err, ERR_FAILED, "out of memory");
}

void bulletin_close(struct bulletin *b)
{
    free(b->by_day);
    free(b->seen);
    free(b->exceeded);
    for (size_t i = 0; i < BULLETIN_SPLITS; i++)
        free(b->by[i]);
    *b = (struct bulletin){.days = 0};
}

static bool is_judged(enum verdict_kind verdict)
{
    return verdict == VERDICT_PASS || verdict == VERDICT_FAIL || verdict == VERDICT_SUSPECT;
}

/* Each vehicle once for each kind of station. */
static void count_vehicle(struct bulletin *b, const struct bulletin_record *r)
{
    uint16_t *seen = &b->seen[r->vehicle];
    uint16_t tested = (uint16_t)(1U << r->place), failed = (uint16_t)(1U << (FAILED_BIT + r->place));
    b->tested[r->place] += !(*seen & tested);
    *seen |= tested;
    if (r->verdict == VERDICT_FAIL) {
        b->failed[r->place] += !(*seen & failed);
        *seen |= failed;
    }
    if (r->verdict != VERDICT_PASS && b->exceeded[r->vehicle] < UINT8_MAX)
        b->exceeded[r->vehicle]++;
}

/* Inline, so that the compiler knows the width: a division by it is then a multiplication. */
static inline void count_value(struct bulletin *b, const struct bulletin_record *r, enum bulletin_quantity q,
                               uint64_t width)
{
    int64_t value = r->value[q];
    if (value == BULLETIN_NO_VALUE)
        return;
    uint64_t bin = value < 0 ? 0 : (uint64_t)value / width;
    struct bulletin_bin *in = &b->bins[q][bin < BULLETIN_BINS ? bin : BULLETIN_BINS - 1];
    in->count++;
    in->exceeded += value > r->limit[q];
}

void bulletin_add(struct bulletin *b, const struct bulletin_record *r)
{
    int64_t local = r->at_ms - b->begins_ms;
    if (local < 0 || local >= (int64_t)b->days * DAY_MS)
        return;
    assert(r->vehicle >= 0 && (size_t)r->vehicle <= b->vehicles);
    b->places[r->place].by_verdict[r->verdict]++;
    b->by_day[local / DAY_MS].by_verdict[r->verdict]++;
    b->hours[local % DAY_MS / HOUR_MS].by_verdict[r->verdict]++;
    for (size_t i = 0; i < BULLETIN_SPLITS; i++) {
        assert(r->split[i] >= 0 && (size_t)r->split[i] <= b->words);
        b->by[i][r->split[i]].by_verdict[r->verdict]++;
    }
    if (!is_judged(r->verdict))
        return;
    count_value(b, r, BULLETIN_K, BIN_K);
    count_value(b, r, BULLETIN_OPACITY, BIN_OPACITY);
    count_value(b, r, BULLETIN_NOX, BIN_NOX);
    if (r->vehicle > 0)
        count_vehicle(b, r);
}

int64_t bulletin_judged(const struct bulletin_count *count)
{
    return count->by_verdict[VERDICT_PASS] + count->by_verdict[VERDICT_FAIL] + count->by_verdict[VERDICT_SUSPECT];
}

int64_t bulletin_total(const int64_t by_place[BULLETIN_PLACES])
{
    int64_t total = 0;
    for (size_t i = 0; i < BULLETIN_PLACES; i++)
        total += by_place[i];
    return total;
}

size_t bulletin_repeaters(const struct bulletin *b, struct bulletin_repeater out[BULLETIN_TOP])
{
    size_t count = 0;
    for (size_t v = 1; v <= b->vehicles; v++) {
        int exceeded = b->exceeded[v];
        if (exceeded < 2 || (count == BULLETIN_TOP && exceeded <= out[count - 1].exceeded))
            continue;
        size_t at = count < BULLETIN_TOP ? count++ : count - 1;
        for (; at > 0 && out[at - 1].exceeded < exceeded; at--)
            out[at] = out[at - 1];
        out[at] = (struct bulletin_repeater){.vehicle = (int64_t)v, .exceeded = exceeded};
    }
    return count;
}

static void percent(double share, char out[16])
{
    struct decimal value;
    if (decimal_from_double(100 * share, 2, &value))
        snprintf(out, 16, "%d.%02d", (int)(value.units / 100), (int)(value.units % 100));
}

struct bulletin_rate bulletin_rate(int64_t part, int64_t whole)
{
    struct bulletin_rate r = {"", "", ""};
    if (whole <= 0)
        return r;
    const double z = 1.959963984540054; /* of a 95 % interval */
    double n = (double)whole, p = (double)part / n;
    double middle = p + z * z / (2 * n), half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)), scale = 1 + z * z / n;
    double low = (middle - half) / scale, high = (middle + half) / scale;
    percent(p, r.rate);
    percent(low < 0 || part == 0 ? 0 : low, r.low);
    percent(high > 1 || part == whole ? 1 : high, r.high);
    return r;
}
