#include "station/core/vehicle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "station/core/passage.h"

static void refuses_facts_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *message;
    } rows[] = {
        {"colour", "blue", "'colour' is no fact of a vehicle; known: fuel class gearbox mass_kg power_kw …"},
        {"fuel", "dsel", "fuel: 'dsel' is none of diesel,petrol,gas,electric,hybrid"},
        {"fuel", "", "fuel: no value; leave out what is not known"},
        {"fuel", "diesel,petrol", "fuel: 'diesel,petrol' is none of diesel,petrol,gas,electric,hybrid"},
        {"mass_kg", "12t", "mass_kg: '12t' is not a number of kilograms"},
        {"power_kw", "0", "power_kw: 0 is out of range; allowed: 1 to 5000"},
        {"power_kw", "5000.1", "power_kw: 5000.1 is out of range; allowed: 1 to 5000"},
        {"mass_kg", "99.9", "mass_kg: 99.9 is out of range; allowed: 100 to 200000"},
        {"rated_rpm", "12 ", "rated_rpm: '12 ' is not a number of r/min"},
        {"smoke_class", "IV", "smoke_class: 'IV' is none of I,II,III"},
        {"owner", "a\x7F", "owner: control character in 'a?'; take it out"},
        {"model_year", "2019.5", "model_year: '2019.5' is not a year"},
        {"model_year", "1899", "model_year: 1899 is out of range; allowed: 1900 to 2200"},
        {"stage", "7", "stage: '7' is none of 0,1,2,3,4,5,6"},
        {"owner", "", "owner: no value; leave out what is not known"},
        {"owner", "\xC0\xCF\xCD\xF5", "owner: not UTF-8; check how the sender writes its text"},
        {"vin", "LZ\t1", "vin: control character in 'LZ?1'; take it out"},
        {"first_registration", "2019-02-29", "first_registration: '2019-02-29' is not a date; write it as 2026-07-01"},
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

static void every_fact_can_be_set_and_lengths_end(void **state)
{
    (void)state;
    static const char *const values[VEHICLE_FACT_COUNT] = {
        [VEHICLE_FUEL] = "diesel",     [VEHICLE_CLASS] = "non-road",   [VEHICLE_GEARBOX] = "manual",
        [VEHICLE_MASS_KG] = "3500",    [VEHICLE_POWER_KW] = "339",     [VEHICLE_RATED_RPM] = "2200",
        [VEHICLE_STAGE] = "4",         [VEHICLE_ASPIRATION] = "turbo", [VEHICLE_FIRST_REGISTRATION] = "2016-02-29",
        [VEHICLE_MODEL_YEAR] = "2016", [VEHICLE_SMOKE_CLASS] = "II",   [VEHICLE_BODY_COLOUR] = "B"};
    struct vehicle vehicle = {0};
    for (enum vehicle_fact fact = 0; fact < VEHICLE_FACT_COUNT; fact++) {
        const char *value = values[fact] ? values[fact] : "any text";
        assert_int_equal(vehicle_set(&vehicle, vehicle_fact_key(fact), value, FACT_REGISTER, NULL, NULL), 0);
        assert_string_equal(vehicle.facts[fact].value, value);
        assert_int_equal(vehicle.facts[fact].source, FACT_REGISTER);
        assert_string_equal(vehicle.facts[fact].by, "");
    }
    char text[FACT_VALUE_MAX + 1];
    memset(text, 'x', sizeof text);
    text[FACT_VALUE_MAX] = '\0';
    assert_int_equal(vehicle_set(&vehicle, "owner", text, FACT_TYPED, "a", NULL), -1);
    assert_string_equal(vehicle.facts[VEHICLE_OWNER].value, "any text"); /* a refused value changes nothing */
    text[FACT_VALUE_MAX - 1] = '\0';
    assert_int_equal(vehicle_set(&vehicle, "owner", text, FACT_TYPED, "a", NULL), 0);
    assert_string_equal(vehicle.facts[VEHICLE_OWNER].value, text);
    assert_int_equal(vehicle_set(&vehicle, "owner", "b", FACT_TYPED, text, NULL), -1); /* `by` has its own maximum */
}

/* A passing vehicle whose plate nobody could read is recorded without one, and rejudged from that record. */
static void a_vehicle_may_have_no_plate(void **state)
{
    (void)state;
    static const struct vehicle vehicle = {
        .plate.colour = PLATE_YELLOW, .plate_source = FACT_CAMERA, .plate_by = "gate"};
    char text[512];
    struct json_token tokens[32];
    struct vehicle read = {0};
    struct json_writer w;
    struct json_doc doc;
    json_writer_init(&w, text, sizeof text);
    vehicle_write(&vehicle, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    assert_string_equal(text, "{\"colour\":\"yellow\",\"facts\":[],\"plate\":\"\","
                              "\"plate_by\":\"gate\",\"plate_source\":\"camera\"}");
    assert_int_equal(json_parse(&doc, text, (size_t)length, tokens, 32, NULL), 0);
    assert_int_equal(vehicle_read(&read, &doc, 0, NULL), 0);
    assert_string_equal(read.plate.text, "");
    assert_int_equal(read.plate.colour, PLATE_YELLOW);
}

/* What was said otherwise stands beside the fact; the same number in another spelling is not otherwise. */
static void keeps_what_was_said_before(void **state)
{
    (void)state;
    struct vehicle vehicle = {0}, read;
    char text[1024];
    struct json_token tokens[64];
    struct json_writer w;
    struct json_doc doc;
    struct err err = {0};
    assert_int_equal(plate_parse(&vehicle.plate, "新B12345", PLATE_YELLOW, NULL), 0);
    vehicle.plate_source = FACT_TYPED;
    assert_int_equal(vehicle_set(&vehicle, "power_kw", "120", FACT_TYPED, "P1", NULL), 0);
    assert_int_equal(vehicle_set(&vehicle, "mass_kg", "25000", FACT_TYPED, "P1", NULL), 0);
    vehicle_set_previous(&vehicle, VEHICLE_MASS_KG, "25000.0", "T1");
    vehicle_set_previous(&vehicle, VEHICLE_STAGE, "5", "T1");
    vehicle_set_previous(&vehicle, VEHICLE_POWER_KW, "339", "T2");
    vehicle_set_previous(&vehicle, VEHICLE_POWER_KW, "340", "T1"); /* the first one said stays */
    assert_string_equal(vehicle.facts[VEHICLE_MASS_KG].previous, "");
    assert_int_equal(vehicle.facts[VEHICLE_STAGE].source, FACT_ABSENT);
    json_writer_init(&w, text, sizeof text);
    vehicle_write(&vehicle, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    assert_non_null(strstr(text, "{\"by\":\"P1\",\"key\":\"power_kw\",\"previous\":\"339\",\"previous_in\":\"T2\","
                                 "\"source\":\"typed\",\"value\":\"120\"}"));
    assert_int_equal(json_parse(&doc, text, (size_t)length, tokens, 64, NULL), 0);
    if (vehicle_read(&read, &doc, 0, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(read.facts[VEHICLE_POWER_KW].previous, "339");
    assert_string_equal(read.facts[VEHICLE_POWER_KW].previous_in, "T2");
    char *half = strstr(text, "\"previous_in\":\"T2\",");
    memmove(half, half + strlen("\"previous_in\":\"T2\","), strlen(half + strlen("\"previous_in\":\"T2\",")) + 1);
    assert_int_equal(json_parse(&doc, text, strlen(text), tokens, 64, NULL), 0);
    assert_int_equal(vehicle_read(&read, &doc, 0, &err), -1);
}

/* A date is a date and a number a number; both may be read only from a fact that is there. */
static void facts_are_read_as_what_they_are(void **state)
{
    (void)state;
    struct vehicle vehicle = {0};
    struct civil_date date;
    struct decimal number;
    assert_int_equal(vehicle_set(&vehicle, "first_registration", "2016-02-29", FACT_TYPED, "a", NULL), 0);
    assert_true(vehicle_date(&vehicle, VEHICLE_FIRST_REGISTRATION, &date));
    assert_true(date.year == 2016 && date.month == 2 && date.day == 29);
    assert_int_equal(vehicle_set(&vehicle, "owner", "nobody", FACT_TYPED, "a", NULL), 0);
    assert_false(vehicle_date(&vehicle, VEHICLE_OWNER, &date));
    assert_false(vehicle_number(&vehicle, VEHICLE_OWNER, &number));
    /* neither is a number, so they differ as texts do */
    vehicle_set_previous(&vehicle, VEHICLE_OWNER, "somebody", "T1");
    assert_string_equal(vehicle.facts[VEHICLE_OWNER].previous, "somebody");
    assert_int_equal(vehicle_set(&vehicle, "power_kw", "120", FACT_TYPED, "a", NULL), 0);
    vehicle_set_previous(&vehicle, VEHICLE_POWER_KW, "120", "T1");
    assert_string_equal(vehicle.facts[VEHICLE_POWER_KW].previous, "");
    vehicle_set_previous(&vehicle, VEHICLE_POWER_KW, "unknown", "T1");
    assert_string_equal(vehicle.facts[VEHICLE_POWER_KW].previous, "unknown");
}

/* What a camera says is taken as far as it makes sense; its name is cut to the room there is. */
static void a_passage_becomes_a_vehicle(void **state)
{
    (void)state;
    struct passage passage = {.plate_text = "新B12345", .plate_colour = PLATE_YELLOW, .fuel = "diesel"};
    struct vehicle vehicle;
    vehicle_from_passage(&vehicle, &passage, "gate");
    assert_string_equal(vehicle.plate.text, "新B12345");
    assert_string_equal(vehicle.plate_by, "gate");
    assert_int_equal(vehicle.plate_source, FACT_CAMERA);
    assert_int_equal(vehicle.facts[VEHICLE_FUEL].source, FACT_CAMERA);
    assert_string_equal(vehicle.facts[VEHICLE_FUEL].value, "diesel");
    assert_string_equal(vehicle.facts[VEHICLE_FUEL].by, "gate");

    passage = (struct passage){.plate_text = "无牌车", .plate_colour = PLATE_BLUE, .fuel = "coal"};
    vehicle_from_passage(&vehicle, &passage, "a camera whose name is longer than the room for it");
    assert_string_equal(vehicle.plate.text, "");
    assert_int_equal(vehicle.plate.colour, PLATE_BLUE);
    assert_int_equal(vehicle.facts[VEHICLE_FUEL].source, FACT_ABSENT);
    assert_int_equal(strlen(vehicle.plate_by), FACT_BY_MAX - 1);

    passage.fuel[0] = '\0';
    vehicle_from_passage(&vehicle, &passage, "gate");
    assert_int_equal(vehicle.facts[VEHICLE_FUEL].source, FACT_ABSENT);
}

/* Each member of the object, missing or of another kind, and each of a fact. */
static void refuses_records_that_lack_a_part(void **state)
{
    (void)state;
#define LACKS "vehicle: plate, colour, plate_by, plate_source or facts is missing or wrong"
#define LACKS_OF_FACT "vehicle: a fact lacks key, value, by or source"
#define LACKS_BEFORE "vehicle: a fact's previous value lacks what it was or where it stands"
#define REST "\"plate\":\"新B12345\",\"plate_by\":\"\",\"plate_source\":\"typed\""
#define WITH(facts) "{\"colour\":\"yellow\",\"facts\":[" facts "]," REST "}"
#define FUEL "\"key\":\"fuel\",\"source\":\"typed\",\"value\":\"gas\""
    static const struct {
        const char *text, *why; /* why NULL: good */
    } rows[] = {
        {WITH(""), NULL},
        {"{\"colour\":\"yellow\"," REST "}", LACKS},
        {"{\"colour\":\"yellow\",\"facts\":{}," REST "}", LACKS},
        {"{\"facts\":[]," REST "}", LACKS},
        {"{\"colour\":\"pink\",\"facts\":[]," REST "}", LACKS},
        {"{\"colour\":\"a colour with a very long name\",\"facts\":[]," REST "}", LACKS},
        {"{\"colour\":\"yellow\",\"facts\":[],\"plate_by\":\"\",\"plate_source\":\"typed\"}", LACKS},
        {"{\"colour\":\"yellow\",\"facts\":[],\"plate\":7,\"plate_by\":\"\",\"plate_source\":\"typed\"}", LACKS},
        {"{\"colour\":\"yellow\",\"facts\":[],\"plate\":\"\",\"plate_source\":\"typed\"}", LACKS},
        {"{\"colour\":\"yellow\",\"facts\":[],\"plate\":\"\",\"plate_by\":\"\"}", LACKS},
        {"{\"colour\":\"yellow\",\"facts\":[],\"plate\":\"\",\"plate_by\":\"\",\"plate_source\":\"rumour\"}", LACKS},
        {"{\"colour\":\"yellow\",\"facts\":[],\"plate_confidence\":\"1000\"," REST "}",
         "vehicle: plate_confidence is no number from 0 to 100"},
        {"{\"colour\":\"yellow\",\"facts\":[],\"plate_confidence\":93," REST "}",
         "vehicle: plate_confidence is no number from 0 to 100"},
        {WITH("{\"by\":\"\"," FUEL "}"), NULL},
        {WITH("{" FUEL "}"), LACKS_OF_FACT},
        {WITH("{\"by\":\"\",\"source\":\"typed\",\"value\":\"gas\"}"), LACKS_OF_FACT},
        {WITH("{\"by\":\"\",\"key\":\"fuel\",\"source\":\"typed\"}"), LACKS_OF_FACT},
        {WITH("{\"by\":\"\",\"key\":\"fuel\",\"value\":\"gas\"}"), LACKS_OF_FACT},
        {WITH("{\"by\":\"\",\"key\":\"colour\",\"source\":\"typed\",\"value\":\"gas\"}"),
         "'colour' is no fact of a vehicle; known: fuel class gearbox mass_kg power_kw …"},
        {WITH("{\"by\":\"\",\"previous\":\"diesel\",\"previous_in\":\"T1\"," FUEL "}"), NULL},
        {WITH("{\"by\":\"\",\"previous\":\"diesel\"," FUEL "}"), LACKS_BEFORE},
        {WITH("{\"by\":\"\",\"previous_in\":\"T1\"," FUEL "}"), LACKS_BEFORE},
        {WITH("{\"by\":\"\",\"previous\":\"\",\"previous_in\":\"T1\"," FUEL "}"), LACKS_BEFORE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_token tokens[64];
        struct json_doc doc;
        struct err err = {0};
        struct vehicle read = {.plate_by = "kept"};
        assert_int_equal(json_parse(&doc, rows[i].text, strlen(rows[i].text), tokens, 64, NULL), 0);
        int result = vehicle_read(&read, &doc, 0, &err);
        if (result != (rows[i].why ? -1 : 0) || (rows[i].why && strcmp(err.text, rows[i].why) != 0))
            fail_msg("%zu: %d, %s", i, result, err.text);
        assert_string_equal(read.plate_by, rows[i].why ? "kept" : "");
        if (rows[i].why)
            assert_int_equal(vehicle_read(&read, &doc, -1, NULL), -1); /* an object that is not there */
    }
}

/* A camera's confidence goes into the record and comes back. */
static void keeps_the_cameras_confidence(void **state)
{
    (void)state;
    struct vehicle vehicle = {.plate.colour = PLATE_BLUE, .plate_source = FACT_CAMERA, .plate_confidence = "93"};
    struct vehicle read = {0};
    char text[512];
    struct json_token tokens[32];
    struct json_writer w;
    struct json_doc doc;
    json_writer_init(&w, text, sizeof text);
    vehicle_write(&vehicle, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    assert_non_null(strstr(text, "\"plate_confidence\":\"93\""));
    assert_int_equal(json_parse(&doc, text, (size_t)length, tokens, 32, NULL), 0);
    assert_int_equal(vehicle_read(&read, &doc, 0, NULL), 0);
    assert_string_equal(read.plate_confidence, "93");
}

static void names_of_sources(void **state)
{
    (void)state;
    static const char *const names[FACT_SOURCE_COUNT] = {"absent", "typed", "camera", "register", "previous", "roster"};
    for (enum fact_source source = 0; source < FACT_SOURCE_COUNT; source++)
        assert_string_equal(fact_source_name(source), names[source]);
}

static void refuses_records_that_say_a_fact_twice_or_from_nowhere(void **state)
{
    (void)state;
#define FACT(source, value) "{\"by\":\"\",\"key\":\"fuel\",\"source\":\"" source "\",\"value\":\"" value "\"}"
#define VEHICLE(plate, facts)                                                                                          \
    "{\"colour\":\"yellow\",\"facts\":[" facts "],\"plate\":\"" plate "\",\"plate_by\":\"\",\"plate_source\":"         \
    "\"typed\"}"
    static const struct {
        const char *text;
        int result;
    } rows[] = {{VEHICLE("新B12345", FACT("typed", "diesel")), 0},
                {VEHICLE("新B12345", FACT("typed", "diesel") "," FACT("typed", "gas")), -1},
                {VEHICLE("新B12345", FACT("absent", "diesel")), -1},
                {VEHICLE("新B12345", FACT("hearsay", "diesel")), -1},
                {VEHICLE("新B12345", FACT("typed", "coal")), -1},
                {VEHICLE("新B1234O", ""), -1},
                {VEHICLE("新B12345F", ""), -1},
                {"[]", -1},
                {"{}", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_token tokens[64];
        struct json_doc doc;
        struct err err = {0};
        struct vehicle read = {.plate_by = "kept"};
        assert_int_equal(json_parse(&doc, rows[i].text, strlen(rows[i].text), tokens, 64, NULL), 0);
        if (vehicle_read(&read, &doc, 0, &err) != rows[i].result)
            fail_msg("%s: %s", rows[i].text, err.text);
        if (rows[i].result != 0)
            assert_string_equal(read.plate_by, "kept");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_facts_that_cannot_be),
        cmocka_unit_test(absent_facts_have_no_number),
        cmocka_unit_test(writes_and_reads_the_same),
        cmocka_unit_test(every_fact_can_be_set_and_lengths_end),
        cmocka_unit_test(a_vehicle_may_have_no_plate),
        cmocka_unit_test(keeps_what_was_said_before),
        cmocka_unit_test(refuses_records_that_say_a_fact_twice_or_from_nowhere),
        cmocka_unit_test(facts_are_read_as_what_they_are),
        cmocka_unit_test(a_passage_becomes_a_vehicle),
        cmocka_unit_test(refuses_records_that_lack_a_part),
        cmocka_unit_test(keeps_the_cameras_confidence),
        cmocka_unit_test(names_of_sources),
    };
    return cmocka_run_group_tests_name("vehicle", tests, NULL, NULL);
}
