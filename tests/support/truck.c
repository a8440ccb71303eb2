#include "tests/support/truck.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct truck truck_make(double peak_k)
{
    return (struct truck){.idle_k = 0.02,
                          .peak_k = {peak_k},
                          .idle_rpm = 750,
                          .cutoff_rpm = 2400,
                          .hold_ms = 2600,
                          .k_digits = 2,
                          .oil_temp = 88,
                          .k_every_ms = 100,
                          .rpm_every_ms = 100,
                          .reaction_ms = 700};
}

enum { PUFF_MS = 600 };

/* ---- engine: smoke rises to its peak within 0.6 s and decays; speed climbs in 0.9 s, falls in 1.2 s ---- */

static double ramp(double x)
{
    return x <= 0 ? 0 : x >= 1 ? 1 : x * x * (3 - 2 * x);
}

static double peak_of(const struct truck *truck, int press)
{
    while (press > 0 && truck->peak_k[press] == 0)
        press--;
    return truck->peak_k[press];
}

double truck_smoke_at(const struct truck_run *run, int64_t t_ms)
{
    double k = run->truck->idle_k;
    if (run->in_clean_air)
        return run->zeroed ? 0 : run->truck->zero_k[run->presses > 0];
    for (int i = 0; i < run->presses; i++) {
        double x = (double)(t_ms - run->press_ms[i]) / PUFF_MS;
        if (x > 0)
            k = fmax(k, run->truck->idle_k + (peak_of(run->truck, i) - run->truck->idle_k) * x * exp(1 - x));
    }
    return k;
}

double truck_rpm_at(const struct truck_run *run, int64_t t_ms)
{
    double share = 0;
    for (int i = 0; i < run->presses; i++) {
        double since = (double)(t_ms - run->press_ms[i]);
        share = fmax(share, ramp(since / 900) * (1 - ramp((since - (double)run->truck->hold_ms) / 1200)));
    }
    return run->truck->idle_rpm + (run->truck->cutoff_rpm - run->truck->idle_rpm) * share;
}

static void add(struct sample *sample, enum quantity quantity, double value, unsigned digits)
{
    struct decimal d;
    assert_true(decimal_from_double(value, digits, &d));
    assert_true(sample_add(sample, quantity, QUALITY_OK, d));
}

/* ---- host ---- */

/* When the driver acts on a prompt. */
static int64_t reaction(const struct truck_run *run)
{
    const struct truck *truck = run->truck;
    int64_t act = run->now_ms + truck->reaction_ms;
    while (truck->in_step && (act + PUFF_MS - run->t0_ms - truck->k_phase_ms) % truck->k_every_ms != 0)
        act++;
    return act;
}

bool truck_confirms(enum prompt prompt)
{
    return prompt == PROMPT_INSERT_PROBE || prompt == PROMPT_ZERO_CHECK || prompt == PROMPT_ZERO_INSTRUMENT;
}

bool truck_acts(enum prompt prompt)
{
    return truck_confirms(prompt) || prompt == PROMPT_PURGE || prompt == PROMPT_PRESS;
}

void truck_move_probe(struct truck_run *run, enum prompt prompt)
{
    run->in_clean_air = prompt != PROMPT_INSERT_PROBE;
}

static void on_prompt(void *ctx, enum prompt prompt, int64_t value, int64_t limit)
{
    struct truck_run *run = ctx;
    run->prompt = prompt;
    run->prompt_value = value;
    run->prompt_limit = limit;
    run->prompts[prompt]++;
    run->act_ms = truck_acts(prompt) && !run->passive ? reaction(run) : -1;
}

static void on_wake(void *ctx, int64_t at_ms)
{
    struct truck_run *run = ctx;
    run->wake_ms = at_ms;
}

static void on_mark(void *ctx, const struct verdict_mark *mark)
{
    struct truck_run *run = ctx;
    (void)mark;
    run->marks++;
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    struct truck_run *run = ctx;
    assert_ptr_equal(verdict, &run->procedure.verdict);
    assert_true(run->procedure.finished);
    run->finishes++;
}

void truck_event(struct truck_run *run, struct procedure_event event)
{
    const struct procedure_host host = {
        .ctx = run, .prompt = on_prompt, .wake = on_wake, .mark = on_mark, .finish = on_finish};
    event.t_ms = run->now_ms;
    run->procedure.method->step(&run->procedure, &event, &host);
}

void truck_key(struct truck_run *run, enum procedure_key key, const char *text)
{
    truck_event(run, (struct procedure_event){.kind = PROCEDURE_KEY, .key = key, .text = text});
}

/* ---- the run ---- */

void truck_start(struct truck_run *run, const struct truck *truck, const struct rule_pack *pack,
                 const struct rule *rule, const struct vehicle *vehicle, int64_t t0_ms)
{
    struct err err = {0};
    const struct procedure_method *method = procedure_method_by_name(rule->method);
    assert_non_null(method);
    memset(run, 0, sizeof *run);
    if (method->init(&run->procedure, pack, rule, vehicle, LIMIT_CLASS_A, &err) != 0)
        fail_msg("%s", err.text);
    run->truck = truck;
    run->t0_ms = run->now_ms = t0_ms;
    run->next_k_ms = t0_ms + truck->k_phase_ms + truck->k_every_ms;
    run->next_rpm_ms = t0_ms + truck->rpm_every_ms;
    run->wake_ms = run->act_ms = -1;
    run->prompt = PROMPT_COUNT;
    truck_event(run, (struct procedure_event){.kind = PROCEDURE_START});
}

static void deliver(struct truck_run *run, struct sample *sample)
{
    int times = run->disturb ? run->disturb(run, sample, run->now_ms - run->t0_ms) : 1;
    for (int i = 0; i < times && !run->procedure.finished; i++)
        truck_event(run, (struct procedure_event){.kind = PROCEDURE_READING, .sample = sample});
}

static void say_smoke(struct truck_run *run)
{
    const struct truck *truck = run->truck;
    struct sample sample = {.t_ms = run->now_ms};
    double k = truck_smoke_at(run, run->now_ms);
    if (!truck->without_k)
        add(&sample, QUANTITY_K, k, (unsigned)truck->k_digits);
    if (truck->with_opacity)
        add(&sample, QUANTITY_OPACITY, 100 * (1 - exp(-0.430 * k)), 1);
    if (truck->oil_temp > -100)
        add(&sample, QUANTITY_OIL_TEMP, truck->oil_temp, 1);
    if (truck->with_rpm && truck->rpm_every_ms == truck->k_every_ms)
        add(&sample, QUANTITY_RPM, truck_rpm_at(run, run->now_ms), 0);
    run->next_k_ms += truck->k_every_ms;
    deliver(run, &sample);
}

static void say_rpm(struct truck_run *run)
{
    struct sample sample = {.t_ms = run->now_ms};
    add(&sample, QUANTITY_RPM, truck_rpm_at(run, run->now_ms), 0);
    run->next_rpm_ms += run->truck->rpm_every_ms;
    deliver(run, &sample);
}

static void act(struct truck_run *run)
{
    run->act_ms = -1;
    if (truck_confirms(run->prompt)) {
        truck_move_probe(run, run->prompt);
        truck_key(run, KEY_CONFIRM, NULL);
        return;
    }
    assert_true(run->presses < TRUCK_PRESSES_MAX);
    run->press_ms[run->presses++] = run->now_ms;
    if (run->manual)
        truck_key(run, KEY_CONFIRM, NULL);
}

bool truck_run(struct truck_run *run, int64_t until_ms)
{
    bool own_rpm = run->truck->with_rpm && run->truck->rpm_every_ms != run->truck->k_every_ms;
    while (!run->procedure.finished) {
        int64_t next = run->next_k_ms;
        if (own_rpm && run->next_rpm_ms < next)
            next = run->next_rpm_ms;
        if (run->act_ms >= 0 && run->act_ms < next)
            next = run->act_ms;
        if (run->wake_ms >= 0 && run->wake_ms <= next)
            next = run->wake_ms;
        if (next > run->t0_ms + until_ms) {
            run->now_ms = run->t0_ms + until_ms;
            return false;
        }
        assert_true(next >= run->now_ms);
        run->now_ms = next;
        if (run->wake_ms == next) {
            run->wake_ms = -1;
            truck_event(run, (struct procedure_event){.kind = PROCEDURE_WAKE});
        } else if (run->act_ms == next) {
            act(run);
        } else if (run->next_k_ms == next) {
            say_smoke(run);
        } else {
            say_rpm(run);
        }
    }
    return true;
}

bool truck_run_to_prompt(struct truck_run *run, enum prompt prompt, int64_t until_ms)
{
    while (run->prompt != prompt && run->now_ms < run->t0_ms + until_ms && !run->procedure.finished)
        truck_run(run, run->now_ms - run->t0_ms + 10);
    return run->prompt == prompt;
}

const char *truck_verdict(const struct truck_run *run, char *out, size_t size)
{
    struct json_writer w;
    json_writer_init(&w, out, size);
    verdict_write(&run->procedure.verdict, &w, NULL);
    assert_true(json_writer_finish(&w) > 0);
    return out;
}
