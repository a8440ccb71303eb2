#include "reports/inbox_store.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "reports/file.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS package(id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,"
    " received_ms INTEGER NOT NULL, sender TEXT NOT NULL, station TEXT NOT NULL, record TEXT NOT NULL,"
    " plate TEXT NOT NULL, verdict TEXT NOT NULL, signer TEXT NOT NULL, journal TEXT NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS package_sender ON package(sender, id);"
    "CREATE TABLE IF NOT EXISTS checkpoint(station TEXT PRIMARY KEY, size INTEGER NOT NULL, note TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    /* n is never used again: the senders ask for what came after the last one they know */
    "CREATE TABLE IF NOT EXISTS decision(n INTEGER PRIMARY KEY AUTOINCREMENT, package INTEGER NOT NULL"
    " REFERENCES package(id), at_ms INTEGER NOT NULL, decision TEXT NOT NULL, ground INTEGER NOT NULL,"
    " number TEXT NOT NULL, note TEXT NOT NULL) STRICT;";

struct inbox_store {
    sqlite3 *db;
    char *folder;
};

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

static int db_error(const struct inbox_store *s, struct err *err)
{
    return err_set(err, ERR_FAILED, "%s/inbox.db: %s", s->folder, s->db ? sqlite3_errmsg(s->db) : "out of memory");
}

static int run(struct inbox_store *s, const char *sql, struct err *err)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_error(s, err);
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
        db_error(s, err);
        goto fail;
    }
    sqlite3_busy_timeout(s->db, 10000);
    if (run(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;", err) || run(s, schema, err))
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

static sqlite3_stmt *prepare(struct inbox_store *s, const char *sql, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
        db_error(s, err);
    return statement;
}

static void bind(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static void column(sqlite3_stmt *statement, int at, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, at);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

/* Runs a statement that gives no rows. */
static int finish(struct inbox_store *s, sqlite3_stmt *statement, struct err *err)
{
    if (!statement)
        return -1;
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? 0 : db_error(s, err);
}

#define PACKAGE_COLUMNS                                                                                                \
    "SELECT id, received_ms, sha256, size, sender, station, record, plate, verdict, signer, journal,"                  \
    " (SELECT decision FROM decision WHERE package = package.id ORDER BY n DESC LIMIT 1) FROM package "

static void read_package(sqlite3_stmt *q, struct inbox_package *p)
{
    memset(p, 0, sizeof *p);
    p->id = sqlite3_column_int64(q, 0);
    p->received_ms = sqlite3_column_int64(q, 1);
    column(q, 2, p->sha256, sizeof p->sha256);
    p->size = (uint64_t)sqlite3_column_int64(q, 3);
    column(q, 4, p->sender, sizeof p->sender);
    column(q, 5, p->station, sizeof p->station);
    column(q, 6, p->record, sizeof p->record);
    column(q, 7, p->plate, sizeof p->plate);
    column(q, 8, p->verdict, sizeof p->verdict);
    column(q, 9, p->signer, sizeof p->signer);
    column(q, 10, p->journal, sizeof p->journal);
    column(q, 11, p->decision, sizeof p->decision);
}

int inbox_store_find(struct inbox_store *s, const char *sha256, struct inbox_package *out, struct err *err)
{
    sqlite3_stmt *q = prepare(s, PACKAGE_COLUMNS "WHERE sha256 = ?1", err);
    if (!q)
        return -1;
    bind(q, 1, sha256);
    int code = sqlite3_step(q);
    if (code == SQLITE_ROW)
        read_package(q, out);
    sqlite3_finalize(q);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return db_error(s, err);
    return code == SQLITE_ROW;
}

int inbox_store_list(struct inbox_store *s, const char *sender, int limit,
                     void (*each)(void *ctx, const struct inbox_package *p), void *ctx, struct err *err)
{
    sqlite3_stmt *q = prepare(s, PACKAGE_COLUMNS "WHERE ?1 IS NULL OR sender = ?1 ORDER BY id DESC LIMIT ?2", err);
    if (!q)
        return -1;
    if (sender)
        bind(q, 1, sender);
    sqlite3_bind_int(q, 2, limit);
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        struct inbox_package p;
        read_package(q, &p);
        each(ctx, &p);
    }
    sqlite3_finalize(q);
    return code == SQLITE_DONE ? 0 : db_error(s, err);
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
    sqlite3_stmt *q = prepare(s,
                              "INSERT INTO package(sha256, size, received_ms, sender, station, record, plate, verdict,"
                              " signer, journal) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                              err);
    if (!q)
        return -1;
    bind(q, 1, p->sha256);
    sqlite3_bind_int64(q, 2, (int64_t)p->size);
    sqlite3_bind_int64(q, 3, p->received_ms);
    bind(q, 4, p->sender);
    bind(q, 5, p->station);
    bind(q, 6, p->record);
    bind(q, 7, p->plate);
    bind(q, 8, p->verdict);
    bind(q, 9, p->signer);
    bind(q, 10, p->journal);
    return finish(s, q, err);
}

static int keep_checkpoint(struct inbox_store *s, const char *station, uint64_t size, const char *note, struct err *err)
{
    sqlite3_stmt *q = prepare(s,
                              "INSERT INTO checkpoint(station, size, note) VALUES(?1, ?2, ?3) ON CONFLICT(station)"
                              " DO UPDATE SET size = excluded.size, note = excluded.note WHERE excluded.size > size",
                              err);
    if (!q)
        return -1;
    bind(q, 1, station);
    sqlite3_bind_int64(q, 2, (int64_t)size);
    bind(q, 3, note);
    return finish(s, q, err);
}

int inbox_store_add(struct inbox_store *s, struct inbox_package *p, const char *upload, const char *checkpoint,
                    uint64_t tree_size, struct err *err)
{
    if (take_file(s, upload, p->sha256, err) || run(s, "BEGIN IMMEDIATE", err))
        return -1;
    if (insert(s, p, err) || (checkpoint[0] && keep_checkpoint(s, p->station, tree_size, checkpoint, err))) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    p->id = sqlite3_last_insert_rowid(s->db);
    if (run(s, "COMMIT", err)) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    return 0;
}

int inbox_store_checkpoint(struct inbox_store *s, const char *station, char out[CHECKPOINT_TEXT_MAX + 1],
                           struct err *err)
{
    sqlite3_stmt *q = prepare(s, "SELECT note FROM checkpoint WHERE station = ?1", err);
    if (!q)
        return -1;
    bind(q, 1, station);
    int code = sqlite3_step(q);
    if (code == SQLITE_ROW)
        column(q, 0, out, CHECKPOINT_TEXT_MAX + 1);
    sqlite3_finalize(q);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return db_error(s, err);
    return code == SQLITE_ROW;
}

/* ---- decisions ---- */

static int check_decision(const struct inbox_decision *d, struct err *err)
{
    static const char *const words[] = {"accepted", "returned", "penalised", "rectified"};
    bool known = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        known = known || strcmp(d->decision, words[i]) == 0;
    if (!known)
        return err_set(err, ERR_INVALID, "'%s' is no decision: accepted, returned, penalised or rectified",
                       d->decision);
    bool returned = strcmp(d->decision, "returned") == 0;
    if (returned ? d->ground < 1 || d->ground > 8 : d->ground != 0)
        return err_set(err, ERR_INVALID, "a return, and nothing else, needs one of the grounds 1 to 8");
    if ((strcmp(d->decision, "penalised") == 0) != (d->number[0] != '\0'))
        return err_set(err, ERR_INVALID, "a penalty, and nothing else, needs the number of its decision");
    return 0;
}

int inbox_store_decide(struct inbox_store *s, const struct inbox_decision *d, struct err *err)
{
    struct inbox_package p = {0};
    if (check_decision(d, err))
        return -1;
    int found = inbox_store_find(s, d->sha256, &p, err);
    if (found <= 0)
        return found < 0 ? -1 : err_set(err, ERR_INVALID, "no package with SHA-256 %s has arrived", d->sha256);
    sqlite3_stmt *q = prepare(s,
                              "INSERT INTO decision(package, at_ms, decision, ground, number, note)"
                              " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                              err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, p.id);
    sqlite3_bind_int64(q, 2, d->at_ms);
    bind(q, 3, d->decision);
    sqlite3_bind_int(q, 4, d->ground);
    bind(q, 5, d->number);
    bind(q, 6, d->note);
    return finish(s, q, err);
}

int inbox_store_newest(struct inbox_store *s, const char *sender, int64_t *n, struct err *err)
{
    sqlite3_stmt *q =
        prepare(s, "SELECT max(n) FROM decision JOIN package ON package.id = decision.package WHERE sender = ?1", err);
    if (!q)
        return -1;
    bind(q, 1, sender);
    int code = sqlite3_step(q);
    *n = code == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return code == SQLITE_ROW ? 0 : db_error(s, err);
}

int inbox_store_decisions(struct inbox_store *s, const char *sender, int64_t after, int limit,
                          void (*each)(void *ctx, const struct inbox_decision *d), void *ctx, struct err *err)
{
    sqlite3_stmt *q = prepare(s,
                              "SELECT n, at_ms, sha256, record, decision, ground, number, note FROM decision"
                              " JOIN package ON package.id = decision.package"
                              " WHERE n > ?1 AND sender = ?2 ORDER BY n LIMIT ?3",
                              err);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, after);
    bind(q, 2, sender);
    sqlite3_bind_int(q, 3, limit);
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        struct inbox_decision d = {.n = sqlite3_column_int64(q, 0), .at_ms = sqlite3_column_int64(q, 1)};
        column(q, 2, d.sha256, sizeof d.sha256);
        column(q, 3, d.record, sizeof d.record);
        column(q, 4, d.decision, sizeof d.decision);
        d.ground = sqlite3_column_int(q, 5);
        column(q, 6, d.number, sizeof d.number);
        column(q, 7, d.note, sizeof d.note);
        each(ctx, &d);
    }
    sqlite3_finalize(q);
    return code == SQLITE_DONE ? 0 : db_error(s, err);
}
