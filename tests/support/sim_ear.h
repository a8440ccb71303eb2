/* Listens to one simulated instrument in virtual time, as its only client. Every failure ends the test. */
#ifndef TESTS_SUPPORT_SIM_EAR_H
#define TESTS_SUPPORT_SIM_EAR_H

#include "sensors/sim/sim.h"

enum { SIM_EAR_MAX = 32768 };

struct sim_ear {
    struct sim sim;
    struct sim_instrument *device; /* its name is "device" */
    bool hung_up;
    size_t length;
    char text[SIM_EAR_MAX]; /* what was said since the last call, NUL-terminated */
};

struct sim_ear *sim_ear_open(const char *protocol);
void sim_ear_close(struct sim_ear *ear);

/* A command line of the simulator (sim.h). */
void sim_ear_command(struct sim_ear *ear, const char *command, int64_t t_ms);

/* Both return ear->text: what comes until t_ms, after these bytes were sent at t_ms. */
const char *sim_ear_until(struct sim_ear *ear, int64_t t_ms);
const char *sim_ear_say(struct sim_ear *ear, const char *text, int64_t t_ms);

#endif
