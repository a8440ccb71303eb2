#include "sensors/bench_fit.h"

#include <stdio.h>

static bool offers(const struct bench_instrument *in, enum quantity quantity)
{
    for (const enum quantity *q = sensor_quantities(in->sensor.driver, &in->config); *q != QUANTITY_COUNT; q++)
        if (*q == quantity)
            return true;
    return false;
}

bool bench_fit(const struct bench_instrument *in)
{
    return (in->state == BENCH_CONNECTED || in->state == BENCH_LIVE) && in->status == STATUS_OK && !in->barred &&
           !in->sensor.driver->output && !sensor_is_passage_source(&in->config);
}

int bench_fit_source(const struct bench *b, enum quantity quantity)
{
    for (int i = 0; i < b->count; i++)
        if (bench_fit(&b->instruments[i]) && offers(&b->instruments[i], quantity))
            return i;
    return -1;
}

int bench_fit_refuse(const struct bench *b, enum quantity quantity, struct err *err)
{
    static const char *const states[] = {"not connected", "not ready", "not ready", "stale: no values come"};
    char why[ERR_TEXT_MAX] = "";
    size_t used = 0;
    for (int i = 0; i < b->count; i++) {
        const struct bench_instrument *in = &b->instruments[i];
        if (sensor_is_passage_source(&in->config) || !offers(in, quantity) || used >= sizeof why)
            continue;
        bool unwell = in->state != BENCH_OFFLINE && in->status != STATUS_OK;
        int n = snprintf(why + used, sizeof why - used, "%s%s is %s%s%s", used ? "; " : "", in->config.name,
                         unwell       ? instrument_status_name(in->status)
                         : in->barred ? "locked"
                                      : states[in->state],
                         unwell && in->status_detail[0] ? ": " : "", unwell ? in->status_detail : "");
        used += n > 0 ? (size_t)n : 0;
    }
    return err_set(err, ERR_REFUSED, "no instrument gives %s, which the test needs: %s", quantity_name(quantity),
                   used ? why : "none is configured for it");
}
