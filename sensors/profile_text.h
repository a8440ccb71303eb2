/* The parts of a profile that are for drivers of text protocols; sensors/profile.c alone calls these. */
#ifndef SENSORS_PROFILE_TEXT_H
#define SENSORS_PROFILE_TEXT_H

#include "sensors/profile.h"

/* kind = ak: which word of which reply a value is; how the instrument names itself; which words and error numbers mean
 * what; what an operator may send. */
int profile_text_ak_value(struct conf *conf, ptrdiff_t node, struct profile_value *value, struct err *err);
int profile_text_ak_identify(struct conf *conf, ptrdiff_t top, struct profile *profile, struct err *err);
int profile_text_ak_status(struct conf *conf, ptrdiff_t node, struct profile_status *status, struct err *err);
int profile_text_ak_action(struct conf *conf, ptrdiff_t node, struct profile_action *action, struct err *err);

/* kind = columns: which column of a line a value is, and how many there are. */
int profile_text_column_value(struct conf *conf, ptrdiff_t node, struct profile_value *value, struct err *err);
int profile_text_columns(struct conf *conf, ptrdiff_t top, struct profile *profile, struct err *err);

#endif
