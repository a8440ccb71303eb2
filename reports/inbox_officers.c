#include "reports/inbox_officers.h"

#include <stdlib.h>
#include <string.h>

#include "reports/file.h"
#include "reports/inbox_store.h"

enum { OFFICERS_MAX = 500, COMMON_NAME_MAX = 128, FILE_MAX = 256 << 10 };

struct inbox_officers {
    size_t count;
    struct {
        char number[INBOX_OFFICER_MAX], name[COMMON_NAME_MAX];
    } list[OFFICERS_MAX];
};

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* One line, without its end; an empty one is fine. */
static int read_line(struct inbox_officers *o, char *line, struct err *err)
{
    line[strcspn(line, "#")] = '\0';
    char *number = trim(line);
    if (number[0] == '\0')
        return 0;
    size_t length = strcspn(number, " \t");
    char *name = number[length] ? trim(number + length) : number + length;
    number[length] = '\0';
    if (!inbox_officer_ok(number) || name[0] == '\0' || strlen(name) >= COMMON_NAME_MAX)
        return err_set(err, ERR_INVALID, "a number (letters, digits, '-') and a certificate's common name are needed");
    if (inbox_officers_has(o, number) || (strcmp(name, "-") != 0 && inbox_officers_by_name(o, name)))
        return err_set(err, ERR_INVALID, "the number or the name stands there twice");
    if (o->count == OFFICERS_MAX)
        return err_set(err, ERR_INVALID, "more than %d officers", OFFICERS_MAX);
    memcpy(o->list[o->count].number, number, strlen(number) + 1);
    memcpy(o->list[o->count++].name, name, strlen(name) + 1);
    return 0;
}

static int read_lines(struct inbox_officers *o, const char *file, char *text, struct err *err)
{
    unsigned number = 1;
    for (char *line = text; line; number++) {
        char *next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (read_line(o, line, err) != 0)
            return err_prefix(err, "%s:%u", file, number);
        line = next;
    }
    return o->count > 0 ? 0 : err_set(err, ERR_INVALID, "%s:1: there is no officer in it", file);
}

int inbox_officers_open(struct inbox_officers **out, const char *file, struct err *err)
{
    char *text;
    size_t length;
    *out = NULL;
    if (file_read(file, FILE_MAX, &text, &length, err) != 0)
        return -1;
    struct inbox_officers *o = calloc(1, sizeof *o);
    int result = o ? read_lines(o, file, text, err) : err_set(err, ERR_FAILED, "out of memory");
    free(text);
    if (result == 0)
        *out = o;
    else
        inbox_officers_close(o);
    return result;
}

void inbox_officers_close(struct inbox_officers *officers)
{
    free(officers);
}

const char *inbox_officers_by_name(const struct inbox_officers *o, const char *common_name)
{
    for (size_t i = 0; o && i < o->count; i++)
        if (strcmp(o->list[i].name, common_name) == 0 && strcmp(common_name, "-") != 0)
            return o->list[i].number;
    return NULL;
}

bool inbox_officers_has(const struct inbox_officers *o, const char *number)
{
    for (size_t i = 0; o && i < o->count; i++)
        if (strcmp(o->list[i].number, number) == 0)
            return true;
    return false;
}
