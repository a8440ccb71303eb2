#include "reports/verifier_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/history.h"
#include "reports/sha256.h"
#include "station/core/utf8.h"

/* history_read checks all of it, and refuses the whole file for one byte that does not hold. */
void verifier_history(struct verifier *out, const char *bytes, size_t size, const struct verifier_options *options)
{
    struct verification *v = calloc(1, sizeof *v);
    struct history history;
    struct err err;
    char text[96];
    memset(out, 0, sizeof *out);
    if (!v)
        return; /* not ok, and no finding: out of memory */
    out->ok = true;
    v->out = out;
    v->options = options;
    sha256_hex(bytes, size, out->sha256);
    if (history_read(&history, bytes, size, options->trust, &err)) {
        verifier_report(v, VERIFIER_HISTORY, VERIFIER_FAIL, "", err.text);
    } else {
        snprintf(out->station, sizeof out->station, "%.*s", RECORD_ID_MAX - 1, history.station);
        snprintf(out->signer, sizeof out->signer, "%s", history.signer);
        out->signed_at = history.checkpoint.time_ms / 1000;
        out->tree_size = history.checkpoint.size;
        utf8_plain(out->station);
        utf8_plain(out->signer);
        snprintf(text, sizeof text, "%zu", history.facts_count);
        verifier_report(v, VERIFIER_HISTORY, VERIFIER_OK, text, NULL);
        snprintf(text, sizeof text, "%" PRIu64 " / %s", history.checkpoint.size, history.checkpoint.time);
        verifier_report(v, VERIFIER_CHECKPOINT, VERIFIER_OK, text, NULL);
    }
    history_close(&history);
    free(v);
}
