#include "tests/support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { NODES_MAX = 2000 };

static int parse(struct rule_pack *pack, const char *name, char *text, size_t length, struct err *err)
{
    struct conf conf;
    struct conf_node *nodes = calloc(NODES_MAX, sizeof *nodes);
    assert_non_null(nodes);
    int result = conf_parse(&conf, name, text, length, nodes, NODES_MAX, err);
    if (result == 0)
        result = rules_load(pack, &conf, err);
    free(nodes);
    return result;
}

int law_parse(struct rule_pack *pack, const char *text, struct err *err)
{
    size_t length = strlen(text);
    char *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, text, length + 1);
    int result = parse(pack, "test.conf", copy, length, err);
    free(copy);
    return result;
}

struct rule_pack *law_open(const char *id)
{
    enum { FILE_MAX = 256 << 10 };
    char path[256];
    struct err err = {0};
    snprintf(path, sizeof path, "station/rules/%s.conf", id);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    char *text = malloc(FILE_MAX);
    struct rule_pack *pack = calloc(1, sizeof *pack);
    assert_non_null(text);
    assert_non_null(pack);
    size_t length = fread(text, 1, FILE_MAX - 1, file);
    fclose(file);
    if (parse(pack, path, text, length, &err) != 0)
        fail_msg("%s", err.text);
    free(text);
    memset(pack->sha256, 'a', SHA256_HEX_SIZE - 1);
    return pack;
}

struct rule *law_rule(struct rule_pack *pack, const char *name)
{
    for (size_t i = 0; i < pack->rules_count; i++)
        if (strcmp(pack->rules[i].name, name) == 0)
            return &pack->rules[i];
    fail_msg("no rule %s", name);
    return NULL;
}

void law_set(struct rule *rule, const char *param, const char *value)
{
    for (size_t i = 0; i < rule->params_count; i++)
        if (strcmp(rule->params[i].name, param) == 0) {
            rule->params[i].value = law_decimal(value);
            return;
        }
    assert_true(rule->params_count < RULES_PARAMS_MAX);
    struct rule_param *added = &rule->params[rule->params_count++];
    *added = (struct rule_param){.value = law_decimal(value)};
    snprintf(added->name, sizeof added->name, "%s", param);
}

void law_drop(struct rule *rule, const char *prefix)
{
    size_t kept = 0;
    for (size_t i = 0; i < rule->params_count; i++)
        if (strncmp(rule->params[i].name, prefix, strlen(prefix)) != 0)
            rule->params[kept++] = rule->params[i];
    rule->params_count = kept;
}

struct decimal law_decimal(const char *text)
{
    struct decimal value = {0};
    if (!decimal_parse(&value, text, strlen(text)))
        fail_msg("%s is no decimal", text);
    return value;
}

struct civil_date law_day(const char *text)
{
    struct civil_date day = {0};
    if (!civil_date_parse(&day, text, strlen(text)))
        fail_msg("%s is no date", text);
    return day;
}
