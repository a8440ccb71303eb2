#include "tests/fuzz/journal.h"

#include "reports/merkle.h"
#include "reports/merkle_json.h"
#include "tests/fuzz/fuzz.h"

static int fetch(void *ctx, unsigned level, uint64_t index, struct merkle_hash *out, struct err *err)
{
    const struct journal *j = ctx;
    struct merkle_hash left, right;
    if (level == 0) {
        FUZZ_CHECK(index < j->count);
        merkle_leaf(j->events[index].at, j->events[index].length, out);
        return 0;
    }
    FUZZ_CHECK(fetch(ctx, level - 1, 2 * index, &left, err) == 0);
    FUZZ_CHECK(fetch(ctx, level - 1, 2 * index + 1, &right, err) == 0);
    merkle_node(&left, &right, out);
    return 0;
}

void journal_sign(struct journal *j, struct checkpoint_read *out)
{
    struct err err;
    out->size = j->count;
    FUZZ_CHECK(merkle_root(j->count, fetch, j, &out->root, &err) == 0);
}

void journal_prove(struct journal *j, size_t index, struct json_writer *w)
{
    struct merkle_hash path[MERKLE_PATH_MAX];
    struct err err;
    size_t count = 0;
    FUZZ_CHECK(merkle_inclusion(index, j->count, fetch, j, path, &count, &err) == 0);
    json_integer(w, "index", (int64_t)index);
    merkle_json_write(w, path, count);
}
