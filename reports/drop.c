#include "reports/drop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/container.h"
#include "reports/file.h"

enum { FILE_MODE = 0640 };

static const char scheme[] = "file://";

bool drop_is_file(const char *url)
{
    return strncmp(url, scheme, sizeof scheme - 1) == 0;
}

static void fail(struct outlet_reply *reply, const struct err *err)
{
    snprintf(reply->trouble, sizeof reply->trouble, "%.*s", (int)sizeof reply->trouble - 1, err->text);
}

static void write_file(const char *path, const void *data, size_t size, struct outlet_reply *reply)
{
    char aside[OUTLET_URL_MAX + 8];
    char *there = NULL;
    size_t length = 0;
    struct err err;
    if (file_read(path, CONTAINER_SIZE_MAX, &there, &length, &err) == 0) {
        reply->status = length == size && memcmp(there, data, size) == 0 ? 200 : 409;
        free(there);
        return;
    }
    const char *name = strrchr(path, '/') + 1;
    snprintf(aside, sizeof aside, "%.*s.%s.part", (int)(name - path), path, name);
    if (file_write_aside(path, aside, data, size, FILE_MODE, &err) == 0) {
        reply->status = 201;
        return;
    }
    fail(reply, &err);
    reply->body_out = access(path, F_OK) == 0; /* it can be seen, and is not promised to stay */
}

static void read_file(const char *path, struct outlet_reply *reply, char **content)
{
    struct err err;
    size_t length = 0;
    if (file_read(path, OUTLET_REPLY_MAX, content, &length, &err) == 0) {
        reply->status = 200;
        reply->body = *content;
        reply->length = length;
    } else if (access(path, F_OK) != 0) {
        reply->status = 404;
    } else {
        fail(reply, &err);
    }
}

void drop_exchange(const struct outlet_request *request, const void *body, size_t size, struct outlet_reply *reply,
                   char **content)
{
    const char *path = request->url + sizeof scheme - 1;
    *content = NULL;
    *reply = (struct outlet_reply){.body = ""};
    if (!request->post)
        read_file(path, reply, content);
    else if (request->body)
        write_file(path, request->body, request->body_length, reply);
    else
        write_file(path, body, size, reply);
    reply->reached = reply->whole = reply->status != 0;
    reply->body_out = reply->body_out || reply->status != 0;
}
