/*
 * Method "two-speed-idle": CO, HC and lambda of a petrol engine at raised idle and at idle (GB 18285-2018).
 *
 *   wait for the analyzer → engine warm → conditioning (engine speed held high for a while) → probe in (confirmed)
 *   → raised idle: settle, mean → idle: settle, mean → judged.
 *
 * Where the engine speed is measured it decides when a point begins, and leaving the speed begins it anew; where it is
 * not, the operator says (KEY_CONFIRM) that the speed is held, and a reason of the verdict says so.
 *
 * Limits of the rule: point 1 idle, point 2 raised idle; lambda has one with and one without at-least.
 */
#ifndef STATION_CORE_TWO_SPEED_IDLE_H
#define STATION_CORE_TWO_SPEED_IDLE_H

#include "station/core/procedure.h"

extern const struct procedure_method two_speed_idle_method;

#endif
