#include "station/webpage.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reports/file.h"
#include "reports/sha256.h"

enum { DEPTH_MAX = 4, PATH_SIZE = 1024, NAME_SIZE = 200, ETAG_SIZE = 36, HASH_LETTERS = 8 };

struct webfile {
    char name[NAME_SIZE]; /* below the folder */
    char *bytes;
    size_t length;
    char etag[ETAG_SIZE];
};

struct webpage {
    struct webfile files[WEBPAGE_FILES_MAX]; /* by their names */
    size_t count, bytes;
    char problem[ERR_TEXT_MAX];
};

/* ---- reading ---- */

static int by_name(const void *a, const void *b)
{
    const struct webfile *one = a, *other = b;
    return strcmp(one->name, other->name);
}

static int add_file(struct webpage *page, const char *path, const char *name, struct err *err)
{
    struct webfile *file = &page->files[page->count];
    if (page->count == WEBPAGE_FILES_MAX)
        return err_set(err, ERR_INVALID, "more than %d files", WEBPAGE_FILES_MAX);
    size_t length = strlen(name);
    if (length >= sizeof file->name)
        return err_set(err, ERR_INVALID, "%s: the name is too long", name);
    if (file_read(path, WEBPAGE_BYTES_MAX - page->bytes, &file->bytes, &file->length, err) != 0)
        return -1;
    char digest[2 * SHA256_BYTES + 1];
    sha256_hex(file->bytes, file->length, digest);
    memcpy(file->name, name, length + 1);
    snprintf(file->etag, sizeof file->etag, "\"%.32s\"", digest);
    page->bytes += file->length;
    page->count++;
    return 0;
}

static int add_folder(struct webpage *page, const char *root, const char *below, int depth, struct err *err);

static int add_entry(struct webpage *page, const char *root, const char *below, const char *entry, int depth,
                     struct err *err)
{
    char path[PATH_SIZE], name[PATH_SIZE];
    struct stat about;
    int a = snprintf(name, sizeof name, "%s%s%s", below, below[0] ? "/" : "", entry);
    int b = snprintf(path, sizeof path, "%s/%s", root, name);
    if (a >= PATH_SIZE || b >= PATH_SIZE)
        return err_set(err, ERR_INVALID, "%s: the path is too long", entry);
    if (lstat(path, &about) != 0)
        return err_set(err, ERR_UNREACHABLE, "%s: %s", path, strerror(errno));
    if (S_ISREG(about.st_mode))
        return add_file(page, path, name, err);
    return S_ISDIR(about.st_mode) && depth < DEPTH_MAX ? add_folder(page, root, name, depth + 1, err) : 0;
}

static int add_folder(struct webpage *page, const char *root, const char *below, int depth, struct err *err)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s%s%s", root, below[0] ? "/" : "", below);
    DIR *folder = opendir(path);
    if (!folder)
        return err_set(err, ERR_UNREACHABLE, "%s: %s", path, strerror(errno));
    int result = 0;
    const struct dirent *entry;
    while (result == 0 && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            result = add_entry(page, root, below, entry->d_name, depth, err);
    closedir(folder);
    return result;
}

static int is_named(const void *name, const void *b)
{
    const struct webfile *file = b;
    return strcmp(name, file->name);
}

static const struct webfile *find(const struct webpage *page, const char *name)
{
    return bsearch(name, page->files, page->count, sizeof page->files[0], is_named);
}

static void forget_files(struct webpage *page)
{
    for (size_t i = 0; i < page->count; i++)
        free(page->files[i].bytes);
    page->count = 0;
}

int webpage_open(struct webpage **out, const char *folder, struct err *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return err_set(err, ERR_FAILED, "out of memory");
    struct webpage *page = *out;
    struct err why = {0};
    int result = add_folder(page, folder, "", 0, &why);
    qsort(page->files, page->count, sizeof page->files[0], by_name);
    if (result == 0 && !find(page, "index.html"))
        result = err_set(&why, ERR_UNREACHABLE, "%s: there is no index.html", folder);
    if (result != 0) {
        forget_files(page);
        snprintf(page->problem, sizeof page->problem, "%s", why.text);
    }
    return 0;
}

void webpage_close(struct webpage *page)
{
    if (!page)
        return;
    forget_files(page);
    free(page);
}

const char *webpage_problem(const struct webpage *page)
{
    return page->problem;
}

/* ---- answering ---- */

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".svg", "image/svg+xml"},
                                           {".json", "application/json"},
                                           {".webmanifest", "application/manifest+json"},
                                           {".png", "image/png"},
                                           {".ico", "image/vnd.microsoft.icon"},
                                           {".woff2", "font/woff2"},
                                           {".txt", "text/plain; charset=utf-8"}};
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(end, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

/* assets/NAME-XXXXXXXX.EXT: the name changes with the content */
static bool is_hashed(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *end = strrchr(name, '.');
    return strncmp(name, "assets/", 7) == 0 && end && end - name > 7 + HASH_LETTERS && end[-1 - HASH_LETTERS] == '-' &&
           strspn(end - HASH_LETTERS, letters) == HASH_LETTERS;
}

/* Is the coding among those of Accept-Encoding, and not by "q=0" among those refused? */
static bool takes(const char *accepted, const char *coding)
{
    size_t length = strlen(coding);
    for (const char *at = accepted; at && *at; at = strchr(at, ',')) {
        at += strspn(at, ", \t");
        if (strncmp(at, coding, length) != 0 || !strchr(",; \t", at[length])) /* '\0' is found, too */
            continue;
        const char *q = at + length + strspn(at + length, "; \t");
        return strncmp(q, "q=0", 3) != 0 || strcspn(q + 3, "123456789,") < strcspn(q + 3, ",");
    }
    return false;
}

/* The file, or its shorter form that the other side takes. */
static const struct webfile *form_of(const struct webpage *page, const struct webfile *file,
                                     const struct webserver_request *request, const char **coding)
{
    static const char *const forms[][2] = {{"br", ".br"}, {"gzip", ".gz"}};
    const char *accepted = webserver_header(request, "Accept-Encoding");
    for (size_t i = 0; i < 2; i++) {
        char name[NAME_SIZE + 4];
        snprintf(name, sizeof name, "%s%s", file->name, forms[i][1]);
        const struct webfile *form = takes(accepted, forms[i][0]) ? find(page, name) : NULL;
        *coding = forms[i][0];
        if (form)
            return form;
    }
    *coding = NULL;
    return file;
}

static void answer_missing(const struct webpage *page, struct webserver_request *request)
{
    char text[2 * ERR_TEXT_MAX];
    int length =
        snprintf(text, sizeof text,
                 "The console's page is not here.\n\n%s\n\n"
                 "In the source tree 'make web' makes it in build/web, 'make install' puts it beside the programs; "
                 "'console { web-dir = … }' names another folder. Then start smogd again.\n"
                 "The station works without it: smogctl status.\n",
                 page->problem);
    webserver_answer(request, 404, "text/plain; charset=utf-8", text, (size_t)length);
}

void webpage_answer(const struct webpage *page, struct webserver_request *request)
{
    const char *asked = webserver_rest(request), *coding;
    const char *name = asked[0] ? asked : "index.html";
    const struct webfile *file = find(page, name);
    if (!file && page->problem[0] && strcmp(name, "index.html") == 0) {
        answer_missing(page, request);
        return;
    }
    if (!file) {
        webserver_nothing_here(request);
        return;
    }
    const struct webfile *form = form_of(page, file, request, &coding);
    const char *known = webserver_header(request, "If-None-Match");
    if (known && strstr(known, form->etag))
        webserver_answer(request, 304, type_of(name), "", 0);
    else
        webserver_answer_static(request, 200, type_of(name), form->bytes, form->length);
    if (coding)
        webserver_set_header(request, "Content-Encoding", coding);
    webserver_set_header(request, "Cache-Control",
                         is_hashed(name) ? "public, max-age=31536000, immutable" : "no-cache");
    webserver_set_header(request, "ETag", form->etag);
    webserver_set_header(request, "Vary", "Accept-Encoding");
}
