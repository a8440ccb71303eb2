#include "station/core/quantity.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *name;
    const char *unit;
} quantities[QUANTITY_COUNT] = {
#define QUANTITY_ROW(id, name, unit) [QUANTITY_##id] = {name, unit},
    QUANTITY_TABLE(QUANTITY_ROW)
#undef QUANTITY_ROW
};

const char *quantity_name(enum quantity quantity)
{
    assert(quantity < QUANTITY_COUNT);
    return quantities[quantity].name;
}

const char *quantity_unit(enum quantity quantity)
{
    assert(quantity < QUANTITY_COUNT);
    return quantities[quantity].unit;
}

enum quantity quantity_by_name(const char *name, size_t length)
{
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++)
        if (strlen(quantities[q].name) == length && memcmp(quantities[q].name, name, length) == 0)
            return q;
    return QUANTITY_COUNT;
}
