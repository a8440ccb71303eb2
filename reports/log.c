#include "reports/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };
enum level { LEVEL_ERROR = 3, LEVEL_WARNING, LEVEL_NOTICE, LEVEL_INFO, LEVEL_DEBUG }; /* syslog's numbers */

static const char *program_name;
static bool with_priority, with_debug;

/* JOURNAL_STREAM is inherited by whatever a desktop starts; only device and inode tell whether stderr is that stream
 * (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    if (!stream || fstat(STDERR_FILENO, &st) != 0)
        return false;
    char mine[64];
    snprintf(mine, sizeof mine, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    return strcmp(stream, mine) == 0;
}

void log_open(const char *name, bool debug)
{
    program_name = name;
    with_debug = debug;
    with_priority = getenv("NOTIFY_SOCKET") || stderr_is_journal();
}

static void write_line(enum level level, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static void write_line(enum level level, const char *format, va_list args)
{
    char line[LINE_MAX_BYTES];
    int head = 0;
    if (with_priority)
        head = snprintf(line, sizeof line, "<%d>", (int)level);
    else if (program_name)
        head = snprintf(line, sizeof line, "%s: ", program_name);
    size_t start = head > 0 && head < LINE_MAX_BYTES / 2 ? (size_t)head : 0;
    int wanted = vsnprintf(line + start, sizeof line - start, format, args);
    size_t length = start + (wanted > 0 ? (size_t)wanted : 0);
    if (length > sizeof line - 1)
        length = sizeof line - 1; /* cut: the newline takes the NUL's place */
    for (size_t i = start; i < length; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            line[i] = '?';
    line[length++] = '\n';
    /* Nobody is left to tell when stderr is gone. */
    ssize_t ignored = write(STDERR_FILENO, line, length);
    (void)ignored;
}

void log_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(LEVEL_ERROR, format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(LEVEL_WARNING, format, args);
    va_end(args);
}

void log_notice(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(LEVEL_NOTICE, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(LEVEL_INFO, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    if (!with_debug)
        return;
    va_list args;
    va_start(args, format);
    write_line(LEVEL_DEBUG, format, args);
    va_end(args);
}
