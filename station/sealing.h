/*
 * From the journal to a sealed package: gathers what belongs to a case, proves its place in the journal, and writes the
 * package's file and row. Checkpoints of the journal are signed here, too.
 *
 * Order of the writing: the checkpoint is committed, then the file is safe under a name that holds its hash, then its
 * row is committed. A crash in between leaves a file without a row; the case is sealed
 * anew under another name, so a file that a row names is never overwritten, and only what has a row is delivered.
 *
 * A journal that does not continue the last checkpoint (a database restored from an old copy, or altered) is not signed
 * any more: that would be a fork. The way out is smogctl restore, which makes it a journal of another name
 * (station/backup.h).
 */
#ifndef STATION_SEALING_H
#define STATION_SEALING_H

#include <stddef.h>
#include <stdint.h>

#include "reports/package.h"
#include "reports/queue.h"
#include "station/core/err.h"
#include "station/store.h"

struct sealing {
    struct store *store;
    struct queue *queue;
    const char *folder;                          /* the state folder */
    int offset_minutes;                          /* of the times in checkpoints */
    const struct seal *seals[PACKAGE_SEALS_MAX]; /* the first one signs the checkpoints; may change between calls */
    size_t seals_count;
    uint64_t proved;                /* size of the journal that the newest package proves; 0: none */
    struct queue_checkpoint latest; /* the last checkpoint */
};

/* Reads `proved` and `latest` (the other members are the caller's) and removes half-written packages. */
int sealing_init(struct sealing *s, struct err *err);

/* Is there something in the journal that no checkpoint covers, or was the last one signed with another key? */
int sealing_news(struct sealing *s, bool *news, struct err *err);

/* Signs the journal as it is now, unless the last checkpoint covers it and is of the same key: a package's checkpoint
 * and its seal are of one key, and so are the newest checkpoint and the station's certificate. */
int sealing_checkpoint(struct sealing *s, int64_t now_ms, struct err *err);

/* Seals the case; *out (may be NULL) gets the package's row. */
int sealing_case(struct sealing *s, const struct store_case *c, int64_t now_ms, struct queue_package *out,
                 struct err *err);

#endif
