/* Profiles: how registers become values, and what is refused where. */
#include "sensors/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { NODES_MAX = 1024, TEXT_MAX = 16384 };

static struct profile profile;
static struct conf_node nodes[NODES_MAX];

static int load_text(const char *text, struct err *err)
{
    static char copy[TEXT_MAX];
    struct conf conf;
    assert_true(strlen(text) < sizeof copy);
    strcpy(copy, text);
    if (conf_parse(&conf, "x.conf", copy, strlen(copy), nodes, NODES_MAX, err) != 0)
        return -1;
    return profile_load(&profile, &conf, err);
}

static void load_file(const char *path)
{
    static char text[TEXT_MAX];
    struct err err;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    if (load_text(text, &err) != 0)
        fail_msg("%s: %s", path, err.text);
}

/* ---- word orders: 123456.0 is 0x47F12000 (IEEE 754); the four ways seen in the field ---- */

static void test_word_orders(void **state)
{
    (void)state;
    static const struct {
        enum profile_order order;
        uint16_t words[2];
    } rows[] = {{ORDER_ABCD, {0x47F1, 0x2000}},
                {ORDER_CDAB, {0x2000, 0x47F1}},
                {ORDER_BADC, {0xF147, 0x0020}},
                {ORDER_DCBA, {0x0020, 0xF147}}};
    for (size_t i = 0; i < 4; i++) {
        struct profile_value v = {.type = TYPE_F32, .order = rows[i].order, .scale = {1, 0}, .digits = 1};
        struct decimal out;
        assert_int_equal(profile_combine(rows[i].words, TYPE_F32, rows[i].order), 0x47F12000);
        assert_true(profile_decode_words(&v, rows[i].words, &out));
        assert_int_equal(out.units, 1234560);
        assert_int_equal(out.digits, 1);
    }
}

static void test_wide_and_single_words(void **state)
{
    (void)state;
    static const uint16_t words[4] = {0x0123, 0x4567, 0x89AB, 0xCDEF};
    assert_int_equal(profile_combine(words, TYPE_U64, ORDER_ABCD), 0x0123456789ABCDEF);
    assert_int_equal(profile_combine(words, TYPE_U64, ORDER_CDAB), 0xCDEF89AB45670123);
    assert_int_equal(profile_combine(words, TYPE_U64, ORDER_BADC), 0x23016745AB89EFCD);
    assert_int_equal(profile_combine(words, TYPE_U64, ORDER_DCBA), 0xEFCDAB8967452301);
    assert_int_equal(profile_combine(words, TYPE_U16, ORDER_ABCD), 0x0123);
    assert_int_equal(profile_combine(words, TYPE_U16, ORDER_DCBA), 0x2301);
}

static void assert_decodes(struct profile_value v, const uint16_t *words, const char *expected)
{
    struct decimal out;
    char text[DECIMAL_TEXT_MAX] = "absent";
    if (v.scale.units == 0)
        v.scale = (struct decimal){1, 0};
    v.digits = v.digits ? v.digits : PROFILE_DIGITS_AS_SENT;
    if (profile_decode_words(&v, words, &out))
        decimal_format(out, text);
    assert_string_equal(text, expected);
}

static void test_decoding(void **state)
{
    (void)state;
    const struct profile_value s16 = {.type = TYPE_S16, .scale = {1, 1}, .absent_count = 1, .absent = {0x7FFF}};
    assert_decodes(s16, (const uint16_t[]){0xFFC9}, "-5.5");
    assert_decodes(s16, (const uint16_t[]){0x7FFF}, "absent");
    assert_decodes(s16, (const uint16_t[]){0x8000}, "-3276.8");
    const struct profile_value kelvin = {.type = TYPE_U16, .scale = {1, 0}, .offset = {-27315, 2}};
    assert_decodes(kelvin, (const uint16_t[]){358}, "84.85");
    assert_decodes((struct profile_value){.type = TYPE_S32}, (const uint16_t[]){0xFFFF, 0xFFFE}, "-2");
    assert_decodes((struct profile_value){.type = TYPE_U32}, (const uint16_t[]){0xFFFF, 0xFFFE}, "4294967294");
    assert_decodes((struct profile_value){.type = TYPE_U64}, (const uint16_t[]){0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF},
                   "9223372036854775807");
    /* beyond what a decimal holds: no number rather than a wrong one */
    assert_decodes((struct profile_value){.type = TYPE_U64}, (const uint16_t[]){0x8000, 0, 0, 0}, "absent");
    assert_decodes((struct profile_value){.type = TYPE_U64, .scale = {1000, 0}},
                   (const uint16_t[]){0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF}, "absent");
}

static void test_floats(void **state)
{
    (void)state;
    struct profile_value v = {.type = TYPE_F32, .digits = 2};
    assert_decodes(v, (const uint16_t[]){0x7FC0, 0x0000}, "absent"); /* NaN */
    assert_decodes(v, (const uint16_t[]){0x7F80, 0x0000}, "absent"); /* infinity */
    assert_decodes(v, (const uint16_t[]){0xFF80, 0x0000}, "absent");
    /* SICK VISIC50SF manual, worked example: 3F48 2B67 is K = 0.7819 */
    v.digits = 4;
    assert_decodes(v, (const uint16_t[]){0x3F48, 0x2B67}, "0.7819");
    v.digits = 2;
    v.scale = (struct decimal){1000, 0}; /* decimals that the scale lifts into view are not lost */
    assert_decodes(v, (const uint16_t[]){0x3F48, 0x2B67}, "781.91");
    v.absent_count = 2;
    v.absent[1] = 0x3F482B67;
    assert_decodes(v, (const uint16_t[]){0x3F48, 0x2B67}, "absent");
}

static void test_numbers_of_json(void **state)
{
    (void)state;
    struct profile_value v = {.scale = {1, 3}, .digits = PROFILE_DIGITS_AS_SENT};
    struct decimal out;
    assert_true(profile_decode_number(&v, (struct decimal){123456789, 9}, &out)); /* 12 decimals do not fit: rounded */
    assert_int_equal(out.units, 123457);
    assert_int_equal(out.digits, 9);
    v = (struct profile_value){.scale = {1, 0}, .digits = 1};
    assert_true(profile_decode_number(&v, (struct decimal){125, 2}, &out));
    assert_int_equal(out.units, 12); /* half to even */
}

static void test_quality(void **state)
{
    (void)state;
    const struct profile_value v = {.has_min = true, .min = {0, 0}, .has_max = true, .max = {100, 0}};
    assert_int_equal(profile_quality(&v, (struct decimal){1000, 1}, STATUS_OK), QUALITY_OK);
    assert_int_equal(profile_quality(&v, (struct decimal){1001, 1}, STATUS_OK), QUALITY_OUT_OF_RANGE);
    assert_int_equal(profile_quality(&v, (struct decimal){-1, 1}, STATUS_OK), QUALITY_OUT_OF_RANGE);
    assert_int_equal(profile_quality(&v, (struct decimal){1, 0}, STATUS_WARMING), QUALITY_WARM_UP);
    assert_int_equal(profile_quality(&v, (struct decimal){1, 0}, STATUS_INTERNAL), QUALITY_SUSPECT);
}

static void test_status_bits(void **state)
{
    (void)state;
    const struct profile_status bit = {.mask = 4};
    const struct profile_status nibble = {.mask = 0xF0};
    const struct profile_status code = {.mask = 0xC0, .has_equals = true, .equals = 0x40};
    const struct profile_status off = {.mask = 1, .has_equals = true, .equals = 0};
    assert_true(profile_status_set(&bit, 0x0004));
    assert_false(profile_status_set(&bit, 0xFFFB));
    assert_true(profile_status_set(&nibble, 0x0070));
    assert_false(profile_status_set(&nibble, 0xFF0F));
    assert_true(profile_status_set(&code, 0x0068));
    assert_false(profile_status_set(&code, 0x00A4));
    assert_false(profile_status_set(&code, 0x0024));
    assert_true(profile_status_set(&off, 0xFFFE));
    assert_false(profile_status_set(&off, 1));
}

/* ---- files ---- */

/* contract: the register map that any third-party Modbus server can satisfy */
static void test_opacimeter_generic(void **state)
{
    (void)state;
    static const uint16_t words[] = {234, 62, 750, 850, 0, 0};
    static const char *const expected[] = {"23.4", "0.62", "750", "85.0"};
    load_file("sensors/profiles/opacimeter-generic.conf");
    assert_int_equal(profile.kind, PROFILE_MODBUS);
    assert_string_equal(profile.name, "opacimeter-generic");
    assert_int_equal(profile.poll_ms, 100);
    assert_int_equal(profile.stale_ms, 500);
    assert_int_equal(profile.reads_count, 1);
    assert_int_equal(profile.reads[0].function, 4);
    assert_int_equal(profile.reads[0].address, 0);
    assert_int_equal(profile.reads[0].count, 6);
    assert_int_equal(profile.values_count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct profile_value *v = &profile.values[i];
        assert_int_equal(v->at, i);
        assert_decodes(*v, words + v->at, expected[i]);
        assert_int_equal(profile.quantities[i], v->quantity);
    }
    assert_int_equal(profile.quantities[4], QUANTITY_COUNT);
    assert_decodes(profile.values[2], (const uint16_t[]){0xFFFF}, "absent");
    assert_decodes(profile.values[3], (const uint16_t[]){0x7FFF}, "absent");
    assert_decodes(profile.values[3], (const uint16_t[]){0xFFFF}, "-0.1");
    assert_int_equal(profile.status[0].means, STATUS_WARMING);
    assert_int_equal(profile.status[1].mask, 2);
    assert_int_equal(profile.status[1].means, STATUS_INTERNAL);
    assert_string_equal(profile.actions[0].name, "zero");
    assert_int_equal(profile.actions[0].function, 6);
    assert_int_equal(profile.actions[0].address, 100);
    assert_int_equal(profile.actions[0].value, 1);
}

/* Makers' maps: what the recordings do not show. */
static void test_makers_profiles(void **state)
{
    (void)state;
    load_file("sensors/profiles/vaisala-wxt530.conf");
    /* 01 04 00 0A 00 29 11 D6 asks unit 1 for registers 11 to 51 */
    assert_int_equal(profile.reads_count, 1);
    assert_int_equal(profile.reads[0].address, 0x0A);
    assert_int_equal(profile.reads[0].count, 0x29);
    assert_decodes(profile.values[0], (const uint16_t[]){0x7FFF}, "absent"); /* signed */
    assert_decodes(profile.values[0], (const uint16_t[]){0xFFFF}, "absent"); /* unsigned */
    assert_decodes(profile.values[1], (const uint16_t[]){10171}, "101.71");  /* 1017.1 hPa */
    assert_decodes(profile.values[3], (const uint16_t[]){0xFFFF}, "-0.1");
    load_file("sensors/profiles/gill-maximet.conf");
    assert_int_equal(profile.power_on_ms, 10000);
    load_file("sensors/profiles/sick-marsic300.conf");
    assert_int_equal(profile.status[0].at, profile.values[0].at); /* two tables: the same address is another thing */
    assert_int_equal(profile.reads[profile.status[0].read].function, 2);
    assert_int_equal(profile.reads[profile.values[0].read].function, 4);
}

static void test_passage_profiles(void **state)
{
    (void)state;
    load_file("sensors/profiles/rsd-pinyin.conf");
    assert_int_equal(profile.kind, PROFILE_JSONL);
    assert_false(profile.record);
    assert_int_equal(profile.stale_ms, 0); /* an empty road is no fault */
    assert_int_equal(profile.fields_count, 10);
    assert_string_equal(profile.values[0].key, "btgdjg");
    const struct profile_field *colour = &profile.fields[6];
    assert_string_equal(colour->name, "colour");
    assert_string_equal(profile_code(colour, "1"), "yellow");
    assert_null(profile_code(colour, "9"));
    assert_string_equal(profile_code(&profile.fields[5], "x"), "x");
    load_file("sensors/profiles/rsd-csv.conf");
    assert_int_equal(profile.kind, PROFILE_CSV);
    assert_true(profile.gbk);
    assert_string_equal(profile.headings[profile.values[0].at], "Reliability");
    assert_string_equal(profile.headings[profile.fields[2].at], "Licence");
    load_file("sensors/profiles/rsd-yaogan.conf");
    assert_int_equal(profile.kind, PROFILE_BYTES);
    assert_true(profile.record);
    assert_int_equal(profile.size, 4 * (8 + 6 + 2300 + 14 + 6)); /* floats of the struct's five parts */
    assert_int_equal(profile.values[4].at, 4 * (8 + 6 + 2300 + 12));
    load_file("sensors/profiles/rsd-record.conf");
    assert_true(profile.record);
    assert_int_equal(profile.sequence_at, 0);
}

static void test_text_profiles(void **state)
{
    (void)state;
    load_file("sensors/profiles/ak-example.conf");
    assert_int_equal(profile.kind, PROFILE_AK);
    assert_string_equal(profile.identify_ask, "AKEN");
    assert_string_equal(profile.values[1].ask, "AKON");
    assert_int_equal(profile.values[1].channel, 2);
    assert_int_equal(profile.values[1].words, 1);
    assert_string_equal(profile.actions[0].send, "SREM");
}

#define HEAD "profile p {\n title = t source = s\n"
#define MODBUS HEAD " poll-ms = 100 stale-ms = 500\n read { function = 4 address = 10 count = 4 }\n"

#define AK HEAD " kind = ak poll-ms = 500 stale-ms = 2000\n"
#define COLUMNS HEAD " kind = columns stale-ms = 2000\n"

static void test_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *complaint;
    } rows[] = {
        {"", "x.conf:1: no section 'profile"},
        {HEAD " kind = morse\n}\n", "'kind = morse' is not known; use one of modbus jsonl ak columns"},
        {MODBUS " kind = ak\n}\n", "'read' block belongs to kind = modbus"},
        {HEAD " kind = modbus poll-ms = 100 stale-ms = 500\n}\n", "'read' block belongs to kind = modbus"},
        {AK " value k { ask = \"AKO\" unit = \"1/m\" }\n}\n", "x.conf:4: 'ask = AKO' is no AK function code"},
        {AK " value k { ask = \"SREM\" unit = \"1/m\" }\n}\n", "four capital letters, the first A"},
        {AK " value k { ask = \"AKON\" index = 1 words = 1 unit = \"1/m\" }\n}\n", "index 1 is not in a reply of 1"},
        {AK " value k { ask = \"AKON\" channel = 100 unit = \"1/m\" }\n}\n", "'channel = 100' is out of range"},
        {AK " status { means = fault }\n}\n", "write either word"},
        {AK " status { word = X error = 1 means = fault }\n}\n", "write either word"},
        {AK " identify { ask = \"AKEN\" }\n identify { ask = \"AVER\" }\n}\n", "x.conf:5: a second 'identify'"},
        {AK " action zero { send = \"AKON\" }\n}\n", "the first S"},
        {COLUMNS " columns = 2\n value k { column = 3 unit = \"1/m\" }\n}\n", "k stands in column 3 of a line of 2"},
        {COLUMNS " columns = 2 status-column = 3 status-good = 0\n}\n", "status-column 3 is not in a line of 2"},
        {COLUMNS " columns = 2 status-column = 2\n}\n", "option 'status-good' is missing"},
        {COLUMNS " value k { column = 1 unit = \"1/m\" }\n}\n", "option 'columns' is missing"},
        {MODBUS " value smoke { at = 10 type = u16 unit = \"%\" }\n}\n", "x.conf:5: no such quantity 'smoke'"},
        {MODBUS " value k { at = 10 type = u16 unit = \"%\" }\n}\n", "x.conf:5: the unit of k is '1/m'"},
        {MODBUS " value k { at = 10 type = u16 unit = \"1/m\" }\n value k { at = 11 type = u16 unit = \"1/m\" }\n}\n",
         "x.conf:6: a second value for 'k'"},
        {MODBUS " value k { at = 9 type = u16 unit = \"1/m\" }\n}\n", "x.conf:5: registers 9 to 9 are in no"},
        {MODBUS " value k { at = 13 type = u32 order = ABCD unit = \"1/m\" }\n}\n", "x.conf:5: registers 13 to 14"},
        {MODBUS " value k { at = 10 type = u32 unit = \"1/m\" }\n}\n", "option 'order' is missing"},
        {MODBUS " value k { at = 10 type = u32 order = ABDC unit = \"1/m\" }\n}\n", "ABCD CDAB BADC DCBA"},
        {MODBUS " value k { at = 10 type = f32 order = ABCD unit = \"1/m\" }\n}\n", "needs 'digits'"},
        {MODBUS " value k { at = 10 type = i16 unit = \"1/m\" }\n}\n", "'type = i16' is not known; use one of u16"},
        {MODBUS " value k { at = 10 type = u16 unit = \"1/m\" absent = 0x10000 }\n}\n", "out of range"},
        {MODBUS " value k { at = 10 type = u16 unit = \"1/m\" scale = 0.0 }\n}\n", "a scale of 0"},
        {MODBUS " value k { at = 10 type = u16 unit = \"1/m\" min = 2 max = 1 }\n}\n", "min is greater than max"},
        {MODBUS " value k { at = 10 type = u16 unit = \"1/m\" key = x }\n}\n", "x.conf:5: no such option 'key'"},
        {MODBUS " value k { at = 10 type = u16 unit = \"1/m\" }\n frob = 1\n}\n", "x.conf:6: no such option 'frob'"},
        {MODBUS " status { at = 10 bit = 16 means = fault }\n}\n", "x.conf:5: 'bit = 16' is out of range"},
        {MODBUS " status { at = 10 bit = 1 means = sleepy }\n}\n", "'means = sleepy' is not known"},
        {MODBUS " action explode { function = 6 address = 1 value = 1 }\n}\n", "no such action 'explode'"},
        {MODBUS " action zero { function = 7 address = 1 value = 1 }\n}\n", "function 5, 6 or 16"},
        {MODBUS " read { function = 4 address = 12 count = 4 }\n}\n", "x.conf:5: two read blocks overlap"},
        {MODBUS " value k { at = 10 type = u16 unit = \"1/m\" absent = {1, 2, 3, 4, 5} }\n}\n", "at most 4 codes"},
        {MODBUS " value k { at = 10 type = u16 unit = \"1/m\" absent = {1, x} }\n}\n", "'absent = x' is not a whole"},
        {MODBUS " read { function = 2 address = 12 count = 4 }\n status { at = 12 means = fault }\n}\n",
         "x.conf:6: register 12 is read with functions 4 and 2; say which with 'function'"},
        {MODBUS " status { at = 12 function = 3 bit = 1 means = fault }\n}\n", "are in no 'read' block"},
        {MODBUS " status { at = 12 mask = 0xF0 equals = 1 means = fault }\n}\n",
         "'equals' has bits outside the mask 0xF0"},
        {MODBUS " status { at = 12 mask = 0xF0 bit = 1 means = fault }\n}\n", "no such option 'bit'"},
        {MODBUS " status { at = 12 means = fault }\n}\n", "option 'bit' is missing"},
        {MODBUS " read { function = 3 address = 100 count = 126 }\n}\n", "out of range"},
        {MODBUS " read { function = 3 address = 20 count = 1 }\n record { sequence-at = 10 }\n}\n",
         "exactly one 'read'"},
        {MODBUS " record { sequence-at = 10 }\n field colour { at = 11 type = u16 codes = {\"=blue\"} }\n}\n",
         "x.conf:6: '=blue' is not a code"},
        {MODBUS "}\n", "x.conf:1: the profile maps no value"},
        {HEAD " stale-ms = 500\n read { function = 4 address = 1 count = 4 }\n}\n", "option 'poll-ms' is missing"},
        {HEAD " poll-ms = 100 stale-ms = 100\n read { function = 4 address = 1 count = 4 }\n}\n",
         "stale-ms must be greater"},
        {HEAD " poll-ms = 100\n value k { key = k unit = \"1/m\" }\n}\n", "no such option 'poll-ms'"},
        {HEAD " value k { key = k unit = \"1/m\" }\n field nonsense { key = z }\n}\n", "no such passage field"},
        {HEAD " kind = tsv\n}\n", "use one of modbus jsonl ak columns csv bytes"},
        {HEAD " kind = csv\n value k { key = k unit = \"1/m\" }\n}\n", "option 'columns' is missing"},
        {HEAD " kind = csv columns = {a, a}\n}\n", "'a' stands twice in 'columns'"},
        {HEAD " kind = csv columns = {a, b}\n value k { key = k unit = \"1/m\" }\n}\n", "there is no column 'k'"},
        {HEAD " kind = csv columns = {a, b} separator = pipe\n}\n", "use one of comma semicolon tab"},
        {HEAD " kind = bytes size = 8\n value k { at = 5 type = f32 order = DCBA digits = 2 unit = \"1/m\" }\n}\n",
         "the value ends behind the last byte, 7"},
        {HEAD " kind = bytes size = 8\n field plate { key = k }\n}\n", "no such section 'field'"},
        {HEAD " kind = bytes\n}\n", "option 'size' is missing"},
        {"profile p {\n source = s\n}\n", "option 'title' is missing"},
        {HEAD "}\n" HEAD "}\n", "a second profile"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        assert_int_equal(load_text(rows[i].text, &err), -1);
        if (!strstr(err.text, rows[i].complaint))
            fail_msg("row %zu: %s", i, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_word_orders),     cmocka_unit_test(test_wide_and_single_words),
        cmocka_unit_test(test_decoding),        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_numbers_of_json), cmocka_unit_test(test_quality),
        cmocka_unit_test(test_status_bits),     cmocka_unit_test(test_opacimeter_generic),
        cmocka_unit_test(test_makers_profiles), cmocka_unit_test(test_passage_profiles),
        cmocka_unit_test(test_text_profiles),   cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
