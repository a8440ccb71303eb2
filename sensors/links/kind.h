/* What kinds of links there are, for those who only read configurations. */
#ifndef SENSORS_LINKS_KIND_H
#define SENSORS_LINKS_KIND_H

#include <stdbool.h>

enum link_kind {
    LINK_SERIAL,
    LINK_TCP,
    LINK_MODBUS_RTU,
    LINK_MODBUS_TCP,
    LINK_MODBUS_RTU_OVER_TCP, /* a gateway that hands on RTU frames as they are */
    LINK_KIND_COUNT
};

const char *link_kind_name(enum link_kind kind); /* "modbus-rtu": as in the configuration */
bool link_kind_is_modbus(enum link_kind kind);
bool link_kind_is_port(enum link_kind kind); /* a device with a line setting, else a TCP address */

#endif
