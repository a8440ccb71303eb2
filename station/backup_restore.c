#define _DEFAULT_SOURCE /* lchown */
#include "station/backup_part.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/file.h"
#include "station/clock.h"
#include "station/core/json.h"
#include "station/record_make.h"
#include "station/store_private.h"

enum { MILLION = 1000000, MANIFEST_TOKENS = 64 };

struct restoring {
    const struct backup_restore *r;
    struct backup_result *out;
    int locks[2];
    char work[BACKUP_PATH_MAX]; /* STATE/restore-new */
    struct archive archive;
    struct backup_pace pace;
    struct backup_sums sums; /* of what was unpacked */
    bool ended;              /* SHA256SUMS has come and agrees */
};

/* ---- folders ---- */

/* Removes a folder with all it holds; what cannot be removed stays. */
static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        char inside[2 * BACKUP_PATH_MAX];
        struct stat st;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        if (lstat(inside, &st) == 0 && S_ISDIR(st.st_mode))
            remove_tree(inside);
        else
            unlink(inside);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

/* Whoever unpacks as root leaves the files to whom the state folder belongs. */
static void give_tree(const char *path, uid_t uid, gid_t gid)
{
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        char inside[2 * BACKUP_PATH_MAX];
        struct stat st;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        if (lstat(inside, &st) == 0 && S_ISDIR(st.st_mode))
            give_tree(inside, uid, gid);
        else if (lchown(inside, uid, gid) != 0)
            break;
    }
    if (dir)
        closedir(dir);
    if (lchown(path, uid, gid) != 0)
        return; /* it stays root's; smogd says so at its start */
}

/* ---- unpacking ---- */

static int make_room(struct restoring *s, const char *name, char path[2 * BACKUP_PATH_MAX], struct err *err)
{
    snprintf(path, (size_t)2 * BACKUP_PATH_MAX, "%s/%s", s->work, name);
    for (char *at = strchr(path + strlen(s->work) + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        bool made = mkdir(path, strncmp(name, "packages", 8) == 0 ? 0770 : 0750) == 0 || errno == EEXIST;
        if (!made)
            return err_set(err, ERR_FAILED, "%s: cannot be made: %s", path, strerror(errno));
        *at = '/';
    }
    return 0;
}

static bool is_expected(const char *name)
{
    return strcmp(name, BACKUP_DATABASE) == 0 || strcmp(name, BACKUP_MANIFEST) == 0 ||
           strncmp(name, "packages/", 9) == 0 || (strncmp(name, "objects/", 8) == 0 && strlen(name) == 8 + 65);
}

static int unpack_file(struct restoring *s, const char *name, struct err *err)
{
    char path[2 * BACKUP_PATH_MAX], sha256[65];
    if (make_room(s, name, path, err) != 0)
        return -1;
    FILE *to = fopen(path, "wxe");
    if (!to)
        return err_set(err, ERR_FAILED, "%s: cannot be written: %s", path, strerror(errno));
    int result = archive_take(&s->archive, to, sha256, err);
    errno = 0;
    if (result == 0 && (fflush(to) != 0 || fsync(fileno(to)) != 0))
        result = err_set(err, ERR_FAILED, "%s: cannot be written: %s%s", path, strerror(errno),
                         errno == ENOSPC ? "; the disk is full, free some space" : "");
    bool object = strncmp(name, "objects/", 8) == 0;
    fchmod(fileno(to), object ? 0440 : 0640);
    fclose(to);
    if (result == 0 && object && (strncmp(sha256, name + 8, 2) != 0 || strcmp(sha256 + 2, name + 11) != 0))
        return err_set(err, ERR_FAILED, "%s: %s is damaged", s->r->file, name);
    return result == 0 ? backup_sums_add(&s->sums, sha256, name, err) : -1;
}

/* The last entry: the list of all others, in their order. */
static int check_sums(struct restoring *s, uint64_t size, struct err *err)
{
    char *text = NULL, sha256[65];
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    if (!to)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = size == s->sums.length ? archive_take(&s->archive, to, sha256, err)
                                        : err_set(err, ERR_FAILED, "%s: its list is not that of its files", s->r->file);
    fclose(to);
    if (result == 0 && (length != s->sums.length || memcmp(text, s->sums.text, length) != 0))
        result = err_set(err, ERR_FAILED, "%s is damaged: a file in it is not the one in its list", s->r->file);
    free(text);
    s->ended = result == 0;
    return result;
}

static int unpack(struct restoring *s, struct err *err)
{
    char name[ARCHIVE_NAME_MAX];
    uint64_t size = 0;
    int rc;
    while ((rc = archive_next(&s->archive, name, &size, err)) > 0) {
        if (s->ended || !(strcmp(name, BACKUP_SUMS) == 0 || is_expected(name)))
            return err_set(err, ERR_FAILED, "%s: %s does not belong into a backup", s->r->file, name);
        if ((strcmp(name, BACKUP_SUMS) == 0 ? check_sums(s, size, err) : unpack_file(s, name, err)) != 0)
            return -1;
    }
    if (rc == 0 && !s->ended)
        return err_set(err, ERR_FAILED, "%s: is not a whole backup", s->r->file);
    return rc;
}

static int unpack_archive(struct restoring *s, struct err *err)
{
    struct stat st;
    uint8_t digest[SHA256_BYTES];
    s->archive.file = fopen(s->r->file, "re");
    if (!s->archive.file || fstat(fileno(s->archive.file), &st) != 0)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be read: %s", s->r->file, strerror(errno));
    s->pace.all = (uint64_t)st.st_size;
    sha256_init(&s->archive.whole);
    int result = unpack(s, err);
    sha256_finish(&s->archive.whole, digest);
    sha256_to_hex(digest, s->out->sha256);
    s->out->bytes = s->archive.bytes;
    return result;
}

/* ---- checking ---- */

static int check_manifest(struct restoring *s, struct err *err)
{
    char path[BACKUP_PATH_MAX + 32], *text = NULL, station[64] = "", format[32] = "";
    size_t length = 0;
    struct json_token tokens[MANIFEST_TOKENS];
    struct json_doc doc;
    int64_t events = 0, files = 0;
    snprintf(path, sizeof path, "%s/" BACKUP_MANIFEST, s->work);
    if (file_read(path, BACKUP_MANIFEST_MAX, &text, &length, err) != 0)
        return -1;
    bool good = json_parse(&doc, text, length, tokens, MANIFEST_TOKENS, NULL) == 0 && tokens[0].type == JSON_OBJECT &&
                json_get_string(&doc, json_member(&doc, 0, "format"), format, sizeof format) &&
                json_get_string(&doc, json_member(&doc, 0, "station"), station, sizeof station) &&
                json_get_string(&doc, json_member(&doc, 0, "root"), s->out->root, sizeof s->out->root) &&
                json_get_integer(&doc, json_member(&doc, 0, "events"), &events) &&
                json_get_integer(&doc, json_member(&doc, 0, "files"), &files);
    free(text);
    unlink(path);
    if (!good || strcmp(format, BACKUP_FORMAT) != 0)
        return err_set(err, ERR_FAILED, "%s: its manifest is not that of a backup of this version", s->r->file);
    if (strcmp(station, s->r->station) != 0)
        return err_set(err, ERR_REFUSED, "%s is a backup of station %s; this configuration is of %s", s->r->file,
                       station, s->r->station);
    s->out->events = (uint64_t)events;
    s->out->files = (uint64_t)files;
    return 0;
}

struct named {
    const struct restoring *restoring;
    int result;
    struct err *err;
};

static int take_named(void *ctx, const struct store_evidence *file)
{
    struct named *n = ctx;
    char path[2 * BACKUP_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", n->restoring->work, file->path);
    if (access(path, R_OK) != 0)
        n->result = err_set(n->err, ERR_FAILED, "%s lacks %s, which a record names", n->restoring->r->file, file->path);
    return n->result;
}

/* Every file that a row names is there. */
static int check_named(struct restoring *s, struct store *store, struct err *err)
{
    struct named n = {.restoring = s, .err = err};
    return store_evidence_list(store, take_named, &n, err) != 0 ? -1 : n.result;
}

static int check_journal(struct restoring *s, struct store *store, struct err *err)
{
    struct store_verify_result found;
    char root[65];
    if (store_verify(store, &found, NULL, NULL, err) != 0)
        return err_prefix(err, "the backup's journal");
    sha256_to_hex(found.root.bytes, root);
    if (found.events != s->out->events || strcmp(root, s->out->root) != 0)
        return err_set(err, ERR_FAILED, "%s: its journal is not the one that its manifest tells of", s->r->file);
    return check_named(s, store, err);
}

/* ---- another journal from here on ---- */

static int append_restored(struct restoring *s, struct store *store, struct err *err)
{
    char text[4096];
    uint64_t last = 0, index = 0;
    struct clock_stamp stamp;
    struct entries e = {0};
    if (store_numbers_last(store, &last, err) != 0)
        return -1;
    /* so far that the numbers of the lost part are not given twice */
    s->out->numbers_from = (last / MILLION + 1) * MILLION + 1;
    clock_stamp(&stamp);
    stamp.offset_minutes = s->r->offset_minutes;
    entries_text(&e, "backup_sha256", s->out->sha256);
    entries_integer(&e, "events", (int64_t)s->out->events);
    entries_integer(&e, "numbers_from", (int64_t)s->out->numbers_from);
    entries_text(&e, "officer", s->r->officer);
    entries_text(&e, "reason", s->r->reason);
    entries_text(&e, "root", s->out->root);
    ptrdiff_t length = record_make_event(&e, &stamp, s->r->station, "restored", text, sizeof text);
    if (length < 0)
        return err_set(err, ERR_INVALID, "reason or officer is too long");
    if (store_begin(store, err) != 0)
        return -1;
    if (store_append(store, "restored", text, (size_t)length, &index, err) != 0 ||
        store_restored(store, s->out->numbers_from, err) != 0) {
        store_rollback(store);
        return -1;
    }
    return store_commit(store, err);
}

static int check_and_mark(struct restoring *s, struct err *err)
{
    struct store *store = NULL;
    int result = check_manifest(s, err);
    if (result == 0)
        result = store_open(&store, s->work, s->r->station, STORE_OWNER, err);
    if (result == 0)
        result = check_journal(s, store, err);
    if (result == 0)
        result = append_restored(s, store, err);
    /* the database alone goes into its place, without a log beside it */
    if (result == 0 &&
        sqlite3_wal_checkpoint_v2(store_database(store), NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK)
        result = store_failed(store, "finish the database", err);
    store_close(store);
    return result;
}

/* ---- into its place ---- */

static int move(const struct restoring *s, const char *name, struct err *err)
{
    char from[BACKUP_PATH_MAX + 64], to[BACKUP_PATH_MAX + 64];
    snprintf(from, sizeof from, "%s/%s", s->work, name);
    snprintf(to, sizeof to, "%s/%s", s->r->state_dir, name);
    if (rename(from, to) != 0)
        return err_set(err, ERR_REFUSED, "%s: cannot be put there: %s; move away what is in %s", to, strerror(errno),
                       s->r->state_dir);
    return file_sync_folder(s->r->state_dir, err);
}

/* The database comes last: without it the folder is nobody's. */
static int put_in_place(struct restoring *s, struct err *err)
{
    struct stat st;
    if (geteuid() == 0 && stat(s->r->state_dir, &st) == 0)
        give_tree(s->work, st.st_uid, st.st_gid);
    return move(s, "objects", err) == 0 && move(s, "packages", err) == 0 && move(s, BACKUP_DATABASE, err) == 0 ? 0 : -1;
}

static int prepare(struct restoring *s, struct err *err)
{
    char path[BACKUP_PATH_MAX + 64];
    const char *state = s->r->state_dir;
    if (file_make_folder(state, 0770, err) != 0 || store_lock(state, STORE_OWNER, &s->locks[0], err) != 0 ||
        store_lock(state, STORE_DELIVERY, &s->locks[1], err) != 0)
        return -1;
    snprintf(path, sizeof path, "%s/" BACKUP_DATABASE, state);
    if (access(path, F_OK) == 0)
        return err_set(err, ERR_REFUSED,
                       "%s is there: nothing is overwritten. Move %s away as it is, and restore again", path, state);
    static const char *const folders[] = {"objects", "packages"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", state, folders[i]);
        if (rmdir(path) != 0 && errno != ENOENT)
            return err_set(err, ERR_REFUSED, "%s holds something: nothing is overwritten. Move %s away as it is", path,
                           state);
    }
    snprintf(s->work, sizeof s->work, "%s/restore-new", state);
    remove_tree(s->work); /* left by one that was killed */
    if (file_make_folder(s->work, 0770, err) != 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", s->work, folders[i]);
        if (file_make_folder(path, i ? 0770 : 0750, err) != 0)
            return -1;
    }
    return 0;
}

int backup_restore(const struct backup_restore *r, const struct backup_host *host, struct backup_result *out,
                   struct err *err)
{
    struct restoring s = {.r = r, .out = out, .locks = {-1, -1}, .pace = {.host = host}};
    *out = (struct backup_result){.events = 0};
    if (strlen(r->state_dir) > BACKUP_PATH_MAX - 64)
        return err_set(err, ERR_INVALID, "%s: the path is too long", r->state_dir);
    s.archive.path = r->file;
    s.archive.progress = backup_pace;
    s.archive.ctx = &s.pace;
    int result = prepare(&s, err);
    if (result == 0)
        result = unpack_archive(&s, err) == 0 && check_and_mark(&s, err) == 0 ? put_in_place(&s, err) : -1;
    if (s.archive.file)
        fclose(s.archive.file);
    if (s.work[0])
        remove_tree(s.work);
    for (size_t i = 0; i < 2; i++)
        if (s.locks[i] >= 0)
            close(s.locks[i]);
    free(s.sums.text);
    return result;
}
