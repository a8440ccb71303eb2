#include "station/digest_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MD5_BYTES = 16, MD5_HEX = 2 * MD5_BYTES + 1 };

static bool is_word(struct slice slice, const char *word)
{
    return slice.length == strlen(word) && strncasecmp(slice.at, word, slice.length) == 0;
}

static bool copy(char *out, struct slice value)
{
    bool fits = value.length < DIGEST_AUTH_TEXT_MAX;
    for (size_t i = 0; fits && i < value.length; i++)
        fits = (unsigned char)value.at[i] >= ' ' && value.at[i] != 0x7f;
    if (fits)
        snprintf(out, DIGEST_AUTH_TEXT_MAX, "%.*s", (int)value.length, value.at);
    return fits;
}

/* Takes name=value or name="value" off the front, with the comma behind it. */
static bool take_pair(struct slice *rest, struct slice *name, struct slice *value)
{
    const char *at = rest->at, *end = at + rest->length;
    while (at < end && strchr(", \t", *at))
        at++;
    name->at = at;
    while (at < end && *at != '=')
        at++;
    name->length = (size_t)(at - name->at);
    if (at == end)
        return false;
    bool quoted = ++at < end && *at == '"';
    at += quoted;
    value->at = at;
    while (at < end && (quoted ? *at != '"' : !strchr(", \t", *at)))
        at += quoted && *at == '\\' && at + 1 < end ? 2 : 1;
    value->length = (size_t)(at - value->at);
    bool closed = !quoted || at < end;
    at += quoted && closed;
    *rest = (struct slice){at, (size_t)(end - at)};
    return closed;
}

static bool offers_auth(struct slice qops)
{
    struct slice qop;
    while (slice_field(&qops, ',', &qop)) {
        struct slice word = slice_trim((const uint8_t *)qop.at, qop.length);
        if (is_word(word, "auth"))
            return true;
    }
    return false;
}

bool digest_auth_read(struct digest_auth *auth, struct slice challenge)
{
    struct slice scheme, name, value;
    *auth = (struct digest_auth){0};
    if (!slice_word(&challenge, &scheme) || !is_word(scheme, "Digest"))
        return false;
    bool good = true, has_realm = false;
    while (good && take_pair(&challenge, &name, &value)) {
        if (is_word(name, "realm"))
            good = has_realm = copy(auth->realm, value);
        else if (is_word(name, "nonce"))
            good = copy(auth->nonce, value);
        else if (is_word(name, "opaque"))
            good = copy(auth->opaque, value);
        else if (is_word(name, "algorithm"))
            good = is_word(value, "MD5");
        else if (is_word(name, "qop"))
            good = auth->qop = offers_auth(value);
    }
    return good && has_realm && auth->nonce[0];
}

/* MD5 of the parts with colons between, in hex; NULL ends them. */
static bool md5(char out[MD5_HEX], ...)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestInit_ex(ctx, EVP_md5(), NULL) == 1;
    va_list parts;
    va_start(parts, out);
    const char *part = va_arg(parts, const char *);
    for (bool first = true; good && part; first = false, part = va_arg(parts, const char *))
        good = (first || EVP_DigestUpdate(ctx, ":", 1) == 1) && EVP_DigestUpdate(ctx, part, strlen(part)) == 1;
    va_end(parts);
    good = good && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    for (size_t i = 0; good && i < MD5_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(ctx);
    return good;
}

bool digest_auth_answer(struct digest_auth *auth, const char *user, const char *password, const char *method,
                        const char *uri, const char *cnonce, char out[DIGEST_AUTH_HEADER_MAX])
{
    char ha1[MD5_HEX], ha2[MD5_HEX], response[MD5_HEX], count[9], more[160] = "";
    snprintf(count, sizeof count, "%08x", ++auth->used);
    bool good = md5(ha1, user, auth->realm, password, (char *)NULL) && md5(ha2, method, uri, (char *)NULL) &&
                (auth->qop ? md5(response, ha1, auth->nonce, count, cnonce, "auth", ha2, (char *)NULL)
                           : md5(response, ha1, auth->nonce, ha2, (char *)NULL));
    OPENSSL_cleanse(ha1, sizeof ha1);
    if (auth->qop)
        snprintf(more, sizeof more, ", qop=auth, nc=%s, cnonce=\"%.64s\"", count, cnonce);
    int length = snprintf(
        out, DIGEST_AUTH_HEADER_MAX,
        "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", algorithm=MD5%s%s%s%s", user,
        auth->realm, auth->nonce, uri, good ? response : "", more, auth->opaque[0] ? ", opaque=\"" : "", auth->opaque,
        auth->opaque[0] ? "\"" : "");
    return good && length > 0 && length < DIGEST_AUTH_HEADER_MAX;
}
