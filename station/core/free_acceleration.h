/*
 * Method "free-acceleration": the smoke of an unloaded engine whose pedal is pressed to the floor and held.
 *
 * GB 3847-2018 appendix A, and by other values of the same parameters the procedures of its kind:
 *
 *   wait for the instrument → engine warm (or bypassed with a reason) → zero in clean air, where the rule asks for it
 *   (zero_check.h) → probe in (confirmed) → purging accelerations → idle → press → hold → release → idle → … until the
 *   mean of the last `count` maxima is the result → zero again.
 *
 * Accelerations are found in the signals (snap.h). One counts if the idle before it was long enough, its smoke signal
 * was complete and good, and, where the engine speed is known, the pedal was held long enough and the speed reached.
 * Every other one is marked with the reason why it did not count, and has to be repeated. KEY_CONFIRM at PRESS or
 * PURGE says that an acceleration begins which the signals cannot show (clean engine, no engine speed): the mark tells.
 *
 * An instrument that gives opacity and no k is read through k = -ln(1 - N/100)/L with L from the pack.
 */
#ifndef STATION_CORE_FREE_ACCELERATION_H
#define STATION_CORE_FREE_ACCELERATION_H

#include "station/core/procedure.h"

extern const struct procedure_method free_acceleration_method;

#endif
