#include "reports/verifier_part.h"

#include <stdio.h>
#include <string.h>

#include "reports/rejudge.h"
#include "reports/sha256.h"

static bool has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Entries that make the record what it is; each must be in the record's own list. */
static bool belongs_to_record(const char *name)
{
    return strcmp(name, "readings.csv") == 0 || has_prefix(name, "wire/") || has_prefix(name, "rules/") ||
           has_prefix(name, "profiles/");
}

/* Each file in the record's list is in the package, with that size and digest. */
static bool check_listed(struct verification *v)
{
    bool ok = true;
    for (size_t i = 0; i < v->record.files_count; i++) {
        const struct record_file *file = &v->record.files[i];
        const struct container_entry *entry = container_find(&v->container, file->name);
        char sha256[SHA256_HEX_SIZE];
        if (!entry) {
            ok = verifier_report(v, VERIFIER_FILES, VERIFIER_FAIL, file->name, "the package does not have it");
            continue;
        }
        sha256_hex(entry->data, entry->size, sha256);
        if (entry->size != file->size || strcmp(sha256, file->sha256) != 0)
            ok = verifier_report(v, VERIFIER_FILES, VERIFIER_FAIL, file->name, "it has another size or digest");
    }
    return ok;
}

static bool check_unlisted(struct verification *v)
{
    bool ok = true;
    for (size_t i = 0; i < v->container.count; i++) {
        const char *name = v->container.entries[i].name;
        if (record_find_file(&v->record, name))
            continue;
        if (belongs_to_record(name))
            ok = verifier_report(v, VERIFIER_FILES, VERIFIER_FAIL, name, "the record does not list it");
        else if (has_prefix(name, "photos/"))
            verifier_report(v, VERIFIER_FILES, VERIFIER_NOTE, name, NULL);
    }
    return ok;
}

static bool check_station(struct verification *v)
{
    struct err err;
    int named;
    if (!v->seal.signer)
        return false;
    if (sealcheck_role(&v->seal, v->record.station, v->options->trust, &named, &err))
        return verifier_report(v, VERIFIER_ROLE, VERIFIER_FAIL, v->seal.subject, err.text);
    return verifier_report(v, VERIFIER_ROLE, named ? VERIFIER_OK : VERIFIER_NOTE, v->record.station, NULL);
}

bool verifier_record(struct verification *v)
{
    struct err err;
    char text[256];
    const struct container_entry *entry = container_find(&v->container, "record.json");
    if (!entry)
        return verifier_report(v, VERIFIER_RECORD, VERIFIER_FAIL, "record.json", "the package does not have it");
    if (record_open(&v->record, (const char *)entry->data, entry->size, &err))
        return verifier_report(v, VERIFIER_RECORD, VERIFIER_FAIL, "record.json", err.text);
    const struct record *r = &v->record;
    struct verifier *out = v->out;
    snprintf(out->id, sizeof out->id, "%s", r->id);
    snprintf(out->station, sizeof out->station, "%s", r->station);
    snprintf(out->plate, sizeof out->plate, "%s", r->plate);
    snprintf(out->verdict, sizeof out->verdict, "%s", verdict_kind_name(r->judged.kind));
    snprintf(out->ended_at, sizeof out->ended_at, "%s", r->ended_at);
    snprintf(text, sizeof text, "%s %s %s %s", r->id, r->plate, r->ended_at, out->verdict);
    verifier_report(v, VERIFIER_RECORD, VERIFIER_OK, text, NULL);
    check_station(v);
    bool ok = check_listed(v);
    if (check_unlisted(v) && ok) {
        snprintf(text, sizeof text, "%zu", r->files_count);
        verifier_report(v, VERIFIER_FILES, VERIFIER_OK, text, NULL);
    }
    return true;
}

static void report_rejudged(struct verification *v, const struct rejudge *again)
{
    if (again->readings_same)
        verifier_report(v, VERIFIER_READINGS, VERIFIER_OK, "", NULL);
    else
        verifier_report(v, VERIFIER_READINGS, VERIFIER_FAIL, "readings.csv",
                        again->verdict_same ? again->difference : NULL);
    if (again->verdict_same)
        verifier_report(v, VERIFIER_VERDICT, VERIFIER_OK, verdict_kind_name(again->kind), NULL);
    else
        verifier_report(v, VERIFIER_VERDICT, VERIFIER_FAIL, "record.json", again->difference);
    if (again->remark[0])
        verifier_report(v, VERIFIER_VERDICT, VERIFIER_NOTE, again->remark, NULL);
}

void verifier_rejudge(struct verification *v)
{
    struct err err;
    struct rejudge again;
    struct rejudge_file files[RECORD_FILES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < v->record.files_count; i++) {
        const struct container_entry *entry = container_find(&v->container, v->record.files[i].name);
        if (entry)
            files[count++] = (struct rejudge_file){entry->name, (const char *)entry->data, entry->size};
    }
    if (rejudge(&again, &v->record, files, count, &err))
        verifier_report(v, VERIFIER_VERDICT, VERIFIER_FAIL, "record.json", err.text);
    else
        report_rejudged(v, &again);
    rejudge_close(&again);
}
