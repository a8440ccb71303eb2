#include "reports/verifier_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/sha256.h"
#include "reports/slip_note.h"
#include "station/core/utf8.h"

enum { DER_MAX = 2 * SLIP_NOTE_MAX };

struct slip_check {
    struct verification v;
    struct slip_note note;
    char *text;        /* owned */
    X509 *certificate; /* owned */
};

/* "652301-0007-T000002, 新A66T21 yellow: fail; k 1.90 <= 1.20 1/m" */
static void describe(const struct slip_note *n, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s, %s %s, %s: %s%s", n->id, n->plate, n->colour, n->ended_at,
                                   n->verdict, n->voided ? " (void)" : "");
    for (size_t i = 0; i < n->values_count && used < size; i++) {
        const struct slip_note_value *v = &n->values[i];
        used += (size_t)snprintf(out + used, size - used, "; %s %s %s %s %s%s", v->quantity, v->value,
                                 v->at_least ? ">=" : "<=", v->limit, v->unit, v->unconfirmed ? " (unconfirmed)" : "");
    }
    utf8_plain(out);
}

static void take_over(struct verifier *out, const struct slip_note *n)
{
    snprintf(out->id, sizeof out->id, "%s", n->id);
    snprintf(out->station, sizeof out->station, "%.*s", RECORD_ID_MAX - 1, n->station);
    snprintf(out->plate, sizeof out->plate, "%s", n->plate);
    snprintf(out->verdict, sizeof out->verdict, "%s", n->voided ? "void" : n->verdict);
    snprintf(out->ended_at, sizeof out->ended_at, "%s", n->ended_at);
}

/* The certificate in the code. */
static X509 *decode(const struct slip_note *n)
{
    uint8_t der[DER_MAX];
    char reason[128];
    ptrdiff_t length = encoding_unbase64(n->certificate, n->certificate_length, der, sizeof der);
    const unsigned char *at = der;
    X509 *certificate = length > 0 ? d2i_X509(NULL, &at, length) : NULL;
    if (certificate && at != der + length) { /* nothing may stand behind it */
        X509_free(certificate);
        certificate = NULL;
    }
    sealcheck_openssl_reason(reason, sizeof reason);
    return certificate;
}

/* The one among the trusted that made the signature. */
static X509 *look_up(const struct slip_check *s)
{
    struct err err;
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(s->v.options->trust);
    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (certificate && checkpoint_verify(&s->note.checkpoint, s->text, X509_get0_pubkey(certificate), &err) == 0 &&
            X509_up_ref(certificate) == 1)
            return certificate;
    }
    return NULL;
}

static bool check_signature(struct slip_check *s)
{
    const struct checkpoint_read *c = &s->note.checkpoint;
    struct err err;
    char words[128], subject[SEALCHECK_NAME_MAX];
    s->certificate = s->note.certificate ? decode(&s->note) : look_up(s);
    if (!s->certificate)
        return verifier_report(&s->v, VERIFIER_CERTIFICATE, VERIFIER_FAIL, c->origin,
                               s->note.certificate
                                   ? "the certificate in the code cannot be read"
                                   : "the code has no certificate, and none of the trusted ones made the "
                                     "signature; give the station's sealing certificate with --ca");
    if (checkpoint_verify(c, s->text, X509_get0_pubkey(s->certificate), &err) != 0)
        return verifier_report(&s->v, VERIFIER_CHECKPOINT, VERIFIER_FAIL, c->origin, err.text);
    snprintf(words, sizeof words, "%" PRIu64 " / %s", c->size, c->time);
    verifier_report(&s->v, VERIFIER_CHECKPOINT, VERIFIER_OK, words, NULL);
    sealcheck_subject(s->certificate, subject, sizeof subject);
    snprintf(s->v.out->signer, sizeof s->v.out->signer, "%s", subject);
    s->v.out->signed_at = c->time_ms / 1000;
    if (sealcheck_certificate(s->certificate, NULL, c->time_ms / 1000, s->v.options->trust, &err) != 0)
        return verifier_report(&s->v, VERIFIER_CERTIFICATE, VERIFIER_FAIL, subject, err.text);
    return verifier_report(&s->v, VERIFIER_CERTIFICATE, VERIFIER_OK, subject, NULL);
}

static bool check_role(struct slip_check *s)
{
    struct err err;
    int named = 0;
    s->v.seal = (struct sealcheck){.signer = s->certificate, .signed_at = s->note.checkpoint.time_ms / 1000};
    snprintf(s->v.seal.subject, sizeof s->v.seal.subject, "%s", s->v.out->signer);
    if (!verifier_revocation(&s->v))
        return false;
    if (sealcheck_role(&s->v.seal, s->note.station, s->v.options->trust, &named, &err) != 0)
        return verifier_report(&s->v, VERIFIER_ROLE, VERIFIER_FAIL, s->note.station, err.text);
    return verifier_report(&s->v, VERIFIER_ROLE, named ? VERIFIER_OK : VERIFIER_NOTE, s->note.station, NULL);
}

/* The station cannot have signed a journal without the event that the code is about. */
static bool check_place(struct slip_check *s)
{
    char words[96];
    snprintf(words, sizeof words, "event %" PRIu64 " of %" PRIu64, s->note.event, s->note.checkpoint.size);
    return s->note.event < s->note.checkpoint.size ||
           verifier_report(&s->v, VERIFIER_SLIP, VERIFIER_FAIL, words, "the journal is shorter than that");
}

/* Against a checkpoint of the reader's own. */
static void check_known(struct slip_check *s)
{
    const struct verifier_options *o = s->v.options;
    const struct checkpoint_read *c = &s->note.checkpoint;
    const char *known = o->known_checkpoint ? o->known_checkpoint(o->ctx, s->note.station) : NULL;
    struct checkpoint_read other;
    struct err err;
    char size[32];
    if (!known)
        return;
    if (checkpoint_read(&other, known, strlen(known), &err) != 0) {
        verifier_report(&s->v, VERIFIER_CONSISTENCY, VERIFIER_FAIL, "--checkpoint", err.text);
        return;
    }
    snprintf(size, sizeof size, "%" PRIu64, other.size);
    bool same = memcmp(&other.root, &c->root, sizeof other.root) == 0;
    verifier_report(&s->v, VERIFIER_CONSISTENCY,
                    other.size != c->size ? VERIFIER_OPEN
                    : same                ? VERIFIER_OK
                                          : VERIFIER_FAIL,
                    size, NULL);
}

static void check(struct slip_check *s, size_t length)
{
    struct verifier *out = s->v.out;
    struct err err;
    char words[VERIFIER_SENTENCE_MAX / 2];
    if (slip_note_read(&s->note, s->text, length, &err) != 0) {
        verifier_report(&s->v, VERIFIER_SLIP, VERIFIER_FAIL, "", err.text);
        return;
    }
    describe(&s->note, words, sizeof words);
    take_over(out, &s->note);
    if (!s->note.is_signed) {
        verifier_report(&s->v, VERIFIER_SLIP, VERIFIER_OPEN, words, NULL);
        return;
    }
    if (!check_signature(s) || !check_role(s) || !check_place(s))
        return;
    verifier_report(&s->v, VERIFIER_SLIP, s->note.voided ? VERIFIER_NOTE : VERIFIER_OK, words, NULL);
    out->tree_size = s->note.checkpoint.size;
    check_known(s);
}

/* As it was signed: what telephones and people do to the ends of lines, and to the last one, is undone. */
static char *plain_copy(const char *text, size_t *length)
{
    char *copy = malloc(*length + 2);
    size_t used = 0;
    for (size_t i = 0; copy && i < *length; i++)
        if (text[i] != '\r')
            copy[used++] = text[i];
    while (copy && used > 0 && (copy[used - 1] == '\n' || copy[used - 1] == ' '))
        used--;
    if (copy) {
        copy[used++] = '\n';
        copy[used] = '\0';
    }
    *length = used;
    return copy;
}

void verifier_slip(struct verifier *out, const char *text, size_t length, const struct verifier_options *options)
{
    struct slip_check *s = calloc(1, sizeof *s);
    memset(out, 0, sizeof *out);
    if (!s)
        return;
    out->ok = true;
    sha256_hex(text, length, out->sha256);
    s->v.out = out;
    s->v.options = options;
    s->text = plain_copy(text, &length);
    if (s->text)
        check(s, length);
    else
        out->ok = false;
    free(s->text);
    X509_free(s->certificate);
    free(s);
}
