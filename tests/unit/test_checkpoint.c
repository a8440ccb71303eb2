/*
 * Checkpoints: what is made is read and verified; what is malformed is refused. The form is that of C2SP signed notes
 * (c2sp.org/signed-note) and tlog checkpoints (c2sp.org/tlog-checkpoint), with the signature type of FORMATS.md.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/checkpoint.h"
#include "reports/checkpoint_read.h"
#include "reports/encoding.h"
#include "reports/seal.h"
#include "tests/support/keys.h"

struct fixture {
    struct keys_pair station, other;
    struct seal *seal;
    char note[CHECKPOINT_TEXT_MAX + 1];
};

static const int64_t time_ms = 1782869400250; /* 2026-07-01T01:30:00.250Z */

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err = {0};
    const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    struct keys_request r = {
        .name = "seal", .subject = "station", .usage = "digitalSignature", .from_ms = 1, .until_ms = 4102444800000};
    keys_make(&f->station, folder, &r);
    r.name = "other";
    keys_make(&f->other, folder, &r);
    assert_int_equal(seal_open(&f->seal, f->station.key_file, f->station.cert_file, &err), 0);
    struct checkpoint c = {.log = "652301-0007", .size = 42, .time_ms = time_ms, .offset_minutes = 480};
    memset(c.root.bytes, 0xAB, sizeof c.root.bytes);
    assert_int_equal(checkpoint_sign(&c, f->seal, f->note, &err), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    seal_close(f->seal);
    keys_free(&f->station);
    keys_free(&f->other);
    free(f);
    return 0;
}

static void says_what_was_signed(void **state)
{
    struct fixture *f = *state;
    static const char expected[] = "smogd/652301-0007\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n"
                                   "time 2026-07-01T09:30:00.250+08:00\n\n\xE2\x80\x94 smogd/652301-0007 ";
    assert_memory_equal(f->note, expected, sizeof expected - 1);
    assert_int_equal(f->note[strlen(f->note) - 1], '\n');
}

static void is_read_and_verified(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct checkpoint_read c;
    if (checkpoint_read(&c, f->note, strlen(f->note), &err) != 0 ||
        checkpoint_verify(&c, f->note, f->station.key, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(c.origin, "smogd/652301-0007");
    assert_int_equal(c.size, 42);
    assert_int_equal(c.root.bytes[31], 0xAB);
    assert_int_equal(c.time_ms, time_ms);
}

static void another_key_does_not_verify(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct checkpoint_read c;
    assert_int_equal(checkpoint_read(&c, f->note, strlen(f->note), &err), 0);
    assert_int_equal(checkpoint_verify(&c, f->note, f->other.key, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
}

/* Whatever single bit is changed, the note is not one that the station signed. */
static void every_changed_bit_is_seen(void **state)
{
    struct fixture *f = *state;
    char copy[sizeof f->note];
    size_t length = strlen(f->note);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        struct err err = {0};
        struct checkpoint_read c;
        memcpy(copy, f->note, length + 1);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        if (checkpoint_read(&c, copy, length, &err) == 0 && checkpoint_verify(&c, copy, f->station.key, &err) == 0)
            fail_msg("bit %zu of byte %zu changed and verified", bit % 8, bit / 8);
    }
}

static void malformed_notes_are_refused(void **state)
{
    (void)state;
#define ROOT "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n"
#define SIGNATURE "\xE2\x80\x94 smogd/1 AAAAAAA=\n"
    static const char *const notes[] = {
        "",
        "\n",
        "smogd/1",
        "smogd/1\n42\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n",
        "smogd/1\n42\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n\n",
        "smogd/1\n042\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n\n" SIGNATURE,
        "smogd/1\n-1\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n\n" SIGNATURE,
        "smogd/1\n99999999999999999999\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n\n" SIGNATURE,
        "smogd/1\n42\nq6s=\ntime 2026-07-01T09:30:00.250+08:00\n\n" SIGNATURE,
        "smogd/1\n42\n" ROOT "\n" SIGNATURE,
        "smogd/1\n42\n" ROOT "time yesterday\n\n" SIGNATURE,
        "smogd/1\n42\n" ROOT "time 2026-07-01T09:30:00.250+08:00\nmore\n" SIGNATURE,
        "smogd/1\n42\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n\n" SIGNATURE SIGNATURE,
        "smogd/1\n42\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n\n\xE2\x80\x94 smogd/2 AAAAAAA=\n",
        "smogd/1\n42\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n\n- smogd/1 AAAAAAA=\n",
        "smogd/1\n42\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n\n\xE2\x80\x94 smogd/1 AAAA\n",
    };
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        struct err err = {0};
        struct checkpoint_read c;
        if (checkpoint_read(&c, notes[i], strlen(notes[i]), &err) == 0)
            fail_msg("note %zu was read", i);
        assert_int_equal(err.code, ERR_INVALID);
    }
    struct err err = {0};
    struct checkpoint_read c;
    static const char good[] = "smogd/1\n42\n" ROOT "time 2026-07-01T09:30:00.250+08:00\n\n" SIGNATURE;
    assert_int_equal(checkpoint_read(&c, good, sizeof good - 1, &err), 0); /* each of the above has one fault */
}

static void nothing_is_signed_outside_the_certificates_time(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    char note[CHECKPOINT_TEXT_MAX + 1];
    const struct checkpoint c = {.log = "1", .time_ms = 4102444800000 + 86400000};
    assert_int_equal(checkpoint_sign(&c, f->seal, note, &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_signed),
        cmocka_unit_test(is_read_and_verified),
        cmocka_unit_test(another_key_does_not_verify),
        cmocka_unit_test(every_changed_bit_is_seen),
        cmocka_unit_test(malformed_notes_are_refused),
        cmocka_unit_test(nothing_is_signed_outside_the_certificates_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
