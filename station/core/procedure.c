#include "station/core/procedure.h"

#include <assert.h>
#include <string.h>

#include "station/core/free_acceleration.h"
#include "station/core/anomaly.h"
#include "station/core/drift.h"
#include "station/core/evidence.h"
#include "station/core/metrology.h"
#include "station/core/lug_down.h"
#include "station/core/obd_check.h"
#include "station/core/remote.h"
#include "station/core/ringelmann.h"
#include "station/core/two_speed_idle.h"

const struct procedure_method *const procedure_methods[] = {
    &free_acceleration_method, &lug_down_method, &obd_check_method, &ringelmann_method, &two_speed_idle_method, NULL};

static const char *const key_names[KEY_COUNT] = {
    [KEY_CONFIRM] = "confirm", [KEY_BYPASS_WARM] = "bypass-warm", [KEY_OBSERVE] = "observe", [KEY_ABORT] = "abort"};

static const char *const prompt_names[PROMPT_COUNT] = {
#define PROMPT_ROW(id, name) [PROMPT_##id] = (name),
    PROMPT_TABLE(PROMPT_ROW)
#undef PROMPT_ROW
};

const char *procedure_key_name(enum procedure_key key)
{
    assert(key < KEY_COUNT);
    return key_names[key];
}

enum procedure_key procedure_key_by_name(const char *name)
{
    enum procedure_key key = 0;
    while (key < KEY_COUNT && strcmp(key_names[key], name) != 0)
        key++;
    return key;
}

const char *prompt_name(enum prompt prompt)
{
    assert(prompt < PROMPT_COUNT);
    return prompt_names[prompt];
}

enum quantity procedure_stand_in(enum quantity quantity)
{
    if (quantity == QUANTITY_POWER)
        return QUANTITY_FORCE;
    return quantity == QUANTITY_K ? QUANTITY_OPACITY : QUANTITY_COUNT;
}

const struct procedure_method *procedure_method_by_name(const char *name)
{
    for (size_t i = 0; procedure_methods[i]; i++)
        if (strcmp(procedure_methods[i]->name, name) == 0)
            return procedure_methods[i];
    return NULL;
}

static int check_rule(const struct rule_pack *pack, const struct rule *rule, struct err *err)
{
    const struct vehicle nobody = {0};
    const struct procedure_method *method = procedure_method_by_name(rule->method);
    struct procedure p;
    if (strcmp(rule->method, REMOTE_METHOD) == 0)
        return remote_check_rule(rule, err);
    if (strcmp(rule->method, ANOMALY_METHOD) == 0)
        return anomaly_load(&(struct anomaly_params){0}, rule, err) != 0
                   ? -1
                   : drift_load(&(struct drift_params){0}, rule, err);
    if (strcmp(rule->method, EVIDENCE_METHOD) == 0 || strcmp(rule->method, EVIDENCE_METHOD_PASSAGE) == 0)
        return evidence_load(&(struct evidence_rule){0}, rule, err);
    if (metrology_knows(rule->method))
        return metrology_check_rule(pack, rule, err);
    if (!method)
        return err_set(err, ERR_INVALID, "rule '%s': this program knows no method '%s'", rule->name, rule->method);
    return method->init(&p, pack, rule, &nobody, LIMIT_CLASS_A, err);
}

int procedure_check_pack(const struct rule_pack *pack, const char *file, struct err *err)
{
    for (size_t i = 0; i < pack->rules_count; i++)
        if (check_rule(pack, &pack->rules[i], err) != 0)
            return err_prefix(err, "%s:%u", file, pack->rules[i].line);
    return 0;
}
