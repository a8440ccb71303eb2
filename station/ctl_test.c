#include <inttypes.h>
#include <string.h>

#include "station/ctl.h"

/* ---- start ---- */

/* "mass_kg=12000" … as one object. */
int ctl_facts(const struct ctl *ctl, char *out, size_t size, struct err *err)
{
    char keys[CTL_FACTS_MAX][32];
    struct entries facts = {0};
    struct json_writer w;
    for (size_t i = 0; i < ctl->facts_count; i++) {
        const char *equals = strchr(ctl->facts[i], '=');
        size_t length = equals ? (size_t)(equals - ctl->facts[i]) : 0;
        if (length == 0 || length >= sizeof keys[0] || equals[1] == '\0')
            return err_set(err, ERR_INVALID, "'%s' is no vehicle fact; write key=value, e.g. mass_kg=12000",
                           ctl->facts[i]);
        memcpy(keys[i], ctl->facts[i], length);
        keys[i][length] = '\0';
        for (size_t k = 0; k < i; k++)
            if (strcmp(keys[k], keys[i]) == 0)
                return err_set(err, ERR_INVALID, "the vehicle fact '%s' is given twice", keys[i]);
        entries_text(&facts, keys[i], equals + 1);
    }
    json_writer_init(&w, out, size);
    entries_write(&facts, &w, NULL);
    return json_writer_finish(&w) >= 0 ? 0 : err_set(err, ERR_INVALID, "the facts are too long");
}

int ctl_test_start(struct ctl *ctl, struct err *err)
{
    char facts[8192];
    struct entries arguments = {0};
    if (!ctl->plate || !ctl->colour || !ctl->method)
        return err_set(err, ERR_INVALID, "test start needs --plate, --colour and --method");
    if (ctl_facts(ctl, facts, sizeof facts, err) != 0)
        return -1;
    entries_text(&arguments, "colour", ctl->colour);
    entries_text(&arguments, "confirm", ctl->confirm);
    entries_text(&arguments, "method", ctl->method);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "officer2", ctl->officer2);
    entries_text(&arguments, "plate", ctl->plate);
    entries_text(&arguments, "police", ctl->police);
    entries_text(&arguments, "suggestion", ctl->suggestion);
    entries_raw(&arguments, "vehicle", facts, strlen(facts));
    if (ctl_call(ctl, "test-start", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s\n", ctl_text(ctl, 0, "test"));
    return 0;
}

/* ---- keys ---- */

static int key(struct ctl *ctl, const char *name, const char *words, struct err *err)
{
    struct entries arguments = {0};
    entries_text(&arguments, "id", ctl->words[0]);
    entries_text(&arguments, "key", name);
    entries_text(&arguments, "text", words);
    if (ctl_call(ctl, "test-key", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
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
    struct entries arguments = {0};
    if (!ctl->reason)
        return err_set(err, ERR_INVALID, "test void needs --reason TEXT");
    entries_text(&arguments, "id", ctl->words[0]);
    entries_text(&arguments, "officer", ctl->officer);
    entries_text(&arguments, "reason", ctl->reason);
    if (ctl_call(ctl, "test-void", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("%s is void; its record stays, with this reason beside it\n", ctl->words[0]);
    return 0;
}

/* ---- watch ---- */

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void print_prompt(const struct ctl *ctl, ptrdiff_t o)
{
    const struct ctl_word *prompt = ctl_word_prompt(ctl_text(ctl, o, "prompt"));
    static const char *const timed[] = {"idle", "zero-wait", "read"}, *const held[] = {"rev", "speed"};
    int64_t value = ctl_integer(ctl, o, "value"), limit = ctl_integer(ctl, o, "limit");
    printf("%7.1f s  %s · %s", (double)ctl_integer(ctl, o, "t_ms") / 1000, prompt->zh, prompt->en);
    if (limit > 0 && is_among(prompt->name, timed, 3))
        printf(" (%.1f s)", (double)limit / 1000);
    else if (is_among(prompt->name, held, 2))
        printf(" %" PRId64 " %s (%.1f s)", value, strcmp(prompt->name, "rev") == 0 ? "r/min" : "km/h",
               (double)limit / 1000);
    else if (limit > 0 && strcmp(prompt->name, "scan") == 0)
        printf(" · %" PRId64 " km/h, down to %" PRId64, value, limit);
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
    char verdict[16] = "";
    struct entries arguments = {0};
    entries_text(&arguments, "id", ctl->words[0]);
    if (ctl_call(ctl, "test-watch", &arguments, err) != 0)
        return -1;
    int more = 1;
    for (;;) {
        if (ctl->json)
            ctl_print_line(ctl);
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
