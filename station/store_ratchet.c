/* Seals of the ratchet (station/ratchet.h): kept, and checked with the first key. */
#include "station/store_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "station/ratchet.h"

int store_ratchet_add(struct store *s, const struct ratchet *r, uint64_t size, int64_t at_ms, struct err *err)
{
    uint8_t mac[RATCHET_MAC_SIZE];
    struct ratchet_seal seal = {.log = s->log, .size = size, .at_ms = at_ms};
    sqlite3_stmt *q = store_statement(s, STORE_SQL_RATCHET_INSERT, err);
    if (!q || store_root(s, size, &seal.root, err) != 0)
        return -1;
    ratchet_mac(r, &seal, mac);
    store_bind_int(q, 1, (int64_t)r->start);
    store_bind_int(q, 2, (int64_t)r->epoch);
    store_bind_int(q, 3, (int64_t)size);
    store_bind_int(q, 4, at_ms);
    sqlite3_bind_blob(q, 5, mac, sizeof mac, SQLITE_STATIC);
    return store_run(s, q, "seal the journal", err);
}

int store_ratchet_last(struct store *s, uint64_t start, int64_t *epoch, uint64_t *size, struct err *err)
{
    *epoch = -1;
    *size = 0;
    sqlite3_stmt *q = store_statement(s, STORE_SQL_RATCHET_LAST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, (int64_t)start);
    int rc = store_step(s, q, "read the last seal", err);
    if (rc <= 0)
        return rc;
    *epoch = sqlite3_column_int64(q, 0);
    *size = (uint64_t)sqlite3_column_int64(q, 1);
    store_done(q);
    return 0;
}

/* ---- checking ---- */

static int check_seal(struct store *s, const struct ratchet *r, sqlite3_stmt *q, struct store_ratchet_result *out,
                      struct err *err)
{
    uint8_t mac[RATCHET_MAC_SIZE];
    struct ratchet_seal seal = {
        .log = s->log, .size = (uint64_t)sqlite3_column_int64(q, 1), .at_ms = sqlite3_column_int64(q, 2)};
    if (sqlite3_column_int64(q, 0) != (int64_t)r->epoch)
        return err_set(err, ERR_FAILED,
                       "seal %" PRIu64 " is missing, the next one is %lld: seals were taken away, or an older copy of "
                       "the database was put in place",
                       r->epoch, (long long)sqlite3_column_int64(q, 0));
    if (seal.size < out->events)
        return err_set(err, ERR_FAILED, "seal %" PRIu64 " covers fewer events than the one before", r->epoch);
    if (store_root(s, seal.size, &seal.root, err) != 0)
        return err_set(err, ERR_FAILED, "seal %" PRIu64 " covers %" PRIu64 " events: the journal was cut", r->epoch,
                       seal.size);
    ratchet_mac(r, &seal, mac);
    if (sqlite3_column_bytes(q, 3) != RATCHET_MAC_SIZE || memcmp(sqlite3_column_blob(q, 3), mac, sizeof mac) != 0)
        return err_set(err, ERR_FAILED,
                       "seal %" PRIu64 " is not by the key of its time: the first %" PRIu64
                       " events were changed, or sealed anew with a later key",
                       r->epoch, seal.size);
    out->events = seal.size;
    out->last_ms = seal.at_ms;
    out->seals++;
    return 0;
}

int store_ratchet_verify(struct store *s, const struct ratchet *first, struct store_ratchet_result *out,
                         struct err *err)
{
    char commitment[65], *body = NULL;
    struct ratchet r = *first;
    *out = (struct store_ratchet_result){.seals = 0};
    if (store_event_get(s, r.start, &body, NULL, err) != 0)
        return -1;
    ratchet_commitment(&r, commitment);
    bool ours = store_body_says(body, "kind", "ratchet-start") && store_body_says(body, "commitment", commitment);
    free(body);
    if (!ours)
        return err_set(err, ERR_FAILED, "event %" PRIu64 " does not begin the ratchet of this key", r.start);
    sqlite3_stmt *q = store_statement(s, STORE_SQL_RATCHET_LIST, err);
    if (!q)
        return -1;
    store_bind_int(q, 1, (int64_t)r.start);
    int rc;
    while ((rc = store_step(s, q, "check the seals", err)) > 0) {
        if (check_seal(s, &r, q, out, err) != 0) {
            store_done(q);
            return -1;
        }
        ratchet_evolve(&r);
    }
    if (rc == 0 && out->seals == 0)
        return err_set(err, ERR_FAILED, "nothing is sealed with this key's ratchet");
    return rc;
}
