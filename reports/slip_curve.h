/* The curve on a slip: the quantity that was judged over the time of the test, from readings.csv and the verdict's
 * marks. */
#ifndef REPORTS_SLIP_CURVE_H
#define REPORTS_SLIP_CURVE_H

#include "reports/slip.h"
#include "station/core/verdict.h"

/* Nothing where there are no readings of it. */
void slip_curve_lay(struct paper *paper, const struct verdict *verdict, const struct slip *s);

#endif
