#include "station/ctl_uptime.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/uptime.h"
#include "station/core/civil.h"

enum { TOKENS = 1024, CELL = 32, HOUR_MS = 3600000 };

struct walking {
    struct store *store;
    struct uptime uptime;
    struct json_doc doc;
    struct json_token tokens[TOKENS];
    int64_t at_ms; /* of the event that was read last */
    struct err *err;
    int result;
};

/* Reads an event's time, and its members into w->doc. False: it has none, as in a journal of tests. */
static bool read_event(struct walking *w, const char *body, size_t length)
{
    char at[CIVIL_TIME_TEXT_MAX];
    return json_parse(&w->doc, body, length, w->tokens, TOKENS, NULL) == 0 &&
           json_get_string(&w->doc, json_member(&w->doc, 0, "at"), at, sizeof at) &&
           civil_time_parse(&w->at_ms, at, strlen(at), 0);
}

/* When the event of that number was written; the one read last where it does not tell. */
static int time_of(struct walking *w, uint64_t index, int64_t *at_ms)
{
    char *body = NULL;
    size_t length;
    if (store_event_get(w->store, index, &body, &length, w->err) != 0)
        return -1;
    read_event(w, body, length);
    free(body);
    *at_ms = w->at_ms;
    return 0;
}

static int take_start(struct walking *w, uint64_t index)
{
    int64_t at_ms = w->at_ms, last_ms = at_ms;
    if (w->uptime.running && index > 0 && time_of(w, index - 1, &last_ms) != 0)
        return -1;
    w->at_ms = at_ms;
    uptime_start(&w->uptime, at_ms, last_ms);
    return 0;
}

static int take_event(void *ctx, uint64_t index, const char *body, size_t length)
{
    struct walking *w = ctx;
    char name[UPTIME_NAME_MAX];
    if (!read_event(w, body, length))
        return 0;
    ptrdiff_t kind = json_member(&w->doc, 0, "kind");
    if (json_equals(&w->doc, kind, "daemon-start"))
        w->result = take_start(w, index);
    else if (json_equals(&w->doc, kind, "daemon-stop"))
        uptime_stop(&w->uptime, w->at_ms);
    else if (json_get_string(&w->doc, json_member(&w->doc, 0, "name"), name, sizeof name))
        uptime_state(&w->uptime, w->at_ms, name, json_equals(&w->doc, json_member(&w->doc, 0, "state"), "live"));
    return w->result;
}

static int walk(struct walking *w)
{
    uint64_t size;
    int64_t end_ms = 0;
    if (store_event_edges(w->store, take_event, w, w->err) != 0 || w->result != 0 ||
        store_size(w->store, &size, w->err) != 0 || (size > 0 && time_of(w, size - 1, &end_ms) != 0))
        return -1;
    uptime_end(&w->uptime, end_ms);
    return w->uptime.failed ? err_set(w->err, ERR_FAILED, "out of memory") : 0;
}

/* ---- the sheet ---- */

static void hundredths(int64_t part, int64_t whole, char out[CELL])
{
    int64_t value = (part + whole / 2) / whole;
    snprintf(out, CELL, "%" PRId64 ".%02" PRId64, value / 100, value % 100);
}

static void write_rows(const struct walking *w, struct sheets *sheets, struct sheet *sheet)
{
    int64_t spanned_ms = uptime_spanned_ms(&w->uptime);
    for (size_t i = 0; spanned_ms > 0 && i < w->uptime.count; i++) {
        const struct uptime_instrument *one = &w->uptime.instruments[i];
        char spanned[CELL], running[CELL], live[CELL], outages[CELL], lost[CELL], longest[CELL];
        hundredths(100 * spanned_ms, HOUR_MS, spanned);
        hundredths(10000 * w->uptime.running_ms, spanned_ms, running);
        hundredths(10000 * one->live_ms, spanned_ms, live);
        snprintf(outages, sizeof outages, "%d", one->outages);
        hundredths(100 * one->lost_ms, HOUR_MS, lost);
        hundredths(100 * one->longest_ms, HOUR_MS, longest);
        sheet_row(
            sheets, sheet,
            (const char *const[]){store_station(w->store), one->name, spanned, running, live, outages, lost, longest});
    }
}

static bool is_repeated(struct store *const *stores, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(store_station(stores[i]), store_station(stores[at])) == 0)
            return true;
    return false;
}

int ctl_uptime(struct store *const *stores, size_t count, int64_t from_ms, int64_t to_ms, struct sheets *sheets,
               struct err *err)
{
    static const struct sheet_column columns[] = {{"station", "站点", "station", SHEET_TEXT},
                                                  {"instrument", "仪器", "instrument", SHEET_TEXT},
                                                  {"hours", "统计小时", "hours counted", SHEET_NUMBER},
                                                  {"running_percent", "系统运行%", "smogd ran %", SHEET_NUMBER},
                                                  {"live_percent", "仪器在线%", "live %", SHEET_NUMBER},
                                                  {"outages", "中断次数", "outages", SHEET_NUMBER},
                                                  {"outage_hours", "中断小时", "hours of them", SHEET_NUMBER},
                                                  {"longest_hours", "最长中断小时", "longest", SHEET_NUMBER}};
    struct sheet *sheet = sheets_add(sheets, "uptime", "仪器在线率", "Instruments", columns, 8);
    struct walking *w = malloc(sizeof *w);
    if (!w)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++) {
        if (is_repeated(stores, i))
            continue;
        *w = (struct walking){.store = stores[i], .err = err};
        uptime_open(&w->uptime, from_ms, to_ms);
        result = walk(w);
        if (result == 0)
            write_rows(w, sheets, sheet);
        uptime_close(&w->uptime);
    }
    free(w);
    return result;
}
