/*
 * api_routes: the routes of /api/v1/ as smogd has them, one JSON object a line: {arguments, body_max, method, path,
 * roles, type}. What station/web/openapi.json is held against.
 */
#include <stdio.h>
#include <string.h>

#include "station/api.h"
#include "station/core/role.h"

static void write_words(struct json_writer *w, const char *key, const char *text)
{
    json_array_begin(w, key);
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, " ");
        bool flag = at[0] == '!';
        json_string_n(w, NULL, at + flag, length - flag);
        at += length + (at[length] == ' ');
    }
    json_array_end(w);
}

/* {?name} among the words of smogctl is an argument of the query, too. */
static void write_arguments(struct json_writer *w, const struct api_route *route)
{
    char all[256];
    const char *asked = route->words ? strstr(route->words, "{?") : NULL;
    snprintf(all, sizeof all, "%.*s%s%s", asked ? (int)strcspn(asked + 2, "}") : 0, asked ? asked + 2 : "",
             asked && route->arguments[0] ? " " : "", route->arguments);
    write_words(w, "arguments", all);
}

static void write_roles(struct json_writer *w, unsigned roles)
{
    json_array_begin(w, "roles");
    for (unsigned role = 1; role <= ROLE_AUDITOR; role <<= 1)
        if (roles & role)
            json_string(w, NULL, role_name((enum role)role));
    json_array_end(w);
}

int main(void)
{
    for (const struct api_route *route = api_routes; route->method; route++) {
        char line[1024];
        struct json_writer w;
        json_writer_init(&w, line, sizeof line);
        json_object_begin(&w, NULL);
        write_arguments(&w, route);
        json_integer(&w, "body_max", (int64_t)route->body_max);
        json_string(&w, "method", route->method);
        json_string(&w, "path", route->path);
        write_roles(&w, route->roles);
        json_string(&w, "type", route->type ? route->type : "");
        json_object_end(&w);
        if (json_writer_finish(&w) < 0)
            return 1;
        printf("%s\n", line);
    }
    return 0;
}
