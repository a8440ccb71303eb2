#include "tests/support/rig.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sensors/replay.h"

struct profile rig_profiles[RIG_PROFILES_MAX];
static size_t profiles_count;

char *rig_read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot read %s", path);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    rewind(file);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    *length = fread(text, 1, (size_t)size, file);
    assert_int_equal(*length, size);
    text[size] = '\0';
    fclose(file);
    return text;
}

static void load_profile(const char *path, struct profile *profile)
{
    enum { NODES_MAX = 2048 };
    struct conf_node *nodes = calloc(NODES_MAX, sizeof *nodes);
    struct conf conf;
    struct err err;
    size_t length;
    char *text = rig_read_file(path, &length);
    assert_non_null(nodes);
    if (conf_parse(&conf, path, text, length, nodes, NODES_MAX, &err) != 0 || profile_load(profile, &conf, &err) != 0)
        fail_msg("%s", err.text);
    free(text);
    free(nodes);
}

size_t rig_load_profiles(void)
{
    glob_t found;
    if (profiles_count > 0)
        return profiles_count;
    assert_int_equal(glob("sensors/profiles/*.conf", 0, NULL, &found), 0);
    assert_true(found.gl_pathc <= RIG_PROFILES_MAX);
    for (; profiles_count < found.gl_pathc; profiles_count++)
        load_profile(found.gl_pathv[profiles_count], &rig_profiles[profiles_count]);
    globfree(&found);
    return profiles_count;
}

void rig_inline_profile(struct profile *profile, const char *text)
{
    enum { TEXT_MAX = 2048, NODES_MAX = 128 };
    char copy[TEXT_MAX];
    struct conf_node nodes[NODES_MAX];
    struct conf conf;
    struct err err;
    size_t length = (size_t)snprintf(copy, sizeof copy, "%s", text);
    assert_true(length < sizeof copy);
    if (conf_parse(&conf, "inline.conf", copy, length, nodes, NODES_MAX, &err) != 0 ||
        profile_load(profile, &conf, &err) != 0)
        fail_msg("%s", err.text);
}

const struct profile *rig_profile(const char *name)
{
    for (size_t i = 0; i < rig_load_profiles(); i++)
        if (strcmp(rig_profiles[i].name, name) == 0)
            return &rig_profiles[i];
    fail_msg("no profile %s", name);
    return NULL;
}

struct rig *rig_open(const char *path)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct recording recording;
    struct err err;
    size_t length;
    int order = 0;
    int more = 1;
    assert_non_null(rig);
    rig->lines = calloc(RIG_LINES_MAX, sizeof *rig->lines);
    rig->out = malloc(RIG_OUT_MAX);
    assert_true(rig->lines && rig->out);
    char *text = rig_read_file(path, &length);
    if (recording_open(&recording, text, length, &err) != 0 ||
        replay_config(&recording, rig_profiles, rig_load_profiles(), &rig->driver, &rig->config, &order, &err) != 0)
        fail_msg("%s: %s", path, err.text);
    while (more == 1) {
        assert_true(rig->lines_count < RIG_LINES_MAX);
        more = recording_next(&recording, &rig->lines[rig->lines_count], &err);
        rig->lines_count += more == 1;
    }
    if (more < 0)
        fail_msg("%s: %s", path, err.text);
    free(text);
    return rig;
}

void rig_close(struct rig *rig)
{
    free(rig->lines);
    free(rig->out);
    free(rig);
}

/* ---- out ---- */

__attribute__((format(printf, 2, 3))) static void put(struct rig *rig, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(rig->out + rig->length, RIG_OUT_MAX - rig->length, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < RIG_OUT_MAX - rig->length);
    rig->length += (size_t)n;
}

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    struct rig *rig = ctx;
    struct recording_line line = {
        .t_ms = rig->bench.now_ms, .direction = RECORDING_SENT, .number = 0, .length = length};
    char text[2 * RECORDING_CHUNK_MAX + 64];
    (void)instrument;
    memcpy(line.bytes, bytes, length);
    assert_true(recording_format(&line, text, sizeof text) > 0);
    put(rig, "%s", text);
}

static void put_passage(struct rig *rig, const struct passage *p)
{
    put(rig, "  passage '%s' %s fuel '%s' id '%s' site '%s' line '%s' lane %d", p->plate_text,
        plate_colour_name(p->plate_colour), p->fuel, p->record_id, p->site, p->line, p->lane);
    if (p->has_device_time)
        put(rig, " at %lld", (long long)p->device_time_ms);
    put(rig, " device says '%s' '%s'\n", p->device_result, p->device_reason);
}

static void on_sample(void *ctx, int instrument, const struct sample *sample)
{
    struct rig *rig = ctx;
    (void)instrument;
    put(rig, "%lld sample", (long long)sample->t_ms);
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *r = &sample->readings[i];
        char value[DECIMAL_TEXT_MAX];
        decimal_format(r->value, value);
        put(rig, " %s=%s", quantity_name(r->quantity), value);
        if (r->quality != QUALITY_OK)
            put(rig, "(%s)", quality_name(r->quality));
    }
    put(rig, "\n");
    for (size_t i = 0; i < sample->texts_count; i++)
        put(rig, "  text %s '%s'\n", text_kind_name(sample->texts[i].kind), sample->texts[i].value);
    if (sample->passage)
        put_passage(rig, sample->passage);
}

static void on_changed(void *ctx, int instrument)
{
    static const char *const states[] = {"offline", "connected", "live", "stale"};
    struct rig *rig = ctx;
    const struct bench_instrument *in = &rig->bench.instruments[instrument];
    put(rig, "%lld %s, %s%s%s\n", (long long)rig->bench.now_ms, states[in->state], instrument_status_name(in->status),
        in->status_detail[0] ? ": " : "", in->status_detail);
}

/* ---- in ---- */

static void play(struct rig *rig, const struct recording_line *line, size_t piece)
{
    struct bench *b = &rig->bench;
    bench_advance(b, line->t_ms);
    if (line->direction == RECORDING_EVENT && strcmp(line->text, "link down") == 0)
        bench_disconnect(b, 0, line->t_ms);
    if (line->direction == RECORDING_EVENT && strcmp(line->text, "link up") == 0)
        bench_connect(b, 0, line->t_ms);
    if (line->direction != RECORDING_RECEIVED)
        return;
    for (size_t at = 0; at < line->length;) {
        size_t n = piece == 0 || line->length - at < piece ? line->length - at : piece;
        bench_receive(b, 0, line->bytes + at, n, line->t_ms);
        at += n;
    }
}

/* Has the driver sent the last of the recorded questions before this line? */
static bool was_asked(const struct rig *rig, size_t line)
{
    char question[2 * RECORDING_CHUNK_MAX + 64];
    while (line > 0 && rig->lines[line].direction != RECORDING_SENT)
        line--;
    if (rig->lines[line].direction != RECORDING_SENT)
        return true;
    assert_true(recording_format(&rig->lines[line], question, sizeof question) > 0);
    return strstr(rig->out, question) != NULL;
}

const char *rig_run(struct rig *rig, size_t piece)
{
    const struct bench_host host = {.ctx = rig, .send = on_send, .sample = on_sample, .changed = on_changed};
    rig->length = 0;
    bench_init(&rig->bench, &host, 0);
    assert_int_equal(bench_add(&rig->bench, rig->driver, &rig->config), 0);
    bench_connect(&rig->bench, 0, 0);
    for (size_t i = 0; i < rig->lines_count; i++)
        if (!rig->only_asked || rig->lines[i].direction != RECORDING_RECEIVED || was_asked(rig, i))
            play(rig, &rig->lines[i], piece);
    const struct bench_instrument *in = &rig->bench.instruments[0];
    put(rig, "end: %llu frames, %llu garbage bytes, %llu samples, model '%s'\n", (unsigned long long)in->frames,
        (unsigned long long)in->garbage_bytes, (unsigned long long)in->samples, in->sensor.identity.model);
    return rig->out;
}
