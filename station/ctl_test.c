#include <inttypes.h>
#include <string.h>

#include "station/ctl.h"

/* A request of texts; the keys come sorted. */
static void text(struct json_writer *w, const char *key, const char *value)
{
    if (value)
        json_string(w, key, value);
}

static int send_request(struct ctl *ctl, struct json_writer *w, struct err *err)
{
    if (json_writer_finish(w) < 0)
        return err_set(err, ERR_INVALID, "the words of this command are too long");
    return ctl_call(ctl, w->out, err);
}

static int print_json(const struct ctl *ctl)
{
    fwrite(ctl->line, 1, ctl->line_used, stdout);
    return 0;
}

/* ---- start ---- */

static int write_facts(const struct ctl *ctl, struct json_writer *w, struct err *err)
{
    const char *sorted[CTL_FACTS_MAX];
    char keys[CTL_FACTS_MAX][32];
    for (size_t i = 0; i < ctl->facts_count; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(sorted[at - 1], ctl->facts[i]) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = ctl->facts[i];
    }
    json_object_begin(w, "vehicle");
    for (size_t i = 0; i < ctl->facts_count; i++) {
        const char *equals = strchr(sorted[i], '=');
        size_t length = equals ? (size_t)(equals - sorted[i]) : 0;
        if (length == 0 || length >= sizeof keys[0])
            return err_set(err, ERR_INVALID, "'%s' is no vehicle fact; write key=value, e.g. mass_kg=12000", sorted[i]);
        memcpy(keys[i], sorted[i], length);
        keys[i][length] = '\0';
        if (i > 0 && strcmp(keys[i - 1], keys[i]) == 0)
            return err_set(err, ERR_INVALID, "the vehicle fact '%s' is given twice", keys[i]);
        json_string(w, keys[i], equals + 1);
    }
    json_object_end(w);
    return 0;
}

int ctl_test_start(struct ctl *ctl, struct err *err)
{
    char request[8192];
    struct json_writer w;
    if (!ctl->plate || !ctl->colour || !ctl->method)
        return err_set(err, ERR_INVALID, "test start needs --plate, --colour and --method");
    json_writer_init(&w, request, sizeof request);
    json_object_begin(&w, NULL);
    json_string(&w, "colour", ctl->colour);
    json_string(&w, "command", "test-start");
    json_string(&w, "method", ctl->method);
    text(&w, "officer", ctl->officer);
    json_string(&w, "plate", ctl->plate);
    if (write_facts(ctl, &w, err) != 0)
        return -1;
    json_object_end(&w);
    if (send_request(ctl, &w, err) != 0)
        return -1;
    if (ctl->json)
        return print_json(ctl);
    printf("%s\n", ctl_text(ctl, 0, "test"));
    return 0;
}

/* ---- keys ---- */

static int key(struct ctl *ctl, const char *name, const char *words, struct err *err)
{
    char request[1024];
    struct json_writer w;
    json_writer_init(&w, request, sizeof request);
    json_object_begin(&w, NULL);
    json_string(&w, "command", "test-key");
    json_string(&w, "id", ctl->words[0]);
    json_string(&w, "key", name);
    text(&w, "text", words);
    json_object_end(&w);
    if (send_request(ctl, &w, err) != 0)
        return -1;
    if (ctl->json)
        return print_json(ctl);
    const char *verdict = ctl_text(ctl, 0, "verdict");
    if (verdict[0])
        printf("%s: %s %s, saved\n", ctl->words[0], ctl_word_verdict(verdict)->zh, ctl_word_verdict(verdict)->en);
    else
        printf("%s: %s\n", ctl->words[0], name);
    return 0;
}

int ctl_test_confirm(struct ctl *ctl, struct err *err)
{
    return key(ctl, "confirm", NULL, err);
}

int ctl_test_bypass(struct ctl *ctl, struct err *err)
{
    return key(ctl, "bypass-warm", ctl->reason, err);
}

int ctl_test_observe(struct ctl *ctl, struct err *err)
{
    return key(ctl, "observe", ctl->words[1], err);
}

int ctl_test_abort(struct ctl *ctl, struct err *err)
{
    if (!ctl->reason)
        return err_set(err, ERR_INVALID, "test abort needs --reason TEXT");
    return key(ctl, "abort", ctl->reason, err);
}

int ctl_test_void(struct ctl *ctl, struct err *err)
{
    char request[1024];
    struct json_writer w;
    if (!ctl->reason)
        return err_set(err, ERR_INVALID, "test void needs --reason TEXT");
    json_writer_init(&w, request, sizeof request);
    json_object_begin(&w, NULL);
    json_string(&w, "command", "test-void");
    json_string(&w, "id", ctl->words[0]);
    text(&w, "officer", ctl->officer);
    json_string(&w, "reason", ctl->reason);
    json_object_end(&w);
    if (send_request(ctl, &w, err) != 0)
        return -1;
    if (ctl->json)
        return print_json(ctl);
    printf("%s is void; its record stays, with this reason beside it\n", ctl->words[0]);
    return 0;
}

/* ---- watch ---- */

static void print_prompt(const struct ctl *ctl, ptrdiff_t o)
{
    const struct ctl_word *prompt = ctl_word_prompt(ctl_text(ctl, o, "prompt"));
    int64_t value = ctl_integer(ctl, o, "value"), limit = ctl_integer(ctl, o, "limit");
    printf("%7.1f s  %s · %s", (double)ctl_integer(ctl, o, "t_ms") / 1000, prompt->zh, prompt->en);
    if (strcmp(prompt->name, "idle") == 0 && limit > 0)
        printf(" (%.1f s)", (double)limit / 1000);
    else if (limit > 0)
        printf(" (%" PRId64 "/%" PRId64 ")", value, limit);
    printf("\n");
}

static void print_event(const struct ctl *ctl)
{
    const char *event = ctl_text(ctl, 0, "event");
    if (strcmp(event, "prompt") == 0) {
        print_prompt(ctl, 0);
    } else if (strcmp(event, "mark") == 0) {
        printf("%7.1f s  %s %" PRId64, (double)ctl_integer(ctl, 0, "to_ms") / 1000, ctl_text(ctl, 0, "mark"),
               ctl_integer(ctl, 0, "number"));
        printf("  %s %s %s\n", ctl_text(ctl, 0, "quantity"), ctl_text(ctl, 0, "value"), ctl_text(ctl, 0, "unit"));
    } else if (strcmp(event, "end") == 0) {
        const struct ctl_word *verdict = ctl_word_verdict(ctl_text(ctl, 0, "verdict"));
        ptrdiff_t reasons = json_member(&ctl->doc, 0, "reasons");
        printf("%s %s, saved\n", verdict->zh, verdict->en);
        for (uint32_t i = 0; reasons >= 0 && i < ctl->doc.tokens[reasons].count; i++) {
            char reason[400] = "";
            json_get_string(&ctl->doc, json_element(&ctl->doc, (size_t)reasons, i), reason, sizeof reason);
            printf("          %s\n", reason);
        }
    }
}

/* The exit code says the verdict: 0 pass, 1 anything else. */
static int result_of(struct ctl *ctl, const char *verdict, const char *id, struct err *err)
{
    ctl->answered = true;
    if (strcmp(verdict, "pass") == 0)
        return 0;
    return err_set(err, ERR_FAILED, "test %s: %s", id, verdict);
}

int ctl_test_watch(struct ctl *ctl, struct err *err)
{
    char request[200], verdict[16] = "";
    struct json_writer w;
    json_writer_init(&w, request, sizeof request);
    json_object_begin(&w, NULL);
    json_string(&w, "command", "test-watch");
    json_string(&w, "id", ctl->words[0]);
    json_object_end(&w);
    if (send_request(ctl, &w, err) != 0)
        return -1;
    int more = 1;
    for (;;) {
        if (ctl->json)
            print_json(ctl);
        else
            print_event(ctl);
        fflush(stdout);
        snprintf(verdict, sizeof verdict, "%s", ctl_text(ctl, 0, "verdict"));
        if (verdict[0] || (more = ctl_next_line(ctl, err)) <= 0)
            break;
    }
    if (more < 0)
        return -1;
    if (!verdict[0])
        return err_set(err, ERR_UNREACHABLE, "smogd went away before the test ended; smogctl test show %s",
                       ctl->words[0]);
    return result_of(ctl, verdict, ctl->words[0], err);
}
