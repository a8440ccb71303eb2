/*
 * A record in words, for whoever opens a package without any program: report.txt. It repeats what record.json says and
 * judges nothing itself.
 */
#ifndef REPORTS_REPORT_TEXT_H
#define REPORTS_REPORT_TEXT_H

#include <stddef.h>

#include "station/core/err.h"

/* From the text of record.json; malloc'ed UTF-8, lines ended by a newline. */
int report_text_make(const char *record, size_t length, char **text, size_t *text_length, struct err *err);

#endif
