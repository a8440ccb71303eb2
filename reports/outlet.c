#include "reports/outlet.h"

#include <string.h>

static const struct outlet_driver *const drivers[] = {&outlet_package_rest, NULL};

const struct outlet_driver *outlet_find(const char *kind)
{
    for (size_t i = 0; drivers[i]; i++)
        if (strcmp(drivers[i]->kind, kind) == 0)
            return drivers[i];
    return NULL;
}

const char *outlet_outcome_name(enum outlet_outcome outcome)
{
    static const char *const names[] = {"sent", "retry", "refused", "unknown"};
    return names[outcome];
}

bool outlet_presentable(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            return false;
    return text[0] != '\0';
}
