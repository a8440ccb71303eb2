/* The simulated printer and sign hold what was sent to them, so that other tests can look at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sim_ear.h"

enum { HEADER = 23 }; /* "P4", width and height in nine characters each */

static struct sim_ear *ear;
static char path[256];

static size_t contents(const char *suffix, char *out, size_t size)
{
    char name[300];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    FILE *file = fopen(name, "rb");
    size_t length = file ? fread(out, 1, size - 1, file) : 0;
    if (file)
        fclose(file);
    out[length] = '\0';
    return length;
}

static void begin(const char *protocol, const char *name)
{
    char command[320];
    sim_ear_close(ear);
    ear = sim_ear_open(protocol);
    snprintf(path, sizeof path, "%s/%s", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", name);
    snprintf(command, sizeof command, "set device capture=%s", path);
    sim_ear_command(ear, command, 0);
}

static void send_bytes(const void *bytes, size_t length)
{
    sim_hear(ear->device, 0, bytes, length, 0);
    sim_ear_until(ear, 0);
}
#define SEND(text) send_bytes(text, sizeof(text) - 1)

static void expect_status(const char *wanted)
{
    SEND("\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04");
    assert_int_equal(ear->length, 4);
    assert_memory_equal(ear->text, wanted, 4);
}

static void printer_tells_its_state(void **state)
{
    (void)state;
    begin("escpos", "receipt");
    expect_status("\x12\x12\x12\x12");
    sim_ear_command(ear, "set device paper=near-end", 0);
    expect_status("\x12\x12\x12\x1E");
    sim_ear_command(ear, "set device paper=out", 0);
    expect_status("\x1A\x32\x12\x7E");
    sim_ear_command(ear, "set device paper=ok cover=open", 0);
    expect_status("\x1A\x16\x12\x12");
    sim_ear_command(ear, "set device cover=closed error=1", 0);
    expect_status("\x1A\x52\x32\x12");
}

static void printer_draws_what_was_sent(void **state)
{
    (void)state;
    char got[256];
    begin("escpos", "receipt");
    SEND("\x1B@\x1Dv0\x00\x02\x00\x03\x00\xFF\x01\x80\x00\x10\x04\x1DV\x00");
    size_t length = contents("-1.pbm", got, sizeof got);
    assert_int_equal(length, HEADER + 6);
    int width = 0;
    int height = 0;
    assert_int_equal(sscanf(got, "P4 %d %d", &width, &height), 2);
    assert_int_equal(width, 16);
    assert_int_equal(height, 3);
    assert_memory_equal(got + HEADER, "\xFF\x01\x80\x00\x10\x04", 6);
    SEND("hello\n\x1DV\x42\x00");
    contents("-2.txt", got, sizeof got);
    assert_string_equal(got, "hello\n");
}

static void printer_answers_inside_raster_data(void **state)
{
    (void)state;
    begin("escpos", "inside");
    SEND("\x1Dv0\x00\x03\x00\x01\x00\x10\x04\x01");
    assert_int_equal(ear->length, 1);
    assert_int_equal(ear->text[0], 0x12);
}

static void printer_stops_when_paper_ends(void **state)
{
    (void)state;
    char got[256];
    begin("escpos", "ended");
    SEND("\x1D"
         "a\xFF");
    sim_ear_command(ear, "set device paper-rows=2", 0);
    sim_ear_until(ear, 0);
    SEND("\x1Dv0\x00\x01\x00\x04\x00\x01\x02\x03\x04\x1DV\x00");
    assert_int_equal(ear->length, 4); /* it says so by itself */
    assert_int_equal(ear->text[0] & 0x93, 0x10);
    assert_int_equal(contents("-1.pbm", got, sizeof got), HEADER + 2);
    sim_ear_command(ear, "set device paper=ok", 0);
    assert_int_equal(contents("-1.pbm", got, sizeof got), HEADER + 4);
    assert_memory_equal(got + HEADER, "\x01\x02\x03\x04", 4);
}

static void sign_takes_a_play_list(void **state)
{
    (void)state;
    char got[256];
    begin("sansi", "play.lst");
    /* the CRC was computed apart from this program */
    SEND("\x02"
         "0010play.lst+\x00\x00\x00\x00[playlist]\r\nx=\x1B\xE7\x1B\x00;\x01\x9C\x03");
    contents("", got, sizeof got);
    assert_string_equal(got, "[playlist]\r\nx=\x02\x1B;");
    SEND("\x02"
         "0010play.lst+\x00\x00\x00\x00[playlist]\r\ny=1;\x00\x00\x03");
    contents("", got, sizeof got);
    assert_string_equal(got, "[playlist]\r\nx=\x02\x1B;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printer_tells_its_state),
        cmocka_unit_test(printer_draws_what_was_sent),
        cmocka_unit_test(printer_answers_inside_raster_data),
        cmocka_unit_test(printer_stops_when_paper_ends),
        cmocka_unit_test(sign_takes_a_play_list),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sim_ear_close(ear);
    return failed;
}
