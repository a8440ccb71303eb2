#include "station/core/role.h"

#include <stdio.h>
#include <string.h>

static const struct {
    enum role role;
    const char *name, *words;
} roles_known[] = {
    {ROLE_ECOLOGY, "ecology", "an ecology officer"},   {ROLE_POLICE, "police", "a police officer"},
    {ROLE_TECHNICIAN, "technician", "a technician"},   {ROLE_SUPERVISOR, "supervisor", "a supervisor"},
    {ROLE_AUDITOR, "auditor", "an auditor"},           {ROLE_STATION, "station", "the station itself"},
    {ROLE_OUTLET, "outlet", "the receiver's answers"},
};

enum { ROLES_KNOWN = sizeof roles_known / sizeof roles_known[0] };

const char *role_name(enum role role)
{
    for (size_t i = 0; i < ROLES_KNOWN; i++)
        if (roles_known[i].role == role)
            return roles_known[i].name;
    return "";
}

enum role role_by_name(const char *name)
{
    for (size_t i = 0; i < ROLES_KNOWN; i++)
        if ((roles_known[i].role & ROLE_OFFICERS) && strcmp(roles_known[i].name, name) == 0)
            return roles_known[i].role;
    return ROLE_UNKNOWN;
}

void role_say(unsigned roles, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < ROLES_KNOWN && at < size; i++)
        if (roles & roles_known[i].role)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at > 0 ? " or " : "", roles_known[i].words);
}
