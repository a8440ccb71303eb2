/*
 * The one way a failed operation explains itself.
 *
 * A function that can fail returns an int (0 done, -1 failed) and takes `struct err *` as its last parameter. The
 * text is one line for a person: what happened and what to do. Who handles the error logs it, once.
 * The codes are the exit codes of the programs, so a failure keeps its meaning from the lowest layer to the shell.
 */
#ifndef STATION_CORE_ERR_H
#define STATION_CORE_ERR_H

enum { ERR_TEXT_MAX = 400 };

enum err_code {
    ERR_NONE = 0,
    ERR_FAILED = 1,      /* the answer is no, or the operation failed */
    ERR_INVALID = 2,     /* wrong usage, configuration or input */
    ERR_UNREACHABLE = 3, /* daemon, device, file or network cannot be reached */
    ERR_REFUSED = 4,     /* lockout, wrong role, wrong state */
};

struct err {
    enum err_code code;
    char text[ERR_TEXT_MAX];
};

/* Fills *err (which may be NULL) and returns -1, so that a failure reads `return err_set(err, ...)`. The text is cut
 * at ERR_TEXT_MAX - 1 bytes, never inside a UTF-8 character. */
int err_set(struct err *err, enum err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the text that is already there; for adding the file or the instrument on the way up. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
