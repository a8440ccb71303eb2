#include "sensors/links/kind.h"

#include <assert.h>

static const char *const names[] = {
    [LINK_SERIAL] = "serial",
    [LINK_TCP] = "tcp",
    [LINK_MODBUS_RTU] = "modbus-rtu",
    [LINK_MODBUS_TCP] = "modbus-tcp",
    [LINK_MODBUS_RTU_OVER_TCP] = "modbus-rtu-over-tcp",
};

const char *link_kind_name(enum link_kind kind)
{
    assert(kind < LINK_KIND_COUNT);
    return names[kind];
}

bool link_kind_is_modbus(enum link_kind kind)
{
    return kind == LINK_MODBUS_RTU || kind == LINK_MODBUS_TCP || kind == LINK_MODBUS_RTU_OVER_TCP;
}

bool link_kind_is_port(enum link_kind kind)
{
    return kind == LINK_SERIAL || kind == LINK_MODBUS_RTU;
}
