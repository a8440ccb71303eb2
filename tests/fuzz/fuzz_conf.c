/* The configuration reader: whatever the text, a tree that hangs together or an error that names its line. */
#include "station/core/conf.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { NODES_MAX = 256, TEXT_MAX = 1 << 16 };

static void check_error(const struct err *err)
{
    FUZZ_CHECK(strncmp(err->text, "fuzz:", 5) == 0);
    FUZZ_CHECK(!strpbrk(err->text, "\r\n"));
}

/* Reads one option by every type. */
static void read_option(struct conf *conf, ptrdiff_t section, ptrdiff_t node, struct err *err)
{
    const char *name = conf->nodes[node].name;
    const char *text = NULL;
    int64_t integer = 0;
    struct decimal decimal;
    struct civil_date date;
    bool yes;
    ptrdiff_t list = -1;
    if (conf_get_list(conf, section, name, true, &list, err) != 0) { /* given twice */
        check_error(err);
        return;
    }
    FUZZ_CHECK(list == node);
    for (size_t i = 0; i < conf->nodes[node].values; i++)
        FUZZ_CHECK(strlen(conf_value(conf, node, i)) < TEXT_MAX);
    FUZZ_CHECK((conf_get_string(conf, section, name, true, &text, err) == 0) == (conf->nodes[node].values == 1));
    if (conf_get_integer(conf, section, name, true, -99, 99, &integer, err) != 0)
        check_error(err);
    FUZZ_CHECK(integer >= -99 && integer <= 99);
    if (conf_get_decimal(conf, section, name, true, &decimal, err) != 0 ||
        conf_get_bool(conf, section, name, true, &yes, err) != 0 ||
        conf_get_date(conf, section, name, true, &date, err) != 0)
        check_error(err);
}

/* Visits everything below `section` (depth as the parser limits it); returns how many nodes there were. */
static size_t visit(struct conf *conf, ptrdiff_t section, struct err *err)
{
    size_t seen = 0;
    for (ptrdiff_t at = conf_next(conf, section, CONF_FIRST, CONF_OPTION, NULL); at >= 0;
         at = conf_next(conf, section, at, CONF_OPTION, NULL)) {
        read_option(conf, section, at, err);
        seen++;
    }
    for (ptrdiff_t at = conf_next(conf, section, CONF_FIRST, CONF_SECTION, NULL); at >= 0;
         at = conf_next(conf, section, at, CONF_SECTION, NULL)) {
        conf_use(conf, at);
        seen += 1 + visit(conf, at, err);
    }
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[TEXT_MAX + 1];
    static struct conf_node nodes[NODES_MAX];
    struct conf conf;
    struct err err = {0};
    if (size > TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    if (conf_parse(&conf, "fuzz", text, size, nodes, NODES_MAX, &err) != 0) {
        check_error(&err);
        return 0;
    }
    FUZZ_CHECK((conf_check_all_used(&conf, &err) == 0) == (conf.count == 0));
    FUZZ_CHECK(visit(&conf, CONF_TOP, &err) == conf.count);
    if (conf_check_all_used(&conf, &err) != 0) /* an option given twice */
        check_error(&err);
    return 0;
}
