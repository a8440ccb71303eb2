#include "reports/merkle_json.h"

#include <string.h>

#include "reports/encoding.h"

void merkle_json_write(struct json_writer *w, const struct merkle_hash *path, size_t count)
{
    json_array_begin(w, "path");
    for (size_t i = 0; i < count; i++) {
        char hex[2 * MERKLE_HASH_SIZE + 1];
        encoding_hex(path[i].bytes, sizeof path[i].bytes, hex);
        json_string(w, NULL, hex);
    }
    json_array_end(w);
}

int merkle_json_read(const struct json_doc *doc, ptrdiff_t array, struct merkle_hash path[MERKLE_PATH_MAX],
                     size_t *count, struct err *err)
{
    if (array < 0 || doc->tokens[array].type != JSON_ARRAY || doc->tokens[array].count > MERKLE_PATH_MAX)
        return err_set(err, ERR_INVALID, "'path' is not a list of at most %d hashes", MERKLE_PATH_MAX);
    *count = doc->tokens[array].count;
    for (size_t i = 0; i < *count; i++) {
        char text[2 * MERKLE_HASH_SIZE + 1];
        if (!json_get_string(doc, json_element(doc, (size_t)array, i), text, sizeof text) ||
            !encoding_unhex(text, strlen(text), path[i].bytes, MERKLE_HASH_SIZE))
            return err_set(err, ERR_INVALID, "'path' has something else than hashes in lower-case hex");
    }
    return 0;
}
