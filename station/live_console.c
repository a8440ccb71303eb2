#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/config_read.h"
#include "station/live_console.h"

enum {
    PROBE_MS = 58000,      /* the web server gives a request a minute */
    REFUSALS_AT_ONCE = 30, /* events of refusals … */
    REFUSAL_MS = 10000,    /* … and one more in so long: nobody outside can make the journal grow */
};

/* ---- answers and events ---- */

static int code_of(unsigned status)
{
    switch (status) {
    case 400:
    case 411:
    case 413: return ERR_INVALID;
    case 404:
    case 405: return ERR_FAILED;
    case 429:
    case 500:
    case 503: return ERR_UNREACHABLE;
    default: return ERR_REFUSED;
    }
}

void live_console_refuse(struct webserver_request *request, unsigned status, const char *error)
{
    char text[3 * ERR_TEXT_MAX];
    struct json_writer w;
    json_writer_init(&w, text, sizeof text);
    json_object_begin(&w, NULL);
    json_integer(&w, "code", code_of(status));
    json_string(&w, "error", error);
    json_bool(&w, "ok", false);
    json_object_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    webserver_answer(request, status, "application/json", text, length > 0 ? (size_t)length : 0);
}

void live_console_refuse_for(struct webserver_request *request, unsigned status, int64_t wait_ms, const char *error)
{
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)wait_ms / 1000 + 1);
    live_console_refuse(request, status, error);
    webserver_set_header(request, "Retry-After", seconds);
}

void live_console_note(struct live *live, const struct webserver_request *request, const struct live_console_note *note)
{
    char peer[SESSIONS_PEER_MAX] = "";
    struct entries e = {0};
    if (request)
        webserver_peer(request, peer, sizeof peer);
    entries_text(&e, "act", note->act);
    entries_text(&e, "command", note->command);
    entries_text(&e, "officer", note->officer);
    entries_text(&e, "peer", peer);
    entries_text(&e, "reason", note->reason);
    entries_text(&e, "second", note->second);
    entries_text(&e, "subject", note->subject);
    if (live->console->refusals_unsaid > 0)
        entries_integer(&e, "unsaid", live->console->refusals_unsaid);
    live->console->refusals_unsaid = 0;
    live_journal_note(live, "console", &e);
}

void live_console_note_refusal(struct live *live, const struct webserver_request *request,
                               const struct live_console_note *note)
{
    struct live_console *console = live->console;
    int64_t more = (clock_mono_ms() - console->refusals_ms) / REFUSAL_MS;
    console->refusals_ms += more * REFUSAL_MS;
    console->refusals_left = more >= REFUSALS_AT_ONCE - (int64_t)console->refusals_left
                                 ? REFUSALS_AT_ONCE
                                 : console->refusals_left + (unsigned)more;
    if (console->refusals_left == 0) {
        console->refusals_unsaid++;
        return;
    }
    console->refusals_left--;
    live_console_note(live, request, note);
}

/* ---- start and end ---- */

/* An empty folder of the daemon's own for files that are on their way. */
static int clear_folder(const char *folder, struct err *err)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be made: %s", folder, strerror(errno));
    DIR *all = opendir(folder);
    if (!all)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot be read: %s", folder, strerror(errno));
    for (const struct dirent *one = readdir(all); one; one = readdir(all)) {
        char path[LIVE_CONSOLE_PATH_MAX + 256];
        snprintf(path, sizeof path, "%s/%s", folder, one->d_name);
        if (one->d_name[0] != '.')
            unlink(path); /* what stays is overwritten, or stands there as long as the folder does */
    }
    closedir(all);
    return 0;
}

static int find_ctl(char out[LIVE_CONSOLE_PATH_MAX], struct err *err)
{
    static const char name[] = "smogctl";
    ssize_t length = readlink("/proc/self/exe", out, LIVE_CONSOLE_PATH_MAX - sizeof name);
    if (length <= 0)
        return err_set(err, ERR_FAILED, "cannot read /proc/self/exe; is /proc mounted?");
    out[length] = '\0';
    char *slash = strrchr(out, '/');
    snprintf(slash + 1, sizeof name, "%s", name);
    return 0;
}

int live_console_open(struct live *live, struct err *err)
{
    const struct config *config = live->config;
    if (config->console.listen[0] == '\0')
        return 0;
    struct live_console *console = live->console = calloc(1, sizeof *console);
    if (!console)
        return err_set(err, ERR_FAILED, "out of memory");
    console->live = live;
    console->refusals_left = REFUSALS_AT_ONCE;
    console->refusals_ms = clock_mono_ms();
    sessions_init(&console->sessions, config->console.idle_min * 60000);
    snprintf(console->folder, sizeof console->folder, "%s/console", config->state);
    if (find_ctl(console->ctl, err) != 0 || clear_folder(console->folder, err) != 0 ||
        config_default_folder("share/smogd/api", "station/web", console->files, err) != 0)
        return -1;
    struct child_limits slow = child_limits_default;
    slow.at_once = 1;
    slow.queued = 1;
    slow.deadline_ms = PROBE_MS;
    if (child_pool_open(&console->probe, live->event, &slow, err) != 0)
        return -1;
    return child_pool_open(&console->children, live->event, &child_limits_default, err);
}

void live_console_close(struct live *live)
{
    if (!live->console)
        return;
    child_pool_close(live->console->children);
    child_pool_close(live->console->probe);
    free(live->console);
    live->console = NULL;
}
