/*
 * Is the engine warm? A part of procedures: waits until its oil has the least temperature, or until the operator passes
 * it over with a reason, which stands in the verdict.
 */
#ifndef STATION_CORE_WARM_H
#define STATION_CORE_WARM_H

#include "station/core/procedure_part.h"

struct warm {
    struct decimal min; /* degC */
    bool has_temp;
    struct decimal temp;
    char bypass[VERDICT_REASON_MAX]; /* the reason line; empty: not passed over */
};

void warm_init(struct warm *w, struct decimal min);
void warm_read(struct warm *w, const struct sample *sample);
void warm_bypass(struct warm *w, const char *reason); /* NULL or empty: nothing happens */
bool warm_is(const struct warm *w);
struct prompting warm_prompting(const struct warm *w);

/* Writes the reason line, if there is one, into the verdict. */
void warm_tell(const struct warm *w, struct verdict *verdict);

#endif
