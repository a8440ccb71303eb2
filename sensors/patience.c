#include "sensors/patience.h"

enum { MARGIN_MS = 50, FORGET = 16 }; /* the slowest answer is forgotten by 1/16 with each faster one */

void patience_init(struct patience *p)
{
    p->slowest_ms = -1;
}

int64_t patience_ms(const struct patience *p)
{
    int64_t learnt = p->slowest_ms < 0 ? PATIENCE_FIRST_MS : 2 * p->slowest_ms + MARGIN_MS;
    if (learnt > PATIENCE_MOST_MS)
        return PATIENCE_MOST_MS;
    return learnt < PATIENCE_LEAST_MS ? PATIENCE_LEAST_MS : learnt;
}

void patience_learn(struct patience *p, int64_t took_ms)
{
    int64_t before = p->slowest_ms - p->slowest_ms / FORGET;
    p->slowest_ms = took_ms > before ? took_ms : before;
}

void patience_learn_late(struct patience *p, int64_t took_ms)
{
    int64_t most = patience_ms(p);
    patience_learn(p, took_ms < most ? took_ms : most);
}
