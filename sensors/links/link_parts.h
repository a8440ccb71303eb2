/* The inside of links: what link.c, link_bytes.c and link_modbus.c share. */
#ifndef SENSORS_LINKS_LINK_PARTS_H
#define SENSORS_LINKS_LINK_PARTS_H

#include "sensors/links/link.h"
#include "sensors/links/port.h"

enum { LINK_RETRY_MS = 500, LINK_CONNECT_MS = 1500 };

/* One kind of link. */
struct link_kind_ops {
    int (*open)(struct link *link, struct err *err);
    void (*close)(struct link *link); /* half-built ones too */
};

extern const struct link_kind_ops link_bytes_ops, link_modbus_ops;

struct link_bytes;
struct link_modbus;

struct link {
    const struct link_kind_ops *ops;
    sd_event *event;
    struct link_config config;
    struct link_host host;
    size_t slaves_count;
    struct link_slave slaves[LINK_SLAVES_MAX];
    bool slave_up[LINK_SLAVES_MAX];
    char problem[LINK_TEXT_MAX];
    struct link_counters counters;
    struct link_bytes *bytes;   /* of byte links */
    struct link_modbus *modbus; /* of Modbus links */
};

/* Edges: tell the host once. */
void link_set_up(struct link *link, size_t slave, int64_t t_ms);
void link_set_down(struct link *link, size_t slave, const char *reason, int64_t t_ms);

int64_t link_now_ms(void); /* CLOCK_MONOTONIC */

/* Splits "HOST:PORT" or "[HOST]:PORT". */
int link_split_address(const char *address, char *host, size_t host_size, char *port, size_t port_size,
                       struct err *err);

int link_bytes_send(struct link *link, const uint8_t *bytes, size_t length, struct err *err);
int link_modbus_send(struct link *link, size_t slave, const uint8_t *bytes, size_t length, struct err *err);

#endif
