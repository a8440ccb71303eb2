/* Converters between character sets, by the system's iconv. */
#ifndef REPORTS_CHARSET_H
#define REPORTS_CHARSET_H

#include <iconv.h>
#include <stdbool.h>

/* False: this system cannot convert it; there is nothing to close then. Close with iconv_close. */
bool charset_open(iconv_t *out, const char *to, const char *from);

#endif
