#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

/* One link and the instruments on it, in the order of its slaves. */
struct live_link {
    struct live *live;
    struct link *link;
    size_t count;
    int instruments[BENCH_INSTRUMENTS_MAX];
};

static void on_up(void *ctx, size_t slave, int64_t t_ms)
{
    struct live_link *l = ctx;
    l->live->instruments[l->instruments[slave]].trouble[0] = '\0';
    bench_connect(&l->live->bench, l->instruments[slave], t_ms);
    live_settle(l->live);
}

static void on_down(void *ctx, size_t slave, const char *reason, int64_t t_ms)
{
    struct live_link *l = ctx;
    struct live_instrument *instrument = &l->live->instruments[l->instruments[slave]];
    snprintf(instrument->trouble, sizeof instrument->trouble, "%s", reason);
    bench_disconnect(&l->live->bench, l->instruments[slave], t_ms);
    live_settle(l->live);
}

static void on_received(void *ctx, size_t slave, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    struct live_link *l = ctx;
    bench_receive(&l->live->bench, l->instruments[slave], bytes, length, t_ms);
    live_settle(l->live);
}

static int open_one(struct live *live, size_t index, struct live_link *l, struct err *err)
{
    const struct config *config = live->config;
    const struct config_link *c = &config->links[index];
    struct link_slave slaves[BENCH_INSTRUMENTS_MAX];
    l->live = live;
    for (size_t i = 0; i < config->instruments_count; i++) {
        const struct config_instrument *instrument = &config->instruments[i];
        if (instrument->link != index)
            continue;
        const struct profile *profile = instrument->sensor.profile;
        int64_t own_ms = instrument->sensor.poll_ms;
        slaves[l->count] = (struct link_slave){.unit = instrument->sensor.unit,
                                               .profile = profile,
                                               .poll_ms = own_ms    ? own_ms
                                                          : profile ? profile->poll_ms
                                                                    : 0};
        l->instruments[l->count++] = (int)i;
        live->instruments[i].link = l;
        live->instruments[i].slave = l->count - 1;
    }
    if (l->count == 0) {
        log_warning("%s:%u: no instrument uses link '%s'", config->file, c->at_line, c->name);
        return 0;
    }
    const struct link_config link = {
        .kind = c->kind, .name = c->name, .device = c->device, .line = c->line, .retry_ms = c->retry_ms};
    const struct link_host host = {.ctx = l, .up = on_up, .down = on_down, .received = on_received};
    return link_open(&l->link, live->event, &link, slaves, link_kind_is_modbus(c->kind) ? l->count : 0, &host, err);
}

int live_links_open(struct live *live, struct err *err)
{
    live->links = calloc(live->config->links_count + 1, sizeof *live->links);
    if (!live->links)
        return err_set(err, ERR_FAILED, "out of memory");
    for (size_t i = 0; i < live->config->links_count; i++)
        if (open_one(live, i, &live->links[i], err) != 0)
            return -1;
    return 0;
}

void live_links_close(struct live *live)
{
    for (size_t i = 0; live->links && i < live->config->links_count; i++)
        link_close(live->links[i].link);
    free(live->links);
    live->links = NULL;
}

void live_links_send(struct live *live, int instrument, const uint8_t *bytes, size_t length)
{
    struct live_instrument *to = &live->instruments[instrument];
    struct err err = {0};
    if (!to->link || !to->link->link || link_send(to->link->link, to->slave, bytes, length, &err) == 0)
        return;
    to->unsent++;
    log_debug("%s: %s", live->config->instruments[instrument].sensor.name, err.text);
}

void live_links_look(struct live *live)
{
    for (int i = 0; i < live->bench.count; i++) {
        struct live_instrument *instrument = &live->instruments[i];
        const char *problem =
            instrument->link && instrument->link->link ? link_problem(instrument->link->link, instrument->slave) : "";
        if (live->bench.instruments[i].state != BENCH_OFFLINE || strcmp(problem, instrument->problem) == 0)
            continue;
        snprintf(instrument->problem, sizeof instrument->problem, "%s", problem);
        if (problem[0]) {
            snprintf(instrument->trouble, sizeof instrument->trouble, "%s", problem);
            log_warning("%s: %s", live->config->instruments[i].sensor.name, problem);
        }
    }
}
