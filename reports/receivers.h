/*
 * Who may be told what: of the neutral record (reports/neutral.h) each kind of receiver gets what its duty needs and
 * nothing else, whatever its map of fields asks for (个人信息保护法 6, 34). The table is a file,
 * reports/outlets/receivers.conf; a receiver that it does not have may have nothing.
 *
 *     receiver rm60 { source = "…"  status = unconfirmed  fields = {"time", "vehicle.plate", "reading.*"} }
 *
 * "reading.*" stands for every key that begins with "reading.".
 */
#ifndef REPORTS_RECEIVERS_H
#define REPORTS_RECEIVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/conf.h"
#include "station/core/err.h"

enum { RECEIVERS_MAX = 16, RECEIVERS_FIELDS_MAX = 64, RECEIVERS_KEY_MAX = 48 };

struct receiver {
    char name[32];
    bool confirmed;
    size_t count;
    char fields[RECEIVERS_FIELDS_MAX][RECEIVERS_KEY_MAX];
};

/* Large: keep it on the heap. */
struct receivers {
    size_t count;
    struct receiver all[RECEIVERS_MAX];
};

/* Reads a parsed file; errors are "file:line: what". */
int receivers_load(struct receivers *out, struct conf *conf, struct err *err);

const struct receiver *receivers_find(const struct receivers *all, const char *name); /* NULL: there is none */
bool receiver_may_have(const struct receiver *receiver, const char *key);

#endif
