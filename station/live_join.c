/* Weather, speed and slope that other instruments lend to passing vehicles (station/core/join.h). */
#include <stdio.h>
#include <stdlib.h>

#include "station/live_parts.h"

int live_join_open(struct live *live, struct err *err)
{
    for (size_t i = 0; i < live->config->instruments_count; i++) {
        int64_t max_ms = live->config->instruments[i].join_ms;
        if (max_ms == 0)
            continue;
        live->joins[i] = malloc(sizeof *live->joins[i]);
        if (!live->joins[i])
            return err_set(err, ERR_FAILED, "out of memory");
        join_init(live->joins[i], max_ms);
    }
    return 0;
}

void live_join_close(struct live *live)
{
    for (size_t i = 0; i < BENCH_INSTRUMENTS_MAX; i++) {
        free(live->joins[i]);
        live->joins[i] = NULL;
    }
}

void live_join_note(struct live *live, int instrument, const struct sample *sample)
{
    if (live->joins[instrument])
        join_note(live->joins[instrument], sample);
}

void live_join_look(struct live *live, int instrument)
{
    const struct bench_instrument *in = &live->bench.instruments[instrument];
    if (live->joins[instrument] && (in->state != BENCH_LIVE || in->status != STATUS_OK))
        join_forget(live->joins[instrument]);
}

/* The one nearest in time of all that lend this quantity; the first of equally near ones. */
static bool find(const struct live *live, enum quantity quantity, int lane, const struct sample *sample, bool has_lag,
                 int64_t lag_ms, struct join_reading *out)
{
    int64_t best_ms = INT64_MAX;
    for (size_t i = 0; i < live->config->instruments_count; i++) {
        const struct config_instrument *lender = &live->config->instruments[i];
        const struct join_source *source = live->joins[i];
        struct reading reading;
        int64_t t_ms;
        int64_t distance_ms;
        if (!source || (lender->lane > 0 && lender->lane != lane))
            continue;
        int64_t moment_ms = join_moment_ms(source, sample->t_ms, has_lag, lag_ms);
        if (!join_find(source, quantity, moment_ms, &reading, &t_ms, &distance_ms) || distance_ms >= best_ms)
            continue;
        best_ms = distance_ms;
        *out = (struct join_reading){.age_ms = sample->t_ms - t_ms, .reading = reading};
        snprintf(out->instrument, sizeof out->instrument, "%s", lender->sensor.name);
    }
    return best_ms != INT64_MAX;
}

size_t live_join_collect(const struct live *live, int instrument, const struct sample *sample, int64_t received_ms,
                         struct join_reading joined[JOIN_QUANTITIES])
{
    const struct passage *passage = sample->passage;
    int lane = passage->lane > 0 ? passage->lane : live->config->instruments[instrument].lane;
    int64_t lag_ms = received_ms - passage->device_time_ms;
    size_t count = 0;
    for (size_t i = 0; i < JOIN_QUANTITIES; i++)
        if (!sample_find(sample, join_quantities[i]) &&
            find(live, join_quantities[i], lane, sample, passage->has_device_time, lag_ms, &joined[count]))
            count++;
    return count;
}
