#define _GNU_SOURCE /* struct ucred, accept4 */
#include "station/control.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct control_client {
    struct control *control;
    struct control_client *next;
    sd_event_source *source;
    int fd;
    int file;     /* came with the request at hand; -1: none */
    bool closing; /* goes away once its backlog is sent */
    bool dead;
    bool own; /* root's, or of the daemon's own account */
    bool console;
    char user[CONTROL_USER_MAX];
    char topic[CONTROL_TOPIC_MAX]; /* empty: watches nothing */
    size_t in_length, out_at, out_length;
    char in[CONTROL_LINE_MAX + 1];
    char out[CONTROL_BACKLOG_MAX];
};

struct control {
    sd_event *event;
    sd_event_source *listener, *reaper;
    struct control_host host;
    struct control_client *clients;
    struct control_client *guest; /* has no connection, and so no place among them */
    size_t clients_count;
    int fd;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    struct json_token tokens[CONTROL_TOKENS_MAX]; /* of the request at hand */
    char answer[CONTROL_ANSWER_MAX];
};

void control_refuse(struct json_writer *answer, const struct err *err)
{
    json_object_begin(answer, NULL);
    json_integer(answer, "code", err->code);
    json_string(answer, "error", err->text);
    json_bool(answer, "ok", false);
    json_object_end(answer);
}

const char *control_user(const struct control_client *client)
{
    return client->user;
}

bool control_own(const struct control_client *client)
{
    return client->own;
}

static void drop_file(struct control_client *client)
{
    if (client->file >= 0)
        close(client->file);
    client->file = -1;
}

struct control_client *control_guest(struct control *control, const char *user, int file)
{
    struct control_client *guest = control->guest;
    drop_file(guest);
    guest->file = file;
    snprintf(guest->user, sizeof guest->user, "%s", user);
    return guest;
}

bool control_is_console(const struct control_client *client)
{
    return client->console;
}

int control_take_file(struct control_client *client)
{
    int file = client->file;
    client->file = -1;
    return file;
}

static void client_free(struct control_client *client)
{
    sd_event_source_disable_unref(client->source);
    drop_file(client);
    if (client->fd >= 0)
        close(client->fd);
    free(client);
}

/* Clients are only marked where they fail, since that may be deep inside a request of theirs; this frees them later. */
static int reap(sd_event_source *source, void *ctx)
{
    (void)source;
    struct control *control = ctx;
    for (struct control_client **at = &control->clients; *at;) {
        struct control_client *client = *at;
        if (!client->dead) {
            at = &client->next;
            continue;
        }
        *at = client->next;
        control->clients_count--;
        client_free(client);
    }
    return 0;
}

static void client_kill(struct control_client *client)
{
    if (client->dead)
        return;
    client->dead = true;
    sd_event_source_set_enabled(client->source, SD_EVENT_OFF);
    sd_event_source_set_enabled(client->control->reaper, SD_EVENT_ONESHOT);
}

static void client_flush(struct control_client *client)
{
    while (!client->dead && client->out_at < client->out_length) {
        ssize_t sent = send(client->fd, client->out + client->out_at, client->out_length - client->out_at,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            break;
        if (sent < 0)
            client_kill(client);
        else
            client->out_at += (size_t)sent;
    }
    if (client->dead)
        return;
    bool pending = client->out_at < client->out_length;
    if (!pending)
        client->out_at = client->out_length = 0;
    if (!pending && client->closing)
        client_kill(client);
    else
        sd_event_source_set_io_events(client->source, (client->closing ? 0U : EPOLLIN) | (pending ? EPOLLOUT : 0U));
}

static void client_send(struct control_client *client, const char *line, size_t length)
{
    if (client->dead || client->closing)
        return;
    size_t need = client->out_length + length + 1;
    if (need > CONTROL_BACKLOG_MAX) {
        client_kill(client);
        return;
    }
    memcpy(client->out + client->out_length, line, length);
    client->out[client->out_length + length] = '\n';
    client->out_length = need;
    client_flush(client);
}

static void refuse(struct control_client *client, const struct err *err)
{
    char text[2 * ERR_TEXT_MAX + 100];
    struct json_writer writer;
    json_writer_init(&writer, text, sizeof text);
    control_refuse(&writer, err);
    ptrdiff_t length = json_writer_finish(&writer);
    if (length > 0)
        client_send(client, text, (size_t)length);
}

static void answer(struct control_client *client, const char *line, size_t length)
{
    struct control *control = client->control;
    struct err err = {0}, why = {0};
    struct json_doc request = {.tokens = control->tokens, .max = CONTROL_TOKENS_MAX};
    bool is_json = json_parse(&request, line, length, control->tokens, CONTROL_TOKENS_MAX, &why) == 0;
    if (!is_json || request.tokens[0].type != JSON_OBJECT) {
        err_set(&err, ERR_INVALID, "a request is one JSON object in one line: %s", is_json ? "this is none" : why.text);
        refuse(client, &err);
        return;
    }
    struct json_writer writer;
    json_writer_init(&writer, control->answer, sizeof control->answer);
    control->host.request(control->host.ctx, client, &request, &writer);
    ptrdiff_t written = json_writer_finish(&writer);
    if (written > 0) {
        client_send(client, control->answer, (size_t)written);
        return;
    }
    err_set(&err, ERR_FAILED, "the answer is longer than %d bytes; ask for less", CONTROL_ANSWER_MAX);
    refuse(client, &err);
}

static void client_lines(struct control_client *client)
{
    size_t start = 0;
    char *end = NULL;
    while (!client->dead && !client->closing &&
           (end = memchr(client->in + start, '\n', client->in_length - start)) != NULL) {
        answer(client, client->in + start, (size_t)(end - client->in) - start);
        drop_file(client);
        start = (size_t)(end - client->in) + 1;
    }
    client->in_length -= start;
    memmove(client->in, client->in + start, client->in_length);
    if (client->in_length == CONTROL_LINE_MAX) {
        struct err err = {0};
        err_set(&err, ERR_INVALID, "a request may have at most %d bytes", CONTROL_LINE_MAX);
        refuse(client, &err);
        client->closing = true;
        client_flush(client);
    }
}

/* One open file is kept for the request whose bytes it came with; more than one are none of ours. */
static void keep_file(struct control_client *client, const struct cmsghdr *head)
{
    size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    drop_file(client);
    for (size_t i = 0; i < count; i++) {
        int file;
        memcpy(&file, CMSG_DATA(head) + i * sizeof file, sizeof file);
        if (count == 1)
            client->file = file;
        else
            close(file);
    }
}

/* As recv, with the open file that may come along. */
static ssize_t receive(struct control_client *client, void *out, size_t size)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } room;
    struct iovec into = {.iov_base = out, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &into, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
    ssize_t got = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
        keep_file(client, head);
    return got;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)fd;
    struct control_client *client = ctx;
    if (events & EPOLLOUT)
        client_flush(client);
    if (client->dead || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return 0;
    ssize_t got = receive(client, client->in + client->in_length, CONTROL_LINE_MAX - client->in_length);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0) {
        client_kill(client);
        return 0;
    }
    client->in_length += (size_t)got;
    client_lines(client);
    return 0;
}

static void find_user(struct control_client *client)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t length = sizeof peer;
    getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
    client->own = peer.uid == 0 || peer.uid == geteuid();
    const struct passwd *entry = getpwuid(peer.uid);
    if (entry && strlen(entry->pw_name) < sizeof client->user)
        snprintf(client->user, sizeof client->user, "%s", entry->pw_name);
    else
        snprintf(client->user, sizeof client->user, "uid %ld", (long)peer.uid);
}

/* Its buffers' pages are touched only when used. */
static struct control_client *client_new(struct control *control, int fd)
{
    struct control_client *client = malloc(sizeof *client);
    if (!client)
        return NULL;
    memset(client, 0, offsetof(struct control_client, in));
    client->control = control;
    client->fd = fd;
    client->file = -1;
    return client;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
    (void)source;
    (void)events;
    struct control *control = ctx;
    int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (peer < 0)
        return 0;
    struct control_client *client = control->clients_count < CONTROL_CLIENTS_MAX ? client_new(control, peer) : NULL;
    if (!client) {
        static const char full[] =
            "{\"code\":3,\"error\":\"too many connections; close some and try again\",\"ok\":false}\n";
        (void)!send(peer, full, sizeof full - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(peer);
        return 0;
    }
    find_user(client);
    if (sd_event_add_io(control->event, &client->source, peer, EPOLLIN, on_client, client) < 0) {
        client_free(client);
        return 0;
    }
    client->next = control->clients;
    control->clients = client;
    control->clients_count++;
    return 0;
}

/* Is somebody answering there? A full backlog is somebody, too. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool alive = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN;
    close(fd);
    return alive;
}

static int listen_at(struct control *control, const char *path, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return err_set(err, ERR_INVALID,
                       "%s: a socket's path may have at most %zu bytes; choose a shorter state folder", path,
                       sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    if (is_alive(&address))
        return err_set(err, ERR_REFUSED, "%s: another smogd is running here; stop it first", path);
    unlink(path);
    control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0117);
    int bound = control->fd < 0 ? -1 : bind(control->fd, (const struct sockaddr *)&address, sizeof address);
    int why = errno;
    umask(before);
    if (bound != 0 || listen(control->fd, 16) != 0)
        return err_set(err, ERR_FAILED, "%s: cannot listen: %s", path, strerror(bound != 0 ? why : errno));
    memcpy(control->path, path, strlen(path) + 1);
    return 0;
}

int control_open(struct control **out, sd_event *event, const char *path, const struct control_host *host,
                 struct err *err)
{
    *out = NULL;
    struct control *control = calloc(1, sizeof *control);
    if (!control)
        return err_set(err, ERR_FAILED, "out of memory");
    control->fd = -1;
    control->event = sd_event_ref(event);
    control->host = *host;
    control->guest = client_new(control, -1);
    if (!control->guest) {
        err_set(err, ERR_FAILED, "out of memory");
        goto failed;
    }
    control->guest->console = true;
    if (listen_at(control, path, err) != 0)
        goto failed;
    if (sd_event_add_io(event, &control->listener, control->fd, EPOLLIN, on_connection, control) < 0 ||
        sd_event_add_defer(event, &control->reaper, reap, control) < 0 ||
        sd_event_source_set_enabled(control->reaper, SD_EVENT_OFF) < 0) {
        err_set(err, ERR_FAILED, "%s: cannot watch the socket", path);
        goto failed;
    }
    *out = control;
    return 0;
failed:
    control_close(control);
    return -1;
}

void control_close(struct control *control)
{
    if (!control)
        return;
    for (struct control_client *client = control->clients, *next; client; client = next) {
        next = client->next;
        client_free(client);
    }
    if (control->guest)
        client_free(control->guest);
    sd_event_source_disable_unref(control->listener);
    sd_event_source_disable_unref(control->reaper);
    if (control->fd >= 0)
        close(control->fd);
    if (control->path[0])
        unlink(control->path);
    sd_event_unref(control->event);
    free(control);
}

void control_watch(struct control_client *client, const char *topic)
{
    snprintf(client->topic, sizeof client->topic, "%s", topic);
}

void control_publish(struct control *control, const char *topic, const char *line, size_t length)
{
    for (struct control_client *client = control->clients; client; client = client->next)
        if (strcmp(client->topic, topic) == 0)
            client_send(client, line, length);
}

void control_end(struct control *control, const char *topic)
{
    for (struct control_client *client = control->clients; client; client = client->next)
        if (!client->dead && client->topic[0] && strcmp(client->topic, topic) == 0) {
            client->closing = true;
            client_flush(client);
        }
}
