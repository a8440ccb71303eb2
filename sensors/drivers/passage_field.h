/*
 * Fills one field of a passage from the text that a device sent, through the profile's codes. What cannot be
 * understood stays empty: the raw bytes are kept by the host.
 */
#ifndef SENSORS_DRIVERS_PASSAGE_FIELD_H
#define SENSORS_DRIVERS_PASSAGE_FIELD_H

#include "sensors/profile.h"
#include "station/core/passage.h"

/* Times: RFC 3339; yyyyMMddHHmmss or "yyyy-MM-dd HH:mm:ss" in Chinese legal time; Unix seconds or milliseconds. */
void passage_field_set(struct passage *passage, const struct profile_field *field, const char *text);

/* Anything that tells one passage from another? */
bool passage_field_any(const struct passage *passage);

#endif
