/*
 * Finds the accelerations in what the instruments say: pure, in virtual time, for the free-acceleration procedures.
 *
 *      rpm   ____/‾‾‾‾‾‾‾\________      A signal is high from where it rises by `rise` above the lowest value since it
 *      k     _____/\_______________     last was low, to where it has fallen to half of that. `rise` grows with the
 *            |    window     |settle|   largest rise seen in this test, so that a smoky engine's unrest at idle is no
 *                                       acceleration and a clean engine's small puff is one.
 *
 * A window opens when rpm or k rises (or when the operator says so) and closes when both have been low for `settle`.
 * Where the engine speed is known the window counts as an acceleration only if the speed rose; where it is not, if k
 * rose. The maximum of k is taken over the whole window. A window is spoiled when the k signal was interrupted in it,
 * or shortly before it opened: a maximum of which a part was not seen is no maximum.
 */
#ifndef STATION_CORE_SNAP_H
#define STATION_CORE_SNAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/decimal.h"
#include "station/core/err.h"
#include "station/core/pace.h"
#include "station/core/rules.h"

struct snap_params {
    struct decimal k_rise, rpm_rise;            /* smallest rise that opens a window */
    struct decimal rpm_min;                     /* below it the engine does not run: no engine speed */
    int64_t k_share_percent, rpm_share_percent; /* of the largest rise seen */
    int64_t k_high_ms;                          /* a rise of k that is shorter is a disturbance */
    int64_t settle_ms;
    int64_t longest_ms;          /* a window that does not close by itself is closed */
    int64_t rpm_gap_ms;          /* without engine speed for so long: it is not known any more */
    int64_t gap_ms, gap_percent; /* interruptions of k, see pace.h */
    int64_t manual_ms;           /* window that the operator opens */
};

/* One signal with hysteresis, in millionths. */
struct snap_signal {
    bool known, high;
    int64_t base, best; /* lowest since it was last high; largest rise so far */
    int64_t rise, share_percent;
    int64_t high_from_ms, high_ms; /* when it last rose; how long it was high in this window, finished rises only */
};

/* A finished window. Times are the caller's. */
struct snap_window {
    int64_t from_ms, to_ms; /* rise to return; not the settling */
    bool manual;            /* opened by the operator, and the signals did not show it */
    bool with_rpm;          /* engine speed was known when it opened */
    bool spoiled, too_long;
    bool has_max;
    struct decimal max_k;
    struct decimal max_rpm; /* with_rpm */
    int64_t rpm_high_ms;    /* with_rpm: how long the engine speed was high */
};

struct snap {
    struct snap_params params;
    struct snap_signal k, rpm;
    bool open;
    int64_t manual_until_ms;          /* -1 none */
    int64_t quiet_from_ms;            /* both signals low since */
    int64_t last_rpm_ms, last_bad_ms; /* -1 none */
    struct pace pace;                 /* of k */
    struct snap_window window;
};

/* Reads the parameters from the rule. */
int snap_load(struct snap_params *params, const struct rule *rule, struct err *err);

void snap_init(struct snap *s, const struct snap_params *params);

/* A sample of k came before accelerations are looked for: only its pace is of interest. */
void snap_pace(struct snap *s, int64_t t_ms);

/* Readings with quality ok, or the news that one was not (or could not be used). Times must not go backwards, and
 * snap_advance must have been called up to t_ms. */
void snap_k(struct snap *s, int64_t t_ms, struct decimal k);
void snap_k_bad(struct snap *s, int64_t t_ms);
void snap_rpm(struct snap *s, int64_t t_ms, struct decimal rpm);
void snap_rpm_bad(struct snap *s, int64_t t_ms);

/* The operator presses the pedal now and no signal will show it. False when the engine speed is known (then the signals
 * decide) or a window is open. */
bool snap_manual(struct snap *s, int64_t t_ms);

/* When snap_advance is due; -1 never. */
int64_t snap_next_ms(const struct snap *s);

/* Lets time pass; true when a window closed that is an acceleration. Call again until false. */
bool snap_advance(struct snap *s, int64_t t_ms, struct snap_window *closed);

/* Is the engine accelerating (or just back at idle)? */
bool snap_is_open(const struct snap *s);

#endif
