/*
 * The station's sealing keys while smogpush runs. Between two packages keyring_refresh looks whether somebody has put
 * a new pair in the place of the old one, and takes it over. Key and certificate are two files, which nobody replaces
 * in one instant: while they do not belong together (or the new pair is wrong in another way) the pair before stays in
 * use, and a warning tells why.
 *
 * A key on a token that was taken out is looked for at every refresh.
 */
#ifndef REPORTS_KEYRING_H
#define REPORTS_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "reports/seal.h"
#include "station/core/err.h"

struct keyring;

struct keyring_source {
    const char *key, *cert; /* reports/keyfile.h; must outlive the keyring */
    bool sm2;
};

enum { KEYRING_PAIRS_MAX = 2 };

/* Opens all pairs; they must be fit to seal for that station (reports/sealcert.h). */
int keyring_open(struct keyring **out, const struct keyring_source *sources, size_t count, const char *station,
                 struct err *err);
void keyring_close(struct keyring *k);

size_t keyring_count(const struct keyring *k);
/* Valid until the next refresh. */
const struct seal *keyring_seal(const struct keyring *k, size_t i);

/* Takes over what was replaced. ERR_UNREACHABLE or ERR_REFUSED while a key is not to be had. */
int keyring_refresh(struct keyring *k, struct err *err);

/* The next refresh reads everything anew, whether its files look changed or not. */
void keyring_reread(struct keyring *k);

/* What a person should know of the pairs now: a certificate that ends in fewer than `days` days, a new pair that was
 * not taken over. "" when all is well. */
void keyring_warning(const struct keyring *k, int64_t now_s, int days, char out[ERR_TEXT_MAX]);

#endif
