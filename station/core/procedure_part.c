#include "station/core/procedure_part.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void procedure_finish(struct procedure *p, enum verdict_kind kind, int64_t t_ms, const struct procedure_host *host)
{
    p->verdict.kind = kind;
    p->verdict.duration_ms = t_ms;
    p->finished = true;
    p->takes_zero = false;
    host->wake(host->ctx, -1);
    host->prompt(host->ctx, PROMPT_DONE, 0, 0);
    host->finish(host->ctx, &p->verdict);
}

void procedure_abort(struct procedure *p, int64_t t_ms, const struct procedure_host *host, const char *format, ...)
{
    char reason[VERDICT_REASON_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    verdict_reason(&p->verdict, "%s", reason);
    procedure_finish(p, VERDICT_ABORTED, t_ms, host);
}

bool procedure_mark(struct procedure *p, const struct verdict_mark *mark, const struct procedure_host *host)
{
    struct verdict *v = &p->verdict;
    if (v->marks_count == VERDICT_MARKS_MAX)
        return false;
    v->marks[v->marks_count] = *mark;
    host->mark(host->ctx, &v->marks[v->marks_count++]);
    return true;
}

void procedure_prompt(struct prompting *shown, struct prompting now, const struct procedure_host *host)
{
    bool changed = now.prompt != shown->prompt || now.value != shown->value;
    *shown = now;
    if (changed)
        host->prompt(host->ctx, now.prompt, now.value, now.limit);
}

const char *procedure_seconds(int64_t ms, char out[PROCEDURE_SECONDS_MAX])
{
    snprintf(out, PROCEDURE_SECONDS_MAX, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
    return out;
}

int64_t procedure_whole(struct decimal value)
{
    struct decimal out;
    return decimal_round(value, 0, &out) ? out.units : PROMPT_UNKNOWN;
}

bool procedure_unfit(enum instrument_status status)
{
    switch (status) {
    case STATUS_OK:
    case STATUS_BUSY:
    case STATUS_OUT_OF_RANGE:
    case STATUS_COMM_ERROR: return false;
    case STATUS_WARMING:
    case STATUS_ZEROING:
    case STATUS_LOW_FLOW:
    case STATUS_LEAK:
    case STATUS_ZERO_NEEDED:
    case STATUS_SENSOR_EXPIRED:
    case STATUS_STANDBY:
    case STATUS_WRONG_MODEL:
    case STATUS_INTERNAL:
    case STATUS_COUNT: break;
    }
    return true;
}
