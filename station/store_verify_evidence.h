/*
 * journal verify: the files that records name (raw bytes of the instruments, readings, pictures) and the packages of
 * cases are on the disk, whole.
 */
#ifndef STATION_STORE_VERIFY_EVIDENCE_H
#define STATION_STORE_VERIFY_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "station/store.h"

/* Every file is there and has its size; `read`: and its digest, which takes as long as the disk needs to read them all.
 * *files: how many. ERR_FAILED names the first that is not, and whose it is. */
int store_verify_evidence(struct store *s, bool read, uint64_t *files, struct err *err);

#endif
