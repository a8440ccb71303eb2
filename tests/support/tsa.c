#include "tests/support/tsa.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ts.h>

static ASN1_INTEGER *serial_number(struct TS_resp_ctx *ctx, void *data)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    (void)ctx;
    (void)data;
    assert(number && ASN1_INTEGER_set(number, 7) == 1);
    return number;
}

static int tell_time(struct TS_resp_ctx *ctx, void *data, long *s, long *us)
{
    (void)ctx;
    *s = (long)*(const int64_t *)data;
    *us = 0;
    return 1;
}

static BIO *question(const struct tsa_request *r)
{
    uint8_t digest[32];
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = EVP_Digest(r->data, r->size, digest, NULL, EVP_sha256(), NULL) == 1 &&
              X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
              TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 && TS_MSG_IMPRINT_set_msg(imprint, digest, 32) == 1 &&
              TS_REQ_set_version(request, 1) == 1 && TS_REQ_set_msg_imprint(request, imprint) == 1 &&
              TS_REQ_set_cert_req(request, 1) == 1;
    if (r->nonce) {
        BIGNUM *number = BN_bin2bn(r->nonce, 8, NULL);
        ASN1_INTEGER *nonce = BN_to_ASN1_INTEGER(number, NULL);
        ok = ok && TS_REQ_set_nonce(request, nonce) == 1;
        ASN1_INTEGER_free(nonce);
        BN_free(number);
    }
    ok = ok && i2d_TS_REQ_bio(bio, request) == 1;
    assert(ok);
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    TS_REQ_free(request);
    return bio;
}

uint8_t *tsa_stamp(const struct keys_pair *pair, const struct tsa_request *request, size_t *size)
{
    int64_t at_s = request->at_s;
    TS_RESP_CTX *ctx = TS_RESP_CTX_new();
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
    TS_RESP_CTX_set_serial_cb(ctx, serial_number, NULL);
    TS_RESP_CTX_set_time_cb(ctx, tell_time, &at_s);
    bool ok = TS_RESP_CTX_set_signer_cert(ctx, pair->cert) == 1 && TS_RESP_CTX_set_signer_key(ctx, pair->key) == 1 &&
              TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256()) == 1 && TS_RESP_CTX_add_md(ctx, EVP_sha256()) == 1 &&
              TS_RESP_CTX_set_def_policy(ctx, policy) == 1 &&
              TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256()) == 1;
    assert(ok);
    (void)ok;
    BIO *asked = question(request);
    TS_RESP *response = TS_RESP_create_response(ctx, asked);
    unsigned char *der = NULL;
    int length = i2d_TS_RESP(response, &der);
    assert(length > 0);
    uint8_t *copy = malloc((size_t)length);
    assert(copy);
    memcpy(copy, der, (size_t)length);
    *size = (size_t)length;
    OPENSSL_free(der);
    TS_RESP_free(response);
    BIO_free(asked);
    ASN1_OBJECT_free(policy);
    TS_RESP_CTX_free(ctx);
    return copy;
}
