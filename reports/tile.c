#include "reports/tile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* 1234067 is x001/x234/067: three digits a part, all but the last with an x. */
static void number_path(uint64_t n, char *out, size_t size)
{
    char parts[8][8];
    int count = 0;
    do {
        snprintf(parts[count], sizeof parts[0], "%s%03u", count ? "x" : "", (unsigned)(n % 1000));
        count++;
        n /= 1000;
    } while (n > 0);
    out[0] = '\0';
    for (int i = count - 1; i >= 0; i--)
        snprintf(out + strlen(out), size - strlen(out), "%s%s", parts[i], i ? "/" : "");
}

void tile_path(const char *what, uint64_t n, unsigned width, char out[TILE_PATH_MAX])
{
    char number[64];
    number_path(n, number, sizeof number);
    if (width == TILE_WIDTH)
        snprintf(out, TILE_PATH_MAX, "tile/%.8s/%s", what, number);
    else
        snprintf(out, TILE_PATH_MAX, "tile/%.8s/%s.p/%u", what, number, width);
}

unsigned tile_width(uint64_t count, uint64_t n)
{
    uint64_t left = count - n * TILE_WIDTH;
    return left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
}

void tile_root(const struct merkle_hash *hashes, size_t count, struct merkle_hash *out)
{
    struct merkle_hash row[TILE_WIDTH];
    assert(count > 0 && count <= TILE_WIDTH && (count & (count - 1)) == 0);
    memcpy(row, hashes, count * sizeof *hashes);
    for (; count > 1; count /= 2)
        for (size_t i = 0; i < count / 2; i++)
            merkle_node(&row[2 * i], &row[2 * i + 1], &row[i]);
    *out = row[0];
}

int tile_leaves(const char *data, size_t length, unsigned width, struct merkle_hash out[TILE_WIDTH], struct err *err)
{
    size_t at = 0;
    for (unsigned i = 0; i < width; i++) {
        size_t left = length - at, size = left < 2 ? 0 : (size_t)(uint8_t)data[at] << 8 | (uint8_t)data[at + 1];
        if (left < 2 + size)
            return err_set(err, ERR_FAILED, "it is cut");
        merkle_leaf(data + at + 2, size, &out[i]);
        at += 2 + size;
    }
    return at == length ? 0 : err_set(err, ERR_FAILED, "more is in it than its events");
}
