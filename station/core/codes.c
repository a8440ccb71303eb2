#include "station/core/codes.h"

#include <string.h>

/* Copies text[0..length) into a field; false when it is empty or does not fit. */
static bool take(char *out, size_t size, const char *text, size_t length)
{
    if (length == 0 || length >= size)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

/* "CODE=NAME" or "CODE=NAME=WORD" */
static bool parse_entry(struct code *out, const char *text)
{
    const char *name = strchr(text, '=');
    if (!name || !take(out->code, sizeof out->code, text, (size_t)(name - text)))
        return false;
    name++;
    const char *word = strchr(name, '=');
    if (!take(out->name, sizeof out->name, name, word ? (size_t)(word - name) : strlen(name)))
        return false;
    return !word || take(out->word, sizeof out->word, word + 1, strlen(word + 1));
}

static const struct code *find(const struct codes *codes, const struct code_table *table, const char *code)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(codes->entries[table->first + i].code, code) == 0)
            return &codes->entries[table->first + i];
    return NULL;
}

static int load_entries(struct codes *codes, struct code_table *table, const struct conf *conf, ptrdiff_t node,
                        enum rule_status status, struct err *err)
{
    for (uint32_t i = 0; i < conf->nodes[node].values; i++) {
        const char *text = conf_value(conf, node, i);
        struct code entry = {.status = status};
        if (codes->entries_count == CODES_ENTRIES_MAX)
            return conf_error(conf, node, err, "more than %d codes in all", CODES_ENTRIES_MAX);
        if (!parse_entry(&entry, text))
            return conf_error(conf, node, err, "'%s' is no code; write \"CODE=NAME\" or \"CODE=NAME=WORD\"", text);
        if (find(codes, table, entry.code))
            return conf_error(conf, node, err, "the code '%s' stands twice in table '%s'", entry.code, table->name);
        codes->entries[codes->entries_count++] = entry;
        table->count++;
    }
    return 0;
}

static int load_table(struct codes *codes, struct conf *conf, ptrdiff_t section, struct err *err)
{
    const char *name = conf->nodes[section].value, *word = NULL;
    struct code_table *table = &codes->tables[codes->tables_count];
    ptrdiff_t listed, others = -1;
    conf_use(conf, section);
    if (!name || !take(table->name, sizeof table->name, name, strlen(name)))
        return conf_error(conf, section, err, "a table needs a name: table NAME { … }");
    if (codes_table(codes, name))
        return conf_error(conf, section, err, "there is a table '%s' already", name);
    if (codes->tables_count == CODES_TABLES_MAX)
        return conf_error(conf, section, err, "more than %d tables", CODES_TABLES_MAX);
    if (conf_get_text(conf, section, "title", true, table->title, sizeof table->title, err) != 0 ||
        conf_get_text(conf, section, "source", true, table->source, sizeof table->source, err) != 0 ||
        conf_get_string(conf, section, "status", true, &word, err) != 0)
        return -1;
    bool confirmed = strcmp(word, "confirmed") == 0;
    if (!confirmed && strcmp(word, "unconfirmed") != 0)
        return conf_error(conf, section, err, "status is confirmed or unconfirmed, not '%s'", word);
    table->first = codes->entries_count;
    if (conf_get_list(conf, section, "codes", true, &listed, err) != 0 ||
        load_entries(codes, table, conf, listed, confirmed ? RULE_CONFIRMED : RULE_UNCONFIRMED, err) != 0 ||
        conf_get_list(conf, section, "unconfirmed", false, &others, err) != 0 ||
        (others >= 0 && load_entries(codes, table, conf, others, RULE_UNCONFIRMED, err) != 0))
        return -1;
    codes->tables_count++;
    return 0;
}

int codes_load(struct codes *codes, struct conf *conf, struct err *err)
{
    for (ptrdiff_t section = CONF_FIRST; (section = conf_next(conf, CONF_TOP, section, CONF_SECTION, "table")) >= 0;)
        if (load_table(codes, conf, section, err) != 0)
            return -1;
    return conf_check_all_used(conf, err);
}

const struct code_table *codes_table(const struct codes *codes, const char *table)
{
    for (size_t i = 0; i < codes->tables_count; i++)
        if (strcmp(codes->tables[i].name, table) == 0)
            return &codes->tables[i];
    return NULL;
}

const struct code *codes_find(const struct codes *codes, const char *table, const char *code)
{
    const struct code_table *found = codes_table(codes, table);
    return found ? find(codes, found, code) : NULL;
}
