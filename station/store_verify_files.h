/*
 * journal verify: the lines of rosters and the facts of other stations' histories are those of the files that the
 * events name, read again as at the import.
 */
#ifndef STATION_STORE_VERIFY_FILES_H
#define STATION_STORE_VERIFY_FILES_H

#include "station/store.h"

/* `events`: JSON array of the indices of the events that may name files. ERR_FAILED with the file and the row. */
int verify_files_check(struct store *s, const char *events, struct err *err);

#endif
