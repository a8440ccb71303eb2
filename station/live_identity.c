#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/live_parts.h"

/* ---- what was said of the same plate before ---- */

/* What a vehicle is by its papers. Its owner and its trailer change without anybody's doing wrong. */
static const enum vehicle_fact lasting[] = {
    VEHICLE_FUEL,       VEHICLE_CLASS,     VEHICLE_GEARBOX,   VEHICLE_MASS_KG,
    VEHICLE_POWER_KW,   VEHICLE_RATED_RPM, VEHICLE_STAGE,     VEHICLE_FIRST_REGISTRATION,
    VEHICLE_ASPIRATION, VEHICLE_VIN,       VEHICLE_MODEL_YEAR};
enum { LASTING = sizeof lasting / sizeof lasting[0], EARLIER_TESTS = 20, RECORD_TOKENS = 8192 };

struct look_back {
    const struct live *live;
    struct vehicle *vehicle;
    struct json_token *tokens;
    struct vehicle earlier;
    struct err *err;
    int result;
};

/* The vehicle of an earlier record. One that cannot be read has nothing to say. */
static bool read_earlier(struct look_back *look, const char *record)
{
    struct json_doc doc;
    if (json_parse(&doc, record, strlen(record), look->tokens, RECORD_TOKENS, NULL) != 0)
        return false;
    look->earlier = (struct vehicle){0};
    return vehicle_read(&look->earlier, &doc, json_member(&doc, 0, "vehicle"), NULL) == 0;
}

static int take_earlier(void *ctx, const struct store_test *test)
{
    struct look_back *look = ctx;
    struct store_test row;
    char *record = NULL;
    if (test->ended_ms == 0)
        return 0;
    look->result = store_test_get(look->live->store, test->id, &row, &record, look->err);
    if (look->result != 0)
        return 1;
    if (record && read_earlier(look, record))
        for (size_t i = 0; i < LASTING; i++)
            if (look->earlier.facts[lasting[i]].source != FACT_ABSENT)
                vehicle_set_previous(look->vehicle, lasting[i], look->earlier.facts[lasting[i]].value, test->id);
    free(record);
    return 0;
}

/* The newest record that says otherwise of a fact is the one that is noted. */
static int look_back(const struct live *live, struct vehicle *vehicle, struct err *err)
{
    struct look_back *look = calloc(1, sizeof *look);
    struct json_token *tokens = malloc(RECORD_TOKENS * sizeof *tokens);
    int result = -1;
    if (!look || !tokens) {
        err_set(err, ERR_FAILED, "out of memory");
    } else {
        *look = (struct look_back){.live = live, .vehicle = vehicle, .tokens = tokens, .err = err};
        result = store_test_list(live->store, vehicle->plate.text, plate_colour_name(vehicle->plate.colour), false,
                                 EARLIER_TESTS, take_earlier, look, err);
        if (result == 0)
            result = look->result;
    }
    free(tokens);
    free(look);
    return result;
}

/* Is the key among "a,b,c"? */
static bool confirmed(const char *keys, const char *key)
{
    size_t length = strlen(key);
    for (const char *at = keys; (at = strstr(at, key)); at += length)
        if ((at == keys || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

int live_identity_check(const struct live *live, struct vehicle *vehicle, const struct json_doc *request,
                        struct err *err)
{
    char confirm[256], missing[256] = "", first[200] = "";
    if (live_request_text(request, "confirm", false, confirm, sizeof confirm, err) != 0 ||
        look_back(live, vehicle, err) != 0)
        return -1;
    for (size_t i = 0; i < LASTING; i++) {
        const struct fact *f = &vehicle->facts[lasting[i]];
        const char *key = vehicle_fact_key(lasting[i]);
        if (f->source == FACT_ABSENT || !f->previous[0] || confirmed(confirm, key))
            continue;
        size_t used = strlen(missing);
        snprintf(missing + used, sizeof missing - used, "%s%s", used ? "," : "", key);
        if (!first[0])
            snprintf(first, sizeof first, "%s is %s now and was %s in %s", key, f->value, f->previous, f->previous_in);
    }
    if (!missing[0])
        return 0;
    return err_set(err, ERR_REFUSED,
                   "%s; look at the vehicle licence, then start with the right value, or with --confirm %s", first,
                   missing);
}

int live_identity_alerts(struct live *live, const struct live_test *test, struct err *err)
{
    const struct vehicle *vehicle = &test->vehicle;
    for (size_t i = 0; i < LASTING; i++) {
        const struct fact *f = &vehicle->facts[lasting[i]];
        struct entries e = {0};
        if (f->source == FACT_ABSENT || !f->previous[0])
            continue;
        entries_text(&e, "by", f->by);
        entries_text(&e, "fact", vehicle_fact_key(lasting[i]));
        entries_text(&e, "plate", vehicle->plate.text);
        entries_text(&e, "previous", f->previous);
        entries_text(&e, "previous_in", f->previous_in);
        entries_text(&e, "source", fact_source_name(f->source));
        entries_text(&e, "value", f->value);
        if (live_alert(live, "input-changed", test->id, &e, err) != 0)
            return -1;
    }
    bool smoke = false;
    for (const enum quantity *q = test->method->quantities; *q != QUANTITY_COUNT; q++)
        smoke |= *q == QUANTITY_K || *q == QUANTITY_OPACITY;
    if (!smoke || !plate_is_electric(&vehicle->plate))
        return 0;
    struct entries e = {0};
    entries_text(&e, "method", test->method->name);
    entries_text(&e, "plate", vehicle->plate.text);
    return live_alert(live, "electric-plate", test->id, &e, err);
}
