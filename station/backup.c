#include "station/backup_part.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/file.h"
#include "station/core/civil.h"
#include "station/core/json.h"
#include "station/store_private.h"

enum { PAGES_AT_ONCE = 256, TELL_EVERY = 1 << 22 };

int backup_sums_add(struct backup_sums *s, const char *sha256, const char *name, struct err *err)
{
    size_t wanted = s->length + 64 + 2 + strlen(name) + 2;
    if (wanted > s->room) {
        size_t room = 2 * wanted;
        char *grown = realloc(s->text, room);
        if (!grown)
            return err_set(err, ERR_FAILED, "out of memory");
        s->text = grown;
        s->room = room;
    }
    s->length += (size_t)snprintf(s->text + s->length, s->room - s->length, "%s  %s\n", sha256, name);
    return 0;
}

int backup_pace(void *ctx, uint64_t bytes)
{
    struct backup_pace *p = ctx;
    if (!p->host || !p->host->progress || bytes - p->told < TELL_EVERY)
        return 0;
    p->told = bytes;
    return p->host->progress(p->host->ctx, bytes, p->all);
}

/* ---- the database: one moment of it ---- */

struct making {
    struct store *store;
    const char *state_dir, *station;
    int64_t now_ms;
    const struct backup_host *host;
    char part[BACKUP_PATH_MAX], copy[BACKUP_PATH_MAX]; /* FILE.part, FILE.part-db */
    struct backup_result *out;
    char *note; /* the newest checkpoint; NULL: none */
    struct archive archive;
    struct backup_pace pace;
    struct backup_sums sums;
    uint64_t files;
};

static int copy_failed(sqlite3 *db, int code, struct err *err)
{
    const char *advice = (code & 0xFF) == SQLITE_FULL || errno == ENOSPC ? "; choose a disk with more room" : "";
    return err_set(err, ERR_FAILED, "the database cannot be copied: %s%s", db ? sqlite3_errmsg(db) : "out of memory",
                   advice);
}

static int copy_pages(struct making *m, sqlite3 *to, struct err *err)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", store_database(m->store), "main");
    int code = copy ? SQLITE_OK : SQLITE_ERROR;
    int result = 0;
    while (code == SQLITE_OK && result == 0) {
        code = sqlite3_backup_step(copy, PAGES_AT_ONCE);
        uint64_t all = (uint64_t)sqlite3_backup_pagecount(copy), left = (uint64_t)sqlite3_backup_remaining(copy);
        if (m->host && m->host->progress && m->host->progress(m->host->ctx, (all - left) * 4096, 0) != 0)
            result = err_set(err, ERR_REFUSED, "cancelled; nothing was changed");
    }
    if (sqlite3_backup_finish(copy) != SQLITE_OK && result == 0)
        code = sqlite3_errcode(to);
    return result ? result : code == SQLITE_DONE ? 0 : copy_failed(to, code, err);
}

static int copy_database(struct making *m, struct err *err)
{
    sqlite3 *to = NULL;
    unlink(m->copy);
    int code = sqlite3_open_v2(m->copy, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (code == SQLITE_OK) /* nothing of the copy counts before the end; a journal beside it would be left behind */
        code = sqlite3_exec(to, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", NULL, NULL, NULL);
    int result = code == SQLITE_OK ? copy_pages(m, to, err) : copy_failed(to, code, err);
    sqlite3_close(to);
    return result;
}

/* Size, root and checkpoint of the very state that is copied: one read transaction around all of it. */
static int take_database(struct making *m, struct err *err)
{
    struct merkle_hash root;
    if (store_read_begin(m->store, err) != 0)
        return -1;
    int result = store_size(m->store, &m->out->events, err);
    if (result == 0)
        result = store_root(m->store, m->out->events, &root, err);
    if (result == 0)
        result = store_checkpoint_last(m->store, &m->note, err);
    if (result == 0)
        result = copy_database(m, err);
    store_read_end(m->store);
    if (result == 0)
        sha256_to_hex(root.bytes, m->out->root);
    return result;
}

/* ---- the files ---- */

static int add_path(struct making *m, const char *name, const char *path, char sha256[65], struct err *err)
{
    struct stat st;
    FILE *from = fopen(path, "re");
    if (!from || fstat(fileno(from), &st) != 0 || !S_ISREG(st.st_mode)) {
        if (from)
            fclose(from);
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be read: %s", path, strerror(errno));
    }
    int result = archive_add(&m->archive, name, from, (uint64_t)st.st_size, sha256, err);
    fclose(from);
    if (result == 0)
        result = backup_sums_add(&m->sums, sha256, name, err);
    m->files += result == 0;
    return result;
}

static int add_text(struct making *m, const char *name, const char *text, size_t length, char sha256[65],
                    struct err *err)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): it is only read */
    FILE *from = length ? fmemopen((void *)(uintptr_t)text, length, "r") : NULL;
    if (!from)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = archive_add(&m->archive, name, from, length, sha256, err);
    fclose(from);
    return result;
}

/* objects/ab/cdef…: what is in it must be what its name says, or the backup would be worth nothing. */
static int add_object(struct making *m, const char *name, const char *path, struct err *err)
{
    char sha256[65], wanted[65];
    if (add_path(m, name, path, sha256, err) != 0)
        return -1;
    snprintf(wanted, sizeof wanted, "%.2s%.62s", name + 8, name + 11);
    return strcmp(sha256, wanted) == 0
               ? 0
               : err_set(err, ERR_FAILED, "%s is damaged: its content has another digest (%s)", path, sha256);
}

static bool is_hex(const char *text, size_t length)
{
    return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

typedef int each_file(struct making *m, const char *folder, const char *name, struct err *err);

static int walk(struct making *m, const char *folder, each_file *each, struct err *err)
{
    char path[BACKUP_PATH_MAX];
    struct dirent **names = NULL;
    snprintf(path, sizeof path, "%s/%s", m->state_dir, folder);
    int count = scandir(path, &names, NULL, by_name), result = 0;
    if (count < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be read: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (result == 0)
            result = each(m, folder, names[i]->d_name, err);
        free(names[i]);
    }
    free(names);
    return result;
}

static int each_object(struct making *m, const char *folder, const char *name, struct err *err)
{
    char inside[ARCHIVE_NAME_MAX], path[BACKUP_PATH_MAX];
    if (!is_hex(name, 62))
        return 0;
    snprintf(inside, sizeof inside, "%s/%.62s", folder, name);
    snprintf(path, sizeof path, "%s/%s", m->state_dir, inside);
    return add_object(m, inside, path, err);
}

static int each_object_folder(struct making *m, const char *folder, const char *name, struct err *err)
{
    char inside[16];
    if (!is_hex(name, 2))
        return 0;
    snprintf(inside, sizeof inside, "%s/%.2s", folder, name);
    return walk(m, inside, each_object, err);
}

static int each_package(struct making *m, const char *folder, const char *name, struct err *err)
{
    char inside[BACKUP_PATH_MAX], path[2 * BACKUP_PATH_MAX], sha256[65];
    size_t length = strlen(name);
    if (length < 6 || strcmp(name + length - 6, ".asice") != 0)
        return 0;
    snprintf(inside, sizeof inside, "%s/%s", folder, name);
    snprintf(path, sizeof path, "%s/%s", m->state_dir, inside);
    return add_path(m, inside, path, sha256, err);
}

/* ---- the whole ---- */

static int add_manifest(struct making *m, struct err *err)
{
    char text[BACKUP_MANIFEST_MAX], made[CIVIL_TIME_TEXT_MAX], sha256[65];
    struct json_writer w;
    civil_time_format(m->now_ms, 0, made);
    json_writer_init(&w, text, sizeof text);
    json_object_begin(&w, NULL);
    json_string(&w, "checkpoint", m->note ? m->note : "");
    json_integer(&w, "events", (int64_t)m->out->events);
    json_integer(&w, "files", (int64_t)m->files);
    json_string(&w, "format", BACKUP_FORMAT);
    json_string(&w, "log", store_log(m->store));
    json_string(&w, "made_at", made);
    json_string(&w, "root", m->out->root);
    json_string(&w, "station", store_station(m->store));
    json_object_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    if (length < 0)
        return err_set(err, ERR_FAILED, "the manifest is too long");
    if (add_text(m, BACKUP_MANIFEST, text, (size_t)length, sha256, err) != 0)
        return -1;
    return backup_sums_add(&m->sums, sha256, BACKUP_MANIFEST, err);
}

static int add_all(struct making *m, struct err *err)
{
    char sha256[65];
    if (add_path(m, BACKUP_DATABASE, m->copy, sha256, err) != 0 || walk(m, "objects", each_object_folder, err) != 0 ||
        walk(m, "packages", each_package, err) != 0 || add_manifest(m, err) != 0)
        return -1;
    if (add_text(m, BACKUP_SUMS, m->sums.text, m->sums.length, sha256, err) != 0)
        return -1;
    return archive_add_end(&m->archive, err);
}

static int write_archive(struct making *m, struct err *err)
{
    uint8_t digest[SHA256_BYTES];
    m->archive.file = fopen(m->part, "wxe");
    if (!m->archive.file)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be written: %s", m->part, strerror(errno));
    sha256_init(&m->archive.whole);
    int result = add_all(m, err);
    errno = 0;
    if (result == 0 && (fflush(m->archive.file) != 0 || fsync(fileno(m->archive.file)) != 0))
        result = err_set(err, ERR_FAILED, "%s: cannot be written: %s", m->part, strerror(errno));
    if (fclose(m->archive.file) != 0 && result == 0)
        result = err_set(err, ERR_FAILED, "%s: cannot be written: %s", m->part, strerror(errno));
    sha256_finish(&m->archive.whole, digest);
    sha256_to_hex(digest, m->out->sha256);
    return result;
}

static int make(struct making *m, const char *file, struct err *err)
{
    char folder[BACKUP_PATH_MAX];
    const char *slash = strrchr(file, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - file) : 1, slash ? file : ".");
    if (store_open(&m->store, m->state_dir, m->station, STORE_READER, err) != 0 || take_database(m, err) != 0)
        return -1;
    if (write_archive(m, err) != 0)
        return -1;
    if (rename(m->part, file) != 0)
        return err_set(err, ERR_FAILED, "%s: cannot be written: %s", file, strerror(errno));
    m->out->files = m->files;
    m->out->bytes = m->archive.bytes;
    return file_sync_folder(folder[0] ? folder : "/", err);
}

int backup_make(const char *state_dir, const char *station, int64_t now_ms, const char *file,
                const struct backup_host *host, struct backup_result *out, struct err *err)
{
    struct making m = {
        .state_dir = state_dir, .station = station, .now_ms = now_ms, .host = host, .out = out, .pace = {.host = host}};
    *out = (struct backup_result){.events = 0};
    if (access(file, F_OK) == 0)
        return err_set(err, ERR_REFUSED, "%s is there already; choose another name", file);
    if (strlen(file) > BACKUP_PATH_MAX - 16 || strlen(state_dir) > BACKUP_PATH_MAX / 2)
        return err_set(err, ERR_INVALID, "the path is too long");
    snprintf(m.part, sizeof m.part, "%s.part", file);
    snprintf(m.copy, sizeof m.copy, "%s.part-db", file);
    m.archive.path = file;
    m.archive.progress = backup_pace;
    m.archive.ctx = &m.pace;
    unlink(m.part); /* left by one that was killed */
    int result = make(&m, file, err);
    unlink(m.copy);
    if (result != 0)
        unlink(m.part);
    store_close(m.store);
    free(m.note);
    free(m.sums.text);
    return result;
}
