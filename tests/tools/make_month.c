/*
 * make_month STATE STATION KIND FIRST-DAY DAYS VEHICLES FAILED [PLATES-FROM]: a station's database whose records are
 * those of VEHICLES vehicles in DAYS days (UTC+8), FAILED of them failed. For tests of what counts records.
 *
 * KIND is fixed-remote or mobile-remote (passages; a failed vehicle has its first exceedance, suspect, before) or joint
 * or depot (tests). Beside those that count there are records that do not: every 50th vehicle has an invalid one, every
 * 60th test an aborted one, every 97th vehicle a second pass, one record lies a millisecond before the first day and
 * one at the first moment after the last.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/core/civil.h"
#include "station/store.h"

enum { OFFSET_MINUTES = 480, MINUTE_MS = 60000, DAY_MS = 86400000, BATCH = 4000 };

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static struct err err;

static void must(int rc, const char *what)
{
    if (rc == 0)
        return;
    fprintf(stderr, "make_month: %s: %s\n", what, err.text);
    exit(1);
}

struct month {
    struct store *store;
    const char *station, *kind;
    bool remote;
    int64_t first_ms, length_ms;
    int64_t seq;
    unsigned waiting; /* records in the open transaction */
};

struct what {
    const char *verdict, *reasons; /* JSON array */
    unsigned vehicle;
    int64_t at_ms;
    int k_hundredths, opacity_tenths, no;
};

/* Canonical JSON, as record_make writes it. */
static int write_record(const struct month *m, const struct what *w, const char *id, char *out, size_t size)
{
    char at[CIVIL_TIME_TEXT_MAX], values[1024], day[CIVIL_DATE_TEXT_MAX];
    civil_time_format(w->at_ms, OFFSET_MINUTES, at);
    civil_date_format(civil_date_of(w->at_ms, OFFSET_MINUTES), day);
    if (m->remote)
        snprintf(
            values, sizeof values,
            "{\"at_least\":false,\"clause\":\"5\",\"exceeded\":%s,\"limit\":\"1500\",\"measured\":\"%d\",\"point\":0,"
            "\"quantity\":\"no\",\"screening\":true,\"status\":\"unconfirmed\",\"unit\":\"1e-6\",\"value\":\"%d\"},"
            "{\"at_least\":false,\"clause\":\"5\",\"exceeded\":%s,\"limit\":\"30.0\",\"measured\":\"%d.%d\",\"point\":"
            "0,"
            "\"quantity\":\"opacity\",\"screening\":false,\"status\":\"unconfirmed\",\"unit\":\"%%\",\"value\":\"%d.%"
            "d\"}",
            w->no > 1500 ? "true" : "false", w->no, w->no, w->opacity_tenths > 300 ? "true" : "false",
            w->opacity_tenths / 10, w->opacity_tenths % 10, w->opacity_tenths / 10, w->opacity_tenths % 10);
    else
        snprintf(
            values, sizeof values,
            "{\"at_least\":false,\"clause\":\"A\",\"exceeded\":%s,\"limit\":\"1.20\",\"measured\":\"%d.%02d\","
            "\"point\":0,"
            "\"quantity\":\"k\",\"screening\":false,\"status\":\"unconfirmed\",\"unit\":\"1/m\",\"value\":\"%d.%02d\"}",
            w->k_hundredths > 120 ? "true" : "false", w->k_hundredths / 100, w->k_hundredths % 100,
            w->k_hundredths / 100, w->k_hundredths % 100);
    bool valued = strcmp(w->verdict, "invalid") != 0 && strcmp(w->verdict, "aborted") != 0;
    return snprintf(
        out, size,
        "{%s\"clock\":{},\"ended_at\":\"%s\",\"files\":[],\"format\":\"smogd-record-1\",\"id\":\"%s\","
        "\"instruments\":[{\"name\":\"%s\"}],\"kind\":\"%s\",\"method\":\"%s\",\"officers\":[],"
        "\"rules\":{\"class\":\"a\",\"day\":\"%s\",\"pack\":\"law\",\"rule\":\"rule\",\"sha256\":\"" ZEROS
        "\",\"version\":\"1\"},"
        "\"seq\":%" PRId64 ",\"software\":{},\"started_at\":\"%s\",\"station\":{\"id\":\"%s\",\"kind\":\"%s\"},"
        "\"vehicle\":{\"colour\":\"yellow\",\"facts\":[{\"by\":\"test\",\"key\":\"class\",\"source\":\"typed\","
        "\"value\":\"%s\"},"
        "{\"by\":\"test\",\"key\":\"stage\",\"source\":\"typed\",\"value\":\"%u\"}],\"kind\":\"ordinary\",\"plate\":"
        "\"新A%05u\","
        "\"plate_by\":\"\",\"plate_source\":\"typed\"},"
        "\"verdict\":{\"class\":\"a\",\"duration_ms\":0,\"kind\":\"%s\",\"marks\":[],\"method\":\"%s\","
        "\"pack\":{\"id\":\"law\",\"sha256\":\"" ZEROS
        "\",\"version\":\"1\"},\"reasons\":%s,\"rule\":\"rule\",\"values\":[%s]}}",
        m->remote ? "\"basis\":[]," : "", at, id, m->remote ? "rsd1" : "smoke", m->remote ? "passage" : "test",
        m->remote ? "remote-sensing" : "free-acceleration", day, m->seq, at, m->station, m->kind,
        w->vehicle % 3 ? "heavy" : "medium", 3 + w->vehicle % 4, w->vehicle, w->verdict,
        m->remote ? "remote-sensing" : "free-acceleration", w->reasons, valued ? values : "");
}

static void save(struct month *m, const struct what *w, const char *id, const char *record)
{
    char plate[40], body[256], day[CIVIL_DATE_TEXT_MAX];
    uint64_t event;
    snprintf(plate, sizeof plate, "新A%05u", w->vehicle);
    int length = snprintf(body, sizeof body, "{\"kind\":\"test-fixture\",\"n\":%" PRId64 "}", m->seq);
    must(store_append(m->store, "test-fixture", body, (size_t)length, &event, &err), "append");
    if (m->remote) {
        struct store_passage p = {.seq = m->seq,
                                  .at_ms = w->at_ms,
                                  .instrument = "rsd1",
                                  .colour = "yellow",
                                  .valid = strcmp(w->verdict, "invalid") != 0,
                                  .record = record,
                                  .raw = "7b7d"};
        civil_date_format(civil_date_of(w->at_ms, OFFSET_MINUTES), day);
        snprintf(p.id, sizeof p.id, "%.47s", id);
        snprintf(p.plate, sizeof p.plate, "%s", plate);
        snprintf(p.verdict, sizeof p.verdict, "%s", w->verdict);
        memcpy(p.day, day, sizeof day);
        must(store_passage_add(m->store, &p, event, &err), "passage");
    } else {
        struct store_test t = {.seq = m->seq, .started_ms = w->at_ms};
        snprintf(t.id, sizeof t.id, "%.47s", id);
        snprintf(t.method, sizeof t.method, "free-acceleration");
        snprintf(t.plate, sizeof t.plate, "%s", plate);
        snprintf(t.colour, sizeof t.colour, "yellow");
        must(store_test_start(m->store, &t, event, &err), "start");
        must(store_test_end(m->store, id, w->at_ms, w->verdict, event, record, &err), "end");
    }
    must(store_measurement_add(m->store, record, strlen(record), &err), "count");
}

static void add(struct month *m, struct what w)
{
    char id[64], record[4096];
    m->seq++;
    snprintf(id, sizeof id, "%s-%c%08" PRId64, m->station, m->remote ? 'P' : 'T', m->seq);
    int length = write_record(m, &w, id, record, sizeof record);
    if (length <= 0 || (size_t)length >= sizeof record)
        exit(1);
    if (m->waiting == 0)
        must(store_begin(m->store, &err), "begin");
    save(m, &w, id, record);
    if (++m->waiting < BATCH)
        return;
    must(store_commit(m->store, &err), "commit");
    m->waiting = 0;
}

static void add_vehicle(struct month *m, unsigned number, unsigned vehicle, unsigned count, bool failed)
{
    int64_t at_ms = m->first_ms + (m->length_ms - 1) * number / (count > 1 ? count - 1 : 1);
    struct what w = {.verdict = failed ? "fail" : "pass",
                     .reasons = "[]",
                     .vehicle = vehicle,
                     .at_ms = at_ms,
                     .k_hundredths = failed ? 130 + (int)(number % 90) : (int)(number * 7 % 121),
                     .opacity_tenths = failed ? 310 + (int)(number % 200) : (int)(number * 13 % 301),
                     .no = (int)(number * 31 % 2000)};
    struct what other = w;
    if (failed && m->remote) {
        other.verdict = "suspect";
        other.at_ms = at_ms - (number > 0 ? 500 : 0);
        add(m, other);
    }
    add(m, w);
    if (number % 50 == 7) {
        other = w;
        other.verdict = "invalid";
        other.reasons = number % 100 == 7 ? "[\"wind_speed: 6.2 > 5.0\",\"vsp: -1.0 < 0.0\"]" : "[\"vsp: -1.0 < 0.0\"]";
        add(m, other);
    }
    if (number % 60 == 9 && !m->remote) {
        other = w;
        other.verdict = "aborted";
        other.reasons = "[\"driver left\"]";
        add(m, other);
    }
    if (number % 97 == 3 && !failed)
        add(m, w);
}

int main(int argc, char **argv)
{
    struct civil_date day;
    if (argc < 8 || !civil_date_parse(&day, argv[4], strlen(argv[4])))
        return 2;
    unsigned vehicles = (unsigned)strtoul(argv[6], NULL, 10), failed = (unsigned)strtoul(argv[7], NULL, 10);
    unsigned first = argc > 8 ? (unsigned)strtoul(argv[8], NULL, 10) : 0;
    struct month m = {.station = argv[2],
                      .kind = argv[3],
                      .remote = strstr(argv[3], "remote") != NULL,
                      .first_ms = (int64_t)civil_days(day) * DAY_MS - (int64_t)OFFSET_MINUTES * MINUTE_MS,
                      .length_ms = strtol(argv[5], NULL, 10) * (int64_t)DAY_MS};
    must(store_open(&m.store, argv[1], m.station, STORE_OWNER, &err), "open");
    for (unsigned i = 0; i < vehicles; i++)
        add_vehicle(&m, i, first + i, vehicles,
                    (uint64_t)(i + 1) * failed / vehicles > (uint64_t)i * failed / vehicles);
    struct what outside = {.verdict = "pass", .reasons = "[]", .vehicle = 99990, .at_ms = m.first_ms - 1};
    add(&m, outside);
    outside.vehicle = 99991;
    outside.at_ms = m.first_ms + m.length_ms;
    add(&m, outside);
    if (m.waiting > 0)
        must(store_commit(m.store, &err), "commit");
    printf("%" PRId64 " records\n", m.seq);
    store_close(m.store);
    return 0;
}
