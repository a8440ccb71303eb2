#include "station/entries.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct entry *add(struct entries *e, const char *key, enum entry_type type)
{
    assert(e->count < ENTRIES_MAX);
    struct entry *entry = &e->items[e->count++];
    *entry = (struct entry){.key = key, .type = type};
    return entry;
}

void entries_text(struct entries *e, const char *key, const char *text)
{
    if (text && text[0])
        add(e, key, ENTRY_TEXT)->text = text;
}

void entries_integer(struct entries *e, const char *key, int64_t value)
{
    add(e, key, ENTRY_INTEGER)->integer = value;
}

void entries_bool(struct entries *e, const char *key, bool value)
{
    add(e, key, ENTRY_BOOL)->integer = value;
}

void entries_raw(struct entries *e, const char *key, const char *json, size_t length)
{
    if (!json)
        return;
    struct entry *entry = add(e, key, ENTRY_RAW);
    entry->text = json;
    entry->length = length;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return strcmp(left->key, right->key);
}

void entries_write(struct entries *e, struct json_writer *w, const char *key)
{
    qsort(e->items, e->count, sizeof e->items[0], by_key);
    json_object_begin(w, key);
    for (size_t i = 0; i < e->count; i++) {
        const struct entry *entry = &e->items[i];
        switch (entry->type) {
        case ENTRY_TEXT: json_string(w, entry->key, entry->text); break;
        case ENTRY_INTEGER: json_integer(w, entry->key, entry->integer); break;
        case ENTRY_BOOL: json_bool(w, entry->key, entry->integer != 0); break;
        case ENTRY_RAW: json_raw(w, entry->key, entry->text, entry->length); break;
        }
    }
    json_object_end(w);
}

void entries_object(struct entries *e, const char *key, struct entries *members, char *text, size_t size)
{
    struct json_writer w;
    json_writer_init(&w, text, size);
    entries_write(members, &w, NULL);
    ptrdiff_t length = json_writer_finish(&w);
    assert(length > 0);
    entries_raw(e, key, text, (size_t)length);
}
