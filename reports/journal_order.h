/*
 * What must hold from one event of a journal to the next, whoever reads it: smogverify an exported one, smogctl journal
 * verify the database. Tests and passages are numbered 1, 2, 3 … without a gap, a test ends before the next one starts,
 * and the clock goes back only where the journal says so.
 */
#ifndef REPORTS_JOURNAL_ORDER_H
#define REPORTS_JOURNAL_ORDER_H

#include <stdint.h>

#include "reports/record.h"
#include "station/core/err.h"
#include "station/core/json.h"

enum { JOURNAL_BOOT_MAX = 64 };

/* Zero before the first event. */
struct journal_order {
    int64_t tests, passages; /* the highest numbers so far */
    char open_test[RECORD_ID_MAX];
    /* the time of the event before */
    char boot[JOURNAL_BOOT_MAX];
    int64_t mono_ms, wall_ms;
    unsigned unexplained; /* events since the clock went back without a word; 0: nothing to explain */
    int64_t back_mono_ms; /* when that was */
    unsigned set_back;    /* how often it was, said or while the program was not running */
};

/* Numbers and ends of tests, numbers of passages. `event`: the next one, an object of that kind. ERR_FAILED with the
 * test or passage. */
int journal_order_number(struct journal_order *o, const struct json_doc *event, const char *kind, struct err *err);

/* The two clocks of an event. The monotonic one does not go back within a boot, but for the seconds that an event may
 * have waited for the others of its group, when one that was not to wait stands before it. The other may be set back,
 * but then the journal says so: an event clock-step within the next few and before the machine has run for five minutes
 * more, or it happened while the program was not running. Where a journal ends before that, nothing can be said yet:
 * smogd may be about to enter the step, and after a stop its next start does (`unexplained` is left above 0). */
int journal_order_time(struct journal_order *o, const struct json_doc *event, const char *kind, struct err *err);

#endif
