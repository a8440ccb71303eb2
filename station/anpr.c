#include "station/anpr.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocols/multipart.h"
#include "reports/sha256.h"

/* ---- XML ---- */

enum { DEPTH_MAX = 16 };

/* Which element means what; parent NULL: wherever it stands. The first one counts. */
static const struct field {
    const char *parent, *name;
    size_t offset, size;
} fields[] = {
#define FIELD(parent, name, member)                                                                                    \
    {                                                                                                                  \
        parent, name, offsetof(struct anpr_event, member), sizeof((struct anpr_event *)0)->member                      \
    }
    FIELD("EventNotificationAlert", "eventType", event_type),
    FIELD("EventNotificationAlert", "dateTime", time),
    FIELD(NULL, "UUID", uuid),
    FIELD(NULL, "picName", pic_name),
    FIELD("ANPR", "licensePlate", plate),
    FIELD("ANPR", "plateColor", plate_colour),
    FIELD("ANPR", "confidenceLevel", confidence),
    FIELD("ANPR", "plateCharBelieve", chars),
    FIELD("ANPR", "line", line),
    FIELD("ANPR", "direction", direction),
    FIELD("ANPR", "vehicleType", vehicle_type),
#undef FIELD
};

struct reader {
    XML_Parser parser;
    struct anpr_event *event;
    char names[DEPTH_MAX][ANPR_TEXT_MAX]; /* the open elements, by local name */
    size_t depth;
    char *out; /* where the text of this element goes; NULL: nowhere */
    size_t size;
    const char *refused;
};

static void stop(struct reader *r, const char *why)
{
    r->refused = why;
    XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    (void)attributes;
    struct reader *r = ctx;
    const char *colon = strrchr(name, ':');
    const char *parent = r->depth > 0 ? r->names[r->depth - 1] : "";
    if (r->depth == DEPTH_MAX) {
        stop(r, "its elements are nested too deep");
        return;
    }
    snprintf(r->names[r->depth], sizeof r->names[0], "%s", colon ? colon + 1 : name);
    r->out = NULL;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char *member = (char *)r->event + fields[i].offset;
        if (member[0] || strcmp(fields[i].name, r->names[r->depth]) != 0 ||
            (fields[i].parent && strcmp(fields[i].parent, parent) != 0))
            continue;
        r->out = member;
        r->size = fields[i].size;
    }
    r->depth++;
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
    (void)name;
    struct reader *r = ctx;
    r->depth--;
    r->out = NULL;
}

static void XMLCALL on_text(void *ctx, const XML_Char *text, int length)
{
    struct reader *r = ctx;
    if (!r->out)
        return;
    size_t have = strlen(r->out), more = (size_t)length;
    if (have + more >= r->size) {
        stop(r, "one of its values is too long");
        return;
    }
    memcpy(r->out + have, text, more);
    r->out[have + more] = '\0';
}

static void XMLCALL on_doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                               int has_subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    stop(ctx, "it declares a document type, which a camera has no need of");
}

/* No blanks around a value, no control characters within. */
static void tidy(char *text)
{
    size_t from = strspn(text, " \t\r\n"), length = strlen(text + from);
    memmove(text, text + from, length + 1);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

static int read_xml(struct anpr_event *event, struct err *err)
{
    struct reader r = {.event = event, .parser = XML_ParserCreate(NULL)};
    if (!r.parser)
        return err_set(err, ERR_FAILED, "out of memory");
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    int result = 0;
    if (XML_Parse(r.parser, (const char *)event->xml, (int)event->xml_length, XML_TRUE) != XML_STATUS_OK)
        result = err_set(err, ERR_INVALID, "its XML cannot be read, line %lu: %s",
                         (unsigned long)XML_GetCurrentLineNumber(r.parser),
                         r.refused ? r.refused : XML_ErrorString(XML_GetErrorCode(r.parser)));
    XML_ParserFree(r.parser);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        tidy((char *)event + fields[i].offset);
    if (result == 0 && event->event_type[0] == '\0')
        result = err_set(err, ERR_INVALID, "its XML is no event notification: it has no eventType");
    return result;
}

/* ---- parts ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcasecmp(text + length - tail, end) == 0;
}

static bool is_xml(const struct multipart_part *part)
{
    return strstr(part->type, "xml") || ends_with(part->name, ".xml") || ends_with(part->filename, ".xml");
}

static int take_xml(struct anpr_event *event, const void *data, size_t length, struct err *err)
{
    if (event->xml)
        return err_set(err, ERR_INVALID, "it has two XML parts");
    if (length > ANPR_XML_MAX)
        return err_set(err, ERR_INVALID, "its XML has %zu bytes, at most %d are taken", length, ANPR_XML_MAX);
    event->xml = data;
    event->xml_length = length;
    return 0;
}

static bool is_taken(const struct anpr_event *event, const char *name)
{
    for (size_t i = 0; i < event->pictures_count; i++)
        if (strcmp(event->pictures[i].name, name) == 0)
            return true;
    return false;
}

/* The sender's name as far as it is harmless; pictures of one name are told apart by a number. */
static void name_picture(const struct anpr_event *event, const struct multipart_part *part, char out[ANPR_TEXT_MAX])
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const char *from = part->name[0] ? part->name : part->filename;
    size_t length = strspn(from, good);
    bool usable = length > 0 && length < 48 && from[length] == '\0' && from[0] != '.';
    snprintf(out, ANPR_TEXT_MAX, "%.48s", usable ? from : "picture.jpg");
    for (int n = 2; is_taken(event, out); n++)
        snprintf(out, ANPR_TEXT_MAX, "picture%d.jpg", n);
}

static int take_part(struct anpr_event *event, const struct multipart_part *part, struct err *err)
{
    if (is_xml(part))
        return take_xml(event, part->data, part->length, err);
    if (part->length < 3 || memcmp(part->data, "\xff\xd8\xff", 3) != 0)
        return 0; /* no picture, nothing that we know */
    if (event->pictures_count == ANPR_PICTURES_MAX)
        return err_set(err, ERR_INVALID, "it has more than %d pictures", ANPR_PICTURES_MAX);
    struct anpr_picture *picture = &event->pictures[event->pictures_count];
    name_picture(event, part, picture->name);
    picture->data = part->data;
    picture->length = part->length;
    event->pictures_count++;
    return 0;
}

static int read_parts(struct anpr_event *event, struct multipart *m, struct err *err)
{
    struct multipart_part part;
    enum multipart_result result;
    for (size_t parts = 0; (result = multipart_next(m, &part)) == MULTIPART_PART; parts++) {
        if (parts == ANPR_PARTS_MAX)
            return err_set(err, ERR_INVALID, "it has more than %d parts", ANPR_PARTS_MAX);
        if (take_part(event, &part, err) != 0)
            return -1;
    }
    return result == MULTIPART_END ? 0 : err_set(err, ERR_INVALID, "its multipart body is cut off or malformed");
}

int anpr_read(struct anpr_event *event, const char *content_type, const void *body, size_t length, struct err *err)
{
    struct multipart m;
    *event = (struct anpr_event){0};
    if (multipart_init(&m, content_type, body, length)) {
        if (read_parts(event, &m, err) != 0)
            return -1;
    } else if (strstr(content_type, "xml")) {
        if (take_xml(event, body, length, err) != 0)
            return -1;
    } else {
        return err_set(err, ERR_INVALID, "its content type is '%.60s'; multipart/form-data or XML is taken",
                       content_type);
    }
    return event->xml ? read_xml(event, err) : err_set(err, ERR_INVALID, "it has no XML part");
}

void anpr_key(const struct anpr_event *event, char out[2 * ANPR_TEXT_MAX + 2])
{
    if (event->uuid[0])
        snprintf(out, 2 * ANPR_TEXT_MAX + 2, "%s", event->uuid);
    else if (event->pic_name[0])
        snprintf(out, 2 * ANPR_TEXT_MAX + 2, "%s %s", event->pic_name, event->time);
    else
        sha256_hex(event->xml, event->xml_length, out);
}
