/* Facts of other stations. */
#include "station/store_private.h"

#include <stdio.h>
#include <string.h>

#include "reports/history.h"
#include "station/core/civil.h"

/* The digest of the record that is known by this id, or "". */
static int known(struct store *s, const char *id, char sha256[65], struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_IMPORTED_KNOWN, err);
    sha256[0] = '\0';
    if (!q)
        return -1;
    store_bind_text(q, 1, id);
    int rc = store_step(s, q, "look for a fact of another station", err);
    if (rc > 0) {
        store_column_text(q, 0, sha256, 65);
        store_done(q);
    }
    return rc < 0 ? -1 : 0;
}

static int insert(struct store *s, const struct store_imported *f, uint64_t event, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_IMPORTED_INSERT, err);
    if (!q)
        return -1;
    const char *const texts[] = {f->id, f->kind, f->station, f->plate, f->colour};
    for (int i = 0; i < 5; i++)
        store_bind_text(q, 1 + i, texts[i]);
    store_bind_int(q, 6, f->at_ms);
    store_bind_text(q, 7, f->day);
    store_bind_text(q, 8, f->method);
    store_bind_text(q, 9, f->verdict);
    store_bind_int(q, 10, f->valid);
    store_bind_int(q, 11, (int64_t)f->exceeded);
    store_bind_text(q, 12, f->latitude[0] ? f->latitude : NULL);
    store_bind_text(q, 13, f->longitude[0] ? f->longitude : NULL);
    store_bind_text(q, 14, f->sha256);
    store_bind_text(q, 15, f->file);
    store_bind_int(q, 16, (int64_t)event);
    return store_run(s, q, "save a fact of another station", err);
}

int store_imported_add(struct store *s, const struct store_imported *fact, uint64_t event, bool *fresh, struct err *err)
{
    char sha256[65];
    if (known(s, fact->id, sha256, err) != 0)
        return -1;
    *fresh = sha256[0] == '\0';
    if (*fresh)
        return insert(s, fact, event, err);
    if (strcmp(sha256, fact->sha256) != 0)
        return err_set(err, ERR_REFUSED, "%s is known already with another record (%.16s, now %.16s): one is forged",
                       fact->id, sha256, fact->sha256);
    return 0;
}

static void read_row(sqlite3_stmt *q, struct store_imported *f)
{
    store_column_text(q, 0, f->id, sizeof f->id);
    store_column_text(q, 1, f->kind, sizeof f->kind);
    store_column_text(q, 2, f->station, sizeof f->station);
    store_column_text(q, 3, f->plate, sizeof f->plate);
    store_column_text(q, 4, f->colour, sizeof f->colour);
    f->at_ms = sqlite3_column_int64(q, 5);
    store_column_text(q, 6, f->day, sizeof f->day);
    store_column_text(q, 7, f->method, sizeof f->method);
    store_column_text(q, 8, f->verdict, sizeof f->verdict);
    f->valid = sqlite3_column_int(q, 9) != 0;
    f->exceeded = (uint64_t)sqlite3_column_int64(q, 10);
    store_column_text(q, 11, f->latitude, sizeof f->latitude);
    store_column_text(q, 12, f->longitude, sizeof f->longitude);
    store_column_text(q, 13, f->sha256, sizeof f->sha256);
    store_column_text(q, 14, f->file, sizeof f->file);
}

int store_imported_list(struct store *s, const char *plate, const char *colour, int64_t from_ms, int64_t before_ms,
                        int limit, int (*each)(void *ctx, const struct store_imported *fact), void *ctx,
                        struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_IMPORTED_LIST, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, plate);
    store_bind_text(q, 2, colour);
    store_bind_int(q, 3, from_ms);
    store_bind_int(q, 4, before_ms);
    store_bind_int(q, 5, limit);
    int rc;
    while ((rc = store_step(s, q, "list the facts of other stations", err)) > 0) {
        struct store_imported f;
        read_row(q, &f);
        if (each(ctx, &f) != 0) {
            store_done(q);
            return 0;
        }
    }
    return rc;
}

void store_imported_of(const char *station, const struct history_fact *fact, const char *file,
                       struct store_imported *out)
{
    *out = (struct store_imported){.at_ms = fact->at_ms, .valid = fact->valid, .exceeded = fact->exceeded};
    snprintf(out->id, sizeof out->id, "%s", fact->id);
    snprintf(out->kind, sizeof out->kind, "%s", fact->passage ? "passage" : "test");
    snprintf(out->station, sizeof out->station, "%.31s", station);
    snprintf(out->plate, sizeof out->plate, "%.39s", fact->plate);
    snprintf(out->colour, sizeof out->colour, "%s", fact->colour);
    snprintf(out->method, sizeof out->method, "%.31s", fact->method);
    snprintf(out->verdict, sizeof out->verdict, "%s", fact->verdict);
    snprintf(out->latitude, sizeof out->latitude, "%s", fact->latitude);
    snprintf(out->longitude, sizeof out->longitude, "%s", fact->longitude);
    memcpy(out->sha256, fact->record_sha256, sizeof out->sha256);
    snprintf(out->file, sizeof out->file, "%s", file);
    civil_date_format(fact->day, out->day);
}
