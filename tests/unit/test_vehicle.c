#include "station/core/vehicle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void refuses_facts_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *message;
    } rows[] = {
        {"colour", "blue", "'colour' is no fact of a vehicle; known: fuel class gearbox mass_kg power_kw …"},
        {"fuel", "dsel", "fuel: 'dsel' is none of diesel,petrol,gas,electric,hybrid"},
        {"fuel", "", "fuel: '' is none of diesel,petrol,gas,electric,hybrid"},
        {"fuel", "diesel,petrol", "fuel: 'diesel,petrol' is none of diesel,petrol,gas,electric,hybrid"},
        {"mass_kg", "12t", "mass_kg: '12t' is not a number of kilograms"},
        {"power_kw", "0", "power_kw: 0 is out of range; allowed: 1 to 5000"},
        {"first_registration", "01.07.2019", "first_registration: '01.07.2019' is not a date; write it as 2026-07-01"},
    };
    struct vehicle vehicle = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        assert_int_equal(vehicle_set(&vehicle, rows[i].key, rows[i].value, FACT_TYPED, "650001", &err), -1);
        assert_string_equal(err.text, rows[i].message);
    }
    for (enum vehicle_fact fact = 0; fact < VEHICLE_FACT_COUNT; fact++)
        assert_int_equal(vehicle.facts[fact].source, FACT_ABSENT);
}

static void absent_facts_have_no_number(void **state)
{
    (void)state;
    struct vehicle vehicle = {0};
    struct decimal number;
    struct civil_date date;
    assert_false(vehicle_number(&vehicle, VEHICLE_MASS_KG, &number));
    assert_false(vehicle_date(&vehicle, VEHICLE_FIRST_REGISTRATION, &date));
    assert_int_equal(vehicle_set(&vehicle, "mass_kg", "12000.5", FACT_REGISTER, "", NULL), 0);
    assert_true(vehicle_number(&vehicle, VEHICLE_MASS_KG, &number));
    assert_int_equal(number.units, 120005);
}

static void writes_and_reads_the_same(void **state)
{
    (void)state;
    static char text[4096];
    static struct json_token tokens[256];
    struct vehicle vehicle = {.plate_source = FACT_CAMERA, .plate_by = "gate"};
    struct vehicle read = {0};
    struct json_writer w;
    struct json_doc doc;
    assert_int_equal(plate_parse(&vehicle.plate, "新B12345", PLATE_YELLOW, NULL), 0);
    assert_int_equal(vehicle_set(&vehicle, "mass_kg", "12000", FACT_TYPED, "650001", NULL), 0);
    assert_int_equal(vehicle_set(&vehicle, "owner", "昌吉市\"运输\"公司", FACT_REGISTER, "", NULL), 0);
    json_writer_init(&w, text, sizeof text);
    vehicle_write(&vehicle, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    assert_true(length > 0);
    assert_int_equal(json_parse(&doc, text, (size_t)length, tokens, 256, NULL), 0);
    assert_int_equal(vehicle_read(&read, &doc, 0, NULL), 0);
    char again[sizeof text];
    json_writer_init(&w, again, sizeof again);
    vehicle_write(&read, &w, NULL);
    assert_int_equal(json_writer_finish(&w), length);
    assert_string_equal(again, text);
    static const char broken[] =
        "{\"colour\":\"yellow\",\"facts\":[{\"key\":\"fuel\"}],\"plate\":\"新B12345\",\"plate_by\":\"\","
        "\"plate_source\":\"typed\"}";
    assert_int_equal(json_parse(&doc, broken, sizeof broken - 1, tokens, 256, NULL), 0);
    assert_int_equal(vehicle_read(&read, &doc, 0, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_facts_that_cannot_be),
        cmocka_unit_test(absent_facts_have_no_number),
        cmocka_unit_test(writes_and_reads_the_same),
    };
    return cmocka_run_group_tests_name("vehicle", tests, NULL, NULL);
}
