#include "reports/verifier_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/rejudge.h"
#include "reports/sha256.h"
#include "station/core/utf8.h"

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

/* "652301-0007-T000042" or "652301-0007-P00000042": station, kind and the number that is `seq`. */
static bool number_fits(const struct record *r)
{
    char id[2 * RECORD_ID_MAX];
    int64_t seq;
    if (!json_get_integer(&r->doc, json_member(&r->doc, 0, "seq"), &seq))
        return false;
    snprintf(id, sizeof id, r->passage ? "%s-P%08" PRId64 : "%s-T%06" PRId64, r->station, seq);
    return strcmp(id, r->id) == 0;
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
    sha256_hex(entry->data, entry->size, v->record_sha256);
    snprintf(out->id, sizeof out->id, "%s", r->id);
    snprintf(out->station, sizeof out->station, "%s", r->station);
    snprintf(out->plate, sizeof out->plate, "%s", r->plate);
    snprintf(out->verdict, sizeof out->verdict, "%s", verdict_kind_name(r->judged.kind));
    snprintf(out->ended_at, sizeof out->ended_at, "%s", r->ended_at);
    utf8_plain(out->id);
    utf8_plain(out->station);
    utf8_plain(out->plate);
    utf8_plain(out->ended_at);
    if (!number_fits(r))
        verifier_report(v, VERIFIER_RECORD, VERIFIER_FAIL, "record.json",
                        "its id does not hold its station and number");
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
    if (!v->record.pack[0])
        verifier_report(
            v, VERIFIER_VERDICT, VERIFIER_NOTE,
            "nothing was judged, since the station found no rule for such a vehicle; which rule packs it had "
            "is its own word",
            NULL);
    if (again->remark[0])
        verifier_report(v, VERIFIER_VERDICT, VERIFIER_NOTE, again->remark, NULL);
}

static const struct verifier_reference *reference_for(const struct verifier_options *o, const char *name)
{
    for (size_t i = 0; i < o->references_count; i++)
        if (strcmp(o->references[i].name, strrchr(name, '/') + 1) == 0)
            return &o->references[i];
    return NULL;
}

/* A package carries the rules that it was judged by, and they are as good as its signature. Whether they are the law's
 * is another question: whoever may sign could sign other limits. A pack without a counterpart leaves that open;
 * profiles are compared where the reader has them. */
void verifier_reference(struct verification *v)
{
    char pack[RECORD_FILE_NAME_MAX], text[2 * RECORD_FILE_NAME_MAX];
    snprintf(pack, sizeof pack, "rules/%s.conf", v->record.pack);
    for (size_t i = 0; i < v->container.count; i++) {
        const struct container_entry *entry = &v->container.entries[i];
        const struct verifier_reference *r = NULL;
        if (has_prefix(entry->name, "rules/") || has_prefix(entry->name, "profiles/"))
            r = reference_for(v->options, entry->name);
        bool same = r && r->size == entry->size && memcmp(r->data, entry->data, entry->size) == 0;
        if (r)
            verifier_report(v, VERIFIER_REFERENCE, same ? VERIFIER_OK : VERIFIER_FAIL, entry->name, NULL);
        else if (strcmp(entry->name, pack) == 0 && v->options->references_count > 0)
            verifier_report(v, VERIFIER_REFERENCE, VERIFIER_OPEN, entry->name, NULL);
    }
    if (v->options->references_count > 0 || !v->record.pack[0])
        return;
    snprintf(text, sizeof text, "%s (version %s, SHA-256 %.16s…)", pack, v->record.pack_version, v->record.pack_sha256);
    verifier_report(v, VERIFIER_REFERENCE, VERIFIER_NOTE, text, NULL);
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
