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

/* The key on the disk must be the one after the last seal: seals at the end could have been taken away. */
static int check_end(const struct ctl *ctl, const struct ratchet *first, const struct store_ratchet_result *r,
                     struct err *err)
{
    char path[600];
    struct ratchet now;
    struct err why = {0};
    bool there = false;
    snprintf(path, sizeof path, "%s/ratchet.key", ctl->config->state);
    if (ratchet_load(&now, path, &there, &why) != 0 || !there || now.start != first->start)
        return 0; /* not ours to read, or another ratchet goes on */
    uint64_t epoch = now.epoch;
    OPENSSL_cleanse(&now, sizeof now);
    if (epoch == r->seals || epoch + 1 == r->seals)
        return 0;
    return err_set(err, ERR_FAILED,
                   "the station's key has come to number %" PRIu64 ", but the last seal is %" PRIu64
                   ": seals at the end were taken away, with what they covered",
                   epoch, r->seals - 1);
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
    result = store_ratchet_verify(ctl->store, &first, r, err) == 0 ? check_end(ctl, &first, r, err) : -1;
    OPENSSL_cleanse(&first, sizeof first);
    return result;
}
