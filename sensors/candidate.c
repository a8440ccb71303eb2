#include "sensors/candidate.h"

#include <stdio.h>
#include <string.h>

#include "sensors/drivers/byteface.h"

/* Words without which a driver refuses its configuration. */
static const struct dialect {
    const char *driver, *option;
} dialects[] = {{"csri", "two-byte"}, {"csri", "ascii"}, {"mph", "km/h"}, {"mph", "mph"}};

struct list {
    struct candidate *out;
    size_t count;
};

/* What the trial of a driver before silence has seen. */
struct trial {
    int64_t wake_ms;
    bool sent;
};

static void note_wake(void *ctx, int64_t at_ms)
{
    ((struct trial *)ctx)->wake_ms = at_ms;
}

static void ignore_sample(void *ctx, const struct sample *sample)
{
    (void)ctx;
    (void)sample;
}

static void ignore_fault(void *ctx, enum instrument_status status, const char *detail)
{
    (void)ctx;
    (void)status;
    (void)detail;
}

static void note_send(void *ctx, const uint8_t *bytes, size_t length)
{
    (void)bytes;
    (void)length;
    ((struct trial *)ctx)->sent = true;
}

/* Does it send by itself within its first seconds before a silent port? */
static bool asks(const struct candidate *c)
{
    enum { TRIAL_MS = 5000 };
    struct trial trial = {.wake_ms = -1};
    const struct sensor_host host = {
        .ctx = &trial, .send = note_send, .wake = note_wake, .publish = ignore_sample, .fault = ignore_fault};
    struct sensor s = {.driver = c->driver, .config = &c->config};
    c->driver->start(&s, 0, &host);
    while (!trial.sent && c->driver->wake && trial.wake_ms >= 0 && trial.wake_ms <= TRIAL_MS) {
        int64_t t_ms = trial.wake_ms;
        trial.wake_ms = -1;
        c->driver->wake(&s, t_ms, &host);
    }
    return trial.sent;
}

static void add(struct list *list, const struct sensor_driver *driver, const char *option,
                const struct profile *profile)
{
    if (list->count == CANDIDATES_MAX)
        return;
    struct candidate *c = &list->out[list->count];
    *c = (struct candidate){.driver = driver, .config = {.profile = profile, .first_passage = true}};
    snprintf(c->config.name, sizeof c->config.name, "probe");
    snprintf(c->config.option, sizeof c->config.option, "%s", option);
    if (driver->check(&c->config, NULL) != 0)
        return;
    c->asks = asks(c);
    list->count++;
}

static void add_driver(struct list *list, const struct sensor_driver *driver, const struct profile *const *profiles,
                       size_t profiles_count)
{
    size_t before = list->count;
    for (size_t i = 0; bytefaces[i]; i++)
        if (bytefaces[i]->driver && bytefaces[i]->option && strcmp(bytefaces[i]->driver, driver->name) == 0)
            add(list, driver, bytefaces[i]->option, NULL);
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++)
        if (strcmp(dialects[i].driver, driver->name) == 0)
            add(list, driver, dialects[i].option, NULL);
    if (list->count == before)
        add(list, driver, "", NULL);
    bool needs_profile = list->count == before;
    for (size_t i = 0; needs_profile && i < profiles_count; i++)
        add(list, driver, "", profiles[i]);
}

size_t candidate_list(struct candidate out[CANDIDATES_MAX], const struct profile *const *profiles,
                      size_t profiles_count)
{
    struct list list = {.out = out};
    for (size_t i = 0; sensor_drivers[i]; i++) {
        const struct sensor_driver *driver = sensor_drivers[i];
        if (driver->line && !driver->output && strcmp(driver->name, "modbus") != 0)
            add_driver(&list, driver, profiles, profiles_count);
    }
    return list.count;
}
