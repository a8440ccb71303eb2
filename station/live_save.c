#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/log.h"
#include "reports/sha256.h"
#include "station/live_parts.h"

struct put {
    struct live *live;
    struct record_make *make;
};

/* "smoke.rec" is the record's "wire/smoke.rec"; other files keep their names. */
static int put_file(void *ctx, const char *name, const char *data, size_t length, struct err *err)
{
    struct put *put = ctx;
    char digest[SHA256_HEX_SIZE], full[128];
    size_t end = strlen(name);
    bool recording = end > 4 && strcmp(name + end - 4, ".rec") == 0;
    if (put->make->files_count == RECORD_MAKE_FILES_MAX)
        return err_set(err, ERR_FAILED, "there are more than %d spooled files", RECORD_MAKE_FILES_MAX);
    snprintf(full, sizeof full, "%s%.100s", recording ? "wire/" : "", name);
    if (store_object_put(put->live->store, data, length, digest, err) != 0)
        return -1;
    record_make_add_file(put->make, full, digest, length);
    return 0;
}

int live_save_files(struct live *live, const char *id, struct record_make *make, struct err *err)
{
    struct put put = {live, make};
    return spool_list(live->config->state, id, put_file, &put, err);
}

static int write_rows(struct live *live, const struct live_end *end, const struct record_make *make, const char *record,
                      uint64_t event, struct err *err)
{
    if (store_test_end(live->store, end->id, end->ended_ms, verdict_kind_name(end->verdict->kind), event, record,
                       err) != 0)
        return -1;
    for (size_t i = 0; i < make->files_count; i++)
        if (store_file_add(live->store, end->id, make->files[i].name, make->files[i].sha256, make->files[i].size,
                           err) != 0)
            return -1;
    if (end->verdict->kind == VERDICT_FAIL && end->may_be_pushed)
        return live_case_open(live, end->id, end->ended_ms, end->officers, err);
    struct store_test test;
    if (end->verdict->kind != VERDICT_PASS)
        return 0;
    return store_test_get(live->store, end->id, &test, NULL, err) != 0
               ? -1
               : live_case_retest(live, end->id, test.plate, test.colour, end->method, end->ended_ms, err);
}

/* A record that bulletins cannot count is kept all the same. */
int live_save_count(struct live *live, const char *record, size_t length, struct err *err)
{
    struct err why = {0};
    int rc = store_measurement_add(live->store, record, length, &why);
    if (rc > 0)
        log_error("a record is saved, but no bulletin will count it: %s", why.text);
    else if (rc < 0)
        *err = why;
    return rc < 0 ? -1 : 0;
}

static int write_all(struct live *live, const struct live_end *end, struct live_scratch *scratch, size_t length,
                     struct err *err)
{
    char digest[SHA256_HEX_SIZE], curves[SHA256_HEX_SIZE];
    uint64_t event;
    sha256_hex(scratch->record, length, digest);
    struct entries e = {0};
    if (end->watched && live_alerts_curves(live, curves))
        entries_text(&e, "curves_sha256", curves);
    entries_text(&e, "record_sha256", digest);
    if (end->verdict->kind == VERDICT_ABORTED && end->verdict->reasons_count > 0)
        entries_text(&e, "reason", end->verdict->reasons[0]);
    entries_text(&e, "test", end->id);
    entries_text(&e, "verdict", verdict_kind_name(end->verdict->kind));
    if (store_begin(live->store, err) != 0)
        return -1;
    if (live_journal_append(live, "test-end", &e, scratch->event, sizeof scratch->event, &event, err) != 0 ||
        write_rows(live, end, &scratch->make, scratch->record, event, err) != 0 ||
        live_save_count(live, scratch->record, length, err) != 0 ||
        (end->watched && live_alerts_end(live, end->verdict, err) != 0)) {
        store_rollback(live->store);
        return -1;
    }
    return store_commit(live->store, err);
}

int live_save(struct live *live, const struct live_end *end, struct live_scratch *scratch, struct err *err)
{
    struct clock_stamp stamp;
    live_stamp(live, &stamp);
    scratch->make = (struct record_make){.config = live->config,
                                         .kind = "test",
                                         .id = end->id,
                                         .method = end->method,
                                         .seq = end->seq,
                                         .started_ms = end->started_ms,
                                         .ended_ms = end->ended_ms,
                                         .clock = &stamp,
                                         .instruments = end->instruments,
                                         .vehicle = end->vehicle,
                                         .officers = end->officers,
                                         .rules = end->rules,
                                         .verdict = end->verdict,
                                         .binary_sha256 = live->binary_sha256};
    if (live_save_files(live, end->id, &scratch->make, err) != 0)
        return -1;
    for (size_t i = 0; i < end->given_count; i++)
        record_make_add_file(&scratch->make, end->given[i].name, end->given[i].sha256, end->given[i].size);
    ptrdiff_t length = record_make_write(&scratch->make, scratch->record, sizeof scratch->record);
    if (length < 0)
        return err_set(err, ERR_FAILED, "the record of test %s is too long", end->id);
    if (write_all(live, end, scratch, (size_t)length, err) != 0)
        return -1;
    struct err left = {0};
    if (spool_remove(live->config->state, end->id, &left) != 0)
        log_warning("%s; the test is saved, the folder may be removed", left.text);
    return 0;
}

/* ---- the running test ---- */

void live_save_law_file(struct record_make_file *file, const char *folder, const struct config_file *from)
{
    snprintf(file->name, sizeof file->name, "%s/%s.conf", folder, from->name);
    memcpy(file->sha256, from->sha256, sizeof file->sha256);
    file->size = from->size;
}

size_t live_save_given(const struct live *live, struct record_make_file given[LIVE_GIVEN_MAX])
{
    const struct config *config = live->config;
    size_t count = 0;
    for (size_t i = 0; i < config->rules_count; i++)
        if (live->test.pack == &config->rules[i])
            live_save_law_file(&given[count++], "rules", &config->rules_files[i]);
    for (size_t i = 0; i < config->profiles_count; i++) {
        bool used = false;
        for (size_t k = 0; k < config->instruments_count; k++)
            used |= live->test.takes_part[k] && config->instruments[k].sensor.profile == &config->profiles[i];
        if (used)
            live_save_law_file(&given[count++], "profiles", &config->profile_files[i]);
    }
    for (size_t i = 0; i < live->test.suggestion.files_count; i++)
        given[count++] = live->test.suggestion.files[i];
    return count;
}

static void officers_part(const struct live *live, struct json_writer *w)
{
    json_array_begin(w, NULL);
    live_officer_write(live, live->test.officer, "operator", w);
    live_officer_write(live, live->test.officer2, "second", w);
    live_officer_write(live, live->test.police, "police", w);
    json_object_begin(w, NULL);
    json_string(w, "number", live->test.user);
    json_string(w, "role", "login"); /* whose login on the station gave the command */
    json_object_end(w);
    json_array_end(w);
}

int live_save_parts(const struct live *live, struct live_scratch *scratch, struct err *err)
{
    const struct live_test *test = &live->test;
    struct json_writer w;
    json_writer_init(&w, scratch->instruments, sizeof scratch->instruments);
    json_array_begin(&w, NULL);
    for (int i = 0; i < live->bench.count; i++)
        if (test->takes_part[i])
            record_make_instrument(&w, live->config, (size_t)i, &live->bench.instruments[i].sensor.identity);
    json_array_end(&w);
    ptrdiff_t a = json_writer_finish(&w);
    json_writer_init(&w, scratch->vehicle, sizeof scratch->vehicle);
    vehicle_write(&test->vehicle, &w, NULL);
    ptrdiff_t b = json_writer_finish(&w);
    json_writer_init(&w, scratch->officers, sizeof scratch->officers);
    officers_part(live, &w);
    ptrdiff_t c = json_writer_finish(&w);
    json_writer_init(&w, scratch->rules, sizeof scratch->rules);
    record_make_rules(&w, test->pack, test->rule, config_limit_class(live->config, test->pack, test->day), test->day);
    ptrdiff_t d = json_writer_finish(&w);
    if (a < 0 || b < 0 || c < 0 || d < 0)
        return err_set(err, ERR_FAILED, "the record of test %s is too long", test->id);
    return 0;
}

int live_save_test(struct live *live, struct err *err)
{
    struct live_test *test = &live->test;
    struct live_scratch *scratch = malloc(sizeof *scratch);
    if (!scratch)
        return err_set(err, ERR_FAILED, "out of memory");
    struct live_end end = {.id = test->id,
                           .method = test->method->name,
                           .seq = test->seq,
                           .started_ms = test->started_ms,
                           .ended_ms = test->ended_ms,
                           .instruments = scratch->instruments,
                           .vehicle = scratch->vehicle,
                           .officers = scratch->officers,
                           .rules = scratch->rules,
                           .verdict = &test->verdict,
                           .watched = true,
                           .may_be_pushed = plate_may_be_pushed(&test->vehicle.plate)};
    end.given_count = live_save_given(live, end.given);
    int result = live_save_parts(live, scratch, err);
    if (result == 0)
        result = live_save(live, &end, scratch, err);
    free(scratch);
    return result;
}
