/*
 * Paths of the journal's tree as JSON: "path", a list of hashes in lower-case hex, leaf side first (FORMATS.md,
 * "Proof").
 */
#ifndef REPORTS_MERKLE_JSON_H
#define REPORTS_MERKLE_JSON_H

#include "reports/merkle.h"
#include "station/core/json.h"

void merkle_json_write(struct json_writer *w, const struct merkle_hash *path, size_t count);
/* `array`: the token of the list, -1 where there is none (an error). */
int merkle_json_read(const struct json_doc *doc, ptrdiff_t array, struct merkle_hash path[MERKLE_PATH_MAX],
                     size_t *count, struct err *err);

#endif
