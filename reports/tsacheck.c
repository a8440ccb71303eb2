#include "reports/tsacheck.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

X509_STORE *tsacheck_trust(const char *ca_file, struct err *err)
{
    X509_STORE *store = X509_STORE_new();
    if (store && X509_STORE_load_file(store, ca_file) == 1) {
        X509_VERIFY_PARAM_set_flags(X509_STORE_get0_param(store), X509_V_FLAG_PARTIAL_CHAIN);
        return store;
    }
    char reason[128];
    err_set(err, ERR_INVALID, "%s: no certificate of a time-stamp authority is in it (%s); give a PEM file", ca_file,
            sealcheck_openssl_reason(reason, sizeof reason));
    X509_STORE_free(store);
    return NULL;
}

/* OpenSSL's last word, with what it adds: of a bad certificate the reason stands only there. */
static int refuse(struct err *err)
{
    const char *more = NULL;
    int flags = 0;
    unsigned long code = ERR_peek_last_error_all(NULL, NULL, NULL, &more, &flags);
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    err_set(err, ERR_FAILED, "%s%s%s", reason ? reason : "no reason given",
            more && more[0] && flags & ERR_TXT_STRING ? ": " : "", more && flags & ERR_TXT_STRING ? more : "");
    ERR_clear_error();
    return -1;
}

static bool gen_time(const TS_TST_INFO *info, int64_t *out)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool ok = epoch && ASN1_TIME_diff(&days, &seconds, epoch, TS_TST_INFO_get_time(info)) == 1;
    ASN1_TIME_free(epoch);
    *out = (int64_t)days * 86400 + seconds;
    return ok;
}

static void name_authority(TS_RESP *response, char out[SEALCHECK_NAME_MAX])
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(TS_RESP_get_token(response), NULL, 0);
    out[0] = '\0';
    if (sk_X509_num(signers) > 0)
        sealcheck_subject(sk_X509_value(signers, 0), out, SEALCHECK_NAME_MAX);
    sk_X509_free(signers);
    ERR_clear_error();
}

static bool same_nonce(const TS_TST_INFO *info, const uint8_t nonce[TSACHECK_NONCE_SIZE])
{
    const ASN1_INTEGER *given = TS_TST_INFO_get_nonce(info);
    BIGNUM *wanted = BN_bin2bn(nonce, TSACHECK_NONCE_SIZE, NULL);
    BIGNUM *got = given ? ASN1_INTEGER_to_BN(given, NULL) : NULL;
    bool same = wanted && got && BN_cmp(wanted, got) == 0;
    BN_free(wanted);
    BN_free(got);
    return same;
}

static int verify(TS_RESP *response, const void *data, size_t size, X509_STORE *trust, struct err *err)
{
    TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
    BIO *content = BIO_new_mem_buf(data, (int)size);
    if (!ctx || !content || (trust && X509_STORE_up_ref(trust) != 1)) {
        BIO_free(content);
        TS_VERIFY_CTX_free(ctx);
        return err_set(err, ERR_FAILED, "out of memory while a time stamp is checked");
    }
    TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_DATA | (trust ? TS_VFY_SIGNATURE : 0));
    TS_VERIFY_CTX_set_data(ctx, content); /* the context owns both */
    TS_VERIFY_CTX_set_store(ctx, trust);
    int result = TS_RESP_verify_response(ctx, response) == 1 ? 0 : refuse(err);
    TS_VERIFY_CTX_free(ctx);
    return result;
}

static int check(struct tsacheck *out, TS_RESP *response, const void *data, size_t size, const uint8_t *nonce,
                 X509_STORE *trust, struct err *err)
{
    TS_TST_INFO *info = TS_RESP_get_tst_info(response);
    if (!info) { /* a refusal; the words for it are OpenSSL's */
        verify(response, data, size, NULL, err);
        return err_prefix(err, "the authority gives no time stamp");
    }
    if (!gen_time(info, &out->at_s))
        return err_set(err, ERR_FAILED, "the time stamp tells no time");
    if (nonce && !same_nonce(info, nonce))
        return err_set(err, ERR_FAILED, "the time stamp answers another question (its nonce is not ours)");
    if (trust)
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trust), (time_t)out->at_s);
    if (verify(response, data, size, trust, err) != 0)
        return -1;
    name_authority(response, out->authority);
    return 0;
}

int tsacheck(struct tsacheck *out, const uint8_t *tsr, size_t size, const void *data, size_t data_size,
             const uint8_t nonce[TSACHECK_NONCE_SIZE], X509_STORE *trust, struct err *err)
{
    const unsigned char *p = tsr;
    *out = (struct tsacheck){0};
    TS_RESP *response = d2i_TS_RESP(NULL, &p, (long)size);
    if (!response || p != tsr + size) {
        TS_RESP_free(response);
        ERR_clear_error();
        return err_set(err, ERR_INVALID, "it is no answer of a time-stamp authority");
    }
    int result = check(out, response, data, data_size, nonce, trust, err);
    TS_RESP_free(response);
    return result;
}
