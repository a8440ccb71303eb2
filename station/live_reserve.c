#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"
#include "station/reserve.h"

enum {
    MIB = 1 << 20,
    ASK_MS = 5000,          /* between two questions for what waits to be sealed */
    CASE_BYTES = 512 << 10, /* of a package besides the case's files: report, list, proofs, signatures */
};

/* Room for all packages that are still to be made; the last answer where the store gives none. */
static int64_t needed(struct live *live)
{
    struct live_reserve *r = &live->reserve;
    int64_t now_ms = clock_mono_ms(), cases, bytes;
    if (r->asked_ms && now_ms - r->asked_ms < ASK_MS)
        return r->needed;
    if (store_case_unsealed_bytes(live->store, &cases, &bytes, NULL) != 0)
        return r->needed;
    r->asked_ms = now_ms;
    r->cases = cases;
    return bytes + cases * CASE_BYTES;
}

static void hold(struct live *live, const char *path)
{
    struct live_reserve *r = &live->reserve;
    struct err err = {0};
    int64_t target = reserve_target(r->free, r->held, r->base + r->needed);
    bool was_faulty = r->faulty;
    r->faulty = reserve_hold(path, target, &err) != 0;
    if (r->faulty && !was_faulty)
        log_warning("%s", err.text);
    if (target < r->held && r->is_short)
        log_warning("the disk is nearly full: %" PRId64 " MiB of the reserve are given back, %" PRId64 " are left",
                    (r->held - target) / MIB, target / MIB);
    r->held = reserve_held(path);
    reserve_free(live->config->state, &r->free);
}

bool live_reserve_look(struct live *live)
{
    struct live_reserve *r = &live->reserve;
    char path[CONFIG_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/reserve", live->config->state);
    if (!reserve_free(live->config->state, &r->free))
        return false;
    r->held = reserve_held(path);
    r->base = live_lockout_reserve_mb(live) * MIB;
    r->needed = needed(live);
    r->is_short = reserve_short(r->free, r->held, r->base + r->needed);
    hold(live, path);
    return true;
}

bool live_reserve_make_room(void *ctx)
{
    struct live *live = ctx;
    return live_reserve_look(live) && live->reserve.free >= RESERVE_STEP;
}

void live_reserve_say(const struct live *live, char *out, size_t size)
{
    const struct live_reserve *r = &live->reserve;
    snprintf(out, size,
             "only %" PRId64 " MiB are free and %" PRId64 " held in reserve; wanted are %" PRId64
             " for a test and %" PRId64 " to seal %" PRId64 " cases",
             r->free / MIB, r->held / MIB, (r->base + RESERVE_FREE) / MIB, (r->needed + MIB - 1) / MIB, r->cases);
}

bool live_reserve_spent(const struct live *live)
{
    const struct live_reserve *r = &live->reserve;
    return r->needed > 0 && r->free + r->held < r->needed + RESERVE_FREE;
}

void live_reserve_status(const struct live *live, struct json_writer *w)
{
    const struct live_reserve *r = &live->reserve;
    char problem[200] = "";
    if (r->is_short)
        live_reserve_say(live, problem, sizeof problem);
    json_object_begin(w, "disk");
    json_integer(w, "free_mb", r->free / MIB);
    json_integer(w, "held_mb", r->held / MIB);
    json_integer(w, "needed_mb", (r->needed + MIB - 1) / MIB);
    json_string(w, "problem", problem);
    json_integer(w, "reserve_mb", r->base / MIB);
    json_string(w, "state", live->config->state);
    json_object_end(w);
}
