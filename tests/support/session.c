#include "tests/support/session.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sensors/drivers/drivers.h"
#include "station/core/metrology.h"
#include "tests/support/law.h"

enum { INSTRUMENT, ELM, OPERATOR };

const struct session_plan session_plans[] = {
    {"gb3847 pass", "gb3847-2018", "free-acceleration", "class=heavy fuel=diesel", NULL, 0.47, 0, 100, VERDICT_PASS},
    {"gb3847 fail", "gb3847-2018", "free-acceleration", "class=light fuel=diesel", NULL, 1.93, 0, 50, VERDICT_FAIL},
    {"gb36886", "gb36886-2018", "free-acceleration", "fuel=diesel class=non-road smoke_class=II power_kw=75", NULL,
     0.79, 0, 100, VERDICT_PASS},
    {"eu fast pass", "eu-2014-45", "free-acceleration", "fuel=diesel class=heavy stage=5 aspiration=turbo", NULL, 1.31,
     0, 100, VERDICT_PASS},
    {"eu running mean", "eu-2014-45", "free-acceleration", "fuel=diesel class=heavy stage=6 aspiration=turbo", NULL,
     2.2, 0, 100, VERDICT_FAIL},
    {"j1667 filtered", "j1667", "free-acceleration", "fuel=diesel class=heavy model_year=1985 power_kw=300", NULL, 1.2,
     0, 20, VERDICT_PASS},
    {"lug-down", "gb3847-2018", "lug-down", "fuel=diesel class=heavy power_kw=210 aspiration=turbo", NULL, 1.61, 0, 100,
     VERDICT_FAIL},
    {"two-speed idle", "gb18285-2018", "two-speed-idle", "fuel=petrol class=light", NULL, 0, 0.21, 200, VERDICT_PASS},
    {"two-speed idle co", "gb18285-2018", "two-speed-idle", "fuel=petrol class=light", NULL, 0, 0.91, 200,
     VERDICT_FAIL},
    {"ringelmann", "roadside-cn", "ringelmann", "", "ringelmann=2 photo=p1.jpg", 0, 0, 500, VERDICT_FAIL},
    {"obd", "roadside-cn", "obd-check", "", NULL, 0, 0, 500, VERDICT_FAIL},
    {"zero", "metrology-cn", "zero-opacimeter", "", NULL, 0.004, 0, 100, VERDICT_PASS},
    {"span", "metrology-cn", "span-opacimeter", "", "k=1.71", 1.73, 0, 100, VERDICT_PASS},
    {"span off", "metrology-cn", "span-opacimeter", "", "k=1.71", 1.77, 0, 100, VERDICT_FAIL},
    {"zero of gases", "metrology-cn", "zero-gas-analyzer", "", NULL, 0, 0.05, 500, VERDICT_PASS},
    {"span of gases", "metrology-cn", "span-gas-analyzer", "", "co=3.50 hc=1010", 0, 3.71, 500, VERDICT_FAIL},
    {"leak", "metrology-cn", "leak-test-gas-analyzer", "", "leak", 0, 0, 500, VERDICT_FAIL},
    {0},
};

/* ---- the wire ---- */

/* In the order of the registers. */
static const struct {
    enum quantity quantity;
    double scale;
} registers[] = {{QUANTITY_OPACITY, 0.01}, {QUANTITY_K, 0.001},    {QUANTITY_RPM, 1},       {QUANTITY_OIL_TEMP, 0.1},
                 {QUANTITY_SPEED, 0.1},    {QUANTITY_POWER, 0.01}, {QUANTITY_NOX, 0.1},     {QUANTITY_AIR_TEMP, 0.1},
                 {QUANTITY_PRESSURE, 0.1}, {QUANTITY_CO, 0.001},   {QUANTITY_HC, 0.1},      {QUANTITY_LAMBDA, 0.0001},
                 {QUANTITY_CO2, 0.01},     {QUANTITY_NO, 0.1},     {QUANTITY_HUMIDITY, 0.1}};
enum { REGISTERS = sizeof registers / sizeof registers[0] };

#define ROW(name, at, scale, unit)                                                                                     \
    "    value " name " { at = " at " type = u16 scale = " scale " unit = \"" unit "\" }\n"
const char session_profile[] =
    "profile session {\n    title = \"Everything\"\n    source = \"tests\"\n    poll-ms = 100\n    stale-ms = 1500\n"
    "    read { function = 4 address = 0 count = 15 }\n" ROW("opacity", "0", "0.01", "%") ROW("k", "1", "0.001", "1/m")
        ROW("rpm", "2", "1", "r/min") ROW("oil_temp", "3", "0.1", "degC") ROW("speed", "4", "0.1", "km/h")
            ROW("power", "5", "0.01", "kW") ROW("nox", "6", "0.1", "1e-6") ROW("air_temp", "7", "0.1", "degC")
                ROW("pressure", "8", "0.1", "kPa") ROW("co", "9", "0.001", "%") ROW("hc", "10", "0.1", "1e-6")
                    ROW("lambda", "11", "0.0001", "1") ROW("co2", "12", "0.01", "%") ROW("no", "13", "0.1", "1e-6")
                        ROW("humidity", "14", "0.1", "%RH") "}\n";

static bool is_check(const struct session *s)
{
    return s->method->alone;
}

static double k_now(const struct session *s)
{
    bool driven = s->prompt == PROMPT_FULL_PEDAL || s->prompt == PROMPT_SCAN || s->prompt == PROMPT_SPEED;
    return is_check(s) || driven ? s->plan->peak_k : truck_smoke_at(&s->engine, s->now_ms);
}

/* What the world is like now, as the last prompt has it. */
static double value_now(struct session *s, enum quantity quantity)
{
    double from_best = s->speed_kmh - 70;
    switch ((int)quantity) {
    case QUANTITY_OPACITY: return 100 * (1 - exp(-0.43 * k_now(s)));
    case QUANTITY_K: return k_now(s);
    case QUANTITY_RPM: return s->prompt == PROMPT_REV ? (double)s->prompt_value : truck_rpm_at(&s->engine, s->now_ms);
    case QUANTITY_OIL_TEMP: return s->truck.oil_temp;
    case QUANTITY_SPEED: return s->speed_kmh;
    case QUANTITY_POWER: return fmax(0, 130.37 - 0.1 * from_best * from_best);
    case QUANTITY_NOX: return is_check(s) ? 0 : 811.3;
    case QUANTITY_AIR_TEMP: return 23.7;
    case QUANTITY_PRESSURE: return 91.4;
    case QUANTITY_CO: return s->plan->co;
    case QUANTITY_HC: return is_check(s) && s->plan->statement ? 1003 : is_check(s) ? 3.3 : 47.7;
    case QUANTITY_LAMBDA: return 1.0113;
    case QUANTITY_CO2: return is_check(s) ? 0 : 14.7;
    case QUANTITY_HUMIDITY: return 41.5;
    default: return 0;
    }
}

static void hear_registers(struct session *s)
{
    uint8_t block[5 + 2 * REGISTERS] = {4, 0, 0, 0, REGISTERS};
    if (s->prompt == PROMPT_SCAN)
        s->speed_kmh -= 0.25;
    if (s->prompt == PROMPT_SPEED)
        s->speed_kmh = (double)s->prompt_value;
    for (size_t i = 0; i < REGISTERS; i++) {
        long code = lround(value_now(s, registers[i].quantity) / registers[i].scale);
        assert_true(code >= 0 && code <= UINT16_MAX);
        block[5 + 2 * i] = (uint8_t)(code >> 8);
        block[6 + 2 * i] = (uint8_t)code;
    }
    s->next_ms += s->plan->every_ms;
    bench_receive(&s->bench, INSTRUMENT, block, sizeof block, s->now_ms);
}

/* A petrol car with its lamp on and two trouble codes. */
static void ask_elm(struct session *s, const uint8_t *bytes, size_t length)
{
    static const char *const rows[][2] = {
        {"ATZ\r", "ELM327 v1.5\r\r>"},
        {"0100\r", "41 00 98 18 80 11\r\r>"},
        {"ATDPN\r", "A6\r\r>"},
        {"0902\r", "014 \r0: 49 02 01 57 44 42\r1: 39 36 33 34 30 33 31\r2: 4C 31 32 33 34 35 36\r\r>"},
        {"0101\r", "41 01 83 0E A9 00\r\r>"},
        {"010C\r", "41 0C 0B 30\r\r>"},
        {"010D\r", "41 0D 00\r\r>"},
        {"0105\r", "41 05 7B\r\r>"},
        {"03\r", "43 03 01 04 20 02 C1 00\r\r>"},
        {"07\r", "47 00\r\r>"},
    };
    const char *answer = memcmp(bytes, "AT", 2) == 0 ? "OK\r\r>" : "NO DATA\r\r>";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (length == strlen(rows[i][0]) && memcmp(bytes, rows[i][0], length) == 0)
            answer = rows[i][1];
    snprintf(s->answer, sizeof s->answer, "%s", answer);
    s->answer_ms = s->now_ms + 20;
}

/* ---- the host ---- */

static void append(struct stand_text *to, const char *more, size_t length)
{
    assert_true(to->length + length < sizeof to->text);
    memcpy(to->text + to->length, more, length);
    to->length += length;
    to->text[to->length] = '\0';
}

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    struct session *s = ctx;
    if (instrument == ELM)
        ask_elm(s, bytes, length);
}

static void on_sample(void *ctx, int instrument, const struct sample *sample)
{
    struct session *s = ctx;
    char lines[SAMPLE_CSV_MAX];
    const struct bench_instrument *in = &s->bench.instruments[instrument];
    if (!in->in_test)
        return;
    ptrdiff_t length = sample_csv(sample, sample->t_ms - s->bench.start_ms, in->config.name, lines, sizeof lines);
    assert_true(length >= 0);
    append(s->readings, lines, (size_t)length);
}

static void on_prompt(void *ctx, enum prompt prompt, int64_t value, int64_t limit, int64_t t_ms)
{
    struct session *s = ctx;
    (void)limit;
    bool acts =
        truck_acts(prompt) || prompt == PROMPT_OBSERVE || prompt == PROMPT_CONNECT || prompt == PROMPT_FULL_PEDAL;
    s->prompts += prompt != s->prompt;
    s->prompted = s->prompted || prompt != s->prompt;
    s->prompt = prompt;
    s->prompt_value = value;
    s->act_ms = acts ? t_ms + s->truck.reaction_ms : -1;
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    struct session *s = ctx;
    s->verdict = *verdict;
    s->finished = true;
}

static void on_record(void *ctx, int instrument, const struct recording_line *line)
{
    struct session *s = ctx;
    char text[2 * RECORDING_CHUNK_MAX + 64];
    ptrdiff_t length = recording_format(line, text, sizeof text);
    assert_true(length > 0);
    append(s->wire[instrument < 0 ? OPERATOR : instrument], text, (size_t)length);
}

/* ---- people ---- */

static void act(struct session *s)
{
    s->act_ms = -1;
    if (s->prompt == PROMPT_PRESS || s->prompt == PROMPT_PURGE) {
        assert_true(s->engine.presses < TRUCK_PRESSES_MAX);
        s->engine.press_ms[s->engine.presses++] = s->now_ms;
        return;
    }
    if (s->prompt == PROMPT_FULL_PEDAL)
        s->speed_kmh = 85;
    truck_move_probe(&s->engine, s->prompt);
    if (s->prompt == PROMPT_OBSERVE)
        bench_key(&s->bench, KEY_OBSERVE, s->plan->statement, s->now_ms);
    else
        bench_key(&s->bench, KEY_CONFIRM, NULL, s->now_ms);
}

/* In a check nobody is asked: first what the reference is, then "now". */
static void start_check(struct session *s)
{
    if (s->plan->statement)
        bench_key(&s->bench, KEY_OBSERVE, s->plan->statement, s->now_ms);
    bench_key(&s->bench, KEY_CONFIRM, NULL, s->now_ms);
}

/* ---- time ---- */

static void take_earlier(int64_t *next, int64_t t_ms)
{
    if (t_ms >= 0 && t_ms < *next)
        *next = t_ms;
}

static void turn(struct session *s)
{
    int64_t next = s->unplugged ? INT64_MAX : s->next_ms;
    take_earlier(&next, bench_next_ms(&s->bench));
    take_earlier(&next, s->act_ms);
    take_earlier(&next, s->answer_ms);
    s->now_ms = next > s->now_ms ? next : s->now_ms;
    if (s->prompted && s->meddle)
        s->meddle(s, s->prompts);
    s->prompted = false;
    if (s->next_ms <= s->now_ms && !s->unplugged)
        hear_registers(s);
    if (s->answer_ms >= 0 && s->answer_ms <= s->now_ms) {
        s->answer_ms = -1;
        bench_receive(&s->bench, ELM, (const uint8_t *)s->answer, strlen(s->answer), s->now_ms);
    }
    if (s->act_ms >= 0 && s->act_ms <= s->now_ms)
        act(s);
    bench_advance(&s->bench, s->now_ms);
}

static void open_instrument(struct session *s, int index, const char *name, const char *driver_name)
{
    struct sensor_config config = {.unit = index == INSTRUMENT, .profile = index == INSTRUMENT ? &s->profile : NULL};
    const struct sensor_driver *driver = sensor_driver_by_name(driver_name);
    snprintf(config.name, sizeof config.name, "%s", name);
    assert_int_equal(bench_add(&s->bench, driver, &config), index);
    ptrdiff_t head = replay_header(driver, &config, index, "synthetic", s->wire[index]->text, STAND_TEXT_MAX);
    assert_true(head > 0);
    s->wire[index]->length = (size_t)head;
    bench_connect(&s->bench, index, 0);
}

static void load_profile(struct profile *profile)
{
    enum { NODES = 1024 };
    struct conf conf;
    struct err err = {0};
    struct conf_node *nodes = calloc(NODES, sizeof *nodes);
    char *text = strdup(session_profile);
    assert_true(nodes && text);
    if (conf_parse(&conf, "session.conf", text, strlen(text), nodes, NODES, &err) != 0 ||
        profile_load(profile, &conf, &err) != 0)
        fail_msg("%s", err.text);
    free(text);
    free(nodes);
}

static void know(struct vehicle *vehicle, const char *facts)
{
    char text[200], *save = NULL;
    struct err err = {0};
    snprintf(text, sizeof text, "%s", facts);
    if (plate_parse(&vehicle->plate, "新B12345", PLATE_YELLOW, &err) != 0)
        fail_msg("%s", err.text);
    vehicle->plate_source = FACT_TYPED;
    for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        if (vehicle_set(vehicle, word, value, FACT_TYPED, "", &err) != 0)
            fail_msg("%s", err.text);
    }
}

static void choose(struct session *s)
{
    struct err err = {0};
    const struct rule_pack *found;
    const struct civil_date day = law_day("2026-07-01");
    know(&s->vehicle, s->plan->facts);
    s->pack = law_open(s->plan->pack);
    s->method = procedure_method_by_name(s->plan->method);
    if (!s->method)
        s->method = metrology_method_by_name(s->plan->method);
    assert_non_null(s->method);
    s->rule = is_check(s) ? metrology_rule(s->pack, 1, s->plan->method, day, &found)
                          : rules_select(s->pack, 1, s->plan->method, &s->vehicle, day, &found, &err);
    if (!s->rule)
        fail_msg("%s: %s", s->plan->name, err.text);
}

static void start(struct session *s)
{
    struct err err = {0};
    while (s->now_ms < 5000) /* until all of them have come alive */
        turn(s);
    s->bench.procedure.method = s->method; /* several checks share an init */
    if (s->method->init(&s->bench.procedure, s->pack, s->rule, &s->vehicle, LIMIT_CLASS_A, &err) != 0 ||
        bench_start(&s->bench, s->now_ms, &err) != 0)
        fail_msg("%s: %s", s->plan->name, err.text);
    if (is_check(s))
        start_check(s);
}

void session_unplug(struct session *s)
{
    s->unplugged = true;
    bench_disconnect(&s->bench, INSTRUMENT, s->now_ms);
}

struct session *session_run(const struct session_plan *plan)
{
    return session_run_with(plan, NULL);
}

struct session *session_run_with(const struct session_plan *plan, session_meddle_fn *meddle)
{
    enum { AT_MOST_MS = 2000000 };
    struct session *s = calloc(1, sizeof *s);
    assert_non_null(s);
    const struct bench_host host = {
        .ctx = s, .send = on_send, .sample = on_sample, .prompt = on_prompt, .finish = on_finish, .record = on_record};
    s->plan = plan;
    s->meddle = meddle;
    s->prompt = PROMPT_COUNT;
    s->truck = truck_make(plan->peak_k);
    s->engine.truck = &s->truck;
    s->act_ms = s->answer_ms = -1;
    s->next_ms = plan->every_ms;
    s->readings = calloc(1, sizeof *s->readings);
    for (int i = 0; i < SESSION_FILES; i++)
        s->wire[i] = calloc(1, sizeof *s->wire[i]);
    choose(s);
    load_profile(&s->profile);
    bench_init(&s->bench, &host, 0);
    open_instrument(s, INSTRUMENT, "all", "modbus");
    if (strcmp(plan->method, "obd-check") == 0)
        open_instrument(s, ELM, "obd", "elm327");
    ptrdiff_t head = replay_header_operator("synthetic", s->wire[OPERATOR]->text, STAND_TEXT_MAX);
    assert_true(head > 0);
    s->wire[OPERATOR]->length = (size_t)head;
    start(s);
    while (!s->finished && s->now_ms < AT_MOST_MS)
        turn(s);
    if (!s->finished)
        fail_msg("%s: no verdict; it asks for %s", plan->name, prompt_name(s->prompt));
    return s;
}

void session_close(struct session *s)
{
    for (int i = 0; i < SESSION_FILES; i++)
        free(s->wire[i]);
    free(s->readings);
    free(s->pack);
    free(s);
}

/* ---- again ---- */

size_t session_files(const struct session *s, struct replay_file files[SESSION_FILES])
{
    static const char *const names[] = {"wire/all.rec", "wire/obd.rec", "wire/operator.rec"};
    size_t count = 0;
    for (int i = SESSION_FILES - 1; i >= 0; i--) /* not in the bench's order */
        if (s->wire[i]->length > 0)
            files[count++] = (struct replay_file){names[i], s->wire[i]->text, s->wire[i]->length};
    return count;
}

static void add_reading(void *ctx, const char *instrument, const struct sample *sample)
{
    char lines[SAMPLE_CSV_MAX];
    ptrdiff_t length = sample_csv(sample, sample->t_ms, instrument, lines, sizeof lines);
    assert_true(length >= 0);
    append(ctx, lines, (size_t)length);
}

int session_replay(const struct session *s, struct replay *replay, struct stand_text *readings, struct err *err)
{
    const struct replay_host host = {.ctx = readings, .sample = readings ? add_reading : NULL};
    struct replay_file files[SESSION_FILES];
    size_t count = session_files(s, files);
    return replay_test(replay, files, count, &s->profile, 1, s->method, s->pack, s->rule, &s->vehicle, LIMIT_CLASS_A,
                       &host, err);
}
