/*
 * Files as a way to a receiver: a folder that a boundary device empties, another one that it fills. Requests and
 * replies are those of HTTP, so that a driver need not know the difference:
 *
 *     POST file:///FOLDER/NAME    written aside, fsynced, renamed, the folder fsynced: 201. A file of that name and
 *                                 content lies there: 200; of another content: 409
 *     GET  file:///FOLDER/NAME    its content: 200; 404
 *
 * A folder that is not there (a stick that is not plugged in) is no answer.
 */
#ifndef REPORTS_DROP_H
#define REPORTS_DROP_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/outlet.h"

bool drop_is_file(const char *url);

/* Does it at once. `body`: of a POST without one of its own. *content (malloc'ed, the caller's) is what reply->body
 * points to. */
void drop_exchange(const struct outlet_request *request, const void *body, size_t size, struct outlet_reply *reply,
                   char **content);

#endif
