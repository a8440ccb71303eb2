/*
 * Co-signatures of checkpoints and the requests for them: the published form (c2sp.org/tlog-cosignature,
 * c2sp.org/tlog-witness), what is refused, and that no bit of a co-signed note can change unseen.
 */
#include "reports/cosignature.h"
#include "reports/encoding.h"
#include "reports/sha256.h"
#include "reports/witness_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct err err;

static const char plain[] = "smogd/652301-0007\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n"
                            "time 2026-07-01T09:30:00.250+08:00\n\n\xE2\x80\x94 smogd/652301-0007 AAAAAAAAAAA=\n";

static EVP_PKEY *key_of(uint8_t seed)
{
    uint8_t raw[32];
    memset(raw, seed, sizeof raw);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, sizeof raw);
    assert_non_null(key);
    return key;
}

struct note {
    char text[CHECKPOINT_TEXT_MAX + 1];
    struct checkpoint_read c;
};

static void make(struct note *n)
{
    snprintf(n->text, sizeof n->text, "%s", plain);
    assert_int_equal(checkpoint_read(&n->c, n->text, strlen(n->text), &err), 0);
}

static int find(const struct note *n, const char *name, EVP_PKEY *key, int64_t *time_s)
{
    char as[COSIGNATURE_NAME_MAX];
    return cosignature_find(n->text, &n->c, name, key, time_s, as, &err);
}

/* Key id, time and message made here once more, byte by byte as the document says. */
static void the_line_is_the_published_one(void **state)
{
    (void)state;
    struct note n;
    EVP_PKEY *key = key_of(7);
    make(&n);
    assert_int_equal(cosignature_add(n.text, &n.c, "witness.example.com/w1", key, 1679315147, &err), 0);
    const char *line = n.text + strlen(plain);
    static const char head[] = "\xE2\x80\x94 witness.example.com/w1 ";
    assert_memory_equal(line, head, sizeof head - 1);
    assert_int_equal(line[strlen(line) - 1], '\n');
    uint8_t blob[76], raw[32], digest[32];
    size_t length = sizeof raw;
    assert_int_equal(encoding_unbase64(line + sizeof head - 1, strlen(line) - (sizeof head - 1) - 1, blob, sizeof blob),
                     76);
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, raw, &length), 1);
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, "witness.example.com/w1\n\x04", 24);
    sha256_feed(&h, raw, 32);
    sha256_finish(&h, digest);
    assert_memory_equal(blob, digest, 4);
    assert_memory_equal(blob + 4, "\0\0\0\0\x64\x18\x50\xCB", 8);
    char message[512];
    int size =
        snprintf(message, sizeof message, "cosignature/v1\ntime 1679315147\n%.*s", (int)n.c.signed_length, plain);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(md, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(md, blob + 12, 64, (const uint8_t *)message, (size_t)size), 1);
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
}

static void it_is_found_by_its_key_and_name(void **state)
{
    (void)state;
    struct note n;
    int64_t time_s = 0;
    EVP_PKEY *key = key_of(7), *other = key_of(8);
    make(&n);
    assert_int_equal(find(&n, NULL, key, &time_s), 0);
    assert_int_equal(cosignature_add(n.text, &n.c, "a/w", key, 1000, &err), 0);
    assert_int_equal(cosignature_add(n.text, &n.c, "a/w", key, 3000, &err), 0);
    assert_int_equal(cosignature_add(n.text, &n.c, "a/w", key, 2000, &err), 0);
    assert_int_equal(cosignature_add(n.text, &n.c, "b/w", other, 9000, &err), 0);
    assert_int_equal(find(&n, "a/w", key, &time_s), 1);
    assert_int_equal(time_s, 3000); /* the newest */
    assert_int_equal(find(&n, "a/w", other, &time_s), 0);
    assert_int_equal(find(&n, "c/w", key, &time_s), 0);
    assert_int_equal(find(&n, NULL, other, &time_s), 1);
    assert_int_equal(time_s, 9000);
    assert_int_equal(checkpoint_read(&n.c, n.text, strlen(n.text), &err), 0); /* still the station's note */
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

static void no_bit_changes_unseen(void **state)
{
    (void)state;
    struct note n, copy;
    int64_t time_s = 0;
    EVP_PKEY *key = key_of(7);
    make(&n);
    assert_int_equal(cosignature_add(n.text, &n.c, "a/w", key, 1000, &err), 0);
    size_t own = strlen(plain), length = strlen(n.text);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        if (bit / 8 >= n.c.signed_length && bit / 8 < own)
            continue; /* the station's own signature is checked elsewhere */
        copy = n;
        copy.text[bit / 8] = (char)(copy.text[bit / 8] ^ 1 << bit % 8);
        if (checkpoint_read(&copy.c, copy.text, length, &err) == 0 && find(&copy, "a/w", key, &time_s) == 1)
            fail_msg("bit %zu of byte %zu changed and verified", bit % 8, bit / 8);
    }
    EVP_PKEY_free(key);
}

static void names_and_room_have_bounds(void **state)
{
    (void)state;
    struct note n;
    EVP_PKEY *key = key_of(7);
    make(&n);
    static const char *const bad[] = {"", "a b", "a+b", "a\nb",
                                      "0123456789012345678901234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(cosignature_add(n.text, &n.c, bad[i], key, 1, &err), -1);
    int added = 0;
    while (cosignature_add(n.text, &n.c, "a/w", key, 1000 + added, &err) == 0)
        added++;
    assert_in_range(added, 10, 20);
    assert_int_equal(n.text[strlen(n.text) - 1], '\n'); /* no half line stays behind */
    int64_t time_s = 0;
    assert_int_equal(find(&n, "a/w", key, &time_s), 1);
    assert_int_equal(time_s, 1000 + added - 1);
    EVP_PKEY_free(key);
}

static void keys_of_another_kind_are_refused(void **state)
{
    (void)state;
    char path[256];
    const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    snprintf(path, sizeof path, "%s/no.key", folder);
    assert_null(cosignature_public_key(path, &err));
    assert_int_equal(err.code, ERR_UNREACHABLE);
    FILE *out = fopen(path, "w");
    fputs("nonsense\n", out);
    fclose(out);
    assert_null(cosignature_public_key(path, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_null(cosignature_private_key(path, &err)); /* others may read it */
    assert_non_null(strstr(err.text, "chmod 600"));
}

/* ---- requests ---- */

struct tree {
    struct merkle_hash levels[8][128];
    size_t size;
};

static int fetch(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *e)
{
    (void)e;
    *out = ((struct tree *)ctx)->levels[level][index];
    return 0;
}

static int keep(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *hash, struct err *e)
{
    (void)e;
    ((struct tree *)ctx)->levels[level][index] = *hash;
    return 0;
}

static void grow(struct tree *t, size_t size, char salt)
{
    for (; t->size < size; t->size++) {
        char leaf[2] = {(char)t->size, salt};
        struct merkle_hash hash;
        merkle_leaf(leaf, sizeof leaf, &hash);
        t->levels[0][t->size] = hash;
        assert_int_equal(merkle_append(t->size, &hash, fetch, t, keep, &err), 0);
    }
}

static void ask(struct tree *t, uint64_t old, uint64_t size, struct witness_request *r)
{
    char root[64];
    memset(r, 0, sizeof *r);
    r->old_size = old;
    assert_int_equal(merkle_consistency(old, size, fetch, t, r->path, &r->count, &err), 0);
    assert_int_equal(merkle_root(size, fetch, t, &r->checkpoint.root, &err), 0);
    r->checkpoint.size = size;
    encoding_base64(r->checkpoint.root.bytes, 32, root);
    snprintf(r->note, sizeof r->note,
             "smogd/1\n%zu\n%s\ntime 2026-07-01T09:30:00.250+08:00\n\n\xE2\x80\x94 smogd/1 AAAAAAAAAAA=\n",
             (size_t)size, root);
}

static void requests_are_read_back(void **state)
{
    (void)state;
    static struct tree t;
    static struct witness_request r, back;
    char text[WITNESS_REQUEST_MAX];
    grow(&t, 100, 'a');
    for (uint64_t old = 0; old <= 100; old += 7) {
        ask(&t, old, 100, &r);
        size_t length = witness_request_write(&r, text);
        if (witness_request_read(&back, text, length, &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(back.old_size, old);
        assert_int_equal(back.count, r.count);
        assert_memory_equal(back.path, r.path, r.count * sizeof r.path[0]);
        assert_string_equal(back.note, r.note);
        for (size_t cut = 0; cut + 1 < length; cut++)
            assert_int_equal(witness_request_read(&back, text, cut, &err), -1);
    }
    static const char *const bad[] = {"",           "old 1",     "old\n\n",       "old 01\n\n",
                                      "old -1\n\n", "new 1\n\n", "old 1\nzz\n\n", "old 1\n\nnonsense\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(witness_request_read(&back, bad[i], strlen(bad[i]), &err), -1);
}

static void only_what_continues_is_accepted(void **state)
{
    (void)state;
    static struct tree t, fork;
    static struct witness_request r;
    struct merkle_hash last;
    grow(&t, 50, 'a');
    grow(&t, 100, 'b');
    grow(&fork, 40, 'a');
    grow(&fork, 100, 'c');
    for (uint64_t old = 0; old <= 100; old++)
        for (uint64_t size = old; size <= 100; size += 9) {
            assert_int_equal(merkle_root(old, fetch, &t, &last, &err), 0);
            ask(&t, old, size, &r);
            if (witness_request_check(&r, old, &last, &err) != 0)
                fail_msg("%d to %d: %s", (int)old, (int)size, err.text);
            ask(&fork, old, size, &r);
            bool same = size <= 40 || old <= 40;
            assert_int_equal(witness_request_check(&r, old, &last, &err), same ? 0 : -1);
        }
    assert_int_equal(merkle_root(60, fetch, &t, &last, &err), 0);
    ask(&t, 50, 100, &r); /* from another size than the one co-signed last */
    assert_int_equal(witness_request_check(&r, 60, &last, &err), -1);
    assert_non_null(strstr(err.text, "starts at 50"));
    ask(&t, 50, 55, &r);
    assert_int_equal(witness_request_check(&r, 60, &last, &err), -1);
    assert_non_null(strstr(err.text, "cut or set back"));
    ask(&fork, 60, 60, &r);
    assert_int_equal(witness_request_check(&r, 60, &last, &err), -1);
    assert_non_null(strstr(err.text, "two histories"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_is_the_published_one),
        cmocka_unit_test(it_is_found_by_its_key_and_name),
        cmocka_unit_test(no_bit_changes_unseen),
        cmocka_unit_test(names_and_room_have_bounds),
        cmocka_unit_test(keys_of_another_kind_are_refused),
        cmocka_unit_test(requests_are_read_back),
        cmocka_unit_test(only_what_continues_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
