/*
 * bench_paper: how long a slip and a report take, how large they are, and whether drawing many of them keeps memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "reports/slip.h"
#include "tests/support/package_fixture.h"

enum { ROUNDS = 200 };

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long resident_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static size_t draw(const struct slip *s)
{
    struct paper *paper = NULL;
    struct err err;
    uint8_t *pdf;
    size_t size;
    if (slip_lay(s, &paper, &err) != 0 || paper_pdf(paper, &pdf, &size, &err) != 0) {
        fprintf(stderr, "bench_paper: %s\n", err.text);
        exit(1);
    }
    paper_close(paper);
    free(pdf);
    return size;
}

static void measure(const char *what, const struct slip *s)
{
    double began = now_ms(), first, slowest = 0;
    size_t size = draw(s);
    first = now_ms() - began;
    for (int i = 0; i < ROUNDS / 10; i++)
        draw(s);
    long before = resident_kb();
    double all = now_ms();
    for (int i = 0; i < ROUNDS; i++) {
        double one = now_ms();
        draw(s);
        one = now_ms() - one;
        slowest = one > slowest ? one : slowest;
    }
    printf("%-22s %6zu bytes  first %6.1f ms  mean of %d %6.1f ms  slowest %6.1f ms  memory +%ld KB\n", what, size,
           first, ROUNDS, (now_ms() - all) / ROUNDS, slowest, resident_kb() - before);
}

int main(void)
{
    static struct package_fixture f;
    const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    char code[1200];
    package_fixture_open_test(&f, folder, 1.9);
    package_fixture_record(&f);
    memset(code, 'A', sizeof code - 1);
    code[sizeof code - 1] = '\0';
    const struct fixture_file *record = package_fixture_file(&f, "record.json"),
                              *readings = package_fixture_file(&f, "readings.csv");
    struct slip s = {.record = record->data,
                     .record_length = record->size,
                     .readings = readings->data,
                     .readings_length = readings->size,
                     .void_reason = "",
                     .event = 1,
                     .root = "0123456789abcdef",
                     .signed_at = "2026-07-01T09:30:05.000+08:00",
                     .code = code,
                     .countersigned = true,
                     .size = PAPER_A5};
    measure("slip A5 zh-en", &s);
    s.language = WORDS_UG;
    measure("slip A5 ug", &s);
    s.size = PAPER_80MM;
    measure("slip 80mm ug", &s);
    s.size = PAPER_A4;
    s.language = WORDS_BOTH;
    s.use = SLIP_IN_PACKAGE;
    s.code = "";
    measure("report A4", &s);
    package_fixture_close(&f);
    return 0;
}
