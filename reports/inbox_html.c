#include "reports/inbox_html.h"

#include <stdlib.h>
#include <string.h>

#include "reports/inbox.h"
#include "station/core/utf8.h"

void inbox_html_raw(struct inbox_html *h, const char *markup)
{
    fputs(markup, h->out);
}

static void put(struct inbox_html *h, const char *text, size_t length)
{
    for (size_t at = 0, size; at<length; at += size> 0 ? size : 1) {
        uint32_t c = utf8_next(text + at, length - at, &size);
        switch (c) {
        case '<': fputs("&lt;", h->out); break;
        case '>': fputs("&gt;", h->out); break;
        case '&': fputs("&amp;", h->out); break;
        case '"': fputs("&quot;", h->out); break;
        case '\'': fputs("&#39;", h->out); break;
        default:
            if (size == 0 || (c < 0x20 && c != '\n') || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
                (c >= 0x2066 && c <= 0x2069)) /* no bytes, controls, nor marks that turn the line about */
                fputs("\xEF\xBF\xBD", h->out);
            else
                fwrite(text + at, 1, size, h->out);
        }
    }
}

void inbox_html_text(struct inbox_html *h, const char *text)
{
    put(h, text, strlen(text));
}

void inbox_html_word(struct inbox_html *h, enum inbox_word word)
{
    inbox_html_text(h, inbox_word(h->language, word));
}

void inbox_html_filled(struct inbox_html *h, enum inbox_word word, const char *value)
{
    const char *text = inbox_word(h->language, word), *place = strchr(text, '%');
    fprintf(h->out, "%.*s", (int)(place - text), text);
    inbox_html_text(h, value);
    fputs(place + 1, h->out);
}

void inbox_html_count(struct inbox_html *h, enum inbox_word word, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    inbox_html_filled(h, word, text);
}

void inbox_html_term(struct inbox_html *h, const char *word)
{
    inbox_html_text(h, inbox_term(h->language, word));
}

void inbox_html_element(struct inbox_html *h, const char *tag, const char *text)
{
    fprintf(h->out, "<%s>", tag);
    inbox_html_text(h, text);
    fprintf(h->out, "</%.*s>", (int)strcspn(tag, " "), tag);
}

void inbox_html_isolated(struct inbox_html *h, const char *text)
{
    inbox_html_element(h, "bdi", text);
}

void inbox_html_time(struct inbox_html *h, int64_t unix_ms)
{
    char text[CIVIL_TIME_TEXT_MAX];
    if (unix_ms == 0) {
        inbox_html_raw(h, "-");
        return;
    }
    civil_time_format(unix_ms, INBOX_OFFSET_MINUTES, text);
    if (text[0])
        fprintf(h->out, "<time datetime=\"%s\"><bdi>%.10s %.5s</bdi></time>", text, text, text + 11);
}

/* How much of the text is the form; '0' in it stands for a digit. 0: it is another. */
static size_t formed(const char *text, const char *form)
{
    size_t n = 0;
    for (; form[n]; n++)
        if (form[n] == '0' ? text[n] < '0' || text[n] > '9' : text[n] != form[n])
            return 0;
    return n;
}

/* Length of the RFC 3339 time that the text begins with; 0: there is none. */
static size_t moment_length(const char *text, int64_t *unix_ms)
{
    size_t n = formed(text, "0000-00-00T00:00:00"), zone;
    if (n == 0)
        return 0;
    if (text[n] == '.')
        n += 1 + strspn(text + n + 1, "0123456789");
    if ((zone = formed(text + n, "+00:00")) == 0 && (zone = formed(text + n, "-00:00")) == 0 &&
        (zone = formed(text + n, "Z")) == 0)
        return 0;
    return civil_time_parse(unix_ms, text, n + zone, INBOX_OFFSET_MINUTES) ? n + zone : 0;
}

static void moment(struct inbox_html *h, const char *written, size_t length, int64_t unix_ms)
{
    char text[CIVIL_TIME_TEXT_MAX];
    civil_time_format(unix_ms, INBOX_OFFSET_MINUTES, text);
    fprintf(h->out, "<time datetime=\"%.*s\"><bdi>%.10s %.8s</bdi> ", (int)length, written, text, text + 11);
    inbox_html_word(h, INBOX_WORD_ZONE);
    inbox_html_raw(h, "</time>");
}

void inbox_html_moments(struct inbox_html *h, const char *text)
{
    const char *plain = text;
    for (const char *at = text; *at;) {
        int64_t unix_ms;
        size_t length = moment_length(at, &unix_ms);
        if (length > 0) {
            put(h, plain, (size_t)(at - plain));
            moment(h, at, length, unix_ms);
            plain = at + length;
        }
        at += length > 0 ? length : 1;
    }
    inbox_html_text(h, plain);
}

void inbox_html_query(struct inbox_html *h, const char *name, const char *value)
{
    fprintf(h->out, "&amp;%s=", name);
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
        if (plain)
            fputc(c, h->out);
        else
            fprintf(h->out, "%%%02X", c);
    }
}

static void banner(struct inbox_html *h, const struct inbox_visitor *v)
{
    static const char *const tags[INBOX_LANGUAGES] = {"zh", "en"};
    const char *here = tags[h->language], *there = tags[h->language == INBOX_ZH];
    inbox_html_raw(h, "<a class=\"skip\" href=\"#main\">");
    inbox_html_word(h, INBOX_WORD_SKIP);
    inbox_html_raw(h, "</a>\n<header><div><p class=\"name\">");
    inbox_html_word(h, INBOX_WORD_TITLE);
    inbox_html_raw(h, "</p><p class=\"sub\">");
    inbox_html_word(h, INBOX_WORD_SUBTITLE);
    fprintf(h->out, "</p></div><nav><a href=\"/?lang=%s\">", here);
    inbox_html_word(h, INBOX_WORD_LIST);
    fprintf(h->out, "</a><a href=\"/slip?lang=%s\">", here);
    inbox_html_word(h, INBOX_WORD_SLIP);
    inbox_html_raw(h, "</a>");
    if (v->sees_all) {
        fprintf(h->out, "<a href=\"/audit?lang=%s\">", here);
        inbox_html_word(h, INBOX_WORD_AUDIT);
        inbox_html_raw(h, "</a>");
    }
    fprintf(h->out, "<a href=\"/?lang=%s\" lang=\"%s\">", there, there);
    inbox_html_word(h, INBOX_WORD_OTHER_LANGUAGE);
    inbox_html_raw(h, "</a><span class=\"who\">");
    inbox_html_word(h, INBOX_WORD_SIGNED_IN);
    inbox_html_raw(h, " ");
    inbox_html_isolated(h, v->officer[0] ? v->officer : v->common_name[0] ? v->common_name : v->client);
    if (!v->may_decide) {
        inbox_html_raw(h, " · ");
        inbox_html_word(h, INBOX_WORD_READ_ONLY);
    }
    inbox_html_raw(h, "</span>");
    if (v->local) {
        fprintf(h->out, "<a href=\"/enter?lang=%s\">", here);
        inbox_html_word(h, INBOX_WORD_SIGN_OUT);
        inbox_html_raw(h, "</a>");
    }
    inbox_html_raw(h, "</nav></header>\n<main id=\"main\">\n");
}

int inbox_html_open(struct inbox_html *h, const struct inbox_visitor *visitor, const char *title, struct err *err)
{
    static const char *const tags[INBOX_LANGUAGES] = {"zh-CN", "en"};
    *h = (struct inbox_html){.language = visitor->language};
    h->out = open_memstream(&h->text, &h->length);
    if (!h->out)
        return err_set(err, ERR_FAILED, "out of memory");
    fprintf(h->out,
            "<!doctype html>\n<html lang=\"%s\" dir=\"ltr\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
            "<meta name=\"referrer\" content=\"same-origin\">"
            "<link rel=\"stylesheet\" href=\"/style.css\"><title>",
            tags[h->language]);
    inbox_html_text(h, title);
    inbox_html_raw(h, " · ");
    inbox_html_word(h, INBOX_WORD_TITLE);
    inbox_html_raw(h, "</title></head>\n<body>\n");
    banner(h, visitor);
    return 0;
}

char *inbox_html_close(struct inbox_html *h, size_t *length, struct err *err)
{
    inbox_html_raw(h, "</main>\n<footer>");
    inbox_html_word(h, INBOX_WORD_FOOTER);
    inbox_html_raw(h, " smoginbox " SMOGD_VERSION "</footer>\n</body></html>\n");
    bool failed = ferror(h->out) != 0;
    if (fclose(h->out) != 0 || failed) {
        free(h->text);
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    *length = h->length;
    return h->text;
}

char *inbox_html_message(const struct inbox_visitor *visitor, enum inbox_word title, enum inbox_word what,
                         const char *detail, const char *back, size_t *length, struct err *err)
{
    struct inbox_html h;
    if (inbox_html_open(&h, visitor, inbox_word(visitor->language, title), err) != 0)
        return NULL;
    inbox_html_raw(&h, "<section class=\"card alarm\" role=\"alert\"><h1>");
    inbox_html_word(&h, title);
    inbox_html_raw(&h, "</h1><p>");
    inbox_html_word(&h, what);
    inbox_html_text(&h, detail);
    inbox_html_raw(&h, "</p><p><a class=\"button\" href=\"");
    inbox_html_text(&h, back);
    inbox_html_raw(&h, "\">");
    inbox_html_word(&h, INBOX_WORD_BACK);
    inbox_html_raw(&h, "</a></p></section>\n");
    return inbox_html_close(&h, length, err);
}
