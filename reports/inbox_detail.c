#include "reports/inbox_pages.h"

#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "reports/sha256.h"

/* A package opened for its page. */
struct shown {
    struct inbox_html *h;
    const struct inbox *inbox;
    const struct inbox_package *p;
    char *data;
    size_t size;
    struct verifier verifier;
    struct container container;
    struct record record;
    bool has_record;
    char older[CHECKPOINT_TEXT_MAX + 1];
};

enum { TEXT_MAX = 256 };

int inbox_package_read(const struct inbox *inbox, const struct inbox_package *p, char **data, size_t *size,
                       struct err *err)
{
    char hex[65];
    char *path = inbox_store_path(inbox->store, p->sha256);
    int result =
        path ? file_read(path, CONTAINER_SIZE_MAX, data, size, err) : err_set(err, ERR_FAILED, "out of memory");
    free(path);
    if (result != 0)
        return -1;
    sha256_hex(*data, *size, hex);
    if (strcmp(hex, p->sha256) == 0)
        return 0;
    free(*data);
    *data = NULL;
    return err_set(err, ERR_FAILED, "package %s is not what was received; restore it from a backup", p->sha256);
}

const char *inbox_picture_type(const uint8_t *data, size_t size)
{
    static const uint8_t jpeg[] = {0xFF, 0xD8, 0xFF}, png[] = {0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A};
    if (size > sizeof jpeg && memcmp(data, jpeg, sizeof jpeg) == 0)
        return "image/jpeg";
    return size > sizeof png && memcmp(data, png, sizeof png) == 0 ? "image/png" : NULL;
}

/* ---- opening ---- */

static const char *known_checkpoint(void *ctx, const char *station)
{
    struct shown *s = ctx;
    return inbox_store_checkpoint(s->inbox->store, station, s->older, NULL) > 0 ? s->older : NULL;
}

static int open_shown(struct shown *s, struct err *err)
{
    const struct verifier_options options = {.trust = s->inbox->trust, .known_checkpoint = known_checkpoint, .ctx = s};
    const struct container_entry *record;
    struct err why;
    if (inbox_package_read(s->inbox, s->p, &s->data, &s->size, err) != 0)
        return -1;
    verifier_run(&s->verifier, (const uint8_t *)s->data, s->size, &options);
    if (container_read(&s->container, (const uint8_t *)s->data, s->size, &why) == 0 &&
        (record = container_find(&s->container, "record.json")) != NULL)
        s->has_record = record_open(&s->record, (const char *)record->data, record->size, &why) == 0;
    return 0;
}

static void close_shown(struct shown *s)
{
    if (!s)
        return;
    if (s->has_record)
        record_close(&s->record);
    free(s->data);
    free(s);
}

/* ---- small parts ---- */

static void section(struct inbox_html *h, const char *class, enum inbox_word title)
{
    fprintf(h->out, "<section class=\"card%s\"><h2>", class);
    inbox_html_word(h, title);
    inbox_html_raw(h, "</h2>\n");
}

static void item(struct inbox_html *h, enum inbox_word name, const char *value)
{
    inbox_html_element(h, "dt", inbox_word(h->language, name));
    inbox_html_raw(h, "<dd>");
    inbox_html_isolated(h, value);
    inbox_html_raw(h, "</dd>");
}

static void time_item(struct inbox_html *h, enum inbox_word name, const char *value)
{
    inbox_html_element(h, "dt", inbox_word(h->language, name));
    inbox_html_raw(h, "<dd>");
    inbox_html_moments(h, value);
    inbox_html_raw(h, "</dd>");
}

static bool member(const struct shown *s, ptrdiff_t object, const char *key, char out[TEXT_MAX])
{
    ptrdiff_t at = object >= 0 ? json_member(&s->record.doc, (size_t)object, key) : -1;
    out[0] = '\0';
    return json_get_string(&s->record.doc, at, out, TEXT_MAX);
}

static ptrdiff_t list_of(const struct shown *s, ptrdiff_t object, const char *key)
{
    ptrdiff_t at = object >= 0 ? json_member(&s->record.doc, (size_t)object, key) : -1;
    return at >= 0 && s->record.doc.tokens[at].type == JSON_ARRAY ? at : -1;
}

/* ---- verdict ---- */

static const char *value_text(const struct verdict_value *v, bool limit, char out[DECIMAL_TEXT_MAX])
{
    decimal_format(limit ? v->limit : v->value, out);
    return out;
}

/* The value that decided, in big letters: the first that exceeds, else the first. */
static const struct verdict_value *main_value(const struct verdict *v)
{
    for (size_t i = 0; i < v->values_count; i++)
        if (v->values[i].exceeded && !v->values[i].screening)
            return &v->values[i];
    return v->values_count > 0 ? &v->values[0] : NULL;
}

static void figure(struct inbox_html *h, const struct verdict_value *v)
{
    char text[DECIMAL_TEXT_MAX];
    inbox_html_raw(h, "<p class=\"figure\">");
    inbox_html_term(h, quantity_name(v->quantity));
    fprintf(h->out, " <bdi>%s %s</bdi><small>", value_text(v, false, text), quantity_unit(v->quantity));
    inbox_html_word(h, INBOX_WORD_LIMIT);
    fprintf(h->out, " <bdi>%s %s %s</bdi> · ", v->at_least ? "≥" : "≤", value_text(v, true, text),
            quantity_unit(v->quantity));
    inbox_html_text(h, v->clause);
    inbox_html_raw(h, "</small></p>");
}

static void banner(struct shown *s)
{
    struct inbox_html *h = s->h;
    const char *verdict = s->p->verdict;
    bool bad = strcmp(verdict, "fail") == 0, good = strcmp(verdict, "pass") == 0;
    char colour[TEXT_MAX] = "", class[TEXT_MAX] = "yellow";
    if (s->has_record && member(s, s->record.vehicle, "colour", colour) &&
        strspn(colour, "abcdefghijklmnopqrstuvwxyz-") == strlen(colour))
        memcpy(class, colour, sizeof class);
    fprintf(h->out, "<section class=\"card verdict %s\"><h1 class=\"number-plate %s\">",
            bad    ? "bad"
            : good ? "good"
                   : "warn",
            class);
    inbox_html_isolated(h, s->p->plate[0] ? s->p->plate : "—");
    fprintf(h->out, "</h1><p class=\"big\">%s ", bad ? "✕" : good ? "✓" : "△");
    inbox_html_term(h, verdict);
    inbox_html_raw(h, "</p>");
    const struct verdict_value *value = s->has_record ? main_value(&s->record.judged) : NULL;
    if (value)
        figure(h, value);
    inbox_html_raw(h, "<p>");
    inbox_html_word(h, INBOX_WORD_STATE);
    inbox_html_raw(h, " <span class=\"tag\">");
    inbox_html_term(h, s->p->state);
    inbox_html_raw(h, "</span> <a class=\"button plain\" href=\"#decide\">");
    inbox_html_word(h, INBOX_WORD_GO_DECIDE);
    inbox_html_raw(h, "</a></p></section>\n");
}

static void value_row(struct inbox_html *h, const struct verdict_value *v)
{
    char text[DECIMAL_TEXT_MAX];
    inbox_html_raw(h, "<tr><th scope=\"row\">");
    inbox_html_term(h, quantity_name(v->quantity));
    fprintf(h->out, " %s</th><td><bdi>%s %s</bdi></td>", verdict_point_name(v->point), value_text(v, false, text),
            quantity_unit(v->quantity));
    fprintf(h->out, "<td><bdi>%s %s</bdi>", v->at_least ? "≥" : "≤", value_text(v, true, text));
    if (v->limit_status != RULE_CONFIRMED) {
        inbox_html_raw(h, " <span class=\"tag warn\">");
        inbox_html_word(h, INBOX_WORD_UNCONFIRMED);
        inbox_html_raw(h, "</span>");
    }
    fprintf(h->out, "</td><td><span class=\"tag %s\">%s ", v->exceeded ? "bad" : "good", v->exceeded ? "✕" : "✓");
    inbox_html_word(h, v->exceeded ? INBOX_WORD_EXCEEDED : INBOX_WORD_WITHIN);
    inbox_html_raw(h, "</span>");
    if (v->screening) {
        inbox_html_raw(h, " ");
        inbox_html_word(h, INBOX_WORD_SCREENING);
    }
    inbox_html_raw(h, "</td>");
    inbox_html_element(h, "td", v->clause);
    inbox_html_raw(h, "</tr>\n");
}

static void verdict_section(struct shown *s)
{
    static const enum inbox_word columns[] = {INBOX_WORD_QUANTITY, INBOX_WORD_VALUE, INBOX_WORD_LIMIT,
                                              INBOX_WORD_RESULT, INBOX_WORD_CLAUSE};
    struct inbox_html *h = s->h;
    const struct verdict *v = &s->record.judged;
    section(h, " wide", INBOX_WORD_VERDICT);
    inbox_html_raw(h, "<table><thead><tr>");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        inbox_html_element(h, "th scope=\"col\"", inbox_word(h->language, columns[i]));
    inbox_html_raw(h, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < v->values_count; i++)
        value_row(h, &v->values[i]);
    inbox_html_raw(h, "</tbody></table>\n");
    for (size_t i = 0; i < v->reasons_count; i++)
        inbox_html_element(h, "p class=\"note\"", v->reasons[i]);
    fprintf(h->out, "<p class=\"note\">");
    inbox_html_word(h, INBOX_WORD_RULES);
    inbox_html_raw(h, " ");
    inbox_html_isolated(h, v->pack_id);
    inbox_html_raw(h, " ");
    inbox_html_isolated(h, v->pack_version);
    inbox_html_raw(h, "</p></section>\n");
}

/* ---- vehicle and test ---- */

static void vehicle_section(struct shown *s)
{
    struct inbox_html *h = s->h;
    struct vehicle vehicle;
    section(h, "", INBOX_WORD_VEHICLE);
    if (vehicle_read(&vehicle, &s->record.doc, s->record.vehicle, NULL) == 0) {
        inbox_html_raw(h, "<table><tbody><tr><th scope=\"row\">");
        inbox_html_word(h, INBOX_WORD_PLATE);
        inbox_html_raw(h, "</th><td>");
        inbox_html_isolated(h, vehicle.plate.text);
        inbox_html_raw(h, "</td><td>");
        inbox_html_term(h, fact_source_name(vehicle.plate_source));
        inbox_html_raw(h, " ");
        inbox_html_isolated(h, vehicle.plate_by);
        inbox_html_raw(h, "</td></tr>\n");
        for (int i = 0; i < VEHICLE_FACT_COUNT; i++) {
            const struct fact *fact = &vehicle.facts[i];
            if (fact->source == FACT_ABSENT)
                continue;
            inbox_html_raw(h, "<tr>");
            inbox_html_element(h, "th scope=\"row\"", inbox_term(h->language, vehicle_fact_key((enum vehicle_fact)i)));
            inbox_html_raw(h, "<td>");
            inbox_html_isolated(h, inbox_term(h->language, fact->value));
            inbox_html_raw(h, "</td><td>");
            inbox_html_term(h, fact_source_name(fact->source));
            inbox_html_raw(h, " ");
            inbox_html_isolated(h, fact->by);
            inbox_html_raw(h, "</td></tr>\n");
        }
        inbox_html_raw(h, "</tbody></table>");
    }
    inbox_html_raw(h, "</section>\n");
}

static void instrument(struct shown *s, ptrdiff_t at)
{
    static const struct {
        const char *key;
        enum inbox_word name;
    } more[] = {{"serial", INBOX_WORD_SERIAL},
                {"certificate", INBOX_WORD_CERTIFICATE},
                {"valid_until", INBOX_WORD_VALID_UNTIL}};
    struct inbox_html *h = s->h;
    char text[TEXT_MAX];
    inbox_html_element(h, "dt", inbox_word(h->language, INBOX_WORD_INSTRUMENT));
    inbox_html_raw(h, "<dd>");
    member(s, at, "name", text);
    inbox_html_isolated(h, text);
    if (member(s, at, "model", text)) {
        inbox_html_raw(h, " ");
        inbox_html_isolated(h, text);
    }
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        if (!member(s, at, more[i].key, text))
            continue;
        inbox_html_raw(h, " · ");
        inbox_html_word(h, more[i].name);
        inbox_html_raw(h, " ");
        inbox_html_isolated(h, text);
    }
    inbox_html_raw(h, "</dd>");
}

static void officer(struct shown *s, ptrdiff_t at)
{
    struct inbox_html *h = s->h;
    char number[TEXT_MAX], role[TEXT_MAX];
    member(s, at, "number", number);
    member(s, at, "role", role);
    inbox_html_element(h, "dt", inbox_term(h->language, role));
    inbox_html_raw(h, "<dd>");
    inbox_html_isolated(h, number);
    inbox_html_raw(h, "</dd>");
}

static void each(struct shown *s, const char *key, void (*show)(struct shown *s, ptrdiff_t at))
{
    ptrdiff_t list = list_of(s, 0, key);
    for (size_t i = 0; list >= 0 && i < s->record.doc.tokens[list].count; i++)
        show(s, json_element(&s->record.doc, (size_t)list, i));
}

static void test_section(struct shown *s)
{
    struct inbox_html *h = s->h;
    char text[TEXT_MAX];
    ptrdiff_t station = json_member(&s->record.doc, 0, "station");
    section(h, "", INBOX_WORD_TEST);
    inbox_html_raw(h, "<dl>");
    item(h, INBOX_WORD_RECORD, s->p->record);
    if (member(s, station, "name", text))
        item(h, INBOX_WORD_STATION, text);
    item(h, INBOX_WORD_STATION_ID, s->p->station);
    item(h, INBOX_WORD_METHOD, inbox_term(h->language, s->record.method));
    if (member(s, 0, "started_at", text))
        time_item(h, INBOX_WORD_STARTED, text);
    time_item(h, INBOX_WORD_ENDED, s->record.ended_at);
    each(s, "instruments", instrument);
    each(s, "officers", officer);
    inbox_html_raw(h, "</dl></section>\n");
}

/* ---- pictures and curve ---- */

static void picture_section(struct shown *s)
{
    struct inbox_html *h = s->h;
    size_t count = 0;
    section(h, " wide", INBOX_WORD_PICTURES);
    inbox_html_raw(h, "<div class=\"pictures\">");
    for (size_t i = 0; i < s->container.count; i++) {
        const struct container_entry *e = &s->container.entries[i];
        if (!inbox_picture_type(e->data, e->size))
            continue;
        count++;
        fprintf(h->out, "<figure><a href=\"/view/%s/file/%s\"><img loading=\"lazy\" src=\"/view/%s/file/%s\" alt=\"",
                s->p->sha256, e->name, s->p->sha256, e->name);
        inbox_html_text(h, e->name);
        inbox_html_raw(h, "\"></a><figcaption>");
        inbox_html_isolated(h, e->name);
        fprintf(h->out, " · %zu KB</figcaption></figure>\n", (e->size + 1023) / 1024);
    }
    inbox_html_raw(h, "</div>");
    if (count == 0)
        inbox_html_element(h, "p", inbox_word(h->language, INBOX_WORD_NO_PICTURES));
    inbox_html_raw(h, "</section>\n");
}

static void curve_section(struct shown *s)
{
    const struct container_entry *readings = container_find(&s->container, "readings.csv");
    section(s->h, " wide", INBOX_WORD_CURVE);
    if (!readings || !inbox_curve(s->h, (const char *)readings->data, readings->size, &s->record.judged))
        inbox_html_element(s->h, "p", inbox_word(s->h->language, INBOX_WORD_NO_CURVE));
    inbox_html_raw(s->h, "</section>\n");
}

/* ---- checks ---- */

void inbox_finding_row(struct inbox_html *h, const struct verifier_finding *f)
{
    bool bad = f->result == VERIFIER_FAIL;
    fprintf(h->out, "<tr><td><span class=\"tag %s\">", bad ? "bad" : f->result == VERIFIER_OK ? "good" : "warn");
    inbox_html_raw(h, bad ? "✕ " : "");
    inbox_html_term(h, verifier_result_name(f->result));
    inbox_html_raw(h, "</span></td><td>");
    inbox_html_isolated(h, f->entry);
    inbox_html_raw(h, "</td><td>");
    inbox_html_moments(h, h->language == INBOX_EN ? f->en : f->zh);
    inbox_html_raw(h, "</td></tr>\n");
}

static void check_section(struct shown *s)
{
    struct inbox_html *h = s->h;
    const struct verifier *v = &s->verifier;
    size_t failed = 0, good = 0;
    for (size_t i = 0; i < v->count; i++) {
        failed += v->findings[i].result == VERIFIER_FAIL;
        good += v->findings[i].result == VERIFIER_OK;
    }
    section(h, " wide", INBOX_WORD_CHECKS);
    fprintf(h->out, "<p><strong class=\"tag %s\">%s ", failed ? "bad" : "good", failed ? "✕" : "✓");
    inbox_html_count(h, failed ? INBOX_WORD_CHECKS_BAD : INBOX_WORD_CHECKS_GOOD, (int64_t)(failed ? failed : good));
    inbox_html_raw(h, "</strong> ");
    if (v->open > 0) {
        inbox_html_raw(h, "<strong class=\"tag warn\">? ");
        inbox_html_count(h, INBOX_WORD_CHECKS_OPEN, (int64_t)v->open);
        inbox_html_raw(h, "</strong> ");
    }
    inbox_html_raw(h, "<span class=\"note\">");
    inbox_html_word(h, INBOX_WORD_CHECKS_NOTE);
    fprintf(h->out, "</span></p><details%s><summary>", failed ? " open" : "");
    inbox_html_word(h, INBOX_WORD_CHECKS_ALL);
    inbox_html_raw(h, "</summary><table><tbody>\n");
    for (size_t i = 0; i < v->count; i++)
        inbox_finding_row(h, &v->findings[i]);
    inbox_html_raw(h, "</tbody></table></details></section>\n");
}

static void receipt_section(struct shown *s)
{
    struct inbox_html *h = s->h;
    const struct inbox_package *p = s->p;
    char number[32], at[CIVIL_TIME_TEXT_MAX];
    snprintf(number, sizeof number, "IN-%08lld", (long long)p->id);
    civil_time_format(p->received_ms, INBOX_OFFSET_MINUTES, at);
    section(h, " wide", INBOX_WORD_RECEIPT);
    inbox_html_raw(h, "<dl>");
    item(h, INBOX_WORD_RECEIPT, number);
    time_item(h, INBOX_WORD_RECEIVED, at);
    item(h, INBOX_WORD_SENDER, p->sender);
    item(h, INBOX_WORD_SIGNER, p->signer);
    item(h, INBOX_WORD_JOURNAL, inbox_term(h->language, p->journal));
    item(h, INBOX_WORD_HASH, p->sha256);
    inbox_html_raw(h, "</dl><p class=\"note\">");
    inbox_html_word(h, s->inbox->receipt_key ? INBOX_WORD_RECEIPT_SIGNED : INBOX_WORD_RECEIPT_UNSIGNED);
    fprintf(h->out, "</p><p><a class=\"button plain\" href=\"/packages/%s.asice\">", p->sha256);
    inbox_html_word(h, INBOX_WORD_DOWNLOAD);
    inbox_html_raw(h, "</a> ");
    if (container_find(&s->container, "report.pdf")) {
        fprintf(h->out, "<a class=\"button plain\" href=\"/view/%s/file/report.pdf\">", p->sha256);
        inbox_html_word(h, INBOX_WORD_REPORT);
        inbox_html_raw(h, "</a> ");
    }
    inbox_html_raw(h, "<span class=\"note\">");
    inbox_html_count(h, INBOX_WORD_DOWNLOADS, p->downloads);
    inbox_html_raw(h, "</span></p></section>\n");
}

/* ---- the page ---- */

static void conflict_section(struct shown *s)
{
    inbox_html_raw(s->h, "<section class=\"card alarm\" role=\"alert\"><h2>⚠ ");
    inbox_html_word(s->h, INBOX_WORD_CONFLICT);
    inbox_html_raw(s->h, "</h2><p>");
    inbox_html_word(s->h, INBOX_WORD_CONFLICT_NOTE);
    inbox_html_raw(s->h, "</p></section>\n");
}

static int write_page(struct shown *s, const struct inbox_visitor *visitor, const char *token, struct err *err)
{
    banner(s);
    if (strcmp(s->p->journal, inbox_journal_name(INBOX_JOURNAL_CONFLICT)) == 0)
        conflict_section(s);
    inbox_html_raw(s->h, "<div class=\"columns\">\n");
    if (s->has_record) {
        const struct container_entry *custody = container_find(&s->container, "case.json");
        verdict_section(s);
        vehicle_section(s);
        test_section(s);
        picture_section(s);
        curve_section(s);
        inbox_case_section(s->h, custody ? (const char *)custody->data : NULL, custody ? custody->size : 0);
    } else {
        inbox_html_element(s->h, "p", inbox_word(s->h->language, INBOX_WORD_NOT_READ));
    }
    check_section(s);
    receipt_section(s);
    int result = inbox_forms_section(s->h, s->inbox, visitor, s->p, token, err);
    inbox_html_raw(s->h, "</div>\n");
    return result;
}

char *inbox_detail_page(const struct inbox *inbox, const struct inbox_visitor *visitor, const struct inbox_package *p,
                        const char *token, size_t *length, struct err *err)
{
    struct inbox_html h;
    struct shown *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    s->h = &h;
    s->inbox = inbox;
    s->p = p;
    char *text = NULL;
    if (open_shown(s, err) == 0 && inbox_html_open(&h, visitor, p->plate[0] ? p->plate : p->record, err) == 0) {
        int result = write_page(s, visitor, token, err);
        text = inbox_html_close(&h, length, err);
        if (result != 0) {
            free(text);
            text = NULL;
        }
    }
    close_shown(s);
    return text;
}
