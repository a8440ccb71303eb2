/*
 * Lines of CSV into a file, through a buffer of its own: a lock and a call into stdio for each of twenty cells cost
 * more than the cells. The caller writes commas and line ends, as cells of text that need no quotes.
 */
#ifndef REPORTS_CSV_WRITER_H
#define REPORTS_CSV_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CSV_WRITER_ROOM = 1 << 15 };

struct csv_writer {
    FILE *file; /* the caller's; errors stay in it (ferror) */
    size_t length;
    char bytes[CSV_WRITER_ROOM];
};

void csv_writer_open(struct csv_writer *w, FILE *file);
/* What is in the buffer goes into the file. */
void csv_writer_flush(struct csv_writer *w);

/* As they are: no quotes are added. */
void csv_writer_bytes(struct csv_writer *w, const char *bytes, size_t length);
void csv_writer_byte(struct csv_writer *w, char byte);
/* One cell: in quotes where it holds a comma, a quote or a line end. */
void csv_writer_text(struct csv_writer *w, const char *text);
void csv_writer_integer(struct csv_writer *w, int64_t value);
/* As a decimal with three digits: -1500 is -1.500. */
void csv_writer_thousandths(struct csv_writer *w, int64_t value);

#endif
