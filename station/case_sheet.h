/*
 * overlay/sheet.jpg: a copy of the case's first picture of the whole vehicle, with what was measured in a bar below it,
 * for receivers that show nothing but pictures. The originals lie beside it in the package.
 */
#ifndef STATION_CASE_SHEET_H
#define STATION_CASE_SHEET_H

#include "reports/package.h"
#include "station/core/err.h"

#define CASE_SHEET_NAME "overlay/sheet.jpg"

/* The picture that it is made from: the first by name that shows the whole front or rear; NULL: there is none. */
const struct package_entry *case_sheet_original(const struct package_entry *entries, size_t count);

/* malloc'ed *jpeg. ERR_INVALID: the picture cannot be copied, which is no reason not to seal the case. */
int case_sheet_make(const char *record, const struct package_entry *original, uint8_t **jpeg, size_t *size,
                    struct err *err);

#endif
