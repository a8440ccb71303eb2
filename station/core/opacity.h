/*
 * Opacity N (%) and light absorption coefficient k (1/m): k = -ln(1 - N/100) / L (Beer-Lambert; L effective path
 * length, 0.430 m by convention).
 */
#ifndef STATION_CORE_OPACITY_H
#define STATION_CORE_OPACITY_H

#include <stdbool.h>

#include "station/core/decimal.h"

/* Path lengths in metres as decimals; results rounded to `digits`. False where the formula has no value: N < 0 or
 * N >= 100, k < 0, L <= 0. */
bool opacity_to_k(struct decimal n_percent, struct decimal path_m, unsigned digits, struct decimal *k_per_m);
bool opacity_from_k(struct decimal k_per_m, struct decimal path_m, unsigned digits, struct decimal *n_percent);
/* N measured over one path, expressed for another: N2 = 100 (1 - (1 - N1/100)^(L2/L1)). */
bool opacity_other_path(struct decimal n_percent, struct decimal from_path_m, struct decimal to_path_m, unsigned digits,
                        struct decimal *out);

/* Do N and k say the same within the rounding of both? False is a corrupt frame, a clamped value or a scaled one. */
bool opacity_consistent(struct decimal n_percent, struct decimal k_per_m, struct decimal path_m);

#endif
