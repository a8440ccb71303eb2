#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

enum { HOUR_MS = 3600 * 1000 };

/* ---- the registry ---- */

static struct live_lockout *find(struct live *live, enum lockout_code code, const char *subject)
{
    struct live_lockouts *all = &live->lockouts;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].code == code && strcmp(all->items[i].subject, subject) == 0)
            return &all->items[i];
    return NULL;
}

static struct live_lockout *add(struct live *live, enum lockout_code code, const char *subject)
{
    struct live_lockouts *all = &live->lockouts;
    if (all->count == all->room) {
        size_t room = all->room ? 2 * all->room : 16;
        struct live_lockout *items = realloc(all->items, room * sizeof *items);
        if (!items)
            return NULL;
        all->items = items;
        all->room = room;
    }
    struct live_lockout *l = &all->items[all->count++];
    *l = (struct live_lockout){.code = code};
    snprintf(l->subject, sizeof l->subject, "%s", subject);
    return l;
}

/* What neither holds nor waits for its event is forgotten. */
static void forget(struct live_lockouts *all)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].holds || all->items[i].stored)
            all->items[kept++] = all->items[i];
    all->count = kept;
}

static int take_stored(void *ctx, const struct store_lockout *row)
{
    struct live *live = ctx;
    enum lockout_code code = lockout_by_name(row->code);
    struct live_lockout *l = code == LOCKOUT_COUNT ? NULL : add(live, code, row->subject);
    if (!l)
        return 0; /* of another version of this program */
    memcpy(l->what, row->what, sizeof l->what);
    l->since_ms = row->since_ms;
    l->holds = l->stored = true;
    return 0;
}

int live_lockout_open(struct live *live, struct err *err)
{
    return store_lockout_list(live->store, take_stored, live, err);
}

void live_lockout_close(struct live *live)
{
    free(live->lockouts.items);
    live->lockouts = (struct live_lockouts){0};
}

/* It holds since then: what is the matter. */
__attribute__((format(printf, 5, 6))) static void holds(struct live *live, enum lockout_code code, const char *subject,
                                                        int64_t since_ms, const char *what, ...)
{
    struct live_lockout *l = find(live, code, subject);
    if (l && l->holds)
        return;
    if (!l && !(l = add(live, code, subject))) {
        log_error("out of memory for a lockout: %s %s", lockout_kind(code)->code, subject);
        return;
    }
    va_list args;
    va_start(args, what);
    vsnprintf(l->what, sizeof l->what, what, args);
    va_end(args);
    if (!l->stored)
        l->since_ms = since_ms;
    l->holds = true;
    if (lockout_kind(code)->recorded)
        log_warning("locked: %s%s%s: %s", lockout_kind(code)->code, subject[0] ? ", " : "", subject, l->what);
}

/* It does not hold (any more): why. */
__attribute__((format(printf, 4, 5))) static void ends(struct live *live, enum lockout_code code, const char *subject,
                                                       const char *why, ...)
{
    struct live_lockout *l = find(live, code, subject);
    if (!l || !l->holds)
        return;
    va_list args;
    va_start(args, why);
    vsnprintf(l->ended, sizeof l->ended, why, args);
    va_end(args);
    l->holds = false;
    if (lockout_kind(code)->recorded)
        log_notice("unlocked: %s%s%s: %s", lockout_kind(code)->code, subject[0] ? ", " : "", subject, l->ended);
}

/* ---- figures ---- */

static struct civil_date today(const struct live *live)
{
    return civil_date_of(clock_unix_ms(), live->config->utc_offset_minutes);
}

bool live_lockout_figures(const struct live *live, struct metrology_station *out)
{
    const struct rule_pack *pack;
    const struct rule *rule =
        metrology_rule(live->config->rules, live->config->rules_count, METROLOGY_STATION, today(live), &pack);
    return rule && metrology_station_read(rule, out, NULL) == 0;
}

int64_t live_lockout_reserve_mb(const struct live *live)
{
    struct metrology_station station;
    return live_lockout_figures(live, &station) ? station.disk_reserve_mb : LIVE_DISK_RESERVE_MB;
}

/* ---- an instrument's papers and identity ---- */

static bool is_checked(const struct config_instrument *c)
{
    const enum quantity *quantities = sensor_quantities(c->driver, &c->sensor);
    return quantities && !sensor_is_passage_source(&c->sensor) && metrology_kind_of(quantities) != METROLOGY_KIND_COUNT;
}

static void look_at_papers(struct live *live, const struct config_instrument *c,
                           const struct metrology_station *station, int64_t now_ms)
{
    const char *name = c->sensor.name;
    const struct civil_date day = today(live);
    char date[CIVIL_DATE_TEXT_MAX] = "";
    civil_date_format(c->valid_until, date);
    if (c->valid_until.year && civil_date_compare(c->valid_until, day) < 0)
        holds(live, LOCKOUT_CERTIFICATE_OVERDUE, name, now_ms, "its verification %s is overdue, it was valid until %s",
              c->certificate, date);
    else
        ends(live, LOCKOUT_CERTIFICATE_OVERDUE, name, "certificate %s, valid until %s", c->certificate, date);
    if (station->certificate_needed && is_checked(c) && (!c->certificate[0] || !c->valid_until.year))
        holds(live, LOCKOUT_CERTIFICATE_MISSING, name, now_ms, "the configuration tells %s of its verification",
              c->certificate[0] ? "no end" : "no certificate");
    else
        ends(live, LOCKOUT_CERTIFICATE_MISSING, name, "certificate %s, valid until %s", c->certificate, date);
    civil_date_format(c->calibrated, date);
    if (c->calibrated.year && station->calibration_days &&
        civil_days(day) - civil_days(c->calibrated) > station->calibration_days)
        holds(live, LOCKOUT_CALIBRATION_OVERDUE, name, now_ms,
              "it was calibrated on %s, that is good for %" PRId64 " days", date, station->calibration_days);
    else
        ends(live, LOCKOUT_CALIBRATION_OVERDUE, name, "calibrated on %s", date);
}

static void look_at_identity(struct live *live, int i, int64_t now_ms)
{
    const struct config_instrument *c = &live->config->instruments[i];
    const char *read = live->bench.instruments[i].sensor.identity.serial;
    if (read[0])
        memcpy(live->lockouts.serial[i], read, sizeof live->lockouts.serial[i]);
    if (lockout_other_serial(c->serial, read))
        holds(live, LOCKOUT_WRONG_SERIAL, c->sensor.name, now_ms, "it says serial number %s, the configuration %s",
              read, c->serial);
    else if (read[0] || !c->serial[0])
        ends(live, LOCKOUT_WRONG_SERIAL, c->sensor.name, "serial number %s", read);
}

const char *live_lockout_serial(const struct live *live, int instrument)
{
    const char *read = live->lockouts.serial[instrument];
    return read[0] ? read : live->config->instruments[instrument].serial;
}

/* ---- what it says of itself ---- */

/* A recorded status ends only with a word of the instrument, not by being unplugged. */
static void look_at_status(struct live *live, int i)
{
    const struct bench_instrument *b = &live->bench.instruments[i];
    const struct live_instrument *known = &live->instruments[i];
    const char *name = b->config.name;
    bool away = b->state == BENCH_OFFLINE;
    enum lockout_code now = away ? LOCKOUT_COUNT : lockout_of_status(b->status);
    bool said = !away && (b->status != STATUS_OK || b->state == BENCH_LIVE);
    for (enum instrument_status status = STATUS_OK + 1; status < STATUS_COUNT; status++) {
        enum lockout_code code = lockout_of_status(status);
        if (code == now)
            holds(live, code, name, known->since_ms, "%s says %s%s%s", name, instrument_status_name(b->status),
                  b->status_detail[0] ? ": " : "", b->status_detail);
        else if (said || !lockout_kind(code)->recorded)
            ends(live, code, name, "%s says %s", name, instrument_status_name(b->status));
    }
}

static void look_at_state(struct live *live, int i)
{
    const struct bench_instrument *b = &live->bench.instruments[i];
    const struct live_instrument *known = &live->instruments[i];
    const struct config_link *link = &live->config->links[live->config->instruments[i].link];
    const char *name = b->config.name;
    if (b->state == BENCH_OFFLINE)
        holds(live, LOCKOUT_OFFLINE, name, known->since_ms, "%s", known->trouble[0] ? known->trouble : link->device);
    else
        ends(live, LOCKOUT_OFFLINE, name, "connected");
    if (b->state == BENCH_STALE && b->status == STATUS_OK)
        holds(live, LOCKOUT_STALE, name, known->since_ms, "it sends no values");
    else
        ends(live, LOCKOUT_STALE, name, "it sends values");
    bool measures = !b->sensor.driver->output && !sensor_is_passage_source(&b->config);
    if (measures && b->state == BENCH_CONNECTED && b->status == STATUS_OK)
        holds(live, LOCKOUT_NO_VALUE, name, known->since_ms, "it has sent no value yet over %s", link->device);
    else
        ends(live, LOCKOUT_NO_VALUE, name, "it sends values");
}

/* ---- its checks ---- */

static const struct {
    enum lockout_code due, failed;
} check_codes[METROLOGY_WHAT_COUNT] = {
    [METROLOGY_ZERO] = {LOCKOUT_ZERO_DUE, LOCKOUT_ZERO_FAILED},
    [METROLOGY_SPAN] = {LOCKOUT_SPAN_DUE, LOCKOUT_SPAN_FAILED},
    [METROLOGY_LEAK_TEST] = {LOCKOUT_LEAK_TEST_DUE, LOCKOUT_LEAK_TEST_FAILED},
};

void live_lockout_checked(struct live *live, int instrument)
{
    for (enum metrology_what what = 0; what < METROLOGY_WHAT_COUNT; what++)
        live->lockouts.checks[instrument][what].known = false;
}

/* The last result of this instrument, whichever name and port it had; false: the store does not tell now. */
static bool last_result(struct live *live, int i, enum metrology_what what, const char *serial)
{
    struct live_lockout_check *c = &live->lockouts.checks[i][what];
    if (c->known && strcmp(c->serial, serial) == 0)
        return true;
    c->known = store_check_result(live->store, live->config->instruments[i].sensor.name, metrology_what_name(what),
                                  serial, &c->last, &c->found, NULL) == 0;
    snprintf(c->serial, sizeof c->serial, "%s", serial);
    return c->known;
}

static void look_at_check(struct live *live, int i, enum metrology_what what, int64_t now_ms)
{
    const struct config_instrument *c = &live->config->instruments[i];
    const char *name = c->sensor.name, *serial = live_lockout_serial(live, i);
    enum metrology_kind kind = metrology_kind_of(sensor_quantities(c->driver, &c->sensor));
    const struct rule_pack *pack;
    const struct rule *rule = metrology_rule(live->config->rules, live->config->rules_count,
                                             metrology_method(kind, what)->name, today(live), &pack);
    int64_t days = 0;
    if (!rule || rule_param_integer(rule, "every-days", 0, INT32_MAX, &days, NULL) != 0) {
        ends(live, check_codes[what].due, name, "no rule asks for it");
        ends(live, check_codes[what].failed, name, "no rule asks for it");
        return;
    }
    /* An instrument that may still tell its number: which one it is decides what was checked. */
    if ((!serial[0] && live->bench.instruments[i].state != BENCH_LIVE) || !last_result(live, i, what, serial))
        return;
    const struct live_lockout_check *last = &live->lockouts.checks[i][what];
    struct civil_date day = {0};
    char date[CIVIL_DATE_TEXT_MAX] = "";
    if (last->found) {
        day = civil_date_of(last->last.ended_ms, live->config->utc_offset_minutes);
        civil_date_format(day, date);
    }
    if (last->found && strcmp(last->last.verdict, "fail") == 0)
        holds(live, check_codes[what].failed, name, last->last.ended_ms, "check %s of %s failed", last->last.id, date);
    else
        ends(live, check_codes[what].failed, name, "check %s passed", last->last.id);
    if (metrology_due(day, today(live), days))
        holds(live, check_codes[what].due, name, now_ms,
              last->found ? "its last %s check was on %s" : "it has had no %s check%s", metrology_what_name(what),
              date);
    else
        ends(live, check_codes[what].due, name, "check %s of %s", last->last.id, date);
}

/* ---- the station ---- */

static void look_at_clock(struct live *live, const struct metrology_station *station, int64_t now_ms)
{
    struct clock_stamp stamp;
    live_stamp(live, &stamp);
    if (lockout_clock_trusted(stamp.synchronised, stamp.error_ms, station->clock_error_max_ms))
        ends(live, LOCKOUT_CLOCK_NOT_TRUSTED, "", "in step with %s, off by at most %" PRId64 " ms", stamp.source,
             stamp.error_ms);
    else if (stamp.synchronised)
        holds(live, LOCKOUT_CLOCK_NOT_TRUSTED, "", now_ms, "it may be off by %" PRId64 " ms, %" PRId64 " are allowed",
              stamp.error_ms, station->clock_error_max_ms);
    else
        holds(live, LOCKOUT_CLOCK_NOT_TRUSTED, "", now_ms, "no time source keeps it in step");
}

static void look_at_disk(struct live *live, int64_t now_ms)
{
    char what[STORE_REASON_MAX];
    if (!live_reserve_look(live))
        return;
    live_reserve_say(live, what, sizeof what);
    if (live->reserve.is_short)
        holds(live, LOCKOUT_DISK_RESERVE, "", now_ms, "%s", what);
    else
        ends(live, LOCKOUT_DISK_RESERVE, "", "%" PRId64 " MiB are free besides the reserve", live->reserve.free >> 20);
}

/* Aborted tests within the period, and since a person last said that it may go on. */
static void count_aborts(struct live *live, enum lockout_code code, const char *subject, const char *plate,
                         const char *colour, int64_t most, int64_t hours)
{
    struct store_lockout last;
    bool found = false;
    int64_t count = 0, now_ms = clock_unix_ms(), after_ms = now_ms - hours * HOUR_MS;
    const struct live_lockout *l = find(live, code, subject);
    if (most == 0 || (l && l->holds) ||
        store_lockout_get(live->store, lockout_kind(code)->code, subject, &last, &found, NULL) != 0)
        return;
    if (found && last.cleared_ms > after_ms)
        after_ms = last.cleared_ms;
    if (store_test_aborted(live->store, after_ms, plate, colour, &count, NULL) == 0 && count >= most)
        holds(live, code, subject, now_ms, "%" PRId64 " aborted tests within %" PRId64 " hours", count, hours);
}

void live_lockout_aborts(struct live *live, const char *plate, const char *colour)
{
    struct metrology_station station;
    char subject[64];
    if (!live_lockout_figures(live, &station))
        return;
    snprintf(subject, sizeof subject, "%s %s", plate, colour);
    count_aborts(live, LOCKOUT_ABORTS_STATION, "", NULL, NULL, station.aborts_station, station.aborts_station_hours);
    count_aborts(live, LOCKOUT_ABORTS_PLATE, subject, plate, colour, station.aborts_plate, station.aborts_plate_hours);
}

/* ---- all of it ---- */

static int instrument_of(const struct live *live, const struct live_lockout *l)
{
    for (int i = 0; i < live->bench.count; i++)
        if (strcmp(live->config->instruments[i].sensor.name, l->subject) == 0)
            return i;
    return -1;
}

static void look_at_instrument(struct live *live, int i, const struct metrology_station *station, int64_t now_ms)
{
    const struct config_instrument *c = &live->config->instruments[i];
    look_at_papers(live, c, station, now_ms);
    look_at_identity(live, i, now_ms);
    /* One in a test was restarted for it; the test sees to it. */
    if (!live->bench.instruments[i].in_test) {
        look_at_status(live, i);
        look_at_state(live, i);
    }
    for (enum metrology_what what = 0; what < METROLOGY_WHAT_COUNT && is_checked(c); what++)
        look_at_check(live, i, what, now_ms);
    live->bench.instruments[i].barred = live_lockout_of(live, i) != NULL;
}

void live_lockout_look(struct live *live)
{
    struct metrology_station station = {0};
    int64_t now_ms = clock_unix_ms();
    if (live_lockout_figures(live, &station))
        look_at_clock(live, &station, now_ms);
    else
        ends(live, LOCKOUT_CLOCK_NOT_TRUSTED, "", "no rule asks for it");
    look_at_disk(live, now_ms);
    for (int i = 0; i < live->bench.count; i++)
        look_at_instrument(live, i, &station, now_ms);
    for (size_t i = 0; i < live->lockouts.count; i++) {
        const struct live_lockout *l = &live->lockouts.items[i];
        if (lockout_kind(l->code)->about == LOCKOUT_INSTRUMENT && instrument_of(live, l) < 0)
            ends(live, l->code, l->subject, "not configured any more");
    }
    live_lockout_store(live);
    forget(&live->lockouts);
}

/* ---- what they block ---- */

/* The first in the table's order among those about the instrument, up to that code. */
static const struct live_lockout *first_of(const struct live *live, int instrument, enum lockout_code last)
{
    const struct live_lockout *first = NULL;
    for (size_t i = 0; i < live->lockouts.count; i++) {
        const struct live_lockout *l = &live->lockouts.items[i];
        if (l->holds && l->code <= last && lockout_kind(l->code)->about == LOCKOUT_INSTRUMENT &&
            instrument_of(live, l) == instrument && (!first || l->code < first->code))
            first = l;
    }
    return first;
}

const struct live_lockout *live_lockout_of(const struct live *live, int instrument)
{
    return first_of(live, instrument, LOCKOUT_COUNT);
}

const struct live_lockout *live_lockout_papers(const struct live *live, int instrument)
{
    return first_of(live, instrument, LOCKOUT_WRONG_MODEL);
}

void live_lockout_in_test(struct live *live)
{
    char text[LIVE_TEXT_LIMIT];
    for (int i = 0; i < live->bench.count; i++) {
        const struct bench_instrument *b = &live->bench.instruments[i];
        const char *serial = live->config->instruments[i].serial;
        if (!b->in_test || !lockout_other_serial(serial, b->sensor.identity.serial))
            continue;
        snprintf(text, sizeof text, "%s says serial number %s, the configuration %s", b->config.name,
                 b->sensor.identity.serial, serial);
        live_test_abort(live, text);
    }
}

static bool offers(const struct live *live, int i, enum quantity quantity)
{
    const struct config_instrument *c = &live->config->instruments[i];
    if (sensor_is_passage_source(&c->sensor))
        return false;
    for (const enum quantity *q = sensor_quantities(c->driver, &c->sensor); q && *q != QUANTITY_COUNT; q++)
        if (*q == quantity || *q == procedure_stand_in(quantity))
            return true;
    return false;
}

/* The instrument that keeps a need of the method from being served, because none that offers it is free: the first of
 * them; -1: one is free; -2: none is configured. */
static int bottleneck(const struct live *live, enum quantity quantity)
{
    int first = -2;
    for (int i = 0; i < live->bench.count; i++) {
        if (!offers(live, i, quantity))
            continue;
        if (!live_lockout_of(live, i))
            return -1;
        if (first < 0)
            first = i;
    }
    return first;
}

bool live_lockout_blocks(const struct live *live, const struct live_lockout *lockout,
                         const struct procedure_method *method)
{
    struct metrology_station station = {0};
    if (lockout->code == LOCKOUT_CLOCK_NOT_TRUSTED)
        return live_lockout_figures(live, &station) && station.clock_locks;
    if (lockout_kind(lockout->code)->about != LOCKOUT_INSTRUMENT)
        return true;
    int instrument = instrument_of(live, lockout);
    for (const enum quantity *q = method->quantities; *q != QUANTITY_COUNT; q++)
        if (instrument >= 0 && offers(live, instrument, *q) && bottleneck(live, *q) >= 0)
            return true;
    return false;
}

/* How to clear it, with the place in the configuration where that is the way. */
static void how_to_clear(const struct live *live, const struct live_lockout *l, bool zh, char *out, size_t size)
{
    const struct lockout_kind *kind = lockout_kind(l->code);
    int i = l->code <= LOCKOUT_WRONG_MODEL ? instrument_of(live, l) : -1;
    if (i < 0)
        snprintf(out, size, "%s", zh ? kind->clear_zh : kind->clear_en);
    else
        snprintf(out, size, "%s (%s:%u)", zh ? kind->clear_zh : kind->clear_en, live->config->file,
                 live->config->instruments[i].at_line);
}

static void since_text(const struct live *live, const struct live_lockout *l, char out[CIVIL_TIME_TEXT_MAX])
{
    civil_time_format(l->since_ms, live->config->utc_offset_minutes, out);
}

int live_lockout_refuse(const struct live *live, const struct live_lockout *lockout, struct err *err)
{
    const struct lockout_kind *kind = lockout_kind(lockout->code);
    char since[CIVIL_TIME_TEXT_MAX], clear[CONFIG_PATH_MAX + 160];
    since_text(live, lockout, since);
    how_to_clear(live, lockout, false, clear, sizeof clear);
    return err_set(err, ERR_REFUSED, "%s%sis locked (%s) since %.19s: %s; %s",
                   lockout->subject[0] ? lockout->subject : "the station", " ", kind->code, since, lockout->what,
                   clear);
}

int live_lockout_station(const struct live *live, const struct procedure_method *method, const char *plate,
                         struct err *err)
{
    for (size_t i = 0; i < live->lockouts.count; i++) {
        const struct live_lockout *l = &live->lockouts.items[i];
        enum lockout_about about = lockout_kind(l->code)->about;
        if (l->holds && about != LOCKOUT_INSTRUMENT && live_lockout_blocks(live, l, method) &&
            (about == LOCKOUT_STATION || strcmp(l->subject, plate) == 0))
            return live_lockout_refuse(live, l, err);
    }
    for (const enum quantity *q = method->quantities; *q != QUANTITY_COUNT; q++) {
        int instrument = bottleneck(live, *q);
        const struct live_lockout *l = instrument >= 0 ? live_lockout_of(live, instrument) : NULL;
        if (l)
            return live_lockout_refuse(live, l, err);
        if (instrument == -2)
            return err_set(err, ERR_REFUSED, "%s needs %s and no instrument of this station measures it; add one to %s",
                           method->name, quantity_name(*q), live->config->file);
    }
    return 0;
}

/* ---- shown ---- */

static void write_one(const struct live *live, const struct live_lockout *l, struct json_writer *w)
{
    const struct lockout_kind *kind = lockout_kind(l->code);
    char since[CIVIL_TIME_TEXT_MAX], clear[CONFIG_PATH_MAX + 160];
    since_text(live, l, since);
    json_object_begin(w, NULL);
    json_array_begin(w, "blocks");
    for (size_t i = 0; procedure_methods[i]; i++)
        if (live_lockout_blocks(live, l, procedure_methods[i]))
            json_string(w, NULL, procedure_methods[i]->name);
    json_array_end(w);
    json_string(w, "by", kind->person ? "supervisor" : "station");
    how_to_clear(live, l, false, clear, sizeof clear);
    json_string(w, "clear", clear);
    how_to_clear(live, l, true, clear, sizeof clear);
    json_string(w, "clear_zh", clear);
    json_string(w, "code", kind->code);
    json_string(w, "instrument", kind->about == LOCKOUT_INSTRUMENT ? l->subject : "");
    json_string(w, "plate", kind->about == LOCKOUT_PLATE ? l->subject : "");
    json_string(w, "since", since);
    json_string(w, "title", kind->en);
    json_string(w, "title_zh", kind->zh);
    json_string(w, "what", l->what);
    json_object_end(w);
}

void live_lockout_write(const struct live *live, struct json_writer *w, const char *key)
{
    json_array_begin(w, key);
    for (size_t i = 0; i < live->lockouts.count; i++)
        if (live->lockouts.items[i].holds)
            write_one(live, &live->lockouts.items[i], w);
    json_array_end(w);
}
