#include "reports/backoff.h"

enum {
    FIRST_MS = 1000,
    FIRST_BY_HAND_MS = 60 * 1000, /* until somebody has put a certificate or a permission right */
    LONGEST_MS = 5 * 60 * 1000,
    DAY_MS = 24 * 60 * 60 * 1000,
    JITTER_PARTS = 4,
};

static int64_t pause_ms(int attempts, int status)
{
    int64_t pause = status == 401 || status == 403 ? FIRST_BY_HAND_MS : FIRST_MS;
    for (int i = 1; i < attempts && pause < LONGEST_MS; i++)
        pause *= 2;
    return pause < LONGEST_MS ? pause : LONGEST_MS;
}

/* 0 to a quarter of the pause; another one for each attempt. */
static int64_t jitter_ms(const uint8_t hash[32], int attempts, int64_t pause)
{
    unsigned at = (unsigned)attempts % 31U;
    int64_t number = hash[at] << 8 | hash[at + 1]; /* 0..65535 */
    return pause / JITTER_PARTS * number / 65535;
}

int64_t backoff_next_ms(const struct backoff_facts *f)
{
    int64_t pause = pause_ms(f->attempts, f->status);
    int64_t asked = f->retry_after_ms < DAY_MS ? f->retry_after_ms : DAY_MS;
    return f->last_ms + (asked > pause ? asked : pause) + jitter_ms(f->hash, f->attempts, pause);
}
