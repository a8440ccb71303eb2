/*
 * The pages of the inbox: the list, one package, who looked at what. Each is made whole, as malloc'ed HTML of *length
 * bytes, or NULL with *err.
 *
 *   inbox_list.c     the list with its search, the access log
 *   inbox_detail.c   one package: verdict, vehicle, test, pictures, checks …
 *   inbox_case.c     its chain of custody and reviews
 *   inbox_curve.c    its curve, drawn here
 *   inbox_slip.c     the check of a slip
 *   inbox_forms.c    what was decided and what may be decided; forms read back
 */
#ifndef REPORTS_INBOX_PAGES_H
#define REPORTS_INBOX_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reports/container.h"
#include "reports/inbox.h"
#include "reports/inbox_html.h"
#include "reports/inbox_store.h"
#include "reports/record.h"
#include "reports/verifier.h"

enum { INBOX_PAGE_ROWS = 50, INBOX_TOKEN_MAX = 65, INBOX_REVIEW_DAYS = 5 };

/* What the list was asked for, as typed; NULL: not asked. */
struct inbox_search {
    const char *plate, *station, *state, *from, *to, *conflict, *beyond;
};

char *inbox_list_page(const struct inbox *inbox, const struct inbox_visitor *visitor, const struct inbox_search *search,
                      int64_t now_ms, size_t *length, struct err *err);
char *inbox_audit_page(const struct inbox *inbox, const struct inbox_visitor *visitor, int64_t before, size_t *length,
                       struct err *err);

/* One package; its file is read and verified anew. `token` goes into its forms. */
char *inbox_detail_page(const struct inbox *inbox, const struct inbox_visitor *visitor, const struct inbox_package *p,
                        const char *token, size_t *length, struct err *err);

/* Checks the text of a slip's QR code, where there is one (size > 0), and asks for the next. */
char *inbox_slip_page(const struct inbox *inbox, const struct inbox_visitor *visitor, const char *text, size_t size,
                      const char *token, size_t *length, struct err *err);

/* One finding as a row of a table. */
void inbox_finding_row(struct inbox_html *h, const struct verifier_finding *f);

/* The package's bytes, when they are those that were received: malloc'ed. ERR_FAILED: they are not. */
int inbox_package_read(const struct inbox *inbox, const struct inbox_package *p, char **data, size_t *size,
                       struct err *err);

/* "image/jpeg", "image/png" by the bytes themselves; NULL: nothing that may be shown. */
const char *inbox_picture_type(const uint8_t *data, size_t size);

/* ---- parts of a package's page ---- */

void inbox_case_section(struct inbox_html *h, const char *json, size_t length);
/* False: there are too few readings of that quantity for a curve, and nothing was written. */
bool inbox_curve(struct inbox_html *h, const char *csv, size_t length, const struct verdict *verdict);
int inbox_forms_section(struct inbox_html *h, const struct inbox *inbox, const struct inbox_visitor *visitor,
                        const struct inbox_package *p, const char *token, struct err *err);

/* When the police's review of what came then is due: so many working days later, at the end of the day. Sets *assumed
 * where no holiday calendar of a year was at hand, and leaves it otherwise. */
int64_t inbox_review_due_ms(const struct inbox *inbox, int64_t received_ms, bool *assumed);

/* ---- forms read back ---- */

/* Takes one field of a form (application/x-www-form-urlencoded) by its name into out: false when it is there but too
 * long, not UTF-8, or has control characters. A field that is not there is "". */
bool inbox_form_field(const char *body, size_t length, const char *name, char *out, size_t size);
/* The same of a field of several lines. */
bool inbox_form_lines(const char *body, size_t length, const char *name, char *out, size_t size);
/* A decision about that package from a form's body; what is wrong is in *err, with the name of the field. */
int inbox_form_decision(const char *body, size_t length, const char *sha256, struct inbox_decision *out,
                        struct err *err);

#endif
