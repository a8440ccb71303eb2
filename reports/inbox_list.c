#include "reports/inbox_pages.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000 };

struct list {
    struct inbox_html *h;
    const struct inbox *inbox;
    int64_t now_ms, last;
    size_t rows;
    bool assumed; /* a deadline was counted in a year without calendar */
};

/* ---- the deadline ---- */

int64_t inbox_review_due_ms(const struct inbox *inbox, int64_t received_ms, bool *assumed)
{
    static const struct deadlines weekdays_alone;
    static const struct deadline review = {.length = INBOX_REVIEW_DAYS, .unit = DEADLINE_WORKING_DAYS};
    return deadline_end(inbox->holidays ? inbox->holidays : &weekdays_alone, &review, received_ms, INBOX_OFFSET_MINUTES,
                        assumed);
}

/* ---- rows ---- */

static void verdict_cell(struct inbox_html *h, const char *verdict)
{
    bool bad = strcmp(verdict, "fail") == 0, good = strcmp(verdict, "pass") == 0;
    fprintf(h->out, "<td><span class=\"tag %s\">%s ",
            bad    ? "bad"
            : good ? "good"
                   : "warn",
            bad    ? "✕"
            : good ? "✓"
                   : "△");
    inbox_html_term(h, verdict);
    inbox_html_raw(h, "</span></td>");
}

static void due_cell(struct list *list, const struct inbox_package *p)
{
    struct inbox_html *h = list->h;
    inbox_html_raw(h, "<td>");
    if (strcmp(p->state, inbox_state_name(INBOX_WAITING)) == 0) {
        int64_t due_ms = inbox_review_due_ms(list->inbox, p->received_ms, &list->assumed);
        char text[CIVIL_TIME_TEXT_MAX];
        civil_time_format(due_ms, INBOX_OFFSET_MINUTES, text);
        fprintf(h->out, "<bdi>%.10s</bdi>", text);
        if (list->now_ms > due_ms) {
            inbox_html_raw(h, " <span class=\"tag bad\">");
            inbox_html_word(h, INBOX_WORD_OVERDUE);
            inbox_html_raw(h, "</span>");
        }
    }
    inbox_html_raw(h, "</td>");
}

static void state_cell(struct inbox_html *h, const struct inbox_package *p)
{
    bool waiting = strcmp(p->state, inbox_state_name(INBOX_WAITING)) == 0;
    fprintf(h->out, "<td><span%s>", waiting ? " class=\"tag warn\"" : "");
    inbox_html_term(h, p->state);
    inbox_html_raw(h, "</span>");
    if (p->rectified) {
        inbox_html_raw(h, " · ");
        inbox_html_term(h, "rectified");
    }
    inbox_html_raw(h, "</td>");
}

static void journal_cell(struct inbox_html *h, const char *journal)
{
    bool conflict = strcmp(journal, inbox_journal_name(INBOX_JOURNAL_CONFLICT)) == 0;
    inbox_html_raw(h, conflict ? "<td><strong class=\"tag bad\">⚠ " : "<td><span>");
    inbox_html_term(h, journal);
    inbox_html_raw(h, conflict ? "</strong></td>" : "</span></td>");
}

static void row(void *ctx, const struct inbox_package *p)
{
    struct list *list = ctx;
    struct inbox_html *h = list->h;
    if (++list->rows > INBOX_PAGE_ROWS) /* one more than is shown was asked for, to see whether there are any */
        return;
    list->last = p->id;
    inbox_html_raw(h, "<tr><th scope=\"row\" class=\"plate\">");
    fprintf(h->out, "<a href=\"/view/%s?lang=%s\">", p->sha256, h->language == INBOX_EN ? "en" : "zh");
    inbox_html_isolated(h, p->plate[0] ? p->plate : "—");
    inbox_html_raw(h, "</a></th>");
    verdict_cell(h, p->verdict);
    state_cell(h, p);
    due_cell(list, p);
    inbox_html_raw(h, "<td>");
    inbox_html_time(h, p->received_ms);
    inbox_html_raw(h, "</td><td>");
    inbox_html_time(h, p->measured_ms);
    inbox_html_raw(h, "</td><td>");
    inbox_html_isolated(h, p->station);
    inbox_html_raw(h, "</td><td>");
    inbox_html_isolated(h, p->record);
    inbox_html_raw(h, "</td>");
    journal_cell(h, p->journal);
    fprintf(h->out, "<td><bdi>IN-%08lld</bdi></td></tr>\n", (long long)p->id);
}

/* ---- the search ---- */

static const char *lang(const struct inbox_html *h)
{
    return h->language == INBOX_EN ? "en" : "zh";
}

static void input(struct inbox_html *h, const char *name, const char *type, enum inbox_word label, const char *value)
{
    fprintf(h->out, "<div><label for=\"%s\">", name);
    inbox_html_word(h, label);
    fprintf(h->out, "</label><input id=\"%s\" name=\"%s\" type=\"%s\" maxlength=\"40\" value=\"", name, name, type);
    inbox_html_text(h, value ? value : "");
    inbox_html_raw(h, "\"></div>\n");
}

static void search_form(struct inbox_html *h, const struct inbox_search *s)
{
    fprintf(h->out,
            "<form class=\"search card\" method=\"get\" action=\"/\" role=\"search\">"
            "<input type=\"hidden\" name=\"lang\" value=\"%s\">",
            lang(h));
    input(h, "plate", "search", INBOX_WORD_PLATE_PART, s->plate);
    input(h, "station", "text", INBOX_WORD_STATION_ID, s->station);
    inbox_html_raw(h, "<div><label for=\"state\">");
    inbox_html_word(h, INBOX_WORD_STATE);
    inbox_html_raw(h, "</label><select id=\"state\" name=\"state\"><option value=\"\">");
    inbox_html_word(h, INBOX_WORD_ANY);
    inbox_html_raw(h, "</option>");
    for (int i = 0; i < INBOX_STATE_COUNT; i++) {
        const char *name = inbox_state_name((enum inbox_state)i);
        fprintf(h->out, "<option value=\"%s\"%s>", name, s->state && strcmp(s->state, name) == 0 ? " selected" : "");
        inbox_html_term(h, name);
        inbox_html_raw(h, "</option>");
    }
    inbox_html_raw(h, "</select></div>\n");
    input(h, "from", "date", INBOX_WORD_FROM, s->from);
    input(h, "to", "date", INBOX_WORD_TO, s->to);
    fprintf(h->out, "<div><label><input type=\"checkbox\" name=\"conflict\" value=\"1\"%s> ",
            s->conflict ? " checked" : "");
    inbox_html_word(h, INBOX_WORD_CONFLICT_ONLY);
    inbox_html_raw(h, "</label></div><div><button>");
    inbox_html_word(h, INBOX_WORD_SEARCH);
    fprintf(h->out, "</button> <a class=\"button plain\" href=\"/?lang=%s\">", lang(h));
    inbox_html_word(h, INBOX_WORD_RESET);
    inbox_html_raw(h, "</a></div></form>\n");
}

static const char *given(const char *text)
{
    return text && text[0] ? text : NULL;
}

/* Midnight that begins the day, `days` later; 0: no date. */
static int64_t day_ms(const char *text, int days)
{
    struct civil_date date;
    if (!given(text) || !civil_date_parse(&date, text, strlen(text)))
        return 0;
    return ((int64_t)civil_days(date) + days) * DAY_MS - INBOX_OFFSET_MINUTES * 60000LL;
}

static struct inbox_query make_query(const struct inbox_visitor *v, const struct inbox_search *s)
{
    struct inbox_query q = {.sender = v->sees_all ? NULL : v->client,
                            .plate = given(s->plate),
                            .station = given(s->station),
                            .state = given(s->state),
                            .from_ms = day_ms(s->from, 0),
                            .to_ms = day_ms(s->to, 1),
                            .conflict = s->conflict != NULL,
                            .limit = INBOX_PAGE_ROWS + 1};
    q.beyond = given(s->beyond) ? strtoll(s->beyond, NULL, 10) : 0;
    q.oldest_first = q.state && strcmp(q.state, inbox_state_name(INBOX_WAITING)) == 0; /* the nearest deadline first */
    return q;
}

static int summary(struct inbox_html *h, const struct inbox *inbox, const struct inbox_visitor *v, int64_t now_ms,
                   struct err *err)
{
    int64_t count, oldest_ms;
    bool assumed = false;
    char at[CIVIL_TIME_TEXT_MAX];
    if (inbox_store_waiting(inbox->store, v->sees_all ? NULL : v->client, &count, &oldest_ms, err) != 0)
        return -1;
    inbox_html_raw(h, "<h1>");
    inbox_html_word(h, INBOX_WORD_LIST);
    fprintf(h->out, "</h1><p><a class=\"tag %s\" href=\"/?lang=%s&amp;state=waiting\">",
            count == 0                                                 ? "good"
            : now_ms > inbox_review_due_ms(inbox, oldest_ms, &assumed) ? "bad"
                                                                       : "warn",
            lang(h));
    inbox_html_count(h, INBOX_WORD_WAITING_COUNT, count);
    inbox_html_raw(h, "</a> ");
    civil_time_format(oldest_ms, INBOX_OFFSET_MINUTES, at);
    at[10] = '\0';
    if (count > 0)
        inbox_html_filled(h, INBOX_WORD_WAITING_OLDEST, at);
    inbox_html_raw(h, "</p><p class=\"note\">");
    inbox_html_word(h, INBOX_WORD_DUE);
    inbox_html_raw(h, "：");
    inbox_html_count(h, INBOX_WORD_DUE_NOTE, INBOX_REVIEW_DAYS);
    inbox_html_raw(h, " · ");
    inbox_html_word(h, INBOX_WORD_ONLY_VERIFIED);
    inbox_html_raw(h, "</p>\n");
    return 0;
}

static void head(struct inbox_html *h, const enum inbox_word *words, size_t count)
{
    /* wider than a narrow window: it can be scrolled by keyboard, too */
    inbox_html_raw(h, "<div class=\"card\" tabindex=\"0\" role=\"region\"><table class=\"list\"><thead><tr>");
    for (size_t i = 0; i < count; i++)
        inbox_html_element(h, "th scope=\"col\"", inbox_word(h->language, words[i]));
    inbox_html_raw(h, "</tr></thead><tbody>\n");
}

static void next_link(struct inbox_html *h, const struct inbox_search *s, int64_t last)
{
    const struct {
        const char *name, *value;
    } kept[] = {{"plate", s->plate}, {"station", s->station}, {"state", s->state},
                {"from", s->from},   {"to", s->to},           {"conflict", s->conflict}};
    fprintf(h->out, "<p><a class=\"button\" rel=\"next\" href=\"/?lang=%s&amp;beyond=%lld", lang(h), (long long)last);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (given(kept[i].value))
            inbox_html_query(h, kept[i].name, kept[i].value);
    inbox_html_raw(h, "\">");
    inbox_html_word(h, INBOX_WORD_OLDER);
    inbox_html_raw(h, "</a></p>\n");
}

char *inbox_list_page(const struct inbox *inbox, const struct inbox_visitor *visitor, const struct inbox_search *search,
                      int64_t now_ms, size_t *length, struct err *err)
{
    static const enum inbox_word columns[] = {
        INBOX_WORD_PLATE,    INBOX_WORD_VERDICT, INBOX_WORD_STATE,  INBOX_WORD_DUE,     INBOX_WORD_RECEIVED,
        INBOX_WORD_MEASURED, INBOX_WORD_STATION, INBOX_WORD_RECORD, INBOX_WORD_JOURNAL, INBOX_WORD_RECEIPT};
    struct inbox_html h;
    struct inbox_query query = make_query(visitor, search);
    struct list list = {.h = &h, .inbox = inbox, .now_ms = now_ms};
    if (inbox_html_open(&h, visitor, inbox_word(visitor->language, INBOX_WORD_LIST), err) != 0)
        return NULL;
    int result = summary(&h, inbox, visitor, now_ms, err);
    search_form(&h, search);
    head(&h, columns, sizeof columns / sizeof columns[0]);
    if (result == 0)
        result = inbox_store_list(inbox->store, &query, row, &list, err);
    inbox_html_raw(&h, "</tbody></table>");
    if (list.rows == 0)
        inbox_html_element(&h, "p", inbox_word(h.language, INBOX_WORD_NOTHING));
    inbox_html_raw(&h, "</div>\n");
    if (list.assumed)
        inbox_html_element(&h, "p", inbox_word(h.language, INBOX_WORD_DUE_ASSUMED));
    if (list.rows > INBOX_PAGE_ROWS)
        next_link(&h, search, list.last);
    char *text = inbox_html_close(&h, length, err);
    if (result == 0)
        return text;
    free(text);
    return NULL;
}

/* ---- who looked at what ---- */

static void audit_row(void *ctx, const struct inbox_audit *e)
{
    struct list *list = ctx;
    struct inbox_html *h = list->h;
    list->rows++;
    list->last = e->n;
    inbox_html_raw(h, "<tr><td>");
    inbox_html_time(h, e->at_ms);
    inbox_html_raw(h, "</td><td>");
    inbox_html_isolated(h, e->officer[0] ? e->officer : "—");
    inbox_html_raw(h, " · ");
    inbox_html_isolated(h, e->client);
    inbox_html_raw(h, "</td><td>");
    inbox_html_term(h, e->act);
    inbox_html_raw(h, "</td><td>");
    if (e->sha256[0]) {
        fprintf(h->out, "<a href=\"/view/%s?lang=%s\">", e->sha256, lang(h));
        inbox_html_isolated(h, e->plate);
        inbox_html_raw(h, "</a>");
    }
    inbox_html_raw(h, "</td><td>");
    inbox_html_term(h, e->detail);
    inbox_html_raw(h, "</td></tr>\n");
}

char *inbox_audit_page(const struct inbox *inbox, const struct inbox_visitor *visitor, int64_t before, size_t *length,
                       struct err *err)
{
    static const enum inbox_word columns[] = {INBOX_WORD_TIME, INBOX_WORD_WHO, INBOX_WORD_ACT, INBOX_WORD_PLATE,
                                              INBOX_WORD_DETAIL};
    struct inbox_html h;
    struct list list = {.h = &h};
    if (inbox_html_open(&h, visitor, inbox_word(visitor->language, INBOX_WORD_AUDIT), err) != 0)
        return NULL;
    inbox_html_element(&h, "h1", inbox_word(h.language, INBOX_WORD_AUDIT));
    head(&h, columns, sizeof columns / sizeof columns[0]);
    int result = inbox_store_audit_list(inbox->store, before, INBOX_PAGE_ROWS, audit_row, &list, err);
    inbox_html_raw(&h, "</tbody></table></div>\n");
    if (list.rows == INBOX_PAGE_ROWS) {
        fprintf(h.out, "<p><a class=\"button\" href=\"/audit?lang=%s&amp;before=%lld\">", lang(&h),
                (long long)list.last);
        inbox_html_word(&h, INBOX_WORD_OLDER);
        inbox_html_raw(&h, "</a></p>");
    }
    char *text = inbox_html_close(&h, length, err);
    if (result == 0)
        return text;
    free(text);
    return NULL;
}
