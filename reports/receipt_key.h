/*
 * The keys by which a receiver signs what it says: receipts and decisions. The station has them from the receiver by
 * another way than the network (a file with certificates or public keys, PEM), so that nobody on the road between can
 * say "received" or "returned" in its name.
 *
 * A signature is base64 over the DER of ECDSA with SHA-256 (or SM2 with SM3, for such a key) over the bytes as they
 * came. Several keys may stand in one file: any of them will do, which is how a receiver changes its key.
 */
#ifndef REPORTS_RECEIPT_KEY_H
#define REPORTS_RECEIPT_KEY_H

#include <stddef.h>

#include "station/core/err.h"

struct receipt_keys;

/* Reads certificates and public keys from a PEM file. ERR_INVALID when there is none that can check a signature. */
int receipt_keys_open(struct receipt_keys **out, const char *file, struct err *err);
void receipt_keys_close(struct receipt_keys *keys);

/* Is `signature` (base64; empty: there is none) one of these keys' over the bytes? *err says what is wrong. */
int receipt_keys_check(const struct receipt_keys *keys, const char *data, size_t size, const char *signature,
                       struct err *err);

#endif
