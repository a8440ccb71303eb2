/*
 * When to try again: a pure function of facts that are stored with the delivery, so that a restart changes nothing and
 * a test can ask any case.
 *
 * The pause doubles with every attempt, 1 s at first (60 s where a person must act: 401, 403), to at most 5 minutes;
 * then up to a quarter more, taken from the package's hash, so that a fleet of stations does not come back at the same
 * moment. A Retry-After of the receiver (RFC 9110, 10.2.3) is a lower bound, believed up to one day.
 */
#ifndef REPORTS_BACKOFF_H
#define REPORTS_BACKOFF_H

#include <stdint.h>

struct backoff_facts {
    int attempts;           /* made so far, 1… */
    int64_t last_ms;        /* when the last one ended, Unix ms */
    int status;             /* its HTTP status; 0: no answer */
    int64_t retry_after_ms; /* what the receiver asked for; 0: nothing */
    uint8_t hash[32];       /* of the package */
};

/* Unix ms, later than last_ms. */
int64_t backoff_next_ms(const struct backoff_facts *facts);

#endif
