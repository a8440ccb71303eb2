/* What was filed of a decision on the spot, out of the steps of its case and the journal. */
#include <stdlib.h>
#include <string.h>

#include "station/core/civil.h"
#include "station/outlets.h"
#include "station/store_life.h"

enum { TOKENS_MAX = 512, DECISION_MAX = 8192 };

struct filed {
    struct store_case_step handle, file; /* the last of each; n 0: there is none */
};

static int take_step(void *ctx, const struct store_case_step *step)
{
    struct filed *f = ctx;
    if (strcmp(step->act, "handle") == 0)
        f->handle = *step;
    else if (strcmp(step->act, "file") == 0)
        f->file = *step;
    return 0;
}

static int write_decision(struct store *store, const struct filed *f, char *out, struct err *err)
{
    struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    struct json_writer w;
    char at[CIVIL_TIME_TEXT_MAX] = "", *handle = NULL, *file = NULL;
    int result = store_event_open(store, (uint64_t)f->handle.event, &doc, tokens, TOKENS_MAX, &handle, err);
    if (result == 0 && !json_get_string(&doc, json_member(&doc, 0, "at"), at, sizeof at))
        at[0] = '\0';
    if (result == 0)
        result = store_event_open(store, (uint64_t)f->file.event, &doc, tokens, TOKENS_MAX, &file, err);
    ptrdiff_t facts = result == 0 ? json_member(&doc, 0, "facts") : -1;
    json_writer_init(&w, out, DECISION_MAX);
    json_object_begin(&w, NULL);
    json_string(&w, "at", at);
    if (facts >= 0)
        json_raw(&w, "facts", doc.text + tokens[facts].start, tokens[facts].length);
    json_string(&w, "jdsbh", f->handle.number);
    json_object_end(&w);
    if (result == 0 && json_writer_finish(&w) < 0)
        result = err_set(err, ERR_FAILED, "what was filed is too long");
    free(handle);
    free(file);
    return result;
}

int outlets_decision(void *ctx, const char *case_id, struct contents *out, struct err *err)
{
    struct filed f = {.handle = {.n = 0}};
    if (store_case_steps(ctx, case_id, take_step, &f, err) != 0)
        return -1;
    if (f.handle.n == 0 || f.file.n == 0)
        return 0;
    out->decision = malloc(DECISION_MAX);
    return out->decision ? write_decision(ctx, &f, out->decision, err) : err_set(err, ERR_FAILED, "out of memory");
}
