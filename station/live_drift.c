#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/core/anomaly.h"
#include "station/core/drift.h"
#include "station/core/metrology.h"
#include "station/live_parts.h"

enum { DAY_MS = 86400000, CHECK_TOKENS_MAX = 8192 };

/* The newest results of one instrument, newest first. */
struct results {
    struct live *live;
    const struct store_check *last;
    struct drift_params params;
    size_t count, failed;
    struct store_check rows[DRIFT_CHECKS_MAX];
    struct verdict verdicts[DRIFT_CHECKS_MAX];
    struct json_token tokens[CHECK_TOKENS_MAX];
};

static int take_check(void *ctx, const struct store_check *row)
{
    struct results *r = ctx;
    bool result = strcmp(row->verdict, "pass") == 0 || strcmp(row->verdict, "fail") == 0;
    if (result && strcmp(row->what, r->last->what) == 0 && strcmp(row->serial, r->last->serial) == 0)
        r->rows[r->count++] = *row;
    return r->count == (size_t)r->params.checks;
}

/* What the check found stands in its end event. */
static int read_verdict(struct results *r, size_t i, struct err *err)
{
    struct json_doc doc;
    char *body = NULL;
    if (store_event_open(r->live->store, (uint64_t)r->rows[i].end_event, &doc, r->tokens, CHECK_TOKENS_MAX, &body,
                         err) != 0)
        return -1;
    int result = verdict_read(&r->verdicts[i], &doc, json_member(&doc, 0, "result"), err);
    free(body);
    return result;
}

static bool find_mark(const struct verdict *v, const char *kind, enum quantity quantity, double *out)
{
    for (size_t i = 0; i < v->marks_count; i++)
        if (v->marks[i].quantity == quantity && strcmp(v->marks[i].kind, kind) == 0) {
            *out = decimal_to_double(v->marks[i].value);
            return true;
        }
    return false;
}

/* The results of one quantity in the order of their times; those that did not measure it are left out. */
static size_t collect(const struct results *r, enum quantity quantity, struct drift_check *out)
{
    size_t count = 0;
    for (size_t i = r->count; i > 0; i--) {
        const struct verdict *v = &r->verdicts[i - 1];
        struct drift_check c = {.reference = 0};
        for (size_t k = 0; k < v->values_count; k++)
            if (v->values[k].quantity == quantity)
                c.tolerance = decimal_to_double(v->values[k].limit);
        find_mark(v, "reference", quantity, &c.reference);
        if (find_mark(v, "mean", quantity, &c.mean))
            out[count++] = c;
    }
    return count;
}

static int told_already(void *ctx, const struct store_alert *a)
{
    bool *told = ctx;
    *told |= strcmp(a->code, "check-drift") == 0;
    return *told;
}

static int tell(struct results *r, enum quantity quantity, enum drift drift, const struct drift_check *checks,
                size_t count, struct err *err)
{
    char first[DECIMAL_TEXT_MAX], last[DECIMAL_TEXT_MAX];
    struct decimal value = {0};
    struct entries e = {0};
    decimal_from_double(checks[0].mean - checks[0].reference, 3, &value);
    decimal_format(value, first);
    decimal_from_double(checks[count - 1].mean - checks[count - 1].reference, 3, &value);
    decimal_format(value, last);
    entries_text(&e, "check", r->last->id);
    entries_integer(&e, "checks", (int64_t)count);
    entries_text(&e, "drift", drift_name(drift));
    entries_text(&e, "first_error", first);
    entries_text(&e, "last_error", last);
    entries_text(&e, "quantity", quantity_name(quantity));
    entries_text(&e, "what", r->last->what);
    return live_alert(r->live, "check-drift", r->last->instrument, &e, err);
}

/* One quantity is enough: those of one instrument drift together. */
static int look(struct results *r, struct err *err)
{
    struct drift_check checks[DRIFT_CHECKS_MAX];
    if (store_check_list(r->live->store, r->last->instrument, false, INT32_MAX, take_check, r, err) != 0)
        return -1;
    for (size_t i = 0; i < r->count; i++)
        if (read_verdict(r, i, err) != 0)
            return -1;
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++) {
        size_t count = collect(r, q, checks);
        enum drift drift = drift_find(&r->params, checks, count);
        if (count > 0 && drift != DRIFT_NONE)
            return tell(r, q, drift, checks, count, err);
    }
    return 0;
}

/* Told once in the days in which a pass rate is told once. */
static int look_unless_told(struct live *live, const struct store_check *last, const struct drift_params *params,
                            int64_t days, struct err *err)
{
    bool told = false;
    if (store_alert_list(live->store, last->instrument, last->ended_ms - days * DAY_MS, INT32_MAX, told_already, &told,
                         err) != 0 ||
        told)
        return told ? 0 : -1;
    struct results *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, ERR_FAILED, "out of memory");
    r->live = live;
    r->last = last;
    r->params = *params;
    int result = look(r, err);
    free(r);
    return result;
}

int live_drift_look(struct live *live, const char *check, struct err *err)
{
    const struct config *config = live->config;
    const struct rule_pack *pack;
    struct store_check last;
    struct drift_params params;
    struct anomaly_params figures;
    if (store_check_get(live->store, check, &last, err) != 0)
        return -1;
    const struct rule *rule = metrology_rule(config->rules, config->rules_count, ANOMALY_METHOD,
                                             civil_date_of(last.ended_ms, config->utc_offset_minutes), &pack);
    bool timed = strcmp(last.what, "zero") == 0 || strcmp(last.what, "span") == 0;
    bool result = strcmp(last.verdict, "pass") == 0 || strcmp(last.verdict, "fail") == 0;
    if (!rule || !timed || !result || anomaly_load(&figures, rule, NULL) != 0 || drift_load(&params, rule, NULL) != 0 ||
        params.checks == 0)
        return 0;
    return look_unless_told(live, &last, &params, figures.rate_days, err);
}
