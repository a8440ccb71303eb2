/*
 * GBK to UTF-8: what Chinese instruments and spreadsheets write where they do not write UTF-8.
 *
 *     00-7F              ASCII
 *     81-FE 40-7E 80-FE  one character (code page 936; GB 2312 is its part A1-F7 A1-FE)
 *
 * A second byte may look like ASCII ('|', '@', letters, but no comma, semicolon, quotation mark or blank), so text is
 * converted before it is taken apart. Four-byte characters of GB 18030 and private use areas are not known here.
 */
#ifndef PROTOCOLS_GBK_H
#define PROTOCOLS_GBK_H

#include <stddef.h>

/* Room for any text of that length. */
#define GBK_UTF8_SIZE(length) (3 * (length) + 1)

/* Writes the text as UTF-8, NUL-terminated. What is no character of GBK becomes U+FFFD, one for each byte that cannot
 * begin one and one for each pair without a character. Returns the length, or -1 when it does not fit. */
ptrdiff_t gbk_to_utf8(const char *text, size_t length, char *out, size_t size);

#endif
