#include "reports/case_digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/sha256.h"

const char *const case_step_keys[CASE_STEP_KEYS] = {"act",    "at",     "from", "kind", "name",  "number", "officer",
                                                    "police", "reason", "role", "to",   "track", "user"};

void case_digest_add(struct case_digest *d, const char *name, const char *sha256, int64_t size)
{
    if (d->count == CASE_DIGEST_FILES_MAX)
        return;
    struct case_digest_file *f = &d->files[d->count++];
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->sha256, sizeof f->sha256, "%s", sha256);
    f->size = size;
}

static void get(const struct json_doc *doc, ptrdiff_t object, const char *key, char *out, size_t size)
{
    if (!json_get_string(doc, json_member(doc, (size_t)object, key), out, size))
        out[0] = '\0';
}

void case_digest_add_of(struct case_digest *d, const struct json_doc *doc, ptrdiff_t object)
{
    char name[CONTAINER_NAME_MAX], sha256[65];
    int64_t size;
    if (object < 0 || doc->tokens[object].type != JSON_OBJECT ||
        !json_get_integer(doc, json_member(doc, (size_t)object, "size"), &size))
        return;
    get(doc, object, "name", name, sizeof name);
    get(doc, object, "sha256", sha256, sizeof sha256);
    case_digest_add(d, name, sha256, size);
}

void case_digest_step(struct case_digest *d, const struct json_doc *event, const char *kind,
                      const struct json_doc *record)
{
    char sha256[65];
    if (strcmp(kind, "photo") == 0)
        case_digest_add_of(d, event, 0);
    if (strcmp(kind, "test-end") != 0 && strcmp(kind, "passage") != 0)
        return;
    ptrdiff_t files = json_member(record, 0, "files");
    for (size_t i = 0; files >= 0 && i < record->tokens[files].count; i++)
        case_digest_add_of(d, record, json_element(record, (size_t)files, i));
    get(event, 0, "record_sha256", sha256, sizeof sha256);
    case_digest_add(d, "record.json", sha256, (int64_t)record->length);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct case_digest_file *)a)->name, ((const struct case_digest_file *)b)->name);
}

int case_digest_text(struct case_digest *d, char out[65], struct err *err)
{
    size_t room = d->count * (sizeof(struct case_digest_file) + 64) + 16;
    struct json_writer w;
    out[0] = '\0';
    if (d->count == 0)
        return 0;
    char *text = malloc(room);
    if (!text)
        return err_set(err, ERR_FAILED, "out of memory");
    qsort(d->files, d->count, sizeof d->files[0], by_name);
    json_writer_init(&w, text, room);
    json_array_begin(&w, NULL);
    for (size_t i = 0; i < d->count; i++) {
        json_object_begin(&w, NULL);
        json_string(&w, "name", d->files[i].name);
        json_string(&w, "sha256", d->files[i].sha256);
        json_integer(&w, "size", d->files[i].size);
        json_object_end(&w);
    }
    json_array_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    if (length > 0)
        sha256_hex(text, (size_t)length, out);
    free(text);
    return length > 0 ? 0 : err_set(err, ERR_FAILED, "the list of the case's files is too long");
}
