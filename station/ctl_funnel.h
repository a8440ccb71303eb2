/* The bulletin's table of cases (ctl_funnel.c). */
#ifndef STATION_CTL_FUNNEL_H
#define STATION_CTL_FUNNEL_H

#include "reports/sheet.h"
#include "station/ctl.h"

/* Adds the sheet "cases" for the cases opened in from_ms <= time < to_ms; a case belongs to one station alone. */
int ctl_funnel(struct store *const *stores, size_t count, int64_t from_ms, int64_t to_ms, struct sheets *sheets,
               struct err *err);

#endif
