/* The bulletin's table of cases: how many of those opened in the period came how far, and how long each step took. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "station/core/caselife.h"
#include "station/ctl_funnel.h"
#include "station/store_life.h"

enum { STAGES = CASE_STATES + REPAIR_STATES, DAY_MS = 86400000, CELL = 32 };

struct stage {
    size_t count, room;
    int64_t *took_ms; /* since the step before, of each case that came here */
};

struct funnel {
    int64_t from_ms, to_ms;
    struct stage stages[STAGES];
    /* the case whose steps are being read */
    char case_id[56];
    bool in_period, seen[STAGES];
    int64_t before_ms;
    bool failed;
};

static const char *stage_name(size_t stage)
{
    return stage < CASE_STATES ? caselife_state_name((enum case_state)stage)
                               : caselife_repair_name((enum case_repair)(stage - CASE_STATES));
}

static bool add(struct stage *s, int64_t took_ms)
{
    if (s->count == s->room) {
        size_t room = 2 * s->room + 64;
        int64_t *took = realloc(s->took_ms, room * sizeof *took);
        if (!took)
            return false;
        s->took_ms = took;
        s->room = room;
    }
    s->took_ms[s->count++] = took_ms;
    return true;
}

/* A state that a case comes to twice (objected, dismissed, notified again) counts once. */
static int take_step(void *ctx, const char *case_id, int64_t at_ms, const char *to)
{
    struct funnel *f = ctx;
    if (strcmp(f->case_id, case_id) != 0) {
        snprintf(f->case_id, sizeof f->case_id, "%s", case_id);
        memset(f->seen, 0, sizeof f->seen);
        f->in_period = at_ms >= f->from_ms && at_ms < f->to_ms;
        f->before_ms = at_ms;
    }
    for (size_t i = 0; f->in_period && i < STAGES; i++)
        if (strcmp(stage_name(i), to) == 0 && !f->seen[i]) {
            f->seen[i] = true;
            f->failed |= !add(&f->stages[i], at_ms - f->before_ms);
        }
    f->before_ms = at_ms;
    return f->failed;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The middle one, or the mean of the two in the middle, in days with two digits. */
static void median_days(struct stage *s, char out[CELL])
{
    qsort(s->took_ms, s->count, sizeof s->took_ms[0], by_size);
    int64_t ms = (s->took_ms[(s->count - 1) / 2] + s->took_ms[s->count / 2]) / 2;
    int64_t hundredths = (100 * ms + DAY_MS / 2) / DAY_MS;
    snprintf(out, CELL, "%" PRId64 ".%02" PRId64, hundredths / 100, hundredths % 100);
}

static void write_sheet(struct funnel *f, struct sheets *sheets)
{
    static const struct sheet_column columns[] = {
        {"state", "案件状态", "state", SHEET_TEXT},
        {"cases", "到达案件数", "cases that came there", SHEET_NUMBER},
        {"median_days", "步骤中位天数", "median days of the step", SHEET_NUMBER}};
    struct sheet *sheet = sheets_add(sheets, "cases", "案件进展", "Cases opened in the period", columns, 3);
    for (size_t i = 0; i < STAGES; i++) {
        char name[96], count[CELL], days[CELL];
        if (f->stages[i].count == 0)
            continue;
        const struct ctl_word *word = ctl_word_case(stage_name(i));
        snprintf(name, sizeof name, "%s %s", word->zh, word->en);
        snprintf(count, sizeof count, "%zu", f->stages[i].count);
        median_days(&f->stages[i], days);
        sheet_row(sheets, sheet, (const char *const[]){name, count, days});
    }
}

int ctl_funnel(struct store *const *stores, size_t count, int64_t from_ms, int64_t to_ms, struct sheets *sheets,
               struct err *err)
{
    struct funnel *f = calloc(1, sizeof *f);
    if (!f)
        return err_set(err, ERR_FAILED, "out of memory");
    f->from_ms = from_ms;
    f->to_ms = to_ms;
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++)
        result = store_case_step_walk(stores[i], take_step, f, err);
    if (result == 0 && f->failed)
        result = err_set(err, ERR_FAILED, "out of memory");
    if (result == 0)
        write_sheet(f, sheets);
    for (size_t i = 0; i < STAGES; i++)
        free(f->stages[i].took_ms);
    free(f);
    return result;
}
