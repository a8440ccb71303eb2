#include "tests/bench/figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static double seconds(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double figure_now(void)
{
    return seconds(CLOCK_MONOTONIC);
}

double figure_cpu(void)
{
    return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

static int decimals(double value)
{
    return value >= 100 ? 0 : value >= 1 ? 1 : 4;
}

void figure_print(const char *what, double value, const char *unit, const char *limit_is, double limit)
{
    printf("%-58s %10.*f %s   (%s: %.*f; %.0f %%)\n", what, decimals(value), value, unit, limit_is, decimals(limit),
           limit, 100 * value / limit);
    fflush(stdout);
}

int figure_bound(const char *what, double value, const char *unit, double bound, int at_least)
{
    int good = at_least ? value >= bound : value <= bound;
    printf("%-58s %10.*f %s   (%s %.*f: %s)\n", what, decimals(value), value, unit, at_least ? "at least" : "at most",
           decimals(bound), bound, good ? "ok" : "MISSED");
    fflush(stdout);
    return !good;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double figure_median(double *values, int n)
{
    if (n < 1)
        exit(2);
    qsort(values, (size_t)n, sizeof values[0], compare);
    return values[n / 2];
}

const char *figure_folder(const char *name)
{
    static char path[512];
    char command[1100];
    const char *base = getenv("BENCH_DIR");
    if (!base)
        base = "build/bench-data";
    snprintf(path, sizeof path, "%s/%s", base, name);
    snprintf(command, sizeof command, "rm -rf '%s' && mkdir -p '%s'", path, path);
    if (system(command) != 0) // NOLINT(cert-env33-c)
        exit(2);
    return path;
}
