/*
 * Comma-separated values as spreadsheets and instruments write them: RFC 4180, and what is met beside it.
 *
 *     plate,"colour, as painted",note CR LF        fields may be quoted; "" inside quotes is one quote; a quoted field
 *     新A12345,yellow,"he said ""no""" LF           may hold separators and line ends; records end in CR LF, LF, CR or
 *     新A66T21;黄;                                   with the text; other separators in use are semicolon and tab
 *
 * What is not written is not guessed: a quote inside an unquoted field, text behind a closing quote and a quote that is
 * never closed are errors, because two readers would read them differently.
 */
#ifndef PROTOCOLS_CSV_H
#define PROTOCOLS_CSV_H

#include <stdbool.h>
#include <stddef.h>

enum { CSV_FIELDS_MAX = 64 };

/* Unescaped, NUL-terminated; lies in the caller's room. */
struct csv_field {
    const char *text;
    size_t length;
};

struct csv_record {
    size_t count;
    struct csv_field fields[CSV_FIELDS_MAX];
    size_t lines;    /* line ends that the record took, its own included */
    const char *why; /* after a failure: what is wrong, for people */
};

/* Reads the first record of text[0..length), length > 0; the end of the text ends it like a line end. `room` takes the
 * fields and must hold length + 1 bytes at least for a record of any form. Returns the bytes used, line end included,
 * or -1 with record->why. An empty line is a record of one empty field. */
ptrdiff_t csv_read(const char *text, size_t length, char separator, char *room, size_t room_size,
                   struct csv_record *record);

/* The separator that the first line uses most outside quotes: ',' ';' or '\t'; ',' where there is none. */
char csv_separator(const char *text, size_t length);

#endif
