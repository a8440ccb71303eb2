#include "sensors/links/link.h"

#include <assert.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sensors/links/link_parts.h"

int64_t link_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int link_split_address(const char *address, char *host, size_t host_size, char *port, size_t port_size, struct err *err)
{
    const char *colon = strrchr(address, ':');
    size_t length = colon ? (size_t)(colon - address) : 0;
    const char *from = address;
    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        from++;
        length -= 2;
    }
    if (length == 0 || length >= host_size || strlen(colon + 1) == 0 || strlen(colon + 1) >= port_size)
        return err_set(err, ERR_INVALID,
                       "'%s' is no address; write HOST:PORT with a numeric host, e.g. 192.168.1.20:502", address);
    memcpy(host, from, length);
    host[length] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return err_set(err, ERR_INVALID,
                       "'%s' is no numeric address; names are not looked up, write e.g. 192.168.1.20:502", address);
    freeaddrinfo(found);
    return 0;
}

int link_check(const struct link_config *config, struct err *err)
{
    char host[64];
    char port[8];
    struct port_line line;
    if (config->kind == LINK_TCP || config->kind == LINK_MODBUS_TCP)
        return link_split_address(config->device, host, sizeof host, port, sizeof port, err);
    return port_line_parse(&line, config->line, err);
}

int link_open(struct link **out, sd_event *event, const struct link_config *config, const struct link_slave *slaves,
              size_t slaves_count, const struct link_host *host, struct err *err)
{
    bool modbus = config->kind == LINK_MODBUS_RTU || config->kind == LINK_MODBUS_TCP;
    if (link_check(config, err) != 0)
        return -1;
    if (slaves_count > LINK_SLAVES_MAX)
        return err_set(err, ERR_INVALID, "link %s has more than %d instruments", config->name, LINK_SLAVES_MAX);
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return err_set(err, ERR_FAILED, "out of memory");
    link->ops = modbus ? &link_modbus_ops : &link_bytes_ops;
    link->event = sd_event_ref(event);
    link->config = *config;
    link->host = *host;
    link->slaves_count = modbus ? slaves_count : 1;
    if (modbus)
        memcpy(link->slaves, slaves, slaves_count * sizeof *slaves);
    snprintf(link->problem, sizeof link->problem, "not opened yet");
    if (link->ops->open(link, err) != 0) {
        link_close(link);
        return -1;
    }
    *out = link;
    return 0;
}

void link_close(struct link *link)
{
    if (!link)
        return;
    link->ops->close(link);
    sd_event_unref(link->event);
    free(link);
}

void link_set_up(struct link *link, size_t slave, int64_t t_ms)
{
    if (link->slave_up[slave])
        return;
    link->slave_up[slave] = true;
    link->host.up(link->host.ctx, slave, t_ms);
}

void link_set_down(struct link *link, size_t slave, const char *reason, int64_t t_ms)
{
    if (!link->slave_up[slave])
        return;
    link->slave_up[slave] = false;
    link->host.down(link->host.ctx, slave, reason, t_ms);
}

int link_send(struct link *link, size_t slave, const uint8_t *bytes, size_t length, struct err *err)
{
    assert(slave < link->slaves_count);
    if (!link->slave_up[slave])
        return err_set(err, ERR_UNREACHABLE, "the instrument on %s does not answer; check its power and cable",
                       link->config.device);
    return link->modbus ? link_modbus_send(link, slave, bytes, length, err) : link_bytes_send(link, bytes, length, err);
}

const char *link_problem(const struct link *link)
{
    return link->problem;
}

struct link_counters link_counters(const struct link *link)
{
    return link->counters;
}
