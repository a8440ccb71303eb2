#include "reports/inbox_pages.h"

#include <stdlib.h>
#include <string.h>

enum { TOKENS_MAX = 16384, TEXT_MAX = 256 };

struct chain {
    struct inbox_html *h;
    struct json_doc doc;
};

static const char *member(const struct chain *c, ptrdiff_t object, const char *key, char out[TEXT_MAX])
{
    ptrdiff_t at = json_member(&c->doc, (size_t)object, key);
    if (at >= 0 && !json_get_string(&c->doc, at, out, TEXT_MAX))
        snprintf(out, TEXT_MAX, "%.*s", (int)(c->doc.tokens[at].length % TEXT_MAX),
                 c->doc.text + c->doc.tokens[at].start);
    if (at < 0)
        out[0] = '\0';
    return out;
}

/* What was done, by whom, what it made of the case. */
static void step(struct chain *c, ptrdiff_t at)
{
    static const char *const details[] = {"name", "number", "reason"};
    struct inbox_html *h = c->h;
    char text[TEXT_MAX], before[TEXT_MAX], after[TEXT_MAX];
    inbox_html_raw(h, "<tr><td>");
    inbox_html_moments(h, member(c, at, "at", text));
    inbox_html_raw(h, "</td><th scope=\"row\">");
    const char *act = member(c, at, "act", text);
    inbox_html_term(h, act[0] ? act : member(c, at, "kind", text));
    inbox_html_raw(h, "</th><td>");
    inbox_html_isolated(h, member(c, at, "officer", text));
    inbox_html_raw(h, " ");
    inbox_html_term(h, member(c, at, "role", text));
    inbox_html_raw(h, "</td><td>");
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++) {
        inbox_html_text(h, member(c, at, details[i], text));
        inbox_html_raw(h, " ");
    }
    member(c, at, "before", before);
    member(c, at, "after", after);
    fprintf(h->out, "<span class=\"hash\" title=\"");
    inbox_html_text(h, after);
    inbox_html_raw(h, "\">");
    fprintf(h->out, "%s", strcmp(before, after) == 0 ? "= " : "→ ");
    after[12] = '\0';
    inbox_html_text(h, after);
    inbox_html_raw(h, "</span></td></tr>\n");
}

static size_t steps(struct chain *c, const char *key)
{
    ptrdiff_t list = json_member(&c->doc, 0, key);
    size_t count = list >= 0 && c->doc.tokens[list].type == JSON_ARRAY ? c->doc.tokens[list].count : 0, shown = 0;
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t at = json_element(&c->doc, (size_t)list, i);
        if (c->doc.tokens[at].type != JSON_OBJECT)
            continue;
        step(c, at);
        shown++;
    }
    return shown;
}

void inbox_case_section(struct inbox_html *h, const char *json, size_t length)
{
    static const enum inbox_word columns[] = {INBOX_WORD_TIME, INBOX_WORD_STEP, INBOX_WORD_OFFICER, INBOX_WORD_DETAIL};
    struct json_token *tokens = json ? malloc(TOKENS_MAX * sizeof *tokens) : NULL;
    struct chain c = {.h = h};
    inbox_html_raw(h, "<section class=\"card wide\"><h2>");
    inbox_html_word(h, INBOX_WORD_CUSTODY);
    inbox_html_raw(h, "</h2>\n");
    if (tokens && json_parse(&c.doc, json, length, tokens, TOKENS_MAX, NULL) == 0 && tokens[0].type == JSON_OBJECT) {
        inbox_html_raw(h, "<table><thead><tr>");
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
            inbox_html_element(h, "th scope=\"col\"", inbox_word(h->language, columns[i]));
        inbox_html_raw(h, "</tr></thead><tbody>\n");
        steps(&c, "custody");
        inbox_html_raw(h, "</tbody></table>");
    } else {
        inbox_html_element(h, "p", inbox_word(h->language, json ? INBOX_WORD_NOT_READ : INBOX_WORD_NO_CUSTODY));
    }
    inbox_html_raw(h, "</section>\n");
    free(tokens);
}
