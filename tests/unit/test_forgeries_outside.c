/*
 * Forgeries of what others than the station vouch with: a time-stamp authority, a second agency that co-signs the
 * journal, and the second signature by the national algorithms (SM2 with SM3). See test_forgeries.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/cosignature.h"
#include "reports/tsacheck.h"
#include "tests/support/tsa.h"
#include "tests/support/verify_rig.h"

/* ---- a time stamp over the journal's first two events; the record is the third ---- */

static const int64_t stamp_s = 1782900000; /* 2026-07-01, an hour of which nothing depends */
static struct keys_pair stamp_root, stamper, stranger_root, stranger;
static X509_STORE *stampers;

static void make_stamper(struct keys_pair *root, struct keys_pair *pair, const char *name)
{
    char root_name[32];
    snprintf(root_name, sizeof root_name, "%s-root", name);
    keys_make(root, verify_rig_folder(), &(struct keys_request){.name = root_name, .subject = root_name, .from_ms = 1});
    keys_make(pair, verify_rig_folder(),
              &(struct keys_request){
                  .name = name, .subject = "stamps", .by = root, .extended = "critical,timeStamping", .from_ms = 1});
}

static int make_keys(void **state)
{
    struct err err;
    (void)state;
    make_stamper(&stamp_root, &stamper, "tsa");
    make_stamper(&stranger_root, &stranger, "stranger");
    stampers = tsacheck_trust(stamp_root.cert_file, &err);
    return stampers ? 0 : -1;
}

static int drop_keys(void **state)
{
    (void)state;
    X509_STORE_free(stampers);
    keys_free(&stamper);
    keys_free(&stamp_root);
    keys_free(&stranger);
    keys_free(&stranger_root);
    return 0;
}

static void put_stamp(struct verify_rig *r, const struct keys_pair *by, const char *stamped, const char *note)
{
    size_t size;
    uint8_t *token =
        tsa_stamp(by, &(struct tsa_request){.data = stamped, .size = strlen(stamped), .at_s = stamp_s}, &size);
    package_fixture_put(&r->f, "log/timestamp.tsr", token, size);
    package_fixture_put(&r->f, "log/timestamp.note", note, strlen(note));
    free(token);
}

/* The package with the path from two events to three; the note of the two, malloc'ed. */
static char *with_path(struct verify_rig *r)
{
    char extends[4096];
    package_fixture_fill(&r->f);
    char *note = package_fixture_checkpoint(&r->f, 2), *path = package_fixture_path(&r->f, 2, 3);
    snprintf(extends, sizeof extends, "[{\"path\":%s,\"size\":2}]", path);
    package_fixture_proof(&r->f, 2, extends);
    free(path);
    r->stampers = stampers;
    return note;
}

static void stamp_of_a_stranger(struct verify_rig *r)
{
    char *note = with_path(r);
    put_stamp(r, &stranger, note, note);
    verify_rig_seal(r);
    free(note);
}

static void stamp_of_another_text(struct verify_rig *r)
{
    char *note = with_path(r);
    put_stamp(r, &stamper, "another text", note);
    verify_rig_seal(r);
    free(note);
}

static void stamp_altered(struct verify_rig *r)
{
    char *note = with_path(r);
    put_stamp(r, &stamper, note, note);
    struct fixture_file *token = package_fixture_file(&r->f, "log/timestamp.tsr");
    token->data[token->size - 10] ^= 1; /* in the authority's signature */
    verify_rig_seal(r);
    free(note);
}

/* Stamped was a journal with another past. */
static void stamp_of_a_fork(struct verify_rig *r)
{
    char *note = with_path(r);
    free(note);
    struct merkle_hash was = r->f.leaves[1];
    merkle_leaf("{}", 2, &r->f.leaves[1]);
    note = package_fixture_checkpoint(&r->f, 2);
    r->f.leaves[1] = was;
    put_stamp(r, &stamper, note, note);
    verify_rig_seal(r);
    free(note);
}

static void stamp_without_its_note(struct verify_rig *r)
{
    char *note = with_path(r);
    put_stamp(r, &stamper, note, note);
    package_fixture_remove(&r->f, "log/timestamp.note");
    verify_rig_seal(r);
    free(note);
}

/* ---- the second agency ---- */

static EVP_PKEY *key_of(uint8_t seed)
{
    uint8_t raw[32];
    memset(raw, seed, sizeof raw);
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, sizeof raw);
}

/* The reader asks for the witness with key 7 and has this checkpoint, co-signed with key `seed`; `bend` alters it. */
static void witnessed(struct verify_rig *r, char *note, uint8_t seed, bool bend)
{
    struct checkpoint_read c;
    struct err err;
    EVP_PKEY *key = key_of(seed), *asked = key_of(7);
    note = realloc(note, CHECKPOINT_TEXT_MAX + 1);
    assert_int_equal(checkpoint_read(&c, note, strlen(note), &err), 0);
    assert_int_equal(cosignature_add(note, &c, "ecology/w1", key, stamp_s, &err), 0);
    if (bend) {
        char *last = note + strlen(note) - 6; /* before the padding and the newline */
        *last = *last == 'A' ? 'B' : 'A';
    }
    r->known = note;
    r->witness = asked;
    verify_rig_seal(r);
    r->known = NULL;
    r->witness = NULL;
    EVP_PKEY_free(asked);
    EVP_PKEY_free(key);
    free(note);
}

static void cosignature_altered(struct verify_rig *r)
{
    package_fixture_fill(&r->f);
    witnessed(r, package_fixture_checkpoint(&r->f, 3), 7, true);
}

static void cosignature_of_another_key(struct verify_rig *r)
{
    package_fixture_fill(&r->f);
    witnessed(r, package_fixture_checkpoint(&r->f, 3), 8, false);
}

/* The witness saw another journal than the one that the package is from. */
static void cosignature_over_another_root(struct verify_rig *r)
{
    package_fixture_fill(&r->f);
    struct merkle_hash was = r->f.leaves[1];
    merkle_leaf("{}", 2, &r->f.leaves[1]);
    char *note = package_fixture_checkpoint(&r->f, 3);
    r->f.leaves[1] = was;
    witnessed(r, note, 7, false);
}

/* ---- the second signature ---- */

static const char sm2_name[] = "META-INF/signature002.sm2";

/* Sealed twice; malloc'ed. The second key is the first one's station's. */
static uint8_t *sealed_twice(struct verify_rig *r, struct keys_pair *pair, size_t *size)
{
    struct err err;
    uint8_t *bytes;
    keys_make(pair, verify_rig_folder(),
              &(struct keys_request){
                  .name = "sm2", .subject = "652301-0007", .usage = "digitalSignature", .curve = "SM2", .from_ms = 1});
    if (seal_open_sm2(&r->f.second_seal, pair->key_file, pair->cert_file, &err) != 0)
        fail_msg("%s", err.text);
    package_fixture_fill(&r->f);
    package_fixture_seal(&r->f, &bytes, size);
    return bytes;
}

static void with_second(struct verify_rig *r, enum verify_rig_change change, const void *data, size_t length)
{
    struct keys_pair pair;
    size_t size, again_size;
    uint8_t *bytes = sealed_twice(r, &pair, &size), *again;
    verify_rig_run(r, bytes, size);
    assert_true(r->v.ok); /* what it is made from is good */
    verify_rig_rewrite(bytes, size, sm2_name, change, data, length, &again, &again_size);
    verify_rig_run(r, again, again_size);
    free(again);
    free(bytes);
    keys_free(&pair);
}

static void second_altered(struct verify_rig *r)
{
    with_second(r, VERIFY_RIG_CHANGE, NULL, 0);
}

static void second_removed(struct verify_rig *r)
{
    with_second(r, VERIFY_RIG_REMOVE, NULL, 0);
}

/* Over the same list, with the distinguishing id that the standard sets (NULL: none), by any key. */
static size_t sign_again(EVP_PKEY *key, const char *id, const struct container_entry *list, uint8_t out[128])
{
    size_t length = 128;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    assert_true(EVP_PKEY_CTX_set1_id(ctx, id, (int)strlen(id)) == 1);
    assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sm3(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(md, out, &length, list->data, list->size), 1);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
    return length;
}

static void second_signed_again(struct verify_rig *r, EVP_PKEY *other, const char *id)
{
    static struct container c;
    struct keys_pair pair;
    struct err err;
    size_t size, again_size;
    uint8_t *bytes = sealed_twice(r, &pair, &size), *again, signature[128];
    assert_int_equal(container_read(&c, bytes, size, &err), 0);
    size_t length =
        sign_again(other ? other : pair.key, id, container_find(&c, "META-INF/ASiCManifest001.xml"), signature);
    verify_rig_rewrite(bytes, size, sm2_name, VERIFY_RIG_CHANGE, signature, length, &again, &again_size);
    verify_rig_run(r, again, again_size);
    free(again);
    free(bytes);
    keys_free(&pair);
}

static void second_of_another_key(struct verify_rig *r)
{
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    second_signed_again(r, other, "1234567812345678");
    EVP_PKEY_free(other);
}

static void second_of_another_id(struct verify_rig *r)
{
    second_signed_again(r, NULL, "1234567812345679");
}

/* ---- all of them ---- */

static const struct verify_rig_forgery forgeries[] = {
    {"time stamp of an untrusted authority", stamp_of_a_stranger, "timestamp", "the time stamp does not hold", false},
    {"time stamp of another text", stamp_of_another_text, "timestamp", "imprint", false},
    {"time stamp altered", stamp_altered, "timestamp", "the time stamp does not hold", false},
    {"key: time stamp of another past", stamp_of_a_fork, "timestamp", "does not continue", false},
    {"key: time stamp without its note", stamp_without_its_note, "timestamp", "one is missing", false},
    {"co-signature altered", cosignature_altered, "witness", "the co-signature of ecology/w1 is false", false},
    {"co-signature of another key", cosignature_of_another_key, "witness", "carries the co-signature of this witness",
     true},
    {"key: co-signed was another journal", cosignature_over_another_root, "consistency", "does NOT agree", false},
    {"second signature altered", second_altered, "sm2", "is not genuine", false},
    {"second signature removed", second_removed, "sm2", "it is missing, its certificate is there", false},
    {"second signature of another key", second_of_another_key, "sm2", "is not genuine", false},
    {"second signature with another id", second_of_another_id, "sm2", "is not genuine", false},
};

static void every_forgery_is_refused_for_its_reason(void **state)
{
    (void)state;
    assert_int_equal(verify_rig_unrefused(forgeries, sizeof forgeries / sizeof forgeries[0]), 0);
}

/* The same tools make good ones. */
static void what_they_are_made_from_is_good(void **state)
{
    (void)state;
    struct verify_rig *r = verify_rig_open();
    char *note = with_path(r);
    put_stamp(r, &stamper, note, note);
    free(note);
    witnessed(r, package_fixture_checkpoint(&r->f, 3), 7, false);
    if (!r->v.ok || r->v.open > 0)
        verify_rig_show(r);
    assert_true(r->v.ok && r->v.open == 0);
    assert_non_null(verify_rig_find(r, "timestamp", VERIFIER_OK));
    assert_non_null(verify_rig_find(r, "witness", VERIFIER_OK));
    verify_rig_close(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_they_are_made_from_is_good),
        cmocka_unit_test(every_forgery_is_refused_for_its_reason),
    };
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
