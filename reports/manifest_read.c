#include "reports/manifest_read.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "reports/encoding.h"

/*
 * Two layers: `next_tag` cuts the text into tags (with attributes) and the text before them, and resolves namespaces;
 * `manifest_read` walks the one document structure with it.
 */

static const char asic_ns[] = "http://uri.etsi.org/02918/v1.2.1#";
static const char ds_ns[] = "http://www.w3.org/2000/09/xmldsig#";

struct slice {
    const char *at;
    size_t length;
};

struct attribute {
    struct slice name, value;
};

/* A prefix bound to a namespace by the element at this depth. */
struct binding {
    struct slice prefix, uri;
    unsigned depth;
};

enum tag_kind { TAG_OPEN, TAG_CLOSE, TAG_EMPTY };

struct tag {
    enum tag_kind kind;
    struct slice raw;   /* with its prefix */
    struct slice local; /* without */
    struct slice ns;
    struct slice before; /* text before the tag */
    size_t attributes_count;
    struct attribute attributes[MANIFEST_ATTRIBUTES_MAX];
};

struct xml {
    const char *at, *end;
    unsigned line, depth;
    struct slice open[MANIFEST_DEPTH_MAX]; /* raw names of the elements that are open */
    size_t bindings_count;
    struct binding bindings[MANIFEST_BINDINGS_MAX];
    struct err *err;
};

static bool is(struct slice s, const char *text)
{
    return s.length == strlen(text) && memcmp(s.at, text, s.length) == 0;
}

static bool same(struct slice a, struct slice b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

static int wrong(const struct xml *x, const char *what)
{
    return err_set(x->err, ERR_INVALID, "line %u: %s", x->line, what);
}

static bool space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool skip_space(struct xml *x)
{
    const char *from = x->at;
    for (; x->at < x->end && space(*x->at); x->at++)
        x->line += *x->at == '\n';
    return x->at > from;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':';
}

static bool take_name(struct xml *x, struct slice *out)
{
    out->at = x->at;
    while (x->at < x->end && name_char(*x->at))
        x->at++;
    out->length = (size_t)(x->at - out->at);
    return out->length > 0 && out->length <= MANIFEST_WORD_MAX;
}

static bool take(struct xml *x, char c)
{
    if (x->at == x->end || *x->at != c)
        return false;
    x->at++;
    return true;
}

/* Printable ASCII without < and &: nothing that an XML reader would have to translate. */
static bool plain(char c)
{
    return c >= 0x20 && c < 0x7F && c != '<' && c != '&';
}

static int take_attribute(struct xml *x, struct attribute *out)
{
    if (!take_name(x, &out->name))
        return wrong(x, "an attribute name is missing or too long");
    skip_space(x);
    if (!take(x, '='))
        return wrong(x, "'=' is missing after an attribute name");
    skip_space(x);
    char quote = x->at < x->end ? *x->at : '\0';
    if (quote != '"' && quote != '\'')
        return wrong(x, "an attribute value is not in quotes");
    out->value.at = ++x->at;
    while (x->at < x->end && *x->at != quote && plain(*x->at))
        x->at++;
    out->value.length = (size_t)(x->at - out->value.at);
    if (out->value.length > MANIFEST_VALUE_MAX || !take(x, quote))
        return wrong(x, "an attribute value is too long, not closed, or has characters that are not allowed");
    return 0;
}

static int bind(struct xml *x, const struct attribute *a)
{
    if (x->bindings_count == MANIFEST_BINDINGS_MAX)
        return wrong(x, "too many namespaces");
    struct slice prefix = {a->name.at + 5, a->name.length - 5};
    if (prefix.length > 0) {
        prefix.at++;
        prefix.length--;
    }
    x->bindings[x->bindings_count++] = (struct binding){prefix, a->value, x->depth};
    return 0;
}

/* Attributes up to '>' or '/>'. Namespace declarations are bound, the others kept. */
static int take_attributes(struct xml *x, struct tag *tag)
{
    while (skip_space(x) && x->at < x->end && *x->at != '>' && *x->at != '/') {
        struct attribute a;
        if (take_attribute(x, &a))
            return -1;
        if (is(a.name, "xmlns") || (a.name.length > 6 && memcmp(a.name.at, "xmlns:", 6) == 0)) {
            if (bind(x, &a))
                return -1;
            continue;
        }
        for (size_t i = 0; i < tag->attributes_count; i++) {
            if (same(tag->attributes[i].name, a.name))
                return wrong(x, "an attribute is there twice");
        }
        if (tag->attributes_count == MANIFEST_ATTRIBUTES_MAX)
            return wrong(x, "too many attributes");
        tag->attributes[tag->attributes_count++] = a;
    }
    return 0;
}

static int resolve(struct xml *x, struct tag *tag)
{
    struct slice prefix = {tag->raw.at, 0};
    const char *colon = memchr(tag->raw.at, ':', tag->raw.length);
    tag->local = tag->raw;
    if (colon) {
        prefix.length = (size_t)(colon - tag->raw.at);
        tag->local = (struct slice){colon + 1, tag->raw.length - prefix.length - 1};
    }
    for (size_t i = x->bindings_count; i > 0; i--) {
        if (same(x->bindings[i - 1].prefix, prefix)) {
            tag->ns = x->bindings[i - 1].uri;
            return 0;
        }
    }
    return wrong(x, "an element has no namespace");
}

static int close_tag(struct xml *x, struct tag *tag)
{
    tag->kind = TAG_CLOSE;
    bool named = take_name(x, &tag->raw);
    skip_space(x);
    if (!named || !take(x, '>') || x->depth == 0 || !same(x->open[x->depth - 1], tag->raw))
        return wrong(x, "an end tag does not match its start tag");
    if (resolve(x, tag))
        return -1;
    while (x->bindings_count > 0 && x->bindings[x->bindings_count - 1].depth == x->depth)
        x->bindings_count--;
    x->depth--;
    return 0;
}

/* The next tag, with the text before it. */
static int next_tag(struct xml *x, struct tag *tag)
{
    const struct slice nothing = {x->at, 0};
    *tag = (struct tag){.before = nothing, .raw = nothing, .local = nothing, .ns = nothing};
    for (; x->at < x->end && *x->at != '<'; x->at++) {
        if (!plain(*x->at) && !space(*x->at))
            return wrong(x, "a character is not allowed here");
        x->line += *x->at == '\n';
    }
    tag->before.length = (size_t)(x->at - tag->before.at);
    if (!take(x, '<'))
        return wrong(x, "the manifest ends too early");
    if (take(x, '/'))
        return close_tag(x, tag);
    if (!take_name(x, &tag->raw))
        return wrong(x, "document types, comments, CDATA and processing instructions are not allowed");
    if (x->depth == MANIFEST_DEPTH_MAX)
        return wrong(x, "elements are nested too deep");
    x->open[x->depth++] = tag->raw;
    if (take_attributes(x, tag))
        return -1;
    if (take(x, '/'))
        tag->kind = TAG_EMPTY;
    if (!take(x, '>'))
        return wrong(x, "a tag is not closed");
    if (resolve(x, tag))
        return -1;
    if (tag->kind == TAG_EMPTY) {
        while (x->bindings_count > 0 && x->bindings[x->bindings_count - 1].depth == x->depth)
            x->bindings_count--;
        x->depth--;
    }
    return 0;
}

static int take_declaration(struct xml *x)
{
    static const char *const known[] = {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>", "<?xml version='1.0' encoding='UTF-8'?>"};
    if (x->end - x->at < 5 || memcmp(x->at, "<?xml", 5) != 0)
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t length = strlen(known[i]);
        if ((size_t)(x->end - x->at) >= length && memcmp(x->at, known[i], length) == 0) {
            x->at += length;
            return 0;
        }
    }
    return wrong(x, "the XML declaration is not that of XML 1.0 in UTF-8");
}

/* ---- the document ---- */

static bool blank(struct slice s)
{
    for (size_t i = 0; i < s.length; i++) {
        if (!space(s.at[i]))
            return false;
    }
    return true;
}

/* The next tag must be this one; only white space may stand before it. */
static int expect(struct xml *x, struct tag *tag, const char *ns, const char *local, bool open, bool empty)
{
    if (next_tag(x, tag))
        return -1;
    bool kind_ok = (tag->kind == TAG_OPEN && open) || (tag->kind == TAG_EMPTY && empty) ||
                   (tag->kind == TAG_CLOSE && !open && !empty);
    if (!blank(tag->before) || !kind_ok || !is(tag->ns, ns) || !is(tag->local, local)) {
        char what[96];
        snprintf(what, sizeof what, "'%s%s' is expected here", tag->kind == TAG_CLOSE || open || empty ? "" : "end of ",
                 local);
        return wrong(x, what);
    }
    return 0;
}

/* An element without content, as <a/> or <a></a>. */
static int expect_empty(struct xml *x, struct tag *tag, const char *ns, const char *local)
{
    if (expect(x, tag, ns, local, true, true))
        return -1;
    struct tag end;
    return tag->kind == TAG_OPEN ? expect(x, &end, ns, local, false, false) : 0;
}

/* Checks that every attribute is one of the allowed (space-separated) and gives the wanted one. */
static int attribute(struct xml *x, const struct tag *tag, const char *allowed, const char *wanted, struct slice *out)
{
    *out = (struct slice){NULL, 0};
    for (size_t i = 0; i < tag->attributes_count; i++) {
        struct slice name = tag->attributes[i].name;
        char padded[MANIFEST_WORD_MAX + 3];
        snprintf(padded, sizeof padded, " %.*s ", (int)name.length, name.at);
        if (!strstr(allowed, padded))
            return wrong(x, "an attribute is not allowed here");
        if (is(name, wanted))
            *out = tag->attributes[i].value;
    }
    return out->at ? 0 : wrong(x, "an attribute is missing");
}

static int copy_name(struct xml *x, struct slice name, char out[CONTAINER_NAME_MAX])
{
    if (name.length == 0 || name.length >= CONTAINER_NAME_MAX)
        return wrong(x, "the name of an entry is empty or too long");
    memcpy(out, name.at, name.length);
    out[name.length] = '\0';
    return 0;
}

static int algorithm_of(struct xml *x, struct slice uri, enum manifest_algorithm *out)
{
    if (is(uri, "http://www.w3.org/2001/04/xmlenc#sha256"))
        *out = MANIFEST_SHA256;
    else if (is(uri, "urn:oid:1.2.156.10197.1.401")) /* GM/T 0006; XML signatures have no URI of their own for SM3 */
        *out = MANIFEST_SM3;
    else
        return wrong(x, "the digest algorithm is neither SHA-256 nor SM3");
    return 0;
}

static int decode_digest(struct xml *x, struct slice text, uint8_t out[32])
{
    while (text.length > 0 && space(text.at[0])) {
        text.at++;
        text.length--;
    }
    while (text.length > 0 && space(text.at[text.length - 1]))
        text.length--;
    if (encoding_unbase64(text.at, text.length, out, 32) != 32)
        return wrong(x, "a digest value is not 32 bytes in base64");
    return 0;
}

/* After the start tag of DataObjectReference. */
static int read_reference(struct xml *x, const struct tag *start, struct manifest_read *m)
{
    struct tag tag;
    struct slice uri, algorithm;
    if (m->count == MANIFEST_REFERENCES_MAX)
        return wrong(x, "too many entries");
    struct manifest_reference *r = &m->references[m->count];
    if (attribute(x, start, " URI MimeType Rootfile ", "URI", &uri) || copy_name(x, uri, r->name) ||
        expect_empty(x, &tag, ds_ns, "DigestMethod") || attribute(x, &tag, " Algorithm ", "Algorithm", &algorithm) ||
        algorithm_of(x, algorithm, &r->algorithm) || expect(x, &tag, ds_ns, "DigestValue", true, false) ||
        next_tag(x, &tag))
        return -1;
    if (tag.kind != TAG_CLOSE || decode_digest(x, tag.before, r->digest))
        return wrong(x, "a digest value is not 32 bytes in base64");
    for (size_t i = 0; i < m->count; i++) {
        if (m->references[i].algorithm == r->algorithm && strcmp(m->references[i].name, r->name) == 0)
            return wrong(x, "an entry is listed twice");
    }
    m->count++;
    return expect(x, &tag, asic_ns, "DataObjectReference", false, false);
}

int manifest_read(struct manifest_read *m, const char *xml, size_t length, struct err *err)
{
    struct xml x = {.at = xml, .end = xml + length, .line = 1, .err = err};
    struct tag tag;
    struct slice uri;
    m->count = 0;
    if (length > MANIFEST_XML_MAX)
        return err_set(err, ERR_INVALID, "the manifest has %zu bytes; at most %d are allowed", length,
                       MANIFEST_XML_MAX);
    if (take_declaration(&x) || expect(&x, &tag, asic_ns, "ASiCManifest", true, false))
        return -1;
    if (tag.attributes_count > 0)
        return wrong(&x, "an attribute is not allowed here");
    if (expect_empty(&x, &tag, asic_ns, "SigReference") || attribute(&x, &tag, " URI MimeType ", "URI", &uri) ||
        copy_name(&x, uri, m->signature))
        return -1;
    for (;;) {
        if (next_tag(&x, &tag))
            return -1;
        if (!blank(tag.before))
            return wrong(&x, "text is not allowed here");
        if (tag.kind == TAG_CLOSE)
            break;
        if (tag.kind != TAG_OPEN || !is(tag.ns, asic_ns) || !is(tag.local, "DataObjectReference"))
            return wrong(&x, "'DataObjectReference' is expected here");
        if (read_reference(&x, &tag, m))
            return -1;
    }
    skip_space(&x);
    if (x.at != x.end)
        return wrong(&x, "there is something after the manifest's end");
    if (m->count == 0)
        return wrong(&x, "the manifest lists no entry");
    return 0;
}
