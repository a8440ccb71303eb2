/*
 * make_cases STATE FIRST COUNT [PAUSE_MS]: a station's database (made when it is not there) with cases FIRST … to be
 * sealed, one transaction each. Prints the number of each case once it is on the disk, as smogd would say "saved".
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/support/case_fixture.h"

int main(int argc, char **argv)
{
    static struct package_fixture f;
    struct store *s;
    struct err err;
    char keys[512];
    if (argc < 4)
        return 2;
    unsigned first = (unsigned)strtoul(argv[2], NULL, 10), count = (unsigned)strtoul(argv[3], NULL, 10);
    long pause_ms = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
    snprintf(keys, sizeof keys, "%s.keys", argv[1]); /* package_fixture makes some; they are not used here */
    mkdir(keys, 0700);
    if (store_open(&s, argv[1], "652301-0007", STORE_OWNER, &err) != 0) {
        fprintf(stderr, "make_cases: %s\n", err.text);
        return 1;
    }
    package_fixture_open(&f, keys, true);
    for (unsigned i = first; i < first + count; i++) {
        case_fixture_add(s, &f, i);
        printf("%u\n", i);
        fflush(stdout);
        nanosleep(&(struct timespec){.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000L}, NULL);
    }
    package_fixture_close(&f);
    store_close(s);
    return 0;
}
