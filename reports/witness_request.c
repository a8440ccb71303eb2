#include "reports/witness_request.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "reports/encoding.h"

size_t witness_request_write(const struct witness_request *r, char out[WITNESS_REQUEST_MAX])
{
    char base64[ENCODING_BASE64_ROOM(MERKLE_HASH_SIZE)];
    int at = snprintf(out, WITNESS_REQUEST_MAX, "old %" PRIu64 "\n", r->old_size);
    for (size_t i = 0; i < r->count; i++) {
        encoding_base64(r->path[i].bytes, MERKLE_HASH_SIZE, base64);
        at += snprintf(out + at, (size_t)(WITNESS_REQUEST_MAX - at), "%s\n", base64);
    }
    at += snprintf(out + at, (size_t)(WITNESS_REQUEST_MAX - at), "\n%s", r->note);
    return (size_t)at;
}

/* "old 1234", no leading zeroes */
static bool read_old(const char *line, size_t length, uint64_t *out)
{
    if (length < 5 || length > 4 + 18 || memcmp(line, "old ", 4) != 0 || (line[4] == '0' && length > 5))
        return false;
    *out = 0;
    for (size_t i = 4; i < length; i++) {
        if (line[i] < '0' || line[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(line[i] - '0');
    }
    return true;
}

static int read_note(struct witness_request *r, const char *text, size_t length, struct err *err)
{
    if (length > CHECKPOINT_TEXT_MAX || memchr(text, '\0', length))
        return err_set(err, ERR_INVALID, "what follows the proof is no checkpoint");
    memcpy(r->note, text, length);
    r->note[length] = '\0';
    return checkpoint_read(&r->checkpoint, r->note, length, err);
}

int witness_request_read(struct witness_request *r, const char *text, size_t length, struct err *err)
{
    memset(r, 0, sizeof *r);
    const char *at = text, *end = memchr(text, '\n', length);
    if (!end || !read_old(at, (size_t)(end - at), &r->old_size))
        return err_set(err, ERR_INVALID, "line 1 is not 'old' and a number of events");
    for (at = end + 1; (end = memchr(at, '\n', length - (size_t)(at - text))); at = end + 1) {
        if (end == at)
            return read_note(r, end + 1, length - (size_t)(end + 1 - text), err);
        if (r->count == MERKLE_PATH_MAX - 1 ||
            encoding_unbase64(at, (size_t)(end - at), r->path[r->count].bytes, MERKLE_HASH_SIZE) != MERKLE_HASH_SIZE)
            return err_set(err, ERR_INVALID, "line %zu is not a hash in base64", r->count + 2);
        r->count++;
    }
    return err_set(err, ERR_INVALID, "there is no checkpoint in it");
}

int witness_request_check(const struct witness_request *r, uint64_t last_size, const struct merkle_hash *last_root,
                          struct err *err)
{
    struct merkle_hash empty;
    const struct checkpoint_read *c = &r->checkpoint;
    merkle_empty_root(&empty);
    if (c->size < last_size)
        return err_set(err, ERR_FAILED,
                       "it has %" PRIu64 " events, fewer than the %" PRIu64
                       " that were co-signed last: the station's journal was cut or set back",
                       c->size, last_size);
    if (c->size == last_size && memcmp(&c->root, last_size ? last_root : &empty, sizeof empty) != 0)
        return err_set(err, ERR_FAILED,
                       "its %" PRIu64 " events are others than those that were co-signed last: two histories were "
                       "signed; keep both notes as the proof",
                       c->size);
    if (c->size == last_size)
        return 0;
    if (r->old_size != last_size)
        return err_set(err, ERR_FAILED,
                       "its proof starts at %" PRIu64 " events, the last co-signed checkpoint has %" PRIu64
                       ": bring the station that one (smogctl journal witness-import) and have the request made again",
                       r->old_size, last_size);
    if (!merkle_verify_consistency(last_size, last_size ? last_root : &empty, c->size, &c->root, r->path, r->count))
        return err_set(err, ERR_FAILED,
                       "its proof does not show that the %" PRIu64 " events that were co-signed last are still there "
                       "unchanged",
                       last_size);
    return 0;
}
