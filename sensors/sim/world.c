#include "sensors/sim/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void world_init(struct sim_world *world)
{
    *world = (struct sim_world){0};
    for (int q = 0; q < QUANTITY_COUNT; q++)
        world->value[q] = (double)NAN;
}

int world_set(struct sim_world *world, const char *name, const char *value, struct err *err)
{
    enum quantity quantity = quantity_by_name(name, strlen(name));
    if (quantity == QUANTITY_COUNT)
        return err_set(err, ERR_INVALID, "world: there is no quantity '%s'", name);
    world->absent[quantity] = strcmp(value, "none") == 0;
    if (world->absent[quantity])
        return 0;
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end || !isfinite(number))
        return err_set(err, ERR_INVALID, "world: %s is a number or 'none', not '%s'", name, value);
    world->value[quantity] = number;
    return 0;
}

double world_at(const struct sim_world *world, const struct engine *engine, enum quantity quantity, int64_t t_ms)
{
    if (world->absent[quantity] || !isnan(world->value[quantity]))
        return world->absent[quantity] ? (double)NAN : world->value[quantity];
    return engine_value(engine, quantity, t_ms);
}
