#include "protocols/jpeg.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    SOI = 0xD8,
    EOI = 0xD9,
    SOS = 0xDA,
    APP1 = 0xE1,
    TAG_MAKE = 0x010F,
    TAG_MODEL = 0x0110,
    TAG_EXIF = 0x8769,
    TAG_TAKEN = 0x9003,
    TAG_OFFSET = 0x9011,
    TAG_FRACTION = 0x9291,
    TYPE_ASCII = 2,
    TYPE_LONG = 4,
    ENTRY_SIZE = 12,
};

static unsigned word(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* ---- Exif: a TIFF block with its own byte order ---- */

struct tiff {
    const uint8_t *data;
    size_t size;
    bool little;
};

static uint32_t number(const struct tiff *t, size_t at, size_t bytes)
{
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | t->data[at + (t->little ? bytes - 1 - i : i)];
    return value;
}

/* Where the entry of that tag begins in the directory at `at`; 0: it has none. */
static size_t find_entry(const struct tiff *t, size_t at, unsigned tag, unsigned type)
{
    if (at < 8 || at > t->size || t->size - at < 2)
        return 0;
    size_t count = number(t, at, 2);
    for (size_t i = 0, entry = at + 2; i < count && t->size - entry >= ENTRY_SIZE; i++, entry += ENTRY_SIZE)
        if (number(t, entry, 2) == tag && number(t, entry + 2, 2) == type)
            return entry;
    return 0;
}

/* A text of printable ASCII; anything else is none. */
static void get_text(const struct tiff *t, size_t directory, unsigned tag, char out[JPEG_TEXT_MAX])
{
    size_t entry = find_entry(t, directory, tag, TYPE_ASCII), length = 0;
    out[0] = '\0';
    if (entry == 0)
        return;
    size_t count = number(t, entry + 4, 4), at = count <= 4 ? entry + 8 : number(t, entry + 8, 4);
    if (at > t->size || count > t->size - at)
        return;
    while (length < count && t->data[at + length])
        length++;
    while (length > 0 && t->data[at + length - 1] == ' ')
        length--;
    if (length >= JPEG_TEXT_MAX)
        return;
    for (size_t i = 0; i < length; i++)
        if (t->data[at + i] < 0x20 || t->data[at + i] > 0x7e)
            return;
    memcpy(out, t->data + at, length);
    out[length] = '\0';
}

/* Does the text look like the pattern, where 9 stands for a digit? */
static bool looks_like(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '9' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    return *text == '\0';
}

/* "2026:07:01 09:30:12" and what may stand beside it. */
static void get_taken(const struct tiff *t, size_t directory, char out[JPEG_TEXT_MAX])
{
    char at[JPEG_TEXT_MAX], fraction[JPEG_TEXT_MAX], offset[JPEG_TEXT_MAX];
    get_text(t, directory, TAG_TAKEN, at);
    get_text(t, directory, TAG_FRACTION, fraction);
    get_text(t, directory, TAG_OFFSET, offset);
    if (!looks_like(at, "9999:99:99 99:99:99") || memcmp(at, "0000", 4) == 0)
        return;
    bool fine = fraction[0] && strlen(fraction) <= 3 && strspn(fraction, "0123456789") == strlen(fraction);
    if (offset[0] && !looks_like(offset + 1, "99:99"))
        offset[0] = '\0';
    if (offset[0] && offset[0] != '+' && offset[0] != '-')
        offset[0] = '\0';
    snprintf(out, JPEG_TEXT_MAX, "%.4s-%.2s-%.2sT%.8s%s%.3s%.6s", at, at + 5, at + 8, at + 11, fine ? "." : "",
             fine ? fraction : "", offset);
}

static void read_exif(struct jpeg *out, const uint8_t *data, size_t size)
{
    static const char head[] = "Exif\0"; /* and the NUL that ends this text */
    if (size < sizeof head + 8 || memcmp(data, head, sizeof head) != 0)
        return;
    struct tiff t = {data + sizeof head, size - sizeof head, data[sizeof head] == 'I'};
    if (memcmp(t.data, t.little ? "II" : "MM", 2) != 0 || number(&t, 2, 2) != 42)
        return;
    size_t first = number(&t, 4, 4);
    get_text(&t, first, TAG_MAKE, out->maker);
    get_text(&t, first, TAG_MODEL, out->model);
    size_t entry = find_entry(&t, first, TAG_EXIF, TYPE_LONG);
    if (entry)
        get_taken(&t, number(&t, entry + 8, 4), out->taken);
}

/* ---- the markers ---- */

static bool is_frame(unsigned marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* Markers without a segment behind them: restarts, TEM. */
static bool stands_alone(unsigned marker)
{
    return (marker >= 0xD0 && marker <= 0xD7) || marker == 0x01;
}

static void read_frame(struct jpeg *out, const uint8_t *segment, size_t length)
{
    if (length < 6 || out->width)
        return;
    out->bits = (unsigned)segment[0] * segment[5];
    out->height = word(segment + 1);
    out->width = word(segment + 3);
}

/* The next FF that begins a marker, from `at`; coded data has FF 00 for a byte FF. `size` where there is none. */
static size_t next_marker(const uint8_t *data, size_t size, size_t at)
{
    for (; at + 1 < size; at++)
        if (data[at] == 0xFF && data[at + 1] != 0x00 && data[at + 1] != 0xFF && !stands_alone(data[at + 1]))
            return at;
    return size;
}

const char *jpeg_read(struct jpeg *out, const uint8_t *data, size_t size)
{
    *out = (struct jpeg){0};
    if (size < 4 || data[0] != 0xFF || data[1] != SOI || data[2] != 0xFF)
        return "is no JPEG";
    bool coded = false; /* picture data has been seen */
    for (size_t at = 2; (at = next_marker(data, size, at)) < size;) {
        unsigned marker = data[at + 1];
        if (marker == EOI && out->width && out->height && coded)
            return NULL;
        if (marker == EOI)
            return "is a JPEG without a picture";
        if (size - at < 4 || word(data + at + 2) < 2 || size - at - 2 < word(data + at + 2))
            break;
        const uint8_t *segment = data + at + 4;
        size_t length = word(data + at + 2) - 2U;
        if (is_frame(marker))
            read_frame(out, segment, length);
        else if (marker == APP1)
            read_exif(out, segment, length);
        coded = coded || marker == SOS;
        at += 2 + word(data + at + 2);
    }
    return "is cut off: its end is missing";
}
