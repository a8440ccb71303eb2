/* Rule packs for tests of the law: from the shipped files, from text, and with numbers changed. */
#ifndef TESTS_SUPPORT_LAW_H
#define TESTS_SUPPORT_LAW_H

#include "station/core/rules.h"

/* Reads a text as a pack that is called "test.conf" in errors. */
int law_parse(struct rule_pack *pack, const char *text, struct err *err);

/* A shipped pack, which must be good. Owned by the caller (free). Tests run in the repository's root. */
struct rule_pack *law_open(const char *id);

/* The rule of that name, writable. */
struct rule *law_rule(struct rule_pack *pack, const char *name);

/* Changes a parameter, or adds one. */
void law_set(struct rule *rule, const char *param, const char *value);

/* Takes every parameter away whose name begins so. */
void law_drop(struct rule *rule, const char *prefix);

struct decimal law_decimal(const char *text);
struct civil_date law_day(const char *text);

#endif
