/*
 * Method "lug-down": smoke and NOx of a diesel vehicle pulling on a chassis dynamometer (GB 3847-2018 appendix B), from
 * the readings of the dynamometer (speed, power or force), of the analyzers (k, NOx) and of the air (temperature,
 * pressure).
 *
 *   wait → engine warm → probe in (confirmed) → pedal down (confirmed) → power scan: the largest power and the speed at
 * which it was reached, VelMaxHP; over when the speed has fallen to a share of it → at 100 % of VelMaxHP: settle, means
 * → at 80 %: settle, means → judged.
 *
 * P = F v / 3600 where the dynamometer gives force (N, km/h → kW). The power at the wheels is corrected for the air,
 * alpha = fa^1.2 with fa = (99/p)(T/298)^0.7 for natural aspiration and (99/p)^0.7 (T/298)^1.5 for turbochargers (p in
 * kPa, T in K), and must reach a share of the rated power. A scan in which a reading was missing or not good, or whose
 * VelMaxHP lies outside its bounds, is marked and repeated. Air that is too warm ends the test.
 *
 * Limits: point 100 and point 80. Parameters besides those of steady.h and course.h: path, air-temp-max, scan-share
 * (%), speed-tolerance (km/h), power-share (%, of rated power); optional: velmaxhp-min, velmaxhp-max (km/h);
 * altitude-from, altitude-step, altitude-max (m; 1/m that the limit of k rises for each further 1000 m; 1/m at most),
 * all or none.
 */
#ifndef STATION_CORE_LUG_DOWN_H
#define STATION_CORE_LUG_DOWN_H

#include "station/core/procedure.h"

extern const struct procedure_method lug_down_method;

/* The factor alpha, six decimals; false where pressure or temperature make no sense. */
bool lug_down_alpha(struct decimal pressure_kpa, struct decimal temp_c, bool turbo, struct decimal *out);

#endif
