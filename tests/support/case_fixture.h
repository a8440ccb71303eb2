/*
 * Cases in a station's database, as smogd leaves them for smogpush: a passage with its record, files and event (the one
 * of package_fixture), waiting to be sealed. Whatever fails ends the program.
 */
#ifndef TESTS_SUPPORT_CASE_FIXTURE_H
#define TESTS_SUPPORT_CASE_FIXTURE_H

#include "station/store.h"
#include "tests/support/package_fixture.h"

/* Passage 652301-0007-P…NUMBER (of a fixture of a test: test …-T…NUMBER) and, unless it passed, case
 * 652301-0007-C…NUMBER, in one transaction. */
void case_fixture_add(struct store *owner, struct package_fixture *f, unsigned number);

/* The same with other steps than those of a case that two officers have reviewed and sent; none: it is in that state
 * without any. */
struct case_fixture_step {
    const char *act, *from, *to, *officer, *role;
};
void case_fixture_add_with(struct store *owner, struct package_fixture *f, unsigned number,
                           const struct case_fixture_step *steps, size_t count);

#endif
