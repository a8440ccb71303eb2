/*
 * Pages of the inbox: how HTML is written. Whatever came from outside goes through inbox_html_text, which leaves no
 * character that could be markup, in text as in attributes. Pages need no script, load nothing from elsewhere, and say
 * so in their Content-Security-Policy.
 */
#ifndef REPORTS_INBOX_HTML_H
#define REPORTS_INBOX_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "reports/inbox_words.h"
#include "station/core/err.h"

#define INBOX_POLICY                                                                                                   \
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri "      \
    "'none'"

/* Who looks at a page. */
struct inbox_visitor {
    char client[256];      /* subject of the certificate, or "local" */
    char common_name[128]; /* of the certificate */
    char officer[33];      /* number; empty: not known */
    bool sees_all, may_decide, local;
    enum inbox_language language;
};

struct inbox_html {
    FILE *out;
    enum inbox_language language;
    char *text; /* filled by inbox_html_close */
    size_t length;
};

/* Begins a page: head, banner, navigation, who is there. -1: out of memory. */
int inbox_html_open(struct inbox_html *h, const struct inbox_visitor *visitor, const char *title, struct err *err);
/* Ends it: malloc'ed text, NULL with *err. */
char *inbox_html_close(struct inbox_html *h, size_t *length, struct err *err);

void inbox_html_raw(struct inbox_html *h, const char *markup); /* ours alone */
void inbox_html_text(struct inbox_html *h, const char *text);  /* anybody's */
void inbox_html_word(struct inbox_html *h, enum inbox_word word);
/* A text with its % replaced by the value. */
void inbox_html_filled(struct inbox_html *h, enum inbox_word word, const char *value);
void inbox_html_count(struct inbox_html *h, enum inbox_word word, int64_t value);
void inbox_html_term(struct inbox_html *h, const char *word);
/* "<TAG>text</TAG>"; `tag` may have attributes. */
void inbox_html_element(struct inbox_html *h, const char *tag, const char *text);
/* "2026-07-01 09:30": minutes are enough for people; "-" for 0. */
void inbox_html_time(struct inbox_html *h, int64_t unix_ms);
/* A text in which times may stand as records write them (RFC 3339): each is shown as people read it, to the second and
 * with the zone, whatever zone it was written in; as it was written it is there for programs. */
void inbox_html_moments(struct inbox_html *h, const char *text);
/* A number or name that keeps its direction in any language. */
void inbox_html_isolated(struct inbox_html *h, const char *text);
/* The same value as a part of a query in an address. */
void inbox_html_query(struct inbox_html *h, const char *name, const char *value);

/* A page that says one thing. */
char *inbox_html_message(const struct inbox_visitor *visitor, enum inbox_word title, enum inbox_word what,
                         const char *detail, const char *back, size_t *length, struct err *err);

extern const char *const inbox_html_style[]; /* the style sheet, /style.css, in pieces; NULL at the end */

#endif
