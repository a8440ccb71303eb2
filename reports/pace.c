#include "reports/pace.h"

enum { QUICK_MS = 500, DAY_MINUTES = 24 * 60 };

bool pace_is_open(int open_minute, int end_minute, int64_t now_ms, int offset_minutes)
{
    int64_t minute = (now_ms / 60000 + offset_minutes) % DAY_MINUTES;
    if (open_minute == end_minute)
        return true;
    if (open_minute < end_minute)
        return minute >= open_minute && minute < end_minute;
    return minute >= open_minute || minute < end_minute;
}

size_t pace_slots(const struct pace *p, bool limited)
{
    return p->failures > 0 || limited ? 1 : PACE_SLOTS;
}

size_t pace_room(const struct pace *p, bool limited, size_t held)
{
    size_t slots = pace_slots(p, limited);
    size_t claims = slots > 1 && p->claims > slots ? p->claims : slots;
    size_t enough = claims / 2 > slots ? claims / 2 : slots; /* a claim for each that ends would be a commit for each */
    return held < enough ? claims - held : 0;
}

void pace_claimed(struct pace *p, size_t asked, size_t claimed, int64_t now_ms)
{
    bool quick = now_ms >= p->claimed_ms && now_ms - p->claimed_ms < QUICK_MS && claimed == asked;
    size_t more = 2 * (p->claims > PACE_SLOTS ? p->claims : PACE_SLOTS);
    p->claims = !quick ? 0 : more > PACE_CLAIMS_MAX ? PACE_CLAIMS_MAX : more;
    p->claimed_ms = now_ms;
}

void pace_away(struct pace *p, int64_t next_ms, int64_t now_ms, int64_t retry_after_ms)
{
    int64_t most = now_ms + PACE_PAUSE_MS;
    p->failures++;
    p->pauses++;
    p->claims = 0;
    p->pause_until_ms = next_ms > most && retry_after_ms < PACE_PAUSE_MS ? most : next_ms;
}

bool pace_answers(struct pace *p, unsigned pauses)
{
    if (pauses != p->pauses)
        return false;
    bool was_away = p->failures > 0;
    p->failures = 0;
    p->pause_until_ms = 0;
    return was_away;
}
