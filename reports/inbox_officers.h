/*
 * Who may decide in the inbox: a file with one officer a line, the number and the common name of the officer's client
 * certificate ("-": none, at the local listener only); '#' begins a comment.
 *
 *     023456   Officer Wang Lei
 *     023457   -
 */
#ifndef REPORTS_INBOX_OFFICERS_H
#define REPORTS_INBOX_OFFICERS_H

#include <stdbool.h>

#include "station/core/err.h"

struct inbox_officers;

/* ERR_INVALID with file and line when it cannot be understood or holds nobody. */
int inbox_officers_open(struct inbox_officers **out, const char *file, struct err *err);
void inbox_officers_close(struct inbox_officers *officers);

/* The number that goes with a certificate's common name, or NULL. officers NULL: nobody. */
const char *inbox_officers_by_name(const struct inbox_officers *officers, const char *common_name);
bool inbox_officers_has(const struct inbox_officers *officers, const char *number);

#endif
