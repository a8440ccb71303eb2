/*
 * The daemon's Unix socket, STATE/control.sock: one JSON object per line in, one per line out (README, "Control
 * protocol").
 *
 *     > {"command":"status"}
 *     < {…,"ok":true}                      or {"code":4,"error":"what happened, and what to do","ok":false}
 *
 * A client that watches a topic (a test's id) also gets every line published under it, until the topic ends. A client
 * that does not read is cut off when its backlog passes a limit: nobody outside can make the daemon wait or grow.
 */
#ifndef STATION_CONTROL_H
#define STATION_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#include "station/core/err.h"
#include "station/core/json.h"

struct control;
struct control_client;

enum {
    CONTROL_LINE_MAX = 64 << 10,
    CONTROL_ANSWER_MAX = 128 << 10,
    CONTROL_TOKENS_MAX = 1024,
    CONTROL_BACKLOG_MAX = 256 << 10,
    CONTROL_CLIENTS_MAX = 64,
    CONTROL_TOPIC_MAX = 48,
    CONTROL_USER_MAX = 32,
};

struct control_host {
    void *ctx;
    /* Answers one request, which is an object: writes exactly one object. */
    void (*request)(void *ctx, struct control_client *client, const struct json_doc *request,
                    struct json_writer *answer);
};

/* Listens at `path` (mode 0660). A socket left by a dead daemon is replaced; a living one is ERR_REFUSED. */
int control_open(struct control **out, sd_event *event, const char *path, const struct control_host *host,
                 struct err *err);
void control_close(struct control *control);

/* The login name behind the connection (SO_PEERCRED), or "uid 1000" when it has none. */
const char *control_user(const struct control_client *client);

/* Is it root's login, or the daemon's own? */
bool control_own(const struct control_client *client);

/* Who asks without a connection: the console's officer, for the one request at hand; `user` is what stands in the
 * journal for a login. `file`: an open file that comes with it and is the guest's now, -1: none. Valid until the next
 * call. */
struct control_client *control_guest(struct control *control, const char *user, int file);
bool control_is_console(const struct control_client *client);

/* The open file that came with the request at hand (SCM_RIGHTS), or -1: its sender may read it, we perhaps may not. The
 * caller closes it. */
int control_take_file(struct control_client *client);

/* From now on the client gets the lines of this topic, after the answer to the request at hand. */
void control_watch(struct control_client *client, const char *topic);
/* Sends one line of JSON (without its newline) to all who watch the topic. */
void control_publish(struct control *control, const char *topic, const char *line, size_t length);
/* The topic's last line has been published: its watchers are closed once they have it. */
void control_end(struct control *control, const char *topic);

/* The answer "no". */
void control_refuse(struct json_writer *answer, const struct err *err);

#endif
