/*
 * A test whose instruments say what a table tells, second by second: for procedures that measure at fixed points. Every
 * quantity has a value; the samples can be changed before the procedure hears them.
 */
#ifndef TESTS_SUPPORT_SCRIPT_H
#define TESTS_SUPPORT_SCRIPT_H

#include "station/core/procedure.h"

enum { SCRIPT_QUANTITIES_MAX = 12 };

struct script {
    struct procedure procedure;
    int64_t t0_ms, now_ms, wake_ms, next_ms, every_ms;
    size_t count;
    struct script_value {
        enum quantity quantity;
        double value;
        unsigned digits;
        bool silent;
    } values[SCRIPT_QUANTITIES_MAX];
    size_t texts_count;
    struct sample_text texts[SAMPLE_TEXTS_MAX];
    enum prompt prompt, stop_at;
    int64_t prompt_value, prompt_limit;
    int prompts[PROMPT_COUNT];
    int marks, finishes;
    /* Plays the people: called before each sample and wake-up. NULL: nobody does anything. */
    void (*act)(struct script *s);
    /* What an adversary does to a sample; returns how often it is delivered. NULL: nothing. */
    int (*disturb)(struct script *s, struct sample *sample);
    void *disturb_ctx;
};

void script_start(struct script *s, const struct rule_pack *pack, const struct rule *rule,
                  const struct vehicle *vehicle, enum limit_class limit_class, int64_t t0_ms);
void script_set(struct script *s, enum quantity quantity, double value, unsigned digits);
void script_silence(struct script *s, enum quantity quantity);
void script_event(struct script *s, struct procedure_event event);
void script_key(struct script *s, enum procedure_key key, const char *text);
/* Delivers a sample now. */
void script_deliver(struct script *s, struct sample *sample);
/* Until it is finished, or until then (ms since start). Returns whether it is finished. */
bool script_run(struct script *s, int64_t until_ms);
bool script_run_to(struct script *s, enum prompt prompt, int64_t until_ms);

#endif
