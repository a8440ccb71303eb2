/* The law that the configured station judges by, and which of its numbers nobody has confirmed. */
#include <stdlib.h>
#include <string.h>

#include "station/config_read.h"
#include "station/ctl.h"

/* One number of a rule: a limit or a parameter. */
struct number {
    const struct rule_pack *pack;
    const struct rule *rule;
    const struct rule_limit *limit; /* or */
    const struct rule_param *param;
};

static const struct rule_origin *origin_of(const struct number *n)
{
    return n->limit ? &n->limit->origin : &n->param->origin;
}

static size_t numbers_of(const struct rule *rule)
{
    return rule->limits_count + rule->params_count;
}

static struct number number_at(const struct rule_pack *pack, const struct rule *rule, size_t i)
{
    if (i < rule->limits_count)
        return (struct number){.pack = pack, .rule = rule, .limit = &rule->limits[i]};
    return (struct number){.pack = pack, .rule = rule, .param = &rule->params[i - rule->limits_count]};
}

static size_t unconfirmed_of(const struct rule_pack *pack, const struct rule *rule)
{
    size_t count = 0;
    for (size_t i = 0; i < numbers_of(rule); i++) {
        const struct number n = number_at(pack, rule, i);
        count += origin_of(&n)->status == RULE_UNCONFIRMED;
    }
    return count;
}

/* "k at 80", "purge-count" */
static void name_of(const struct number *n, char out[64])
{
    if (n->param)
        snprintf(out, 64, "%s", n->param->name);
    else if (n->limit->point > 0)
        snprintf(out, 64, "%s at %d", quantity_name(n->limit->quantity), n->limit->point);
    else
        snprintf(out, 64, "%s", quantity_name(n->limit->quantity));
}

/* "1.20 / 0.70" for a limit of classes a and b, "3" for a parameter. */
static void value_of(const struct number *n, char out[64])
{
    char a[DECIMAL_TEXT_MAX], b[DECIMAL_TEXT_MAX];
    decimal_format(n->limit ? n->limit->value[LIMIT_CLASS_A] : n->param->value, a);
    if (!n->limit) {
        snprintf(out, 64, "%s", a);
        return;
    }
    decimal_format(n->limit->value[LIMIT_CLASS_B], b);
    bool same = strcmp(a, b) == 0;
    snprintf(out, 64, "%s%s%s", a, same ? "" : " / ", same ? "" : b);
}

static const char *unit_of(const struct number *n)
{
    return n->limit ? quantity_unit(n->limit->quantity) : n->param->unit;
}

/* Does an earlier rule of the pack have the same number (from a common section)? */
static bool is_repeated(const struct number *n)
{
    char name[64], value[64];
    name_of(n, name);
    value_of(n, value);
    for (const struct rule *rule = n->pack->rules; rule < n->rule; rule++)
        for (size_t i = 0; i < numbers_of(rule); i++) {
            const struct number other = number_at(n->pack, rule, i);
            char other_name[64], other_value[64];
            name_of(&other, other_name);
            value_of(&other, other_value);
            if (!n->limit == !other.limit && strcmp(name, other_name) == 0 && strcmp(value, other_value) == 0 &&
                memcmp(origin_of(n), origin_of(&other), sizeof *origin_of(n)) == 0)
                return true;
        }
    return false;
}

/* ---- list ---- */

static void write_rule(const struct rule_pack *pack, const struct rule *rule, struct json_writer *w)
{
    char from[CIVIL_DATE_TEXT_MAX], to[CIVIL_DATE_TEXT_MAX] = "";
    civil_date_format(rule->from, from);
    if (rule->to.year)
        civil_date_format(rule->to, to);
    json_object_begin(w, NULL);
    json_string(w, "from", from);
    json_string(w, "method", rule->method);
    json_integer(w, "numbers", (int64_t)numbers_of(rule));
    json_string(w, "pack", pack->id);
    json_string(w, "rule", rule->name);
    json_string(w, "sha256", pack->sha256);
    json_string(w, "to", to);
    json_integer(w, "unconfirmed", (int64_t)unconfirmed_of(pack, rule));
    json_string(w, "version", pack->version);
    json_object_end(w);
}

static void print_rule(const struct rule_pack *pack, const struct rule *rule)
{
    char from[CIVIL_DATE_TEXT_MAX];
    civil_date_format(rule->from, from);
    printf("%-16s %-24s %-20s from %s  %zu of %zu numbers unconfirmed\n", pack->id, rule->name, rule->method, from,
           unconfirmed_of(pack, rule), numbers_of(rule));
}

/* ---- unconfirmed ---- */

static void write_number(const struct number *n, struct json_writer *w)
{
    char name[64], value[64];
    name_of(n, name);
    value_of(n, value);
    json_object_begin(w, NULL);
    json_string(w, "clause", origin_of(n)->clause);
    json_string(w, "kind", n->limit ? "limit" : "param");
    json_string(w, "name", name);
    json_string(w, "pack", n->pack->id);
    json_string(w, "rule", n->rule->name);
    json_string(w, "source", origin_of(n)->source);
    json_string(w, "unit", unit_of(n));
    json_string(w, "value", value);
    json_object_end(w);
}

static void print_number(const struct number *n)
{
    char name[64], value[64];
    name_of(n, name);
    value_of(n, value);
    printf("%-16s %-24s %-22s %14s %-6s %s, %s\n", n->pack->id, n->rule->name, name, value, unit_of(n),
           origin_of(n)->source, origin_of(n)->clause);
}

static void show_unconfirmed(const struct rule_pack *pack, const struct rule *rule, struct json_writer *w)
{
    for (size_t i = 0; i < numbers_of(rule); i++) {
        const struct number n = number_at(pack, rule, i);
        if (origin_of(&n)->status != RULE_UNCONFIRMED || is_repeated(&n))
            continue;
        if (w)
            write_number(&n, w);
        else
            print_number(&n);
    }
}

/* ---- both ---- */

static void show(const struct rule_pack *pack, bool unconfirmed, struct json_writer *w)
{
    for (size_t i = 0; i < pack->rules_count; i++) {
        if (unconfirmed)
            show_unconfirmed(pack, &pack->rules[i], w);
        else if (w)
            write_rule(pack, &pack->rules[i], w);
        else
            print_rule(pack, &pack->rules[i]);
    }
}

static int read_pack(const struct config *config, size_t i, struct rule_pack *pack, struct err *err)
{
    char path[CONFIG_PATH_MAX * 2];
    struct config_source source;
    snprintf(path, sizeof path, "%s/%s.conf", config->rules_dir, config->rules_files[i].name);
    int result = config_source_open(&source, path, err);
    if (result == 0)
        result = rules_load(pack, &source.conf, err);
    memcpy(pack->sha256, source.sha256, sizeof pack->sha256);
    config_source_close(&source);
    return result;
}

static int show_all(const struct config *config, bool unconfirmed, struct json_writer *w, struct err *err)
{
    struct rule_pack *pack = malloc(sizeof *pack);
    if (!pack)
        return err_set(err, ERR_FAILED, "out of memory");
    int result = 0;
    for (size_t i = 0; i < config->rules_count && result == 0; i++) {
        result = read_pack(config, i, pack, err);
        if (result == 0)
            show(pack, unconfirmed, w);
    }
    free(pack);
    return result;
}

static int answer(struct ctl *ctl, bool unconfirmed, struct err *err)
{
    struct json_writer w;
    if (ctl_load_config(ctl, err) != 0)
        return -1;
    if (!ctl->json)
        return show_all(ctl->config, unconfirmed, NULL, err);
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_object_begin(&w, NULL);
    json_bool(&w, "ok", true);
    json_array_begin(&w, unconfirmed ? "unconfirmed" : "rules");
    int result = show_all(ctl->config, unconfirmed, &w, err);
    json_array_end(&w);
    json_object_end(&w);
    if (result == 0)
        return ctl_json_print(&w, err);
    free(w.out);
    return -1;
}

int ctl_rules_list(struct ctl *ctl, struct err *err)
{
    return answer(ctl, false, err);
}

int ctl_rules_unconfirmed(struct ctl *ctl, struct err *err)
{
    return answer(ctl, true, err);
}
