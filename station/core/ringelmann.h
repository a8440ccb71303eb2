/*
 * Method "ringelmann": the blackness of smoke as an observer grades it, 0 to 5 in halves at the finest.
 *
 * Each KEY_OBSERVE "ringelmann=1.5 photo=NAME" is one observation: the grade and the photo that shows it (needed where
 * the rule says photo-needed = 1; NAME without blanks, a digest or a file's name). After `count` of them the
 * highest is held against the limit. What cannot be read as an observation is not one, and the prompt stands;
 * check_observation says beforehand what is wrong.
 */
#ifndef STATION_CORE_RINGELMANN_H
#define STATION_CORE_RINGELMANN_H

#include "station/core/procedure.h"

extern const struct procedure_method ringelmann_method;

#endif
