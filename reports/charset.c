#include "reports/charset.h"

bool charset_open(iconv_t *out, const char *to, const char *from)
{
    *out = iconv_open(to, from);
    return *out != (iconv_t)-1; // NOLINT(performance-no-int-to-ptr): as POSIX says it
}
