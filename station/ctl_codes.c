#include <string.h>

#include "station/ctl.h"

static void write_tables(const struct codes *codes, struct json_writer *w)
{
    json_bool(w, "ok", true);
    json_array_begin(w, "tables");
    for (size_t i = 0; i < codes->tables_count; i++) {
        json_object_begin(w, NULL);
        json_integer(w, "codes", (int64_t)codes->tables[i].count);
        json_string(w, "source", codes->tables[i].source);
        json_string(w, "table", codes->tables[i].name);
        json_string(w, "title", codes->tables[i].title);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_table(const struct codes *codes, const struct code_table *table, struct json_writer *w)
{
    json_array_begin(w, "codes");
    for (size_t i = 0; i < table->count; i++) {
        const struct code *code = &codes->entries[table->first + i];
        json_object_begin(w, NULL);
        json_string(w, "code", code->code);
        json_string(w, "name", code->name);
        json_string(w, "status", code->status == RULE_CONFIRMED ? "confirmed" : "unconfirmed");
        json_string(w, "word", code->word);
        json_object_end(w);
    }
    json_array_end(w);
    json_bool(w, "ok", true);
    json_string(w, "source", table->source);
    json_string(w, "table", table->name);
    json_string(w, "title", table->title);
}

static int print_json(const struct codes *codes, const struct code_table *table, struct err *err)
{
    struct json_writer w;
    if (ctl_json_begin(&w, err) != 0)
        return -1;
    json_object_begin(&w, NULL);
    if (table)
        write_table(codes, table, &w);
    else
        write_tables(codes, &w);
    json_object_end(&w);
    return ctl_json_print(&w, err);
}

static void print_text(const struct codes *codes, const struct code_table *table)
{
    for (size_t i = 0; !table && i < codes->tables_count; i++)
        printf("%-12s %4zu  %s (%s)\n", codes->tables[i].name, codes->tables[i].count, codes->tables[i].title,
               codes->tables[i].source);
    if (!table)
        return;
    printf("%s: %s\n", table->title, table->source);
    for (size_t i = 0; i < table->count; i++) {
        const struct code *code = &codes->entries[table->first + i];
        printf("  %-8s %s%s%s%s\n", code->code, code->name, code->word[0] ? "  = " : "", code->word,
               code->status == RULE_CONFIRMED ? "" : "  (未确认 unconfirmed)");
    }
}

int ctl_codes(struct ctl *ctl, struct err *err)
{
    const struct code_table *table = NULL;
    if (ctl_load_config(ctl, err) != 0 || config_codes(ctl->config, err) != 0)
        return -1;
    const struct codes *codes = ctl->config->codes;
    if (ctl->words_count && !(table = codes_table(codes, ctl->words[0])))
        return err_set(err, ERR_INVALID, "there is no code list '%s'; smogctl codes names them", ctl->words[0]);
    if (ctl->json)
        return print_json(codes, table, err);
    print_text(codes, table);
    return 0;
}
