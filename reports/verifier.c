#include "reports/verifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/sha256.h"
#include "reports/verifier_part.h"
#include "station/core/json.h"

const char *verifier_result_name(enum verifier_result result)
{
    static const char *const names[] = {"ok", "note", "open", "fail"};
    return names[result];
}

/* The first entry, so that `file` and the ASiC standard find it at a fixed place. */
static bool check_mimetype(struct verification *v)
{
    static const char expected[] = "application/vnd.etsi.asic-e+zip";
    const struct container_entry *first = &v->container.entries[0];
    bool ok = strcmp(first->name, "mimetype") == 0 && first->size == sizeof expected - 1 &&
              memcmp(first->data, expected, first->size) == 0;
    return verifier_report(v, VERIFIER_MIMETYPE, ok ? VERIFIER_OK : VERIFIER_FAIL, "mimetype", NULL);
}

static bool check_container(struct verification *v, const uint8_t *data, size_t size)
{
    struct err err;
    char count[16];
    if (container_read(&v->container, data, size, &err))
        return verifier_report(v, VERIFIER_CONTAINER, VERIFIER_FAIL, "", err.text);
    snprintf(count, sizeof count, "%zu", v->container.count);
    return verifier_report(v, VERIFIER_CONTAINER, VERIFIER_OK, count, NULL);
}

static void check_inside(struct verification *v)
{
    check_mimetype(v);
    bool contents = verifier_contents(v);
    bool sealed = verifier_seal(v);
    if (!verifier_record(v))
        return;
    verifier_journal(v);
    verifier_case(v);
    if (contents && sealed)
        verifier_rejudge(v);
    else
        verifier_report(v, VERIFIER_VERDICT, VERIFIER_OPEN, v->record.id, NULL);
    verifier_reference(v);
}

void verifier_run(struct verifier *out, const uint8_t *data, size_t size, const struct verifier_options *options)
{
    struct verification *v = calloc(1, sizeof *v);
    memset(out, 0, sizeof *out);
    if (!v)
        return; /* not ok, and no finding: out of memory */
    out->ok = true;
    v->out = out;
    v->options = options;
    sha256_hex(data, size, out->sha256);
    if (check_container(v, data, size))
        check_inside(v);
    record_close(&v->record);
    sealcheck_close(&v->seal);
    free(v);
}

const struct verifier_finding *verifier_first(const struct verifier *v, enum verifier_result result)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->findings[i].result == result)
            return &v->findings[i];
    }
    return NULL;
}

ptrdiff_t verifier_json(const struct verifier *v, char *out, size_t size)
{
    struct json_writer w;
    json_writer_init(&w, out, size);
    json_object_begin(&w, NULL);
    json_string(&w, "case", v->case_id);
    json_string(&w, "checkpoint", v->checkpoint);
    json_string(&w, "ended_at", v->ended_at);
    json_array_begin(&w, "findings");
    for (size_t i = 0; i < v->count; i++) {
        const struct verifier_finding *f = &v->findings[i];
        json_object_begin(&w, NULL);
        json_string(&w, "check", f->check);
        json_string(&w, "en", f->en);
        json_string(&w, "entry", f->entry);
        json_string(&w, "result", verifier_result_name(f->result));
        json_string(&w, "zh", f->zh);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_string(&w, "id", v->id);
    json_string(&w, "package_sha256", v->sha256);
    json_string(&w, "plate", v->plate);
    json_string(&w, "reviewers", v->reviewers);
    json_integer(&w, "signed_at", v->signed_at);
    json_string(&w, "signer", v->signer);
    json_string(&w, "station", v->station);
    json_integer(&w, "tree_size", (int64_t)v->tree_size);
    json_string(&w, "verdict", v->verdict);
    json_bool(&w, "verified", v->ok && v->open == 0);
    json_object_end(&w);
    return json_writer_finish(&w);
}
