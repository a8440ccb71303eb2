/*
 * The registry of quantities: every number the station knows has one of these names and exactly this unit.
 * Append only: the names stand in sealed records. Units are the SI spellings used on slips and in profiles. Where the
 * station measures what a vehicle's control unit also claims, the claim has a name of its own (obd_…).
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
    X(PLATE_CONFIDENCE, "plate_confidence", "%")                                                                       \
    X(NO2, "no2", "1e-6")                                                                                              \
    X(SO2, "so2", "1e-6")                                                                                              \
    X(NH3, "nh3", "1e-6")                                                                                              \
    X(LAMBDA, "lambda", "1")                                                                                           \
    X(COOLANT_TEMP, "coolant_temp", "degC")                                                                            \
    X(GAS_TEMP, "gas_temp", "degC")                                                                                    \
    X(TUBE_TEMP, "tube_temp", "degC")                                                                                  \
    X(DEW_POINT, "dew_point", "degC")                                                                                  \
    X(FLOW, "flow", "L/min")                                                                                           \
    X(LOAD, "load", "%")                                                                                               \
    X(FUEL_RATE, "fuel_rate", "L/h")                                                                                   \
    X(DEF_LEVEL, "def_level", "%")                                                                                     \
    X(DPF_TEMP_IN, "dpf_temp_in", "degC")                                                                              \
    X(DPF_TEMP_OUT, "dpf_temp_out", "degC")                                                                            \
    X(DPF_PRESSURE, "dpf_pressure", "kPa")                                                                             \
    X(OBD_NOX_IN, "obd_nox_in", "1e-6")                                                                                \
    X(OBD_NOX_OUT, "obd_nox_out", "1e-6")                                                                              \
    X(OBD_O2_IN, "obd_o2_in", "%")                                                                                     \
    X(OBD_O2_OUT, "obd_o2_out", "%")                                                                                   \
    X(MIL, "mil", "bool")                                                                                              \
    X(DTC_COUNT, "dtc_count", "1")                                                                                     \
    X(ALTITUDE, "altitude", "m")                                                                                       \
    X(VEHICLE_LENGTH, "vehicle_length", "m")                                                                           \
    X(CONTAMINATION, "contamination", "%")                                                                             \
    X(OBD_PRESSURE, "obd_pressure", "kPa")                                                                             \
    X(OBD_AIR_TEMP, "obd_air_temp", "degC")

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
