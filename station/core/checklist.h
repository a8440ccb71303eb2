/*
 * What a joint team looks at beside the exhaust test, as data (the files of station/checklists/).
 *
 *     checklist roadside {
 *         version = "1"   title = "…"   source = "…"
 *         item dpf {
 *             zh = "…"  en = "…"  authority = environment      # environment | police | transport
 *             photo = failed                                   # failed | always | no: when a picture is needed
 *             value = "%"  min = 30  max = 35  status = unconfirmed      # a number that belongs to it: optional
 *         }
 *     }
 *
 * Each item is passed, failed or not checked. A failed one goes to its authority and never into the emission case.
 */
#ifndef STATION_CORE_CHECKLIST_H
#define STATION_CORE_CHECKLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/conf.h"
#include "station/core/decimal.h"
#include "station/core/err.h"
#include "station/core/rules.h"

enum { CHECKLIST_ITEMS_MAX = 48, CHECKLIST_NAME_MAX = 32, CHECKLIST_TEXT_MAX = 120 };

enum checklist_answer { CHECKLIST_NOT_CHECKED, CHECKLIST_PASSED, CHECKLIST_FAILED, CHECKLIST_ANSWER_COUNT };
enum checklist_authority { AUTHORITY_ENVIRONMENT, AUTHORITY_POLICE, AUTHORITY_TRANSPORT, AUTHORITY_COUNT };
enum checklist_photo { PHOTO_NO, PHOTO_FAILED, PHOTO_ALWAYS, PHOTO_COUNT };

const char *checklist_answer_name(enum checklist_answer answer); /* "not-checked" "passed" "failed" */
bool checklist_answer_by_name(const char *name, enum checklist_answer *out);
const char *checklist_authority_name(enum checklist_authority authority); /* "environment" "police" "transport" */

struct checklist_item {
    char name[CHECKLIST_NAME_MAX], zh[CHECKLIST_TEXT_MAX], en[CHECKLIST_TEXT_MAX];
    enum checklist_authority authority;
    enum checklist_photo photo;
    char unit[RULES_UNIT_MAX]; /* "": no number belongs to it */
    bool has_min, has_max;
    struct decimal min, max;
    enum rule_status status; /* of the figures */
};

struct checklist {
    char name[CHECKLIST_NAME_MAX], version[RULES_ID_MAX], title[RULES_TEXT_MAX], source[RULES_TEXT_MAX];
    char sha256[SHA256_HEX_SIZE]; /* of the file's bytes; set by the caller */
    size_t items_count;
    struct checklist_item items[CHECKLIST_ITEMS_MAX];
};

/* Reads a parsed file, which holds one checklist. Errors are "file:line: …". */
int checklist_load(struct checklist *list, struct conf *conf, struct err *err);

/* NULL: no such item. */
const struct checklist_item *checklist_item(const struct checklist *list, const char *name);

/* May the item be answered so? `value` is NULL where none was given. A number beyond min or max cannot be passed; a
 * number where none belongs, and a missing picture, are errors that say what to do. */
int checklist_check(const struct checklist_item *item, enum checklist_answer answer, const struct decimal *value,
                    bool has_photo, struct err *err);

#endif
