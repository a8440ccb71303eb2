#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reports/log.h"
#include "station/live_console.h"

enum { PIN_TEXT_MAX = 32 }; /* longer ones are no PINs; what is none is found wrong like any other */

/* ---- what a session is ---- */

static void write_time(const struct live *live, struct json_writer *w, const char *key, int64_t mono_ms)
{
    char text[CIVIL_TIME_TEXT_MAX];
    civil_time_format(clock_unix_ms() + mono_ms - clock_mono_ms(), live->config->utc_offset_minutes, text);
    json_string(w, key, text);
}

static void write_second(const struct live *live, struct json_writer *w, const struct session *session)
{
    if (session->second.number[0] == '\0') {
        json_null(w, "second");
        return;
    }
    json_object_begin(w, "second");
    json_string(w, "name", session->second.name);
    json_string(w, "officer", session->second.number);
    json_string(w, "role", role_name(session->second.role));
    write_time(live, w, "until", session->second_until_ms);
    json_object_end(w);
}

static void show(const struct live *live, struct webserver_request *request, const struct session *session)
{
    char text[2048];
    struct json_writer w;
    json_writer_init(&w, text, sizeof text);
    json_object_begin(&w, NULL);
    json_string(&w, "csrf", session->csrf);
    write_time(live, &w, "expires_at", session->begun_ms + SESSIONS_WHOLE_MS);
    json_integer(&w, "idle_s", live->console->sessions.idle_ms / 1000);
    json_string(&w, "name", session->officer.name);
    json_string(&w, "officer", session->officer.number);
    json_bool(&w, "ok", true);
    json_string(&w, "role", role_name(session->officer.role));
    write_second(live, &w, session);
    json_object_end(&w);
    webserver_answer(request, 200, "application/json", text, (size_t)json_writer_finish(&w));
}

static void set_cookie(const struct live *live, struct webserver_request *request, const char *token)
{
    char cookie[160];
    snprintf(cookie, sizeof cookie, LIVE_SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict%s%s", token,
             token[0] ? "" : "; Max-Age=0", live->config->console.key[0] ? "; Secure" : "");
    webserver_set_header(request, "Set-Cookie", cookie);
}

/* ---- logging in ---- */

/* Somebody whose PIN is being checked. */
struct login {
    char number[SESSIONS_NUMBER_MAX];
    char token[SESSIONS_TOKEN_SIZE]; /* of the session whose second officer it would be; "": a login */
};

static bool read_officer(const struct child_result *result, struct sessions_officer *out)
{
    struct json_token tokens[16];
    struct json_doc doc = {.tokens = tokens, .max = 16};
    char role[16];
    bool ok = false;
    if (result->end != CHILD_EXITED || result->status != 0 ||
        json_parse(&doc, result->out, result->length, tokens, 16, NULL) != 0 ||
        !json_get_bool(&doc, json_member(&doc, 0, "ok"), &ok) || !ok ||
        !json_get_string(&doc, json_member(&doc, 0, "number"), out->number, sizeof out->number) ||
        !json_get_string(&doc, json_member(&doc, 0, "name"), out->name, sizeof out->name) ||
        !json_get_string(&doc, json_member(&doc, 0, "role"), role, sizeof role))
        return false;
    out->role = role_by_name(role);
    return true;
}

static void begin_session(struct live *live, struct webserver_request *request, const struct sessions_officer *officer)
{
    struct session *session, *before = live_session_of(live, request);
    struct err err = {0};
    if (before) /* of whoever had this tablet */
        sessions_end(before);
    if (sessions_begin(&live->console->sessions, officer, clock_mono_ms(), &session, &err) != 0) {
        live_console_refuse(request, 500, err.text);
        return;
    }
    const struct live_console_note note = {.act = "login", .officer = officer->number};
    live_console_note(live, request, &note);
    show(live, request, session);
    set_cookie(live, request, session->token);
}

static void set_second(struct live *live, struct webserver_request *request, const char *token,
                       const struct sessions_officer *officer)
{
    struct session *session = sessions_find(&live->console->sessions, token, clock_mono_ms());
    if (!session) {
        live_console_refuse(request, 401, "the session has ended meanwhile; log in again");
        return;
    }
    if (strcasecmp(session->officer.number, officer->number) == 0) {
        live_console_refuse(request, 409, "the second officer is another one than the first");
        return;
    }
    sessions_set_second(session, officer, clock_mono_ms());
    const struct live_console_note note = {
        .act = "second", .officer = session->officer.number, .second = officer->number};
    live_console_note(live, request, &note);
    show(live, request, session);
}

static void tell_wrong(struct live *live, struct webserver_request *request, const struct login *login, bool locks)
{
    const struct live_console_note wrong = {
        .act = "refused", .officer = login->number, .reason = "number or PIN is wrong"};
    const struct live_console_note locked = {
        .act = "locked", .officer = login->number, .reason = "too many wrong PINs"};
    if (locks) {
        log_warning("officer %s is locked out of the console for %d minutes: too many wrong PINs", login->number,
                    SESSIONS_LOCK_MS / 60000);
        live_console_note(live, request, &locked);
    } else {
        live_console_note_refusal(live, request, &wrong);
    }
    if (!request)
        return;
    if (locks)
        live_console_refuse_for(request, 429, SESSIONS_LOCK_MS,
                                "too many wrong PINs: this number is locked for five minutes");
    else
        live_console_refuse(request, 401, "number or PIN is wrong, or no PIN is set; 'smogctl officer pin' sets one");
}

/* A check counts whether or not somebody waits for its answer. */
static void on_checked(struct live *live, struct webserver_request *request, struct child_result *result, void *ctx)
{
    const struct login *login = ctx;
    struct sessions_officer officer;
    bool answered = result->end == CHILD_EXITED && result->status <= ERR_FAILED;
    bool right = read_officer(result, &officer);
    bool locks = sessions_try_end(&live->console->sessions, login->number,
                                  right      ? SESSIONS_RIGHT
                                  : answered ? SESSIONS_WRONG
                                             : SESSIONS_UNKNOWN,
                                  clock_mono_ms());
    if (answered && !right)
        tell_wrong(live, request, login, locks);
    else if (request && !answered)
        live_console_refuse(request, 503, "the PIN could not be checked now; try again");
    else if (request && login->token[0])
        set_second(live, request, login->token, &officer);
    else if (request)
        begin_session(live, request, &officer);
}

static bool may_try(struct live *live, struct webserver_request *request, const char *number)
{
    char peer[SESSIONS_PEER_MAX];
    bool locked;
    webserver_peer(request, peer, sizeof peer);
    int64_t wait_ms = sessions_try_begin(&live->console->sessions, number, peer, clock_mono_ms(), &locked);
    if (wait_ms == 0)
        return true;
    const char *why = locked ? "this number is locked after too many wrong PINs; wait, or ask another officer"
                             : "too many logins at once from here; wait a moment";
    const struct live_console_note note = {.act = "refused", .officer = number, .reason = why};
    live_console_note_refusal(live, request, &note);
    live_console_refuse_for(request, 429, wait_ms, why);
    return false;
}

static void check_pin(struct live *live, struct webserver_request *request, const char *token)
{
    char pin[PIN_TEXT_MAX], line[PIN_TEXT_MAX + 2];
    size_t length;
    struct err err = {0};
    struct login *login = calloc(1, sizeof *login);
    const char *body = webserver_body(request, &length);
    if (!login || api_body_text(body, length, "officer", login->number, sizeof login->number, &err) != 0 ||
        api_body_text(body, length, "pin", pin, sizeof pin, &err) != 0) {
        live_console_refuse(request, login ? 400 : 503, login ? err.text : "out of memory");
        free(login);
        return;
    }
    snprintf(login->token, sizeof login->token, "%s", token);
    if (!may_try(live, request, login->number)) {
        free(login);
        return;
    }
    const char *const words[] = {"--json", "officer", "check-pin", "--", login->number, NULL};
    snprintf(line, sizeof line, "%.*s\n", (int)strcspn(pin, "\r\n"), pin);
    live_api_child_ask(live, live->console->children, request, words, line, true, on_checked, login);
}

/* ---- the routes ---- */

static void log_out(struct live *live, struct webserver_request *request, struct session *session)
{
    static const char text[] = "{\"ok\":true}";
    const struct live_console_note note = {.act = "logout", .officer = session->officer.number};
    live_console_note(live, request, &note);
    sessions_end(session);
    webserver_answer(request, 200, "application/json", text, strlen(text));
    set_cookie(live, request, "");
}

void live_login_answer(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    struct session *session = live_session_of(live, request);
    if (match->route->kind == API_SECOND)
        check_pin(live, request, session->token);
    else if (strcmp(match->route->method, "POST") == 0)
        check_pin(live, request, "");
    else if (strcmp(match->route->method, "DELETE") == 0)
        log_out(live, request, session);
    else if (!session)
        live_console_refuse(request, 401, "nobody is logged in here");
    else {
        if (webserver_argument(request, "used"))
            sessions_use(session, clock_mono_ms());
        show(live, request, session);
    }
}
