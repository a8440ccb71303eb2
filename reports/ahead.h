/*
 * Reads packages ahead: a thread of its own brings them from the disk and holds them to their digests while others are
 * on their way. It never decides anything: whoever takes a package that was not asked for, or not read yet, reads it
 * himself.
 */
#ifndef REPORTS_AHEAD_H
#define REPORTS_AHEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/contents.h"
#include "station/core/err.h"

enum { AHEAD_MAX = 8 }; /* packages in memory that nobody has taken yet */

struct ahead;

int ahead_open(struct ahead **out, struct err *err);
void ahead_close(struct ahead *a);

/* Wants the package at that path to be read. What was asked for before the last AHEAD_MAX and not taken is forgotten.
 */
void ahead_ask(struct ahead *a, const char *path, const char *sha256);

/* As contents_read_package, sooner where it was asked for; waits when it is being read just now. */
int ahead_take(struct ahead *a, struct contents *c, const char *path, const char *sha256, struct err *err);

#endif
