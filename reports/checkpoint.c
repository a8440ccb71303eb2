#include "reports/checkpoint.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/encoding.h"
#include "station/core/civil.h"

int checkpoint_sign(const struct checkpoint *c, const struct seal *seal, char out[CHECKPOINT_TEXT_MAX + 1],
                    struct err *err)
{
    char root[ENCODING_BASE64_ROOM(MERKLE_HASH_SIZE)], time[CIVIL_TIME_TEXT_MAX];
    uint8_t bytes[SEAL_KEY_ID_SIZE + SEAL_RAW_MAX];
    char signature[ENCODING_BASE64_ROOM(sizeof bytes)];
    size_t length = 0;
    if (seal_usable(seal, c->time_ms, err) != 0)
        return -1;
    encoding_base64(c->root.bytes, sizeof c->root.bytes, root);
    civil_time_format(c->time_ms, c->offset_minutes, time);
    if (c->lines && strlen(c->lines) >= CHECKPOINT_LINES_MAX)
        return err_set(err, ERR_INVALID, "more than %d bytes cannot stand in a checkpoint", CHECKPOINT_LINES_MAX);
    int text = snprintf(out, CHECKPOINT_TEXT_MAX, "smogd/%s\n%" PRIu64 "\n%s\ntime %s\n%s", c->log, c->size, root, time,
                        c->lines ? c->lines : "");
    assert(text > 0 && text < CHECKPOINT_TEXT_MAX / 2 + CHECKPOINT_LINES_MAX);
    seal_key_id(seal, bytes);
    if (seal_sign_raw(seal, out, (size_t)text, bytes + SEAL_KEY_ID_SIZE, &length, err) != 0)
        return -1;
    encoding_base64(bytes, SEAL_KEY_ID_SIZE + length, signature);
    snprintf(out + text, (size_t)(CHECKPOINT_TEXT_MAX - text), "\n\xE2\x80\x94 smogd/%s %s\n", c->log, signature);
    return 0;
}
