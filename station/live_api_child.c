#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/live_console.h"

/* ---- a smogctl that is asked ---- */

struct asking {
    struct live *live;
    struct webserver_request *request; /* NULL: it has gone */
    struct child *child;
    bool stay;
    live_api_child_done *done;
    void *ctx;
};

static void on_done(void *ctx, struct child_result *result)
{
    struct asking *a = ctx;
    a->done(a->live, a->request, result, a->ctx);
    free(a->ctx);
    free(a);
}

static void on_gone(void *ctx)
{
    struct asking *a = ctx;
    a->request = NULL;
    if (!a->stay)
        child_cancel(a->child);
}

void live_api_child_ask(struct live *live, struct child_pool *pool, struct webserver_request *request,
                        const char *const *words, const char *in, bool stay, live_api_child_done *done, void *ctx)
{
    const char *argv[API_WORDS_MAX + 4] = {live->console->ctl, "-c", live->config->file};
    struct child_result none = {.end = CHILD_FAILED};
    struct err err = {0};
    struct asking *a = calloc(1, sizeof *a);
    for (size_t i = 0; words[i]; i++)
        argv[3 + i] = words[i];
    if (a) {
        *a = (struct asking){.live = live, .request = request, .stay = stay, .done = done, .ctx = ctx};
        a->child = child_start(pool, argv, in, in ? strlen(in) : 0, on_done, a, &err);
    }
    if (a && a->child) {
        webserver_later(request, on_gone, a);
        return;
    }
    snprintf(none.error, sizeof none.error, "%s", a ? err.text : "out of memory");
    done(live, request, &none, ctx);
    free(ctx);
    free(a);
}

/* ---- what it says ---- */

/* Why there is no answer, in words. */
static void tell_failed(struct webserver_request *request, const struct child_result *result)
{
    if (result->end == CHILD_LATE)
        live_console_refuse(request, 503, "the answer took too long; ask for less, or try again");
    else if (result->end == CHILD_TALKATIVE)
        live_console_refuse(request, 503, "the answer is too long; ask for less with limit");
    else if (result->end == CHILD_FAILED)
        live_console_refuse(request, 503, result->error[0] ? result->error : "too much is asked at once; try again");
    else
        live_console_refuse(request, 500, "the answer could not be made; look at smogd's log");
    webserver_set_header(request, "Retry-After", "2");
}

static void tell_json(struct webserver_request *request, const struct api_match *match, struct child_result *result)
{
    if (result->end != CHILD_EXITED || result->length == 0) {
        tell_failed(request, result);
        return;
    }
    webserver_answer_bytes(request, api_status(match, result->status), "application/json", result->out, result->length);
    result->out = NULL;
}

struct asked {
    struct api_match match;
    char officer[SESSIONS_NUMBER_MAX]; /* who acts; "": nobody, it is a read */
};

static void on_json(struct live *live, struct webserver_request *request, struct child_result *result, void *ctx)
{
    const struct asked *asked = ctx;
    const struct api_match *match = &asked->match;
    const struct live_console_note note = {
        .act = result->end == CHILD_EXITED && result->status == 0 ? "did" : "refused",
        .command = match->route->path,
        .officer = asked->officer,
        .subject = match->values_count > 0 ? match->values[0].text : NULL};
    if (asked->officer[0])
        live_console_note(live, request, &note);
    if (request)
        tell_json(request, match, result);
}

/* ---- files ---- */

struct drawing {
    struct api_match match;
    char path[LIVE_CONSOLE_PATH_MAX + 40];
};

/* "inline; filename=…", where the name is a plain one. */
static void name_file(struct webserver_request *request, const struct api_match *match)
{
    char header[2 * API_VALUE_MAX], first[32];
    const char *id = api_value(match, "id"), *kind = api_value(match, "kind");
    const char *last = strrchr(match->route->path, '/'), *ending = strrchr(match->route->path, '.');
    last = last ? last + 1 : match->route->path;
    if (kind[0] || last[0] == '{') /* slips/ID.pdf, documents/KIND.pdf */
        snprintf(first, sizeof first, "%.*s", kind[0] ? 20 : 4, kind[0] ? kind : "slip");
    else
        snprintf(first, sizeof first, "%.*s", (int)(ending - last), last);
    snprintf(header, sizeof header, "inline; filename=\"%s%s%s%s\"", first, id[0] ? "-" : "", id, ending);
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.;= \"";
    if (header[strspn(header, plain)] == '\0' && strlen(id) < API_VALUE_MAX - 1)
        webserver_set_header(request, "Content-Disposition", header);
}

static void send_file(struct webserver_request *request, const struct drawing *d, struct child_result *result)
{
    struct stat st;
    int fd = open(d->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (fd >= 0)
            close(fd);
        tell_failed(request, result);
        return;
    }
    webserver_answer_file(request, 200, d->match.route->type, fd, (size_t)st.st_size);
    name_file(request, &d->match);
}

/* What it says at standard error, without its name. */
static void tell_why(struct webserver_request *request, const struct api_match *match, struct child_result *result)
{
    const char *text = strstr(result->error, "smogctl: ");
    for (const char *next = text; next; next = strstr(next + 1, "\nsmogctl: "))
        text = next; /* the last: before it stands what it noticed on its way */
    char line[CHILD_ERROR_MAX];
    text = text ? strstr(text, ": ") + 2 : result->error;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    live_console_refuse(request, api_status(match, result->status), line[0] ? line : "the file could not be made");
}

static void on_file(struct live *live, struct webserver_request *request, struct child_result *result, void *ctx)
{
    const struct drawing *d = ctx;
    (void)live;
    if (request && result->end == CHILD_EXITED && result->status == 0)
        send_file(request, d, result);
    else if (request && result->end == CHILD_EXITED)
        tell_why(request, &d->match, result);
    else if (request)
        tell_failed(request, result);
    unlink(d->path); /* an open one is sent all the same */
}

/* ---- the routes ---- */

static const char *argument(void *ctx, const char *name)
{
    return webserver_argument(ctx, name);
}

static void draw(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    struct api_words words;
    struct err err = {0};
    struct drawing *d = malloc(sizeof *d);
    if (!d) {
        live_console_refuse(request, 503, "out of memory");
        return;
    }
    d->match = *match;
    snprintf(d->path, sizeof d->path, "%s/%u%s", live->console->folder, live->console->made++,
             strrchr(match->route->path, '.'));
    if (api_words(match, argument, request, d->path, &words, &err) != 0) {
        live_console_refuse(request, 400, err.text);
        free(d);
        return;
    }
    live_api_child_ask(live, live->console->children, request, words.words, NULL, false, on_file, d);
}

void live_api_child_answer(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    struct api_words words;
    struct err err = {0};
    if (match->route->kind == API_FILE) {
        draw(live, request, match);
        return;
    }
    struct asked *asked = calloc(1, sizeof *asked);
    if (!asked || api_words(match, argument, request, NULL, &words, &err) != 0) {
        live_console_refuse(request, asked ? 400 : 503, asked ? err.text : "out of memory");
        free(asked);
        return;
    }
    asked->match = *match;
    if (match->route->roles != 0) /* the guard has seen that there is one */
        snprintf(asked->officer, sizeof asked->officer, "%s",
                 live_session_actor(live_session_of(live, request), request)->number);
    struct child_pool *pool = match->route->kind == API_PROBE ? live->console->probe : live->console->children;
    live_api_child_ask(live, pool, request, words.words, NULL, match->route->roles != 0, on_json, asked);
}
