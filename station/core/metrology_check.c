#include "station/core/metrology_check.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "station/core/metrology.h"

enum { MEAN_DIGITS = 6, PERCENT = 100 };

/* 100 000 in 10^-6: larger is no value of anything checked here, and sums of a day of them cannot overflow. */
static const int64_t units_max = INT64_C(100000000000);

enum phase { PHASE_WAIT, PHASE_SETTLE, PHASE_MEASURE };
enum said { SAID_NOTHING, SAID_NONE, SAID_LEAK };

/* One compared quantity. */
struct measured {
    struct rule_limit limit;    /* the tolerance */
    struct decimal tolerance;   /* the same in 10^-6 */
    struct decimal least, most; /* usable references */
    bool has_least, has_most;
    int64_t sum, count; /* of readings, in 10^-6 */
    int64_t last_ms;
    struct decimal lowest, highest;
};

struct state {
    enum metrology_what what;
    enum phase phase;
    enum instrument_status status;
    int64_t settle_ms, measure_ms, limit_ms, count_min, spread_share, reference_share;
    int64_t phase_ends_ms;
    int64_t from_ms; /* of the readings that count */
    int64_t good;    /* readings of any quantity while measuring */
    struct metrology_reference reference;
    enum said said; /* what the instrument's leak test showed, by the operator's word */
    size_t count;
    struct measured measured[RULES_LIMITS_MAX];
};

static_assert(sizeof(struct state) <= PROCEDURE_STATE_MAX, "the state of a check does not fit into a procedure");

static struct state *state_of(struct procedure *p)
{
    return (struct state *)(void *)p->state.bytes;
}

/* In 10^-6; false: too large. */
static bool widen(struct decimal value, struct decimal *out)
{
    return decimal_round(value, MEAN_DIGITS, out) && out->units <= units_max && out->units >= -units_max;
}

/* ---- parameters ---- */

/* "reference-min-k": the rule need not have it. */
static int read_bound(const struct rule *rule, const char *which, enum quantity quantity, bool *has,
                      struct decimal *out, struct err *err)
{
    char name[RULES_ID_MAX * 2];
    snprintf(name, sizeof name, "reference-%s-%s", which, quantity_name(quantity));
    *has = rule_has_param(rule, name);
    return *has ? rule_param(rule, name, out, err) : 0;
}

static int read_limits(struct state *s, const struct rule *rule, struct err *err)
{
    for (size_t i = 0; i < rule->limits_count; i++) {
        struct measured *m = &s->measured[s->count++];
        m->limit = rule->limits[i];
        if (m->limit.at_least || m->limit.screening || m->limit.point != 0)
            return err_set(err, ERR_INVALID,
                           "rule '%s': the tolerance of %s is a plain limit: without at-least, judge and point",
                           rule->name, quantity_name(m->limit.quantity));
        if (!widen(m->limit.value[LIMIT_CLASS_A], &m->tolerance) || m->tolerance.units < 0)
            return err_set(err, ERR_INVALID, "rule '%s': the tolerance of %s must be from 0 to 100000", rule->name,
                           quantity_name(m->limit.quantity));
        if (read_bound(rule, "min", m->limit.quantity, &m->has_least, &m->least, err) != 0 ||
            read_bound(rule, "max", m->limit.quantity, &m->has_most, &m->most, err) != 0)
            return -1;
    }
    if (s->count == 0 && s->what != METROLOGY_LEAK_TEST)
        return err_set(err, ERR_INVALID, "rule '%s' has no limit: what would it check?", rule->name);
    return 0;
}

int metrology_check_init(struct procedure *p, const struct rule_pack *pack, const struct rule *rule,
                         const struct vehicle *vehicle, enum limit_class limit_class, struct err *err)
{
    enum { COUNT_MAX = 100000, SHARE_MAX = 1000, DAYS_MAX = 3660 };
    (void)vehicle;
    struct state *s = state_of(p);
    int64_t days;
    memset(s, 0, sizeof *s);
    for (s->what = 0; s->what < METROLOGY_WHAT_COUNT; s->what++)
        if (strncmp(rule->method, metrology_what_name(s->what), strlen(metrology_what_name(s->what))) == 0)
            break;
    assert(s->what < METROLOGY_WHAT_COUNT);
    verdict_init(&p->verdict, pack, rule, limit_class);
    p->finished = false;
    if (rule_param_ms(rule, "settle", &s->settle_ms, err) != 0 ||
        rule_param_ms(rule, "measure", &s->measure_ms, err) != 0 ||
        rule_param_ms(rule, "time-limit", &s->limit_ms, err) != 0 ||
        rule_param_integer(rule, "every-days", 0, DAYS_MAX, &days, err) != 0 ||
        rule_param_integer(rule, "count", 1, COUNT_MAX, &s->count_min, err) != 0 ||
        rule_param_integer(rule, "spread-share", 0, SHARE_MAX, &s->spread_share, err) != 0)
        return -1;
    if (rule_has_param(rule, "reference-share") &&
        rule_param_integer(rule, "reference-share", 0, PERCENT, &s->reference_share, err) != 0)
        return -1;
    if (s->settle_ms + s->measure_ms >= s->limit_ms)
        return err_set(err, ERR_INVALID, "rule '%s': time-limit leaves no room for settle and measure", rule->name);
    return read_limits(s, rule, err);
}

bool metrology_reference_parse(const char *text, struct metrology_reference *out)
{
    struct decimal wide;
    *out = (struct metrology_reference){0};
    const char *at = text + strspn(text, " ");
    bool any = *at != '\0';
    while (*at) {
        size_t word = strcspn(at, " ");
        const char *equals = memchr(at, '=', word);
        enum quantity q = equals ? quantity_by_name(at, (size_t)(equals - at)) : QUANTITY_COUNT;
        if (q == QUANTITY_COUNT || out->has[q] ||
            !decimal_parse(&out->value[q], equals + 1, word - (size_t)(equals - at) - 1) ||
            !widen(out->value[q], &wide))
            return false;
        out->has[q] = true;
        at += word;
        at += strspn(at, " ");
    }
    return any;
}

/* ---- the end ---- */

static void finish(struct procedure *p, enum verdict_kind kind, int64_t t_ms, const struct procedure_host *host)
{
    p->verdict.kind = kind;
    p->verdict.duration_ms = t_ms - p->start_ms;
    p->finished = true;
    host->wake(host->ctx, -1);
    host->prompt(host->ctx, PROMPT_DONE, 0, 0);
    host->finish(host->ctx, &p->verdict);
}

static void mark(struct procedure *p, const struct measured *m, const char *kind, int64_t number, struct decimal value,
                 const struct procedure_host *host)
{
    if (p->verdict.marks_count == VERDICT_MARKS_MAX)
        return;
    struct verdict_mark *to = &p->verdict.marks[p->verdict.marks_count++];
    *to = (struct verdict_mark){.number = (int)number,
                                .from_ms = state_of(p)->from_ms - p->start_ms,
                                .to_ms = m->last_ms - p->start_ms,
                                .quantity = m->limit.quantity,
                                .value = value,
                                .counted = true};
    snprintf(to->kind, sizeof to->kind, "%s", kind);
    host->mark(host->ctx, to);
}

/* Half to even. */
static struct decimal mean_of(const struct measured *m)
{
    int64_t size = m->sum < 0 ? -m->sum : m->sum;
    int64_t whole = size / m->count, rest = size % m->count;
    if (rest * 2 > m->count || (rest * 2 == m->count && whole % 2 == 1))
        whole++;
    return (struct decimal){m->sum < 0 ? -whole : whole, MEAN_DIGITS};
}

static struct decimal distance(struct decimal a, struct decimal b)
{
    struct decimal wide = {0};
    bool fits = widen(b, &wide); /* it was looked at when it was read; a has these digits already */
    assert(fits);
    int64_t units = a.units - wide.units;
    return (struct decimal){units < 0 ? -units : units, MEAN_DIGITS};
}

static bool too_wide(const struct state *s, const struct measured *m)
{
    return (m->highest.units - m->lowest.units) * PERCENT > m->tolerance.units * s->spread_share;
}

/* The tolerance as a limit: a share of a large reference may be more than the plain figure. It keeps its digits. */
static struct rule_limit tolerance_at(const struct state *s, const struct measured *m, struct decimal reference)
{
    struct rule_limit limit = m->limit;
    struct decimal wide = {0}, share = {0};
    bool fits = widen(reference, &wide);
    assert(fits);
    int64_t size = wide.units < 0 ? -wide.units : wide.units;
    struct decimal exact = {size / PERCENT * s->reference_share, MEAN_DIGITS};
    if (decimal_round(exact, limit.value[LIMIT_CLASS_A].digits, &share) &&
        decimal_compare(share, limit.value[LIMIT_CLASS_A]) > 0)
        limit.value[LIMIT_CLASS_A] = limit.value[LIMIT_CLASS_B] = share;
    return limit;
}

/* Holds one quantity against its tolerance; false where it fails. */
static bool compare(struct procedure *p, const struct measured *m, const struct procedure_host *host)
{
    const struct state *s = state_of(p);
    const char *name = quantity_name(m->limit.quantity), *unit = quantity_unit(m->limit.quantity);
    struct decimal mean = mean_of(m), should = {0};
    if (s->what == METROLOGY_SPAN) {
        should = s->reference.value[m->limit.quantity];
        mark(p, m, "reference", 1, should, host);
    }
    mark(p, m, "mean", m->count, mean, host);
    mark(p, m, "lowest", 1, m->lowest, host);
    mark(p, m, "highest", 1, m->highest, host);
    const struct rule_limit limit = tolerance_at(s, m, should);
    bool off = verdict_compare(&p->verdict, &limit, distance(mean, should));
    bool wide = too_wide(s, m);
    char text[3][DECIMAL_TEXT_MAX];
    if (off) {
        const struct verdict_value *v = &p->verdict.values[p->verdict.values_count - 1];
        decimal_format(v->value, text[0]);
        decimal_format(v->limit, text[1]);
        verdict_reason(&p->verdict, "%s: %s %s off, %s allowed", name, text[0], unit, text[1]);
    }
    if (wide) {
        decimal_format(m->lowest, text[0]);
        decimal_format(m->highest, text[1]);
        verdict_reason(&p->verdict, "%s: unsteady, %s to %s %s", name, text[0], text[1], unit);
    }
    return !off && !wide;
}

static bool is_asked(const struct state *s, const struct measured *m)
{
    return s->what != METROLOGY_SPAN || s->reference.has[m->limit.quantity];
}

/* What the instrument never gave is not compared; what it gave too rarely is no result. */
static void judge(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    size_t compared = 0;
    bool good = true, enough = s->good >= s->count_min;
    for (size_t i = 0; i < s->count; i++) {
        const struct measured *m = &s->measured[i];
        if (!is_asked(s, m) || m->count == 0)
            continue;
        compared++;
        if (m->count < s->count_min) {
            enough = false;
            verdict_reason(&p->verdict, "%s: %" PRId64 " good readings, %" PRId64 " are needed",
                           quantity_name(m->limit.quantity), m->count, s->count_min);
            continue;
        }
        good = compare(p, m, host) && good;
    }
    if (compared == 0 && (s->what != METROLOGY_LEAK_TEST || !enough))
        verdict_reason(&p->verdict, "no good reading of what is checked");
    if (!enough || (compared == 0 && s->what != METROLOGY_LEAK_TEST))
        finish(p, VERDICT_ABORTED, t_ms, host);
    else
        finish(p, good ? VERDICT_PASS : VERDICT_FAIL, t_ms, host);
}

/* ---- on the way ---- */

/* The next thing that happens by itself. */
static void ask_wake(const struct procedure *p, const struct state *s, const struct procedure_host *host)
{
    int64_t at_ms = p->start_ms + s->limit_ms;
    if (s->phase != PHASE_WAIT && s->status == STATUS_OK && s->phase_ends_ms < at_ms)
        at_ms = s->phase_ends_ms;
    host->wake(host->ctx, at_ms);
}

/* Whatever was read before does not count. */
static void settle(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    s->phase = PHASE_SETTLE;
    s->phase_ends_ms = t_ms + s->settle_ms;
    s->good = 0;
    for (size_t i = 0; i < s->count; i++)
        s->measured[i].count = s->measured[i].sum = 0;
    ask_wake(p, s, host);
}

static void confirm_leak_test(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    const struct state *s = state_of(p);
    if (s->said == SAID_NONE) {
        settle(p, t_ms, host);
        return;
    }
    verdict_reason(&p->verdict, s->said == SAID_LEAK ? "leak: the instrument's test showed one"
                                                     : "leak: nobody said what the instrument's test showed");
    finish(p, s->said == SAID_LEAK ? VERDICT_FAIL : VERDICT_ABORTED, t_ms, host);
}

static void confirm(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    if (s->what == METROLOGY_LEAK_TEST) {
        confirm_leak_test(p, t_ms, host);
        return;
    }
    bool any = s->what != METROLOGY_SPAN;
    for (size_t i = 0; i < s->count && s->what == METROLOGY_SPAN; i++) {
        const struct measured *m = &s->measured[i];
        const enum quantity q = m->limit.quantity;
        if (!s->reference.has[q])
            continue;
        any = true;
        if ((m->has_least && decimal_compare(s->reference.value[q], m->least) < 0) ||
            (m->has_most && decimal_compare(s->reference.value[q], m->most) > 0)) {
            char text[DECIMAL_TEXT_MAX];
            decimal_format(s->reference.value[q], text);
            verdict_reason(&p->verdict, "reference: %s %s %s is outside the range that is checked", quantity_name(q),
                           text, quantity_unit(q));
            finish(p, VERDICT_ABORTED, t_ms, host);
            return;
        }
    }
    if (any) {
        settle(p, t_ms, host);
        return;
    }
    verdict_reason(&p->verdict, "reference: none of what is checked is known of it");
    finish(p, VERDICT_ABORTED, t_ms, host);
}

static void on_key(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct metrology_reference reference;
    const char *text = event->text ? event->text : "";
    if (event->key == KEY_ABORT) {
        if (!*text)
            return; /* the reason is required */
        verdict_reason(&p->verdict, "operator: %s", text);
        finish(p, VERDICT_ABORTED, event->t_ms, host);
    } else if (s->phase == PHASE_WAIT && event->key == KEY_OBSERVE) {
        if (s->what == METROLOGY_LEAK_TEST)
            s->said = strcmp(text, METROLOGY_NO_LEAK) == 0 ? SAID_NONE
                      : strcmp(text, METROLOGY_LEAK) == 0  ? SAID_LEAK
                                                           : s->said;
        else if (metrology_reference_parse(text, &reference))
            s->reference = reference;
    } else if (s->phase == PHASE_WAIT && event->key == KEY_CONFIRM) {
        confirm(p, event->t_ms, host);
    }
}

static void on_status(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    s->status = event->status;
    if (s->what == METROLOGY_LEAK_TEST && event->status == STATUS_LEAK && s->phase != PHASE_WAIT) {
        verdict_reason(&p->verdict, "leak: %s finds one", event->text);
        finish(p, VERDICT_FAIL, event->t_ms, host);
    } else if (s->phase != PHASE_WAIT) {
        settle(p, event->t_ms, host);
    }
}

static void count_reading(struct measured *m, const struct decimal *value, int64_t t_ms)
{
    struct decimal wide;
    if (!widen(*value, &wide))
        return;
    if (m->count == 0 || decimal_compare(wide, m->lowest) < 0)
        m->lowest = wide;
    if (m->count == 0 || decimal_compare(wide, m->highest) > 0)
        m->highest = wide;
    m->sum += wide.units;
    m->count++;
    m->last_ms = t_ms;
}

static void on_reading(struct state *s, const struct sample *sample, int64_t t_ms)
{
    if (s->phase != PHASE_MEASURE || s->status != STATUS_OK)
        return;
    for (size_t i = 0; i < sample->count; i++)
        if (sample->readings[i].quality == QUALITY_OK) {
            s->good++;
            break;
        }
    for (size_t i = 0; i < s->count; i++) {
        const struct reading *r = sample_find(sample, s->measured[i].limit.quantity);
        if (r && r->quality == QUALITY_OK)
            count_reading(&s->measured[i], &r->value, t_ms);
    }
}

static void on_wake(struct procedure *p, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    bool running = s->phase != PHASE_WAIT && s->status == STATUS_OK;
    if (running && t_ms >= s->phase_ends_ms && s->phase == PHASE_MEASURE) {
        judge(p, t_ms, host);
    } else if (t_ms - p->start_ms >= s->limit_ms) {
        verdict_reason(&p->verdict, "time: no result within %" PRId64 " s%s%s", s->limit_ms / 1000,
                       s->status != STATUS_OK ? ", the instrument says " : "",
                       s->status != STATUS_OK ? instrument_status_name(s->status) : "");
        finish(p, VERDICT_ABORTED, t_ms, host);
    } else {
        if (running && t_ms >= s->phase_ends_ms) {
            s->phase = PHASE_MEASURE;
            s->from_ms = t_ms;
            s->phase_ends_ms = t_ms + s->measure_ms;
        }
        ask_wake(p, s, host);
    }
}

void metrology_check_step(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    if (p->finished)
        return;
    switch (event->kind) {
    case PROCEDURE_START:
        p->start_ms = event->t_ms;
        host->prompt(host->ctx, PROMPT_WAIT_INSTRUMENT, 0, 0);
        ask_wake(p, s, host);
        break;
    case PROCEDURE_READING: on_reading(s, event->sample, event->t_ms); break;
    case PROCEDURE_WAKE: on_wake(p, event->t_ms, host); break;
    case PROCEDURE_KEY: on_key(p, event, host); break;
    case PROCEDURE_STATUS: on_status(p, event, host); break;
    case PROCEDURE_LOST:
        verdict_reason(&p->verdict, "instrument %s lost", event->text);
        finish(p, VERDICT_ABORTED, event->t_ms, host);
        break;
    }
}
