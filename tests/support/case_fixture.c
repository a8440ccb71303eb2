#include "tests/support/case_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/store_life.h"

static void must(int result, const struct err *err)
{
    if (result == 0)
        return;
    fprintf(stderr, "case_fixture: %s\n", err->text);
    abort();
}

static void add_passage(struct store *s, struct package_fixture *f, unsigned number, uint64_t event)
{
    struct err err;
    struct store_passage p = {.seq = number, .at_ms = 1782869400000, .valid = true, .raw = "7b7d"};
    snprintf(p.id, sizeof p.id, "652301-0007-P%08u", number);
    snprintf(p.instrument, sizeof p.instrument, "rsd1");
    snprintf(p.device_record, sizeof p.device_record, "R%u", number);
    snprintf(p.plate, sizeof p.plate, "新B12345");
    snprintf(p.colour, sizeof p.colour, "yellow");
    snprintf(p.day, sizeof p.day, "2026-07-01");
    snprintf(p.verdict, sizeof p.verdict, "%s", f->verdict);
    p.record = package_fixture_file(f, "record.json")->data;
    must(store_passage_add(s, &p, event, &err), &err);
}

static void add_test(struct store *s, struct package_fixture *f, unsigned number, uint64_t event)
{
    struct err err;
    struct store_test t = {.seq = number, .started_ms = 1782869400000};
    snprintf(t.id, sizeof t.id, "%.*s", (int)sizeof t.id - 1, f->id);
    snprintf(t.method, sizeof t.method, "%s", f->method);
    snprintf(t.plate, sizeof t.plate, "%s", f->vehicle.plate.text);
    snprintf(t.colour, sizeof t.colour, "%s", plate_colour_name(f->vehicle.plate.colour));
    must(store_test_start(s, &t, event, &err), &err);
    must(store_test_end(s, t.id, t.started_ms + 74000, f->verdict, event, package_fixture_file(f, "record.json")->data,
                        &err),
         &err);
}

static void add_files(struct store *s, const struct package_fixture *f)
{
    struct err err;
    char sha256[65];
    for (size_t i = 0; i < f->files_count; i++) {
        const struct fixture_file *file = &f->files[i];
        if (!file->of_record)
            continue;
        must(store_object_put(s, file->data, file->size, sha256, &err), &err);
        must(store_file_add(s, f->id, file->name, sha256, file->size, &err), &err);
    }
}

static void add_step(struct store *s, const struct package_fixture *f, struct store_case *row,
                     const struct case_fixture_step *step, size_t n)
{
    struct err err;
    struct store_case_step made = {.track = "penalty", .at_ms = 1782869520000 + (int64_t)n * 1000};
    char body[2400], facts[1600] = "", number[100] = "";
    uint64_t event;
    snprintf(made.act, sizeof made.act, "%s", step->act);
    snprintf(made.from, sizeof made.from, "%s", step->from);
    snprintf(made.to, sizeof made.to, "%s", step->to);
    snprintf(made.officer, sizeof made.officer, "%s", step->officer);
    snprintf(made.role, sizeof made.role, "%s", step->role);
    snprintf(row->state, sizeof row->state, "%s", step->to);
    if (f->filed && strcmp(step->act, "file") == 0)
        snprintf(facts, sizeof facts, "\"facts\":%s,", f->filed);
    if (f->handled && strcmp(step->act, "handle") == 0) {
        snprintf(number, sizeof number, "\"number\":\"%s\",", f->handled);
        snprintf(made.number, sizeof made.number, "%s", f->handled);
        snprintf(row->number, sizeof row->number, "%s", f->handled);
    }
    snprintf(
        body, sizeof body,
        "{\"act\":\"%s\",\"at\":\"2026-07-01T09:32:%02zu.000+08:00\",\"boot\":\"b\",\"case\":\"%s\",%s\"from\":\"%s\","
        "\"kind\":\"case\",\"mono_ms\":%zu,%s\"officer\":\"%s\",\"role\":\"%s\",\"station\":\"652301-0007\",\"to\":"
        "\"%s\",\"track\":\"penalty\"}",
        step->act, n, row->id, facts, step->from, 120000 + n * 1000, number, step->officer, step->role, step->to);
    must(store_append(s, "case", body, strlen(body), &event, &err), &err);
    must(store_case_move(s, row, &made, event, &err), &err);
}

static void open_case(struct store *s, const struct package_fixture *f, const char *id,
                      const struct case_fixture_step *steps, size_t count)
{
    struct err err;
    struct store_case row;
    must(store_case_add(s, id, f->id, 1782869400000, count > 0 ? "none" : "send-ordered", &err), &err);
    must(store_case_get(s, id, &row, &err), &err);
    for (size_t i = 0; i < count; i++)
        add_step(s, f, &row, &steps[i], i);
}

void case_fixture_add(struct store *s, struct package_fixture *f, unsigned number)
{
    static const struct case_fixture_step steps[] = {{"open", "none", "exceeded", "", "station"},
                                                     {"review", "exceeded", "review1", "1001", "ecology"},
                                                     {"review", "review1", "review2", "1002", "ecology"},
                                                     {"send", "review2", "send-ordered", "1002", "ecology"}};
    case_fixture_add_with(s, f, number, steps, sizeof steps / sizeof steps[0]);
}

void case_fixture_add_with(struct store *s, struct package_fixture *f, unsigned number,
                           const struct case_fixture_step *steps, size_t count)
{
    struct err err;
    char id[56];
    uint64_t event;
    snprintf(f->id, sizeof f->id, f->test ? "652301-0007-T%06u" : "652301-0007-P%08u", number);
    snprintf(id, sizeof id, "652301-0007-C%06u", number);
    if (!f->instruments) /* journal verify looks there for the device of a passage */
        f->instruments = "[{\"driver\":\"jsonl\",\"name\":\"rsd1\"}]";
    package_fixture_record(f);
    package_fixture_record_event(f);
    char *body = f->events[--f->events_count]; /* it goes into the store's journal instead */
    must(store_begin(s, &err), &err);
    add_files(s, f);
    must(store_append(s, f->test ? "test-end" : "passage", body, strlen(body), &event, &err), &err);
    if (f->test)
        add_test(s, f, number, event);
    else
        add_passage(s, f, number, event);
    if (strcmp(f->verdict, "pass") != 0)
        open_case(s, f, id, steps, count);
    must(store_commit(s, &err), &err);
    free(body);
}
