/* Opening: where the database may live, whose it is, who may do what with it, and the promises it is opened with. */
#include "station/store_private.h"

#include "reports/file.h"
#include "station/schema.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

enum { BUSY_MS = 5000 };

/* ---- the folder ---- */

/* WAL needs memory shared among processes, locks and an fsync that means it. */
const char *store_file_system_refused(unsigned long type)
{
    static const struct {
        unsigned long type; /* linux/magic.h, statfs(2) */
        const char *name;
    } refused[] = {
        {0x6969, "NFS"},      {0x517B, "SMB"},      {0xFF534D42, "SMB (cifs)"}, {0xFE534D42, "SMB2"},
        {0x65735546, "FUSE"}, {0x01021997, "9P"},   {0x5346414F, "AFS"},        {0x73757245, "Coda"},
        {0x564C, "NCP"},      {0x00C36400, "Ceph"}, {0x47504653, "GPFS"},       {0x0BD00BD0, "Lustre"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (refused[i].type == (type & 0xFFFFFFFFUL))
            return refused[i].name;
    return NULL;
}

static int check_file_system(const char *state_dir, struct err *err)
{
    struct statfs fs;
    if (statfs(state_dir, &fs) != 0)
        return err_set(err, ERR_UNREACHABLE, "%s: no such state folder (%s): is 'state' right in the configuration?",
                       state_dir, strerror(errno));
    const char *name = store_file_system_refused((unsigned long)fs.f_type);
    if (name)
        return err_set(err, ERR_INVALID,
                       "%s lies on a file system that cannot promise 'saved' (%s): put 'state' on a local disk",
                       state_dir, name);
    return 0;
}

/* What a crash left aside: objects that were never named. */
static void clean_objects(const char *objects)
{
    DIR *dir = opendir(objects);
    if (!dir)
        return;
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (strncmp(entry->d_name, "new-", 4) == 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

/* smogpush runs under another account of the same group: it writes packages, its lock and the database. */
static int make_folders(const char *state_dir, struct err *err)
{
    static const struct {
        const char *name;
        unsigned mode;
    } folders[] = {{"", 0770}, {"/objects", 0750}, {"/spool", 0750}, {"/packages", 0770}};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[STORE_PATH_MAX];
        snprintf(path, sizeof path, "%s%s", state_dir, folders[i].name);
        if (file_make_folder(path, folders[i].mode, err) != 0)
            return -1;
    }
    return 0;
}

/* One owner, one delivery: the kernel drops the lock with the process, however it ends. */
int store_lock(const char *state_dir, enum store_mode mode, int *fd, struct err *err)
{
    const char *role = mode == STORE_OWNER ? "owner" : "delivery";
    char path[STORE_PATH_MAX], pid[24] = "";
    snprintf(path, sizeof path, "%s/%s.lock", state_dir, role);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (*fd < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot open: %s", path, strerror(errno));
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = read(*fd, pid, sizeof pid - 1);
        pid[n > 0 ? n : 0] = '\0';
        pid[strcspn(pid, "\n")] = '\0';
        close(*fd);
        *fd = -1;
        return err_set(err, ERR_REFUSED, "%s is in use by a running %s (process %s): stop that one first", state_dir,
                       mode == STORE_OWNER ? "smogd" : "smogpush", pid[0] ? pid : "unknown");
    }
    int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    /* The number only helps the message above. */
    if (ftruncate(*fd, 0) != 0 || pwrite(*fd, pid, (size_t)length, 0) != length)
        return err_set(err, ERR_FAILED, "%s: cannot write: %s", path, strerror(errno));
    return 0;
}

static int take_lock(struct store *s, struct err *err)
{
    return s->mode == STORE_READER ? 0 : store_lock(s->state_dir, s->mode, &s->lock_fd, err);
}

/* ---- who may do what ---- */

static bool among(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool may_insert(enum store_mode mode, const char *table)
{
    static const char *const of_delivery[] = {"package",  "delivery",  "checkpoint", "decision",
                                              "feedback", "push_note", "timestamp",  "attempt",
                                              "feed",     "slip",      NULL};
    return mode == STORE_OWNER ? !among(table, of_delivery) : mode == STORE_DELIVERY && among(table, of_delivery);
}

static bool may_update(enum store_mode mode, const char *table, const char *column)
{
    static const char *const of_owner[] = {"meta",         "test",         "case_file", "lockout",
                                           "device_check", "roster_entry", "checklist", "checklist_answer",
                                           "measurement",  "officer",      "pin",       NULL};
    static const char *const decided[] = {"state", "next_ms", "journaled", NULL};
    static const char *const of_delivery[] = {"package", "delivery", "feedback", "push_note",
                                              "attempt", "feed",     "slip",     NULL};
    static const char *const signed_anew[] = {"note", "signed_ms", NULL};
    if (mode == STORE_OWNER)
        return among(table, of_owner) || (strcmp(table, "delivery") == 0 && among(column, decided)) ||
               (strcmp(table, "decision") == 0 && strcmp(column, "journaled") == 0);
    return mode == STORE_DELIVERY &&
           (among(table, of_delivery) || (strcmp(table, "checkpoint") == 0 && among(column, signed_anew)));
}

static int authorize(void *ctx, int action, const char *first, const char *second, const char *database,
                     const char *trigger)
{
    const struct store *s = ctx;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: return SQLITE_OK;
    case SQLITE_PRAGMA: return second ? SQLITE_DENY : SQLITE_OK; /* asking is free, setting is not */
    case SQLITE_INSERT: return may_insert(s->mode, first) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_UPDATE: return may_update(s->mode, first, second) ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY; /* nobody deletes, nobody changes the schema */
    }
}

/* ---- the database ---- */

static int pragma(struct store *s, const char *sql, char *answer, size_t size, struct err *err)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
        return store_failed(s, "open the database", err);
    int rc = sqlite3_step(q);
    answer[0] = '\0';
    if (rc == SQLITE_ROW) {
        store_column_text(q, 0, answer, size);
        rc = SQLITE_DONE;
    }
    if (rc != SQLITE_DONE)
        store_failed(s, "open the database", err);
    sqlite3_finalize(q);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int assert_pragma(struct store *s, const char *sql, const char *expected, struct err *err)
{
    char answer[64];
    if (pragma(s, sql, answer, sizeof answer, err) != 0)
        return -1;
    if (strcmp(answer, expected) != 0)
        return err_set(err, ERR_FAILED, "%s/smogd.db: '%s' gives '%s' and not '%s': 'saved' could not be promised",
                       s->state_dir, sql, answer, expected);
    return 0;
}

/* An empty file is an empty database; SQLite by itself would leave out the group's right to write. */
static int make_database(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
    if (fd < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot open: %s", path, strerror(errno));
    close(fd);
    return 0;
}

static int open_connection(struct store *s, struct err *err)
{
    char path[STORE_PATH_MAX];
    snprintf(path, sizeof path, "%s/smogd.db", s->state_dir);
    if (s->mode != STORE_OWNER && access(path, F_OK) != 0)
        return err_set(err, ERR_UNREACHABLE, "%s: no database yet (%s): start smogd once", path, strerror(errno));
    if (s->mode == STORE_OWNER && make_database(path, err) != 0)
        return -1;
    int flags = s->mode == STORE_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    flags |= SQLITE_OPEN_NOMUTEX; /* a store belongs to one thread; a lock for each column would cost as much as reading
                                     it */
    if (sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE, NULL) != SQLITE_OK) {
        if (s->db)
            return store_failed(s, "open the database", err);
        return err_set(err, ERR_FAILED, "%s: out of memory", path);
    }
    if (store_measurement_register(s) != SQLITE_OK)
        return store_failed(s, "open the database", err);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* Readers without write permission need the -wal and -shm files to be there. */
    int keep = 1;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    return 0;
}

static int set_promises(struct store *s, struct err *err)
{
    char ignored[64];
    /* Readers walk long tables; the daemons' own work needs little. */
    const char *cache = s->mode == STORE_READER ? "PRAGMA cache_size = -24576" : "PRAGMA cache_size = -1024";
    if (pragma(s, cache, ignored, sizeof ignored, err) != 0)
        return -1;
    if (s->mode == STORE_OWNER && assert_pragma(s, "PRAGMA journal_mode = WAL", "wal", err) != 0)
        return -1;
    if (assert_pragma(s, "PRAGMA journal_mode", "wal", err) != 0)
        return -1;
    if (s->mode == STORE_READER)
        return 0;
    if (pragma(s, "PRAGMA synchronous = FULL", ignored, sizeof ignored, err) != 0 ||
        pragma(s, "PRAGMA journal_size_limit = 8388608", ignored, sizeof ignored, err) != 0)
        return -1;
    return assert_pragma(s, "PRAGMA synchronous", "2", err);
}

#define SCHEMA_TEXT(step) step,
static const char *const schema_steps[SCHEMA_VERSION] = {SCHEMA_STEPS(SCHEMA_TEXT)};

/* The steps from `version` on, after `first`, and what the schema has become, in one transaction. */
static int run_steps(struct store *s, const char *first, int version, struct err *err)
{
    char *sql = sqlite3_mprintf("BEGIN IMMEDIATE;%s", version == 0 ? schema_steps[version++] : "");
    sql = sqlite3_mprintf("%z%s", sql, first);
    for (; version < SCHEMA_VERSION; version++)
        sql = sqlite3_mprintf("%z%s", sql, schema_steps[version]);
    sql = sqlite3_mprintf("%zPRAGMA user_version = %d;COMMIT;", sql, SCHEMA_VERSION);
    if (!sql)
        return err_set(err, ERR_FAILED, "%s/smogd.db: out of memory", s->state_dir);
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    if (rc == SQLITE_OK)
        return 0;
    store_failed(s, first[0] ? "make the database" : "bring the database up to date", err);
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

/* All of the schema and whose it is, or nothing. */
static int create_schema(struct store *s, const char *station_id, struct err *err)
{
    char *owner = sqlite3_mprintf("INSERT INTO meta(key, value) VALUES('station', %Q);PRAGMA application_id = %d;",
                                  station_id, SCHEMA_APPLICATION);
    if (!owner)
        return err_set(err, ERR_FAILED, "%s/smogd.db: out of memory", s->state_dir);
    int result = run_steps(s, owner, 0, err);
    sqlite3_free(owner);
    return result == 0 ? file_sync_folder(s->state_dir, err) : -1;
}

static int check_station(struct store *s, const char *station_id, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_META_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, "station");
    int rc = store_step(s, q, "read whose database it is", err);
    if (rc < 0)
        return -1;
    if (rc == 0)
        return err_set(err, ERR_FAILED, "%s/smogd.db is damaged: it does not say whose it is", s->state_dir);
    store_column_text(q, 0, s->station, sizeof s->station);
    store_done(q);
    if (station_id && strcmp(station_id, s->station) != 0)
        return err_set(err, ERR_INVALID,
                       "%s belongs to station %s, the configuration says %s: correct 'id', or 'state' if this is "
                       "another station's folder",
                       s->state_dir, s->station, station_id);
    return 0;
}

static int read_meta(struct store *s, const char *key, int64_t *out, struct err *err)
{
    sqlite3_stmt *q = store_statement(s, STORE_SQL_META_GET, err);
    if (!q)
        return -1;
    store_bind_text(q, 1, key);
    return store_integer(s, q, "read what the database is", 0, out, err);
}

static void name_log(struct store *s)
{
    if (s->restored)
        snprintf(s->log, sizeof s->log, "%s/%u", s->station, s->restored + 1);
    else
        snprintf(s->log, sizeof s->log, "%s", s->station);
}

static int read_log(struct store *s, struct err *err)
{
    int64_t restored = 0;
    if (read_meta(s, "restored", &restored, err) != 0 || read_meta(s, "numbers-from", &s->numbers_from, err) != 0)
        return -1;
    s->restored = (unsigned)restored;
    name_log(s);
    return 0;
}

static int set_meta(struct store *s, const char *key, uint64_t value, struct err *err)
{
    char text[24];
    sqlite3_stmt *q = store_statement(s, STORE_SQL_META_SET, err);
    if (!q)
        return -1;
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    store_bind_text(q, 1, key);
    store_bind_text(q, 2, text);
    return store_run(s, q, "keep that it was restored", err);
}

int store_restored(struct store *s, uint64_t numbers_from, struct err *err)
{
    if (set_meta(s, "restored", s->restored + 1, err) != 0 || set_meta(s, "numbers-from", numbers_from, err) != 0)
        return -1;
    s->restored++;
    s->numbers_from = (int64_t)numbers_from;
    name_log(s);
    return 0;
}

int store_numbers_last(struct store *s, uint64_t *last, struct err *err)
{
    int64_t value = 0;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_NUMBERS_LAST, err);
    if (!q || store_integer(s, q, "look for the last number", 0, &value, err) != 0)
        return -1;
    *last = (uint64_t)value;
    return 0;
}

static int check_schema(struct store *s, const char *station_id, struct err *err)
{
    char application[24], version[24], tables[24];
    if (pragma(s, "PRAGMA application_id", application, sizeof application, err) != 0 ||
        pragma(s, "PRAGMA user_version", version, sizeof version, err) != 0 ||
        pragma(s, "SELECT count(*) FROM sqlite_schema", tables, sizeof tables, err) != 0)
        return -1;
    if (s->mode == STORE_OWNER && strcmp(tables, "0") == 0) {
        if (create_schema(s, station_id, err) != 0)
            return -1;
        return check_schema(s, station_id, err);
    }
    if (strtol(application, NULL, 10) != SCHEMA_APPLICATION)
        return err_set(err, ERR_INVALID, "%s/smogd.db is not a database of smogd: move it away", s->state_dir);
    long found = strtol(version, NULL, 10);
    if (found < 1 || found > SCHEMA_VERSION)
        return err_set(err, ERR_INVALID,
                       "%s/smogd.db has schema %s, this program knows %d: use the version of smogd that wrote it",
                       s->state_dir, version, SCHEMA_VERSION);
    if (found < SCHEMA_VERSION && s->mode != STORE_OWNER)
        return err_set(err, ERR_INVALID,
                       "%s/smogd.db has schema %s, this program needs %d: start this version of smogd once, it brings "
                       "the database up to date",
                       s->state_dir, version, SCHEMA_VERSION);
    if (found < SCHEMA_VERSION && run_steps(s, "", (int)found, err) != 0)
        return -1;
    if (assert_pragma(s,
                      "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 "
                      "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
                      "0", err) != 0)
        return -1;
    return check_station(s, station_id, err) == 0 ? read_log(s, err) : -1;
}

static int open_all(struct store *s, const char *station_id, struct err *err)
{
    if (s->mode == STORE_OWNER && make_folders(s->state_dir, err) != 0)
        return -1;
    if (check_file_system(s->state_dir, err) != 0 || take_lock(s, err) != 0 || open_connection(s, err) != 0 ||
        set_promises(s, err) != 0 || check_schema(s, station_id, err) != 0 || store_tree_load(s, err) != 0)
        return -1;
    if (s->mode == STORE_OWNER) {
        char objects[STORE_PATH_MAX];
        snprintf(objects, sizeof objects, "%s/objects", s->state_dir);
        clean_objects(objects);
    }
    s->failed = false;
    char ignored[8]; /* journal verify counts on json_each, whose first use on a connection declares a table */
    if (pragma(s, "SELECT count(*) FROM json_each('[]')", ignored, sizeof ignored, err) != 0)
        return -1;
    sqlite3_set_authorizer(s->db, authorize, s);
    return 0;
}

int store_open(struct store **out, const char *state_dir, const char *station_id, enum store_mode mode, struct err *err)
{
    *out = NULL;
    if (strlen(state_dir) > STORE_PATH_MAX - 128)
        return err_set(err, ERR_INVALID, "%s: the path is too long", state_dir);
    if (!station_id && mode != STORE_READER)
        return err_set(err, ERR_INVALID, "%s: whose station is it? ('id' is missing)", state_dir);
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, ERR_FAILED, "%s: out of memory", state_dir);
    s->mode = mode;
    s->lock_fd = -1;
    s->state_dir = strdup(state_dir);
    if (!s->state_dir) {
        err_set(err, ERR_FAILED, "%s: out of memory", state_dir);
        store_close(s);
        return -1;
    }
    if (open_all(s, station_id, err) != 0) {
        store_close(s);
        return -1;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->in_transaction)
        store_rollback(s);
    for (size_t i = 0; i < STORE_SQL_COUNT; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s->state_dir);
    free(s);
}

const char *store_station(const struct store *s)
{
    return s->station;
}

const char *store_log(const struct store *s)
{
    return s->log;
}

struct sqlite3 *store_database(struct store *s)
{
    return s->db;
}
