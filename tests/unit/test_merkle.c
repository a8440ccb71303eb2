/*
 * The journal's tree. Published numbers: the eight-leaf example of Certificate Transparency (google/certificate-
 * transparency, cpp/merkletree/merkle_tree_test.cc, and transparency-dev/merkle testonly/reference data; RFC 6962 and
 * RFC 9162 hash alike). Beyond it, the recursive definition of RFC 9162 2.1.1-2.1.4, written down a second time here.
 */
#include "reports/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LEAVES_MAX = 71, LEVELS = 8 };

/* A tree kept as the database keeps it: complete subtrees by level and index. */
struct tree {
    uint64_t size;
    struct merkle_hash nodes[LEVELS][LEAVES_MAX];
    bool there[LEVELS][LEAVES_MAX];
};

static int fetch(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    struct tree *t = ctx;
    if (level >= LEVELS || index >= LEAVES_MAX || !t->there[level][index])
        return err_set(err, ERR_FAILED, "no node %u/%llu", level, (unsigned long long)index);
    *out = t->nodes[level][index];
    return 0;
}

static int store(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *hash, struct err *err)
{
    (void)err;
    struct tree *t = ctx;
    assert_true(level < LEVELS && index < LEAVES_MAX);
    assert_false(t->there[level][index]);
    t->there[level][index] = true;
    t->nodes[level][index] = *hash;
    return 0;
}

static void append(struct tree *t, const void *data, size_t length)
{
    struct merkle_hash leaf;
    struct err err;
    merkle_leaf(data, length, &leaf);
    store(t, 0, t->size, &leaf, &err);
    assert_int_equal(merkle_append(t->size, &leaf, fetch, t, store, &err), 0);
    t->size++;
}

static struct merkle_hash from_hex(const char *hex)
{
    struct merkle_hash h;
    assert_int_equal(strlen(hex), 64);
    for (size_t i = 0; i < 32; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        h.bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return h;
}

static void assert_hash(struct merkle_hash got, const char *hex)
{
    struct merkle_hash expected = from_hex(hex);
    assert_memory_equal(got.bytes, expected.bytes, 32);
}

static const char *const example_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void make_example(struct tree *t)
{
    static const struct {
        const char *data;
        size_t length;
    } leaves[] = {
        {"", 0},         {"\x00", 1},
        {"\x10", 1},     {"\x20\x21", 2},
        {"\x30\x31", 2}, {"\x40\x41\x42\x43", 4},
        {"PQRSTUVW", 8}, {"`abcdefghijklmno", 16},
    };
    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < 8; i++)
        append(t, leaves[i].data, leaves[i].length);
}

static void roots_are_the_published_ones(void **state)
{
    (void)state;
    struct tree t;
    struct err err;
    struct merkle_hash root;
    make_example(&t);
    for (uint64_t n = 0; n <= 8; n++) {
        assert_int_equal(merkle_root(n, fetch, &t, &root, &err), 0);
        assert_hash(root, example_roots[n]);
    }
    merkle_empty_root(&root);
    assert_hash(root, example_roots[0]);
}

static void proofs_are_the_published_ones(void **state)
{
    (void)state;
    static const struct {
        bool consistency;
        uint64_t from, size;
        size_t count;
        const char *path[3];
    } rows[] = {
        {false, 0, 1, 0, {0}},
        {false,
         0,
         8,
         3,
         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {false,
         5,
         8,
         3,
         {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {false, 2, 3, 1, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
        {false,
         1,
         5,
         3,
         {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
        {true, 1, 1, 0, {0}},
        {true,
         1,
         8,
         3,
         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {true,
         6,
         8,
         3,
         {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {true,
         2,
         5,
         2,
         {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
    };
    struct tree t;
    struct err err;
    make_example(&t);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct merkle_hash path[MERKLE_PATH_MAX];
        size_t count = 99;
        int rc = rows[r].consistency ? merkle_consistency(rows[r].from, rows[r].size, fetch, &t, path, &count, &err)
                                     : merkle_inclusion(rows[r].from, rows[r].size, fetch, &t, path, &count, &err);
        assert_int_equal(rc, 0);
        assert_int_equal(count, rows[r].count);
        for (size_t i = 0; i < count; i++)
            assert_hash(path[i], rows[r].path[i]);
    }
}

/* ---- the definitions of RFC 9162, recursive, over a plain array of leaves ---- */

static struct merkle_hash mth(const struct merkle_hash *leaves, uint64_t n)
{
    struct merkle_hash out;
    if (n == 0)
        merkle_empty_root(&out);
    else if (n == 1)
        out = leaves[0];
    else {
        uint64_t k = 1;
        while (2 * k < n)
            k *= 2;
        struct merkle_hash left = mth(leaves, k), right = mth(leaves + k, n - k);
        merkle_node(&left, &right, &out);
    }
    return out;
}

static void path_of(uint64_t m, const struct merkle_hash *leaves, uint64_t n, struct merkle_hash *path, size_t *count)
{
    if (n == 1)
        return;
    uint64_t k = 1;
    while (2 * k < n)
        k *= 2;
    if (m < k) {
        path_of(m, leaves, k, path, count);
        path[(*count)++] = mth(leaves + k, n - k);
    } else {
        path_of(m - k, leaves + k, n - k, path, count);
        path[(*count)++] = mth(leaves, k);
    }
}

static void subproof(uint64_t m, const struct merkle_hash *leaves, uint64_t n, bool known, struct merkle_hash *path,
                     size_t *count)
{
    if (m == n) {
        if (!known)
            path[(*count)++] = mth(leaves, n);
        return;
    }
    uint64_t k = 1;
    while (2 * k < n)
        k *= 2;
    if (m <= k) {
        subproof(m, leaves, k, known, path, count);
        path[(*count)++] = mth(leaves + k, n - k);
    } else {
        subproof(m - k, leaves + k, n - k, false, path, count);
        path[(*count)++] = mth(leaves, k);
    }
}

static struct tree big;
static struct merkle_hash big_roots[LEAVES_MAX + 1];

static int make_big(void **state)
{
    (void)state;
    memset(&big, 0, sizeof big);
    for (int i = 0; i < LEAVES_MAX; i++) {
        char text[3] = {(char)('a' + i % 26), (char)('A' + i / 26), '\0'};
        append(&big, text, 2);
    }
    for (uint64_t n = 0; n <= LEAVES_MAX; n++)
        big_roots[n] = mth(big.nodes[0], n);
    return 0;
}

static void every_root_and_proof_follows_the_definition(void **state)
{
    (void)state;
    struct err err;
    struct merkle_hash root, path[MERKLE_PATH_MAX], expected[MERKLE_PATH_MAX];
    size_t count, wanted;
    for (uint64_t n = 0; n <= LEAVES_MAX; n++) {
        assert_int_equal(merkle_root(n, fetch, &big, &root, &err), 0);
        assert_memory_equal(&root, &big_roots[n], sizeof root);
        for (uint64_t m = 0; m < n; m++) {
            wanted = 0;
            path_of(m, big.nodes[0], n, expected, &wanted);
            assert_int_equal(merkle_inclusion(m, n, fetch, &big, path, &count, &err), 0);
            assert_int_equal(count, wanted);
            assert_memory_equal(path, expected, count * sizeof path[0]);
            assert_true(merkle_verify_inclusion(m, n, &big.nodes[0][m], path, count, &root));
        }
        for (uint64_t m = 0; m <= n; m++) {
            wanted = 0;
            if (m > 0)
                subproof(m, big.nodes[0], n, true, expected, &wanted);
            assert_int_equal(merkle_consistency(m, n, fetch, &big, path, &count, &err), 0);
            assert_int_equal(count, wanted);
            assert_memory_equal(path, expected, count * sizeof path[0]);
            assert_true(merkle_verify_consistency(m, &big_roots[m], n, &root, path, count));
        }
    }
}

/* Whatever is changed in a true inclusion proof, it is false. */
static void forged_inclusion_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct merkle_hash path[MERKLE_PATH_MAX + 1];
    size_t count;
    memset(path, 0, sizeof path);
    for (uint64_t n = 1; n <= LEAVES_MAX; n++)
        for (uint64_t m = 0; m < n; m++) {
            const struct merkle_hash *leaf = &big.nodes[0][m], *root = &big_roots[n];
            assert_int_equal(merkle_inclusion(m, n, fetch, &big, path, &count, &err), 0);
            for (uint64_t other = 0; other <= n; other++)
                if (other != m)
                    assert_false(merkle_verify_inclusion(other, n, leaf, path, count, root));
            assert_false(merkle_verify_inclusion(m, n, &big.nodes[0][(m + 1) % LEAVES_MAX], path, count, root));
            assert_false(merkle_verify_inclusion(m, n, leaf, path, count, &big_roots[n - 1]));
            assert_false(merkle_verify_inclusion(m, n, leaf, path, count + 1, root));
            assert_false(merkle_verify_inclusion(UINT64_MAX, n, leaf, path, count, root));
            assert_false(merkle_verify_inclusion(m, 0, leaf, path, count, root));
            if (count > 0) {
                assert_false(merkle_verify_inclusion(m, n, leaf, path, count - 1, root));
                assert_false(merkle_verify_inclusion(m, n, leaf, path + 1, count - 1, root));
            }
            for (size_t i = 0; i < count; i++) {
                path[i].bytes[m % 32] ^= (uint8_t)(1U << n % 8);
                assert_false(merkle_verify_inclusion(m, n, leaf, path, count, root));
                path[i].bytes[m % 32] ^= (uint8_t)(1U << n % 8);
            }
        }
}

static void forged_consistency_is_refused(void **state)
{
    (void)state;
    struct err err;
    struct merkle_hash path[MERKLE_PATH_MAX + 1], other = big_roots[0];
    size_t count;
    memset(path, 0, sizeof path);
    other.bytes[7] ^= 1;
    for (uint64_t n = 1; n <= LEAVES_MAX; n++)
        for (uint64_t m = 1; m <= n; m++) {
            const struct merkle_hash *old = &big_roots[m], *root = &big_roots[n];
            assert_int_equal(merkle_consistency(m, n, fetch, &big, path, &count, &err), 0);
            assert_false(merkle_verify_consistency(m, &other, n, root, path, count));
            assert_false(merkle_verify_consistency(m, old, n, &other, path, count));
            assert_false(merkle_verify_consistency(m, old, n, root, path, count + 1));
            assert_false(merkle_verify_consistency(n + 1, old, n, root, path, count));
            if (m < n)
                assert_false(merkle_verify_consistency(n, old, n, root, path, count));
            if (m > 1)
                assert_false(merkle_verify_consistency(m - 1, old, n, root, path, count));
            if (count > 0) {
                assert_false(merkle_verify_consistency(m, old, n, root, path, count - 1));
                assert_false(merkle_verify_consistency(m, old, n, root, path + 1, count - 1));
                assert_false(merkle_verify_consistency(0, &big_roots[0], n, root, path, count));
            }
            for (size_t i = 0; i < count; i++) {
                path[i].bytes[m % 32] ^= (uint8_t)(1U << n % 8);
                assert_false(merkle_verify_consistency(m, old, n, root, path, count));
                path[i].bytes[m % 32] ^= (uint8_t)(1U << n % 8);
            }
        }
}

/* A journal that was rewritten: same length, one old entry changed. No proof connects it to the old root. */
static void a_rewritten_journal_does_not_continue_the_old_one(void **state)
{
    (void)state;
    struct err err;
    static struct tree forged;
    struct merkle_hash path[MERKLE_PATH_MAX], root;
    size_t count;
    memset(&forged, 0, sizeof forged);
    for (int i = 0; i < LEAVES_MAX; i++) {
        char text[3] = {(char)('a' + i % 26), (char)('A' + i / 26), '\0'};
        if (i == 20)
            text[0] = 'X';
        append(&forged, text, 2);
    }
    for (uint64_t n = 22; n <= LEAVES_MAX; n++)
        for (uint64_t m = 21; m < n; m++) {
            assert_int_equal(merkle_root(n, fetch, &forged, &root, &err), 0);
            assert_int_equal(merkle_consistency(m, n, fetch, &forged, path, &count, &err), 0);
            assert_false(merkle_verify_consistency(m, &big_roots[m], n, &root, path, count));
        }
}

static void impossible_questions_get_an_error(void **state)
{
    (void)state;
    struct err err;
    struct merkle_hash path[MERKLE_PATH_MAX];
    size_t count;
    assert_int_equal(merkle_inclusion(5, 5, fetch, &big, path, &count, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(merkle_consistency(6, 5, fetch, &big, path, &count, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    struct tree empty;
    memset(&empty, 0, sizeof empty);
    assert_int_equal(merkle_root(3, fetch, &empty, path, &err), -1);
    assert_string_equal(err.text, "no node 0/2");
}

static int fetch_nothing(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    (void)err;
    unsigned *levels = ctx;
    assert_true(level <= 64);
    if (level < 64)
        assert_true(index < UINT64_MAX >> level);
    memset(out, (int)level, sizeof *out);
    (*levels)++;
    return 0;
}

/* The largest sizes: never more than MERKLE_PATH_MAX entries, and beyond them a clear no. */
static void the_largest_trees_fit(void **state)
{
    (void)state;
    struct err err;
    struct merkle_hash path[MERKLE_PATH_MAX], root;
    size_t count;
    unsigned calls = 0;
    const uint64_t most = INT64_MAX;
    assert_int_equal(merkle_root(most, fetch_nothing, &calls, &root, &err), 0);
    assert_int_equal(calls, 63);
    assert_int_equal(merkle_inclusion(0, most, fetch_nothing, &calls, path, &count, &err), 0);
    assert_int_equal(count, 63);
    for (uint64_t old = 1; old < 64; old++) {
        assert_int_equal(merkle_consistency(most - old, most, fetch_nothing, &calls, path, &count, &err), 0);
        assert_true(count > 0 && count <= MERKLE_PATH_MAX);
    }
    assert_int_equal(merkle_root(most + 1, fetch_nothing, &calls, &root, &err), -1);
    assert_int_equal(merkle_inclusion(0, most + 1, fetch_nothing, &calls, path, &count, &err), -1);
    assert_int_equal(merkle_consistency(1, most + 1, fetch_nothing, &calls, path, &count, &err), -1);
    assert_false(merkle_verify_inclusion(1, UINT64_MAX, &path[0], path, 64, &root));
    assert_false(merkle_verify_consistency(UINT64_MAX - 1, &root, UINT64_MAX, &root, path, 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_the_published_ones),
        cmocka_unit_test(proofs_are_the_published_ones),
        cmocka_unit_test(every_root_and_proof_follows_the_definition),
        cmocka_unit_test(forged_inclusion_is_refused),
        cmocka_unit_test(forged_consistency_is_refused),
        cmocka_unit_test(a_rewritten_journal_does_not_continue_the_old_one),
        cmocka_unit_test(impossible_questions_get_an_error),
        cmocka_unit_test(the_largest_trees_fit),
    };
    return cmocka_run_group_tests(tests, make_big, NULL);
}
