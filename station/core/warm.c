#include "station/core/warm.h"

#include <stdio.h>

void warm_init(struct warm *w, struct decimal min)
{
    *w = (struct warm){.min = min};
}

void warm_read(struct warm *w, const struct sample *sample)
{
    const struct reading *oil = sample_find(sample, QUANTITY_OIL_TEMP);
    if (!oil)
        return;
    w->has_temp = oil->quality == QUALITY_OK;
    w->temp = oil->value;
}

void warm_bypass(struct warm *w, const char *reason)
{
    char temp[DECIMAL_TEXT_MAX];
    char min[DECIMAL_TEXT_MAX];
    if (!reason || !*reason)
        return;
    decimal_format(w->min, min);
    if (w->has_temp) {
        decimal_format(w->temp, temp);
        snprintf(w->bypass, sizeof w->bypass, "warm-bypass: engine at %s degC, minimum %s: %s", temp, min, reason);
    } else {
        snprintf(w->bypass, sizeof w->bypass, "warm-bypass: engine temperature not taken: %s", reason);
    }
}

bool warm_is(const struct warm *w)
{
    return w->bypass[0] || (w->has_temp && decimal_compare(w->temp, w->min) >= 0);
}

struct prompting warm_prompting(const struct warm *w)
{
    return (struct prompting){PROMPT_WARM_UP, w->has_temp ? procedure_whole(w->temp) : PROMPT_UNKNOWN,
                              procedure_whole(w->min)};
}

void warm_tell(const struct warm *w, struct verdict *verdict)
{
    if (w->bypass[0])
        verdict_reason(verdict, "%s", w->bypass);
}
