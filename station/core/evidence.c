#include "station/core/evidence.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *zh;
    bool full;
} shows_rows[EVIDENCE_SHOWS_COUNT] = {
#define SHOWS_ROW(id, name, full, zh) [EVIDENCE_SHOWS_##id] = {(name), (zh), (full)},
    EVIDENCE_SHOWS_TABLE(SHOWS_ROW)
#undef SHOWS_ROW
};

static const struct {
    const char *name, *blocks, *unit; /* unit of value and measured */
    const char *title;
} rows[EVIDENCE_CHECK_COUNT] = {
    [EVIDENCE_PHOTOS] = {"photos", "photos-blocks", "", "pictures of the whole front or rear"},
    [EVIDENCE_WIDTH] = {"width", "width-blocks", "px", "width of each"},
    [EVIDENCE_HEIGHT] = {"height", "height-blocks", "px", "height of each"},
    [EVIDENCE_BITS] = {"bits", "bits-blocks", "bit", "colour depth of each"},
    [EVIDENCE_INTERVAL] = {"interval", "interval-blocks", "ms", "time between two of them"},
    [EVIDENCE_CLOCK_ERROR] = {"clock-error", "clock-error-blocks", "ms", "error of the station's clock"},
};

const char *evidence_shows_name(enum evidence_shows shows)
{
    assert(shows < EVIDENCE_SHOWS_COUNT);
    return shows_rows[shows].name;
}

const char *evidence_shows_zh(enum evidence_shows shows)
{
    assert(shows < EVIDENCE_SHOWS_COUNT);
    return shows_rows[shows].zh;
}

enum evidence_shows evidence_shows_by_name(const char *name)
{
    enum evidence_shows shows = 0;
    while (shows < EVIDENCE_SHOWS_COUNT && strcmp(shows_rows[shows].name, name) != 0)
        shows++;
    return shows;
}

/* ---- the rule ---- */

static bool in_ms(enum evidence_check check)
{
    return strcmp(rows[check].unit, "ms") == 0;
}

static int load_figure(struct evidence_figure *f, enum evidence_check check, const struct rule *rule, struct err *err)
{
    enum { VALUE_MAX = 1 << 20 };
    int64_t blocks = 0;
    if (!rule_has_param(rule, rows[check].name) && !rule_has_param(rule, rows[check].blocks))
        return 0;
    int result = in_ms(check) ? rule_param_ms(rule, rows[check].name, &f->value, err)
                              : rule_param_integer(rule, rows[check].name, 0, VALUE_MAX, &f->value, err);
    if (result != 0 || rule_param_integer(rule, rows[check].blocks, 0, 1, &blocks, err) != 0 ||
        rule_param_origin(rule, rows[check].name, &f->origin, err) != 0)
        return -1;
    f->asked = true;
    f->blocks = blocks == 1;
    return 0;
}

static bool is_known(const char *param)
{
    for (enum evidence_check check = 0; check < EVIDENCE_CHECK_COUNT; check++)
        if (strcmp(rows[check].name, param) == 0 || strcmp(rows[check].blocks, param) == 0)
            return true;
    return rules_is_general_param(param);
}

int evidence_load(struct evidence_rule *out, const struct rule *rule, struct err *err)
{
    *out = (struct evidence_rule){0};
    for (size_t i = 0; i < rule->params_count; i++)
        if (!is_known(rule->params[i].name))
            return err_set(err, ERR_INVALID, "rule '%s': nothing is known of a parameter '%s'", rule->name,
                           rule->params[i].name);
    for (enum evidence_check check = 0; check < EVIDENCE_CHECK_COUNT; check++)
        if (load_figure(&out->figures[check], check, rule, err) != 0)
            return -1;
    return 0;
}

/* ---- the pictures against it ---- */

static bool is_full(const struct evidence_photo *photo)
{
    return shows_rows[photo->shows].full;
}

static int64_t dimension(const struct evidence_photo *photo, enum evidence_check check)
{
    if (check == EVIDENCE_WIDTH)
        return photo->width;
    return check == EVIDENCE_HEIGHT ? photo->height : photo->bits;
}

/* The largest value that so many full-feature pictures reach; the smallest of all where there are fewer. */
static void judge_dimension(struct evidence_finding *out, const struct evidence_photo *photos, size_t count,
                            enum evidence_check check, int64_t value, int64_t needed)
{
    int64_t reached = 0, lowest = INT64_MAX, full = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t candidate = dimension(&photos[i], check), as_large = 0;
        if (!is_full(&photos[i]))
            continue;
        for (size_t k = 0; k < count; k++)
            as_large += is_full(&photos[k]) && dimension(&photos[k], check) >= candidate;
        full++;
        lowest = candidate < lowest ? candidate : lowest;
        reached = as_large >= needed && candidate > reached ? candidate : reached;
    }
    out->outcome = EVIDENCE_UNKNOWN;
    if (full == 0)
        return;
    out->has_measured = true;
    out->measured = full >= needed ? reached : lowest;
    out->outcome = full >= needed && reached >= value ? EVIDENCE_MET : EVIDENCE_NOT_MET;
}

static void judge_interval(struct evidence_finding *out, const struct evidence_photo *photos, size_t count,
                           int64_t value)
{
    int64_t first = 0, last = 0, timed = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t t = photos[i].taken_ms;
        if (!is_full(&photos[i]) || !photos[i].has_time)
            continue;
        first = timed == 0 || t < first ? t : first;
        last = timed == 0 || t > last ? t : last;
        timed++;
    }
    out->outcome = EVIDENCE_UNKNOWN;
    if (timed < 2)
        return;
    out->has_measured = true;
    out->measured = last - first;
    out->outcome = out->measured >= value ? EVIDENCE_MET : EVIDENCE_NOT_MET;
}

static int64_t count_full(const struct evidence_photo *photos, size_t count)
{
    int64_t full = 0;
    for (size_t i = 0; i < count; i++)
        full += is_full(&photos[i]);
    return full;
}

void evidence_judge(const struct evidence_rule *rule, const struct evidence_photo *photos, size_t count,
                    bool synchronised, int64_t clock_error_ms, struct evidence_finding out[EVIDENCE_CHECK_COUNT])
{
    const struct evidence_figure *figures = rule->figures;
    int64_t needed =
        figures[EVIDENCE_PHOTOS].asked && figures[EVIDENCE_PHOTOS].value > 0 ? figures[EVIDENCE_PHOTOS].value : 1;
    memset(out, 0, EVIDENCE_CHECK_COUNT * sizeof out[0]);
    if (figures[EVIDENCE_PHOTOS].asked) {
        int64_t full = count_full(photos, count);
        bool met = full >= figures[EVIDENCE_PHOTOS].value;
        out[EVIDENCE_PHOTOS] = (struct evidence_finding){met ? EVIDENCE_MET : EVIDENCE_NOT_MET, true, full};
    }
    for (enum evidence_check check = EVIDENCE_WIDTH; check <= EVIDENCE_BITS; check++)
        if (figures[check].asked)
            judge_dimension(&out[check], photos, count, check, figures[check].value, needed);
    if (figures[EVIDENCE_INTERVAL].asked)
        judge_interval(&out[EVIDENCE_INTERVAL], photos, count, figures[EVIDENCE_INTERVAL].value);
    if (figures[EVIDENCE_CLOCK_ERROR].asked) {
        bool met = clock_error_ms <= figures[EVIDENCE_CLOCK_ERROR].value;
        out[EVIDENCE_CLOCK_ERROR] = (struct evidence_finding){EVIDENCE_UNKNOWN, synchronised, clock_error_ms};
        if (synchronised)
            out[EVIDENCE_CLOCK_ERROR].outcome = met ? EVIDENCE_MET : EVIDENCE_NOT_MET;
    }
}

enum evidence_check evidence_blocked(const struct evidence_rule *rule, const struct evidence_finding *findings)
{
    enum evidence_check check = 0;
    for (; check < EVIDENCE_CHECK_COUNT; check++)
        if (rule->figures[check].blocks && findings[check].outcome > EVIDENCE_MET)
            break;
    return check;
}

/* ---- words ---- */

void evidence_say(const struct evidence_rule *rule, enum evidence_check check, const struct evidence_finding *finding,
                  char *out, size_t size)
{
    const struct evidence_figure *f = &rule->figures[check];
    const char *unit = rows[check].unit, *bound = check == EVIDENCE_CLOCK_ERROR ? "at most" : "at least";
    char measured[48] = "unknown";
    if (finding->has_measured)
        snprintf(measured, sizeof measured, "%" PRId64 "%s%s", finding->measured, unit[0] ? " " : "", unit);
    snprintf(out, size, "%s: %s %" PRId64 "%s%s wanted, %s (%.60s)", rows[check].title, bound, f->value,
             unit[0] ? " " : "", unit, measured, f->origin.clause);
}

void evidence_write(const struct evidence_rule *rule, const struct evidence_finding *findings, struct json_writer *w,
                    const char *key)
{
    static const char *const outcomes[] = {"", "met", "not-met", "unknown"};
    json_array_begin(w, key);
    for (enum evidence_check check = 0; check < EVIDENCE_CHECK_COUNT; check++) {
        const struct evidence_figure *f = &rule->figures[check];
        if (!f->asked)
            continue;
        json_object_begin(w, NULL);
        json_bool(w, "blocks", f->blocks);
        json_string(w, "check", rows[check].name);
        json_string(w, "clause", f->origin.clause);
        json_integer(w, "figure", f->value);
        if (findings[check].has_measured)
            json_integer(w, "measured", findings[check].measured);
        json_string(w, "outcome", outcomes[findings[check].outcome]);
        json_string(w, "source", f->origin.source);
        json_string(w, "status", f->origin.status == RULE_CONFIRMED ? "confirmed" : "unconfirmed");
        json_string(w, "unit", rows[check].unit);
        json_object_end(w);
    }
    json_array_end(w);
}
