#define OPENSSL_SUPPRESS_DEPRECATED /* EC_KEY_METHOD: the only way to a key outside without a provider */
#include "reports/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "reports/keyfile.h"

enum { PIN_MAX = 128, SLOTS_MAX = 64, SCALAR_BYTES = 32, ATTRIBUTES_MAX = 16, POINT_BYTES = 65, NAME_MAX_LENGTH = 256 };

struct token {
    char name[NAME_MAX_LENGTH]; /* the URI without its query, for texts */
    CK_FUNCTION_LIST *own;      /* of module-path; NULL: p11-kit's */
    CK_FUNCTION_LIST **modules; /* p11-kit's, or NULL */
    CK_FUNCTION_LIST *module;   /* where the token is */
    CK_SESSION_HANDLE session;
    bool has_session;
    CK_OBJECT_HANDLE object;
    EC_KEY_METHOD *method;
    EVP_PKEY *key;
    char trouble[ERR_TEXT_MAX];
};

bool token_is_uri(const char *source)
{
    return strncmp(source, "pkcs11:", 7) == 0;
}

EVP_PKEY *token_key(const struct token *t)
{
    return t->key;
}

const char *token_trouble(const struct token *t)
{
    return t->trouble;
}

/* ---- the module ---- */

static int load_modules(struct token *t, const P11KitUri *uri, struct err *err)
{
    const char *path = p11_kit_uri_get_module_path(uri);
    if (!path) {
        t->modules = p11_kit_modules_load_and_initialize(0);
        return t->modules ? 0 : err_set(err, ERR_FAILED, "%s: p11-kit has no modules", t->name);
    }
    CK_FUNCTION_LIST *module = p11_kit_module_load(path, 0);
    if (!module)
        return err_set(err, ERR_INVALID, "%s: module-path %s cannot be loaded; is the token's software installed?",
                       t->name, path);
    CK_RV rv = p11_kit_module_initialize(module);
    if (rv != CKR_OK) {
        p11_kit_module_release(module);
        return err_set(err, ERR_UNREACHABLE, "%s: the module %s does not start: %s", t->name, path,
                       p11_kit_strerror(rv));
    }
    t->own = module;
    return 0;
}

/* ---- the token ---- */

static bool find_in_module(CK_FUNCTION_LIST *module, const P11KitUri *uri, CK_SLOT_ID *slot)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    if (module->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
        return false;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (module->C_GetTokenInfo(slots[i], &info) == CKR_OK && p11_kit_uri_match_token_info(uri, &info)) {
            *slot = slots[i];
            return true;
        }
    }
    return false;
}

static int find_token(struct token *t, const P11KitUri *uri, CK_SLOT_ID *slot, struct err *err)
{
    CK_FUNCTION_LIST *const own[] = {t->own, NULL};
    CK_FUNCTION_LIST *const *modules = t->own ? own : t->modules;
    for (size_t i = 0; modules[i]; i++) {
        if (find_in_module(modules[i], uri, slot)) {
            t->module = modules[i];
            return 0;
        }
    }
    return err_set(err, ERR_UNREACHABLE, "%s: no such token is there; plug it in", t->name);
}

static int login(const struct token *t, const char *source, struct err *err)
{
    char pin[PIN_MAX];
    const char *file = strncmp(source, "file:", 5) == 0 ? source + 5 : source;
    if (keyfile_secret(file, pin, sizeof pin, err) != 0)
        return err_prefix(err, "%s: the PIN", t->name);
    CK_RV rv = t->module->C_Login(t->session, CKU_USER, (unsigned char *)pin, strlen(pin));
    OPENSSL_cleanse(pin, sizeof pin);
    if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
        return 0;
    if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED || rv == CKR_PIN_EXPIRED || rv == CKR_PIN_LEN_RANGE ||
        rv == CKR_PIN_INVALID)
        return err_set(
            err, ERR_REFUSED,
            "%s: %s; it is not tried again, lest the token lock: correct %s, then run: systemctl reload smogpush",
            t->name, p11_kit_strerror(rv), file);
    return err_set(err, ERR_UNREACHABLE, "%s: no login: %s", t->name, p11_kit_strerror(rv));
}

static int open_session(struct token *t, const P11KitUri *uri, struct err *err)
{
    CK_SLOT_ID slot = 0;
    CK_TOKEN_INFO info;
    if (find_token(t, uri, &slot, err) != 0)
        return -1;
    CK_RV rv = t->module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);
    if (rv == CKR_OK) {
        t->has_session = true;
        rv = t->module->C_GetTokenInfo(slot, &info);
    }
    if (rv != CKR_OK)
        return err_set(err, ERR_UNREACHABLE, "%s: %s", t->name, p11_kit_strerror(rv));
    const char *source = p11_kit_uri_get_pin_source(uri);
    if (source)
        return login(t, source, err);
    return info.flags & CKF_LOGIN_REQUIRED
               ? err_set(err, ERR_INVALID,
                         "%s: the token wants a PIN; add ?pin-source=/etc/smogd/seal.pin (or "
                         "credential:NAME) to the URI",
                         t->name)
               : 0;
}

/* ---- the key ---- */

static int find_key(struct token *t, P11KitUri *uri, struct err *err)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = CKK_EC;
    CK_ATTRIBUTE wanted[ATTRIBUTES_MAX] = {{CKA_CLASS, &class, sizeof class}, {CKA_KEY_TYPE, &type, sizeof type}};
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 2, given = 0, number = 0;
    const CK_ATTRIBUTE *attributes = p11_kit_uri_get_attributes(uri, &given);
    for (CK_ULONG i = 0; i < given && count < ATTRIBUTES_MAX; i++)
        if (attributes[i].type != CKA_CLASS)
            wanted[count++] = attributes[i];
    CK_RV rv = t->module->C_FindObjectsInit(t->session, wanted, count);
    if (rv == CKR_OK) {
        rv = t->module->C_FindObjects(t->session, found, 2, &number);
        t->module->C_FindObjectsFinal(t->session);
    }
    if (rv != CKR_OK)
        return err_set(err, ERR_UNREACHABLE, "%s: %s", t->name, p11_kit_strerror(rv));
    if (number != 1)
        return err_set(
            err, ERR_INVALID, "%s: %s; name one with object= or id=", t->name,
            number == 0 ? "no such EC private key is on the token" : "more than one EC private key on the token fits");
    t->object = found[0];
    return 0;
}

static int key_slot(void)
{
    static int slot;
    if (slot == 0)
        slot = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL) + 1;
    return slot - 1;
}

/* What OpenSSL calls instead of its own ECDSA. */
static ECDSA_SIG *sign(const unsigned char *digest, int length, const BIGNUM *kinv, const BIGNUM *in_r, EC_KEY *ec)
{
    struct token *t = EC_KEY_get_ex_data(ec, key_slot());
    CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0};
    unsigned char rs[2 * SCALAR_BYTES], copy[EVP_MAX_MD_SIZE];
    CK_ULONG size = sizeof rs;
    (void)kinv;
    (void)in_r;
    if (length < 0 || length > (int)sizeof copy)
        return NULL;
    memcpy(copy, digest, (size_t)length);
    CK_RV rv = t->module->C_SignInit(t->session, &ecdsa, t->object);
    if (rv == CKR_OK)
        rv = t->module->C_Sign(t->session, copy, (CK_ULONG)length, rs, &size);
    snprintf(t->trouble, sizeof t->trouble, "%s", rv == CKR_OK ? "" : p11_kit_strerror(rv));
    if (rv != CKR_OK || size != sizeof rs)
        return NULL;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(rs, SCALAR_BYTES, NULL), *s = BN_bin2bn(rs + SCALAR_BYTES, SCALAR_BYTES, NULL);
    if (signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1)
        return signature;
    ECDSA_SIG_free(signature);
    BN_free(r);
    BN_free(s);
    return NULL;
}

static int sign_der(int type, const unsigned char *digest, int length, unsigned char *out, unsigned int *size,
                    const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
    (void)type;
    ECDSA_SIG *signature = sign(digest, length, kinv, r, ec);
    int made = signature ? i2d_ECDSA_SIG(signature, &out) : 0;
    ECDSA_SIG_free(signature);
    *size = made > 0 ? (unsigned)made : 0;
    return made > 0;
}

/* Nothing is prepared ahead of a signature. */
static int sign_setup(EC_KEY *ec, BN_CTX *ctx, BIGNUM **kinv, BIGNUM **r)
{
    (void)ec;
    (void)ctx;
    (void)kinv;
    (void)r;
    return 1;
}

static bool make_key(struct token *t, EVP_PKEY *public_key)
{
    unsigned char point[POINT_BYTES];
    size_t length = 0;
    EC_KEY *ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    t->method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    t->key = EVP_PKEY_new();
    bool ok = ec && t->method && t->key &&
              EVP_PKEY_get_octet_string_param(public_key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof point,
                                              &length) == 1 &&
              EC_KEY_oct2key(ec, point, length, NULL) == 1;
    if (ok) {
        EC_KEY_METHOD_set_sign(t->method, sign_der, sign_setup, sign);
        ok = EC_KEY_set_method(ec, t->method) == 1 && EC_KEY_set_ex_data(ec, key_slot(), t) == 1 &&
             EVP_PKEY_set1_EC_KEY(t->key, ec) == 1;
    }
    EC_KEY_free(ec);
    return ok;
}

/* The certificate's file tells a public key, the token holds a private one: only a signature shows that they match. */
static int prove(const struct token *t, EVP_PKEY *public_key, struct err *err)
{
    static const unsigned char text[] = "smogd asks: is this the certificate's key?";
    unsigned char signature[80];
    size_t length = sizeof signature;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool signs = md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, t->key) == 1 &&
                 EVP_DigestSign(md, signature, &length, text, sizeof text) == 1;
    EVP_MD_CTX_free(md);
    md = EVP_MD_CTX_new();
    bool fits = signs && md && EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, public_key) == 1 &&
                EVP_DigestVerify(md, signature, length, text, sizeof text) == 1;
    EVP_MD_CTX_free(md);
    ERR_clear_error();
    if (!signs)
        return err_set(err, ERR_UNREACHABLE, "%s: the token does not sign: %s", t->name, t->trouble);
    return fits ? 0
                : err_set(err, ERR_INVALID,
                          "%s: the key on the token is not the certificate's; give the two of one pair", t->name);
}

/* ---- all of it ---- */

static int parse(const char *text, P11KitUri *uri, struct err *err)
{
    if (p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) != P11_KIT_URI_OK || p11_kit_uri_any_unrecognized(uri))
        return err_set(err, ERR_INVALID,
                       "the key's pkcs11: URI cannot be read; write pkcs11:token=NAME;object=NAME?pin-source=FILE");
    if (p11_kit_uri_get_pin_value(uri))
        return err_set(err, ERR_INVALID,
                       "a PIN has no place in the configuration; put it into a file and write pin-source=FILE");
    return 0;
}

static int open_all(struct token *t, const char *text, P11KitUri *uri, EVP_PKEY *public_key, struct err *err)
{
    if (!uri)
        return err_set(err, ERR_FAILED, "out of memory");
    if (parse(text, uri, err) != 0 || load_modules(t, uri, err) != 0 || open_session(t, uri, err) != 0 ||
        find_key(t, uri, err) != 0)
        return -1;
    if (!make_key(t, public_key)) {
        ERR_clear_error();
        return err_set(err, ERR_INVALID, "%s: its certificate's key must be ECDSA P-256", t->name);
    }
    return prove(t, public_key, err);
}

int token_open(struct token **out, const char *text, EVP_PKEY *public_key, struct err *err)
{
    *out = NULL;
    struct token *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(err, ERR_FAILED, "out of memory");
    snprintf(t->name, sizeof t->name, "%.*s", (int)strcspn(text, "?"), text);
    P11KitUri *uri = p11_kit_uri_new();
    int result = open_all(t, text, uri, public_key, err);
    p11_kit_uri_free(uri);
    if (result != 0) {
        token_close(t);
        return -1;
    }
    *out = t;
    return 0;
}

void token_close(struct token *t)
{
    if (!t)
        return;
    EVP_PKEY_free(t->key);
    if (t->method)
        EC_KEY_METHOD_free(t->method);
    if (t->has_session)
        t->module->C_CloseSession(t->session);
    if (t->own) {
        p11_kit_module_finalize(t->own);
        p11_kit_module_release(t->own);
    }
    if (t->modules)
        p11_kit_modules_finalize_and_release(t->modules);
    free(t);
}
