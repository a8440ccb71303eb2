/*
 * What smogpush has to tell a person (its seal, its certificates, its time stamps), as `status` shows it.
 */
#ifndef STATION_PUSH_NOTES_H
#define STATION_PUSH_NOTES_H

#include "station/core/json.h"
#include "station/store.h"

/* Writes the member "push": [{about, since, text} …]. What cannot be read is left out: a status is always answered. */
void push_notes_write(struct store *store, int offset_minutes, struct json_writer *w);

#endif
