#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "station/live_console.h"

/* ---- may it be asked ---- */

/* Answers "no" to who wanted to act; the journal tells it. */
static bool turn_away(struct live *live, struct webserver_request *request, const struct api_match *match,
                      const struct session *session, unsigned status, const char *error)
{
    const struct live_console_note note = {.act = "refused",
                                           .command = match->route->path,
                                           .officer = session ? session->officer.number : NULL,
                                           .subject = match->values_count > 0 ? match->values[0].text : NULL,
                                           .reason = error};
    live_console_note_refusal(live, request, &note);
    live_console_refuse(request, status, error);
    return false;
}

/* ---- who is it ---- */

struct session *live_session_of(struct live *live, struct webserver_request *request)
{
    return sessions_find(&live->console->sessions, webserver_cookie(request, LIVE_SESSION_COOKIE), clock_mono_ms());
}

const struct sessions_officer *live_session_actor(const struct session *session,
                                                  const struct webserver_request *request)
{
    const char *as = webserver_argument(request, "as");
    if (!as)
        return &session->officer;
    return strcmp(as, "second") == 0 && session->second.number[0] ? &session->second : NULL;
}

static bool is_numeric(const char *host, size_t length)
{
    static const char here[] = "localhost";
    if (length == sizeof here - 1 && strncasecmp(host, here, length) == 0)
        return true;
    for (size_t i = 0; i < length; i++)
        if (!isxdigit((unsigned char)host[i]) && !strchr(".:[]", host[i]))
            return false;
    return length > 0 && strcspn(host, ".:") < length;
}

/* At this machine reads are open, and a foreign page may not get at them by a name of its own that leads here.
 * Elsewhere the certificate sees to that. */
static bool host_fits(const struct webserver_request *request)
{
    const char *host = webserver_header(request, "Host");
    if (!host)
        return true;
    const char *colon = strrchr(host, ':'), *bracket = strrchr(host, ']');
    return is_numeric(host, colon && colon > bracket ? (size_t)(colon - host) : strlen(host));
}

/* A browser says from which page a write comes. */
static bool origin_fits(const struct webserver_request *request)
{
    const char *origin = webserver_header(request, "Origin"), *host = webserver_header(request, "Host");
    const char *site = webserver_header(request, "Sec-Fetch-Site");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    if (!origin)
        return true;
    const char *behind = strstr(origin, "://");
    return behind && host && strcasecmp(behind + 3, host) == 0;
}

static bool needs_role(const struct api_match *match, unsigned *roles)
{
    *roles = match->route->roles;
    enum case_act act = caselife_act_by_name(api_value(match, "act"));
    if (act != ACT_COUNT)
        *roles &= caselife_roles(act);
    return match->route->roles != 0;
}

static bool guard_role(struct live *live, struct webserver_request *request, const struct api_match *match,
                       struct session *session)
{
    char error[ERR_TEXT_MAX], who[128];
    unsigned roles;
    if (!needs_role(match, &roles))
        return true;
    const struct sessions_officer *actor = live_session_actor(session, request);
    if (!actor)
        return turn_away(live, request, match, session, 403,
                         "there is no second officer here now; log the second one in again");
    if (actor->role & roles)
        return true;
    role_say(roles & ROLE_OFFICERS, who, sizeof who);
    snprintf(error, sizeof error, "officer %s may not do this, the role is %s; it is for %s", actor->number,
             role_name(actor->role), who[0] ? who : "nobody at the console");
    return turn_away(live, request, match, session, 403, error);
}

static bool guard_write(struct live *live, struct webserver_request *request, const struct api_match *match,
                        struct session *session)
{
    if (!origin_fits(request))
        return turn_away(live, request, match, session, 403, "this comes from a page that is not the station's");
    if (match->route->roles == 0) /* the login */
        return true;
    if (!session)
        return turn_away(live, request, match, NULL, 401, "nobody is logged in here; log in again");
    if (!sessions_csrf(session, webserver_header(request, "X-CSRF-Token")))
        return turn_away(live, request, match, session, 403, "stale token: load the page again");
    if (!guard_role(live, request, match, session))
        return false;
    sessions_use(session, clock_mono_ms());
    return true;
}

static bool guard_read(struct live *live, struct webserver_request *request, struct session *session)
{
    bool open = live->config->console.open_reads;
    if (live->config->console.local && !host_fits(request))
        live_console_refuse(request, 403, "ask the station by its address or as localhost");
    else if (!open && !session)
        live_console_refuse(request, 401, "nobody is logged in here; log in first");
    else
        return true;
    return false;
}

bool live_session_guard(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    struct session *session = live_session_of(live, request);
    if (strcmp(match->route->method, "GET") != 0)
        return guard_write(live, request, match, session);
    if (match->route->kind == API_SESSION)
        return true; /* it says itself that there is none */
    if (match->route->roles != 0 && !session)
        return turn_away(live, request, match, NULL, 401, "nobody is logged in here; log in first");
    return guard_read(live, request, session) && guard_role(live, request, match, session);
}

bool live_session_may_read(struct live *live, struct webserver_request *request)
{
    return live->config->console.open_reads || live_session_of(live, request);
}

bool live_session_admit_reader(void *ctx, struct webserver_request *request)
{
    return guard_read(ctx, request, live_session_of(ctx, request));
}

void live_session_forget(struct live *live, const char *officer)
{
    if (live->console)
        sessions_end_officer(&live->console->sessions, officer, live->console->acting);
}
