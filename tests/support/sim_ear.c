#include "tests/support/sim_ear.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sim_ear *sim_ear_open(const char *protocol)
{
    struct sim_ear *ear = calloc(1, sizeof *ear);
    assert_non_null(ear);
    sim_init(&ear->sim);
    assert_non_null(sim_protocol_by_name(protocol));
    ear->device = sim_add(&ear->sim, "device", sim_protocol_by_name(protocol));
    ear->device->connections[0].fd = 0; /* somebody listens; no file is touched in virtual time */
    return ear;
}

void sim_ear_close(struct sim_ear *ear)
{
    free(ear);
}

void sim_ear_command(struct sim_ear *ear, const char *command, int64_t t_ms)
{
    struct err err = {0};
    if (sim_command(&ear->sim, command, t_ms, &err) != 0)
        fail_msg("%s: %s", command, err.text);
}

const char *sim_ear_until(struct sim_ear *ear, int64_t t_ms)
{
    struct sim_output out;
    ear->length = 0;
    sim_tick(ear->device, t_ms);
    while (sim_take(ear->device, t_ms, &out)) {
        ear->hung_up = ear->hung_up || out.length == 0;
        assert_true(ear->length + out.length < SIM_EAR_MAX);
        memcpy(ear->text + ear->length, out.bytes, out.length);
        ear->length += out.length;
    }
    ear->text[ear->length] = '\0';
    return ear->text;
}

const char *sim_ear_say(struct sim_ear *ear, const char *text, int64_t t_ms)
{
    sim_hear(ear->device, 0, (const uint8_t *)text, strlen(text), t_ms);
    return sim_ear_until(ear, t_ms);
}
