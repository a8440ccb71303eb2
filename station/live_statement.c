#include <stdio.h>
#include <string.h>

#include "reports/log.h"
#include "station/live_parts.h"

enum { STATEMENT_MAX = 2000 }; /* bytes of the driver's words */

/* What the driver has to say to the test, and whether he signs: yes, no, or he refuses to. */
struct statement {
    struct store_test test;
    char officer[LIVE_OFFICER_MAX], text[STATEMENT_MAX];
    const char *is_signed;
};

static int read_signed(const struct json_doc *request, struct statement *s, struct err *err)
{
    ptrdiff_t token = json_member(request, 0, "signed");
    bool yes = false;
    if (json_get_bool(request, token, &yes))
        s->is_signed = yes ? "yes" : "no";
    else if (json_equals(request, token, "refused"))
        s->is_signed = "refused";
    else
        return err_set(err, ERR_INVALID, "'signed' must be true, false or \"refused\"");
    return 0;
}

/* As with its pictures: what a reviewer has seen does not change. */
static int check_state(struct live *live, const char *id, struct err *err)
{
    char state[16];
    if (store_case_state(live->store, id, state, err) != 0)
        return -1;
    if (state[0] == '\0' || strcmp(state, "exceeded") == 0)
        return 0;
    return err_set(err, ERR_REFUSED, "the case of %s is at '%s': a statement is taken before its first review", id,
                   state);
}

/* His words may have more than one line. */
static int read_text(const struct json_doc *request, struct statement *s, struct err *err)
{
    ptrdiff_t token = json_member(request, 0, "text");
    s->text[0] = '\0';
    if (token >= 0 && !json_get_string(request, token, s->text, sizeof s->text))
        return err_set(err, ERR_INVALID, "'text' must be a text of at most %d bytes", STATEMENT_MAX - 1);
    for (const char *at = s->text; *at; at++)
        if (((unsigned char)*at < 0x20 && *at != '\n') || *at == 0x7f)
            return err_set(err, ERR_INVALID, "'text' holds a control character; write it in plain lines");
    return 0;
}

static int read_request(struct live *live, struct control_client *client, const struct json_doc *request,
                        struct statement *s, struct err *err)
{
    char id[LIVE_ID_MAX];
    if (live_request_text(request, "id", true, id, sizeof id, err) != 0 || read_signed(request, s, err) != 0 ||
        read_text(request, s, err) != 0 ||
        live_request_officer(live, client, request, ROLE_ECOLOGY | ROLE_POLICE, s->officer, err) != 0)
        return -1;
    return store_test_get(live->store, id, &s->test, NULL, err) != 0 ? -1 : check_state(live, id, err);
}

static int save(struct live *live, const struct control_client *client, const struct statement *s, struct err *err)
{
    char body[STATEMENT_MAX * 2 + 1024];
    uint64_t event;
    struct entries e = {0};
    entries_text(&e, "officer", s->officer);
    entries_text(&e, "signed", s->is_signed);
    entries_text(&e, "test", s->test.id);
    entries_text(&e, "text", s->text);
    entries_text(&e, "user", control_user(client));
    if (store_begin(live->store, err) != 0)
        return -1;
    if (live_journal_append(live, "statement", &e, body, sizeof body, &event, err) != 0 ||
        store_subject_event_add(live->store, s->test.id, event, "statement", err) != 0) {
        store_rollback(live->store);
        return -1;
    }
    return store_commit(live->store, err);
}

int live_statement(struct live *live, struct control_client *client, const struct json_doc *request,
                   struct json_writer *answer, struct err *err)
{
    struct statement s;
    if (read_request(live, client, request, &s, err) != 0 || save(live, client, &s, err) != 0)
        return -1;
    json_object_begin(answer, NULL);
    json_bool(answer, "ok", true);
    json_string(answer, "signed", s.is_signed);
    json_string(answer, "test", s.test.id);
    json_object_end(answer);
    return 0;
}
