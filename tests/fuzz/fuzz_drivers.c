/*
 * All drivers, with every profile they take, on a bench: whatever bytes come when, the same comes out however they are
 * cut and whenever they come, and everything that comes out is well formed.
 *
 * Input: which driver and profile, a byte or, for seeds that outlive new drivers, "@DRIVER PROFILE OPTION\n" with '-'
 * for none; then steps: 00-7f time passes (8 ms each), 80-ef so many bytes (1-112) follow and are received, f0 link
 * down, f1 link up, f2-ff an operator's command.
 */
#include "sensors/bench.h"

#include <glob.h>
#include <stdarg.h>
#include <string.h>

#include "sensors/profile.h"
#include "station/core/utf8.h"
#include "tests/fuzz/fuzz.h"

enum { PROFILES_MAX = 32, VARIANTS_MAX = 128, TEXT_MAX = 32768, NODES_MAX = 2048, STEP_MS = 8 };

static struct profile profiles[PROFILES_MAX];
static struct sensor_config configs[VARIANTS_MAX];
static const struct sensor_driver *drivers[VARIANTS_MAX];
static size_t variants;

static void load_profile(const char *path, struct profile *profile)
{
    static char text[TEXT_MAX];
    static struct conf_node nodes[NODES_MAX];
    struct conf conf;
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    FUZZ_CHECK(conf_parse(&conf, path, text, length, nodes, NODES_MAX, NULL) == 0);
    FUZZ_CHECK(profile_load(profile, &conf, NULL) == 0);
}

static void add_variant(const struct sensor_driver *driver, const struct profile *profile, const char *option)
{
    struct sensor_config config = {.name = "fuzzed", .profile = profile, .unit = 1};
    snprintf(config.option, sizeof config.option, "%s", option);
    if (driver->check(&config, NULL) != 0)
        return;
    FUZZ_CHECK(variants < VARIANTS_MAX);
    drivers[variants] = driver;
    configs[variants++] = config;
}

static void load_variants(void)
{
    glob_t found;
    FUZZ_CHECK(glob("sensors/profiles/*.conf", 0, NULL, &found) == 0 && found.gl_pathc <= PROFILES_MAX);
    for (size_t i = 0; i < found.gl_pathc; i++)
        load_profile(found.gl_pathv[i], &profiles[i]);
    for (size_t d = 0; sensor_drivers[d]; d++) {
        static const char *const options[] = {"",
                                              "ascii",
                                              "co=3 oil_temp=0",
                                              "hc=0 co=2 co2=2 o2=2 nox=0 rpm=0",
                                              "j1939",
                                              "km/h",
                                              "mph",
                                              "oil_temp=0",
                                              "one-byte",
                                              "short",
                                              "short-tail",
                                              "two-byte"};
        for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
            add_variant(sensor_drivers[d], NULL, options[i]);
        for (size_t i = 0; i < found.gl_pathc; i++)
            add_variant(sensor_drivers[d], &profiles[i], "");
    }
    globfree(&found);
}

/* Which variant the input names, and how many bytes that takes; `variants`: none. */
static size_t find_variant(const uint8_t *data, size_t size, size_t *taken)
{
    const uint8_t *end = memchr(data, '\n', size);
    *taken = 1;
    if (data[0] != '@' || !end)
        return data[0] % variants;
    *taken = (size_t)(end - data) + 1;
    size_t i = 0;
    for (; i < variants; i++) {
        char name[160];
        int length = snprintf(name, sizeof name, "@%s %s %s\n", drivers[i]->name,
                              configs[i].profile ? configs[i].profile->name : "-",
                              configs[i].option[0] ? configs[i].option : "-");
        if ((size_t)length == *taken && memcmp(name, data, *taken) == 0)
            break;
    }
    return i;
}

/* ---- what comes out, as one number ---- */

struct run {
    struct bench bench;
    int64_t t0_ms;
    uint64_t hash;
};

static void mix(struct run *run, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < length; i++)
        run->hash = (run->hash ^ bytes[i]) * 1099511628211U;
}

static void mix_number(struct run *run, int64_t number)
{
    mix(run, &number, sizeof number);
}

static void mix_text(struct run *run, const char *text, size_t size)
{
    FUZZ_CHECK(memchr(text, '\0', size));
    FUZZ_CHECK(utf8_check(text, strlen(text)) == strlen(text));
    mix(run, text, strlen(text) + 1);
}

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    struct run *run = ctx;
    (void)instrument;
    FUZZ_CHECK(length > 0 && length <= RECORDING_CHUNK_MAX);
    mix_number(run, run->bench.now_ms - run->t0_ms);
    mix(run, bytes, length);
}

static bool is_offered(const struct bench_instrument *in, enum quantity quantity)
{
    for (const enum quantity *q = sensor_quantities(in->sensor.driver, &in->config); *q != QUANTITY_COUNT; q++)
        if (*q == quantity)
            return true;
    return false;
}

static void on_sample(void *ctx, int instrument, const struct sample *sample)
{
    struct run *run = ctx;
    const struct bench_instrument *in = &run->bench.instruments[instrument];
    FUZZ_CHECK(in->status != STATUS_WRONG_MODEL);
    FUZZ_CHECK(sample->count > 0 || sample->passage || sample->texts_count > 0);
    FUZZ_CHECK((sample->passage != NULL) == sensor_is_passage_source(&in->config));
    mix_number(run, sample->t_ms - run->t0_ms);
    for (size_t i = 0; i < sample->count; i++) {
        const struct reading *r = &sample->readings[i];
        FUZZ_CHECK(is_offered(in, r->quantity));
        FUZZ_CHECK(r->quality < QUALITY_COUNT && r->value.digits <= DECIMAL_DIGITS_MAX);
        FUZZ_CHECK(r->quality != QUALITY_OK || in->status == STATUS_OK);
        mix_number(run, r->quantity);
        mix_number(run, r->quality);
        mix_number(run, r->value.units);
        mix_number(run, r->value.digits);
    }
    FUZZ_CHECK(sample->texts_count <= SAMPLE_TEXTS_MAX);
    for (size_t i = 0; i < sample->texts_count; i++) {
        FUZZ_CHECK(sample_find_text(sample, sample->texts[i].kind) == sample->texts[i].value);
        mix_number(run, sample->texts[i].kind);
        mix_text(run, sample->texts[i].value, sizeof sample->texts[i].value);
    }
    if (!sample->passage)
        return;
    const struct passage *p = sample->passage;
    mix_text(run, p->record_id, sizeof p->record_id);
    mix_text(run, p->site, sizeof p->site);
    mix_text(run, p->line, sizeof p->line);
    mix_text(run, p->plate_text, sizeof p->plate_text);
    mix_text(run, p->fuel, sizeof p->fuel);
    mix_text(run, p->device_result, sizeof p->device_result);
    mix_text(run, p->device_reason, sizeof p->device_reason);
    FUZZ_CHECK(p->plate_colour < PLATE_COLOUR_COUNT);
    mix_number(run, p->plate_colour);
    mix_number(run, p->lane);
    mix_number(run, p->has_device_time ? p->device_time_ms : -1);
}

static void on_changed(void *ctx, int instrument)
{
    struct run *run = ctx;
    const struct bench_instrument *in = &run->bench.instruments[instrument];
    FUZZ_CHECK(in->status < STATUS_COUNT);
    mix_number(run, run->bench.now_ms - run->t0_ms);
    mix_number(run, in->state);
    mix_number(run, in->status);
    mix_text(run, in->status_detail, sizeof in->status_detail);
    FUZZ_CHECK(!strpbrk(in->status_detail, "\r\n"));
}

static void receive(struct run *run, const uint8_t *bytes, size_t length, size_t piece, int64_t t_ms)
{
    for (size_t at = 0; at < length; at += piece)
        bench_receive(&run->bench, 0, bytes + at, length - at < piece ? length - at : piece, t_ms);
}

static uint64_t play(const uint8_t *data, size_t size, size_t piece, int64_t t0_ms)
{
    enum { RECEIVE = 0x80, LINK_DOWN = 0xF0, LINK_UP, COMMAND };
    static struct run run;
    const struct bench_host host = {.ctx = &run, .send = on_send, .sample = on_sample, .changed = on_changed};
    size_t taken;
    size_t variant = find_variant(data, size, &taken);
    if (variant == variants)
        return 0;
    int64_t t_ms = t0_ms;
    run.t0_ms = t0_ms;
    run.hash = 14695981039346656037U;
    bench_init(&run.bench, &host, t0_ms);
    bench_add(&run.bench, drivers[variant], &configs[variant]);
    bench_connect(&run.bench, 0, t_ms);
    for (size_t i = taken; i < size;) {
        uint8_t step = data[i++];
        size_t length = step < RECEIVE || step >= LINK_DOWN ? 0 : step - RECEIVE + 1U;
        length = length < size - i ? length : size - i;
        if (step < RECEIVE)
            bench_advance(&run.bench, t_ms += step * STEP_MS);
        else if (length > 0)
            receive(&run, data + i, length, piece, t_ms);
        else if (step == LINK_DOWN)
            bench_disconnect(&run.bench, 0, t_ms);
        else if (step == LINK_UP)
            bench_connect(&run.bench, 0, t_ms);
        else if (step >= COMMAND)
            bench_command(&run.bench, 0, (enum sensor_command)((step - COMMAND) % COMMAND_COUNT), t_ms, NULL);
        i += length;
        FUZZ_CHECK(bench_next_ms(&run.bench) < 0 || bench_next_ms(&run.bench) > run.bench.now_ms);
    }
    const struct bench_instrument *in = &run.bench.instruments[0];
    mix_number(&run, (int64_t)in->frames);
    mix_number(&run, (int64_t)in->garbage_bytes);
    mix_number(&run, (int64_t)in->samples);
    return run.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t much_later_ms = INT64_C(1) << 45;
    if (variants == 0)
        load_variants();
    if (size == 0)
        return 0;
    FUZZ_CHECK(play(data, size, size, 0) == play(data, size, 1, much_later_ms));
    return 0;
}
