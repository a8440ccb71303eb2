#include <stdlib.h>
#include <string.h>

#include "station/ctl_rows.h"

enum { TOKENS = 64, TEXT_SIZE = 2048 };

int ctl_statement(struct ctl *ctl, struct err *err)
{
    const char *how = ctl->words[1];
    struct entries arguments = {0};
    entries_text(&arguments, "id", ctl->words[0]);
    if (strcmp(how, "refused") == 0)
        entries_text(&arguments, "signed", how);
    else if (strcmp(how, "signed") == 0 || strcmp(how, "unsigned") == 0)
        entries_bool(&arguments, "signed", how[0] == 's');
    else
        return err_set(err, ERR_INVALID, "'%s' is not how a statement ends; say signed, unsigned or refused", how);
    entries_text(&arguments, "text", ctl->remark);
    entries_text(&arguments, "officer", ctl->officer);
    if (ctl_call(ctl, "statement", &arguments, err) != 0)
        return -1;
    if (ctl->json)
        return ctl_print_line(ctl);
    printf("the statement to %s is kept\n", ctl_text(ctl, 0, "test"));
    return 0;
}

/* ---- those of a test ---- */

static void text_of(const struct json_doc *doc, const char *key, char *out, size_t size)
{
    if (!json_get_string(doc, json_member(doc, 0, key), out, size))
        out[0] = '\0';
}

static void show(const struct ctl_rows *rows, const struct json_doc *doc)
{
    static const char *const keys[] = {"at", "officer", "signed", "text"};
    char text[4][TEXT_SIZE];
    for (size_t i = 0; i < 4; i++)
        text_of(doc, keys[i], text[i], sizeof text[i]);
    if (!rows->w) {
        printf("  statement, signed: %s  %s\n", text[2], text[3]);
        return;
    }
    json_object_begin(rows->w, NULL);
    for (size_t i = 0; i < 4; i++)
        json_string(rows->w, keys[i], text[i]);
    json_object_end(rows->w);
}

/* Reads an event of the journal, which `rows` fails with. */
static bool read_event(struct ctl_rows *rows, uint64_t event, char **body, struct json_doc *doc,
                       struct json_token tokens[TOKENS])
{
    rows->failed = store_event_open(rows->ctl->store, event, doc, tokens, TOKENS, body, &rows->err) != 0;
    return !rows->failed;
}

static int take(void *ctx, uint64_t event, const char *kind)
{
    struct ctl_rows *rows = ctx;
    struct json_token tokens[TOKENS];
    struct json_doc doc;
    char *body = NULL;
    if (strcmp(kind, "statement") == 0 && read_event(rows, event, &body, &doc, tokens))
        show(rows, &doc);
    free(body);
    return rows->failed;
}

int ctl_rows_statements(struct ctl_rows *rows, const char *test, struct err *err)
{
    ctl_rows_begin(rows, "statements");
    if (store_subject_event_list(rows->ctl->store, test, take, rows, err) != 0)
        return -1;
    ctl_rows_end(rows);
    if (rows->failed)
        *err = rows->err;
    return rows->failed ? -1 : 0;
}

struct last {
    struct ctl_rows rows;
    char *out;
    size_t size;
};

static int take_last(void *ctx, uint64_t event, const char *kind)
{
    struct last *last = ctx;
    struct json_token tokens[TOKENS];
    struct json_doc doc;
    char *body = NULL;
    if (strcmp(kind, "statement") == 0 && read_event(&last->rows, event, &body, &doc, tokens) &&
        json_member(&doc, 0, "text") >= 0)
        text_of(&doc, "text", last->out, last->size);
    free(body);
    return last->rows.failed;
}

int ctl_statement_last(struct ctl *ctl, const char *subject, char *out, size_t size, struct err *err)
{
    struct last last = {.rows = {.ctl = ctl}, .out = out, .size = size};
    out[0] = '\0';
    if (store_subject_event_list(ctl->store, subject, take_last, &last, err) != 0)
        return -1;
    if (last.rows.failed)
        *err = last.rows.err;
    return last.rows.failed ? -1 : 0;
}
