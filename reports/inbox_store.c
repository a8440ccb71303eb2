#include "reports/inbox_db.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/file.h"

/* Appended only: PRAGMA user_version counts those that a database has. */
static const char *const steps[] = {
    "CREATE TABLE IF NOT EXISTS package(id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,"
    " received_ms INTEGER NOT NULL, sender TEXT NOT NULL, station TEXT NOT NULL, record TEXT NOT NULL,"
    " plate TEXT NOT NULL, verdict TEXT NOT NULL, signer TEXT NOT NULL, journal TEXT NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS package_sender ON package(sender, id);"
    "CREATE TABLE IF NOT EXISTS checkpoint(station TEXT PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    /* n is never used again: the senders ask for what came after the last one they know */
    "CREATE TABLE IF NOT EXISTS decision(n INTEGER PRIMARY KEY AUTOINCREMENT, package INTEGER NOT NULL"
    " REFERENCES package(id), at_ms INTEGER NOT NULL, decision TEXT NOT NULL, ground INTEGER NOT NULL,"
    " number TEXT NOT NULL, note TEXT NOT NULL) STRICT;",

    "ALTER TABLE package ADD COLUMN measured_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE package ADD COLUMN state TEXT NOT NULL DEFAULT 'waiting';"
    "ALTER TABLE package ADD COLUMN rectified INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE package ADD COLUMN downloads INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE decision ADD COLUMN amount TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE decision ADD COLUMN basis TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE decision ADD COLUMN officer TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE decision ADD COLUMN client TEXT NOT NULL DEFAULT '';"
    "UPDATE package SET state = ifnull((SELECT decision FROM decision WHERE package = package.id"
    "  AND decision <> 'rectified' ORDER BY n DESC LIMIT 1), 'waiting'),"
    " rectified = EXISTS(SELECT 1 FROM decision WHERE package = package.id AND decision = 'rectified');"
    "CREATE INDEX package_state ON package(state, id);"
    "CREATE INDEX package_station ON package(station, id);"
    "CREATE INDEX package_plate ON package(plate, id);"
    "CREATE INDEX package_conflict ON package(id) WHERE journal = 'conflict';"
    "CREATE INDEX decision_package ON decision(package, n);"
    "CREATE TABLE audit(n INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, client TEXT NOT NULL,"
    " officer TEXT NOT NULL, act TEXT NOT NULL, package INTEGER REFERENCES package(id), detail TEXT NOT NULL) STRICT;",

    /* everybody who has sent a package has its receipt and its decisions; package.sender is the first of them */
    "CREATE TABLE sender(name TEXT NOT NULL, package INTEGER NOT NULL REFERENCES package(id), PRIMARY KEY(name, "
    "package))"
    " STRICT, WITHOUT ROWID;"
    "INSERT INTO sender(name, package) SELECT sender, id FROM package;",
};

enum { STEPS = sizeof steps / sizeof steps[0] };

const char *inbox_journal_name(enum inbox_journal journal)
{
    static const char *const names[] = {"first", "agrees", "open", "conflict"};
    return names[journal];
}

static char *join(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* malloc'ed text; NULL without memory */
static char *join(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text) {
        va_start(args, format);
        vsnprintf(text, (size_t)length + 1, format, args);
        va_end(args);
    }
    return text;
}

int inbox_db_error(const struct inbox_store *s, struct err *err)
{
    return err_set(err, ERR_FAILED, "%s/inbox.db: %s", s->folder, s->db ? sqlite3_errmsg(s->db) : "out of memory");
}

int inbox_db_run(struct inbox_store *s, const char *sql, struct err *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : inbox_db_error(s, err);
}

static int make_folders(const struct inbox_store *s, struct err *err)
{
    static const char *const names[] = {"", "/packages", "/incoming"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = join("%s%s", s->folder, names[i]);
        int result = path ? file_make_folder(path, 0750, err) : err_set(err, ERR_FAILED, "out of memory");
        free(path);
        if (result)
            return -1;
    }
    return 0;
}

/* A new database gets all steps, an older one those that it lacks, in one transaction. */
static int grow(struct inbox_store *s, struct err *err)
{
    char version[40];
    sqlite3_stmt *q = NULL;
    int has = -1;
    if (inbox_db_run(s, "BEGIN IMMEDIATE", err))
        return -1;
    if ((q = inbox_db_prepare(s, "PRAGMA user_version", err)) != NULL && sqlite3_step(q) == SQLITE_ROW)
        has = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    int result = has >= 0 && has <= STEPS
                     ? 0
                     : err_set(err, ERR_INVALID, "%s/inbox.db is of a newer smoginbox: install that", s->folder);
    for (int i = has; result == 0 && i < STEPS; i++)
        result = inbox_db_run(s, steps[i], err);
    snprintf(version, sizeof version, "PRAGMA user_version = %d", STEPS);
    if (result == 0)
        result = inbox_db_run(s, version, err);
    if (result == 0 && inbox_db_run(s, "COMMIT", err) == 0)
        return 0;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int inbox_store_open(struct inbox_store **out, const char *folder, struct err *err)
{
    struct inbox_store *s = calloc(1, sizeof *s);
    *out = s;
    char *file = NULL;
    if (!s || !(s->folder = join("%s", folder)) || !(file = join("%s/inbox.db", folder))) {
        err_set(err, ERR_FAILED, "out of memory");
        goto fail;
    }
    if (make_folders(s, err))
        goto fail;
    if (sqlite3_open_v2(file, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK) {
        inbox_db_error(s, err);
        goto fail;
    }
    sqlite3_busy_timeout(s->db, 10000);
    if (inbox_db_run(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;", err) ||
        grow(s, err))
        goto fail;
    free(file);
    return 0;
fail:
    free(file);
    inbox_store_close(s);
    *out = NULL;
    return -1;
}

void inbox_store_close(struct inbox_store *s)
{
    if (!s)
        return;
    sqlite3_close(s->db);
    free(s->folder);
    free(s);
}

int inbox_store_upload(struct inbox_store *s, char **path, struct err *err)
{
    *path = join("%s/incoming/XXXXXX", s->folder);
    int fd = *path ? mkstemp(*path) : -1;
    if (fd < 0) {
        err_set(err, ERR_FAILED, "%s/incoming: no file can be made there", s->folder);
        free(*path);
        *path = NULL;
    }
    return fd;
}

void inbox_store_clean(struct inbox_store *s)
{
    char *folder = join("%s/incoming", s->folder);
    DIR *dir = folder ? opendir(folder) : NULL;
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        char *path = entry->d_name[0] == '.' ? NULL : join("%s/%s", folder, entry->d_name);
        if (path)
            unlink(path);
        free(path);
    }
    if (dir)
        closedir(dir);
    free(folder);
}

char *inbox_store_path(const struct inbox_store *s, const char *sha256)
{
    return join("%s/packages/%.2s/%s.asice", s->folder, sha256, sha256);
}

/* ---- statements ---- */

sqlite3_stmt *inbox_db_prepare(struct inbox_store *s, const char *sql, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        inbox_db_error(s, err);
    return statement;
}

void inbox_db_bind(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

void inbox_db_column(sqlite3_stmt *statement, int at, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, at);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

/* Runs a statement that gives no rows. */
int inbox_db_finish(struct inbox_store *s, sqlite3_stmt *statement, struct err *err)
{
    if (!statement)
        return -1;
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? 0 : inbox_db_error(s, err);
}

#define PACKAGE_COLUMNS                                                                                                \
    "SELECT id, received_ms, sha256, size, sender, station, record, plate, verdict, signer, journal, state,"           \
    " rectified, measured_ms, downloads FROM package "

static void read_package(sqlite3_stmt *q, struct inbox_package *p)
{
    memset(p, 0, sizeof *p);
    p->id = sqlite3_column_int64(q, 0);
    p->received_ms = sqlite3_column_int64(q, 1);
    inbox_db_column(q, 2, p->sha256, sizeof p->sha256);
    p->size = (uint64_t)sqlite3_column_int64(q, 3);
    inbox_db_column(q, 4, p->sender, sizeof p->sender);
    inbox_db_column(q, 5, p->station, sizeof p->station);
    inbox_db_column(q, 6, p->record, sizeof p->record);
    inbox_db_column(q, 7, p->plate, sizeof p->plate);
    inbox_db_column(q, 8, p->verdict, sizeof p->verdict);
    inbox_db_column(q, 9, p->signer, sizeof p->signer);
    inbox_db_column(q, 10, p->journal, sizeof p->journal);
    inbox_db_column(q, 11, p->state, sizeof p->state);
    p->rectified = sqlite3_column_int(q, 12) != 0;
    p->measured_ms = sqlite3_column_int64(q, 13);
    p->downloads = sqlite3_column_int64(q, 14);
}

int inbox_store_find(struct inbox_store *s, const char *sha256, struct inbox_package *out, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s, PACKAGE_COLUMNS "WHERE sha256 = ?1", err);
    if (!q)
        return -1;
    inbox_db_bind(q, 1, sha256);
    int code = sqlite3_step(q);
    if (code == SQLITE_ROW)
        read_package(q, out);
    sqlite3_finalize(q);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return inbox_db_error(s, err);
    return code == SQLITE_ROW;
}

/* Each condition that is asked for stands in the statement, so that SQLite can choose an index. */
static sqlite3_stmt *prepare_list(struct inbox_store *s, const struct inbox_query *query, struct err *err)
{
    char sql[1024];
    snprintf(sql, sizeof sql, PACKAGE_COLUMNS "WHERE id %s ?1%s%s%s%s%s%s%s ORDER BY id %s LIMIT ?8",
             query->oldest_first ? ">" : "<", query->sender ? " AND" INBOX_DB_SENT_BY("?2") : "",
             query->station ? " AND station = ?3" : "", query->state ? " AND state = ?4" : "",
             query->plate ? " AND instr(plate, ?5) > 0" : "", query->from_ms ? " AND received_ms >= ?6" : "",
             query->to_ms ? " AND received_ms < ?7" : "", query->conflict ? " AND journal = 'conflict'" : "",
             query->oldest_first ? "ASC" : "DESC");
    sqlite3_stmt *q = inbox_db_prepare(s, sql, err);
    if (!q)
        return NULL;
    sqlite3_bind_int64(q, 1, query->beyond || query->oldest_first ? query->beyond : INT64_MAX);
    const char *const texts[] = {query->sender, query->station, query->state, query->plate};
    for (int i = 0; i < 4; i++)
        if (texts[i])
            inbox_db_bind(q, 2 + i, texts[i]);
    sqlite3_bind_int64(q, 6, query->from_ms);
    sqlite3_bind_int64(q, 7, query->to_ms);
    sqlite3_bind_int(q, 8, query->limit);
    return q;
}

int inbox_store_list(struct inbox_store *s, const struct inbox_query *query,
                     void (*each)(void *ctx, const struct inbox_package *p), void *ctx, struct err *err)
{
    sqlite3_stmt *q = prepare_list(s, query, err);
    if (!q)
        return -1;
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        struct inbox_package p;
        read_package(q, &p);
        each(ctx, &p);
    }
    sqlite3_finalize(q);
    return code == SQLITE_DONE ? 0 : inbox_db_error(s, err);
}

int inbox_store_waiting(struct inbox_store *s, const char *sender, int64_t *count, int64_t *oldest_ms, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s,
                                       "SELECT count(*), ifnull(min(received_ms), 0) FROM package WHERE state ="
                                       " 'waiting' AND (?1 IS NULL OR" INBOX_DB_SENT_BY("?1") ")",
                                       err);
    if (!q)
        return -1;
    if (sender)
        inbox_db_bind(q, 1, sender);
    int code = sqlite3_step(q);
    *count = code == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    *oldest_ms = code == SQLITE_ROW ? sqlite3_column_int64(q, 1) : 0;
    sqlite3_finalize(q);
    return code == SQLITE_ROW ? 0 : inbox_db_error(s, err);
}

/* ---- adding ---- */

/* Gives the synced upload its final name, which lasts. */
static int take_file(struct inbox_store *s, const char *upload, const char *sha256, struct err *err)
{
    int result = -1;
    char *folder = join("%s/packages/%.2s", s->folder, sha256);
    char *path = inbox_store_path(s, sha256);
    if (!folder || !path)
        err_set(err, ERR_FAILED, "out of memory");
    else if (file_make_folder(folder, 0750, err) == 0) {
        if (rename(upload, path))
            err_set(err, ERR_FAILED, "%s: the package cannot be given this name; look at the disk", path);
        else
            result = file_sync_folder(folder, err);
    }
    free(folder);
    free(path);
    return result;
}

static int insert(struct inbox_store *s, const struct inbox_package *p, struct err *err)
{
    sqlite3_stmt *q =
        inbox_db_prepare(s,
                         "INSERT INTO package(sha256, size, received_ms, sender, station, record, plate, verdict,"
                         " signer, journal, measured_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                         err);
    if (!q)
        return -1;
    inbox_db_bind(q, 1, p->sha256);
    sqlite3_bind_int64(q, 2, (int64_t)p->size);
    sqlite3_bind_int64(q, 3, p->received_ms);
    inbox_db_bind(q, 4, p->sender);
    inbox_db_bind(q, 5, p->station);
    inbox_db_bind(q, 6, p->record);
    inbox_db_bind(q, 7, p->plate);
    inbox_db_bind(q, 8, p->verdict);
    inbox_db_bind(q, 9, p->signer);
    inbox_db_bind(q, 10, p->journal);
    sqlite3_bind_int64(q, 11, p->measured_ms);
    return inbox_db_finish(s, q, err);
}

static int keep_checkpoint(struct inbox_store *s, const char *station, uint64_t size, const char *note, struct err *err)
{
    sqlite3_stmt *q =
        inbox_db_prepare(s,
                         "INSERT INTO checkpoint(station, size, note) VALUES(?1, ?2, ?3) ON CONFLICT(station)"
                         " DO UPDATE SET size = excluded.size, note = excluded.note WHERE excluded.size > size",
                         err);
    if (!q)
        return -1;
    inbox_db_bind(q, 1, station);
    sqlite3_bind_int64(q, 2, (int64_t)size);
    inbox_db_bind(q, 3, note);
    return inbox_db_finish(s, q, err);
}

int inbox_store_add(struct inbox_store *s, struct inbox_package *p, const char *upload, const char *checkpoint,
                    uint64_t tree_size, struct err *err)
{
    if (take_file(s, upload, p->sha256, err) || inbox_db_run(s, "BEGIN IMMEDIATE", err))
        return -1;
    if (insert(s, p, err) || (checkpoint[0] && keep_checkpoint(s, p->station, tree_size, checkpoint, err))) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    p->id = sqlite3_last_insert_rowid(s->db);
    if (inbox_store_sent_by(s, p->id, p->sender, err) != 0 || inbox_db_run(s, "COMMIT", err)) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    return 0;
}

int inbox_store_sent_by(struct inbox_store *s, int64_t package, const char *sender, struct err *err)
{
    sqlite3_stmt *q =
        inbox_db_prepare(s, "INSERT INTO sender(name, package) VALUES(?1, ?2) ON CONFLICT DO NOTHING", err);
    if (!q)
        return -1;
    inbox_db_bind(q, 1, sender);
    sqlite3_bind_int64(q, 2, package);
    return inbox_db_finish(s, q, err);
}

int inbox_store_is_sender(struct inbox_store *s, int64_t package, const char *sender, struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s, "SELECT 1 FROM sender WHERE name = ?1 AND package = ?2", err);
    if (!q)
        return -1;
    inbox_db_bind(q, 1, sender);
    sqlite3_bind_int64(q, 2, package);
    int code = sqlite3_step(q);
    sqlite3_finalize(q);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : inbox_db_error(s, err);
}

int inbox_store_checkpoint(struct inbox_store *s, const char *station, char out[CHECKPOINT_TEXT_MAX + 1],
                           struct err *err)
{
    sqlite3_stmt *q = inbox_db_prepare(s, "SELECT note FROM checkpoint WHERE station = ?1", err);
    if (!q)
        return -1;
    inbox_db_bind(q, 1, station);
    int code = sqlite3_step(q);
    if (code == SQLITE_ROW)
        inbox_db_column(q, 0, out, CHECKPOINT_TEXT_MAX + 1);
    sqlite3_finalize(q);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return inbox_db_error(s, err);
    return code == SQLITE_ROW;
}
