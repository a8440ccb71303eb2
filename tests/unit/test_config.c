/* The configuration file: what is read, and that every mistake is named with its line. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/config.h"
#include "station/config_read.h"

static const char *folder(void)
{
    const char *tmp = getenv("TMPDIR");
    return tmp ? tmp : "/tmp";
}

static const char *path_of(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", folder(), name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Line 1 is the station's, line 2 the law's; what a test adds begins in line 3. */
#define STATION                                                                                                        \
    "station { id = \"652301-0007\" name = \"长丰路\" kind = joint region = \"652301\" state = \"state\" }\n"       \
    "rules = {\"gb3847-2018\", \"hj845-2017\"} limit-class = b\n"

static int load(struct config **config, const char *text, struct err *err)
{
    put("smogd.conf", text);
    err->text[0] = '\0';
    return config_open(config, path_of("smogd.conf"), config_law, err);
}

static struct config *load_good(const char *text)
{
    struct config *config = NULL;
    struct err err = {0};
    if (load(&config, text, &err) != 0)
        fail_msg("%s", err.text);
    return config;
}

/* The error begins with the file's name and `where`, and holds `what`. */
static void refuse(const char *text, const char *where, const char *what)
{
    struct config *config = NULL;
    struct err err = {0};
    char begin[400];
    assert_int_equal(load(&config, text, &err), -1);
    assert_null(config);
    assert_int_equal(err.code, ERR_INVALID);
    snprintf(begin, sizeof begin, "%s:%s", path_of("smogd.conf"), where);
    if (strncmp(err.text, begin, strlen(begin)) != 0 || !strstr(err.text, what))
        fail_msg("expected '%s… %s', got '%s'", begin, what, err.text);
}

static void reads_the_whole_file(void **state)
{
    (void)state;
    struct config *c = load_good(
        "station { id = \"652301-0007\" name = \"长丰路\" kind = joint region = \"652301\" state = \"state\"\n"
        "  latitude = 44.01 longitude = -87.30 utc-offset = \"+06:00\" }\n"
        "rules = {\"gb3847-2018\", \"hj845-2017\"} limit-class = b\n"
        "link bus0 { kind = modbus-rtu device = \"/dev/bus\" line = \"19200/8e1\" }\n"
        "link com1 { kind = serial device = \"ttyX\" }\n"
        "link rsd { kind = tcp address = \"127.0.0.1:7001\" }\n"
        "instrument k1 { driver = modbus profile = \"opacimeter-generic\" link = bus0 unit = 1 }\n"
        "instrument k2 { driver = modbus profile = \"opacimeter-generic\" link = bus0 unit = 2 poll-ms = 200 }\n"
        "instrument smoke { driver = nht6 link = com1 serial = \"A1\" certificate = \"JJG\" valid-until = 2027-03-01\n"
        "  path-m = 0.430 }\n"
        "instrument rsd1 { driver = jsonl profile = \"rsd-pinyin\" link = rsd }\n"
        "outlet police { kind = package-rest url = \"https://127.0.0.1/p\" ca = \"ca.pem\" cert = \"/c.pem\" key = k "
        "}\n"
        "console { listen = \"127.0.0.1:8080\" }\n"
        "seal { key = \"seal.key\" cert = \"seal.pem\" }\n");
    assert_string_equal(c->id, "652301-0007");
    assert_string_equal(c->name, "长丰路");
    assert_string_equal(c->state, path_of("state"));
    assert_int_equal(c->utc_offset_minutes, 360);
    assert_true(c->has_position);
    assert_int_equal(c->longitude.units, -8730);
    assert_int_equal(c->limit_class, LIMIT_CLASS_B);
    assert_int_equal(c->links_count, 3);
    assert_int_equal(c->links[0].kind, LINK_MODBUS_RTU);
    assert_string_equal(c->links[1].device, path_of("ttyX"));
    assert_string_equal(c->links[1].line, "9600/8n1"); /* the driver's own */
    assert_int_equal(c->instruments_count, 4);
    assert_int_equal(c->instruments[1].sensor.unit, 2);
    assert_int_equal(c->instruments[1].sensor.poll_ms, 200);
    assert_string_equal(c->instruments[2].certificate, "JJG");
    assert_int_equal(c->instruments[2].valid_until.year, 2027);
    assert_int_equal(c->instruments[2].sensor.path_m.units, 430);
    assert_ptr_equal(c->instruments[0].sensor.profile, c->instruments[1].sensor.profile);
    assert_int_equal(c->profiles_count, 2);
    assert_int_equal(strlen(c->profile_files[0].sha256), 64);
    assert_string_equal(c->profile_files[0].sha256, c->profiles[0].sha256);
    assert_string_equal(c->rules[1].id, "hj845-2017");
    assert_string_equal(c->rules[1].sha256, c->rules_files[1].sha256);
    assert_string_equal(c->outlets[0].ca, path_of("ca.pem"));
    assert_string_equal(c->outlets[0].cert, "/c.pem");
    assert_string_equal(c->console.listen, "127.0.0.1:8080");
    assert_true(c->console.local && c->console.open_reads);
    assert_int_equal(c->console.idle_min, 10);
    assert_string_equal(c->seal_key, path_of("seal.key"));
    assert_string_equal(c->seal_sm2_key, "");
    config_close(c);
}

static void without_the_law_neither_packs_nor_profiles_are_loaded(void **state)
{
    (void)state;
    struct config *c = NULL;
    struct err err = {0};
    put("smogd.conf", STATION "instrument x { driver = jsonl profile = \"no-such\" link = l }\n"
                              "link l { kind = tcp address = \"127.0.0.1:1\" }\n");
    assert_int_equal(config_open(&c, path_of("smogd.conf"), NULL, &err), 0);
    assert_null(c->rules);
    assert_string_equal(c->instruments[0].profile, "no-such");
    assert_int_equal(c->utc_offset_minutes, 480);
    config_close(c);
}

static void names_the_line_of_every_mistake(void **state)
{
    (void)state;
    static const struct {
        const char *text, *where, *what;
    } rows[] = {
        {"rules = {\"gb3847-2018\"} limit-class = a\n", "1:", "no 'station"},
        {"station { id = \"a\" name = \"b\" kind = joint region = \"1\" }\nrules = {\"x\"} limit-class = a\n",
         "1:", "state"},
        {"station { id = \"a/b\" name = \"b\" kind = joint region = \"1\" state = s }\n",
         "1:", "letters, digits and -"},
        {"station { id = \"a\" name = \"b\"\nkind = bus region = \"1\" state = s }\n", "2:", "fixed-remote"},
        {"station { id = \"a\" name = \"b\" kind = joint region = \"1\" state = s\nlatitude = 44 }\n",
         "1:", "belong together"},
        {"station { id = \"a\" name = \"b\" kind = joint region = \"1\" state = s\nlatitude = 91 longitude = 1 }\n",
         "2:", "between -90 and 90"},
        {"station { id = \"a\" name = \"b\" kind = joint region = \"1\" state = s\nutc-offset = \"8\" }\n",
         "2:", "\"+08:00\""},
        {STATION "nonsense = 1\n", "3:", "nonsense"},
        {STATION "station { }\n", "3:", "second 'station'"},
        {STATION "link { kind = serial device = x }\n", "3:", "no name"},
        {STATION "link a.b { kind = serial device = x }\n", "3:", "letters, digits"},
        {STATION "link a { kind = usb device = x }\n", "3:", "modbus-rtu"},
        {STATION "link a { kind = serial }\n", "3:", "device"},
        {STATION "link a { kind = serial device = x baud = 9600 }\n", "3:", "baud"},
        {STATION "link a { kind = serial device = x line = \"9600\" }\n", "3:", "9600"},
        {STATION "link a { kind = tcp address = \"localhost\" }\n", "3:", "localhost"},
        {STATION "link a { kind = serial device = x }\nlink a { kind = serial device = y }\n", "4:", "line 3"},
        {STATION "link a { kind = serial device = x }\nlink b { kind = serial device = x }\n", "4:", "both claim"},
        {STATION "link a { kind = tcp address = \"127.0.0.1:1\" }\nlink b { kind = modbus-tcp address = "
                 "\"127.0.0.1:1\" }\n",
         "4:", "both claim"},
        {STATION "instrument s { driver = nht6 link = a }\n", "3:", "no link 'a'"},
        {STATION "link a { kind = serial device = x }\ninstrument s { driver = nht7 link = a }\n", "4:", "nht6"},
        {STATION "link a { kind = serial device = x }\ninstrument s { driver = nht6 }\n", "4:", "link"},
        {STATION "link a { kind = serial device = x }\ninstrument operator { driver = nht6 link = a }\n",
         "4:", "another name"},
        {STATION "link a { kind = serial device = x }\ninstrument s { driver = nht6 link = a }\ninstrument t { driver "
                 "= nht6 link = a }\n",
         "5:", "both claim link 'a'"},
        {STATION "link a { kind = serial device = x }\nlink b { kind = serial device = y }\ninstrument s { driver = "
                 "nht6 link = a }\ninstrument s { driver = nht6 link = b }\n",
         "6:", "line 5"},
        {STATION "link a { kind = modbus-rtu device = x line = \"9600/8n1\" }\ninstrument s { driver = nht6 link = a "
                 "}\n",
         "4:", "needs serial or tcp"},
        {STATION "link a { kind = serial device = x }\ninstrument s { driver = modbus link = a unit = 1 profile = "
                 "opacimeter-generic }\n",
         "4:", "needs modbus-rtu"},
        {STATION "link a { kind = modbus-tcp address = \"127.0.0.1:1\" }\ninstrument s { driver = modbus link = a unit "
                 "= 1 profile = \"opacimeter-generic\" }\ninstrument t { driver = modbus link = a unit = 1 profile = "
                 "\"opacimeter-generic\" }\n",
         "5:", "both claim unit 1"},
        {STATION "link a { kind = modbus-tcp address = \"127.0.0.1:1\" }\ninstrument s { driver = modbus link = a\n"
                 "unit = 248 profile = \"opacimeter-generic\" }\n",
         "5:", "unit"},
        {STATION "link a { kind = tcp address = \"127.0.0.1:1\" }\ninstrument s { driver = jsonl link = a profile = "
                 "\"nowhere\" }\n",
         "4:", "rsd-pinyin"},
        {STATION "link a { kind = tcp address = \"127.0.0.1:1\" }\ninstrument s { driver = jsonl link = a }\n",
         "4:", "instrument 's'"},
        {STATION "link a { kind = serial device = x }\ninstrument s { driver = nht6 link = a\nvalid-until = soon }\n",
         "5:", "valid-until"},
        {STATION "link a { kind = serial device = x }\ninstrument s { driver = nht6 link = a\ncalibrated = never }\n",
         "5:", "calibrated"},
        {STATION "reference f1 {\nvalue = \"1.71\" }\n", "4:", "'1.71' is no value of a reference"},
        {STATION "reference f1 { value = \"k=1\" }\nreference f1 { value = \"k=2\" }\n", "4:", "already in line 3"},
        {STATION "link a { kind = serial device = x }\ninstrument s { driver = nht6 link = a serial = \"A\\n1\" }\n",
         "4:", "line break"},
        {STATION "console { listen = \"127.0.0.1:8080\"\nidle-min = 0 }\n", "4:", "idle-min"},
        {STATION "console { listen = \"127.0.0.1:8080\"\nopen-reads = perhaps }\n", "4:", "open-reads"},
        {STATION "console { idle-min = 5 }\n", "3:", "listen"},
        {STATION "outlet o { kind = mail url = \"https://x\" ca = a cert = b key = c }\n", "3:", "package-rest"},
        {STATION "outlet o { kind = package-rest url = \"http://x\" ca = a cert = b key = c }\n", "3:", "https://"},
        {STATION "seal { key = a }\n", "3:", "cert"},
        {STATION "seal { key = a cert = b sm2-key = c }\n", "3:", "belong together"},
        {"station { id = \"a\" name = \"b\" kind = joint region = \"1\" state = s }\nrules = {\"gb9999\"}\nlimit-class "
         "= a\n",
         "2:", "gb3847-2018"},
        {"station { id = \"a\" name = \"b\" kind = joint region = \"1\" state = s }\nrules = {\"hj845-2017\", "
         "\"hj845-2017\"}\nlimit-class = a\n",
         "2:", "twice"},
        {"station { id = \"a\" name = \"b\" kind = joint region = \"1\" state = s }\nrules = {\"hj845-2017\"}\n"
         "limit-class = c\n",
         "3:", "a, b"},
        {"station { id = \"a\" name = \"b\" kind = joint region = \"1\" state = s\n", "", "'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(rows[i].text, rows[i].where, rows[i].what);
}

static void a_missing_file_cannot_be_reached(void **state)
{
    (void)state;
    struct config *c = NULL;
    struct err err = {0};
    assert_int_equal(config_open(&c, path_of("not-there.conf"), NULL, &err), -1);
    assert_int_equal(err.code, ERR_UNREACHABLE);
    assert_non_null(strstr(err.text, "not-there.conf"));
}

/* A bad pack or profile is named by its own file and line, a misnamed one too. */
static void complains_about_packs_and_profiles_where_they_stand(void **state)
{
    (void)state;
    struct config *c = NULL;
    struct err err = {0};
    static const char station[] =
        "station { id = \"a\" name = \"b\" kind = joint region = \"1\" state = s rules-dir = \"law\" }\n"
        "rules = {\"mine\"} limit-class = a\n";
    mkdir(path_of("law"), 0755);
    put("law/mine.conf", "pack mine {\n  version = \"1\"\n  colour = red\n}\n");
    assert_int_equal(load(&c, station, &err), -1);
    assert_non_null(strstr(err.text, "law/mine.conf:"));
    put("law/mine.conf", "pack yours { version = \"1\" title = \"t\" source = \"s\" rule r { method = m from = "
                         "2020-01-01 limit k { a = 1 b = 1 clause = \"c\" source = \"s\" status = confirmed } } }\n");
    assert_int_equal(load(&c, station, &err), -1);
    assert_non_null(strstr(err.text, "law/mine.conf:1: holds the pack 'yours'"));
}

/* Two names of one device are one port. */
static void a_port_is_one_port_under_two_names(void **state)
{
    (void)state;
    char text[600], other[300];
    snprintf(other, sizeof other, "%s", path_of("by-id"));
    unlink(other); /* left by a run outside tests/run.sh, which gives every test an empty folder */
    assert_int_equal(symlink("/dev/null", other), 0); /* any character device */
    snprintf(text, sizeof text,
             STATION "link a { kind = serial device = \"/dev/null\" }\nlink b { kind = serial device = \"%s\" }\n",
             other);
    refuse(text, "4:", "both claim");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_whole_file),
        cmocka_unit_test(without_the_law_neither_packs_nor_profiles_are_loaded),
        cmocka_unit_test(names_the_line_of_every_mistake),
        cmocka_unit_test(a_missing_file_cannot_be_reached),
        cmocka_unit_test(complains_about_packs_and_profiles_where_they_stand),
        cmocka_unit_test(a_port_is_one_port_under_two_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
