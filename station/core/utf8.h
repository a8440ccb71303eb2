/* UTF-8 as RFC 3629 defines it. */
#ifndef STATION_CORE_UTF8_H
#define STATION_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The code point at text[0..length) and its size in bytes; size 0: not valid UTF-8 (overlong, surrogate, cut off). */
uint32_t utf8_next(const char *text, size_t length, size_t *size);

/* Writes a code point (0..0x10FFFF); returns its size, 1 to 4. Not NUL-terminated. */
size_t utf8_put(uint32_t code, char out[4]);

/* The offset of the first byte that is not valid UTF-8; `length` when all is well. */
size_t utf8_check(const char *text, size_t length);

/* Makes text fit to be shown on a terminal or a page: what is no UTF-8, controls of the terminal (C0, DEL, C1), line
 * and paragraph separators, and marks that cannot be seen or turn the direction of what follows become '?'. */
void utf8_plain(char *text);

/* Takes away a last character that was cut in two, as vsnprintf does. */
void utf8_trim(char *text);

#endif
