/* What a record and a package say, as facts and tables of a document. */
#ifndef REPORTS_DOCUMENT_FACTS_H
#define REPORTS_DOCUMENT_FACTS_H

#include "reports/document.h"

/* Facts station.… record.… vehicle.… value.… instrument.…, tables values and instruments; *ended_ms: when it ended. */
int document_record(struct document_facts *f, const char *record, size_t length, int64_t *ended_ms, struct err *err);

/* Facts package.size, package.files and the table files: what the manifest lists, with classes from case.json. */
int document_package(struct document_facts *f, const uint8_t *package, size_t size, struct err *err);

#endif
