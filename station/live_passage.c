#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/log.h"
#include "reports/sha256.h"
#include "station/live_parts.h"
#include "station/pass_row.h"
#include "station/record_wire.h"

enum { HISTORY_MAX = 64, MINUTE_MS = 60000, DAY_MS = 24 * 60 * MINUTE_MS, FILES_TEXT_MAX = 32 << 10 };

/* One passing vehicle that waits to be stored. */
struct live_passage {
    int instrument;
    int64_t received_ms;
    struct sensor_identity identity;
    struct sample sample;
    struct passage passage;
    struct sample_text texts[SAMPLE_TEXTS_MAX];
    size_t joined_count;
    struct join_reading joined[JOIN_QUANTITIES]; /* from other instruments */
    bool repeated;                               /* the device sent it before */
    size_t raw_length;
    uint8_t raw[];
};

/* Everything that is found out about one of them on its way into the store. */
struct judged {
    const struct live_passage *from;
    int64_t at_ms;
    struct civil_date day;
    struct vehicle vehicle;
    const struct rule_pack *pack;
    const struct rule *rule;
    struct remote_past past[HISTORY_MAX];
    size_t past_count;
    struct verdict verdict;
    char id[LIVE_ID_MAX];
    int64_t seq;
    char wire_name[64];
    char wire[FILES_TEXT_MAX], readings[FILES_TEXT_MAX]; /* the record's files; objects only where it fails */
    char raw_hex[2 * SENSOR_FRAME_MAX + 1];
};

void live_passage_take(struct live *live, int instrument, const struct sample *sample)
{
    const struct bench_instrument *from = &live->bench.instruments[instrument];
    assert(from->frame);
    bool spent = live_reserve_spent(live), room = live->waiting < LIVE_QUEUE_MAX && !spent;
    struct live_passage *p = room ? malloc(sizeof *p + from->frame_length) : NULL;
    if (p) {
        *p = (struct live_passage){.instrument = instrument,
                                   .received_ms = clock_unix_ms(),
                                   .identity = from->sensor.identity,
                                   .sample = *sample,
                                   .passage = *sample->passage,
                                   .raw_length = from->frame_length};
        memcpy(p->raw, from->frame, from->frame_length);
        p->sample.t_ms = 0;
        p->sample.passage = &p->passage;
        p->sample.texts = p->texts;
        for (size_t i = 0; i < sample->texts_count; i++)
            p->texts[i] = sample->texts[i];
        p->joined_count = live_join_collect(live, instrument, sample, p->received_ms, p->joined);
        if (live_journal_passage(live, p) == 0)
            return;
        free(p);
    }
    char what[STORE_REASON_MAX];
    live_reserve_say(live, what, sizeof what);
    if (live->passages_lost++ == 0 && spent)
        log_error("%s: passages are not taken any more, the rest of the disk is for sealing: %s", from->config.name,
                  what);
    else if (live->passages_lost == 1)
        log_error("%s: passages are lost, %zu facts wait already for a journal that cannot be written: %s",
                  from->config.name, live->waiting, live->journal_trouble);
}

/* The files of its record: the recording that it came in, at time 0, and its readings. */
static void write_files(const struct live *live, struct judged *j)
{
    const struct live_passage *p = j->from;
    const char *name = live->config->instruments[p->instrument].sensor.name;
    snprintf(j->wire_name, sizeof j->wire_name, "wire/%s.rec", name);
    ptrdiff_t wire = record_wire_passage(live->config, p->instrument, p->raw, p->raw_length, j->wire, sizeof j->wire);
    size_t head = sizeof READINGS_CSV_HEADER - 1;
    memcpy(j->readings, READINGS_CSV_HEADER, head + 1);
    ptrdiff_t rows = sample_csv(&p->sample, 0, name, j->readings + head, sizeof j->readings - head);
    assert(wire > 0 && rows >= 0);
    size_t length = head + (size_t)rows;
    ptrdiff_t more = join_csv(p->joined, p->joined_count, j->readings + length, sizeof j->readings - length);
    assert(more >= 0);
}

/* As far back as the rule looks. */
static int find_history(struct live *live, struct judged *j, struct err *err)
{
    int64_t months = 0;
    struct err none;
    if (j->vehicle.plate.text[0] == '\0' || !j->rule ||
        rule_param_integer(j->rule, "window-months", 1, 120, &months, &none) != 0)
        return 0;
    struct civil_date from = civil_add_months(j->day, -(int)months);
    int64_t from_ms = (int64_t)civil_days(from) * DAY_MS - (int64_t)live->config->utc_offset_minutes * MINUTE_MS;
    return store_passage_history(live->store, j->vehicle.plate.text, plate_colour_name(j->vehicle.plate.colour),
                                 from_ms, j->at_ms, j->past, HISTORY_MAX, &j->past_count, err);
}

/* No rule judges by a device whose papers or identity are not in order. */
static const struct rule *select_rule(const struct live *live, struct judged *j, struct err *why)
{
    const struct config *config = live->config;
    const struct live_lockout *locked = live_lockout_papers(live, j->from->instrument);
    if (!locked)
        return rules_select(config->rules, config->rules_count, "remote-sensing", &j->vehicle, j->day, &j->pack, why);
    err_set(why, ERR_REFUSED, "none while %s is locked (%s)", locked->subject, lockout_kind(locked->code)->code);
    return NULL;
}

/* A passage that no rule fits is invalid and says why. */
static int judge(struct live *live, struct judged *j, struct err *err)
{
    const struct config *config = live->config;
    struct err why = {0};
    j->rule = select_rule(live, j, &why);
    if (!j->rule)
        j->pack = NULL;
    if (find_history(live, j, err) != 0)
        return -1;
    enum limit_class class_ = config_limit_class(config, j->pack, j->day);
    struct sample complete = j->from->sample;
    int added = join_add(&complete, j->from->joined, j->from->joined_count, &why);
    if (j->rule && added == 0 &&
        remote_judge(&j->verdict, j->pack, j->rule, class_, &complete, j->past, j->past_count, j->day, &why) == 0)
        return 0;
    j->verdict = (struct verdict){.kind = VERDICT_INVALID, .limit_class = class_};
    snprintf(j->verdict.method, sizeof j->verdict.method, "remote-sensing");
    verdict_reason(&j->verdict, "rule: %s", why.text);
    return 0;
}

/* ---- the parts of its record ---- */

static void basis_part(const struct judged *j, char *out, size_t size)
{
    struct json_writer w;
    json_writer_init(&w, out, size);
    json_array_begin(&w, NULL);
    for (size_t i = 0; i < j->past_count; i++) {
        char day[CIVIL_DATE_TEXT_MAX];
        civil_date_format(j->past[i].day, day);
        json_object_begin(&w, NULL);
        json_string(&w, "day", day);
        json_array_begin(&w, "exceeded");
        for (enum quantity q = 0; q < QUANTITY_COUNT; q++)
            if (j->past[i].exceeded & UINT64_C(1) << q)
                json_string(&w, NULL, quantity_name(q));
        json_array_end(&w);
        json_string(&w, "id", j->past[i].record);
        json_bool(&w, "valid", j->past[i].valid);
        json_object_end(&w);
    }
    json_array_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    assert(length > 0);
}

/* What the device measured of the passage, as it sent it. */
static ptrdiff_t readings_part(const struct sample *sample, char *out, size_t size)
{
    struct json_writer w;
    json_writer_init(&w, out, size);
    json_array_begin(&w, NULL);
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *r = &sample->readings[i];
        char value[DECIMAL_TEXT_MAX];
        decimal_format(r->value, value);
        json_object_begin(&w, NULL);
        json_string(&w, "quality", quality_name(r->quality));
        json_string(&w, "quantity", quantity_name(r->quantity));
        json_string(&w, "unit", quantity_unit(r->quantity));
        json_string(&w, "value", value);
        json_object_end(&w);
    }
    json_array_end(&w);
    return json_writer_finish(&w);
}

static void passage_part(const struct live *live, const struct judged *j, char *out, size_t size)
{
    char readings[4096];
    ptrdiff_t readings_length = readings_part(&j->from->sample, readings, sizeof readings);
    assert(readings_length > 0);
    const struct passage *p = &j->from->passage;
    char device_time[CIVIL_TIME_TEXT_MAX] = "";
    if (p->has_device_time)
        civil_time_format(p->device_time_ms, live->config->utc_offset_minutes, device_time);
    struct entries e = {0};
    const struct config_instrument *from = &live->config->instruments[j->from->instrument];
    int64_t clock_ms = j->from->received_ms - p->device_time_ms;
    if (p->has_device_time) {
        entries_integer(&e, "device_clock_ms", clock_ms);
        entries_bool(&e, "device_clock_far",
                     clock_ms > from->clock_tolerance_ms || clock_ms < -from->clock_tolerance_ms);
    }
    entries_text(&e, "device_reason", p->device_reason);
    entries_text(&e, "device_result", p->device_result);
    entries_text(&e, "device_time", device_time);
    if (p->lane > 0 || from->lane > 0)
        entries_integer(&e, "lane", p->lane > 0 ? p->lane : from->lane);
    entries_text(&e, "line", p->line);
    entries_text(&e, "plate_text", p->plate_text);
    entries_raw(&e, "readings", readings, (size_t)readings_length);
    entries_text(&e, "record_id", p->record_id);
    entries_text(&e, "site", p->site);
    struct json_writer w;
    json_writer_init(&w, out, size);
    entries_write(&e, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    assert(length > 0);
}

/* The device, then those that lent it readings. */
static void instruments_part(const struct live *live, const struct judged *j, struct json_writer *w)
{
    json_array_begin(w, NULL);
    record_make_instrument(w, live->config, (size_t)j->from->instrument, &j->from->identity);
    for (size_t i = 0; i < live->config->instruments_count; i++) {
        bool lent = false;
        for (size_t k = 0; k < j->from->joined_count; k++)
            lent = lent || strcmp(j->from->joined[k].instrument, live->config->instruments[i].sensor.name) == 0;
        if (lent)
            record_make_instrument(w, live->config, i, &live->bench.instruments[i].sensor.identity);
    }
    json_array_end(w);
}

static void small_parts(const struct live *live, const struct judged *j, struct live_scratch *scratch)
{
    struct json_writer w;
    json_writer_init(&w, scratch->instruments, sizeof scratch->instruments);
    instruments_part(live, j, &w);
    ptrdiff_t a = json_writer_finish(&w);
    json_writer_init(&w, scratch->vehicle, sizeof scratch->vehicle);
    vehicle_write(&j->vehicle, &w, NULL);
    ptrdiff_t b = json_writer_finish(&w);
    json_writer_init(&w, scratch->rules, sizeof scratch->rules);
    record_make_rules(&w, j->pack, j->rule, j->verdict.limit_class, j->day);
    ptrdiff_t c = json_writer_finish(&w);
    json_writer_init(&w, scratch->joined, sizeof scratch->joined);
    join_write(j->from->joined, j->from->joined_count, &w, NULL);
    ptrdiff_t d = json_writer_finish(&w);
    assert(a > 0 && b > 0 && c > 0 && d > 0);
    basis_part(j, scratch->basis, sizeof scratch->basis);
    passage_part(live, j, scratch->passage, sizeof scratch->passage);
}

static void list_file(struct record_make *make, const char *name, const char *text)
{
    char digest[SHA256_HEX_SIZE];
    sha256_hex(text, strlen(text), digest);
    record_make_add_file(make, name, digest, strlen(text));
}

static void list_files(const struct live *live, const struct judged *j, struct record_make *make)
{
    const struct config *config = live->config;
    char name[128];
    list_file(make, j->wire_name, j->wire);
    list_file(make, "readings.csv", j->readings);
    for (size_t i = 0; i < config->rules_count; i++)
        if (j->pack == &config->rules[i]) {
            snprintf(name, sizeof name, "rules/%s.conf", config->rules_files[i].name);
            record_make_add_file(make, name, config->rules_files[i].sha256, config->rules_files[i].size);
        }
    for (size_t i = 0; i < config->profiles_count; i++)
        if (config->instruments[j->from->instrument].sensor.profile == &config->profiles[i]) {
            snprintf(name, sizeof name, "profiles/%s.conf", config->profile_files[i].name);
            record_make_add_file(make, name, config->profile_files[i].sha256, config->profile_files[i].size);
        }
}

static ptrdiff_t make_record(const struct live *live, const struct judged *j, struct live_scratch *scratch)
{
    struct clock_stamp stamp;
    live_stamp(live, &stamp);
    small_parts(live, j, scratch);
    struct record_make *make = &scratch->make;
    *make = (struct record_make){.config = live->config,
                                 .kind = "passage",
                                 .id = j->id,
                                 .method = "remote-sensing",
                                 .seq = j->seq,
                                 .started_ms = j->at_ms,
                                 .ended_ms = j->from->received_ms,
                                 .clock = &stamp,
                                 .instruments = scratch->instruments,
                                 .vehicle = scratch->vehicle,
                                 .officers = "[]",
                                 .rules = scratch->rules,
                                 .basis = scratch->basis,
                                 .joined = j->from->joined_count > 0 ? scratch->joined : NULL,
                                 .passage = scratch->passage,
                                 .verdict = &j->verdict,
                                 .binary_sha256 = live->binary_sha256};
    list_files(live, j, make);
    return record_make_write(make, scratch->record, sizeof scratch->record);
}

/* ---- into the store ---- */

/* A failed one goes to the police: its files become objects, and a case is opened in the same transaction. */
static int open_case(struct live *live, const struct judged *j, const struct record_make *make, struct err *err)
{
    char digest[SHA256_HEX_SIZE];
    if (store_object_put(live->store, j->wire, strlen(j->wire), digest, err) != 0 ||
        store_object_put(live->store, j->readings, strlen(j->readings), digest, err) != 0)
        return -1;
    for (size_t i = 0; i < make->files_count; i++)
        if (store_file_add(live->store, j->id, make->files[i].name, make->files[i].sha256, make->files[i].size, err) !=
            0)
            return -1;
    return live_case_open(live, j->id, j->from->received_ms, "[]", err);
}

/* As a row of `passes`. */
static void tell(struct live *live, const struct judged *j, const struct store_passage *stored)
{
    int lane = j->from->passage.lane;
    struct pass_row row = {.passage = stored,
                           .verdict = &j->verdict,
                           .utc_offset_minutes = live->config->utc_offset_minutes,
                           .lane = lane > 0 ? lane : live->config->instruments[j->from->instrument].lane};
    for (size_t i = 0; i < j->past_count; i++)
        row.repeat += j->past[i].valid && j->past[i].exceeded != 0;
    char text[LIVE_NEWS_MAX];
    struct json_writer w;
    json_writer_init(&w, text, sizeof text);
    pass_row_write(&row, &w);
    live_feed_tell(live, "pass", text, json_writer_finish(&w));
}

static int add_row(struct live *live, const struct judged *j, uint64_t event, const char *record, struct err *err)
{
    struct store_passage row = {.seq = j->seq,
                                .at_ms = j->at_ms,
                                .valid = j->verdict.kind != VERDICT_INVALID,
                                .exceeded = remote_exceeded(&j->verdict),
                                .record = record,
                                .raw = j->raw_hex};
    memcpy(row.id, j->id, sizeof row.id);
    snprintf(row.instrument, sizeof row.instrument, "%s", live->config->instruments[j->from->instrument].sensor.name);
    snprintf(row.device_record, sizeof row.device_record, "%s", j->from->passage.record_id);
    snprintf(row.plate, sizeof row.plate, "%s", j->vehicle.plate.text);
    snprintf(row.colour, sizeof row.colour, "%s", plate_colour_name(j->vehicle.plate.colour));
    snprintf(row.verdict, sizeof row.verdict, "%s", verdict_kind_name(j->verdict.kind));
    civil_date_format(j->day, row.day);
    if (store_passage_add(live->store, &row, event, err) != 0)
        return -1;
    if (live->feed)
        tell(live, j, &row);
    return 0;
}

static const char *fact_text(const struct vehicle *vehicle, enum vehicle_fact fact)
{
    return vehicle->facts[fact].source == FACT_ABSENT ? "" : vehicle->facts[fact].value;
}

/* By its parts: reading its record again would cost as much as all the rest. */
static int count(struct live *live, const struct judged *j, struct err *err)
{
    const struct store_counted counted = {.at_ms = j->at_ms,
                                          .seq = j->seq,
                                          .passage = true,
                                          .station = live->config->id,
                                          .place = live->config->kind,
                                          .method = "remote-sensing",
                                          .plate = j->vehicle.plate.text,
                                          .colour = plate_colour_name(j->vehicle.plate.colour),
                                          .stage = fact_text(&j->vehicle, VEHICLE_STAGE),
                                          .class_ = fact_text(&j->vehicle, VEHICLE_CLASS),
                                          .instrument = live->config->instruments[j->from->instrument].sensor.name,
                                          .verdict = &j->verdict};
    return store_measurement_put(live->store, &counted, err);
}

static int store_judged(struct live *live, struct judged *j, struct live_scratch *scratch, struct err *err)
{
    if (store_passage_next_seq(live->store, &j->seq, err) != 0)
        return -1;
    snprintf(j->id, sizeof j->id, "%.32s-P%08" PRId64, live->config->id, j->seq);
    ptrdiff_t length = make_record(live, j, scratch);
    if (length < 0)
        return err_set(err, ERR_FAILED, "the record of passage %s is too long", j->id);
    char digest[SHA256_HEX_SIZE];
    uint64_t event;
    sha256_hex(scratch->record, (size_t)length, digest);
    struct entries e = {0};
    entries_text(&e, "passage", j->id);
    entries_text(&e, "record_sha256", digest);
    entries_text(&e, "verdict", verdict_kind_name(j->verdict.kind));
    if (live_journal_append(live, "passage", &e, scratch->event, sizeof scratch->event, &event, err) != 0 ||
        add_row(live, j, event, scratch->record, err) != 0 || count(live, j, err) != 0 ||
        live_travel_here(live, j->id, &j->vehicle.plate, j->at_ms, err) != 0)
        return -1;
    if (j->verdict.kind == VERDICT_FAIL && plate_may_be_pushed(&j->vehicle.plate))
        return open_case(live, j, &scratch->make, err);
    return 0;
}

static int store_one(struct live *live, struct live_passage *p, struct judged *j, struct live_scratch *scratch,
                     struct err *err)
{
    *j = (struct judged){.from = p};
    encoding_hex(p->raw, p->raw_length, j->raw_hex);
    p->repeated = false;
    if (p->passage.record_id[0] &&
        store_passage_known(live->store, live->config->instruments[p->instrument].sensor.name, p->passage.record_id,
                            j->raw_hex, &p->repeated, err) != 0)
        return -1;
    if (p->repeated)
        return 0;
    j->at_ms = p->passage.has_device_time ? p->passage.device_time_ms : p->received_ms;
    j->day = civil_date_of(j->at_ms, live->config->utc_offset_minutes);
    vehicle_from_passage(&j->vehicle, &j->from->passage, live->config->instruments[j->from->instrument].sensor.name);
    if (judge(live, j, err) != 0)
        return -1;
    write_files(live, j);
    return store_judged(live, j, scratch, err);
}

int live_passage_store(struct live *live, struct live_passage *passage, struct live_scratch *scratch, struct err *err)
{
    struct judged *j = malloc(sizeof *j);
    if (!j)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = store_one(live, passage, j, scratch, err);
    free(j);
    return result;
}

void live_passage_forget(struct live *live, struct live_passage *passage)
{
    if (passage->repeated)
        live->passages_repeated++;
    else
        live->passages_stored++;
    free(passage);
}
