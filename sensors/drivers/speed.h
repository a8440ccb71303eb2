/* What the speed meters' drivers have in common. */
#ifndef SENSORS_DRIVERS_SPEED_H
#define SENSORS_DRIVERS_SPEED_H

#include "sensors/sensor.h"

extern const enum quantity speed_quantities[];

/* Publishes a speed; 0 says that there is no vehicle, which is no reading. A speed beyond what a road sees is out of
 * range. */
void speed_publish(struct decimal km_h, enum quality quality, int64_t t_ms, const struct sensor_host *host);

/* Miles per hour in km/h; false: too large. */
bool speed_from_mph(struct decimal mph, struct decimal *km_h);

#endif
