/*
 * A disk that fails on command: a layer over SQLite's own VFS that counts operations, fails the Nth, or plays a power
 * cut. The idea is SQLite's: fail the Nth, for every N, and look at what is left.
 *
 * Power: while it is played, every file has a durable image (what was there at its last sync) and a list of changes
 * since. At the cut every operation begins to fail; fault_power_restore then writes to the real files what a disk might
 * hold: the durable image and some of the changes, whole or torn at a sector.
 */
#ifndef TESTS_SUPPORT_FAULT_VFS_H
#define TESTS_SUPPORT_FAULT_VFS_H

#include <stdbool.h>

/* What may fail, as bits. */
enum fault_operation {
    FAULT_WRITE = 1,
    FAULT_SYNC = 2,
    FAULT_TRUNCATE = 4,
    FAULT_READ = 8,
    FAULT_OPEN = 16,
    FAULT_SHM = 32,
};

enum fault_how {
    FAULT_IOERR, /* nothing done */
    FAULT_FULL,  /* nothing done, SQLITE_FULL */
    FAULT_HALF,  /* a write does its first half, then SQLITE_IOERR_WRITE */
    FAULT_LATE,  /* all is done, then an error is reported */
};

void fault_vfs_install(void); /* as the default VFS */

/* Counts operations of these kinds from now on; the Nth fails (0: none), `lasting`: and all after it. */
void fault_arm(unsigned operations, enum fault_how how, long nth, bool lasting);
void fault_disarm(void);
long fault_seen(void); /* operations counted since fault_arm */

/* Plays power from now on; cut at the Nth write, sync or truncate. The files of `dir` as they are now are durable. */
void fault_power_begin(const char *dir, long cut_at);
/* Ends the play; false when the cut had not come yet. `luck` 0: every unsynced change is lost; 1: all but the last are
 * there, the last is torn; others: any.
 */
bool fault_power_restore(unsigned luck);

#endif
