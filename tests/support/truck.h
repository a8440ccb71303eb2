/*
 * A truck on a stand for tests of procedures: a list of what its instruments say, made from a simple engine, which can
 * be changed (samples lost, doubled, swapped) before a procedure hears it; and a driver who does what the prompts say.
 */
#ifndef TESTS_SUPPORT_TRUCK_H
#define TESTS_SUPPORT_TRUCK_H

#include "station/core/procedure.h"

enum { TRUCK_PRESSES_MAX = 40 };

struct truck {
    double idle_k, peak_k[TRUCK_PRESSES_MAX]; /* peak of each press; the one after the last non-zero repeats it */
    double idle_rpm, cutoff_rpm;
    int64_t hold_ms;
    bool with_rpm, with_opacity, without_k;
    int k_digits;
    double oil_temp;                  /* below -100: no sensor */
    int64_t k_every_ms, rpm_every_ms; /* rpm comes in samples of its own when the two differ */
    int64_t k_phase_ms;
    double zero_k[2];    /* what the instrument reads in clean air, before the accelerations and after */
    int64_t reaction_ms; /* of the driver */
    bool in_step;        /* the driver presses so that a sample of smoke falls on the maximum */
};

/* A heavy truck at 10 Hz with one peak for all presses. */
struct truck truck_make(double peak_k);

/* One run: the procedure, what it said, and the clock. */
struct truck_run {
    struct procedure procedure;
    const struct truck *truck;
    int64_t t0_ms, now_ms, wake_ms; /* wake -1: none */
    int64_t next_k_ms, next_rpm_ms;
    int64_t press_ms[TRUCK_PRESSES_MAX];
    int presses;
    bool in_clean_air;
    bool zeroed;    /* since then the instrument reads 0 in clean air */
    int64_t act_ms; /* when the driver does what was asked; -1 nothing */
    enum prompt prompt;
    int64_t prompt_value, prompt_limit;
    int prompts[PROMPT_COUNT]; /* how often each was shown */
    int marks, finishes;
    bool passive; /* the driver does nothing */
    bool manual;  /* the driver also presses KEY_CONFIRM with the pedal */
    /* What an adversary does to a sample, which it may change and deliver itself by truck_event; returns how often it
     * is delivered besides. NULL: nothing. */
    int (*disturb)(struct truck_run *run, struct sample *sample, int64_t t_ms);
    void *disturb_ctx;
};

/* Starts the procedure at t0_ms. */
void truck_start(struct truck_run *run, const struct truck *truck, const struct rule_pack *pack,
                 const struct rule *rule, const struct vehicle *vehicle, int64_t t0_ms);
/* Until it is finished, or until then (ms since start). Returns whether it is finished. */
bool truck_run(struct truck_run *run, int64_t until_ms);
void truck_key(struct truck_run *run, enum procedure_key key, const char *text);
void truck_event(struct truck_run *run, struct procedure_event event);
bool truck_run_to_prompt(struct truck_run *run, enum prompt prompt, int64_t until_ms);

/* Does the driver act on that prompt, and what does he say then? False: he presses the pedal. */
bool truck_acts(enum prompt prompt);
bool truck_confirms(enum prompt prompt);
/* He takes the probe where the prompt wants it. */
void truck_move_probe(struct truck_run *run, enum prompt prompt);

/* The engine alone: k (1/m) and engine speed at that time, from run->truck, press_ms and presses. */
double truck_smoke_at(const struct truck_run *run, int64_t t_ms);
double truck_rpm_at(const struct truck_run *run, int64_t t_ms);

/* The verdict as canonical text. */
const char *truck_verdict(const struct truck_run *run, char *out, size_t size);

#endif
