#include <string.h>
#include <unistd.h>

#include "reports/sha256.h"
#include "station/live_parts.h"
#include "station/push_notes.h"

const char *live_status_state_name(enum bench_state state)
{
    static const char *const names[] = {
        [BENCH_OFFLINE] = "offline", [BENCH_CONNECTED] = "connected", [BENCH_LIVE] = "live", [BENCH_STALE] = "stale"};
    return names[state];
}

/* ---- instruments ---- */

/* A value that is no longer said is not as good as it was when it was said, even while the instrument says others. */
static enum quality quality_now(const struct bench_instrument *b, enum quantity q, int64_t now_ms)
{
    bool old = b->stale_ms > 0 && now_ms - b->last_ms[q] > b->stale_ms;
    return old ? QUALITY_STALE : b->last[q].quality;
}

static void write_values(const struct bench_instrument *b, int64_t now_ms, struct json_writer *w)
{
    char texts[QUANTITY_COUNT][DECIMAL_TEXT_MAX];
    struct entries all = {0}; /* sorted by name */
    char parts[QUANTITY_COUNT][160];
    for (enum quantity q = 0; q < QUANTITY_COUNT; q++) {
        if (b->last_ms[q] < 0)
            continue;
        decimal_format(b->last[q].value, texts[q]);
        struct entries e = {0};
        entries_integer(&e, "age_ms", now_ms - b->last_ms[q]);
        entries_text(&e, "quality", quality_name(quality_now(b, q, now_ms)));
        entries_text(&e, "unit", quantity_unit(q));
        entries_text(&e, "value", texts[q]);
        struct json_writer part;
        json_writer_init(&part, parts[q], sizeof parts[q]);
        entries_write(&e, &part, NULL);
        ptrdiff_t length = json_writer_finish(&part);
        if (length > 0)
            entries_raw(&all, quantity_name(q), parts[q], (size_t)length);
    }
    entries_write(&all, w, "values");
}

static void write_texts(const struct bench_instrument *b, int64_t now_ms, struct json_writer *w)
{
    struct entries all = {0}; /* sorted by name */
    char parts[TEXT_COUNT][2 * SAMPLE_TEXT_MAX + 64];
    for (enum text_kind kind = 0; kind < TEXT_COUNT; kind++) {
        if (b->said_ms[kind] < 0)
            continue;
        struct json_writer part;
        json_writer_init(&part, parts[kind], sizeof parts[kind]);
        json_object_begin(&part, NULL);
        json_integer(&part, "age_ms", now_ms - b->said_ms[kind]);
        json_string(&part, "value", b->said[kind]);
        json_object_end(&part);
        ptrdiff_t length = json_writer_finish(&part);
        if (length > 0)
            entries_raw(&all, text_kind_name(kind), parts[kind], (size_t)length);
    }
    entries_write(&all, w, "texts");
}

static void write_instrument(const struct live *live, int i, struct json_writer *w)
{
    const struct bench_instrument *b = &live->bench.instruments[i];
    const struct config_instrument *c = &live->config->instruments[i];
    const struct live_instrument *known = &live->instruments[i];
    int64_t now_ms = clock_mono_ms();
    char until[CIVIL_DATE_TEXT_MAX] = "", calibrated[CIVIL_DATE_TEXT_MAX] = "", since[CIVIL_TIME_TEXT_MAX];
    if (c->valid_until.year)
        civil_date_format(c->valid_until, until);
    if (c->calibrated.year)
        civil_date_format(c->calibrated, calibrated);
    civil_time_format(known->since_ms, live->config->utc_offset_minutes, since);
    json_object_begin(w, NULL);
    if (b->last_good_ms >= 0)
        json_integer(w, "age_ms", now_ms - b->last_good_ms);
    json_string(w, "calibrated", calibrated);
    json_string(w, "certificate", c->certificate);
    json_string(w, "detail", b->state == BENCH_OFFLINE ? known->trouble : b->status_detail);
    json_string(w, "driver", c->driver->name);
    json_string(w, "firmware", b->sensor.identity.firmware);
    json_integer(w, "garbage_bytes", (int64_t)b->garbage_bytes);
    json_string(w, "link", live->config->links[c->link].name);
    json_string(w, "model", b->sensor.identity.model);
    json_string(w, "name", c->sensor.name);
    json_string(w, "port", live->config->links[c->link].device);
    json_integer(w, "samples", (int64_t)b->samples);
    json_string(w, "serial", c->serial);
    json_string(w, "serial_read", b->sensor.identity.serial);
    json_string(w, "since", since);
    json_string(w, "state", live_status_state_name(b->state));
    json_string(w, "status", instrument_status_name(b->status));
    write_texts(b, now_ms, w);
    json_integer(w, "unsent", (int64_t)known->unsent);
    json_string(w, "valid_until", until);
    write_values(b, now_ms, w);
    json_object_end(w);
}

int live_status_instruments(struct live *live, struct control_client *client, const struct json_doc *request,
                            struct json_writer *answer, struct err *err)
{
    (void)client;
    char name[SENSOR_NAME_MAX];
    bool found = false;
    if (live_request_text(request, "name", false, name, sizeof name, err) != 0)
        return -1;
    for (int i = 0; i < live->bench.count; i++)
        found |= strcmp(live->config->instruments[i].sensor.name, name) == 0;
    if (name[0] && !found)
        return err_set(err, ERR_INVALID, "there is no instrument '%s'; smogctl instruments lists them", name);
    json_object_begin(answer, NULL);
    json_array_begin(answer, "instruments");
    for (int i = 0; i < live->bench.count; i++)
        if (name[0] == '\0' || strcmp(live->config->instruments[i].sensor.name, name) == 0)
            write_instrument(live, i, answer);
    json_array_end(answer);
    json_bool(answer, "ok", true);
    json_object_end(answer);
    return 0;
}

/* ---- status ---- */

static void write_clock(const struct live *live, struct json_writer *w)
{
    struct clock_stamp stamp;
    char at[CIVIL_TIME_TEXT_MAX];
    live_stamp(live, &stamp);
    civil_time_format(stamp.unix_ms, stamp.offset_minutes, at);
    json_object_begin(w, "clock");
    json_string(w, "at", at);
    if (stamp.synchronised)
        json_integer(w, "error_ms", stamp.error_ms);
    json_string(w, "source", stamp.source);
    json_bool(w, "synchronised", stamp.synchronised);
    json_object_end(w);
}

static void write_console(const struct live *live, struct json_writer *w)
{
    if (!live->web) {
        json_null(w, "console");
        return;
    }
    json_object_begin(w, "console");
    json_integer(w, "connections", webserver_connections(live->web));
    json_string(w, "listen", live->config->console.listen);
    json_string(w, "problem", webserver_problem(live->web));
    json_object_end(w);
}

static void write_daemon(const struct live *live, struct json_writer *w)
{
    json_object_begin(w, "daemon");
    json_string(w, "binary_sha256", live->binary_sha256);
    json_integer(w, "pid", getpid());
    json_bool(w, "running", true);
    json_integer(w, "uptime_ms", clock_mono_ms() - live->started_mono_ms);
    json_string(w, "version", SMOGD_VERSION);
    json_object_end(w);
}

static void write_journal(const struct live *live, struct json_writer *w)
{
    uint64_t size = 0;
    struct merkle_hash root;
    char hex[2 * MERKLE_HASH_SIZE + 1] = "";
    struct err err = {0};
    if (store_size(live->store, &size, &err) == 0 && store_root(live->store, size, &root, &err) == 0)
        sha256_to_hex(root.bytes, hex);
    json_object_begin(w, "journal");
    json_integer(w, "events", (int64_t)size);
    live_ratchet_write(live, w, "ratchet");
    json_string(w, "root", hex);
    json_string(w, "trouble", err.code ? err.text : live->journal_trouble);
    json_integer(w, "waiting", (int64_t)live->waiting);
    live_witness_write(live, w, "witnesses");
    json_object_end(w);
}

static int write_outbox(const struct live *live, struct json_writer *w, struct err *err)
{
    int64_t counts[4] = {0};
    if (store_outbox_counts(live->store, counts, err) != 0)
        return -1;
    json_object_begin(w, "outbox");
    json_integer(w, "refused", counts[2]);
    json_integer(w, "sent", counts[1]);
    json_integer(w, "unknown", counts[3]);
    json_integer(w, "waiting", counts[0]);
    json_object_end(w);
    return 0;
}

static void write_passages(const struct live *live, struct json_writer *w)
{
    json_object_begin(w, "passages");
    json_integer(w, "lost", (int64_t)live->passages_lost);
    json_integer(w, "repeated", (int64_t)live->passages_repeated);
    json_integer(w, "stored", (int64_t)live->passages_stored);
    json_object_end(w);
}

static void write_station(const struct live *live, struct json_writer *w)
{
    json_object_begin(w, "station");
    json_string(w, "id", live->config->id);
    json_string(w, "kind", live->config->kind);
    json_string(w, "name", live->config->name);
    json_object_end(w);
}

int live_status(struct live *live, struct control_client *client, const struct json_doc *request,
                struct json_writer *answer, struct err *err)
{
    (void)client;
    (void)request;
    live_lockout_look(live);
    json_object_begin(answer, NULL);
    live_camera_status(live, answer);
    write_clock(live, answer);
    write_console(live, answer);
    write_daemon(live, answer);
    live_reserve_status(live, answer);
    json_array_begin(answer, "instruments");
    for (int i = 0; i < live->bench.count; i++)
        write_instrument(live, i, answer);
    json_array_end(answer);
    write_journal(live, answer);
    live_lockout_write(live, answer, "lockouts");
    live_officer_status(live, answer);
    json_bool(answer, "ok", true);
    if (write_outbox(live, answer, err) != 0)
        json_null(answer, "outbox");
    write_passages(live, answer);
    push_notes_write(live->store, live->config->utc_offset_minutes, answer);
    write_station(live, answer);
    live_test_state(live, answer, "test");
    json_object_end(answer);
    return 0;
}
