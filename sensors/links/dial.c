#define _DEFAULT_SOURCE

#include "sensors/links/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDLE_S = 5, INTERVAL_S = 2, PROBES = 2, UNACKNOWLEDGED_MS = 9000 };

static const char local[] = "localhost";

int dial_parse(struct dial_address *address, const char *text, struct err *err)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    bool bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    length -= bracketed ? 2 : 0;
    char *end = NULL;
    long port = colon ? strtol(colon + 1, &end, 10) : 0;
    if (port < 1 || port > 65535 || *end != '\0' || length == 0 || length >= sizeof host)
        return err_set(err, ERR_INVALID, "'%s' is no address; write it like 192.168.1.20:502 or [fd00::20]:502", text);
    snprintf(host, sizeof host, "%.*s", (int)length, text + bracketed);
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(strcmp(host, local) == 0 ? "127.0.0.1" : host, colon + 1, &hints, &found) != 0)
        return err_set(err, ERR_INVALID,
                       "'%s' is no numeric address; names are not looked up, write it like 192.168.1.20:502", text);
    memset(address, 0, sizeof *address);
    memcpy(&address->at, found->ai_addr, found->ai_addrlen);
    address->length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

int dial_start(const struct dial_address *address)
{
    int fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool begun = fd >= 0 && set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
                 set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) && set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, IDLE_S) &&
                 set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, INTERVAL_S) &&
                 set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, PROBES) &&
                 set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS) &&
                 (connect(fd, (const struct sockaddr *)&address->at, address->length) == 0 || errno == EINPROGRESS);
    if (!begun && fd >= 0) {
        int why = errno;
        close(fd);
        errno = why;
        fd = -1;
    }
    return fd;
}

int dial_result(int fd)
{
    int failure = 0;
    socklen_t size = sizeof failure;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 ? failure : errno;
}
