/*
 * A file that is written piece by piece and appears under its name only when it is complete: until then it is
 * NAME.new-PID beside it. Text may be written in another encoding on its way.
 */
#ifndef REPORTS_ASIDE_H
#define REPORTS_ASIDE_H

#include <stdio.h>

#include "station/core/err.h"

enum { ASIDE_PATH_MAX = 1024 };

enum aside_encoding {
    ASIDE_BYTES, /* as written */
    ASIDE_BOM,   /* UTF-8 with the mark by which spreadsheets know it */
    ASIDE_GBK    /* from UTF-8; a character that GBK lacks is an error */
};

struct aside {
    char path[ASIDE_PATH_MAX], temporary[ASIDE_PATH_MAX + 24];
    FILE *file;    /* write here; NULL after aside_commit */
    void *encoder; /* of ASIDE_GBK */
};

/* "utf-8", "utf-8-bom", "gbk" */
int aside_encoding_by_name(const char *name, enum aside_encoding *out, struct err *err);

int aside_open(struct aside *a, const char *path, enum aside_encoding encoding, struct err *err);
/* fsyncs, renames, fsyncs the folder. What could not be written is found here at the latest. */
int aside_commit(struct aside *a, struct err *err);
/* Removes what was not committed. */
void aside_close(struct aside *a);

#endif
