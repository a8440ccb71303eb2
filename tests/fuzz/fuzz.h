/*
 * A fuzzer is one file, tests/fuzz/fuzz_NAME.c, that defines the function below, and a folder of small inputs,
 * tests/fuzz/corpus/NAME/. `make fuzz` runs it under libFuzzer; `make check` plays the committed inputs through the
 * same function (test_corpus_NAME), so every input that once broke something stays a test.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Gives `data` to the code under test and aborts (FUZZ_CHECK, a sanitizer) when it misbehaves. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn static inline void fuzz_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

/* What must hold for every input. */
#define FUZZ_CHECK(condition)                                                                                          \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fuzz_broken(#condition, __FILE__, __LINE__);                                                               \
    } while (0)

#endif
