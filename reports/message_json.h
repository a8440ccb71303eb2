/*
 * Filled messages as JSON, and the answers of services that say {"code", "msg", "data"}.
 */
#ifndef REPORTS_MESSAGE_JSON_H
#define REPORTS_MESSAGE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/message.h"
#include "station/core/json.h"

/* Room that an object of them takes at most. */
size_t message_json_room(const struct message *m);
/* One object; keys in order, fields marked `number` as numbers, pictures as Base64. False: out of memory. */
bool message_json_write(const struct message *m, struct json_writer *w);

enum { MESSAGE_JSON_TOKENS = 8192, MESSAGE_JSON_WORDS = 160 };

struct message_answer {
    struct json_doc doc;
    struct json_token *tokens; /* malloc'ed */
    char code[16], msg[MESSAGE_JSON_WORDS];
    ptrdiff_t data; /* token; -1: none */
};

/* ERR_INVALID: it is no such answer. Free with message_answer_free, also after a failure. */
int message_answer_read(struct message_answer *a, const char *body, size_t length, struct err *err);
void message_answer_free(struct message_answer *a);

#endif
