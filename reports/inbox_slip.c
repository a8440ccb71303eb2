/* The page that checks a slip: the text of its QR code, typed or scanned, against the trusted stations' signatures. */
#include <stdlib.h>

#include "reports/inbox_pages.h"

struct known {
    const struct inbox *inbox;
    char text[CHECKPOINT_TEXT_MAX + 1];
};

static const char *known_checkpoint(void *ctx, const char *station)
{
    struct known *known = ctx;
    return inbox_store_checkpoint(known->inbox->store, station, known->text, NULL) > 0 ? known->text : NULL;
}

static void form(struct inbox_html *h, const char *token, const char *text)
{
    inbox_html_raw(h, "<section class=\"card\"><h1>");
    inbox_html_word(h, INBOX_WORD_SLIP);
    fprintf(h->out,
            "</h1><form method=\"post\" action=\"/slip?lang=%s\"><input type=\"hidden\" name=\"token\" value=\"%s\">"
            "<label for=\"text\">",
            h->language == INBOX_EN ? "en" : "zh", token);
    inbox_html_word(h, INBOX_WORD_SLIP_TEXT);
    inbox_html_raw(h, "</label><textarea id=\"text\" name=\"text\" rows=\"12\" required autofocus>\n");
    inbox_html_text(h, text);
    inbox_html_raw(h, "</textarea><p class=\"note\">");
    inbox_html_word(h, INBOX_WORD_SLIP_NOTE);
    inbox_html_raw(h, "</p><button>");
    inbox_html_word(h, INBOX_WORD_SLIP_CHECK);
    inbox_html_raw(h, "</button></form></section>\n");
}

static void told(struct inbox_html *h, enum inbox_word what, const char *value)
{
    if (!value[0])
        return;
    inbox_html_element(h, "dt", inbox_word(h->language, what));
    inbox_html_raw(h, "<dd>");
    inbox_html_isolated(h, value);
    inbox_html_raw(h, "</dd>");
}

/* What the slip says stands below whether it can be believed. */
static void answer(struct inbox_html *h, const struct verifier *v)
{
    bool proved = v->ok && v->open == 0;
    enum inbox_word word = proved ? INBOX_WORD_SLIP_GOOD : v->ok ? INBOX_WORD_SLIP_OPEN : INBOX_WORD_SLIP_BAD;
    fprintf(h->out, "<section class=\"card%s\" role=\"status\"><p><strong class=\"tag %s\">%s ", v->ok ? "" : " alarm",
            proved  ? "good"
            : v->ok ? "warn"
                    : "bad",
            proved  ? "✓"
            : v->ok ? "?"
                    : "✕");
    inbox_html_word(h, word);
    inbox_html_raw(h, "</strong></p>");
    if (v->ok) {
        inbox_html_raw(h, "<dl>");
        told(h, INBOX_WORD_PLATE, v->plate);
        told(h, INBOX_WORD_VERDICT, inbox_term(h->language, v->verdict));
        inbox_html_element(h, "dt", inbox_word(h->language, INBOX_WORD_MEASURED));
        inbox_html_raw(h, "<dd>");
        inbox_html_moments(h, v->ended_at);
        inbox_html_raw(h, "</dd>");
        told(h, INBOX_WORD_RECORD, v->id);
        told(h, INBOX_WORD_STATION, v->station);
        inbox_html_raw(h, "</dl>");
    }
    inbox_html_raw(h, "<table><tbody>\n");
    for (size_t i = 0; i < v->count; i++)
        inbox_finding_row(h, &v->findings[i]);
    inbox_html_raw(h, "</tbody></table></section>\n");
}

char *inbox_slip_page(const struct inbox *inbox, const struct inbox_visitor *visitor, const char *text, size_t size,
                      const char *token, size_t *length, struct err *err)
{
    struct inbox_html h;
    struct known known = {.inbox = inbox};
    const struct verifier_options options = {
        .trust = inbox->trust, .known_checkpoint = known_checkpoint, .ctx = &known};
    struct verifier *v = size > 0 ? malloc(sizeof *v) : NULL;
    if ((size > 0 && !v) || inbox_html_open(&h, visitor, inbox_word(visitor->language, INBOX_WORD_SLIP), err) != 0) {
        free(v);
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    if (v) {
        verifier_slip(v, text, size, &options);
        answer(&h, v);
    }
    form(&h, token, text);
    free(v);
    return inbox_html_close(&h, length, err);
}
