/* How long to wait for a slave's answer, learnt from its answers: twice the slowest of late, within limits. */
#ifndef SENSORS_PATIENCE_H
#define SENSORS_PATIENCE_H

#include <stdint.h>

enum {
    PATIENCE_FIRST_MS = 1000, /* while nothing is known */
    PATIENCE_LEAST_MS = 150,
    PATIENCE_MOST_MS = 3000,
};

struct patience {
    int64_t slowest_ms; /* of late; -1: no answer yet */
};

void patience_init(struct patience *p);
int64_t patience_ms(const struct patience *p);
void patience_learn(struct patience *p, int64_t took_ms);
/* From an answer after the time was up. It may have been an accident: it at most doubles the patience. */
void patience_learn_late(struct patience *p, int64_t took_ms);

#endif
