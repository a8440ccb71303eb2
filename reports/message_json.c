#include "reports/message_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/encoding.h"
#include "reports/outlet.h"

enum { ESCAPE_MAX = 6, FRAME = 8 };

size_t message_json_room(const struct message *m)
{
    size_t room = FRAME;
    for (size_t i = 0; i < m->count; i++) {
        const struct message_value *v = &m->values[i];
        size_t value = v->picture ? ENCODING_BASE64_ROOM(v->picture->size) : ESCAPE_MAX * strlen(v->text);
        room += strlen(v->field->name) + value + FRAME;
    }
    return room;
}

static int by_name(const void *a, const void *b)
{
    const struct message_value *const *left = a, *const *right = b;
    return strcmp((*left)->field->name, (*right)->field->name);
}

static bool write_picture(struct json_writer *w, const struct message_value *v)
{
    char *text = malloc(ENCODING_BASE64_ROOM(v->picture->size));
    if (!text)
        return false;
    encoding_base64(v->picture->data, v->picture->size, text);
    json_string(w, v->field->name, text);
    free(text);
    return true;
}

bool message_json_write(const struct message *m, struct json_writer *w)
{
    const struct message_value *order[MESSAGE_FIELDS_MAX] = {NULL};
    bool good = true;
    for (size_t i = 0; i < m->count; i++)
        order[i] = &m->values[i];
    qsort(order, m->count, sizeof order[0], by_name); // NOLINT(bugprone-sizeof-expression): of pointers
    json_object_begin(w, NULL);
    for (size_t i = 0; i < m->count; i++) {
        const struct message_value *v = order[i];
        if (v->picture)
            good = write_picture(w, v) && good;
        else if (v->field->number)
            json_raw(w, v->field->name, v->text, strlen(v->text));
        else
            json_string(w, v->field->name, v->text);
    }
    json_object_end(w);
    return good;
}

/* A code is a text or a number. */
static bool read_code(struct message_answer *a)
{
    ptrdiff_t token = json_member(&a->doc, 0, "code");
    int64_t number = 0;
    if (json_get_string(&a->doc, token, a->code, sizeof a->code))
        return a->code[0] != '\0';
    if (!json_get_integer(&a->doc, token, &number))
        return false;
    snprintf(a->code, sizeof a->code, "%lld", (long long)number);
    return true;
}

int message_answer_read(struct message_answer *a, const char *body, size_t length, struct err *err)
{
    char msg[1024];
    *a = (struct message_answer){.tokens = malloc(MESSAGE_JSON_TOKENS * sizeof *a->tokens), .data = -1};
    if (!a->tokens)
        return err_set(err, ERR_FAILED, "out of memory");
    if (json_parse(&a->doc, body, length, a->tokens, MESSAGE_JSON_TOKENS, err) != 0)
        return err_prefix(err, "the answer cannot be read");
    if (a->tokens[0].type != JSON_OBJECT || !read_code(a))
        return err_set(err, ERR_INVALID, "the answer has no code");
    if (json_get_string(&a->doc, json_member(&a->doc, 0, "msg"), msg, sizeof msg))
        outlet_quote(msg, strlen(msg), a->msg, sizeof a->msg);
    a->data = json_member(&a->doc, 0, "data");
    return 0;
}

void message_answer_free(struct message_answer *a)
{
    free(a->tokens);
    a->tokens = NULL;
}
