#include "reports/inbox_pages.h"

#include <stdlib.h>
#include <string.h>

#include "station/core/utf8.h"

enum { VALUE_MAX = 1024 };

/* What each decision is called on its button and needs beside the officer's number. */
struct form {
    const char *decision;
    enum inbox_word title, what;
    bool ground, number, amount, basis, danger;
};

static const struct form forms[] = {
    {"accepted", INBOX_WORD_DO_ACCEPTED, INBOX_WORD_WHAT_ACCEPTED, false, false, false, false, false},
    {"returned", INBOX_WORD_DO_RETURNED, INBOX_WORD_WHAT_RETURNED, true, false, false, false, true},
    {"notified", INBOX_WORD_DO_NOTIFIED, INBOX_WORD_WHAT_NOTIFIED, false, false, false, false, false},
    {"penalised", INBOX_WORD_DO_PENALISED, INBOX_WORD_WHAT_PENALISED, false, true, true, true, true},
    {"paid", INBOX_WORD_DO_PAID, INBOX_WORD_WHAT_PAID, false, false, true, false, false},
    {"handled-on-site", INBOX_WORD_DO_HANDLED, INBOX_WORD_WHAT_HANDLED, false, true, false, false, true},
    {"rectified", INBOX_WORD_DO_RECTIFIED, INBOX_WORD_WHAT_RECTIFIED, false, false, false, false, false},
};

/* ---- what was decided ---- */

struct decided {
    struct inbox_html *h;
    size_t rows;
};

static void decision_row(void *ctx, const struct inbox_decision *d)
{
    struct decided *list = ctx;
    struct inbox_html *h = list->h;
    if (list->rows++ == 0)
        inbox_html_raw(h, "<table><tbody>\n");
    inbox_html_raw(h, "<tr><td>");
    inbox_html_time(h, d->at_ms);
    inbox_html_raw(h, "</td><th scope=\"row\">");
    inbox_html_term(h, d->decision);
    inbox_html_raw(h, "</th><td>");
    inbox_html_word(h, INBOX_WORD_OFFICER_NUMBER);
    inbox_html_raw(h, " ");
    inbox_html_isolated(h, d->officer);
    inbox_html_raw(h, "</td><td>");
    if (d->ground)
        fprintf(h->out, "%d ", d->ground);
    inbox_html_text(h, inbox_ground(h->language, d->ground));
    const struct {
        enum inbox_word name;
        const char *value;
    } more[] = {{INBOX_WORD_NUMBER, d->number}, {INBOX_WORD_AMOUNT, d->amount}, {INBOX_WORD_BASIS, d->basis}};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        if (!more[i].value[0])
            continue;
        inbox_html_word(h, more[i].name);
        inbox_html_raw(h, " ");
        inbox_html_isolated(h, more[i].value);
        inbox_html_raw(h, " · ");
    }
    inbox_html_text(h, d->note);
    inbox_html_raw(h, "</td></tr>\n");
}

static int decisions(struct inbox_html *h, const struct inbox *inbox, const struct inbox_package *p, struct err *err)
{
    struct decided list = {.h = h};
    inbox_html_raw(h, "<section class=\"card wide\"><h2>");
    inbox_html_word(h, INBOX_WORD_DECISIONS);
    inbox_html_raw(h, "</h2>\n");
    int result = inbox_store_decisions_of(inbox->store, p->id, decision_row, &list, err);
    if (list.rows > 0)
        inbox_html_raw(h, "</tbody></table>");
    else
        inbox_html_element(h, "p", inbox_word(h->language, INBOX_WORD_NO_DECISIONS));
    inbox_html_raw(h, "</section>\n");
    return result;
}

/* ---- what may be decided ---- */

static void label(struct inbox_html *h, const struct form *f, const char *name, enum inbox_word word, bool needed)
{
    fprintf(h->out, "<label for=\"%s-%s\">", f->decision, name);
    inbox_html_word(h, word);
    if (needed) {
        inbox_html_raw(h, " <span class=\"need\">* ");
        inbox_html_word(h, INBOX_WORD_REQUIRED);
        inbox_html_raw(h, "</span>");
    }
    inbox_html_raw(h, "</label>");
}

static void input(struct inbox_html *h, const struct form *f, const char *name, enum inbox_word word, bool needed,
                  int most, const char *value)
{
    inbox_html_raw(h, "<div>");
    label(h, f, name, word, needed);
    fprintf(h->out, "<input id=\"%s-%s\" name=\"%s\" maxlength=\"%d\" autocomplete=\"off\"%s value=\"", f->decision,
            name, name, most, needed ? " required" : "");
    inbox_html_text(h, value);
    inbox_html_raw(h, "\"></div>\n");
}

static void ground_choice(struct inbox_html *h, const struct form *f)
{
    inbox_html_raw(h, "<div>");
    label(h, f, "ground", INBOX_WORD_GROUND, true);
    fprintf(h->out, "<select id=\"%s-ground\" name=\"ground\" required><option value=\"\">", f->decision);
    inbox_html_word(h, INBOX_WORD_CHOOSE);
    inbox_html_raw(h, "</option>");
    for (int i = 1; i <= 8; i++) {
        fprintf(h->out, "<option value=\"%d\">%d ", i, i);
        inbox_html_text(h, inbox_ground(h->language, i));
        inbox_html_raw(h, "</option>");
    }
    inbox_html_raw(h, "</select></div>\n");
}

static void form(struct inbox_html *h, const struct form *f, const struct inbox_visitor *visitor,
                 const struct inbox_package *p, const char *token)
{
    fprintf(h->out, "<form method=\"post\" action=\"/view/%s/decide?lang=%s\"><h3>", p->sha256,
            h->language == INBOX_EN ? "en" : "zh");
    inbox_html_word(h, f->title);
    inbox_html_raw(h, "</h3><p class=\"note\">");
    inbox_html_word(h, f->what);
    fprintf(h->out,
            "</p><input type=\"hidden\" name=\"token\" value=\"%s\">"
            "<input type=\"hidden\" name=\"decision\" value=\"%s\">\n",
            token, f->decision);
    if (f->ground)
        ground_choice(h, f);
    if (f->number)
        input(h, f, "number", INBOX_WORD_NUMBER, true, 60, "");
    if (f->amount)
        input(h, f, "amount", INBOX_WORD_AMOUNT, false, 12, "");
    if (f->basis)
        input(h, f, "basis", INBOX_WORD_BASIS, false, 60, "");
    input(h, f, "note", INBOX_WORD_NOTE, false, 80, "");
    input(h, f, "officer", INBOX_WORD_OFFICER_NUMBER, true, 32, visitor->officer);
    fprintf(h->out, "<button%s>", f->danger ? " class=\"danger\"" : "");
    inbox_html_word(h, f->title);
    inbox_html_raw(h, "</button></form>\n");
}

int inbox_forms_section(struct inbox_html *h, const struct inbox *inbox, const struct inbox_visitor *visitor,
                        const struct inbox_package *p, const char *token, struct err *err)
{
    size_t shown = 0;
    if (decisions(h, inbox, p, err) != 0)
        return -1;
    inbox_html_raw(h, "<section class=\"card wide\" id=\"decide\"><h2>");
    inbox_html_word(h, INBOX_WORD_DECIDE);
    inbox_html_raw(h, "</h2><div class=\"forms\">\n");
    for (size_t i = 0; visitor->may_decide && i < sizeof forms / sizeof forms[0]; i++) {
        if (!inbox_may_follow(p, forms[i].decision))
            continue;
        form(h, &forms[i], visitor, p, token);
        shown++;
    }
    inbox_html_raw(h, "</div>");
    if (shown == 0)
        inbox_html_element(h, "p",
                           inbox_word(h->language, visitor->may_decide ? INBOX_WORD_NO_FURTHER : INBOX_WORD_MAY_NOT));
    inbox_html_raw(h, "</section>\n");
    return 0;
}

/* ---- forms read back ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Undoes %41 and '+'; false when it does not fit, is cut, or has control characters (line ends where `lines`). */
static bool decode(const char *text, size_t length, bool lines, char *out, size_t size)
{
    size_t made = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1, low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        bool line_end = lines && (c == '\n' || c == '\r');
        if (made + 1 >= size || ((unsigned char)c < 0x20 && !line_end) || c == 0x7F)
            return false;
        out[made++] = c;
    }
    out[made] = '\0';
    return utf8_check(out, made) == made;
}

static bool find_field(const char *body, size_t length, const char *name, bool lines, char *out, size_t size)
{
    size_t name_length = strlen(name);
    out[0] = '\0';
    for (size_t at = 0; at < length;) {
        const char *end = memchr(body + at, '&', length - at);
        size_t part = end ? (size_t)(end - body) - at : length - at;
        if (part > name_length && memcmp(body + at, name, name_length) == 0 && body[at + name_length] == '=')
            return decode(body + at + name_length + 1, part - name_length - 1, lines, out, size);
        at += part + 1;
    }
    return true;
}

bool inbox_form_field(const char *body, size_t length, const char *name, char *out, size_t size)
{
    return find_field(body, length, name, false, out, size);
}

bool inbox_form_lines(const char *body, size_t length, const char *name, char *out, size_t size)
{
    return find_field(body, length, name, true, out, size);
}

int inbox_form_decision(const char *body, size_t length, const char *sha256, struct inbox_decision *out,
                        struct err *err)
{
    char ground[8] = "";
    const struct {
        const char *name;
        char *out;
        size_t size;
    } fields[] = {{"decision", out->decision, sizeof out->decision}, {"ground", ground, sizeof ground},
                  {"number", out->number, sizeof out->number},       {"amount", out->amount, sizeof out->amount},
                  {"basis", out->basis, sizeof out->basis},          {"note", out->note, sizeof out->note},
                  {"officer", out->officer, sizeof out->officer}};
    *out = (struct inbox_decision){.n = 0};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!inbox_form_field(body, length, fields[i].name, fields[i].out, fields[i].size))
            return err_set(err, ERR_INVALID, "%s", fields[i].name);
    if (ground[0] && (ground[0] < '1' || ground[0] > '8' || ground[1]))
        return err_set(err, ERR_INVALID, "ground");
    out->ground = ground[0] ? ground[0] - '0' : 0;
    snprintf(out->sha256, sizeof out->sha256, "%s", sha256);
    return 0;
}
