#include "reports/rejudge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/limits.h"
#include "reports/sha256.h"
#include "sensors/replay.h"
#include "station/core/join.h"
#include "station/core/remote.h"

enum { VEHICLE_TEXT_MAX = 4096 };

/* Everything a recomputation needs at once; too large for the stack. */
struct rejudge_desk {
    /* from the record before: pack and profiles are read again only where their digest is another */
    struct rule_pack pack;
    struct profile profiles[BENCH_INSTRUMENTS_MAX];
    struct replay replay;
    struct conf_node nodes[REJUDGE_CONF_NODES_MAX];
    /* of this record; `vehicle` is the first */
    struct vehicle vehicle;
    size_t profiles_count;
    struct replay_file wires[REPLAY_FILES_MAX];
    size_t wires_count;
    const struct rule *rule;
    struct rejudge *out;
    size_t readings_size;
    bool readings_full;
    bool lost; /* a test that nobody ended: its files end where power or daemon did */
    /* passages: the last one that the instrument told of */
    bool has_passage;
    char instrument[SENSOR_NAME_MAX];
    struct sample sample;
    struct passage passage;
    struct remote_past past[REJUDGE_PAST_MAX];
    size_t past_count;
};

static bool has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static const struct rejudge_file *find(const struct rejudge_file *files, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    }
    return NULL;
}

/* Parses a file people write; *text is the copy that the nodes point into. */
static int parse_conf(struct rejudge_desk *w, const struct rejudge_file *file, struct conf *conf, char **text,
                      struct err *err)
{
    *text = malloc(file->size + 1);
    if (!*text)
        return err_set(err, ERR_FAILED, "out of memory");
    memcpy(*text, file->data, file->size);
    return conf_parse(conf, file->name, *text, file->size, w->nodes, REJUDGE_CONF_NODES_MAX, err);
}

static int read_pack(struct rejudge_desk *w, const struct rejudge_file *file, struct err *err)
{
    struct conf conf;
    char *text, digest[SHA256_HEX_SIZE];
    sha256_hex(file->data, file->size, digest);
    if (strcmp(w->pack.sha256, digest) == 0)
        return 0;
    w->pack.sha256[0] = '\0';
    int result = parse_conf(w, file, &conf, &text, err);
    if (result == 0)
        result = rules_load(&w->pack, &conf, err);
    free(text);
    if (result == 0)
        memcpy(w->pack.sha256, digest, sizeof w->pack.sha256);
    return result;
}

static int load_rules(struct rejudge_desk *w, const struct record *record, const struct rejudge_file *files,
                      size_t count, struct err *err)
{
    char name[RECORD_FILE_NAME_MAX];
    snprintf(name, sizeof name, "rules/%s.conf", record->pack);
    const struct rejudge_file *file = find(files, count, name);
    if (!file)
        return err_set(err, ERR_FAILED, "%s is missing: the verdict cannot be recomputed without its rules", name);
    if (read_pack(w, file, err))
        return -1;
    if (strcmp(w->pack.sha256, record->pack_sha256) != 0 || strcmp(w->pack.id, record->pack) != 0 ||
        strcmp(w->pack.version, record->pack_version) != 0)
        return err_set(err, ERR_FAILED, "%s is not the rule pack that the record names (%s version %s)", name,
                       record->pack, record->pack_version);
    const struct rule_pack *pack;
    w->rule = rules_select(&w->pack, 1, record->method, &w->vehicle, record->day, &pack, err);
    if (!w->rule)
        return -1;
    if (strcmp(w->rule->name, record->rule) != 0)
        return err_set(err, ERR_FAILED, "for this vehicle and day the pack gives rule %s, the record says %s",
                       w->rule->name, record->rule);
    return 0;
}

/* "profiles/opacimeter.conf" → "opacimeter" */
static int profile_name(const char *file, char *out, size_t size, struct err *err)
{
    const char *base = strrchr(file, '/') + 1;
    size_t length = strlen(base);
    if (length < 6 || strcmp(base + length - 5, ".conf") != 0 || length - 5 >= size)
        return err_set(err, ERR_FAILED, "%s is no profile file", file);
    memcpy(out, base, length - 5);
    out[length - 5] = '\0';
    return 0;
}

static int read_profile(struct rejudge_desk *w, struct profile *profile, const struct rejudge_file *file,
                        struct err *err)
{
    struct conf conf;
    char *text, digest[SHA256_HEX_SIZE];
    sha256_hex(file->data, file->size, digest);
    if (strcmp(profile->sha256, digest) == 0)
        return 0;
    profile->sha256[0] = '\0';
    int result = parse_conf(w, file, &conf, &text, err);
    if (result == 0)
        result = profile_load(profile, &conf, err);
    free(text);
    if (result == 0)
        memcpy(profile->sha256, digest, sizeof profile->sha256);
    return result;
}

static int load_profile(struct rejudge_desk *w, const struct rejudge_file *file, struct err *err)
{
    if (w->profiles_count == BENCH_INSTRUMENTS_MAX)
        return err_set(err, ERR_FAILED, "more than %d profiles", BENCH_INSTRUMENTS_MAX);
    struct profile *profile = &w->profiles[w->profiles_count];
    char name[PROFILE_KEY_MAX];
    if (read_profile(w, profile, file, err) || profile_name(file->name, name, sizeof name, err))
        return -1;
    if (strcmp(name, profile->name) != 0)
        return err_set(err, ERR_FAILED, "%s describes another profile, %s", file->name, profile->name);
    w->profiles_count++;
    return 0;
}

/* The time of a recording's last line; times only grow, so no line is later. 0: there is none that can be read. */
static int64_t last_ms(const struct rejudge_file *file)
{
    size_t end = file->size > 0 ? file->size - 1 : 0; /* without the last newline */
    while (end > 0 && file->data[end - 1] != '\n')
        end--;
    int64_t t_ms = 0;
    for (size_t i = end; i < file->size && i < end + 15 && file->data[i] >= '0' && file->data[i] <= '9'; i++)
        t_ms = t_ms * 10 + (file->data[i] - '0');
    return t_ms;
}

/* A replay fires every timer on the way: a recording must not be able to make it long. */
static int add_wire(struct rejudge_desk *w, const struct rejudge_file *file, struct err *err)
{
    if (w->wires_count == REPLAY_FILES_MAX)
        return err_set(err, ERR_FAILED, "more than %d recordings", REPLAY_FILES_MAX);
    if (last_ms(file) > REJUDGE_SPAN_MAX_MS)
        return err_set(err, ERR_FAILED, "%s is longer than %d hours; no test is", file->name,
                       REJUDGE_SPAN_MAX_MS / 3600000);
    w->wires[w->wires_count++] = (struct replay_file){file->name, file->data, file->size};
    return 0;
}

static int load_wires(struct rejudge_desk *w, const struct rejudge_file *files, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (has_prefix(files[i].name, "profiles/") && load_profile(w, &files[i], err))
            return -1;
        if (has_prefix(files[i].name, "wire/") && add_wire(w, &files[i], err))
            return -1;
    }
    if (w->wires_count == 0 && !w->lost)
        return err_set(err, ERR_FAILED, "there is no recording (wire/NAME.rec) to recompute the verdict from");
    return 0;
}

static void add_text(struct rejudge_desk *w, const char *text, size_t length)
{
    struct rejudge *out = w->out;
    if (out->readings_length + length > w->readings_size) {
        size_t size = w->readings_size ? 2 * w->readings_size : 64 << 10;
        char *more = size <= REJUDGE_READINGS_MAX ? realloc(out->readings, size) : NULL;
        if (!more) {
            w->readings_full = true;
            return;
        }
        out->readings = more;
        w->readings_size = size;
    }
    memcpy(out->readings + out->readings_length, text, length);
    out->readings_length += length;
}

static void on_sample(void *ctx, const char *instrument, const struct sample *sample)
{
    struct rejudge_desk *w = ctx;
    char lines[SAMPLE_CSV_MAX];
    ptrdiff_t length = sample_csv(sample, sample->t_ms, instrument, lines, sizeof lines);
    if (length < 0)
        w->readings_full = true;
    else
        add_text(w, lines, (size_t)length);
    if (!sample->passage)
        return;
    w->passage = *sample->passage;
    w->sample = *sample;
    w->sample.passage = &w->passage;
    w->sample.texts_count = 0; /* gone after this call; no rule asks for them */
    w->sample.texts = NULL;
    w->has_passage = true;
    snprintf(w->instrument, sizeof w->instrument, "%s", instrument);
}

static int judge_test(struct rejudge_desk *w, const struct record *record, const struct replay_host *host,
                      struct err *err)
{
    const struct procedure_method *method = procedure_method_by_name(record->method);
    if (!method)
        return err_set(err, ERR_FAILED, "this program does not know the method %s; use a newer one", record->method);
    return replay_test(&w->replay, w->wires, w->wires_count, w->profiles, w->profiles_count, method, &w->pack, w->rule,
                       &w->vehicle, record->limit_class, host, err);
}

/* Power or daemon went away: as far as the recordings go, they are replayed; the verdict is not theirs. */
static int judge_lost(struct rejudge_desk *w, const struct record *record, const struct replay_host *host)
{
    struct err end;
    struct verdict *v = &w->replay.verdict;
    if (judge_test(w, record, host, &end) == 0)
        snprintf(w->out->remark, sizeof w->out->remark,
                 "the recordings hold a whole test, which would have ended in %s", verdict_kind_name(v->kind));
    *v = (struct verdict){.kind = VERDICT_ABORTED, .limit_class = record->limit_class};
    memcpy(v->method, record->method, sizeof v->method);
    memcpy(v->pack_id, record->pack, sizeof v->pack_id);
    memcpy(v->pack_version, record->pack_version, sizeof v->pack_version);
    memcpy(v->pack_sha256, record->pack_sha256, sizeof v->pack_sha256);
    memcpy(v->rule, record->rule, sizeof v->rule);
    verdict_reason(v, "%s", VERDICT_LOST);
    return 0;
}

static int read_past(const struct json_doc *doc, ptrdiff_t object, struct remote_past *past, struct err *err)
{
    char day[CIVIL_DATE_TEXT_MAX], quantity[32];
    bool is_object = object >= 0 && doc->tokens[object].type == JSON_OBJECT;
    ptrdiff_t exceeded = is_object ? json_member(doc, (size_t)object, "exceeded") : -1;
    if (exceeded < 0 || doc->tokens[exceeded].type != JSON_ARRAY ||
        !json_get_string(doc, json_member(doc, (size_t)object, "day"), day, sizeof day) ||
        !civil_date_parse(&past->day, day, strlen(day)) ||
        !json_get_string(doc, json_member(doc, (size_t)object, "id"), past->record, sizeof past->record) ||
        !json_get_bool(doc, json_member(doc, (size_t)object, "valid"), &past->valid))
        return err_set(err, ERR_FAILED, "an earlier passage in the record's 'basis' cannot be read");
    past->exceeded = 0;
    for (size_t i = 0; i < doc->tokens[exceeded].count; i++) {
        if (!json_get_string(doc, json_element(doc, (size_t)exceeded, i), quantity, sizeof quantity))
            return err_set(err, ERR_FAILED, "an earlier passage in the record's 'basis' cannot be read");
        enum quantity q = quantity_by_name(quantity, strlen(quantity));
        if (q == QUANTITY_COUNT)
            return err_set(err, ERR_FAILED, "the record's 'basis' names an unknown quantity, %s", quantity);
        past->exceeded |= UINT64_C(1) << q;
    }
    return 0;
}

/* The vehicle of a passage is the one that the device told of, to the letter. */
static int check_vehicle(struct rejudge_desk *w, const struct record *record, struct err *err)
{
    char text[VEHICLE_TEXT_MAX];
    struct vehicle vehicle;
    struct json_writer writer;
    const struct json_token *recorded = &record->doc.tokens[record->vehicle];
    vehicle_from_passage(&vehicle, &w->passage, w->instrument);
    json_writer_init(&writer, text, sizeof text);
    vehicle_write(&vehicle, &writer, NULL);
    ptrdiff_t length = json_writer_finish(&writer);
    if (length != (ptrdiff_t)recorded->length ||
        memcmp(text, record->doc.text + recorded->start, recorded->length) != 0)
        return err_set(err, ERR_FAILED, "the record's vehicle is not the one that %s reported", w->instrument);
    return 0;
}

/* No rule was in force for such a vehicle: the record says so and judges nothing. The packs that were asked are not in
 * the record, so the reason stays the station's word. */
static int judge_unruled(struct rejudge_desk *w, const struct record *record, struct err *err)
{
    const struct verdict *judged = &record->judged;
    if (judged->reasons_count != 1 || strncmp(judged->reasons[0], "rule: ", 6) != 0)
        return err_set(err, ERR_FAILED, "the record names no rule pack, but does not say that none was found");
    struct verdict *v = &w->replay.verdict;
    *v = (struct verdict){.kind = VERDICT_INVALID, .limit_class = record->limit_class};
    memcpy(v->method, record->method, sizeof v->method);
    verdict_reason(v, "%s", judged->reasons[0]);
    return 0;
}

/* The lender must be among the record's instruments, and what it lent no older than it lends. */
static int check_lender(const struct record *record, const struct join_reading *j, struct err *err)
{
    const struct json_doc *doc = &record->doc;
    ptrdiff_t instruments = json_member(doc, 0, "instruments");
    ptrdiff_t passage = json_member(doc, 0, "passage");
    size_t count = instruments >= 0 && doc->tokens[instruments].type == JSON_ARRAY ? doc->tokens[instruments].count : 0;
    int64_t clock_ms = -1;
    if (passage >= 0 && doc->tokens[passage].type == JSON_OBJECT)
        (void)json_get_integer(doc, json_member(doc, (size_t)passage, "device_clock_ms"), &clock_ms);
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t object = json_element(doc, (size_t)instruments, i);
        char name[JOIN_NAME_MAX];
        struct join_source lender;
        if (doc->tokens[object].type != JSON_OBJECT ||
            !json_get_string(doc, json_member(doc, (size_t)object, "name"), name, sizeof name) ||
            !json_get_integer(doc, json_member(doc, (size_t)object, "join_ms"), &lender.max_ms) ||
            strcmp(name, j->instrument) != 0)
            continue;
        int64_t apart_ms = j->age_ms + join_moment_ms(&lender, 0, clock_ms >= 0, clock_ms);
        if (apart_ms <= lender.max_ms && apart_ms >= -lender.max_ms)
            return 0;
    }
    return err_set(err, ERR_FAILED, "%s of %" PRId64 " ms before the passage cannot be joined from %s",
                   quantity_name(j->reading.quantity), j->age_ms, j->instrument);
}

/* What other instruments lent, as the record has it. */
static int join(struct rejudge_desk *w, const struct record *record, struct err *err)
{
    struct join_reading joined[JOIN_QUANTITIES];
    char lines[SAMPLE_CSV_MAX];
    size_t count = 0;
    if (record->joined < 0)
        return 0;
    if (join_read(joined, &count, &record->doc, record->joined, err) != 0 ||
        join_add(&w->sample, joined, count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (check_lender(record, &joined[i], err) != 0)
            return -1;
    ptrdiff_t length = join_csv(joined, count, lines, sizeof lines);
    if (length < 0)
        return err_set(err, ERR_FAILED, "the joined readings are too long");
    add_text(w, lines, (size_t)length);
    return 0;
}

static int judge_passage(struct rejudge_desk *w, const struct record *record, const struct replay_host *host,
                         struct err *err)
{
    const struct json_doc *doc = &record->doc;
    size_t count = 0;
    if (record->basis >= 0 && doc->tokens[record->basis].type == JSON_ARRAY)
        count = doc->tokens[record->basis].count;
    if (count > REJUDGE_PAST_MAX)
        return err_set(err, ERR_FAILED, "the record rests on more than %d earlier passages", REJUDGE_PAST_MAX);
    for (; w->past_count < count; w->past_count++) {
        if (read_past(doc, json_element(doc, (size_t)record->basis, w->past_count), &w->past[w->past_count], err))
            return -1;
    }
    if (replay_samples(&w->replay, w->wires, w->wires_count, w->profiles, w->profiles_count, host, err))
        return -1;
    if (!w->has_passage)
        return err_set(err, ERR_FAILED, "the recording tells of no passing vehicle");
    if (check_vehicle(w, record, err) || join(w, record, err))
        return -1;
    if (!w->rule)
        return judge_unruled(w, record, err);
    return remote_judge(&w->replay.verdict, &w->pack, w->rule, record->limit_class, &w->sample, w->past, w->past_count,
                        record->day, err);
}

/* How much of the line at `start` to show: at most 60 bytes. */
static int line_room(const char *text, size_t length, size_t start)
{
    size_t room = length - start < 60 ? length - start : 60;
    const char *end = memchr(text + start, '\n', room);
    return end ? (int)(end - text - (ptrdiff_t)start) : (int)room;
}

/* Says in words where two texts part: the line and what stands there. */
static void explain(char *out, size_t size, const char *what, const char *recorded, size_t recorded_length,
                    const char *now, size_t now_length)
{
    size_t at = 0;
    size_t start = 0;
    unsigned line = 1;
    while (at < recorded_length && at < now_length && recorded[at] == now[at]) {
        if (recorded[at] == '\n') {
            line++;
            start = at + 1;
        }
        at++;
    }
    if (line == 1 && at > 40)
        start = at - 20; /* one long line: show only the place */
    int was = line_room(recorded, recorded_length, start);
    int is = line_room(now, now_length, start);
    snprintf(out, size, "%s, line %u: recorded '%.*s', recomputed '%.*s'", what, line, was, recorded + start, is,
             now + start);
}

/* Of a lost test both the recordings and the table end somewhere; as far as both go they must agree. */
static bool same_readings(const struct rejudge_desk *w, const struct rejudge_file *readings)
{
    size_t recorded = readings->size, now = w->out->readings_length;
    size_t common = recorded < now ? recorded : now;
    return (w->lost || recorded == now) && memcmp(readings->data, w->out->readings, common) == 0;
}

static int compare(struct rejudge_desk *w, const struct record *record, const struct rejudge_file *readings,
                   struct err *err)
{
    struct rejudge *out = w->out;
    struct json_writer writer;
    out->verdict = malloc(VERDICT_JSON_MAX);
    if (!out->verdict)
        return err_set(err, ERR_FAILED, "out of memory");
    json_writer_init(&writer, out->verdict, VERDICT_JSON_MAX);
    verdict_write(&w->replay.verdict, &writer, NULL);
    ptrdiff_t length = json_writer_finish(&writer);
    if (length < 0 || w->readings_full)
        return err_set(err, ERR_FAILED, "the recomputed verdict or its readings are too long");
    out->verdict_length = (size_t)length;
    out->kind = w->replay.verdict.kind;
    out->verdict_same = out->verdict_length == record->verdict_length &&
                        memcmp(out->verdict, record->verdict, record->verdict_length) == 0;
    out->readings_same = same_readings(w, readings);
    if (!out->readings_same)
        explain(out->difference, sizeof out->difference, "readings.csv", readings->data, readings->size, out->readings,
                out->readings_length);
    if (!out->verdict_same)
        explain(out->difference, sizeof out->difference, "verdict", record->verdict, record->verdict_length,
                out->verdict, out->verdict_length);
    return 0;
}

static bool is_lost(const struct record *record)
{
    const struct verdict *v = &record->judged;
    return !record->passage && v->kind == VERDICT_ABORTED && v->reasons_count == 1 &&
           strcmp(v->reasons[0], VERDICT_LOST) == 0;
}

static int rejudge_with(struct rejudge_desk *w, const struct record *record, const struct rejudge_file *files,
                        size_t count, struct err *err)
{
    static const struct rejudge_file none = {"readings.csv", "", 0};
    const struct rejudge_file *readings = find(files, count, "readings.csv");
    w->lost = is_lost(record);
    if (!readings && !w->lost)
        return err_set(err, ERR_FAILED, "readings.csv is missing");
    if (vehicle_read(&w->vehicle, &record->doc, record->vehicle, err) ||
        (record->pack[0] && load_rules(w, record, files, count, err)) || load_wires(w, files, count, err))
        return -1;
    const struct replay_host host = {.ctx = w, .sample = on_sample};
    add_text(w, READINGS_CSV_HEADER, strlen(READINGS_CSV_HEADER));
    int result = record->passage ? judge_passage(w, record, &host, err)
                 : w->lost       ? judge_lost(w, record, &host)
                                 : judge_test(w, record, &host, err);
    return result ? -1 : compare(w, record, readings ? readings : &none, err);
}

struct rejudge_desk *rejudge_desk_open(struct err *err)
{
    struct rejudge_desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        err_set(err, ERR_FAILED, "out of memory");
    return desk;
}

void rejudge_desk_close(struct rejudge_desk *desk)
{
    free(desk);
}

int rejudge_at(struct rejudge_desk *desk, struct rejudge *out, const struct record *record,
               const struct rejudge_file *files, size_t count, struct err *err)
{
    const size_t kept = offsetof(struct rejudge_desk, vehicle);
    *out = (struct rejudge){0};
    memset((char *)desk + kept, 0, sizeof *desk - kept);
    desk->out = out;
    return rejudge_with(desk, record, files, count, err);
}

int rejudge(struct rejudge *out, const struct record *record, const struct rejudge_file *files, size_t count,
            struct err *err)
{
    *out = (struct rejudge){0};
    struct rejudge_desk *desk = rejudge_desk_open(err);
    if (!desk)
        return -1;
    int result = rejudge_at(desk, out, record, files, count, err);
    rejudge_desk_close(desk);
    return result;
}

void rejudge_close(struct rejudge *r)
{
    free(r->verdict);
    free(r->readings);
    *r = (struct rejudge){0};
}
