#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/checkpoint_read.h"
#include "reports/encoding.h"
#include "reports/file.h"
#include "reports/history.h"
#include "reports/merkle_json.h"
#include "reports/outlet.h"
#include "reports/tsacheck.h"
#include "station/core/civil.h"
#include "station/ctl.h"

struct note {
    const char *name; /* what to call it */
    char *text;
    struct checkpoint_read c;
};

static int parse(struct note *n, struct err *err)
{
    return checkpoint_read(&n->c, n->text, strlen(n->text), err) == 0 ? 0 : err_prefix(err, "%s", n->name);
}

static int read_file(struct note *n, const char *file, struct err *err)
{
    size_t length = 0;
    n->name = file;
    return file_read(file, CHECKPOINT_TEXT_MAX, &n->text, &length, err) == 0 ? parse(n, err) : -1;
}

/* The newest one, or the first that covers so many events. */
static int read_stored(struct ctl *ctl, struct note *n, struct err *err)
{
    const char *word = ctl->words_count > 0 ? ctl->words[0] : NULL;
    char *end = NULL;
    unsigned long long events = word ? strtoull(word, &end, 10) : 0;
    n->name = "the stored checkpoint";
    if (word && (word[0] < '0' || word[0] > '9' || *end != '\0'))
        return err_set(err, ERR_INVALID, "'%s' is no number of events", word);
    if (ctl_open_store(ctl, err) != 0)
        return -1;
    int result = word ? store_checkpoint_from(ctl->store, events, &n->text, err)
                      : store_checkpoint_last(ctl->store, &n->text, err);
    if (result != 0)
        return -1;
    if (!n->text && word)
        return err_set(err, ERR_FAILED, "no checkpoint covers %s events yet; is smogpush running?", word);
    if (!n->text)
        return err_set(err, ERR_FAILED, "no checkpoint is signed yet; is smogpush running?");
    return parse(n, err);
}

/* What a signature over another history means. */
static const char *whose(struct ctl *ctl, const struct note *n)
{
    char *pem = NULL;
    size_t length = 0;
    struct err err = {0};
    if (ctl_seal_certificate(ctl, &pem, &length, &err) != 0)
        return "there is no sealing certificate here to check its signature with";
    int result = history_signed_by(n->text, pem, length, &err);
    free(pem);
    if (result == 0)
        return "this station's sealing key has signed it: two histories were signed, keep it with the journal's own "
               "checkpoint as the proof";
    return err.code == ERR_FAILED ? "its signature is false: somebody has changed it"
                                  : "another key than the present sealing key has signed it";
}

/* Is the checkpoint one of this journal? */
static int check_ours(struct ctl *ctl, const struct note *n, struct err *err)
{
    uint64_t size = 0;
    struct merkle_hash root;
    if (!checkpoint_of(&n->c, store_station(ctl->store)))
        return err_set(err, ERR_FAILED, "%s is of the journal %s; this one is smogd/%s", n->name, n->c.origin,
                       store_log(ctl->store));
    if (store_size(ctl->store, &size, err) != 0)
        return -1;
    if (n->c.size > size)
        return err_set(err, ERR_FAILED,
                       "%s has %" PRIu64 " events, this journal only %" PRIu64
                       ": events are missing here, or it is of another copy of the journal; %s",
                       n->name, n->c.size, size, whose(ctl, n));
    if (store_root(ctl->store, n->c.size, &root, err) != 0)
        return -1;
    if (memcmp(&root, &n->c.root, sizeof root) != 0)
        return err_set(err, ERR_FAILED,
                       "%s is of another history (a fork): the first %" PRIu64
                       " events of this journal are not those that it covers; %s",
                       n->name, n->c.size, whose(ctl, n));
    return 0;
}

static int write_proof(struct ctl *ctl, const struct note *old, const struct note *now, struct json_writer *w,
                       struct err *err)
{
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t count = 0;
    if (merkle_consistency(old->c.size, now->c.size, store_fetch, ctl->store, path, &count, err) != 0)
        return -1;
    json_object_begin(w, NULL);
    json_string(w, "checkpoint", now->text);
    json_array_begin(w, "extends");
    json_object_begin(w, NULL);
    merkle_json_write(w, path, count);
    json_integer(w, "size", (int64_t)old->c.size);
    json_object_end(w);
    json_array_end(w);
    json_object_end(w);
    return 0;
}

/* From the checkpoint in --consistency to `now`. */
static int consistency(struct ctl *ctl, const struct note *now, struct err *err)
{
    struct note old = {0};
    struct json_writer w = {0};
    int result =
        read_file(&old, ctl->consistency, err) == 0 && check_ours(ctl, &old, err) == 0 && check_ours(ctl, now, err) == 0
            ? 0
            : -1;
    if (result == 0 && old.c.size > now->c.size)
        result = err_set(err, ERR_FAILED,
                         "%s has %" PRIu64 " events and %s only %" PRIu64
                         "; both are of this journal: name the older one with --consistency",
                         old.name, old.c.size, now->name, now->c.size);
    if (result == 0)
        result = ctl_json_begin(&w, err);
    if (result == 0 && write_proof(ctl, &old, now, &w, err) == 0)
        result = ctl_json_print(&w, err);
    else if (result == 0) {
        free(w.out);
        result = -1;
    }
    free(old.text);
    return result;
}

/* The newest time stamp: when the authority saw which checkpoint, and its answer. */
static int write_stamp(struct ctl *ctl, struct json_writer *w, struct err *err)
{
    uint64_t events = 0;
    char *note = NULL, when[CIVIL_TIME_TEXT_MAX], base64[ENCODING_BASE64_ROOM(OUTLET_REPLY_MAX)];
    void *token = NULL;
    size_t size = 0;
    struct tsacheck about;
    if (store_stamp_last(ctl->store, &events, &note, &token, &size, err) != 0)
        return -1;
    int result = 0;
    if (!token)
        json_null(w, "timestamp");
    else if (size > OUTLET_REPLY_MAX || tsacheck(&about, token, size, note, strlen(note), NULL, NULL, err) != 0)
        result = err_set(err, ERR_FAILED, "the stored time stamp over %" PRIu64 " events cannot be read", events);
    else {
        civil_time_format(about.at_s * 1000, ctl->config->utc_offset_minutes, when);
        encoding_base64(token, size, base64);
        json_object_begin(w, "timestamp");
        json_string(w, "at", when);
        json_string(w, "authority", about.authority);
        json_string(w, "checkpoint", note);
        json_integer(w, "events", (int64_t)events);
        json_string(w, "token", base64);
        json_object_end(w);
    }
    free(note);
    free(token);
    return result;
}

static int print_note(struct ctl *ctl, const char *note, struct err *err)
{
    struct json_writer w;
    if (!ctl->json) {
        fputs(note, stdout);
        return 0;
    }
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_object_begin(&w, NULL);
    json_string(&w, "checkpoint", note);
    json_bool(&w, "daemon_running", ctl->daemon_running);
    json_bool(&w, "ok", true);
    if (write_stamp(ctl, &w, err) != 0) {
        free(w.out);
        return -1;
    }
    json_object_end(&w);
    return ctl_json_print(&w, err);
}

int ctl_journal_checkpoint(struct ctl *ctl, struct err *err)
{
    struct note now = {0};
    if (ctl->to && (!ctl->consistency || ctl->words_count > 0))
        return err_set(err, ERR_INVALID, "--to NEWER goes with --consistency OLDER and no number");
    if (ctl_open_store(ctl, err) != 0)
        return -1;
    int result = ctl->to ? read_file(&now, ctl->to, err) : read_stored(ctl, &now, err);
    if (result == 0)
        result = ctl->consistency ? consistency(ctl, &now, err) : print_note(ctl, now.text, err);
    free(now.text);
    return result;
}
