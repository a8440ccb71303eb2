/*
 * What somebody at a station may be: a registered officer has one role; the station itself and a receiver of packages
 * act, too, and are written into the journal like officers.
 */
#ifndef STATION_CORE_ROLE_H
#define STATION_CORE_ROLE_H

#include <stddef.h>

enum role {
    ROLE_UNKNOWN = 0, /* a person, of whom no register tells more */
    ROLE_ECOLOGY = 1,
    ROLE_POLICE = 2,
    ROLE_TECHNICIAN = 4,
    ROLE_SUPERVISOR = 8,
    ROLE_AUDITOR = 16, /* looks at everything and does nothing */
    ROLE_STATION = 32, /* smogd by itself */
    ROLE_OUTLET = 64,  /* a receiver's answer */
};

enum { ROLE_OFFICERS = ROLE_ECOLOGY | ROLE_POLICE | ROLE_TECHNICIAN | ROLE_SUPERVISOR | ROLE_AUDITOR };

/* "ecology" …; "" for ROLE_UNKNOWN. */
const char *role_name(enum role role);
/* The role of an officer; ROLE_UNKNOWN when there is none of that name. */
enum role role_by_name(const char *name);
/* "an ecology officer or a supervisor": the roles of a set, for a sentence; cut to the buffer. */
void role_say(unsigned roles, char *out, size_t size);

#endif
