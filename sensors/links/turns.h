/*
 * Who is served first by the daemon's loop when several are ready: priorities of sd-event. It serves one source a turn,
 * those of one priority in the order in which they became ready.
 */
#ifndef SENSORS_LINKS_TURNS_H
#define SENSORS_LINKS_TURNS_H

#include <systemd/sd-event.h>

enum {
    TURN_INSTRUMENT = SD_EVENT_PRIORITY_IMPORTANT, /* and the signals that end the daemon, which nothing may keep out */
    TURN_CONTROL = SD_EVENT_PRIORITY_NORMAL,
    TURN_JOURNAL = SD_EVENT_PRIORITY_NORMAL + 5, /* after what there is to write down, before who only looks */
    TURN_WEB = SD_EVENT_PRIORITY_NORMAL + 10,
};

#endif
