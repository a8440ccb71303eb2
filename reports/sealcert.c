#include "reports/sealcert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/keyfile.h"
#include "station/core/civil.h"

enum { DAY_S = 86400 };

static int64_t seconds_of(const ASN1_TIME *time)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    if (!epoch || ASN1_TIME_diff(&days, &seconds, epoch, time) != 1)
        days = seconds = 0;
    ASN1_TIME_free(epoch);
    return (int64_t)days * DAY_S + seconds;
}

void sealcert_dates(struct sealcert *out, X509 *certificate)
{
    sealcheck_subject(certificate, out->subject, sizeof out->subject);
    out->from_s = seconds_of(X509_get0_notBefore(certificate));
    out->until_s = seconds_of(X509_get0_notAfter(certificate));
}

int sealcert_examine(struct sealcert *out, X509 *certificate, const char *station, struct err *err)
{
    struct sealcheck seal = {.signer = certificate};
    struct err why = {0};
    int named = 0, result = -1;
    sealcert_dates(out, certificate);
    /* one that has signed itself can only be trusted itself; then it may be an authority's */
    X509_STORE *trust = X509_STORE_new();
    if (!trust ||
        (X509_check_issued(certificate, certificate) == X509_V_OK && !X509_STORE_add_cert(trust, certificate)))
        err_set(&why, ERR_FAILED, "out of memory");
    else
        result = sealcheck_role(&seal, station, trust, &named, &why);
    X509_STORE_free(trust);
    if (result != 0)
        return err_set(err, ERR_INVALID, "the certificate %s cannot seal for station %s: %s; have another made",
                       out->subject, station, why.text);
    return 0;
}

int sealcert_read(struct sealcert *out, const char *source, const char *station, struct err *err)
{
    struct keyfile_certificates c;
    if (keyfile_certificates(&c, source, err) != 0)
        return -1;
    int result = sealcert_examine(out, c.cert, station, err);
    keyfile_certificates_free(&c);
    return result == 0 ? 0 : err_prefix(err, "%s", source);
}

void sealcert_dates_warning(const struct sealcert *c, const char *what, const char *ended, int64_t now_s, int days,
                            char out[ERR_TEXT_MAX])
{
    char when[CIVIL_TIME_TEXT_MAX];
    int64_t left_s = c->until_s - now_s;
    civil_time_format(c->until_s * 1000, 0, when);
    out[0] = '\0';
    if (now_s < c->from_s)
        snprintf(out, ERR_TEXT_MAX, "the %s is not valid yet; is the station's clock right?", what);
    else if (left_s < 0)
        snprintf(out, ERR_TEXT_MAX, "the %s has expired on %.10s: %s", what, when, ended);
    else if (left_s < (int64_t)days * DAY_S)
        snprintf(out, ERR_TEXT_MAX,
                 "the %s expires on %.10s, in %" PRId64 " days; have its successor made and put it in its place", what,
                 when, left_s / DAY_S);
}

void sealcert_warning(const struct sealcert *c, int64_t now_s, int days, char out[ERR_TEXT_MAX])
{
    char what[sizeof "sealing certificate " + sizeof c->subject];
    snprintf(what, sizeof what, "sealing certificate %s", c->subject);
    sealcert_dates_warning(c, what, "nothing is sealed until its successor lies in its place; cases wait", now_s, days,
                           out);
}
