/*
 * A private key that never leaves its PKCS#11 token (smart card, HSM, SoftHSM), named by a URI of RFC 7512:
 *
 *     pkcs11:token=smogd;object=seal?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/etc/smogd/seal.pin
 *
 * Without module-path the modules that p11-kit knows are asked. The PIN comes from a file or a credential (pin-source,
 * reports/keyfile.h) and is kept nowhere; a pin-value is refused. ECDSA P-256 alone: PKCS#11 has no mechanism for SM2.
 *
 * OpenSSL 3.0 has no provider for tokens on Debian 12, so the key is an EC_KEY whose signing function asks the token.
 * That works in CMS as any other key. p11-kit is a library that GnuTLS brings along anyhow.
 *
 * A token may be taken out at any time. Then signing fails, token_trouble says why, and only closing and opening again
 * finds it when it is back.
 */
#ifndef REPORTS_TOKEN_H
#define REPORTS_TOKEN_H

#include <stdbool.h>

#include <openssl/evp.h>

#include "station/core/err.h"

struct token;

bool token_is_uri(const char *source);

/* Finds the key, logs in and proves with one signature that it is the private half of `public_key`. ERR_UNREACHABLE:
 * no such token is there (now); ERR_REFUSED: the PIN is wrong, which must not be tried again or the token locks;
 * ERR_INVALID: the URI, the PIN's file or the key. No text holds more of the URI than its path. */
int token_open(struct token **out, const char *uri, EVP_PKEY *public_key, struct err *err);
void token_close(struct token *token);

/* Belongs to the token. */
EVP_PKEY *token_key(const struct token *token);

/* Why it last did not sign; "" when it did. */
const char *token_trouble(const struct token *token);

#endif
