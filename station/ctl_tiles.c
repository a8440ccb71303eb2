#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "station/ctl.h"
#include "station/tiles.h"

static int write_tiles(struct ctl *ctl, const char *note, struct tiles_result *r, struct err *err)
{
    struct checkpoint_read c;
    struct merkle_hash root;
    if (checkpoint_read(&c, note, strlen(note), err) != 0 || store_root(ctl->store, c.size, &root, err) != 0)
        return -1;
    if (memcmp(&root, &c.root, sizeof root) != 0)
        return err_set(err, ERR_FAILED, "the newest checkpoint is not of this journal; see: smogctl journal verify");
    return tiles_write(ctl->store, note, &c, ctl->output, ctl->entries, r, err);
}

int ctl_journal_tiles(struct ctl *ctl, struct err *err)
{
    struct tiles_result r = {0};
    char *note = NULL;
    if (!ctl->output)
        return err_set(err, ERR_INVALID, "say where to: -o FOLDER");
    if (ctl_open_store(ctl, err) != 0 || store_checkpoint_last(ctl->store, &note, err) != 0)
        return -1;
    int result = note ? write_tiles(ctl, note, &r, err)
                      : err_set(err, ERR_FAILED, "no checkpoint is signed yet; is smogpush running?");
    free(note);
    if (result != 0)
        return -1;
    if (ctl->json) {
        struct entries e = {0};
        entries_integer(&e, "events", (int64_t)r.events);
        entries_text(&e, "folder", ctl->output);
        entries_integer(&e, "written", (int64_t)r.written);
        return ctl_json_entries(&e, err);
    }
    printf("%s: the tiles of %" PRIu64 " events, %" PRIu64 " files new%s\n", ctl->output, r.events, r.written,
           ctl->entries ? "; they hold the events, personal data included" : "");
    return 0;
}
