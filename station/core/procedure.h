/*
 * Test procedures: pure state machines. Events in, actions out, a verdict at the end.
 *
 * A procedure never asks the time: every event carries t_ms, and times never go backwards. It asks for one wake-up at
 * a time. It is independent of where its clock starts: the same events shifted by any constant give the same verdict,
 * whose times count from PROCEDURE_START. The host (sensors/bench.h) delivers a due wake-up before any later event,
 * with the time it was asked for, so that live and replay see the same sequence.
 *
 * A procedure handles: a lost instrument (stale or unplugged is an event, PROCEDURE_LOST, not a check that somebody
 * forgets), abort with a reason in any state, time-outs, operator keys at the wrong moment (ignored), instrument status
 * and readings whose quality is not ok (never part of a verdict). After `finish` it ignores everything.
 */
#ifndef STATION_CORE_PROCEDURE_H
#define STATION_CORE_PROCEDURE_H

#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"
#include "station/core/reading.h"
#include "station/core/rules.h"
#include "station/core/vehicle.h"
#include "station/core/verdict.h"

enum procedure_event_kind {
    PROCEDURE_START,
    PROCEDURE_READING, /* a sample of one instrument */
    PROCEDURE_WAKE,
    PROCEDURE_KEY,    /* the operator */
    PROCEDURE_LOST,   /* an instrument of this test is gone or stale; `text` names it */
    PROCEDURE_STATUS, /* an instrument's own state changed; `status`, `text` names the instrument */
};

enum procedure_key {
    KEY_CONFIRM,     /* "probe is in", "engine idles", … whatever the prompt asks for */
    KEY_BYPASS_WARM, /* the engine temperature cannot be taken; `text` is the reason, required */
    KEY_OBSERVE,     /* an observer's statement, `text` "ringelmann=1" */
    KEY_ABORT,       /* `text` is the reason, required */
    KEY_COUNT
};

const char *procedure_key_name(enum procedure_key key);     /* "confirm" "bypass-warm" "observe" "abort" */
enum procedure_key procedure_key_by_name(const char *name); /* KEY_COUNT if unknown */

struct procedure_event {
    enum procedure_event_kind kind;
    int64_t t_ms;
    const struct sample *sample;
    enum procedure_key key;
    enum instrument_status status;
    const char *text;
};

/* What the operator is asked to do now. The words stand in the tables of the page and of smogctl, by name. */
#define PROMPT_TABLE(X)                                                                                                \
    X(WAIT_INSTRUMENT, "wait-instrument")                                                                              \
    X(WARM_UP, "warm-up") /* engine too cold; value: oil temperature in degC, limit: minimum */                        \
    X(INSERT_PROBE, "insert-probe")                                                                                    \
    X(PURGE, "purge") /* value: done, limit: needed */                                                                 \
    X(IDLE, "idle")   /* limit: ms to go */                                                                            \
    X(PRESS, "press") /* value: number of this acceleration, limit: how many at least */                               \
    X(HOLD, "hold")   /* value: number of this acceleration, limit: ms to hold */                                      \
    X(RELEASE, "release")                                                                                              \
    X(OBSERVE, "observe")                                                                                              \
    X(ZERO_CHECK, "zero-check")           /* probe into clean air, then confirm; value: 1 before, 2 after the test */  \
    X(ZERO_WAIT, "zero-wait")             /* zero is being read; value: as above, limit: ms to go */                   \
    X(ZERO_INSTRUMENT, "zero-instrument") /* zero is off: zero the instrument, then confirm; value: attempts */        \
    X(REV, "rev")                         /* hold this engine speed; value: r/min, limit: ms to go */                  \
    X(CONNECT, "connect")                 /* plug the adapter into the vehicle, ignition on, then confirm */           \
    X(READ, "read")                       /* the adapter is being read; limit: ms to go */                             \
    X(FULL_PEDAL, "full-pedal")           /* dynamometer: pedal down in the right gear, then confirm */                \
    X(SCAN, "scan")   /* dynamometer: load rises until the speed has fallen; value: km/h, limit: km/h to reach */      \
    X(SPEED, "speed") /* dynamometer: hold this speed; value: km/h, limit: ms to go */                                 \
    X(DONE, "done")

enum prompt {
#define PROMPT_ENUM(id, name) PROMPT_##id,
    PROMPT_TABLE(PROMPT_ENUM)
#undef PROMPT_ENUM
        PROMPT_COUNT
};

const char *prompt_name(enum prompt prompt);

/* A prompt's value where there is none, as the temperature of an engine that has no sensor. */
#define PROMPT_UNKNOWN INT64_MIN

/* The four actions. */
struct procedure_host {
    void *ctx;
    void (*prompt)(void *ctx, enum prompt prompt, int64_t value, int64_t limit);
    void (*wake)(void *ctx, int64_t at_ms); /* replaces the wake-up asked for before; at_ms < 0 cancels */
    void (*mark)(void *ctx, const struct verdict_mark *mark);
    void (*finish)(void *ctx, const struct verdict *verdict);
};

struct procedure;

/* One method. `init` reads every parameter it needs from the rule and fails if one is missing; it stores copies, so
 * rule, pack and vehicle need not outlive the call. `quantities` ends with QUANTITY_COUNT: what the method cannot do
 * without; the bench refuses to start when no healthy instrument offers them. */
struct procedure_method {
    const char *name; /* "free-acceleration" … = `method` in rule packs and on the command line */
    const enum quantity *quantities;
    bool alone; /* a check of one instrument (bench->subject): the bench has no other in it, whatever it measures */
    int (*init)(struct procedure *p, const struct rule_pack *pack, const struct rule *rule,
                const struct vehicle *vehicle, enum limit_class limit_class, struct err *err);
    void (*step)(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host);
    /* May this be entered with KEY_OBSERVE? Fails with what is wrong with it. NULL: the method takes no observation. */
    int (*check_observation)(const struct procedure *p, const char *text, struct err *err);
};

/* What serves where no instrument gives a quantity that a method needs: opacity for k, the same beam in another unit;
 * force for power, with the speed. QUANTITY_COUNT: nothing does. */
enum quantity procedure_stand_in(enum quantity quantity);

extern const struct procedure_method *const procedure_methods[]; /* NULL-terminated */
const struct procedure_method *procedure_method_by_name(const char *name);

/* Has every rule of the pack a method that this program knows, and each limit and parameter which that method reads?
 * Part of reading a pack; also covers remote sensing. Errors begin with "file:line: ". */
int procedure_check_pack(const struct rule_pack *pack, const char *file, struct err *err);

enum { PROCEDURE_STATE_MAX = 8192 };

struct procedure {
    const struct procedure_method *method;
    bool finished;
    bool takes_zero; /* nothing is being measured now: an operator may zero the instruments of the test */
    int64_t start_ms;
    struct verdict verdict; /* under construction; complete when finished */
    union {
        max_align_t align;
        unsigned char bytes[PROCEDURE_STATE_MAX]; /* the method's own struct; its size is asserted at compile time */
    } state;
};

#endif
