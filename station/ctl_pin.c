#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "station/ctl.h"
#include "station/pin.h"
#include "station/store_life.h"

/* One line of the standard input without its end; a terminal does not show it. */
static int read_line(const char *question, char *out, size_t size, struct err *err)
{
    struct termios before, quiet;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        fprintf(stderr, "%s: ", question);
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    const char *line = fgets(out, (int)size, stdin);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fprintf(stderr, "\n");
    }
    if (!line)
        return err_set(err, ERR_INVALID, "no PIN came; type it, or give it as a line on the standard input");
    size_t length = strcspn(out, "\r\n");
    if (out[length] == '\0' && length == size - 1)
        return err_set(err, ERR_INVALID, "a PIN has %d to %d digits and nothing else", PIN_MIN, PIN_MAX);
    out[length] = '\0';
    return 0;
}

enum { LINE_MAX_PIN = PIN_MAX + 4 }; /* longer ones are refused as PINs */

/* The PIN to be set, as its hash; a terminal is asked twice. */
static int read_hash(char hash[PIN_HASH_MAX], struct err *err)
{
    char pin[LINE_MAX_PIN], again[LINE_MAX_PIN];
    if (read_line("PIN", pin, sizeof pin, err) != 0 || pin_check(pin, err) != 0)
        return -1;
    if (isatty(STDIN_FILENO)) {
        if (read_line("again", again, sizeof again, err) != 0)
            return -1;
        if (strcmp(pin, again) != 0)
            return err_set(err, ERR_INVALID, "these are two different PINs; begin again");
    }
    return pin_hash(pin, hash, err);
}

int ctl_officer_pin(struct ctl *ctl, struct err *err)
{
    char hash[PIN_HASH_MAX];
    struct entries arguments = {0};
    if (read_hash(hash, err) != 0)
        return -1;
    entries_text(&arguments, "hash", hash);
    entries_text(&arguments, "number", ctl->words[0]);
    entries_text(&arguments, "officer", ctl->officer);
    if (ctl_call(ctl, "officer-pin", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("the PIN of %s is set\n", ctl_text(ctl, 0, "number"));
    return 0;
}

int ctl_officer_hash_pin(struct ctl *ctl, struct err *err)
{
    char hash[PIN_HASH_MAX];
    struct entries answer = {0};
    (void)ctl;
    if (read_hash(hash, err) != 0)
        return -1;
    entries_text(&answer, "hash", hash);
    return ctl_json_entries(&answer, err);
}

/* Says one and the same for whatever does not fit: which numbers there are is nobody's business here. */
int ctl_officer_check_pin(struct ctl *ctl, struct err *err)
{
    char pin[LINE_MAX_PIN], hash[PIN_HASH_MAX] = "";
    struct store_officer o = {0};
    struct entries answer = {0};
    struct err none = {0};
    bool found = false;
    if (ctl_open_store(ctl, err) != 0 || store_officer_get(ctl->store, ctl->words[0], &o, &found, err) != 0 ||
        (found && store_pin_get(ctl->store, o.number, hash, sizeof hash, err) != 0))
        return -1;
    if (read_line("PIN", pin, sizeof pin, &none) != 0)
        pin[0] = '\0';
    bool fits = pin_matches(pin, hash);
    if (!fits || !found || o.disabled_ms)
        return err_set(err, ERR_FAILED,
                       "number or PIN is wrong, or no PIN is set; 'smogctl officer pin NUMBER' sets one");
    entries_text(&answer, "name", o.name);
    entries_text(&answer, "number", o.number);
    entries_text(&answer, "role", o.role);
    return ctl_json_entries(&answer, err);
}
