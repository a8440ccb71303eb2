#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "reports/file.h"
#include "station/ctl.h"
#include "station/ratchet.h"

/* The key is seen here for the only time. */
int ctl_journal_ratchet(struct ctl *ctl, struct err *err)
{
    struct entries e = {0};
    if (!ctl->output)
        return err_set(err, ERR_INVALID, "say where the supervisor's key goes: -o KEYFILE (a stick, not this machine)");
    entries_text(&e, "officer", ctl->officer);
    if (ctl_call(ctl, "ratchet-start", &e, err) != 0)
        return -1;
    const char *line = ctl_text(ctl, 0, "key");
    if (file_write(ctl->output, line, strlen(line), 0600, err) != 0)
        return err_prefix(err, "the key could not be kept, begin again");
    OPENSSL_cleanse(ctl->line, ctl->line_length);
    if (ctl->json) {
        struct entries answer = {0};
        entries_text(&answer, "file", ctl->output);
        return ctl_json_entries(&answer, err);
    }
    printf("%s: the key that verifies the seals from now on. It is shown this once: give it to the supervisor or the "
           "second agency and keep no copy at the station. Check with: smogctl journal verify --ratchet KEYFILE\n",
           ctl->output);
    return 0;
}

/* The number of the station's key. False: it is not ours to read, or another ratchet goes on. */
static bool key_number(const struct ctl *ctl, const struct ratchet *first, uint64_t *number)
{
    char path[600];
    struct ratchet now;
    struct err why = {0};
    bool there = false;
    snprintf(path, sizeof path, "%s/ratchet.key", ctl->config->state);
    if (ratchet_load(&now, path, &there, &why) != 0 || !there || now.start != first->start)
        return false;
    *number = now.epoch;
    OPENSSL_cleanse(&now, sizeof now);
    return true;
}

/* What is wrong, and what is to be done about it. */
static int judge(enum ratchet_match match, uint64_t key, uint64_t last, struct err *err)
{
    switch (match) {
    case RATCHET_FITS: return 0;
    case RATCHET_SEALS_MISSING:
        return err_set(err, ERR_FAILED,
                       "the station's key has come to number %" PRIu64 ", but the last seal is %" PRIu64
                       ": seals at the end were taken away, with what they covered, or an older copy of the database "
                       "was put in place; hold the journal to a checkpoint that another office has: smogctl journal "
                       "checkpoint --consistency OLD",
                       key, last);
    case RATCHET_KEY_OLD:
        return err_set(err, ERR_FAILED,
                       "the seals are whole up to number %" PRIu64
                       ", but STATE/ratchet.key has only come to number %" PRIu64
                       ": the key is an older copy (from a backup?), and whoever has it could seal again what came "
                       "after; nothing is missing from the database. Begin a new one: smogctl journal ratchet -o "
                       "KEYFILE",
                       last, key);
    }
    return -1;
}

/* The seals, and that the key on the disk is the one after the last: seals at the end could have been taken away. */
static int verify(const struct ctl *ctl, const struct ratchet *first, struct store_ratchet_result *r, struct err *err)
{
    uint64_t before = 0, after = 0;
    bool ours = key_number(ctl, first, &before);
    if (store_ratchet_verify(ctl->store, first, r, err) != 0)
        return -1;
    if (!ours || !key_number(ctl, first, &after))
        return 0;
    enum ratchet_match match = ratchet_match(r->seals, before, after);
    return judge(match, match == RATCHET_KEY_OLD ? after : before, r->seals - 1, err);
}

int ctl_ratchet_verify(struct ctl *ctl, struct store_ratchet_result *r, struct err *err)
{
    struct ratchet first;
    char *text = NULL;
    size_t length = 0;
    if (file_read(ctl->ratchet, RATCHET_TEXT_MAX, &text, &length, err) != 0)
        return -1;
    int result = ratchet_read(&first, store_log(ctl->store), text, err);
    OPENSSL_cleanse(text, length);
    free(text);
    if (result != 0)
        return err_prefix(err, "%s", ctl->ratchet);
    result = verify(ctl, &first, r, err);
    OPENSSL_cleanse(&first, sizeof first);
    return result;
}
