/*
 * A sealing certificate as its owner must look at it: may it seal for this station, until when is it good? What a
 * verifier would refuse later is refused here first.
 */
#ifndef REPORTS_SEALCERT_H
#define REPORTS_SEALCERT_H

#include <stdint.h>

#include "reports/sealcheck.h"
#include "station/core/err.h"

struct sealcert {
    char subject[SEALCHECK_NAME_MAX];
    int64_t from_s, until_s; /* Unix seconds */
};

/* Whose it is and its dates, of any certificate. */
void sealcert_dates(struct sealcert *out, X509 *certificate);

/* ERR_INVALID: a certificate of another station, of an authority, for other duties or not for signatures. */
int sealcert_examine(struct sealcert *out, X509 *certificate, const char *station, struct err *err);

/* The same of a certificate's file (reports/keyfile.h); texts name it. */
int sealcert_read(struct sealcert *out, const char *source, const char *station, struct err *err);

/* Writes a warning when fewer than `days` days are left of the certificate, or it has ended or not begun; else "".
 * `what` is what to call it ("certificate X that …"), `ended` what it means that it has ended. */
void sealcert_dates_warning(const struct sealcert *c, const char *what, const char *ended, int64_t now_s, int days,
                            char out[ERR_TEXT_MAX]);
/* The same of a sealing certificate. */
void sealcert_warning(const struct sealcert *c, int64_t now_s, int days, char out[ERR_TEXT_MAX]);

#endif
