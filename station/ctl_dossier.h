/* What the files of a vehicle's dossier share; nobody else includes it. */
#ifndef STATION_CTL_DOSSIER_H
#define STATION_CTL_DOSSIER_H

#include "reports/paper.h"
#include "reports/sheet.h"
#include "station/ctl.h"

enum { DOSSIER_TEXT = 256, DOSSIER_TIME = 24 };

enum dossier_list {
    DOSSIER_TESTS,
    DOSSIER_PASSAGES,
    DOSSIER_IMPORTED,
    DOSSIER_CASES,
    DOSSIER_CHECKLISTS,
    DOSSIER_REFERRALS,
    DOSSIER_ALERTS,
    DOSSIER_ROSTERS,
    DOSSIER_LISTS
};

struct dossier {
    struct ctl *ctl;
    const char *plate, *colour;
    struct paper *paper;
    struct sheets sheets;
    struct sheet *lists[DOSSIER_LISTS];
    char (*subjects)[48]; /* tests and passages, newest first */
    size_t subjects_count, subjects_room, tests_count;
    char (*cases)[56];
    size_t cases_count;
    struct store_checklist checklist; /* whose answers are read */
    struct sheet *answers;
    int64_t newest_ms;
    struct err *err;
    int result;
};

/* Fills the lists, subjects and cases of d->plate and d->colour. */
int dossier_gather(struct dossier *d);

int dossier_no_memory(struct dossier *d);
/* The time in words, "" where it is 0; the newest one is remembered. */
const char *dossier_time(struct dossier *d, int64_t at_ms, char out[DOSSIER_TIME]);
/* The state of a case in both languages. */
void dossier_state(const char *name, char out[DOSSIER_TEXT]);

#endif
