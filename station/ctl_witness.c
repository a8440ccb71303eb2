#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "reports/witness_request.h"
#include "station/ctl.h"

/* The witness that is named, by its title or name, or the only one. */
static const struct config_witness *find_witness(struct ctl *ctl, struct err *err)
{
    const char *word = ctl->words_count > 0 ? ctl->words[0] : NULL;
    char list[300] = "";
    if (ctl_load_config(ctl, err) != 0)
        return NULL;
    const struct config *c = ctl->config;
    if (!word && c->witnesses_count == 1)
        return &c->witnesses[0];
    for (size_t i = 0; i < c->witnesses_count; i++) {
        if (word && (strcmp(c->witnesses[i].title, word) == 0 || strcmp(c->witnesses[i].name, word) == 0))
            return &c->witnesses[i];
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", c->witnesses[i].title);
    }
    if (c->witnesses_count == 0)
        err_set(err, ERR_INVALID, "%s: there is no 'witness' section: witness NAME { name = …  key = … }", c->file);
    else
        err_set(err, ERR_INVALID, "say which witness: %s", list);
    return NULL;
}

static int fill(struct ctl *ctl, const struct config_witness *witness, struct witness_request *r, struct err *err)
{
    struct store_witnessed last = {.size = 0};
    char *note = NULL;
    bool found = false;
    if (ctl_open_store(ctl, err) != 0 || store_checkpoint_last(ctl->store, &note, err) != 0)
        return -1;
    if (!note)
        return err_set(err, ERR_FAILED, "no checkpoint is signed yet; is smogpush running?");
    snprintf(r->note, sizeof r->note, "%s", note);
    free(note);
    if (checkpoint_read(&r->checkpoint, r->note, strlen(r->note), err) != 0 ||
        store_witnessed_last(ctl->store, witness->name, &last, &found, err) != 0)
        return -1;
    struct checkpoint_read before = {.size = 0};
    /* A restored journal is another one to the witness. */
    if (found && (checkpoint_read(&before, last.note, strlen(last.note), err) != 0 ||
                  strcmp(before.origin, r->checkpoint.origin) != 0))
        last.size = 0;
    r->old_size = last.size;
    return merkle_consistency(last.size, r->checkpoint.size, store_fetch, ctl->store, r->path, &r->count, err);
}

int ctl_witness_request(struct ctl *ctl, struct err *err)
{
    static struct witness_request r;
    char text[WITNESS_REQUEST_MAX];
    const struct config_witness *witness = find_witness(ctl, err);
    if (!witness)
        return -1;
    if (!ctl->output)
        return err_set(err, ERR_INVALID, "say where to: -o FILE");
    if (fill(ctl, witness, &r, err) != 0)
        return -1;
    size_t length = witness_request_write(&r, text);
    if (file_write(ctl->output, text, length, 0644, err) != 0)
        return -1;
    if (ctl->json) {
        struct entries e = {0};
        entries_integer(&e, "events", (int64_t)r.checkpoint.size);
        entries_text(&e, "file", ctl->output);
        entries_integer(&e, "from", (int64_t)r.old_size);
        entries_text(&e, "witness", witness->name);
        return ctl_json_entries(&e, err);
    }
    printf("%s: %" PRIu64 " events, after %" PRIu64 " that %s has co-signed; carry it there, and bring the answer "
           "back: smogctl journal witness-import\n",
           ctl->output, r.checkpoint.size, r.old_size, witness->name);
    return 0;
}

int ctl_witness_import(struct ctl *ctl, struct err *err)
{
    char *note = NULL;
    size_t length = 0;
    struct entries e = {0};
    if (file_read(ctl->words[0], CHECKPOINT_TEXT_MAX, &note, &length, err) != 0)
        return -1;
    entries_text(&e, "note", note);
    entries_text(&e, "officer", ctl->officer);
    int result = ctl_call(ctl, "witness-import", &e, err);
    free(note);
    if (result != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%" PRId64 " events are co-signed by %s%s\n", ctl_integer(ctl, 0, "events"), ctl_text(ctl, 0, "witnesses"),
           ctl_integer(ctl, 0, "new") ? "" : "; that was known already");
    return 0;
}

/* The last co-signed checkpoint: for smogverify --checkpoint, or as the witness's own memory where that was lost. */
int ctl_witnessed(struct ctl *ctl, struct err *err)
{
    struct store_witnessed last = {.size = 0};
    bool found = false;
    const struct config_witness *witness = find_witness(ctl, err);
    if (!witness || ctl_open_store(ctl, err) != 0 ||
        store_witnessed_last(ctl->store, witness->name, &last, &found, err) != 0)
        return -1;
    if (!found)
        return err_set(err, ERR_FAILED, "%s has co-signed nothing yet", witness->name);
    if (!ctl->json) {
        fputs(last.note, stdout);
        return 0;
    }
    struct entries e = {0};
    entries_text(&e, "checkpoint", last.note);
    entries_integer(&e, "events", (int64_t)last.size);
    entries_text(&e, "witness", last.name);
    return ctl_json_entries(&e, err);
}
