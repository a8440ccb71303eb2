/*
 * make_cases STATE FIRST COUNT [PAUSE_MS [k=PEAK | method=METHOD | police=NUMBER | handled=NUMBER | filed=JSON |
 * FACT=VALUE | photo=NAME[,BYTES]]…]: a station's database (made when it is not there) with cases FIRST … to be sealed,
 * one transaction each. They are passages; with further words they are tests, each of another plate: by free
 * acceleration, or by a method of tests/support/session.h; handled on the spot and what was filed of it. Prints the
 * number of each case once it is on the disk, as smogd would say "saved".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "station/core/vehicle.h"
#include "tests/support/case_fixture.h"
#include "tests/support/session.h"

enum { PHOTO_MAX = 1 << 20 };

/* The value of KEY=VALUE among the words, or NULL. */
static const char *value_of(char **words, int count, const char *key)
{
    size_t length = strlen(key);
    for (int i = 0; i < count; i++)
        if (strncmp(words[i], key, length) == 0 && words[i][length] == '=')
            return words[i] + length + 1;
    return NULL;
}

static bool is_own_word(const char *key)
{
    return strcmp(key, "k") == 0 || strcmp(key, "method") == 0 || strcmp(key, "police") == 0 ||
           strcmp(key, "handled") == 0 || strcmp(key, "filed") == 0;
}

/* What more is known of the vehicles, and photos that are none but for their first bytes. */
static int add_more(struct package_fixture *f, char **words, int count, struct err *err)
{
    static const char photo[] = "\xFF\xD8\xFF\xE0 no picture ";
    char name[FIXTURE_NAME_MAX];
    static char content[PHOTO_MAX];
    for (int i = 0; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (!value)
            return err_set(err, ERR_INVALID, "'%s' is no KEY=VALUE", words[i]);
        *value++ = '\0';
        if (strcmp(words[i], "photo") == 0) {
            char *comma = strchr(value, ',');
            size_t size = comma ? strtoul(comma + 1, NULL, 10) : 0;
            if (comma)
                *comma = '\0';
            snprintf(name, sizeof name, "photos/%s", value);
            size_t length = (size_t)snprintf(content, sizeof content, "%s%s", photo, value);
            package_fixture_put(f, name, content, size > length && size < sizeof content ? size : length)->of_record =
                true;
        } else if (!is_own_word(words[i]) && vehicle_set(&f->vehicle, words[i], value, FACT_REGISTER, "test", err)) {
            return -1;
        }
        value[-1] = '='; /* others look for their words, too */
    }
    return 0;
}

/* A test of that method, the first of its plans. */
static void open_method(struct package_fixture *f, const char *keys, const char *method)
{
    const struct session_plan *plan = session_plans;
    while (plan->name && strcmp(plan->method, method) != 0)
        plan++;
    if (!plan->name) {
        fprintf(stderr, "make_cases: there is no session of the method '%s'\n", method);
        exit(2);
    }
    package_fixture_open_session(f, keys, plan);
}

static void open_fixture(struct package_fixture *f, const char *keys, char **words, int count)
{
    static char officers[128];
    struct err err;
    const char *k = value_of(words, count, "k"), *method = value_of(words, count, "method");
    const char *police = value_of(words, count, "police");
    if (count == 0) {
        package_fixture_open(f, keys, true);
        return;
    }
    if (method)
        open_method(f, keys, method);
    else
        package_fixture_open_test(f, keys, k ? strtod(k, NULL) : 1.9);
    snprintf(officers, sizeof officers,
             "[{\"number\":\"1001\",\"role\":\"operator\"},{\"number\":\"%s\",\"role\":\"police\"}]",
             police ? police : "");
    if (police)
        f->officers = officers;
    if (add_more(f, words, count, &err) != 0) {
        fprintf(stderr, "make_cases: %s\n", err.text);
        exit(2);
    }
}

/* A case that two officers have reviewed; or one that was handled on the spot, by a decision of that number. */
static void add_case(struct store *s, struct package_fixture *f, unsigned number, char **words, int count)
{
    static const struct case_fixture_step steps[] = {{"open", "none", "exceeded", "", "station"},
                                                     {"handle", "exceeded", "handled", "012345", "police"},
                                                     {"file", "handled", "handled", "012345", "police"}};
    f->handled = value_of(words, count, "handled");
    f->filed = value_of(words, count, "filed");
    if (f->handled)
        case_fixture_add_with(s, f, number, steps, f->filed ? 3 : 2);
    else
        case_fixture_add(s, f, number);
}

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
    open_fixture(&f, keys, argv + 5, argc > 5 ? argc - 5 : 0);
    for (unsigned i = first; i < first + count; i++) {
        if (f.test)
            snprintf(f.vehicle.plate.text, sizeof f.vehicle.plate.text, "新B%05u", i);
        add_case(s, &f, i, argv + 5, argc > 5 ? argc - 5 : 0);
        printf("%u\n", i);
        fflush(stdout);
        nanosleep(&(struct timespec){.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000L}, NULL);
    }
    package_fixture_close(&f);
    store_close(s);
    return 0;
}
