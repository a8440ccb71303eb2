/* TCP without waiting: numeric addresses only, because looking up a name can block for seconds. */
#ifndef SENSORS_LINKS_DIAL_H
#define SENSORS_LINKS_DIAL_H

#include <sys/socket.h>

#include "station/core/err.h"

struct dial_address {
    struct sockaddr_storage at;
    socklen_t length;
};

/* "192.168.1.20:502", "[fd00::20]:502", "localhost:502". */
int dial_parse(struct dial_address *address, const char *text, struct err *err);

/* Begins to connect. Returns a non-blocking descriptor that becomes writable when that is decided, or -1 with errno. A
 * peer that vanishes without a word is noticed within about 10 s. */
int dial_start(const struct dial_address *address);

/* What became of it: 0 connected, else the errno. */
int dial_result(int fd);

#endif
