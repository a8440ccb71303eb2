/*
 * A whole test of any method, or a check of an instrument, in virtual time at the wire: an instrument that measures
 * everything (Modbus blocks), an ELM327 with the answers of tests/recordings/elm327-obd.rec, people who do what the
 * prompts say, and the host that keeps recordings and readings as the station does. Nothing goes wrong here; for that
 * see stand.h.
 */
#ifndef TESTS_SUPPORT_SESSION_H
#define TESTS_SUPPORT_SESSION_H

#include "sensors/replay.h"
#include "tests/support/stand.h"

enum { SESSION_FILES = 3 };

struct session_plan {
    const char *name, *pack, *method;
    const char *facts;     /* of the vehicle, "key=value …"; "" none */
    const char *statement; /* what an observer says when he is asked, or of a check the reference; NULL: nothing */
    double peak_k;         /* of each acceleration, on the dynamometer, in a check */
    double co;             /* %, petrol */
    int64_t every_ms;      /* how often the instrument is read */
    enum verdict_kind kind;
};

/* One for each method and each shipped pack with another procedure, each with a verdict that is not the same as the
 * one before. Ends with a NULL name. */
extern const struct session_plan session_plans[];

struct session;
typedef void session_meddle_fn(struct session *s, int prompts);

/* All of it is on the heap. */
struct session {
    const struct session_plan *plan;
    struct rule_pack *pack;
    const struct rule *rule;
    const struct procedure_method *method;
    struct vehicle vehicle;
    struct profile profile; /* of the instrument; its text is session_profile */
    struct bench bench;
    struct truck truck;
    struct truck_run engine;
    int64_t now_ms, next_ms, act_ms, answer_ms;
    char answer[512]; /* of the ELM327 */
    enum prompt prompt;
    int64_t prompt_value;
    int prompts;
    bool prompted, unplugged;
    session_meddle_fn *meddle;
    double speed_kmh;
    bool finished;
    struct verdict verdict;
    struct stand_text *wire[SESSION_FILES]; /* of the instrument, of the ELM327, of the operator */
    struct stand_text *readings;
};

extern const char session_profile[]; /* the profile file "session.conf" */

/* Runs it to its verdict. */
struct session *session_run(const struct session_plan *plan);

/* The same, while `meddle` is called once at every prompt, counted from 1, before anybody obeys it. */
struct session *session_run_with(const struct session_plan *plan, session_meddle_fn *meddle);
void session_unplug(struct session *s); /* the instrument that measures everything */
void session_close(struct session *s);

/* The recordings; returns how many. An instrument that took no part has none. */
size_t session_files(const struct session *s, struct replay_file files[SESSION_FILES]);

/* Recordings and readings of a replay of the same session, by `replay`. */
int session_replay(const struct session *s, struct replay *replay, struct stand_text *readings, struct err *err);

#endif
