#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "station/clock.h"
#include "station/core/civil.h"
#include "station/ctl.h"

enum { ANSWER_MS = 15000, REQUEST_MAX = 16 << 10 };

int ctl_load_config(struct ctl *ctl, struct err *err)
{
    return ctl->config ? 0 : config_open(&ctl->config, ctl->file, NULL, err);
}

/* ---- the daemon ---- */

static int dial(struct ctl *ctl, struct err *err)
{
    if (ctl->socket >= 0)
        return 0;
    if (ctl_load_config(ctl, err) != 0)
        return -1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/control.sock", ctl->config->state);
    if (length < 0 || (size_t)length >= sizeof address.sun_path)
        return err_set(err, ERR_INVALID, "the path of the state folder %s is too long", ctl->config->state);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return err_set(err, ERR_UNREACHABLE, "smogd does not answer at %s (%s); is it running, and may you use it?",
                       address.sun_path, strerror(why));
    }
    ctl->socket = fd;
    return 0;
}

static int allocate(struct ctl *ctl, struct err *err)
{
    if (!ctl->line)
        ctl->line = malloc(CTL_LINE_MAX);
    if (!ctl->tokens)
        ctl->tokens = malloc(CTL_TOKENS_MAX * sizeof *ctl->tokens);
    return ctl->line && ctl->tokens ? 0 : err_set(err, ERR_FAILED, "out of memory");
}

/* 1: a line lies at ctl->line, line_used bytes with its newline; 0: end; -1: error. */
static int read_line(struct ctl *ctl, int timeout_ms, struct err *err)
{
    ctl->line_length -= ctl->line_used;
    memmove(ctl->line, ctl->line + ctl->line_used, ctl->line_length);
    ctl->line_used = 0;
    for (;;) {
        const char *end = memchr(ctl->line, '\n', ctl->line_length);
        if (end) {
            ctl->line_used = (size_t)(end - ctl->line) + 1;
            return 1;
        }
        if (ctl->line_length == CTL_LINE_MAX)
            return err_set(err, ERR_FAILED, "smogd's answer is too long");
        struct pollfd wait = {.fd = ctl->socket, .events = POLLIN};
        int ready = poll(&wait, 1, timeout_ms);
        if (ready == 0)
            return err_set(err, ERR_UNREACHABLE, "smogd has not answered within %d s", timeout_ms / 1000);
        ssize_t got = recv(ctl->socket, ctl->line + ctl->line_length, CTL_LINE_MAX - ctl->line_length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(err, ERR_UNREACHABLE, "the connection to smogd broke: %s", strerror(errno));
        if (got == 0)
            return 0;
        ctl->line_length += (size_t)got;
    }
}

static int parse_line(struct ctl *ctl, struct err *err)
{
    ctl->doc = (struct json_doc){.tokens = ctl->tokens, .max = CTL_TOKENS_MAX};
    struct err why = {0};
    if (json_parse(&ctl->doc, ctl->line, ctl->line_used - 1, ctl->tokens, CTL_TOKENS_MAX, &why) != 0 ||
        ctl->tokens[0].type != JSON_OBJECT)
        return err_set(err, ERR_FAILED, "smogd's answer cannot be read: %s", why.text);
    return 0;
}

/* `file` goes along with the first byte; -1: none. */
static int send_all(const struct ctl *ctl, char *text, size_t length, int file, struct err *err)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } room = {0};
    while (length > 0) {
        struct iovec from = {.iov_base = text, .iov_len = length};
        struct msghdr message = {.msg_iov = &from, .msg_iovlen = 1};
        if (file >= 0) {
            message.msg_control = room.bytes;
            message.msg_controllen = sizeof room.bytes;
            *CMSG_FIRSTHDR(&message) =
                (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof file)};
            memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &file, sizeof file);
        }
        ssize_t sent = sendmsg(ctl->socket, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return err_set(err, ERR_UNREACHABLE, "the connection to smogd broke: %s", strerror(errno));
        file = -1;
        text += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static int send_request(const struct ctl *ctl, const char *command, struct entries *arguments, int file,
                        struct err *err)
{
    char request[REQUEST_MAX];
    struct json_writer w;
    entries_text(arguments, "command", command);
    json_writer_init(&w, request, sizeof request - 1);
    entries_write(arguments, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    if (length < 0)
        return err_set(err, ERR_INVALID, "the words of this command are too long");
    request[length] = '\n';
    return send_all(ctl, request, (size_t)length + 1, file, err);
}

int ctl_call(struct ctl *ctl, const char *command, struct entries *arguments, struct err *err)
{
    return ctl_call_with_file(ctl, command, arguments, -1, err);
}

int ctl_call_with_file(struct ctl *ctl, const char *command, struct entries *arguments, int file, struct err *err)
{
    if (allocate(ctl, err) != 0 || dial(ctl, err) != 0 || send_request(ctl, command, arguments, file, err) != 0)
        return -1;
    int got = read_line(ctl, ANSWER_MS, err);
    if (got == 0)
        return err_set(err, ERR_UNREACHABLE, "smogd ended the connection without an answer; look at its log");
    if (got < 0 || parse_line(ctl, err) != 0)
        return -1;
    bool ok = false;
    if (json_get_bool(&ctl->doc, json_member(&ctl->doc, 0, "ok"), &ok) && ok)
        return 0;
    int64_t code = ctl_integer(ctl, 0, "code");
    return err_set(err, code >= ERR_FAILED && code <= ERR_REFUSED ? (enum err_code)code : ERR_FAILED, "%s",
                   ctl_text(ctl, 0, "error"));
}

int ctl_print_line(const struct ctl *ctl)
{
    fwrite(ctl->line, 1, ctl->line_used, stdout);
    return 0;
}

int ctl_next_line(struct ctl *ctl, struct err *err)
{
    int got = read_line(ctl, -1, err);
    if (got <= 0)
        return got;
    return parse_line(ctl, err) == 0 ? 1 : -1;
}

/* ---- the files ---- */

int ctl_open_store(struct ctl *ctl, struct err *err)
{
    struct err none = {0};
    if (ctl->store)
        return 0;
    if (ctl_load_config(ctl, err) != 0)
        return -1;
    ctl->daemon_running = dial(ctl, &none) == 0;
    if (!ctl->daemon_running)
        fprintf(stderr, "smogctl: smogd is not running; this is read from the files in %s\n", ctl->config->state);
    return store_open(&ctl->store, ctl->config->state, ctl->config->id, STORE_READER, err);
}

void ctl_close(struct ctl *ctl)
{
    if (ctl->socket >= 0)
        close(ctl->socket);
    store_close(ctl->store);
    config_close(ctl->config);
    free(ctl->line);
    free(ctl->tokens);
}

/* ---- reading answers ---- */

const char *ctl_text(const struct ctl *ctl, ptrdiff_t object, const char *key)
{
    enum { KEPT = 4 };
    static char texts[KEPT][1024];
    static unsigned next;
    char *out = texts[next++ % KEPT];
    ptrdiff_t token = object < 0 ? -1 : json_member(&ctl->doc, (size_t)object, key);
    if (!json_get_string(&ctl->doc, token, out, sizeof texts[0]))
        out[0] = '\0';
    return out;
}

int64_t ctl_integer(const struct ctl *ctl, ptrdiff_t object, const char *key)
{
    int64_t value = 0;
    ptrdiff_t token = object < 0 ? -1 : json_member(&ctl->doc, (size_t)object, key);
    return json_get_integer(&ctl->doc, token, &value) ? value : 0;
}

/* ---- writing ---- */

int ctl_json_begin(struct json_writer *w, struct err *err)
{
    char *room = malloc(CTL_OUT_MAX);
    if (!room)
        return err_set(err, ERR_FAILED, "out of memory");
    json_writer_init(w, room, CTL_OUT_MAX);
    return 0;
}

int ctl_json_print(struct json_writer *w, struct err *err)
{
    ptrdiff_t length = json_writer_finish(w);
    if (length >= 0)
        printf("%s\n", w->out);
    free(w->out);
    return length >= 0 ? 0 : err_set(err, ERR_FAILED, "the answer is too long; ask for less with --limit");
}

int ctl_json_entries(struct entries *e, struct err *err)
{
    struct json_writer w;
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    entries_bool(e, "ok", true);
    entries_write(e, &w, NULL);
    return ctl_json_print(&w, err);
}

void ctl_time(const struct ctl *ctl, int64_t unix_ms, char out[24])
{
    char text[CIVIL_TIME_TEXT_MAX];
    civil_time_format(unix_ms, ctl->config->utc_offset_minutes, text);
    snprintf(out, 24, "%.10s %.8s", text, text + 11);
}

int ctl_since(const struct ctl *ctl, int64_t *unix_ms, struct err *err)
{
    static const struct {
        char letter;
        int64_t ms;
    } ages[] = {{'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    char text[64];
    struct civil_date day;
    *unix_ms = 0;
    if (!ctl->since)
        return 0;
    size_t length = strlen(ctl->since);
    char *end = NULL;
    long number = strtol(ctl->since, &end, 10);
    for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++)
        if (length >= 2 && end == ctl->since + length - 1 && *end == ages[i].letter && number > 0 && number < 100000) {
            *unix_ms = clock_unix_ms() - number * ages[i].ms;
            return 0;
        }
    if (civil_date_parse(&day, ctl->since, length)) {
        snprintf(text, sizeof text, "%s 00:00:00", ctl->since);
        if (civil_time_parse(unix_ms, text, strlen(text), ctl->config->utc_offset_minutes))
            return 0;
    }
    if (civil_time_parse(unix_ms, ctl->since, length, ctl->config->utc_offset_minutes))
        return 0;
    return err_set(err, ERR_INVALID,
                   "'%s' is no time; write 2026-07-01, 2026-07-01T09:30:00+08:00, or an age: 30m 8h 7d", ctl->since);
}

int ctl_limit(const struct ctl *ctl, int otherwise, int *limit, struct err *err)
{
    char *end = NULL;
    long number = ctl->limit ? strtol(ctl->limit, &end, 10) : otherwise;
    if (ctl->limit && (*end != '\0' || end == ctl->limit || number < 1 || number > 20000))
        return err_set(err, ERR_INVALID, "'%s' is no limit; write a number from 1 to 20000", ctl->limit);
    *limit = (int)number;
    return 0;
}
