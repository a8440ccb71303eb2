#include "reports/revocation.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "station/core/civil.h"

STACK_OF(X509_CRL) * revocation_lists(const char *pem, size_t length, struct err *err)
{
    STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
    BIO *in = BIO_new_mem_buf(pem, (int)length);
    X509_CRL *list;
    while (lists && in && (list = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL)
        if (sk_X509_CRL_push(lists, list) == 0)
            X509_CRL_free(list);
    bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(in);
    if (sk_X509_CRL_num(lists) > 0 && whole)
        return lists;
    sk_X509_CRL_pop_free(lists, X509_CRL_free);
    err_set(err, ERR_INVALID, "no list of revoked certificates can be read in it; give it in PEM");
    return NULL;
}

static int64_t unix_seconds(const ASN1_TIME *time)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    if (!epoch || !time || ASN1_TIME_diff(&days, &seconds, epoch, time) != 1)
        days = seconds = 0;
    ASN1_TIME_free(epoch);
    return (int64_t)days * 86400 + seconds;
}

/* A list of that authority, by its name and its signature, that was in force then or made later. */
static bool speaks(X509_CRL *list, X509 *issuer, int64_t at)
{
    const ASN1_TIME *until = X509_CRL_get0_nextUpdate(list);
    bool its = X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) == 0 &&
               X509_CRL_verify(list, X509_get0_pubkey(issuer)) == 1;
    ERR_clear_error();
    return its && (!until || unix_seconds(until) >= at);
}

static int reason_of(const X509_REVOKED *entry)
{
    ASN1_ENUMERATED *value = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    int reason = value ? (int)ASN1_ENUMERATED_get(value) : CRL_REASON_UNSPECIFIED;
    ASN1_ENUMERATED_free(value);
    return reason;
}

/* The date from which the certificate is not to be trusted: an authority may say that it was wrong earlier. */
static int64_t withdrawn_at(const X509_REVOKED *entry)
{
    ASN1_GENERALIZEDTIME *since = X509_REVOKED_get_ext_d2i(entry, NID_invalidity_date, NULL, NULL);
    int64_t revoked = unix_seconds(X509_REVOKED_get0_revocationDate(entry));
    int64_t invalid = since ? unix_seconds(since) : revoked;
    ASN1_GENERALIZEDTIME_free(since);
    return invalid < revoked ? invalid : revoked;
}

static enum revocation look(X509 *certificate, X509_CRL *list, int64_t at, char *words, size_t size)
{
    X509_REVOKED *entry = NULL;
    enum { BEIJING_MINUTES = 480 };
    char subject[SEALCHECK_NAME_MAX], when[CIVIL_TIME_TEXT_MAX];
    int found = X509_CRL_get0_by_cert(list, &entry, certificate);
    if (found != 1) /* 2: it was on hold and is not any more */
        return REVOCATION_GOOD;
    int reason = reason_of(entry);
    int64_t withdrawn = withdrawn_at(entry);
    sealcheck_subject(certificate, subject, sizeof subject);
    civil_time_format(withdrawn * 1000, BEIJING_MINUTES, when);
    snprintf(words, size, "%.150s, %s", subject, when);
    if (withdrawn <= at)
        return REVOCATION_REVOKED;
    bool compromised = reason == CRL_REASON_KEY_COMPROMISE || reason == CRL_REASON_CA_COMPROMISE;
    return compromised ? REVOCATION_COMPROMISED : REVOCATION_LATER;
}

/* The worst of what the lists of its authority say. */
static enum revocation check_one(X509 *certificate, X509 *issuer, int64_t at, STACK_OF(X509_CRL) * lists, char *words,
                                 size_t size)
{
    enum revocation worst = REVOCATION_GOOD;
    bool any = false;
    for (int i = 0; i < sk_X509_CRL_num(lists); i++) {
        char said[256] = "";
        X509_CRL *list = sk_X509_CRL_value(lists, i);
        if (!speaks(list, issuer, at))
            continue;
        any = true;
        enum revocation found = look(certificate, list, at, said, sizeof said);
        if (found > worst) {
            worst = found;
            snprintf(words, size, "%s", said);
        }
    }
    if (!any)
        sealcheck_subject(certificate, words, size);
    return any ? worst : REVOCATION_UNKNOWN;
}

enum revocation revocation_check(const struct sealcheck *s, STACK_OF(X509_CRL) * lists, X509_STORE *trust, char *words,
                                 size_t size)
{
    enum revocation worst = REVOCATION_GOOD;
    STACK_OF(X509) *inside = s->cms ? CMS_get1_certs(s->cms) : NULL; /* a slip has none */
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    words[0] = '\0';
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trust), (time_t)s->signed_at);
    bool built = ctx && X509_STORE_CTX_init(ctx, trust, s->signer, inside) == 1 && X509_verify_cert(ctx) == 1;
    ERR_clear_error();
    STACK_OF(X509) *chain = built ? X509_STORE_CTX_get0_chain(ctx) : NULL;
    for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
        char said[256] = "";
        enum revocation found =
            check_one(sk_X509_value(chain, i), sk_X509_value(chain, i + 1), s->signed_at, lists, said, sizeof said);
        if (found > worst) {
            worst = found;
            snprintf(words, size, "%s", said);
        }
    }
    X509_STORE_CTX_free(ctx);
    sk_X509_pop_free(inside, X509_free);
    return built ? worst : REVOCATION_UNKNOWN;
}
