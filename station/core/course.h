/*
 * The course that tests of an engine have in common: wait for the instruments, let the engine warm up, then the
 * method's own part; and what ends any of them: time limit, loss of an instrument, its unfit state while it measures,
 * the operator.
 */
#ifndef STATION_CORE_COURSE_H
#define STATION_CORE_COURSE_H

#include "station/core/warm.h"

enum course_phase { COURSE_NOT_STARTED, COURSE_WAIT, COURSE_WARM, COURSE_OWN };

struct course {
    enum course_phase phase;
    bool by_warmth; /* the engine has to be warm */
    bool measuring; /* set by the method: an unfit instrument ends the test now; else it is waited for again */
    bool seen;      /* an ok reading of what the method needs first */
    enum instrument_status status;
    int64_t time_limit_ms;
    struct warm warm;
    struct prompting shown;
};

/* Reads time-limit and, where the engine has to be warm, oil-temp-min. */
int course_load(struct course *c, const struct rule *rule, bool by_warmth, struct err *err);

/* Takes the event, *t_ms is its time since the start. True: the course is in its own part, and the event is for the
 * method too (the first time it is the event that led there). */
bool course_take(struct procedure *p, struct course *c, const struct procedure_event *event, int64_t *t_ms,
                 const struct procedure_host *host);

/* Afterwards, unless finished: shows `own`, or what the course itself waits for, and wakes at next_ms (-1: at the time
 * limit). */
void course_ask(struct procedure *p, struct course *c, struct prompting own, int64_t next_ms,
                const struct procedure_host *host);

/* Ends, with the line about the warm engine as the last reason. */
void course_end(struct procedure *p, const struct course *c, enum verdict_kind kind, int64_t t_ms,
                const struct procedure_host *host);
void course_abort(struct procedure *p, const struct course *c, int64_t t_ms, const struct procedure_host *host,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Ends by the values that were compared: fail with a reason for each that exceeds, else pass. */
void course_judge(struct procedure *p, const struct course *c, int64_t t_ms, const struct procedure_host *host);

#endif
