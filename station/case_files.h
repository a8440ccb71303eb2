/*
 * What each file of a package is as evidence: its class (书证, 视听资料, 电子数据), who or what made it, when and how,
 * where the original lies, what it is to show, and what it was derived from: the columns of an 电子数据清单.
 */
#ifndef STATION_CASE_FILES_H
#define STATION_CASE_FILES_H

#include "station/case_json.h"
#include "station/core/json.h"
#include "station/photos.h"

/* Room for the pictures while the list is written; large. */
struct case_files {
    struct photos photos;
};

/* The array `files` of case.json. */
int case_files_write(struct case_files *room, const struct case_json_source *source, const struct json_doc *record,
                     struct json_writer *w, struct err *err);

#endif
