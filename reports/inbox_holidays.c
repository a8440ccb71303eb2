#include <stdlib.h>

#include "reports/file.h"
#include "reports/inbox.h"
#include "station/core/conf.h"

enum { FILE_MAX = 256 << 10, NODES_MAX = 8192 };

static int read_calendars(struct deadlines *d, const char *file, struct conf_node *nodes, struct err *err)
{
    struct conf conf;
    char *text = NULL;
    size_t length = 0;
    if (file_read(file, FILE_MAX, &text, &length, err) != 0)
        return -1;
    int result = conf_parse(&conf, file, text, length, nodes, NODES_MAX, err);
    if (result == 0)
        result = deadlines_load(d, &conf, err);
    if (result == 0 && d->workdays.count == 0)
        result = err_set(err, ERR_INVALID, "%s: there is no 'calendar YEAR { … }' in it", file);
    free(text);
    return result;
}

int inbox_holidays_open(struct deadlines **out, const char *file, struct err *err)
{
    struct deadlines *d = calloc(1, sizeof *d);
    struct conf_node *nodes = malloc(NODES_MAX * sizeof *nodes);
    int result = d && nodes ? read_calendars(d, file, nodes, err) : err_set(err, ERR_FAILED, "out of memory");
    free(nodes);
    if (result == 0)
        *out = d;
    else
        free(d);
    return result;
}
