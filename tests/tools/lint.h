/* For the analyzers of lint.sh, included before every file but err.c: what they cannot see from another file, that
 * err_set and err_prefix always return -1. */
#include "station/core/err.h"

static inline int lint_failed(int result)
{
    (void)result;
    return -1;
}
#define err_set(...) lint_failed(err_set(__VA_ARGS__))
#define err_prefix(...) lint_failed(err_prefix(__VA_ARGS__))
