#include "station/store_verify_files.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/history.h"
#include "station/roster.h"
#include "station/store_private.h"

static const char doing[] = "verify the tables";

static bool same(sqlite3_stmt *q, int column, const char *text)
{
    const char *stored = (const char *)sqlite3_column_text(q, column);
    return strcmp(stored ? stored : "", text) == 0;
}

/* ---- rosters ---- */

/* A row of: line, plate, colour, fleet, facts. */
static bool is_entry(sqlite3_stmt *q, const struct roster *file, size_t number)
{
    char facts[STORE_FACTS_MAX];
    if (number >= file->entries_count)
        return false;
    const struct roster_entry *e = &file->entries[number];
    return sqlite3_column_int64(q, 0) == (int64_t)e->line && same(q, 1, e->vehicle.plate.text) &&
           same(q, 2, plate_colour_name(e->vehicle.plate.colour)) && same(q, 3, e->fleet) &&
           roster_facts(e, facts, sizeof facts) == 0 && same(q, 4, facts);
}

static int compare_roster(struct store *s, int64_t roster, const char *name, const struct roster *file, struct err *err)
{
    size_t number = 0;
    sqlite3_stmt *q = store_prepare(
        s, "SELECT line, plate, colour, fleet, facts FROM roster_entry WHERE roster = ? ORDER BY line", doing, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, roster);
    int rc;
    while ((rc = store_step(s, q, doing, err)) > 0 && is_entry(q, file, number))
        number++;
    if (rc >= 0 && (rc > 0 || number != file->entries_count))
        rc = err_set(err, ERR_FAILED,
                     "the table roster_entry does not follow from the journal: vehicle %zu of roster %s is not that of "
                     "its file",
                     number + 1, name);
    sqlite3_finalize(q);
    return rc;
}

/* A row of: number, name, the file's digest. */
static int check_roster(struct store *s, sqlite3_stmt *q, struct err *err)
{
    static struct roster file;
    const char *name = (const char *)sqlite3_column_text(q, 1);
    void *bytes = NULL;
    size_t length = 0;
    if (store_object_get(s, (const char *)sqlite3_column_text(q, 2), &bytes, &length, err) != 0)
        return err_prefix(err, "the file of roster %s", name);
    int rc = roster_read(&file, bytes, length, name, err);
    if (rc == 0)
        rc = compare_roster(s, sqlite3_column_int64(q, 0), name, &file, err);
    roster_close(&file);
    free(bytes);
    return rc;
}

/* ---- histories ---- */

/* The row of the fact's id, where it came with this file; a file before it may have had it, too. */
static int compare_fact(struct store *s, sqlite3_stmt *q, const struct store_imported *fact, struct err *err)
{
    sqlite3_reset(q);
    store_bind_text(q, 1, fact->id);
    int rc = store_step(s, q, doing, err);
    if (rc <= 0 || !same(q, 0, fact->file))
        return rc < 0 ? -1 : 0; /* one that is missing is missing in the number of rows */
    if (same(q, 1, fact->kind) && same(q, 2, fact->station) && same(q, 3, fact->plate) && same(q, 4, fact->colour) &&
        sqlite3_column_int64(q, 5) == fact->at_ms && same(q, 6, fact->day) && same(q, 7, fact->method) &&
        same(q, 8, fact->verdict) && sqlite3_column_int(q, 9) == fact->valid &&
        sqlite3_column_int64(q, 10) == (int64_t)fact->exceeded && same(q, 11, fact->latitude) &&
        same(q, 12, fact->longitude) && same(q, 13, fact->sha256))
        return 0;
    return err_set(err, ERR_FAILED, "the table imported does not follow from the journal: %s is not as in its file",
                   fact->id);
}

static int compare_history(struct store *s, const struct history *h, const char *file, struct err *err)
{
    struct store_imported fact;
    sqlite3_stmt *q = store_prepare(s,
                                    "SELECT file, kind, station, plate, colour, at_ms, day, method, verdict, valid,"
                                    " exceeded, latitude, longitude, sha256 FROM imported WHERE id = ?",
                                    doing, err);
    int rc = q ? 0 : -1;
    for (size_t i = 0; i < h->facts_count && rc == 0; i++) {
        store_imported_of(h->station, &h->facts[i], file, &fact);
        rc = compare_fact(s, q, &fact, err);
    }
    sqlite3_finalize(q);
    return rc;
}

/* A row of: the digests of the file and of the certificates that it was checked with. */
static int check_history(struct store *s, sqlite3_stmt *q, struct err *err)
{
    struct history h = {0};
    const char *file = (const char *)sqlite3_column_text(q, 0), *ca = (const char *)sqlite3_column_text(q, 1);
    void *bytes = NULL, *pem = NULL;
    size_t length = 0, pem_length = 0;
    X509_STORE *trust = NULL;
    int rc = file && ca ? 0 : err_set(err, ERR_FAILED, "the journal does not name the file of a history");
    if (rc == 0 &&
        (store_object_get(s, file, &bytes, &length, err) != 0 || store_object_get(s, ca, &pem, &pem_length, err) != 0 ||
         !(trust = sealcheck_trust_text(pem, pem_length, err)) || history_read(&h, bytes, length, trust, err) != 0 ||
         compare_history(s, &h, file, err) != 0))
        rc = -1;
    history_close(&h);
    X509_STORE_free(trust);
    free(pem);
    free(bytes);
    return rc;
}

/* ---- both ---- */

static int each_file(struct store *s, const char *sql, const char *events,
                     int (*check)(struct store *s, sqlite3_stmt *q, struct err *err), struct err *err)
{
    sqlite3_stmt *q = store_prepare(s, sql, doing, err);
    if (!q)
        return -1;
    if (events)
        store_bind_text(q, 1, events);
    int rc = 0;
    while (rc == 0 && (rc = store_step(s, q, doing, err)) > 0)
        rc = check(s, q, err);
    sqlite3_finalize(q);
    return rc;
}

int verify_files_check(struct store *s, const char *events, struct err *err)
{
    if (each_file(s, "SELECT seq, name, sha256 FROM roster", NULL, check_roster, err) != 0)
        return -1;
    return each_file(s,
                     "SELECT DISTINCT e.body ->> 'file', e.body ->> 'ca' FROM json_each(?1) v JOIN event e ON"
                     " e.idx = v.value WHERE e.kind = 'history-import'",
                     events, check_history, err);
}
