/*
 * The registry of quantities: every number the station knows has one of these names and exactly this unit.
 * Append only: the names stand in sealed records. Units are the SI spellings used on slips and in profiles.
 */
#ifndef STATION_CORE_QUANTITY_H
#define STATION_CORE_QUANTITY_H

#include <stddef.h>

/* X(enumerator, name, unit) */
#define QUANTITY_TABLE(X)                                                                                              \
    X(OPACITY, "opacity", "%")                                                                                         \
    X(K, "k", "1/m")                                                                                                   \
    X(RINGELMANN, "ringelmann", "grade")                                                                               \
    X(NO, "no", "1e-6")                                                                                                \
    X(NOX, "nox", "1e-6")                                                                                              \
    X(HC, "hc", "1e-6")                                                                                                \
    X(CO, "co", "%")                                                                                                   \
    X(CO2, "co2", "%")                                                                                                 \
    X(O2, "o2", "%")                                                                                                   \
    X(RPM, "rpm", "r/min")                                                                                             \
    X(OIL_TEMP, "oil_temp", "degC")                                                                                    \
    X(SPEED, "speed", "km/h")                                                                                          \
    X(ACCELERATION, "acceleration", "m/s2")                                                                            \
    X(SLOPE, "slope", "deg")                                                                                           \
    X(VSP, "vsp", "kW/t")                                                                                              \
    X(POWER, "power", "kW")                                                                                            \
    X(FORCE, "force", "N")                                                                                             \
    X(AIR_TEMP, "air_temp", "degC")                                                                                    \
    X(HUMIDITY, "humidity", "%RH")                                                                                     \
    X(PRESSURE, "pressure", "kPa")                                                                                     \
    X(WIND_SPEED, "wind_speed", "m/s")                                                                                 \
    X(WIND_DIR, "wind_dir", "deg")                                                                                     \
    X(RAIN, "rain", "bool")                                                                                            \
    X(LATITUDE, "latitude", "deg")                                                                                     \
    X(LONGITUDE, "longitude", "deg")                                                                                   \
    X(PLATE_CONFIDENCE, "plate_confidence", "%")

enum quantity {
#define QUANTITY_ENUM(id, name, unit) QUANTITY_##id,
    QUANTITY_TABLE(QUANTITY_ENUM)
#undef QUANTITY_ENUM
        QUANTITY_COUNT
};

const char *quantity_name(enum quantity quantity);
const char *quantity_unit(enum quantity quantity);

/* The quantity of that name, or QUANTITY_COUNT when there is none. */
enum quantity quantity_by_name(const char *name, size_t length);

#endif
