#include "station/core/pace.h"

void pace_init(struct pace *p, int64_t gap_ms, int64_t gap_percent)
{
    *p = (struct pace){.gap_ms = gap_ms, .gap_percent = gap_percent, .last_ms = -1};
}

static int64_t usual_interval(const struct pace *p)
{
    size_t n = p->count < PACE_INTERVALS ? p->count : PACE_INTERVALS;
    int64_t sorted[PACE_INTERVALS];
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && sorted[at - 1] > p->intervals[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = p->intervals[i];
    }
    return n == 0 ? 0 : sorted[n / 4];
}

bool pace_interrupted(const struct pace *p, int64_t t_ms)
{
    int64_t interval_ms = t_ms - p->last_ms;
    if (interval_ms <= p->gap_ms)
        return false;
    return p->count > 0 && interval_ms * 100 > usual_interval(p) * p->gap_percent;
}

bool pace_take(struct pace *p, int64_t t_ms)
{
    int64_t interval = t_ms - p->last_ms;
    bool missing = false;
    if (p->last_ms >= 0 && interval > 0) {
        missing = pace_interrupted(p, t_ms);
        p->intervals[p->count % PACE_INTERVALS] = interval;
        p->count++;
    }
    p->last_ms = t_ms;
    return missing;
}

void pace_skip(struct pace *p, int64_t t_ms)
{
    p->last_ms = t_ms;
}
