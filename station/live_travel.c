#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/core/anomaly.h"
#include "station/core/metrology.h"
#include "station/live_parts.h"

enum { ROWS_MAX = 1000 };

/* What a sighting is compared with, and the worst that was found. */
struct trip {
    const struct live *live;
    const struct live_sighting *of;
    struct anomaly_params params;
    int64_t from_ms, before_ms;
    bool found;
    double km, kmh;
    int64_t seconds;
    char other[64];
};

static void compare(struct trip *trip, const char *id, int64_t at_ms, double latitude, double longitude)
{
    const struct live_sighting *of = trip->of;
    int64_t apart_ms = at_ms > of->at_ms ? at_ms - of->at_ms : of->at_ms - at_ms;
    double km = anomaly_distance_km(of->latitude, of->longitude, latitude, longitude);
    double kmh = anomaly_travel_kmh(&trip->params, km, apart_ms);
    if (kmh <= 0 || (trip->found && kmh <= trip->kmh))
        return;
    trip->found = true;
    trip->km = km;
    trip->kmh = kmh;
    trip->seconds = apart_ms / 1000;
    snprintf(trip->other, sizeof trip->other, "%s", id);
}

static int take_imported(void *ctx, const struct store_imported *f)
{
    struct trip *trip = ctx;
    struct decimal latitude, longitude;
    if (strcmp(f->station, trip->of->station) != 0 && decimal_parse(&latitude, f->latitude, strlen(f->latitude)) &&
        decimal_parse(&longitude, f->longitude, strlen(f->longitude)))
        compare(trip, f->id, f->at_ms, decimal_to_double(latitude), decimal_to_double(longitude));
    return 0;
}

static void compare_own(struct trip *trip, const char *id, int64_t at_ms)
{
    const struct config *config = trip->live->config;
    if (at_ms >= trip->from_ms && at_ms < trip->before_ms)
        compare(trip, id, at_ms, decimal_to_double(config->latitude), decimal_to_double(config->longitude));
}

static int take_test(void *ctx, const struct store_test *t)
{
    compare_own(ctx, t->id, t->started_ms);
    return 0;
}

static int take_passage(void *ctx, const struct store_passage *p)
{
    compare_own(ctx, p->id, p->at_ms);
    return 0;
}

static int find(struct trip *trip, struct err *err)
{
    struct store *store = trip->live->store;
    const struct config *config = trip->live->config;
    const struct live_sighting *of = trip->of;
    if (store_imported_list(store, of->plate, of->colour, trip->from_ms, trip->before_ms, ROWS_MAX, take_imported, trip,
                            err) != 0)
        return -1;
    if (!config->has_position || strcmp(of->station, config->id) == 0)
        return 0;
    if (store_test_list(store, of->plate, of->colour, false, ROWS_MAX, take_test, trip, err) != 0)
        return -1;
    return store_passage_list(store, of->plate, of->colour, trip->from_ms, false, ROWS_MAX, take_passage, trip, err);
}

static int tell(struct live *live, const struct trip *trip, struct err *err)
{
    char km[DECIMAL_TEXT_MAX], kmh[DECIMAL_TEXT_MAX] = "";
    struct decimal value = {0};
    struct entries e = {0};
    decimal_from_double(trip->km, 1, &value);
    decimal_format(value, km);
    if (isfinite(trip->kmh) && decimal_from_double(trip->kmh, 0, &value))
        decimal_format(value, kmh);
    entries_text(&e, "km", km);
    entries_text(&e, "kmh", kmh);
    entries_text(&e, "other", trip->other);
    entries_text(&e, "plate", trip->of->plate);
    entries_integer(&e, "seconds", trip->seconds);
    return live_alert(live, "travel", trip->of->id, &e, err);
}

int live_travel_look(struct live *live, const struct live_sighting *sighting, struct err *err)
{
    enum { EARTH_KM = 20040, HOUR_MS = 3600000 }; /* no two places are further apart */
    const struct config *config = live->config;
    const struct rule_pack *pack;
    struct trip trip = {.live = live, .of = sighting};
    const struct rule *rule = metrology_rule(config->rules, config->rules_count, ANOMALY_METHOD,
                                             civil_date_of(sighting->at_ms, config->utc_offset_minutes), &pack);
    if (!rule || sighting->plate[0] == '\0' || anomaly_load(&trip.params, rule, NULL) != 0 ||
        trip.params.travel_kmh <= 0)
        return 0;
    int64_t window_ms = (int64_t)(EARTH_KM / trip.params.travel_kmh * HOUR_MS);
    trip.from_ms = sighting->at_ms - window_ms;
    trip.before_ms = sighting->at_ms + window_ms + 1;
    if (find(&trip, err) != 0)
        return -1;
    return trip.found ? tell(live, &trip, err) : 0;
}

int live_travel_here(struct live *live, const char *id, const struct plate *plate, int64_t at_ms, struct err *err)
{
    const struct config *config = live->config;
    const struct live_sighting sighting = {.id = id,
                                           .station = config->id,
                                           .plate = plate->text,
                                           .colour = plate_colour_name(plate->colour),
                                           .at_ms = at_ms,
                                           .latitude = decimal_to_double(config->latitude),
                                           .longitude = decimal_to_double(config->longitude)};
    return config->has_position ? live_travel_look(live, &sighting, err) : 0;
}
