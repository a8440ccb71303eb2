#include "reports/inbox_http.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "reports/inbox_officers.h"
#include "reports/inbox_pages.h"
#include "reports/log.h"
#include "reports/sha256.h"

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *argument(const struct inbox_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

static const char *header(const struct inbox_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* ---- answers ---- */

static struct MHD_Response *with_policy(struct MHD_Response *response)
{
    if (response) {
        MHD_add_response_header(response, "Content-Security-Policy", INBOX_POLICY);
        MHD_add_response_header(response, "Referrer-Policy", "same-origin");
        MHD_add_response_header(response, "X-Frame-Options", "DENY");
        MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    }
    return response;
}

/* `page` is malloc'ed; NULL: it could not be made, *err says why. */
static enum MHD_Result send_page(const struct inbox_request *r, unsigned status, char *page, size_t length,
                                 const struct err *err)
{
    if (!page)
        return inbox_store_failed(r, err);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(length, page, free);
    if (!response)
        free(page);
    return inbox_respond(r, status, "text/html; charset=utf-8", with_policy(response));
}

static enum MHD_Result say(const struct inbox_request *r, unsigned status, enum inbox_word what, const char *detail,
                           const char *back)
{
    size_t length;
    struct err err;
    char *page = inbox_html_message(&r->visitor, INBOX_WORD_REFUSED, what, detail, back, &length, &err);
    return send_page(r, status, page, length, &err);
}

static enum MHD_Result go_to(const struct inbox_request *r, const char *where, const char *cookie)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response) {
        MHD_add_response_header(response, "Location", where);
        if (cookie)
            MHD_add_response_header(response, "Set-Cookie", cookie);
    }
    return inbox_respond(r, 303, "text/plain", with_policy(response));
}

static enum MHD_Result get_style(const struct inbox_request *r)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return MHD_NO;
    for (size_t i = 0; inbox_html_style[i]; i++)
        fputs(inbox_html_style[i], out);
    if (fclose(out) != 0)
        return MHD_NO;
    return inbox_respond(r, 200, "text/css; charset=utf-8",
                         MHD_create_response_from_buffer_with_free_callback(length, text, free));
}

/* ---- a form must come from a page of ours ---- */

/* The token of a package's forms: nobody knows it who has not been shown the page as this visitor. */
static void make_token(const struct inbox_request *r, const char *about, char out[INBOX_TOKEN_MAX])
{
    char text[sizeof r->visitor.client + 128];
    uint8_t digest[EVP_MAX_MD_SIZE];
    int length = snprintf(text, sizeof text, "%s|%s|%s", r->visitor.client, r->visitor.officer, about);
    HMAC(EVP_sha256(), r->secret, INBOX_SECRET_SIZE, (const uint8_t *)text, (size_t)length, digest, NULL);
    sha256_to_hex(digest, out);
}

/* Browsers say where a form came from. */
static bool same_origin(const struct inbox_request *r)
{
    char origin[300];
    const char *site = header(r, "Sec-Fetch-Site"), *from = header(r, "Origin"), *host = header(r, "Host");
    snprintf(origin, sizeof origin, "%s://%s", r->visitor.local ? "http" : "https", host ? host : "");
    return (!site || strcmp(site, "same-origin") == 0) && (!from || strcmp(from, origin) == 0);
}

static bool is_ours(const struct inbox_request *r, const char *about)
{
    char wanted[INBOX_TOKEN_MAX], token[INBOX_TOKEN_MAX];
    make_token(r, about, wanted);
    return same_origin(r) && !r->form_too_long &&
           inbox_form_field(r->form, r->form_length, "token", token, sizeof token) && strlen(token) == 64 &&
           CRYPTO_memcmp(token, wanted, 64) == 0;
}

/* ---- the local listener: who is there? ---- */

static const char *lang(const struct inbox_request *r)
{
    return r->visitor.language == INBOX_EN ? "en" : "zh";
}

static enum MHD_Result get_enter(const struct inbox_request *r)
{
    struct inbox_html h;
    struct err err;
    size_t length;
    char token[INBOX_TOKEN_MAX];
    make_token(r, "enter", token);
    if (inbox_html_open(&h, &r->visitor, inbox_word(r->visitor.language, INBOX_WORD_ENTER), &err) != 0)
        return inbox_store_failed(r, &err);
    inbox_html_raw(&h, "<section class=\"card\"><h1>");
    inbox_html_word(&h, INBOX_WORD_ENTER_NUMBER);
    fprintf(h.out,
            "</h1><form class=\"search\" method=\"post\" action=\"/enter?lang=%s\">"
            "<input type=\"hidden\" name=\"token\" value=\"%s\"><div><label for=\"officer\">",
            lang(r), token);
    inbox_html_word(&h, INBOX_WORD_OFFICER_NUMBER);
    inbox_html_raw(&h, "</label><input id=\"officer\" name=\"officer\" maxlength=\"32\" required autofocus></div><div>"
                       "<button>");
    inbox_html_word(&h, INBOX_WORD_ENTER);
    inbox_html_raw(&h, "</button></div></form><p class=\"note\">");
    inbox_html_word(&h, INBOX_WORD_ENTER_WHY);
    inbox_html_raw(&h, "</p></section>\n");
    char *page = inbox_html_close(&h, &length, &err);
    return send_page(r, 200, page, length, &err);
}

static bool may_enter(const struct inbox_request *r, const char *number)
{
    return inbox_officer_ok(number) && (!r->inbox->officers || inbox_officers_has(r->inbox->officers, number));
}

static enum MHD_Result post_enter(struct inbox_request *r)
{
    char number[INBOX_OFFICER_MAX], cookie[160], back[32], where[32];
    snprintf(back, sizeof back, "/enter?lang=%s", lang(r));
    snprintf(where, sizeof where, "/?lang=%s", lang(r));
    r->visitor.officer[0] = '\0'; /* the token was made for nobody */
    if (!is_ours(r, "enter"))
        return say(r, 403, INBOX_WORD_BAD_FORM, "", back);
    if (!inbox_form_field(r->form, r->form_length, "officer", number, sizeof number) || !may_enter(r, number))
        return say(r, 400, INBOX_WORD_BAD_FIELD, "officer", back);
    snprintf(cookie, sizeof cookie, "officer=%s; Path=/; HttpOnly; SameSite=Strict", number);
    return go_to(r, where, cookie);
}

/* ---- pages ---- */

static enum MHD_Result get_list(const struct inbox_request *r)
{
    const struct inbox_search search = {.plate = argument(r, "plate"),
                                        .station = argument(r, "station"),
                                        .state = argument(r, "state"),
                                        .from = argument(r, "from"),
                                        .to = argument(r, "to"),
                                        .conflict = argument(r, "conflict"),
                                        .beyond = argument(r, "beyond")};
    struct err err;
    size_t length;
    if (search.plate && search.plate[0] && inbox_log_act(r, "search", "", search.plate, &err) != 0)
        return inbox_store_failed(r, &err);
    char *page = inbox_list_page(r->inbox, &r->visitor, &search, now_ms(), &length, &err);
    return send_page(r, 200, page, length, &err);
}

static enum MHD_Result send_slip(const struct inbox_request *r, const char *text, size_t size)
{
    struct err err;
    size_t length;
    char token[INBOX_TOKEN_MAX];
    make_token(r, "slip", token);
    char *page = inbox_slip_page(r->inbox, &r->visitor, text, size, token, &length, &err);
    return send_page(r, 200, page, length, &err);
}

static enum MHD_Result get_audit(const struct inbox_request *r)
{
    struct err err;
    size_t length;
    const char *before = argument(r, "before");
    if (!r->visitor.sees_all)
        return say(r, 403, INBOX_WORD_NO_SUCH, "", "/");
    char *page = inbox_audit_page(r->inbox, &r->visitor, before ? strtoll(before, NULL, 10) : 0, &length, &err);
    return send_page(r, 200, page, length, &err);
}

static enum MHD_Result get_detail(const struct inbox_request *r, const struct inbox_package *p)
{
    struct err err;
    size_t length;
    char token[INBOX_TOKEN_MAX];
    make_token(r, p->sha256, token);
    if (inbox_log_act(r, "look", p->sha256, "", &err) != 0)
        return inbox_store_failed(r, &err);
    char *page = inbox_detail_page(r->inbox, &r->visitor, p, token, &length, &err);
    if (page)
        return send_page(r, 200, page, length, &err);
    log_error("%s", err.text);
    return say(r, 503, INBOX_WORD_FILE_BAD, "", "/");
}

/* One entry of a package: a picture to be looked at, anything else to be saved, and nothing to be run. */
static enum MHD_Result send_entry(const struct inbox_request *r, const struct container_entry *e)
{
    char disposition[CONTAINER_NAME_MAX + 40];
    const char *type = inbox_picture_type(e->data, e->size), *slash = strrchr(e->name, '/');
    union { /* libmicrohttpd takes what it copies as not constant */
        const void *from;
        void *to;
    } data = {e->data};
    struct MHD_Response *response = MHD_create_response_from_buffer(e->size, data.to, MHD_RESPMEM_MUST_COPY);
    snprintf(disposition, sizeof disposition, "%s; filename=\"%s\"", type ? "inline" : "attachment",
             slash ? slash + 1 : e->name);
    if (response) {
        MHD_add_response_header(response, "Content-Disposition", disposition);
        MHD_add_response_header(response, "Content-Security-Policy", "default-src 'none'; sandbox");
        MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    }
    return inbox_respond(r, 200, type ? type : "application/octet-stream", response);
}

static enum MHD_Result get_entry(const struct inbox_request *r, const struct inbox_package *p, const char *name)
{
    struct err err;
    struct container container;
    const struct container_entry *entry = NULL;
    char *data = NULL;
    size_t size;
    if (inbox_package_read(r->inbox, p, &data, &size, &err) != 0) {
        log_error("%s", err.text);
        return say(r, 503, INBOX_WORD_FILE_BAD, "", "/");
    }
    if (container_read(&container, (const uint8_t *)data, size, &err) == 0)
        entry = container_find(&container, name);
    enum MHD_Result result;
    if (!entry)
        result = say(r, 404, INBOX_WORD_NO_SUCH, "", "/");
    else if (inbox_log_act(r, inbox_picture_type(entry->data, entry->size) ? "picture" : "file", p->sha256, name,
                           &err) != 0)
        result = inbox_store_failed(r, &err);
    else
        result = send_entry(r, entry);
    free(data);
    return result;
}

/* "/view/SHA256" and what is below: 1 and *p, *rest; 0: not for this visitor, or none; -1: *err */
static int find_viewed(const struct inbox_request *r, struct inbox_package *p, const char **rest, struct err *err)
{
    if (strncmp(r->url, "/view/", 6) != 0)
        return 0;
    const char *hash = r->url + 6;
    size_t length = strcspn(hash, "/");
    *rest = hash + length;
    return inbox_find_visible(r, hash, length, p, err);
}

enum MHD_Result inbox_web_get(struct inbox_request *r)
{
    struct err err;
    struct inbox_package p;
    const char *rest = "";
    if (strcmp(r->url, "/style.css") == 0)
        return get_style(r);
    if (r->visitor.local && (strcmp(r->url, "/enter") == 0 || !r->visitor.officer[0])) {
        r->visitor.officer[0] = '\0';
        return get_enter(r);
    }
    if (strcmp(r->url, "/") == 0)
        return get_list(r);
    if (strcmp(r->url, "/audit") == 0)
        return get_audit(r);
    if (strcmp(r->url, "/slip") == 0)
        return send_slip(r, "", 0);
    int found = find_viewed(r, &p, &rest, &err);
    if (found < 0)
        return inbox_store_failed(r, &err);
    if (found && rest[0] == '\0')
        return get_detail(r, &p);
    if (found && strncmp(rest, "/file/", 6) == 0)
        return get_entry(r, &p, rest + 6);
    return say(r, 404, INBOX_WORD_NO_SUCH, "", "/");
}

/* ---- decisions ---- */

static enum MHD_Result decide(struct inbox_request *r, const struct inbox_package *p)
{
    struct err err;
    struct inbox_decision d;
    char back[100];
    snprintf(back, sizeof back, "/view/%s?lang=%s", p->sha256, lang(r));
    if (!r->visitor.may_decide)
        return say(r, 403, INBOX_WORD_MAY_NOT, "", back);
    if (!is_ours(r, p->sha256))
        return say(r, 403, INBOX_WORD_BAD_FORM, "", back);
    if (inbox_form_decision(r->form, r->form_length, p->sha256, &d, &err) != 0)
        return say(r, 400, INBOX_WORD_BAD_FIELD, err.text, back);
    if (r->visitor.officer[0] && strcmp(d.officer, r->visitor.officer) != 0)
        return say(r, 403, INBOX_WORD_BAD_FIELD, "officer", back);
    d.at_ms = now_ms();
    if (inbox_store_decide(r->inbox->store, &d, r->visitor.client, &err) == 0)
        return go_to(r, back, NULL);
    if (err.code == ERR_FAILED)
        return inbox_store_failed(r, &err);
    return say(r, err.code == ERR_REFUSED ? 409 : 400, INBOX_WORD_BAD_ORDER, err.text, back);
}

/* A text of a slip's code; an empty one is asked for again. */
static enum MHD_Result check_slip(const struct inbox_request *r)
{
    struct err err;
    char text[INBOX_FORM_MAX], back[32];
    snprintf(back, sizeof back, "/slip?lang=%s", lang(r));
    if (!is_ours(r, "slip"))
        return say(r, 403, INBOX_WORD_BAD_FORM, "", back);
    if (!inbox_form_lines(r->form, r->form_length, "text", text, sizeof text))
        return say(r, 400, INBOX_WORD_BAD_FIELD, "text", back);
    if (inbox_log_act(r, "slip", "", "", &err) != 0)
        return inbox_store_failed(r, &err);
    return send_slip(r, text, strlen(text));
}

enum MHD_Result inbox_web_post(struct inbox_request *r)
{
    struct err err;
    struct inbox_package p;
    const char *rest = "";
    if (r->visitor.local && strcmp(r->url, "/enter") == 0)
        return post_enter(r);
    bool nobody = r->visitor.local && !r->visitor.officer[0];
    if (!nobody && strcmp(r->url, "/slip") == 0)
        return check_slip(r);
    int found = nobody ? 0 : find_viewed(r, &p, &rest, &err);
    if (found < 0)
        return inbox_store_failed(r, &err);
    if (!found || strcmp(rest, "/decide") != 0)
        return say(r, 404, INBOX_WORD_NO_SUCH, "", "/");
    return decide(r, &p);
}
