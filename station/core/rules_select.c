#include <string.h>

#include "station/core/rules.h"
#include "station/core/rules_selectors.h"

static bool in_force(const struct rule *rule, struct civil_date day)
{
    return civil_date_compare(rule->from, day) <= 0 && (!rule->to.year || civil_date_compare(day, rule->to) <= 0);
}

struct candidate {
    const struct rule *rule;
    const struct rule_pack *pack;
    enum rules_match match;
    enum vehicle_fact missing;
};

/* Fills the first two candidates; returns how many there are. */
static size_t find_candidates(const struct rule_pack *packs, size_t packs_count, const char *method,
                              const struct vehicle *vehicle, struct civil_date day, struct candidate found[2])
{
    size_t count = 0;
    for (size_t p = 0; p < packs_count; p++) {
        for (size_t i = 0; i < packs[p].rules_count; i++) {
            struct candidate c = {.rule = &packs[p].rules[i], .pack = &packs[p]};
            if (strcmp(c.rule->method, method) != 0 || !in_force(c.rule, day))
                continue;
            c.match = rules_selectors_match(c.rule, vehicle, &c.missing);
            if (c.match == RULES_NO)
                continue;
            if (count < 2)
                found[count] = c;
            count++;
        }
    }
    return count;
}

const struct rule *rules_select(const struct rule_pack *packs, size_t packs_count, const char *method,
                                const struct vehicle *vehicle, struct civil_date day, const struct rule_pack **pack,
                                struct err *err)
{
    struct candidate found[2];
    size_t count = find_candidates(packs, packs_count, method, vehicle, day, found);
    if (count == 1) {
        *pack = found[0].pack;
        return found[0].rule;
    }
    char text[CIVIL_DATE_TEXT_MAX];
    civil_date_format(day, text);
    if (count == 0) {
        err_set(err, ERR_INVALID,
                "no rule for %s of this vehicle on %s; look at its fuel, class and dates, or add a rule pack", method,
                text);
        return NULL;
    }
    const struct candidate *open = found[0].match == RULES_POSSIBLE ? &found[0] : &found[1];
    if (open->match == RULES_POSSIBLE) {
        const char *key = vehicle_fact_key(open->missing);
        err_set(err, ERR_INVALID, "the rule depends on %s: say it with --vehicle %s=…", key, key);
    } else {
        err_set(err, ERR_INVALID, "on %s two rules fit this vehicle, '%s' of %s and '%s' of %s; configure one of them",
                text, found[0].rule->name, found[0].pack->id, found[1].rule->name, found[1].pack->id);
    }
    return NULL;
}
