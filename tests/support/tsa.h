/*
 * A time-stamp authority (RFC 3161) within a test, which says whatever time it is told to.
 */
#ifndef TESTS_SUPPORT_TSA_H
#define TESTS_SUPPORT_TSA_H

#include <stddef.h>
#include <stdint.h>

#include "tests/support/keys.h"

struct tsa_request {
    const void *data; /* to be stamped */
    size_t size;
    const uint8_t *nonce; /* 8 bytes, or NULL */
    int64_t at_s;         /* the time that the token tells, Unix seconds */
};

/* The answer, DER, malloc'ed. `pair` needs extendedKeyUsage "critical,timeStamping". */
uint8_t *tsa_stamp(const struct keys_pair *pair, const struct tsa_request *request, size_t *size);

#endif
