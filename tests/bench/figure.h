/*
 * For the benches: time, and one way to print a figure, always beside what the machine itself can do in the same run.
 */
#ifndef TESTS_BENCH_FIGURE_H
#define TESTS_BENCH_FIGURE_H

double figure_now(void); /* seconds, monotonic */
double figure_cpu(void); /* seconds of processor that this process has had: for work that waits for nothing */

/* "store: passages saved, one commit each: 3,912 /s (limit 4,242 /s: raw SQLite …; 92 %)" */
void figure_print(const char *what, double value, const char *unit, const char *limit_is, double limit);
/* A figure that must stay under (or over) a fixed bound: "… 1.3 x (at most 2.0: ok)". Returns 0, or 1 when it does not.
 */
int figure_bound(const char *what, double value, const char *unit, double bound, int at_least);

/* Sorts, gives the median; exits when n is 0. */
double figure_median(double *values, int n);

/* A folder for data on the disk that is measured: $BENCH_DIR, else build/bench-data; emptied. */
const char *figure_folder(const char *name);

#endif
