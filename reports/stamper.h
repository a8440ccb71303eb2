/*
 * Time stamps of an authority (RFC 3161) over checkpoints of the journal, asked for late and rarely: one over the
 * newest checkpoint covers all before it. Runs beside the deliveries over the same libcurl, and nothing ever waits for
 * it; an authority that is away, slow or wrong costs nothing but a note.
 */
#ifndef REPORTS_STAMPER_H
#define REPORTS_STAMPER_H

#include <stdbool.h>
#include <stdint.h>

#include "reports/http.h"
#include "reports/queue.h"
#include "station/core/err.h"

struct stamper;

struct stamper_source {
    const char *url;      /* http:// or, with https_ca, https:// */
    const char *ca;       /* PEM: the authority that must have signed */
    const char *https_ca; /* PEM: whom the server must be known to; NULL for http:// */
    int64_t every_ms;     /* between two stamps */
};

/* The texts of `source` must outlive the stamper. */
int stamper_open(struct stamper **out, struct queue *queue, struct http *http, const struct stamper_source *source,
                 struct err *err);
void stamper_close(struct stamper *s);

/* Keeps what has come, asks when it is time. mono_ms: monotonic; unix_ms: of the row. */
int stamper_step(struct stamper *s, int64_t mono_ms, int64_t unix_ms, struct err *err);

bool stamper_busy(const struct stamper *s);

/* Why the last question came to nothing, for a person; "" when it did not. */
const char *stamper_trouble(const struct stamper *s);

#endif
