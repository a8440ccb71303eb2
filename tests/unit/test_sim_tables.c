/* Simulated opacimeters and gas analyzers: the published frames, lengths and checksums of every answer, and what
 * happens between answers (warm-up, zeroing, leak test, maximum, pump). */
#include "sensors/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct sim sim;
static struct sim_instrument *device;

static void begin(const char *protocol)
{
    const struct sim_protocol *p = sim_protocol_by_name(protocol);
    assert_non_null(p);
    sim_init(&sim);
    device = sim_add(&sim, "device", p);
    device->connections[0].fd = 0; /* somebody listens; nothing here writes to it */
}

static void tell(const char *command, int64_t t_ms)
{
    struct err err = {0};
    if (sim_command(&sim, command, t_ms, &err) != 0)
        fail_msg("%s: %s", command, err.text);
}

static size_t bytes_of(const char *hex, uint8_t *out)
{
    size_t length = 0;
    for (; *hex; hex += strspn(hex, " ")) {
        char pair[3] = {hex[0], hex[1], 0};
        out[length++] = (uint8_t)strtoul(pair, NULL, 16);
        hex += 2;
    }
    return length;
}

/* The answer as hex with blanks; empty: none. */
static const char *ask(const char *request, int64_t t_ms)
{
    static char text[3 * SIM_REPLY_MAX];
    uint8_t bytes[64];
    struct sim_output out;
    size_t length = 0;
    text[0] = '\0';
    sim_hear(device, 0, bytes, bytes_of(request, bytes), t_ms);
    while (sim_take(device, t_ms + 1000, &out))
        for (size_t i = 0; i < out.length; i++)
            length += (size_t)snprintf(text + length, 4, length ? " %02X" : "%02X", out.bytes[i]);
    return text;
}

static size_t answer_length(const char *request)
{
    return (strlen(ask(request, 0)) + 1) / 3;
}

static void test_published_frames(void **state)
{
    (void)state;
    begin("nht6");
    tell("truck idle-k=0.62 idle-rpm=750 oil=85", 0);
    assert_string_equal(ask("A5 5B", 0), "A5 00 EA 00 3E 02 EE 01 66 DC");
    begin("cap3030");
    tell("truck idle-k=1.23968 gas-temp=85 tube-temp=90", 0); /* 23.4 % over 0.215 m */
    assert_string_equal(ask("75 8B", 0), "75 00 EA 55 5A 00 10 E2");
    begin("mexa584l");
    assert_string_equal(ask("02 03 18 00 00 E3", 0), "06 18 00 01 F4 ED");
    begin("microbench");
    tell("truck idle-rpm=800 oil=85", 0);
    tell("world hc=120 co=0.45 co2=14.5 o2=0.05 nox=310 air_temp=25 pressure=100.3", 0);
    assert_string_equal(ask("03 00 02 00 00 00 00 00 05 00", 0),
                        "03 06 0A 00 00 00 78 00 2D 00 AA 05 05 00 36 01 20 03 55 00 FA 00 EB 03 03 04");
}

/* Every request as published, checksum included, and how long the answer must be. */
static void test_every_command_is_answered(void **state)
{
    (void)state;
    static const struct {
        const char *protocol, *request;
        size_t length;
    } cases[] = {
        {"nht6", "A0 01 5F", 3},
        {"nht6", "A1 5F", 3},
        {"nht6", "A2 5E", 2},
        {"nht6", "A3 5D", 4},
        {"nht6", "A4 5C", 2},
        {"nht6", "A6 5A", 8},
        {"nht6", "A7 59", 2},
        {"nht6", "B0 50", 20},
        {"nht6", "B1 4F", 12},
        {"nht1l", "A5 5B", 10},
        {"nht1l", "AD 53", 3},
        {"nht1l", "AE 52", 4},
        {"nht1l", "AF 51", 8},
        {"nht1l", "B0 50", 18},
        {"mqy200", "A1 5F", 3},
        {"mqy200", "A0 01 5F", 3},
        {"mqy200", "A2 5E", 2},
        {"mqy200", "A6 5A", 10},
        {"mqy200", "A9 57", 8},
        {"mqy200", "AE 52", 16},
        {"flb100", "02 04 01 F9", 7},
        {"flb100", "02 04 02 F8", 13},
        {"flb100", "02 04 05 F5", 4},
        {"flb100", "02 04 0F EB", 6},
        {"fty100", "66 74 79 01 02 01 A9", 7},
        {"fty100", "66 74 79 01 02 02 A8", 10},
        {"fty100", "66 74 79 01 02 05 A5", 4},
        {"fty100-short", "01 02 02 FB", 10},
        {"mqw5101", "05 30 03 C8", 26},
        {"mqw5101", "05 31 03 C7", 12},
        {"mqw5101", "05 32 03 C6", 34},
        {"mqw5101", "05 1A 03 DE", 4},
        {"cap3030", "8B 75", 8},
        {"cap3030", "6C 94", 2},
        {"cap3030", "6F 91", 1002},
        {"nha506", "01", 21},
        {"nha503", "81", 21},
        {"nha506", "02", 8},
        {"nha506", "26", 1},
        {"nha506", "27", 4},
        {"mqw50a", "02 60 03 9B", 28},
        {"mqw50a", "02 61 03 9A", 11},
        {"mqw50a", "02 7B 03 80", 4},
        {"mqw50a", "02 7C 03 7F", 4},
        {"mqw50a", "02 78 03 83", 4},
        {"mqw50a", "02 80 03 7B", 4},
        {"mqw50a", "02 65 03 96", 4},
        {"mqw50a", "02 66 03 95", 4},
        {"mqw50a", "02 67 03 94", 4},
        {"mqw50a", "02 68 04 00 92", 4},
        {"mqw50a", "02 68 04 01 91", 4},
        {"fga4100", "7E 01 F4 0A 7E 04 00 01 02 02 F6", 51},
        {"fga4100", "7E 01 F4 0A 7E 0A 00 01 0E 02 01 00 00 00 00 00 E3", 8},
        {"fga4100", "7E 01 F4 0A 7E 0A 00 01 0E 02 00 00 00 00 00 00 E4", 8},
        {"fga4100", "7E 01 F4 0A 7E 04 00 01 16 45 9F", 8},
        {"mexa584l", "02 01 01 FC", 16},
        {"mexa584l", "02 01 AA 53", 10},
        {"mexa584l", "02 01 40 BD", 28},
        {"mexa584l", "02 01 A6 57", 3},
        {"mexa584l", "02 01 A7 56", 3},
        {"microbench", "04 00 00 00 04 00", 26},
        {"microbench", "0B 00 00 00 0B 00", 8},
        {"microbench", "0C 00 00 00 0C 00", 10},
        {"microbench", "0D 00 00 00 0D 00", 14},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(cases[i].protocol);
        size_t length = answer_length(cases[i].request);
        if (length != cases[i].length)
            fail_msg("%s: %s gets %zu bytes: %s", cases[i].protocol, cases[i].request, length,
                     ask(cases[i].request, 0));
    }
}

static void test_values_stand_where_the_text_says(void **state)
{
    (void)state;
    const char *const truck =
        "truck idle-k=0.62 idle-rpm=750 oil=85 gas-temp=80 tube-temp=90 lambda=1.234 idle-co=0.05 "
        "idle-co2=2.25 idle-o2=17.8 idle-hc=21 idle-no=220";
    const char *const world = "world air_temp=-7.5 humidity=40 pressure=95.3";
    static const struct {
        const char *protocol, *request, *answer;
    } cases[] = {
        {"nht1l", "AF 51", "AF 0A 61 01 90 03 B9 E8"},
        {"mqy200", "AE 52", "AE 00 EA 00 3E 02 EE 01 66 25 3A 80 4B 01 90 18"},
        {"flb100", "02 04 02 F8", "06 0D 02 00 3E 00 EA 50 00 55 02 EE 2E"},
        {"flb100-tenths", "02 04 02 F8", "06 0D 02 00 3E 00 EA 50 03 52 02 EE 2E"},
        {"fty100", "66 74 79 01 02 02 A8", "01 02 02 00 EA 01 66 02 EE B4"},
        {"mqw5101", "05 30 03 C8", "06 30 19 00 DC 03 20 01 90 25 3A 03 52 03 B9 02 EE 00 EA 00 EA 00 3E 50 5A 16"},
        {"nha506", "01", "06 00 15 00 05 00 E1 06 F4 00 DC 02 EE 03 52 00 64 00 00 7B 36"},
        {"nha506-v29", "01", "06 00 15 00 05 00 E1 06 F4 00 DC 02 EE 00 55 00 64 00 00 7B 36"},
        {"mqw50a", "02 60 03 9B",
         "06 60 1B 00 E1 00 05 00 15 00 DC 06 F4 01 90 03 52 FF B5 02 EE 03 B9 04 D2 03 B9 47"},
        {"mexa584l", "02 01 40 BD",
         "06 40 00 00 00 00 E1 00 05 00 15 06 F4 00 B4 04 D2 00 00 00 00 00 DC 02 EE 00 55 88"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(cases[i].protocol);
        tell(truck, 0);
        tell(world, 0);
        const char *answer = ask(cases[i].request, 0);
        /* all but the checksum, which the next test looks at */
        if (strncmp(answer, cases[i].answer, strlen(cases[i].answer) - 2) != 0)
            fail_msg("%s: %s, wanted %s", cases[i].protocol, answer, cases[i].answer);
    }
    begin("fga4100");
    tell(truck, 0);
    const char *answer = ask("7E 01 F4 0A 7E 04 00 01 02 02 F6", 0);
    char characters[33] = "";
    uint8_t bytes[64];
    assert_int_equal(bytes_of(answer, bytes), 51);
    memcpy(characters, bytes + 18, 32);
    assert_string_equal(characters, "00210005002301780220012307500850");
}

/* Sums by rule, counted here once more. */
static void test_checksums(void **state)
{
    (void)state;
    static const struct {
        const char *protocol, *request, *rule;
    } cases[] = {
        {"nht6", "A5 5B", "zero"},         {"nht1l", "AF 51", "zero"},         {"mqy200", "AE 52", "zero"},
        {"flb100", "02 04 02 F8", "zero"}, {"cap3030", "75 8B", "zero"},       {"fty100-short", "01 02 02 FB", "zero"},
        {"mqw50a", "02 60 03 9B", "zero"}, {"mqw5101", "05 32 03 C6", "zero"}, {"mexa584l", "02 01 40 BD", "zero"},
        {"nha506", "01", "plain"},         {"nha503", "81", "plain"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[64];
        begin(cases[i].protocol);
        size_t length = bytes_of(ask(cases[i].request, 0), bytes);
        unsigned sum = 0;
        for (size_t at = 0; at + 1 < length; at++)
            sum += bytes[at];
        unsigned wanted = *cases[i].rule == 'z' ? 0U - sum : sum;
        assert_int_equal(bytes[length - 1], wanted & 0xFF);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    begin("nht6");
    assert_string_equal(ask("AD 53", 0), "15 01"); /* two bytes, no checksum */
    assert_string_equal(ask("00 A5 5B", 0), "A5 00 09 00 02 02 EE 01 69 F6");
    assert_string_equal(ask("A5 5C", 0), "");
    begin("flb100");
    assert_string_equal(ask("02 04 33 C7", 0), "15 04 33 B4");
    begin("fty100");
    assert_string_equal(ask("66 74 79 01 02 09 A1", 0), "01 02 FF FE");
    begin("microbench");
    assert_string_equal(ask("11 00 00 00 11 00", 0), "11 15 00 00 26 00");
    begin("nha503");
    assert_string_equal(ask("01", 0), "15"); /* a 506 would measure */
}

/* A sister's request may announce more than ever comes. */
static void test_half_a_request_is_forgotten(void **state)
{
    (void)state;
    begin("mexa584l");
    assert_string_equal(ask("02 60 03 9B", 0), "");
    assert_string_equal(ask("02 03 18 00 00 E3", 90), "");
    assert_string_equal(ask("02 03 18 00 00 E3", 200), "06 18 00 01 F4 ED");
    begin("nht6");
    assert_string_equal(ask("A5", 0), "");
    assert_string_equal(ask("5B", 50), "A5 00 09 00 02 02 EE 01 69 F6");
}

static void test_warm_up_ends(void **state)
{
    (void)state;
    begin("nht6");
    tell("health device warming ms=30000", 1000);
    assert_string_equal(ask("A1 5F", 1000), "A1 00 5F");
    assert_string_equal(ask("A1 5F", 31000), "A1 01 5E");
    tell("health device warming", 40000);
    assert_string_equal(ask("A2 5E", 40000), "A2 5E"); /* skipped */
    assert_string_equal(ask("A1 5F", 40000), "A1 01 5E");
    begin("nht1l");
    tell("health device warming ms=90000", 0);
    assert_string_equal(ask("AE 52", 1000), "AE 01 1D 34");
}

static void test_zeroing_takes_time_and_sees_air(void **state)
{
    (void)state;
    begin("nht6");
    tell("set device zero-ms=3000", 0);
    tell("truck idle-k=0.62", 0);
    assert_string_equal(ask("A4 5C", 1000), "A4 5C");
    assert_string_equal(ask("A1 5F", 3999), "A1 02 5D");
    assert_memory_equal(ask("A5 5B", 3999), "A5 00 00 00 00", 14);
    assert_string_equal(ask("A1 5F", 4000), "A1 01 5E");
    assert_memory_equal(ask("A5 5B", 4000), "A5 00 EA 00 3E", 14);
    begin("cap3030");
    ask("6C 94", 0);
    assert_memory_equal(ask("75 8B", 100) + 15, "01 10", 5);
    assert_memory_equal(ask("75 8B", 10000) + 15, "00 10", 5);
}

static void test_leak_test_and_pump(void **state)
{
    (void)state;
    begin("mqw5101");
    tell("set device leak-ms=2000", 0);
    ask("05 1A 03 DE", 0);
    assert_memory_equal(ask("05 31 03 C7", 100) + 9, "01 00 01 00 02", 14);
    assert_memory_equal(ask("05 31 03 C7", 2000) + 9, "01 00 00 00 80", 14);
    tell("set device leaks=yes", 2000);
    ask("05 1A 03 DE", 2000);
    assert_memory_equal(ask("05 31 03 C7", 9000) + 9, "01 00 00 00 00", 14);
    begin("mqw50a");
    tell("truck idle-co2=2.25 idle-o2=17.8", 0);
    ask("02 7C 03 7F", 0); /* air */
    assert_memory_equal(ask("02 60 03 9B", 0), "06 60 1B 00 00 00 00 00 00 00 00 08 2A", 38);
    ask("02 7B 03 80", 0); /* probe */
    assert_memory_equal(ask("02 60 03 9B", 0), "06 60 1B 00 E1", 14);
}

static void test_maximum_is_seen_between_polls(void **state)
{
    (void)state;
    begin("nht6");
    tell("truck k=1.9", 0);
    ask("A7 59", 900);
    tell("press", 1000);
    assert_memory_equal(ask("A6 5A", 6000) + 9, "00 BE", 5);
    ask("A7 59", 16100);
    assert_memory_equal(ask("A6 5A", 16200) + 9, "00 02", 5);
}

static void test_microbench_is_busy_and_scaled(void **state)
{
    (void)state;
    begin("microbench");
    tell("set device zero-ms=1000 scale-co=0.001 serial=AB1", 0);
    tell("world co=0.45", 0);
    assert_string_equal(ask("02 00 00 00 02 00", 0), "02 05 00 00 07 00");
    assert_string_equal(ask("0B 00 00 00 0B 00", 500), "0B 06 01 00 01 00 13 00");
    assert_string_equal(ask("02 01 00 00 03 00", 600), "02 05 00 00 07 00");
    assert_string_equal(ask("0B 00 00 00 0B 00", 1000), "0B 06 01 00 00 00 12 00");
    assert_string_equal(ask("02 01 00 00 03 00", 1100), "02 06 00 00 08 00");
    assert_string_equal(ask("02 01 00 00 03 00", 1200), "02 15 00 00 17 00"); /* nothing was running */
    assert_memory_equal(ask("03 00 02 00 00 00 00 00 05 00", 1300) + 24, "C2 01", 5);
    assert_memory_equal(ask("0D 00 00 00 0D 00", 1300) + 12, "41 42 31 00", 11);
}

static void test_faults(void **state)
{
    (void)state;
    begin("nht6");
    tell("fault device stuck byte=255 count=1", 0);
    assert_string_equal(ask("A7 59", 0), "FF FF");
    assert_string_equal(ask("A7 59", 0), "A7 59");
    tell("fault device half count=1", 0);
    assert_string_equal(ask("A1 5F", 0), "A1 01");
    tell("fault device model as=mqy200", 0);
    assert_string_equal(ask("AD 53", 0), "15 01");
    assert_int_equal(answer_length("AE 52"), 16);
    tell("fault device none", 0);
    assert_string_equal(ask("AE 52", 0), "15 01");
    struct err err = {0};
    assert_int_not_equal(sim_command(&sim, "fault device model", 0, &err), 0);
    assert_int_not_equal(sim_command(&sim, "fault device model as=none", 0, &err), 0);
    assert_int_not_equal(sim_command(&sim, "fault device stuck byte=256", 0, &err), 0);
}

static void test_flood(void **state)
{
    (void)state;
    struct sim_output out;
    begin("nht6");
    assert_int_equal(sim_next_ms(device), INT64_MAX);
    tell("fault device flood", 1000);
    assert_int_equal(sim_next_ms(device), INT64_MAX); /* it has not said anything yet */
    ask("A1 5F", 1000);
    unsigned count = 0;
    for (int64_t t = sim_next_ms(device); t < 2000; t = sim_next_ms(device)) {
        sim_tick(device, t);
        while (sim_take(device, t, &out)) {
            assert_int_equal(out.length, 3);
            assert_int_equal(out.bytes[0], 0xA1);
            count++;
        }
    }
    assert_int_equal(count, 50);
}

static void test_cheats_through_an_instrument(void **state)
{
    (void)state;
    begin("nht6");
    tell("truck idle-k=0.62 idle-rpm=750 oil=85", 0);
    tell("cheat device factor smoke=0.5", 0);
    assert_string_equal(ask("A5 5B", 0), "A5 00 7D 00 1F 02 EE 01 66 68"); /* 12.5 %, 0.31: consistent */
    tell("cheat device none", 0);
    tell("cheat device factor k=0.5", 0);
    assert_memory_equal(ask("A5 5B", 0), "A5 00 EA 00 1F", 14); /* contradict each other */
    tell("cheat device none", 0);
    tell("cheat device freeze", 0);
    tell("truck idle-k=2", 0);
    assert_memory_equal(ask("A5 5B", 0), "A5 00 EA 00 3E", 14);
    tell("cheat device none", 0);
    tell("cheat device rpm period-ms=0 low=700", 0);
    assert_memory_equal(ask("A5 5B", 0) + 15, "02 BC", 5);
    begin("mqw50a");
    tell("truck idle-co2=2 idle-o2=17.9 idle-no=200", 0);
    tell("cheat device notch 0.5", 0);
    assert_memory_equal(ask("02 60 03 9B", 0) + 9, "00 64", 5);
    assert_memory_equal(ask("02 60 03 9B", 0) + 27, "00 64 07 94", 11);
    struct err err = {0};
    assert_int_not_equal(sim_command(&sim, "cheat device notch 2", 0, &err), 0);
    assert_int_not_equal(sim_command(&sim, "cheat device factor smell=2", 0, &err), 0);
    assert_int_not_equal(sim_command(&sim, "cheat device replay /nowhere", 0, &err), 0);
    assert_non_null(strstr(err.text, "/nowhere"));
    assert_int_not_equal(sim_command(&sim, "cheat device lie", 0, &err), 0);
}

static void test_only_what_it_can_show(void **state)
{
    (void)state;
    struct err err = {0};
    begin("fga4100");
    assert_int_not_equal(sim_command(&sim, "health device warming", 0, &err), 0);
    assert_non_null(strstr(err.text, "fga4100"));
    begin("nht6");
    assert_int_not_equal(sim_command(&sim, "health device warming ms=soon", 0, &err), 0);
    assert_int_not_equal(sim_command(&sim, "health device happy", 0, &err), 0);
    assert_int_not_equal(sim_command(&sim, "set device serial=0123456789ABCDEF", 0, &err), 0);
    assert_int_not_equal(sim_command(&sim, "set device bits=xyz", 0, &err), 0);
    assert_int_not_equal(sim_command(&sim, "set device scale-co=1", 0, &err), 0);
    begin("microbench");
    assert_int_not_equal(sim_command(&sim, "set device scale-smoke=1", 0, &err), 0);
    assert_int_not_equal(sim_command(&sim, "set device scale-co=0", 0, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_frames),
        cmocka_unit_test(test_every_command_is_answered),
        cmocka_unit_test(test_values_stand_where_the_text_says),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_half_a_request_is_forgotten),
        cmocka_unit_test(test_warm_up_ends),
        cmocka_unit_test(test_zeroing_takes_time_and_sees_air),
        cmocka_unit_test(test_leak_test_and_pump),
        cmocka_unit_test(test_maximum_is_seen_between_polls),
        cmocka_unit_test(test_microbench_is_busy_and_scaled),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_cheats_through_an_instrument),
        cmocka_unit_test(test_only_what_it_can_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
