/*
 * Method "obd-check": what the vehicle's control units say of themselves, recorded.
 *
 * The adapter is plugged in (KEY_CONFIRM); from then on each quantity and text that a good sample brings is kept, the
 * latest of each, until `measure` has gone by and the malfunction lamp was among them. The lamp and the number of
 * trouble codes are held against the rule's limits, VIN, trouble codes, pending ones and the monitors' readiness become
 * marks (cut to a mark's note; the whole text is among the readings). A VIN that is not the vehicle's, and a monitor
 * that is not complete, are reasons that change no verdict.
 */
#ifndef STATION_CORE_OBD_CHECK_H
#define STATION_CORE_OBD_CHECK_H

#include "station/core/procedure.h"

extern const struct procedure_method obd_check_method;

#endif
