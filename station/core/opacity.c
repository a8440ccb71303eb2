#include "station/core/opacity.h"

#include <math.h>

bool opacity_to_k(struct decimal n_percent, struct decimal path_m, unsigned digits, struct decimal *k_per_m)
{
    double n = decimal_to_double(n_percent);
    double path = decimal_to_double(path_m);
    return n >= 0 && n < 100 && path > 0 && decimal_from_double(-log1p(-n / 100) / path, digits, k_per_m);
}

bool opacity_from_k(struct decimal k_per_m, struct decimal path_m, unsigned digits, struct decimal *n_percent)
{
    double k = decimal_to_double(k_per_m);
    double path = decimal_to_double(path_m);
    return k >= 0 && path > 0 && decimal_from_double(-100 * expm1(-k * path), digits, n_percent);
}

bool opacity_other_path(struct decimal n_percent, struct decimal from_path_m, struct decimal to_path_m, unsigned digits,
                        struct decimal *out)
{
    double n = decimal_to_double(n_percent);
    double from = decimal_to_double(from_path_m);
    double to = decimal_to_double(to_path_m);
    return n >= 0 && n < 100 && from > 0 && to > 0 &&
           decimal_from_double(-100 * expm1(log1p(-n / 100) * to / from), digits, out);
}

bool opacity_consistent(struct decimal n_percent, struct decimal k_per_m, struct decimal path_m)
{
    double n = decimal_to_double(n_percent);
    double k = decimal_to_double(k_per_m);
    double path = decimal_to_double(path_m);
    if (n < 0 || n > 100 || k < 0 || path <= 0)
        return false;
    /* Either may be off by half of its last digit (an instrument that cuts instead of rounding: by a whole one). */
    double n_step = pow(10, -(double)n_percent.digits);
    double k_step = pow(10, -(double)k_per_m.digits);
    double k_low = -log1p(-fmax(n - n_step, 0) / 100) / path - k_step;
    double k_high = n + n_step >= 100 ? HUGE_VAL : -log1p(-(n + n_step) / 100) / path + k_step;
    return k >= k_low && k <= k_high;
}
