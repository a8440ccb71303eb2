/*
 * What every program here has in common: --help, --version, and knowing which binary it is.
 *
 * Beside it: reports/log.h (messages), reports/file.h (whole files, durable writes), reports/sha256.h.
 */
#ifndef REPORTS_PROGRAM_H
#define REPORTS_PROGRAM_H

#include "station/core/err.h"

/* Answers --help (and -h) and --version when one of them is the first argument. Returns the exit code, or -1: carry on.
 *
 *     smogd 0.1.0
 *     build-id 1f0c…        the linker's, from the ELF note
 *     sha256 9ab3…          of the file that is running
 */
int program_answer(int argc, char **argv, const char *name, const char *help);

/* SHA-256 of the running binary (/proc/self/exe: the file that was started, even when it was replaced since). */
int program_sha256(char hex[65], struct err *err);

/* The build id in hex, "" when the linker wrote none. The text lives as long as the program. */
const char *program_build_id(void);

#endif
