#include <stdio.h>
#include <string.h>

#include "station/live_parts.h"

int live_request_text(const struct json_doc *request, const char *key, bool required, char *out, size_t size,
                      struct err *err)
{
    ptrdiff_t token = json_member(request, 0, key);
    out[0] = '\0';
    if (token < 0)
        return required ? err_set(err, ERR_INVALID, "'%s' is missing", key) : 0;
    if (request->tokens[token].type != JSON_STRING)
        return err_set(err, ERR_INVALID, "'%s' must be a text", key);
    if (!json_get_string(request, token, out, size)) {
        out[0] = '\0';
        return err_set(err, ERR_INVALID, "'%s' is too long, at most %zu bytes fit", key, size - 1);
    }
    if (required && out[0] == '\0')
        return err_set(err, ERR_INVALID, "'%s' is empty", key);
    for (const char *at = out; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return err_set(err, ERR_INVALID, "'%s' holds a control character; write it in one plain line", key);
    return 0;
}

static const struct {
    const char *name;
    live_answer *answer;
} commands[] = {
    {"status", live_status},
    {"instruments", live_status_instruments},
    {"test-start", live_start_test},
    {"test-key", live_operator_key},
    {"test-void", live_operator_void},
    {"test-watch", live_operator_watch},
    {"instrument-check", live_check_start},
    {"instrument-command", live_operator_command},
    {"lockout-clear", live_lockout_clear},
    {"outbox", live_operator_outbox},
    {"photo-add", live_photo_add},
    {"print", live_output_print},
    {"case-act", live_case_act},
    {"checklist-answer", live_checklist_answer},
    {"checklist-end", live_checklist_end},
    {"checklist-start", live_checklist_start},
    {"history-import", live_history_import},
    {"officer-add", live_officer_add},
    {"officer-disable", live_officer_disable},
    {"officer-pin", live_officer_pin},
    {"roster-absent", live_roster_absent},
    {"roster-import", live_roster_import},
    {"statement", live_statement},
    {"ratchet-start", live_ratchet_start},
    {"witness-import", live_witness_import},
};

static int dispatch(struct live *live, struct control_client *client, const struct json_doc *request,
                    struct json_writer *answer, struct err *err)
{
    char name[32];
    if (live_request_text(request, "command", true, name, sizeof name, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].answer(live, client, request, answer, err);
    return err_set(err, ERR_INVALID, "there is no command '%s'", name);
}

void live_request(void *ctx, struct control_client *client, const struct json_doc *request, struct json_writer *answer)
{
    struct live *live = ctx;
    struct err err = {0};
    int result = dispatch(live, client, request, answer, &err);
    if (result != 0)
        control_refuse(answer, &err);
    live_settle(live);
}
