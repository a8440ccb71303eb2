#include "reports/merkle.h"

#include "reports/encoding.h"
#include "reports/sha256.h"

#include <string.h>

void merkle_leaf(const void *data, size_t length, struct merkle_hash *out)
{
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, "\x00", 1);
    sha256_feed(&h, data, length);
    sha256_finish(&h, out->bytes);
}

void merkle_node(const struct merkle_hash *left, const struct merkle_hash *right, struct merkle_hash *out)
{
    struct sha256 h;
    sha256_init(&h);
    sha256_feed(&h, "\x01", 1);
    sha256_feed(&h, left->bytes, sizeof left->bytes);
    sha256_feed(&h, right->bytes, sizeof right->bytes);
    sha256_finish(&h, out->bytes);
}

void merkle_empty_root(struct merkle_hash *out)
{
    struct sha256 h;
    sha256_init(&h);
    sha256_finish(&h, out->bytes);
}

void merkle_mark(const struct merkle_hash *root, char out[MERKLE_MARK_SIZE])
{
    encoding_hex(root->bytes, (MERKLE_MARK_SIZE - 1) / 2, out);
}

/*
 * The right edge of the tree of `size` leaves: the root of what lies at and under node `index` of `level`, complete or
 * not. The leaves from index << level on (fewer than 1 << level of them when incomplete) fall into one complete subtree
 * for each bit of their number, largest first; at each such level it is the last complete one, (size >> level) - 1.
 */
static int subtree_root(unsigned level, uint64_t index, uint64_t size, merkle_fetch *fetch, void *ctx,
                        struct merkle_hash *out, struct err *err)
{
    if (index < size >> level)
        return fetch(ctx, level, index, out, err);
    bool some = false;
    for (unsigned l = 0; l < level; l++) {
        struct merkle_hash left;
        if (!(size >> l & 1))
            continue;
        if (fetch(ctx, l, (size >> l) - 1, &left, err) != 0)
            return -1;
        if (some)
            merkle_node(&left, out, out);
        else
            *out = left;
        some = true;
    }
    return 0;
}

/* How many levels lie above the leaves of a tree of size >= 1. */
static unsigned height(uint64_t size)
{
    unsigned h = 0;
    for (uint64_t last = size - 1; last > 0; last >>= 1)
        h++;
    return h;
}

/* Beyond this a path would not fit MERKLE_PATH_MAX; the database counts as far as that, too. */
static int check_size(uint64_t size, struct err *err)
{
    if (size > INT64_MAX)
        return err_set(err, ERR_INVALID, "a journal of %llu entries is impossible", (unsigned long long)size);
    return 0;
}

int merkle_root(uint64_t size, merkle_fetch *fetch, void *ctx, struct merkle_hash *out, struct err *err)
{
    if (check_size(size, err) != 0)
        return -1;
    if (size == 0) {
        merkle_empty_root(out);
        return 0;
    }
    return subtree_root(height(size), 0, size, fetch, ctx, out, err);
}

int merkle_append(uint64_t index, const struct merkle_hash *leaf, merkle_fetch *fetch, void *ctx,
                  int (*store)(void *ctx, unsigned level, uint64_t index, const struct merkle_hash *hash,
                               struct err *err),
                  struct err *err)
{
    struct merkle_hash hash = *leaf;
    for (unsigned level = 0; index & 1; level++) {
        struct merkle_hash left;
        if (fetch(ctx, level, index - 1, &left, err) != 0)
            return -1;
        merkle_node(&left, &hash, &hash);
        index >>= 1;
        if (store(ctx, level + 1, index, &hash, err) != 0)
            return -1;
    }
    return 0;
}

int merkle_inclusion(uint64_t index, uint64_t size, merkle_fetch *fetch, void *ctx, struct merkle_hash *path,
                     size_t *count, struct err *err)
{
    *count = 0;
    if (check_size(size, err) != 0)
        return -1;
    if (index >= size)
        return err_set(err, ERR_INVALID, "entry %llu is not in a journal of %llu entries", (unsigned long long)index,
                       (unsigned long long)size);
    unsigned level = 0;
    for (uint64_t last = size - 1; last > 0; last >>= 1, index >>= 1, level++) {
        uint64_t sibling = index ^ 1;
        if (sibling > last)
            continue; /* the right edge has nothing beside it: the node moves up as it is */
        if (subtree_root(level, sibling, size, fetch, ctx, &path[(*count)++], err) != 0)
            return -1;
    }
    return 0;
}

int merkle_consistency(uint64_t old_size, uint64_t size, merkle_fetch *fetch, void *ctx, struct merkle_hash *path,
                       size_t *count, struct err *err)
{
    *count = 0;
    if (check_size(size, err) != 0)
        return -1;
    if (old_size > size)
        return err_set(err, ERR_INVALID, "the journal has %llu entries, fewer than the %llu it is compared with",
                       (unsigned long long)size, (unsigned long long)old_size);
    if (old_size == 0 || old_size == size)
        return 0;
    uint64_t index = old_size - 1, last = size - 1;
    unsigned level = 0;
    for (; index & 1; index >>= 1, last >>= 1)
        level++;
    /* The old tree's rightmost complete subtree; when it is the whole old tree, its root is known already. */
    if (index > 0 && fetch(ctx, level, index, &path[(*count)++], err) != 0)
        return -1;
    for (; last > 0; last >>= 1, index >>= 1, level++) {
        uint64_t sibling = index ^ 1;
        if (sibling > last)
            continue;
        if (subtree_root(level, sibling, size, fetch, ctx, &path[(*count)++], err) != 0)
            return -1;
    }
    return 0;
}

static bool equal(const struct merkle_hash *a, const struct merkle_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* RFC 9162 2.1.3.2: the steps and names fn, sn, r are the standard's. */
bool merkle_verify_inclusion(uint64_t index, uint64_t size, const struct merkle_hash *leaf,
                             const struct merkle_hash *path, size_t count, const struct merkle_hash *root)
{
    if (index >= size)
        return false;
    uint64_t fn = index, sn = size - 1;
    struct merkle_hash r = *leaf;
    for (size_t i = 0; i < count; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            merkle_node(&path[i], &r, &r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(&r, &path[i], &r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && equal(&r, root);
}

/* RFC 9162 2.1.4.2. An empty old tree is a part of every tree; the standard leaves it out. */
bool merkle_verify_consistency(uint64_t old_size, const struct merkle_hash *old_root, uint64_t size,
                               const struct merkle_hash *root, const struct merkle_hash *path, size_t count)
{
    if (old_size > size)
        return false;
    if (old_size == size)
        return count == 0 && equal(old_root, root);
    if (old_size == 0) {
        struct merkle_hash empty;
        merkle_empty_root(&empty);
        return count == 0 && equal(old_root, &empty);
    }
    bool whole = (old_size & (old_size - 1)) == 0; /* a complete tree: its root stands for the path's first entry */
    if (!whole && count == 0)
        return false;
    uint64_t fn = old_size - 1, sn = size - 1;
    for (; fn & 1; fn >>= 1)
        sn >>= 1;
    struct merkle_hash fr = whole ? *old_root : path[0], sr = fr;
    for (size_t i = whole ? 0 : 1; i < count; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            merkle_node(&path[i], &fr, &fr);
            merkle_node(&path[i], &sr, &sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(&sr, &path[i], &sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && equal(&fr, old_root) && equal(&sr, root);
}
