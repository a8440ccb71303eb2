#define _GNU_SOURCE /* memfd_create */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/live_console.h"

/* ---- may it be asked ---- */

static bool find(struct webserver_request *request, struct api_match *match)
{
    api_match(webserver_method(request), webserver_rest(request), match);
    if (match->route)
        return true;
    if (match->allow) {
        live_console_refuse(request, 405, "this is asked for by another method");
        webserver_set_header(request, "Allow", match->allow);
    } else {
        live_console_refuse(request, 404, "there is nothing here; /api/v1/openapi.json tells what there is");
    }
    return false;
}

/* The largest body of the route; its length must be said before. */
static bool body_fits(struct webserver_request *request, const struct api_match *match)
{
    const char *length = webserver_header(request, "Content-Length");
    if (!length && webserver_header(request, "Transfer-Encoding"))
        live_console_refuse(request, 411, "say how long the body is: Content-Length");
    else if (length && strtoull(length, NULL, 10) > match->route->body_max)
        live_console_refuse(request, 413, match->route->body_max > 0 ? "the body is too long" : "no body belongs here");
    else
        return true;
    return false;
}

bool live_api_admit(void *ctx, struct webserver_request *request)
{
    struct api_match match;
    return find(request, &match) && live_session_guard(ctx, request, &match) && body_fits(request, &match);
}

/* ---- commands ---- */

struct room {
    struct json_token tokens[API_TOKENS_MAX];
    char request[API_REQUEST_MAX], answer[CONTROL_ANSWER_MAX];
};

static void note_done(struct live *live, struct webserver_request *request, const struct api_match *match,
                      const struct sessions_officer *actor, int code)
{
    if (!actor)
        return;
    const struct live_console_note note = {.act = code == ERR_NONE ? "did" : "refused",
                                           .command = match->route->path,
                                           .officer = actor->number,
                                           .subject = match->values_count > 0 ? match->values[0].text : NULL};
    live_console_note(live, request, &note);
}

/* The code of a refusal, which every one begins with; 0: it is none. */
static int answered_code(const char *answer)
{
    static const char head[] = "{\"code\":";
    const char *digit = answer + sizeof head - 1;
    return strncmp(answer, head, sizeof head - 1) == 0 && *digit >= '0' && *digit <= '9' ? *digit - '0' : ERR_NONE;
}

void live_api_command(struct live *live, struct webserver_request *request, const struct api_match *match,
                      const char *text, size_t length, int file)
{
    char user[CONTROL_USER_MAX];
    struct room *room = malloc(sizeof *room);
    struct session *session = live_session_of(live, request);
    const struct sessions_officer *actor = match->route->roles && session ? live_session_actor(session, request) : NULL;
    snprintf(user, sizeof user, "console%s%.*s", actor ? " " : "", CONTROL_USER_MAX - 9, actor ? actor->number : "");
    struct control_client *guest = control_guest(live->control, user, file);
    if (!room) {
        live_console_refuse(request, 503, "out of memory");
        return;
    }
    struct json_doc doc = {.tokens = room->tokens, .max = API_TOKENS_MAX};
    struct json_writer w;
    struct err err = {0};
    json_writer_init(&w, room->answer, sizeof room->answer);
    live->console->acting = session;
    if (json_parse(&doc, text, length, room->tokens, API_TOKENS_MAX, &err) == 0)
        live_request(live, guest, &doc, &w);
    else
        control_refuse(&w, &err); /* more members than a request may have */
    live->console->acting = NULL;
    int left = control_take_file(guest);
    if (left >= 0) /* an upload that the command did not come to */
        close(left);
    ptrdiff_t written = json_writer_finish(&w);
    int code = written < 0 ? ERR_FAILED : answered_code(room->answer);
    if (written < 0)
        live_console_refuse(request, 500, "the answer is too long; ask for less");
    else
        webserver_answer(request, api_status(match, code), "application/json", room->answer, (size_t)written);
    note_done(live, request, match, actor, code);
    free(room);
}

/* Who acts by this request; "" for a read. */
static const char *actor_number(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    const struct session *session = match->route->roles ? live_session_of(live, request) : NULL;
    const struct sessions_officer *actor = session ? live_session_actor(session, request) : NULL;
    return actor ? actor->number : "";
}

static const char *argument(void *ctx, const char *name)
{
    return webserver_argument(ctx, name);
}

static void command(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    size_t length;
    struct err err = {0};
    const char *body = webserver_body(request, &length);
    char *text = malloc(API_REQUEST_MAX);
    ptrdiff_t made =
        text ? api_request(match, actor_number(live, request, match), body, length, text, API_REQUEST_MAX, &err) : -1;
    if (made >= 0)
        live_api_command(live, request, match, text, (size_t)made, -1);
    else
        live_console_refuse(request, text ? 400 : 503, text ? err.text : "out of memory");
    free(text);
}

/* The body as an open file, or -1. */
static int body_file(const struct webserver_request *request)
{
    size_t length, done = 0;
    const char *body = webserver_body(request, &length);
    int file = memfd_create("upload", MFD_CLOEXEC);
    while (file >= 0 && done < length) {
        ssize_t written = write(file, body + done, length - done);
        if (written <= 0) {
            close(file);
            return -1;
        }
        done += (size_t)written;
    }
    if (file >= 0 && lseek(file, 0, SEEK_SET) != 0) {
        close(file);
        return -1;
    }
    return file;
}

static void upload(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    size_t length;
    struct err err = {0};
    char *text = malloc(API_REQUEST_MAX);
    webserver_body(request, &length);
    ptrdiff_t made = text ? api_upload_request(match, actor_number(live, request, match), argument, request, text,
                                               API_REQUEST_MAX, &err)
                          : -1;
    int file = made >= 0 && length > 0 ? body_file(request) : -1;
    if (made < 0)
        live_console_refuse(request, text ? 400 : 503, text ? err.text : "out of memory");
    else if (length == 0)
        live_console_refuse(request, 400, "the body is empty; send the file itself");
    else if (file < 0)
        live_console_refuse(request, 503, "out of memory");
    else
        live_api_command(live, request, match, text, (size_t)made, file);
    free(text);
}

/* With a picture as its body its members stand in the query. */
static void answer_item(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    const char *type = webserver_header(request, "Content-Type");
    if (type && strncasecmp(type, "image/", 6) == 0)
        upload(live, request, match);
    else
        command(live, request, match);
}

/* ---- a PIN ---- */

struct pin {
    struct api_match match;
    char token[SESSIONS_TOKEN_SIZE], number[SESSIONS_NUMBER_MAX];
};

/* smogctl's answer to "officer hash-pin" holds the hash, or why it is none. */
static void on_hashed(struct live *live, struct webserver_request *request, struct child_result *result, void *ctx)
{
    const struct pin *pin = ctx;
    char hash[200], text[512];
    struct err err = {0};
    if (!request)
        return;
    bool answered = result->end == CHILD_EXITED && result->out;
    if (!answered || api_body_text(result->out, result->length, "hash", hash, sizeof hash, &err) != 0) {
        char why[ERR_TEXT_MAX] = "";
        if (answered)
            api_body_text(result->out, result->length, "error", why, sizeof why, &err);
        live_console_refuse(request, why[0] ? 400 : 503, why[0] ? why : "the PIN could not be hashed now; try again");
        return;
    }
    const struct session *session = live_session_of(live, request);
    if (!session) {
        live_console_refuse(request, 401, "the session has ended meanwhile; log in again");
        return;
    }
    struct json_writer w;
    struct entries e = {0};
    entries_text(&e, "command", pin->match.route->words);
    entries_text(&e, "hash", hash);
    entries_text(&e, "number", api_value(&pin->match, "number"));
    entries_text(&e, "officer", pin->number);
    json_writer_init(&w, text, sizeof text);
    entries_write(&e, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    if (length > 0)
        live_api_command(live, request, &pin->match, text, (size_t)length, -1);
    else
        live_console_refuse(request, 400, "the officer's number is too long");
}

static void set_pin(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    char text[40], line[42];
    size_t length;
    struct err err = {0};
    const char *body = webserver_body(request, &length);
    const struct sessions_officer *actor = live_session_actor(live_session_of(live, request), request);
    if (!(actor->role & ROLE_SUPERVISOR) && strcasecmp(actor->number, api_value(match, "number")) != 0) {
        live_console_refuse(request, 403, "another one's PIN is set by a supervisor");
        return;
    }
    struct pin *pin = calloc(1, sizeof *pin);
    if (!pin || api_body_text(body, length, "pin", text, sizeof text, &err) != 0) {
        live_console_refuse(request, pin ? 400 : 503, pin ? err.text : "out of memory");
        free(pin);
        return;
    }
    const char *const words[] = {"--json", "officer", "hash-pin", NULL};
    pin->match = *match;
    snprintf(pin->number, sizeof pin->number, "%s", actor->number);
    snprintf(line, sizeof line, "%.*s\n", (int)strcspn(text, "\r\n"), text);
    live_api_child_ask(live, live->console->children, request, words, line, false, on_hashed, pin);
}

/* ---- files that are there ---- */

static void send_file(struct webserver_request *request, const char *path, const char *type, bool picture)
{
    struct stat st;
    unsigned char head[3] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (good && picture)
        good = pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && memcmp(head, "\xff\xd8\xff", 3) == 0;
    if (good) {
        webserver_answer_file(request, 200, type, fd, (size_t)st.st_size);
        return;
    }
    if (fd >= 0)
        close(fd);
    live_console_refuse(request, 404, picture ? "there is no such picture" : "the file is not installed");
}

static void send_object(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    char path[LIVE_CONSOLE_PATH_MAX];
    struct err err = {0};
    if (store_object_path(live->store, api_value(match, "sha256"), path, sizeof path, &err) != 0) {
        live_console_refuse(request, 404, err.text);
        return;
    }
    send_file(request, path, match->route->type, true);
}

static void send_static(struct live *live, struct webserver_request *request, const struct api_match *match)
{
    char path[LIVE_CONSOLE_PATH_MAX + API_VALUE_MAX];
    snprintf(path, sizeof path, "%s/%s", live->console->files, match->route->path);
    send_file(request, path, "application/json", false);
}

/* ---- by kind ---- */

void live_api_answer(void *ctx, struct webserver_request *request)
{
    static void (*const by_kind[])(struct live *, struct webserver_request *, const struct api_match *) = {
        [API_CHILD] = live_api_child_answer,
        [API_PROBE] = live_api_child_answer,
        [API_FILE] = live_api_child_answer,
        [API_COMMAND] = command,
        [API_UPLOAD] = upload,
        [API_ANSWER] = answer_item,
        [API_PIN] = set_pin,
        [API_SESSION] = live_login_answer,
        [API_SECOND] = live_login_answer,
        [API_OBJECT] = send_object,
        [API_STATIC] = send_static,
        [API_LIVE] = live_feed_answer,
    };
    struct api_match match;
    /* the session may have ended while the body came */
    if (!find(request, &match) || !live_session_guard(ctx, request, &match))
        return;
    by_kind[match.route->kind](ctx, request, &match);
}
