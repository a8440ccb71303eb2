/*
 * The bench: order of everything, staleness, framing, who is in a test, what a recording holds. With a driver and a
 * procedure that only write down what they are told.
 */
#include "sensors/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sensors/profile.h"

enum { LOG_MAX = 8192, STALE_MS = 500 };

static char written[LOG_MAX];

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    size_t used = strlen(written);
    va_list args;
    va_start(args, format);
    vsnprintf(written + used, sizeof written - used, format, args);
    va_end(args);
}

/* What has been written since the last look. */
static void assert_written(const char *expected)
{
    assert_string_equal(written, expected);
    written[0] = '\0';
}

/* ---- a driver: two-byte frames, a letter and a number ---- */

static int plain_check(const struct sensor_config *config, struct err *err)
{
    (void)config;
    (void)err;
    return 0;
}

static void plain_start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)host;
    note("%s start %d\n", s->config->name, (int)t_ms);
    s->state.bytes[0]++; /* the bench gives it nothing but zeros */
    assert_int_equal(s->state.bytes[0], 1);
}

/* O ok value, W value while warming, X a text of that kind, S status, T timer in n ms, Q send, R reject; M never ends.
 */
static enum sensor_cut plain_cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    if (buf[0] == 'M' && s->state.bytes[1] == 0)
        return CUT_MORE;
    if (!strchr("OWXSTQR", buf[0]))
        return CUT_BAD;
    *frame = 2;
    return length < 2 ? CUT_MORE : CUT_OK;
}

static bool plain_frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms,
                        const struct sensor_host *host)
{
    assert_int_equal(length, 2);
    struct sample sample = {.t_ms = t_ms};
    struct sample_text text;
    switch (bytes[0]) {
    case 'O':
    case 'W':
        sample_add(&sample, QUANTITY_K, bytes[0] == 'O' ? QUALITY_OK : QUALITY_WARM_UP, (struct decimal){bytes[1], 2});
        sample_add(&sample, QUANTITY_RPM, QUALITY_OK, (struct decimal){700 + bytes[1], 0});
        if (bytes[0] == 'W')
            sample.count = 1;
        host->publish(host->ctx, &sample);
        break;
    case 'X':
        sample_text_set(&text, (enum text_kind)bytes[1], "P0401,\n", 7);
        sample.texts_count = 1;
        sample.texts = &text;
        host->publish(host->ctx, &sample);
        break;
    case 'S': host->fault(host->ctx, (enum instrument_status)bytes[1], "says so"); break;
    case 'T': host->wake(host->ctx, t_ms + bytes[1]); break;
    case 'Q': host->send(host->ctx, bytes, 2); break;
    default: return false;
    }
    (void)s;
    return true;
}

static void plain_wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)host;
    note("%s wake %d\n", s->config->name, (int)t_ms);
    s->state.bytes[1] = 1; /* from now on M begins nothing */
}

static int plain_command(struct sensor *s, enum sensor_command command, int64_t t_ms, const struct sensor_host *host,
                         struct err *err)
{
    (void)err;
    note("%s command %s %d\n", s->config->name, sensor_command_name(command), (int)t_ms);
    host->send(host->ctx, (const uint8_t *)"z", 1);
    return 0;
}

static const enum quantity plain_quantities[] = {QUANTITY_K, QUANTITY_RPM, QUANTITY_COUNT};
static const enum quantity rpm_only[] = {QUANTITY_RPM, QUANTITY_COUNT};
static const struct sensor_driver plain = {.name = "plain",
                                           .stale_ms = STALE_MS,
                                           .quantities = plain_quantities,
                                           .check = plain_check,
                                           .start = plain_start,
                                           .cut = plain_cut,
                                           .frame = plain_frame,
                                           .wake = plain_wake,
                                           .command = plain_command};
static const struct sensor_driver pickup = {.name = "pickup",
                                            .stale_ms = STALE_MS,
                                            .quantities = rpm_only,
                                            .check = plain_check,
                                            .start = plain_start,
                                            .cut = plain_cut,
                                            .frame = plain_frame,
                                            .wake = plain_wake};

/* ---- a procedure: confirm ends it, observe "n" asks for a wake-up in n ms ---- */

static void noting_step(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    static const char *const names[] = {"start", "reading", "wake", "key", "lost", "status"};
    note("procedure %s %d", names[event->kind], (int)event->t_ms);
    if (event->kind == PROCEDURE_READING)
        for (size_t i = 0; i < event->sample->count; i++)
            note(" %s=%d", quantity_name(event->sample->readings[i].quantity),
                 (int)event->sample->readings[i].value.units);
    if (event->kind == PROCEDURE_READING)
        for (size_t i = 0; i < event->sample->texts_count; i++)
            note(" %s='%s'", text_kind_name(event->sample->texts[i].kind), event->sample->texts[i].value);
    if (event->kind == PROCEDURE_STATUS)
        note(" %s", instrument_status_name(event->status));
    note("%s%s\n", event->text ? " " : "", event->text ? event->text : "");
    if (event->kind != PROCEDURE_KEY)
        return;
    int wait_ms;
    if (event->key == KEY_OBSERVE && sscanf(event->text, "%d", &wait_ms) == 1)
        host->wake(host->ctx, event->t_ms + wait_ms);
    if (event->key == KEY_CONFIRM)
        host->finish(host->ctx, &p->verdict);
}

static const enum quantity k_needed[] = {QUANTITY_K, QUANTITY_COUNT};
static const struct procedure_method noting = {.name = "noting", .quantities = k_needed, .step = noting_step};

/* ---- a host that writes down ---- */

static struct bench b;

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    (void)ctx;
    note("%s sends %.*s\n", b.instruments[instrument].config.name, (int)length, (const char *)bytes);
}

static void on_sample(void *ctx, int instrument, const struct sample *sample)
{
    (void)ctx;
    const struct bench_instrument *in = &b.instruments[instrument];
    assert_non_null(in->frame);
    assert_int_equal(in->frame_length, 2);
    note("%s sample %d %s\n", in->config.name, (int)sample->t_ms, quality_name(sample->readings[0].quality));
}

static void on_changed(void *ctx, int instrument)
{
    (void)ctx;
    static const char *const states[] = {"offline", "connected", "live", "stale"};
    const struct bench_instrument *in = &b.instruments[instrument];
    note("%s is %s %s\n", in->config.name, states[in->state], instrument_status_name(in->status));
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    (void)ctx;
    (void)verdict;
    assert_false(b.testing);
    note("finished\n");
}

static void on_record(void *ctx, int instrument, const struct recording_line *line)
{
    (void)ctx;
    char text[2 * RECORDING_CHUNK_MAX + 300];
    assert_true(recording_format(line, text, sizeof text) > 0);
    note("%s: %s", instrument < 0 ? "operator" : b.instruments[instrument].config.name, text);
}

static const struct bench_host quiet_host = {.changed = on_changed, .finish = on_finish, .send = on_send};

static int add(const struct sensor_driver *driver, const char *name)
{
    struct sensor_config config = {0};
    snprintf(config.name, sizeof config.name, "%s", name);
    return bench_add(&b, driver, &config);
}

static void begin(const struct bench_host *host)
{
    written[0] = '\0';
    bench_init(&b, host, 0);
}

static int64_t receive(int instrument, const char *text, int64_t t_ms)
{
    return bench_receive(&b, instrument, (const uint8_t *)text, strlen(text), t_ms);
}

static void start_test(int64_t t_ms)
{
    struct err err;
    b.procedure = (struct procedure){.method = &noting};
    assert_int_equal(bench_start(&b, t_ms, &err), 0);
}

/* ---- tests ---- */

static void test_timers_come_before_inputs(void **state)
{
    (void)state;
    static const struct bench_host host = {.sample = on_sample};
    begin(&host);
    int x = add(&plain, "x");
    int y = add(&plain, "y");
    bench_connect(&b, y, 10);
    bench_connect(&b, x, 10);
    assert_written("y start 10\nx start 10\n");
    receive(y, "T2", 100); /* '2' is 50 */
    receive(x, "T2", 100);
    assert_int_equal(bench_next_ms(&b), 150);
    receive(y, "O1", 150); /* both timers first, by index, at their own time */
    assert_written("x wake 150\ny wake 150\ny sample 150 ok\n");
    receive(x, "T2", 200);
    receive(y, "T0", 200);
    assert_int_equal(bench_advance(&b, 249), 249);
    assert_written("y wake 248\n");
    assert_int_equal(receive(x, "O1", 240), 249); /* the clock does not go back */
    assert_written("x sample 249 ok\n");
    assert_int_equal(bench_advance(&b, 10), 249);
    bench_advance(&b, 250);
    assert_written("x wake 250\n");
    assert_int_equal(bench_next_ms(&b), 150 + STALE_MS);
}

static void test_a_new_timer_replaces(void **state)
{
    (void)state;
    begin(&quiet_host);
    int x = add(&plain, "x");
    bench_connect(&b, x, 0);
    written[0] = '\0';
    receive(x, "T2", 0);
    receive(x, "T3", 10);
    bench_advance(&b, 1000);
    assert_written("x wake 61\n");
    assert_int_equal(bench_next_ms(&b), -1);
}

static void test_stale_is_an_edge(void **state)
{
    (void)state;
    begin(&quiet_host);
    int x = add(&plain, "x");
    bench_connect(&b, x, 0);
    assert_written("x start 0\nx is connected ok\n");
    bench_advance(&b, 5000); /* never alive, so not stale */
    assert_written("");
    receive(x, "O1", 5000);
    assert_written("x is live ok\n");
    receive(x, "O1", 5400);
    receive(x, "W1", 5600); /* no ok reading: does not count */
    bench_advance(&b, 5899);
    assert_written("");
    bench_advance(&b, 20000);
    assert_written("x is stale ok\n");
    assert_int_equal(b.instruments[x].last_good_ms, 5400);
    assert_int_equal(b.instruments[x].last_ms[QUANTITY_K], 5600);
    receive(x, "O1", 20001);
    assert_written("x is live ok\n");
}

/* What it says in words keeps an instrument alive, but not the list of its errors. */
static void test_texts(void **state)
{
    (void)state;
    begin(&quiet_host);
    int x = add(&plain, "x");
    const struct bench_instrument *in = &b.instruments[x];
    bench_connect(&b, x, 0);
    assert_int_equal(in->said_ms[TEXT_DTC], -1);
    written[0] = '\0';
    receive(x, "X\x09", 10);
    assert_written("");
    assert_int_equal(in->said_ms[TEXT_ERROR], 10);
    receive(x, "X\x01", 20);
    assert_written("x is live ok\n");
    assert_string_equal(in->said[TEXT_DTC], "P0401  ");
    assert_int_equal(in->said_ms[TEXT_DTC], 20);
    receive(x, "X\x09", 500);
    bench_advance(&b, 20 + STALE_MS);
    assert_written("x is stale ok\n");
    receive(x, "O1", 600);
    start_test(700);
    assert_int_equal(in->said_ms[TEXT_DTC], -1); /* from nothing */
    written[0] = '\0';
    receive(x, "X\x01", 710);
    assert_written("x is live ok\nprocedure reading 710 dtc='P0401  ' x\n");
}

static void test_framing_counts_garbage(void **state)
{
    (void)state;
    begin(&quiet_host);
    int x = add(&plain, "x");
    const struct bench_instrument *in = &b.instruments[x];
    bench_connect(&b, x, 0);
    receive(x, "##O", 1);
    assert_int_equal(in->garbage_bytes, 2);
    assert_int_equal(in->frames, 0);
    receive(x, "1##R1O", 2);
    assert_int_equal(in->frames, 1);
    assert_int_equal(in->garbage_bytes, 6); /* the rejected frame is garbage too */
    receive(x, "2", 2);
    assert_int_equal(in->frames, 2);
    assert_int_equal(in->samples, 2);
    receive(x, "O", 3);
    bench_disconnect(&b, x, 4);
    assert_int_equal(in->garbage_bytes, 7);
    receive(x, "O1", 5); /* from nowhere */
    assert_int_equal(in->frames, 2);
    bench_connect(&b, x, 6);
    receive(x, "1O1", 7); /* the half frame from before is gone */
    assert_int_equal(in->frames, 3);
    assert_int_equal(in->garbage_bytes, 8);
}

/* A beginning that never ends may fill the buffer, but not for ever. */
static void test_full_buffer(void **state)
{
    (void)state;
    begin(&quiet_host);
    int x = add(&plain, "x");
    const struct bench_instrument *in = &b.instruments[x];
    static char many[SENSOR_FRAME_MAX + 3];
    memset(many, 'O', sizeof many - 1);
    many[0] = 'M';
    bench_connect(&b, x, 0);
    receive(x, many, 1);
    assert_int_equal(in->garbage_bytes, 1);
    assert_int_equal(in->frames, SENSOR_FRAME_MAX / 2);
    assert_int_equal(in->buffered, 1);
}

/* After a time-out the driver expects nothing, so what came of the answer is dropped. */
static void test_buffer_is_looked_at_after_a_timer(void **state)
{
    (void)state;
    begin(&quiet_host);
    int x = add(&plain, "x");
    bench_connect(&b, x, 0);
    receive(x, "T2MMM", 1);
    assert_int_equal(b.instruments[x].buffered, 3);
    bench_advance(&b, 51);
    assert_int_equal(b.instruments[x].buffered, 0);
    assert_int_equal(b.instruments[x].garbage_bytes, 3);
}

static void test_status_is_told_on_change(void **state)
{
    (void)state;
    begin(&quiet_host);
    int x = add(&plain, "x");
    bench_connect(&b, x, 0);
    written[0] = '\0';
    receive(x, "S\x01S\x01S\x01", 1);
    assert_written("x is connected warming\n");
    assert_string_equal(b.instruments[x].status_detail, "says so");
    bench_disconnect(&b, x, 2);
    bench_disconnect(&b, x, 2);
    assert_written("x is offline ok\n");
}

static void test_test_recording(void **state)
{
    (void)state;
    static const struct bench_host host = {.send = on_send, .finish = on_finish, .record = on_record};
    begin(&host);
    int x = add(&plain, "x");
    bench_connect(&b, x, 1000);
    receive(x, "O1O", 1700);
    written[0] = '\0';
    bench_key(&b, KEY_CONFIRM, NULL, 1800); /* no test: nobody hears it, nothing is recorded */
    start_test(2000);
    assert_written("x start 2000\nprocedure start 2000\n");
    receive(x, "1O2", 2010); /* the 1 completes a frame that the recording does not have */
    receive(x, "Q1", 2020);
    bench_key(&b, KEY_OBSERVE, "30 ms\n\x01", 2030);
    receive(x, "#", 2060);
    bench_disconnect(&b, x, 2070);
    bench_connect(&b, x, 2080);
    receive(x, "S\x01", 2085);
    bench_key(&b, KEY_CONFIRM, "", 2090);
    assert_written("x: 10 < 314f32 #1\n"
                   "procedure reading 2010 k=50 rpm=750 x\n"
                   "x: 20 < 5131 #2\n"
                   "x: 20 > 5131 #3\n"
                   "x sends Q1\n"
                   "operator: 30 ! key observe 30 ms   #4\n"
                   "procedure key 2030 30 ms  \n"
                   "procedure wake 2060\n"
                   "x: 60 < 23 #5\n"
                   "x: 70 ! link down #6\n"
                   "procedure lost 2070 x\n"
                   "x: 80 ! link up #7\n"
                   "x start 2080\n"
                   "x: 85 < 5301 #8\n"
                   "procedure status 2085 warming x\n"
                   "operator: 90 ! key confirm #9\n"
                   "procedure key 2090 \n"
                   "operator: 90 ! end #10\n"
                   "finished\n");
    receive(x, "O1Q1", 2100); /* after the end nothing is recorded */
    bench_key(&b, KEY_CONFIRM, NULL, 2110);
    assert_written("x sends Q1\n");
    assert_int_equal(b.start_ms, 2000);
}

/* Two instruments offer the same: the procedure hears the first; the second is only recorded. */
static void test_one_source_for_each_quantity(void **state)
{
    (void)state;
    begin(&quiet_host);
    int ill = add(&plain, "ill");
    int tacho = add(&pickup, "tacho");
    int x = add(&plain, "x");
    int y = add(&plain, "y");
    for (int i = 0; i < b.count; i++)
        bench_connect(&b, i, 0);
    receive(ill, "S\x08", 1);
    start_test(100);
    assert_false(b.instruments[ill].in_test);
    assert_true(b.instruments[y].in_test);
    written[0] = '\0';
    receive(ill, "O1", 110);
    receive(y, "O1", 110);
    assert_written("ill is live sensor_expired\ny is live ok\n");
    receive(tacho, "O1", 120);
    receive(x, "O1", 120);
    assert_written(
        "tacho is live ok\nprocedure reading 120 rpm=749 tacho\nx is live ok\nprocedure reading 120 k=49 x\n");
    bench_disconnect(&b, y, 130);
    bench_disconnect(&b, tacho, 130); /* the method can do without */
    bench_disconnect(&b, ill, 130);
    assert_written("y is offline ok\ntacho is offline ok\nill is offline ok\n");
    receive(x, "S\x0B", 140);
    assert_written("x is live comm_error\nprocedure status 140 comm_error x\n");
    bench_advance(&b, 10000);
    assert_written("x is stale comm_error\nprocedure lost 620 x\n");
    bench_disconnect(&b, x, 10001); /* is lost already */
    assert_written("x is offline ok\n");
}

/* An instrument that says nothing after the start is lost, although it was never live in this test. */
static void test_silent_instrument_is_lost(void **state)
{
    (void)state;
    begin(&quiet_host);
    int x = add(&plain, "x");
    bench_connect(&b, x, 0);
    receive(x, "O1", 90);
    start_test(100);
    written[0] = '\0';
    receive(x, "W1", 200);
    assert_written("procedure reading 200 k=49 x\n");
    bench_advance(&b, 9000);
    assert_written("x is stale ok\nprocedure lost 600 x\n");
}

/* A timer that was set for a test does not tell of an instrument that was never alive, once the test is over. */
static void test_stale_after_the_test(void **state)
{
    (void)state;
    begin(&quiet_host);
    int x = add(&plain, "x");
    bench_connect(&b, x, 0);
    start_test(100);
    bench_key(&b, KEY_CONFIRM, "", 200);
    written[0] = '\0';
    bench_advance(&b, 9000);
    assert_written("");
    assert_int_equal(b.instruments[x].state, BENCH_CONNECTED);
}

static void assert_refused(const char *complaint)
{
    struct err err = {0};
    b.procedure = (struct procedure){.method = &noting};
    assert_int_equal(bench_start(&b, b.now_ms, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_string_equal(err.text, complaint);
    assert_false(b.busy);
}

static void test_start_is_refused_with_reasons(void **state)
{
    (void)state;
    begin(&quiet_host);
    assert_refused("no instrument gives k, which the test needs: none is configured for it");
    int tacho = add(&pickup, "tacho");
    int x = add(&plain, "x");
    int y = add(&plain, "y");
    bench_connect(&b, tacho, 0);
    bench_connect(&b, x, 0);
    receive(x, "S\x01", 1);
    assert_refused("no instrument gives k, which the test needs: x is warming: says so; y is not connected");
    bench_connect(&b, y, 2);
    receive(y, "O1", 2);
    bench_advance(&b, 5000);
    assert_refused("no instrument gives k, which the test needs: x is warming: says so; y is stale: no values come");
    receive(y, "O1", 5001);
    start_test(5002);
    struct err err;
    assert_int_equal(bench_start(&b, 5003, &err), -1);
    assert_string_equal(err.text, "a test is running; let it end or abort it first");
}

/* Passing vehicles are not the one under test. */
static void test_passage_source_stays_out(void **state)
{
    (void)state;
    static const struct profile gantry = {
        .record = true, .quantities = {QUANTITY_K, QUANTITY_COUNT}, .values_count = 1, .stale_ms = 0};
    struct sensor_driver rsd = plain;
    rsd.quantities = NULL;
    begin(&quiet_host);
    const struct sensor_config config = {.name = "gantry", .profile = &gantry};
    int g = bench_add(&b, &rsd, &config);
    bench_connect(&b, g, 0);
    assert_refused("no instrument gives k, which the test needs: none is configured for it");
    int x = add(&plain, "x");
    bench_connect(&b, x, 0);
    start_test(10);
    assert_false(b.instruments[g].in_test);
    written[0] = '\0';
    receive(g, "O1", 11);
    assert_written("gantry is live ok\n");
    bench_advance(&b, 400);
    assert_int_equal(bench_next_ms(&b), 10 + STALE_MS); /* of x; an empty road is never stale */
}

static void test_commands(void **state)
{
    (void)state;
    begin(&quiet_host);
    int tacho = add(&pickup, "tacho");
    int x = add(&plain, "x");
    struct err err;
    assert_int_equal(bench_command(&b, x, COMMAND_ZERO, 1, &err), -1);
    assert_string_equal(err.text, "x is not connected; connect it first");
    bench_connect(&b, x, 2);
    bench_connect(&b, tacho, 2);
    assert_int_equal(bench_command(&b, tacho, COMMAND_ZERO, 3, &err), -1);
    assert_string_equal(err.text, "tacho takes no commands");
    written[0] = '\0';
    assert_int_equal(bench_command(&b, x, COMMAND_ZERO, 4, &err), 0);
    assert_written("x command zero 4\nx sends z\n");
    start_test(5);
    assert_int_equal(bench_command(&b, x, COMMAND_ZERO, 6, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_string_equal(err.text, "x is in a test; end or abort the test first");
}

/* A check: one instrument, whatever its status; its losses count, and what it is commanded is recorded. */
static void test_a_check_has_the_bench_alone(void **state)
{
    (void)state;
    static const enum quantity nothing[] = {QUANTITY_COUNT};
    static const struct procedure_method check = {
        .name = "check", .quantities = nothing, .alone = true, .step = noting_step};
    static const struct bench_host host = {.finish = on_finish, .record = on_record};
    struct err err;
    begin(&host);
    int x = add(&plain, "x");
    int y = add(&plain, "y");
    b.subject = y;
    b.procedure = (struct procedure){.method = &check};
    assert_int_equal(bench_start(&b, 0, &err), -1);
    assert_string_equal(err.text, "y is not connected; connect it first");
    bench_connect(&b, x, 0);
    bench_connect(&b, y, 0);
    b.instruments[y].barred = true; /* a check is how this ends */
    b.instruments[y].status = STATUS_ZERO_NEEDED;
    written[0] = '\0';
    assert_int_equal(bench_start(&b, 100, &err), 0);
    assert_written("y start 100\nprocedure start 100\n");
    assert_false(b.instruments[x].in_test);
    receive(x, "O1", 110);
    assert_int_equal(bench_command(&b, y, COMMAND_ZERO, 120, &err), 0);
    assert_written("y: 20 ! command zero #1\ny command zero 120\ny: 20 > 7a #2\n");
    receive(y, "O1", 130);
    assert_written("y: 30 < 4f31 #3\nprocedure reading 130 k=49 rpm=749 y\n");
    bench_disconnect(&b, y, 140);
    assert_written("y: 40 ! link down #4\nprocedure lost 140 y\n");
    bench_key(&b, KEY_CONFIRM, "", 150);
    assert_false(b.instruments[y].in_test);
}

static void test_barred_instruments_stay_out(void **state)
{
    (void)state;
    struct err err;
    begin(&quiet_host);
    int x = add(&plain, "x");
    int y = add(&plain, "y");
    bench_connect(&b, x, 0);
    bench_connect(&b, y, 0);
    b.instruments[x].barred = true;
    start_test(10);
    assert_false(b.instruments[x].in_test);
    assert_int_equal(b.source[QUANTITY_K], y);
    bench_key(&b, KEY_CONFIRM, "", 20);
    b.instruments[y].barred = true;
    b.procedure = (struct procedure){.method = &noting};
    assert_int_equal(bench_start(&b, 30, &err), -1);
    assert_string_equal(err.text, "no instrument gives k, which the test needs: x is locked; y is locked");
}

static void test_bench_has_an_end(void **state)
{
    (void)state;
    begin(&quiet_host);
    for (int i = 0; i < BENCH_INSTRUMENTS_MAX; i++)
        assert_int_equal(add(&plain, "x"), i);
    assert_int_equal(add(&plain, "x"), -1);
}

/* More than a recording line holds is recorded in pieces, and nothing of it is lost. */
static size_t recorded_bytes;

static void count_record(void *ctx, int instrument, const struct recording_line *line)
{
    (void)ctx;
    (void)instrument;
    if (line->direction == RECORDING_RECEIVED)
        recorded_bytes += line->length;
}

static void test_long_chunks(void **state)
{
    (void)state;
    static const struct bench_host host = {.record = count_record};
    static uint8_t bytes[3 * SENSOR_FRAME_MAX];
    memset(bytes, 'O', sizeof bytes);
    begin(&host);
    int x = add(&plain, "x");
    bench_connect(&b, x, 0);
    start_test(1);
    recorded_bytes = 0;
    bench_receive(&b, x, bytes, sizeof bytes, 2);
    assert_int_equal(recorded_bytes, sizeof bytes);
    assert_int_equal(b.instruments[x].frames, sizeof bytes / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers_come_before_inputs),
        cmocka_unit_test(test_a_new_timer_replaces),
        cmocka_unit_test(test_stale_is_an_edge),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_framing_counts_garbage),
        cmocka_unit_test(test_full_buffer),
        cmocka_unit_test(test_buffer_is_looked_at_after_a_timer),
        cmocka_unit_test(test_status_is_told_on_change),
        cmocka_unit_test(test_test_recording),
        cmocka_unit_test(test_one_source_for_each_quantity),
        cmocka_unit_test(test_silent_instrument_is_lost),
        cmocka_unit_test(test_stale_after_the_test),
        cmocka_unit_test(test_start_is_refused_with_reasons),
        cmocka_unit_test(test_passage_source_stays_out),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_a_check_has_the_bench_alone),
        cmocka_unit_test(test_barred_instruments_stay_out),
        cmocka_unit_test(test_bench_has_an_end),
        cmocka_unit_test(test_long_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
