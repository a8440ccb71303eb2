/*
 * The forward-secure seal of the journal on its own disk: every minute in which something happened, the journal's size
 * and root get a MAC under a key that is then turned into the next one and erased. Whoever takes over the station has
 * the key of now: with it he can seal what comes, and nothing that was.
 *
 *     K(e+1) = SHA-256("smogd-ratchet-evolve" || K(e))
 *     seal e = HMAC-SHA-256(K(e), "smogd-ratchet-1\nLOG\nSTART\ne\nSIZE\nROOT (hex)\nTIME (ms)\n")
 *
 * The first key leaves the station once, to a supervisor or a second agency, who verifies with it: seals must come with
 * numbers 0, 1, 2 … without a gap, each under the key of exactly its number, each over the journal as it is. (A check
 * that took any later key's seal for an old event is what CVE-2023-31439 was about.)
 *
 * The key lies in STATE/ratchet.key, in two slots: the next key goes over the older slot and is synced, then over the
 * other one, so that a power cut at any write leaves one that is whole, and no longer two keys than must be. A seal is
 * committed before its key goes; a key whose seal is there already goes at the next start. How far an overwritten block
 * is gone depends on the disk: on a plain disk it is; flash and copy-on-write file systems may keep old blocks for some
 * time, for whoever reads the raw medium.
 */
#ifndef STATION_RATCHET_H
#define STATION_RATCHET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/merkle.h"
#include "station/core/err.h"

enum { RATCHET_KEY_SIZE = 32, RATCHET_MAC_SIZE = 32, RATCHET_TEXT_MAX = 160 };

struct ratchet {
    uint64_t start, epoch; /* the event that began it; the key's number */
    uint8_t key[RATCHET_KEY_SIZE];
};

struct ratchet_seal {
    const char *log; /* as in the checkpoints: store_log */
    uint64_t size;
    struct merkle_hash root;
    int64_t at_ms;
};

/* A first key from the system's random numbers; `start` is the caller's. */
int ratchet_begin(struct ratchet *r, struct err *err);
void ratchet_evolve(struct ratchet *r);
/* Do that many seals go with the key's number, looked at before they were counted and after? A seal is saved first,
 * then the key goes on, and the station may do both meanwhile. */
enum ratchet_match { RATCHET_FITS, RATCHET_SEALS_MISSING, RATCHET_KEY_OLD };
enum ratchet_match ratchet_match(uint64_t seals, uint64_t before, uint64_t after);
void ratchet_mac(const struct ratchet *r, const struct ratchet_seal *seal, uint8_t mac[RATCHET_MAC_SIZE]);
/* What the journal says of the first key, in hex: who has it can be held to it. */
void ratchet_commitment(const struct ratchet *r, char out[65]);

/* The key for the supervisor, one line: "smogd-ratchet-1 LOG START HEX". */
void ratchet_write(const struct ratchet *r, const char *log, char out[RATCHET_TEXT_MAX]);
int ratchet_read(struct ratchet *r, const char *log, const char *text, struct err *err);

/* STATE/ratchet.key. *there false: there is none. A damaged one (both slots) is ERR_FAILED. */
int ratchet_load(struct ratchet *r, const char *path, bool *there, struct err *err);
int ratchet_store(const struct ratchet *r, const char *path, struct err *err);

#endif
