/* What a camera pushes. First byte: multipart, XML alone, or L for a list that it was asked for; the rest: the body.
 * What is taken stays within the body and is clean text. */
#include "station/anpr.h"

#include <string.h>

#include "station/core/utf8.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    FUZZ_CHECK(length < size && utf8_check(text, length) == length);
    for (size_t i = 0; i < length; i++)
        FUZZ_CHECK((unsigned char)text[i] >= 0x20);
}

static void check_range(const uint8_t *part, size_t length, const uint8_t *body, size_t size)
{
    FUZZ_CHECK(part >= body && length <= size && (size_t)(part - body) <= size - length);
}

static int check_list(const char *body, size_t size)
{
    struct anpr_list list;
    struct err err = {0};
    if (anpr_list_read(&list, body, size, &err) != 0) {
        FUZZ_CHECK(err.code && err.text[0] && list.count == 0 && !list.events);
        return 0;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct anpr_event *event = &list.events[i];
        check_range(event->xml, event->xml_length, (const uint8_t *)body, size);
        check_text(event->plate, sizeof event->plate);
        check_text(event->pic_name, sizeof event->pic_name);
        FUZZ_CHECK(event->pic_name[0] && event->xml_length > 0);
        FUZZ_CHECK(i == 0 || strlen(list.events[i - 1].pic_name) <= strlen(event->pic_name));
    }
    anpr_list_free(&list);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct anpr_event event;
    char key[2 * ANPR_TEXT_MAX + 2];
    struct err err = {0};
    if (size == 0)
        return 0;
    const uint8_t *body = data + 1;
    if (data[0] == 'L')
        return check_list((const char *)body, size - 1);
    const char *type = data[0] & 1 ? "multipart/form-data; boundary=b" : "application/xml";
    if (anpr_read(&event, type, body, size - 1, &err) != 0) {
        FUZZ_CHECK(err.code && err.text[0]);
        return 0;
    }
    FUZZ_CHECK(event.event_type[0]);
    check_range(event.xml, event.xml_length, body, size - 1);
    check_text(event.plate, sizeof event.plate);
    check_text(event.uuid, sizeof event.uuid);
    check_text(event.chars, sizeof event.chars);
    check_text(event.time, sizeof event.time);
    for (size_t i = 0; i < event.pictures_count; i++) {
        check_range(event.pictures[i].data, event.pictures[i].length, body, size - 1);
        check_text(event.pictures[i].name, sizeof event.pictures[i].name);
        FUZZ_CHECK(event.pictures[i].name[0] && event.pictures[i].name[0] != '.' &&
                   !strchr(event.pictures[i].name, '/'));
    }
    anpr_key(&event, key);
    check_text(key, sizeof key);
    return 0;
}
