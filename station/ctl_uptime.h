/* The bulletin's table of instruments (ctl_uptime.c). */
#ifndef STATION_CTL_UPTIME_H
#define STATION_CTL_UPTIME_H

#include "reports/sheet.h"
#include "station/ctl.h"

/* Adds the sheet "uptime": each instrument of each station that its journal knows, within from_ms <= time < to_ms. A
 * database that is named twice counts once. */
int ctl_uptime(struct store *const *stores, size_t count, int64_t from_ms, int64_t to_ms, struct sheets *sheets,
               struct err *err);

#endif
