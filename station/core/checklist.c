#include "station/core/checklist.h"

#include <assert.h>
#include <string.h>

static const char *const answers[CHECKLIST_ANSWER_COUNT] = {
    [CHECKLIST_NOT_CHECKED] = "not-checked", [CHECKLIST_PASSED] = "passed", [CHECKLIST_FAILED] = "failed"};
static const char *const authorities[AUTHORITY_COUNT] = {
    [AUTHORITY_ENVIRONMENT] = "environment", [AUTHORITY_POLICE] = "police", [AUTHORITY_TRANSPORT] = "transport"};
static const char *const photos[PHOTO_COUNT] = {
    [PHOTO_NO] = "no", [PHOTO_FAILED] = "failed", [PHOTO_ALWAYS] = "always"};

const char *checklist_answer_name(enum checklist_answer answer)
{
    assert(answer < CHECKLIST_ANSWER_COUNT);
    return answers[answer];
}

/* The place of a word in a table, or `count`. */
static int find_word(const char *const *words, int count, const char *word)
{
    int i = 0;
    while (i < count && strcmp(words[i], word) != 0)
        i++;
    return i;
}

bool checklist_answer_by_name(const char *name, enum checklist_answer *out)
{
    *out = (enum checklist_answer)find_word(answers, CHECKLIST_ANSWER_COUNT, name);
    return *out < CHECKLIST_ANSWER_COUNT;
}

const char *checklist_authority_name(enum checklist_authority authority)
{
    assert(authority < AUTHORITY_COUNT);
    return authorities[authority];
}

/* ---- the file ---- */

static int copy_text(const struct conf *conf, ptrdiff_t node, const char *what, const char *text, char *out,
                     size_t size, struct err *err)
{
    size_t length = strlen(text);
    if (length == 0 || length >= size)
        return conf_error(conf, node, err, "'%s' is empty or longer than %zu bytes", what, size - 1);
    memcpy(out, text, length + 1);
    return 0;
}

static int load_text(struct conf *conf, ptrdiff_t section, const char *key, bool required, char *out, size_t size,
                     struct err *err)
{
    const char *text = NULL;
    if (conf_get_string(conf, section, key, required, &text, err) != 0)
        return -1;
    return text ? copy_text(conf, section, key, text, out, size, err) : 0;
}

static int load_word(struct conf *conf, ptrdiff_t section, const char *key, const char *const *words, int count,
                     int *out, struct err *err)
{
    const char *word = NULL;
    if (conf_get_string(conf, section, key, true, &word, err) != 0)
        return -1;
    *out = find_word(words, count, word);
    return *out < count ? 0
                        : conf_error(conf, section, err, "%s '%s' is none of %s, %s, %s", key, word, words[0], words[1],
                                     words[2]);
}

static int load_bound(struct conf *conf, ptrdiff_t section, const char *key, bool *has, struct decimal *out,
                      struct err *err)
{
    *has = conf_next(conf, section, CONF_FIRST, CONF_OPTION, key) >= 0;
    return *has ? conf_get_decimal(conf, section, key, true, out, err) : 0;
}

/* A number's unit, its bounds, and how sure they are. */
static int load_figures(struct checklist_item *item, struct conf *conf, ptrdiff_t section, struct err *err)
{
    static const char *const statuses[] = {"confirmed", "unconfirmed", "unconfirmed"};
    int status = 0;
    if (load_text(conf, section, "value", false, item->unit, sizeof item->unit, err) != 0 ||
        load_bound(conf, section, "min", &item->has_min, &item->min, err) != 0 ||
        load_bound(conf, section, "max", &item->has_max, &item->max, err) != 0)
        return -1;
    bool bounds = item->has_min || item->has_max;
    if (bounds && !item->unit[0])
        return conf_error(conf, section, err, "min and max need the unit of the number: value = \"%%\"");
    if (item->has_min && item->has_max && decimal_compare(item->min, item->max) > 0)
        return conf_error(conf, section, err, "min is above max");
    if (bounds && load_word(conf, section, "status", statuses, 3, &status, err) != 0)
        return -1;
    item->status = status == 0 ? RULE_CONFIRMED : RULE_UNCONFIRMED;
    return 0;
}

static int load_item(struct checklist *list, struct conf *conf, ptrdiff_t section, struct err *err)
{
    const char *name = conf->nodes[section].value;
    struct checklist_item *item = &list->items[list->items_count];
    int authority, photo;
    conf_use(conf, section);
    if (list->items_count == CHECKLIST_ITEMS_MAX)
        return conf_error(conf, section, err, "more than %d items", CHECKLIST_ITEMS_MAX);
    if (!name)
        return conf_error(conf, section, err, "an item needs a name: item NAME { … }");
    if (checklist_item(list, name))
        return conf_error(conf, section, err, "there is an item '%s' already", name);
    *item = (struct checklist_item){0};
    if (copy_text(conf, section, "item", name, item->name, sizeof item->name, err) != 0 ||
        load_text(conf, section, "zh", true, item->zh, sizeof item->zh, err) != 0 ||
        load_text(conf, section, "en", true, item->en, sizeof item->en, err) != 0 ||
        load_word(conf, section, "authority", authorities, AUTHORITY_COUNT, &authority, err) != 0 ||
        load_word(conf, section, "photo", photos, PHOTO_COUNT, &photo, err) != 0 ||
        load_figures(item, conf, section, err) != 0)
        return -1;
    item->authority = (enum checklist_authority)authority;
    item->photo = (enum checklist_photo)photo;
    list->items_count++;
    return 0;
}

int checklist_load(struct checklist *list, struct conf *conf, struct err *err)
{
    *list = (struct checklist){0};
    ptrdiff_t top = conf_next(conf, CONF_TOP, CONF_FIRST, CONF_SECTION, "checklist");
    if (top < 0 || !conf->nodes[top].value)
        return err_set(err, ERR_INVALID, "%s:1: holds no 'checklist NAME { … }'", conf->file);
    conf_use(conf, top);
    if (copy_text(conf, top, "checklist", conf->nodes[top].value, list->name, sizeof list->name, err) != 0 ||
        load_text(conf, top, "version", true, list->version, sizeof list->version, err) != 0 ||
        load_text(conf, top, "title", true, list->title, sizeof list->title, err) != 0 ||
        load_text(conf, top, "source", true, list->source, sizeof list->source, err) != 0)
        return -1;
    for (ptrdiff_t section = CONF_FIRST; (section = conf_next(conf, top, section, CONF_SECTION, "item")) >= 0;)
        if (load_item(list, conf, section, err) != 0)
            return -1;
    if (list->items_count == 0)
        return conf_error(conf, top, err, "the checklist has no item");
    return conf_check_all_used(conf, err);
}

const struct checklist_item *checklist_item(const struct checklist *list, const char *name)
{
    for (size_t i = 0; i < list->items_count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

/* ---- an answer ---- */

static bool within(const struct checklist_item *item, struct decimal value)
{
    return !(item->has_min && decimal_compare(value, item->min) < 0) &&
           !(item->has_max && decimal_compare(value, item->max) > 0);
}

int checklist_check(const struct checklist_item *item, enum checklist_answer answer, const struct decimal *value,
                    bool has_photo, struct err *err)
{
    char text[DECIMAL_TEXT_MAX];
    if (value && !item->unit[0])
        return err_set(err, ERR_INVALID, "%s takes no number; say it as --remark", item->name);
    if (value && answer == CHECKLIST_PASSED && !within(item, *value)) {
        decimal_format(*value, text);
        return err_set(err, ERR_INVALID, "%s: with %s %s it cannot be passed; look again, or say failed", item->name,
                       text, item->unit);
    }
    bool needed = item->photo == PHOTO_ALWAYS ? answer != CHECKLIST_NOT_CHECKED
                                              : item->photo == PHOTO_FAILED && answer == CHECKLIST_FAILED;
    if (needed && !has_photo)
        return err_set(err, ERR_INVALID, "%s: take a picture of it and add --photo FILE", item->name);
    return 0;
}
