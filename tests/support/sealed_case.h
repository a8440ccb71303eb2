/*
 * A case taken through its steps in a station's database and sealed as the station does it; the files of the package
 * are then those of the fixture, so that one who holds the key can alter them and seal them again.
 */
#ifndef TESTS_SUPPORT_SEALED_CASE_H
#define TESTS_SUPPORT_SEALED_CASE_H

#include <stddef.h>

#include "tests/support/case_fixture.h"

/* With a picture, added by officer H0001. Fails the test when something does not work. */
void sealed_case(struct package_fixture *f, const struct case_fixture_step *steps, size_t count);

#endif
