/*
 * What a program says while it works: one line a message on stderr, in one write, so that lines of several
 * processes never mix.
 *
 * Under systemd (stderr is the journal's stream, or NOTIFY_SOCKET is set) a line begins with the sd-daemon priority
 * "<3>", and the journal adds name and time; elsewhere it begins with the program's name. Control characters (a
 * message may quote what an instrument sent) become '?', so a message stays one line.
 *
 * Who handles a failure logs it, once, on the edge. Not thread-safe to open; the other calls are.
 */
#ifndef REPORTS_LOG_H
#define REPORTS_LOG_H

#include <stdbool.h>

/* `name` must outlive the program. Without it messages go out plain and without a name; `debug` shows log_debug. */
void log_open(const char *name, bool debug);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));   /* needs a person */
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2))); /* works, but look at it */
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));  /* a normal event of note */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
