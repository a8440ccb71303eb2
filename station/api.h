/*
 * The console's interface, /api/v1/, as data: one table of routes, and how a request becomes what is done with it — the
 * words of a smogctl that answers it, or a command of the control protocol. What the interface can do is what smogctl
 * can do, and its JSON is smogctl's (README, "JSON output").
 *
 * Pure: texts in, texts out. Nothing of a request becomes an option or a file name of smogctl unless the table says so.
 */
#ifndef STATION_API_H
#define STATION_API_H

#include <stdbool.h>
#include <stddef.h>

#include "station/core/err.h"
#include "station/core/json.h"

enum {
    API_VALUES_MAX = 2,
    API_VALUE_MAX = 160,     /* bytes of a part of the path, with its NUL */
    API_JSON_MAX = 48 << 10, /* bytes of a JSON body */
    API_PHOTO_MAX = 8 << 20,
    API_LIST_MAX = 2 << 20, /* of a roster's file */
    API_REQUEST_MAX = 64 << 10,
    API_WORDS_MAX = 24,
    API_TEXT_MAX = 4096,
    API_TOKENS_MAX = 1024,
};

enum api_kind {
    API_CHILD,   /* a smogctl answers, with JSON */
    API_PROBE,   /* the same, and it listens at serial ports for most of a minute */
    API_FILE,    /* a smogctl writes a file */
    API_COMMAND, /* a command of the control protocol */
    API_UPLOAD,  /* the same, with the body as its open file */
    API_ANSWER,  /* a checklist's answer: API_COMMAND, or with a picture API_UPLOAD */
    API_PIN,     /* a PIN is hashed by a smogctl, then set */
    API_SESSION, /* sessions, by method and path */
    API_SECOND,
    API_OBJECT, /* a stored picture */
    API_STATIC, /* what the interface is */
    API_LIVE,   /* what happens, as it happens */
};

struct api_route {
    const char *method;
    const char *path; /* under /api/v1/; {name} takes one part of the path, or what is left of it before an ending */
    enum api_kind kind;
    /* Of smogctl: its words and, as `{name}`, those of the path; `{?name}`, that argument of the query, if it is there.
     * Of the control protocol: the command. */
    const char *words;
    /* Arguments of the query, with spaces between: options of smogctl of the same name; a ! before one: it has no
     * value. Of an upload: members of the command. */
    const char *arguments;
    const char *type; /* of a file that is answered */
    unsigned roles;   /* who may; 0: it changes nothing, and no session is needed for it */
    size_t body_max;
};

/* Ends with a route without method. */
extern const struct api_route api_routes[];

struct api_match {
    const struct api_route *route; /* NULL: there is none */
    const char *allow;             /* the other method by which the path can be asked; NULL: by none */
    size_t values_count;
    struct {
        char name[16], text[API_VALUE_MAX];
    } values[API_VALUES_MAX];
};

/* `path`: after /api/v1/, unescaped. HEAD is GET. */
void api_match(const char *method, const char *path, struct api_match *match);
/* The part of the path of that name; "" where there is none. */
const char *api_value(const struct api_match *match, const char *name);

/* The argument of the query of that name; NULL: it is not there. */
typedef const char *api_argument(void *ctx, const char *name);

struct api_words {
    size_t count;
    const char *words[API_WORDS_MAX + 1]; /* ends with NULL */
    char text[API_TEXT_MAX];
    size_t used;
};

/* What comes after `smogctl -c FILE`. `output`: the file to be written; NULL: none, then it answers with JSON.
 * ERR_INVALID: an argument is too long or cannot be meant. */
int api_words(const struct api_match *match, api_argument *argument, void *ctx, const char *output,
              struct api_words *out, struct err *err);

/* The request of the control protocol that the match, the acting officer and the body make: the body's members stand
 * beside those of the path, and must not say who acts. `body` "": an object without members. The length, or -1. */
ptrdiff_t api_request(const struct api_match *match, const char *officer, const char *body, size_t length, char *out,
                      size_t size, struct err *err);
/* The same of an upload, whose members stand in the query. */
ptrdiff_t api_upload_request(const struct api_match *match, const char *officer, api_argument *argument, void *ctx,
                             char *out, size_t size, struct err *err);

/* A text member of a small JSON body, for those that are no commands. */
int api_body_text(const char *body, size_t length, const char *key, char *out, size_t size, struct err *err);

/* The status of HTTP for an answer of that exit code. */
unsigned api_status(const struct api_match *match, int code);

#endif
