#include "reports/pdfa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/sha256.h"
#include "reports/xml_text.h"

enum { OBJECTS_MAX = 65536, ID_CHARS = 32, PROFILE_MAX = 640 };

/* ---- the profile ---- */

/* An ICC profile (version 4.2, a display) of sRGB, IEC 61966-2-1: its primaries and white adapted to D50, its curve. */
struct profile {
    uint8_t bytes[PROFILE_MAX];
    size_t size;
};

static void put32(struct profile *p, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        p->bytes[at + i] = (uint8_t)(value >> (24 - 8 * i));
}

static void add32(struct profile *p, uint32_t value)
{
    put32(p, p->size, value);
    p->size += 4;
}

static void add_sign(struct profile *p, const char sign[5])
{
    memcpy(p->bytes + p->size, sign, 4);
    p->size += 4;
}

/* One English text of ASCII. */
static void add_text(struct profile *p, const char *text)
{
    size_t length = strlen(text);
    add_sign(p, "mluc");
    add32(p, 0);
    add32(p, 1);
    add32(p, 12);
    add_sign(p, "enUS");
    add32(p, (uint32_t)(2 * length));
    add32(p, 28);
    for (size_t i = 0; i < length; i++) {
        p->bytes[p->size++] = 0;
        p->bytes[p->size++] = (uint8_t)text[i];
    }
    while (p->size % 4 != 0)
        p->bytes[p->size++] = 0;
}

/* Numbers in 1/65536. */
static void add_numbers(struct profile *p, const char type[5], const int32_t *numbers, size_t count)
{
    add_sign(p, type);
    add32(p, 0);
    for (size_t i = 0; i < count; i++)
        add32(p, (uint32_t)numbers[i]);
}

static void add_tag(struct profile *p, size_t which)
{
    static const int32_t white[] = {0xF6D6, 0x10000, 0xD32D}, red[] = {0x6FA2, 0x38F5, 0x0390},
                         green[] = {0x6299, 0xB785, 0x18DA}, blue[] = {0x24A0, 0x0F84, 0xB6CF};
    static const int32_t adaptation[] = {0x10C42, 0x05DE, -0x0CD5, 0x0790, 0xFD8B, -0x045D, -0x025D, 0x03DA, 0xC08C};
    /* type 3: (a x + b)^g above d, c x below; g a b c d */
    static const int32_t curve[] = {3 << 16, 157286, 62119, 3417, 5072, 2651};
    switch (which) {
    case 0: add_text(p, "sRGB IEC61966-2-1"); break;
    case 1: add_text(p, "No copyright, use freely"); break;
    case 2: add_numbers(p, "XYZ ", white, 3); break;
    case 3: add_numbers(p, "sf32", adaptation, 9); break;
    case 4: add_numbers(p, "XYZ ", red, 3); break;
    case 5: add_numbers(p, "XYZ ", green, 3); break;
    case 6: add_numbers(p, "XYZ ", blue, 3); break;
    default: add_numbers(p, "para", curve, 6); break;
    }
}

static void make_profile(struct profile *p)
{
    static const char tags[][5] = {"desc", "cprt", "wtpt", "chad", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"};
    enum { TAGS = sizeof tags / sizeof tags[0], HEADER = 128, CURVE = 7 };
    *p = (struct profile){.size = HEADER + 4 + 12 * TAGS};
    put32(p, 8, 0x04200000);
    memcpy(p->bytes + 12, "mntrRGB XYZ ", 12);
    put32(p, 24, 2026U << 16 | 1); /* made 2026-01-01 */
    put32(p, 28, 1U << 16);
    memcpy(p->bytes + 36, "acsp", 4);
    put32(p, 68, 0xF6D6); /* D50 */
    put32(p, 72, 0x10000);
    put32(p, 76, 0xD32D);
    put32(p, HEADER, TAGS);
    size_t from = 0, size = 0;
    for (size_t i = 0; i < TAGS; i++) {
        size_t at = HEADER + 4 + 12 * i;
        if (i <= CURVE) { /* the three curves are one */
            from = p->size;
            add_tag(p, i);
            size = p->size - from;
        }
        memcpy(p->bytes + at, tags[i], 4);
        put32(p, at + 4, (uint32_t)from);
        put32(p, at + 8, (uint32_t)size);
    }
    put32(p, 0, (uint32_t)p->size);
}

/* ---- the file ---- */

struct file {
    const uint8_t *pdf;
    size_t size;
    size_t table, count; /* where the cross-reference table stands, how many objects it has */
    size_t root, info;
    size_t *offsets; /* of each object; 0: free */
};

/* The first place of a text in from … to; `to` where it is not there. */
static size_t find(const struct file *f, size_t from, size_t to, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = from; i + length <= to; i++)
        if (memcmp(f->pdf + i, text, length) == 0)
            return i;
    return to;
}

/* The number at that place, after the text; false where there is none. */
static bool number_after(const struct file *f, size_t at, const char *text, size_t *out)
{
    size_t i = at + strlen(text), start;
    if (at >= f->size)
        return false;
    while (i < f->size && (f->pdf[i] == ' ' || f->pdf[i] == '\n'))
        i++;
    start = i;
    for (*out = 0; i < f->size && f->pdf[i] >= '0' && f->pdf[i] <= '9' && i < start + 10; i++)
        *out = 10 * *out + (size_t)(f->pdf[i] - '0');
    return i > start;
}

static bool read_trailer(struct file *f)
{
    size_t tail = f->size > 64 ? f->size - 64 : 0, start = find(f, tail, f->size, "startxref");
    if (!number_after(f, start, "startxref", &f->table) || f->table >= f->size)
        return false;
    size_t trailer = find(f, f->table, f->size, "trailer");
    return find(f, f->table, f->size, "xref\n0 ") == f->table && number_after(f, f->table, "xref\n0 ", &f->count) &&
           f->count > 0 && f->count < OBJECTS_MAX &&
           number_after(f, find(f, trailer, start, "/Root"), "/Root", &f->root) &&
           number_after(f, find(f, trailer, start, "/Info"), "/Info", &f->info) && f->root < f->count &&
           f->info < f->count;
}

/* Rows of 20 bytes: "0000000015 00000 n \n". */
static bool read_table(struct file *f)
{
    enum { ROW = 20, KIND = 17 };
    size_t rows = find(f, f->table + 7, f->size, "\n") + 1;
    f->offsets = calloc(f->count, sizeof *f->offsets);
    if (!f->offsets || rows + ROW * f->count > f->size)
        return false;
    for (size_t i = 0; i < f->count; i++) {
        size_t offset;
        if (!number_after(f, rows + ROW * i, "", &offset) || offset >= f->table)
            return false;
        f->offsets[i] = f->pdf[rows + ROW * i + KIND] == 'n' ? offset : 0;
    }
    return true;
}

/* The dictionary that the object is, between its outer brackets; false: it is none, or has a stream. */
static bool dictionary(const struct file *f, size_t object, size_t *from, size_t *to)
{
    if (f->offsets[object] == 0)
        return false;
    size_t end = find(f, f->offsets[object], f->table, "endobj");
    *from = find(f, f->offsets[object], end, "<<");
    if (*from == end || find(f, *from, end, "stream") != end)
        return false;
    *from += 2;
    *to = end;
    while (*to > *from && (f->pdf[*to - 1] != '>' || f->pdf[*to - 2] != '>'))
        --*to;
    *to -= *to > *from ? 2 : 0;
    return *to > *from;
}

/* ---- the update ---- */

struct update {
    const struct file *file;
    FILE *out;
    char *text;
    size_t length;
    size_t *offsets; /* of each object from 0 to count + 2 that the update has; 0: it has not */
    size_t count;
};

static void begin_object(struct update *u, size_t object)
{
    fflush(u->out);
    u->offsets[object] = u->file->size + u->length;
    fprintf(u->out, "%zu 0 obj\n", object);
}

/* A dictionary of the file with more in it. */
static void extend(struct update *u, size_t object, const char *more)
{
    size_t from, to;
    if (!dictionary(u->file, object, &from, &to))
        return;
    begin_object(u, object);
    fputs("<<", u->out);
    fwrite(u->file->pdf + from, 1, to - from, u->out);
    fprintf(u->out, "%s>>\nendobj\n", more);
}

static void stream(struct update *u, size_t object, const char *entries, const void *data, size_t size)
{
    begin_object(u, object);
    fprintf(u->out, "<< %s /Length %zu >>\nstream\n", entries, size);
    fwrite(data, 1, size, u->out);
    fputs("\nendstream\nendobj\n", u->out);
}

/* malloc'ed */
static char *make_xmp(const struct pdfa *about, size_t *length)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    if (!out)
        return NULL;
    fputs("<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
          "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
          "<rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" "
          "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" "
          "xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\">\n"
          "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>\n"
          "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">",
          out);
    xml_text(out, about->title);
    fputs("</rdf:li></rdf:Alt></dc:title>\n<xmp:CreatorTool>", out);
    xml_text(out, about->creator);
    fputs("</xmp:CreatorTool><xmp:CreateDate>", out);
    xml_text(out, about->created);
    fputs("</xmp:CreateDate><pdf:Producer>", out);
    xml_text(out, about->producer);
    fputs("</pdf:Producer>\n</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>", out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static void write_fonts(struct update *u)
{
    for (size_t i = 1; i < u->file->count; i++) {
        size_t from, to;
        if (dictionary(u->file, i, &from, &to) && find(u->file, from, to, "/CIDFontType2") != to &&
            find(u->file, from, to, "/CIDToGIDMap") == to)
            extend(u, i, " /CIDToGIDMap /Identity ");
    }
}

static void write_trailer(struct update *u)
{
    uint8_t digest[SHA256_BYTES];
    char id[2 * SHA256_BYTES + 1];
    struct sha256 hash;
    fflush(u->out);
    size_t table = u->file->size + u->length;
    sha256_init(&hash);
    sha256_feed(&hash, u->file->pdf, u->file->size);
    sha256_feed(&hash, u->text, u->length);
    sha256_finish(&hash, digest);
    sha256_to_hex(digest, id);
    id[ID_CHARS] = '\0';
    fputs("xref\n", u->out);
    for (size_t i = 0; i < u->count; i++)
        if (u->offsets[i] > 0)
            fprintf(u->out, "%zu 1\n%010zu 00000 n \n", i, u->offsets[i]);
    fprintf(u->out,
            "trailer\n<< /Size %zu /Root %zu 0 R /Info %zu 0 R /Prev %zu /ID [<%s> <%s>] >>\nstartxref\n%zu\n%%%%EOF\n",
            u->count, u->file->root, u->file->info, u->file->table, id, id, table);
}

static void write_update(struct update *u, const char *xmp, size_t xmp_length)
{
    struct profile profile;
    char more[320];
    size_t metadata = u->file->count, icc = metadata + 1;
    make_profile(&profile);
    snprintf(
        more, sizeof more,
        " /Metadata %zu 0 R /OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) "
        "/Info (sRGB IEC61966-2-1) /DestOutputProfile %zu 0 R >>]\n",
        metadata, icc);
    extend(u, u->file->root, more);
    write_fonts(u);
    stream(u, metadata, "/Type /Metadata /Subtype /XML", xmp, xmp_length);
    stream(u, icc, "/N 3", profile.bytes, profile.size);
    write_trailer(u);
}

static uint8_t *update(const struct file *f, const struct pdfa *about, size_t *length)
{
    struct update u = {.file = f, .count = f->count + 2};
    size_t xmp_length = 0;
    char *xmp = make_xmp(about, &xmp_length);
    u.offsets = calloc(u.count, sizeof *u.offsets);
    u.out = xmp && u.offsets ? open_memstream(&u.text, &u.length) : NULL;
    bool good = u.out != NULL;
    if (good) {
        write_update(&u, xmp, xmp_length);
        good = u.offsets[f->root] > 0 && !ferror(u.out);
        good = fclose(u.out) == 0 && good;
    }
    free(xmp);
    free(u.offsets);
    *length = u.length;
    if (good)
        return (uint8_t *)u.text;
    free(u.text);
    return NULL;
}

uint8_t *pdfa_update(const uint8_t *pdf, size_t size, const struct pdfa *about, size_t *length)
{
    struct file f = {.pdf = pdf, .size = size};
    uint8_t *made = read_trailer(&f) && read_table(&f) ? update(&f, about, length) : NULL;
    free(f.offsets);
    return made;
}
