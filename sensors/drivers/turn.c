#include "sensors/drivers/turn.h"

void turn_ask(struct turn *turn, const void *request, size_t length, int64_t t_ms, int64_t reply_ms,
              const struct sensor_host *host)
{
    turn->waiting = true;
    host->wake(host->ctx, t_ms + reply_ms);
    host->send(host->ctx, request, length);
}

bool turn_lost(struct turn *turn, int64_t t_ms, int64_t quiet_ms, const struct sensor_host *host)
{
    turn->waiting = false;
    host->wake(host->ctx, t_ms + quiet_ms);
    if (turn->failures < TURN_FAILURES_MAX)
        turn->failures++;
    return turn->failures == TURN_FAILURES_MAX;
}

void turn_end(struct turn *turn)
{
    turn->waiting = false;
    turn->failures = 0;
}
