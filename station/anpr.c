#include "station/anpr.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocols/multipart.h"
#include "reports/sha256.h"
#include "station/core/json.h"

/* ---- XML ---- */

enum { DEPTH_MAX = 16 };

/* Which element means what; parent NULL: wherever it stands. The first one counts. */
struct field {
    const char *parent, *name;
    size_t offset, size;
};

static const struct field fields[] = {
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
    {0},
};

/* The same of a plate in a list. */
static const struct field list_fields[] = {
    FIELD("Plate", "captureTime", time),
    FIELD("Plate", "UUID", uuid),
    FIELD("Plate", "picName", pic_name),
    FIELD("Plate", "plateNumber", plate),
    FIELD("Plate", "plateColor", plate_colour),
    FIELD("Plate", "confidenceLevel", confidence),
    FIELD("Plate", "plateCharBelieve", chars),
    FIELD("Plate", "laneNo", line),
    FIELD("Plate", "direction", direction),
    FIELD("Plate", "vehicleType", vehicle_type),
    {0},
};
#undef FIELD

struct reader {
    XML_Parser parser;
    const struct field *fields;
    struct anpr_event *event;             /* NULL: between two plates of a list */
    struct anpr_list *list;               /* NULL: it is no list */
    const char *text;                     /* all of it */
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

static const char *add_plate(struct anpr_list *list, struct anpr_event **event)
{
    if (list->count == ANPR_LIST_MAX)
        return "there are too many plates in it";
    struct anpr_event *more = realloc(list->events, (list->count + 1) * sizeof *more);
    if (!more)
        return "out of memory";
    list->events = more;
    *event = &more[list->count++];
    **event = (struct anpr_event){.event_type = "ANPR"};
    return NULL;
}

static void begin_plate(struct reader *r)
{
    const char *why = r->event ? "there is a plate within a plate" : add_plate(r->list, &r->event);
    if (why)
        stop(r, why);
    else
        r->event->xml = (const uint8_t *)r->text + XML_GetCurrentByteIndex(r->parser);
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
    if (r->list && strcmp(r->names[r->depth], "Plate") == 0)
        begin_plate(r);
    for (const struct field *f = r->fields; r->event && f->name; f++) {
        char *member = (char *)r->event + f->offset;
        if (member[0] || strcmp(f->name, r->names[r->depth]) != 0 || (f->parent && strcmp(f->parent, parent) != 0))
            continue;
        r->out = member;
        r->size = f->size;
    }
    r->depth++;
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
    (void)name;
    struct reader *r = ctx;
    r->depth--;
    r->out = NULL;
    if (!r->list || !r->event || strcmp(r->names[r->depth], "Plate") != 0)
        return;
    const uint8_t *end =
        (const uint8_t *)r->text + XML_GetCurrentByteIndex(r->parser) + XML_GetCurrentByteCount(r->parser);
    r->event->xml_length = (size_t)(end - r->event->xml);
    r->event = NULL;
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

static void tidy_all(struct anpr_event *event, const struct field *all)
{
    for (const struct field *f = all; f->name; f++)
        tidy((char *)event + f->offset);
}

static int parse_xml(struct reader *r, const char *text, size_t length, struct err *err)
{
    r->text = text;
    r->parser = XML_ParserCreate(r->list ? "UTF-8" : NULL); /* byte positions are wanted of a list */
    if (!r->parser)
        return err_set(err, ERR_FAILED, "out of memory");
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    int result = 0;
    if (XML_Parse(r->parser, text, (int)length, XML_TRUE) != XML_STATUS_OK)
        result = err_set(err, ERR_INVALID, "its XML cannot be read, line %lu: %s",
                         (unsigned long)XML_GetCurrentLineNumber(r->parser),
                         r->refused ? r->refused : XML_ErrorString(XML_GetErrorCode(r->parser)));
    XML_ParserFree(r->parser);
    return result;
}

static int read_xml(struct anpr_event *event, struct err *err)
{
    struct reader r = {.event = event, .fields = fields};
    int result = parse_xml(&r, (const char *)event->xml, event->xml_length, err);
    tidy_all(event, fields);
    if (result == 0 && event->event_type[0] == '\0')
        result = err_set(err, ERR_INVALID, "its XML is no event notification: it has no eventType");
    return result;
}

/* ---- lists ---- */

/* A text, or a number as it stands there. */
static bool read_member(const struct json_doc *doc, ptrdiff_t token, char *out, size_t size)
{
    if (token < 0 || doc->tokens[token].type == JSON_NULL)
        return true;
    if (doc->tokens[token].type != JSON_NUMBER)
        return json_get_string(doc, token, out, size);
    int length = snprintf(out, size, "%.*s", (int)doc->tokens[token].length, doc->text + doc->tokens[token].start);
    return length > 0 && (size_t)length < size;
}

static int read_json_plate(struct anpr_list *list, const struct json_doc *doc, ptrdiff_t token, struct err *err)
{
    struct anpr_event *event;
    if (token < 0 || doc->tokens[token].type != JSON_OBJECT)
        return err_set(err, ERR_INVALID, "its JSON has a plate that is no object");
    const char *why = add_plate(list, &event);
    if (why)
        return err_set(err, ERR_INVALID, "%s", why);
    event->xml = (const uint8_t *)doc->text + doc->tokens[token].start;
    event->xml_length = doc->tokens[token].length;
    for (const struct field *f = list_fields; f->name; f++)
        if (!read_member(doc, json_member(doc, (size_t)token, f->name), (char *)event + f->offset, f->size))
            return err_set(err, ERR_INVALID, "its JSON has a %s that is no text, or too long", f->name);
    return 0;
}

static int read_json_plates(struct anpr_list *list, const struct json_doc *doc, struct err *err)
{
    ptrdiff_t plates = doc->tokens[0].type == JSON_OBJECT ? json_member(doc, 0, "Plates") : -1;
    if (plates >= 0 && doc->tokens[plates].type == JSON_OBJECT) {
        ptrdiff_t plate = json_member(doc, (size_t)plates, "Plate");
        if (plate < 0)
            return 0;
        plates = plate;
    }
    if (plates < 0)
        return err_set(err, ERR_INVALID, "its JSON is no list of plates: it has no 'Plates'");
    if (doc->tokens[plates].type == JSON_OBJECT)
        return read_json_plate(list, doc, plates, err);
    if (doc->tokens[plates].type != JSON_ARRAY)
        return err_set(err, ERR_INVALID, "its JSON has 'Plates' that are no list");
    ptrdiff_t token = plates + 1;
    for (uint32_t i = 0; i < doc->tokens[plates].count; i++, token = (ptrdiff_t)doc->tokens[token].next)
        if (read_json_plate(list, doc, token, err) != 0)
            return -1;
    return 0;
}

static int read_json(struct anpr_list *list, const char *body, size_t length, struct err *err)
{
    enum { TOKENS_MAX = 1 << 17 };
    struct json_token *tokens = calloc(TOKENS_MAX, sizeof *tokens);
    struct json_doc doc = {0};
    struct err why = {0};
    int result = 0;
    list->json = true;
    if (!tokens)
        return err_set(err, ERR_FAILED, "out of memory");
    if (json_parse(&doc, body, length, tokens, TOKENS_MAX, &why) != 0)
        result = err_set(err, ERR_INVALID, "its JSON cannot be read: %.160s", why.text);
    else
        result = read_json_plates(list, &doc, err);
    free(tokens);
    return result;
}

static int read_xml_list(struct anpr_list *list, const char *body, size_t length, struct err *err)
{
    struct reader r = {.fields = list_fields, .list = list};
    if (parse_xml(&r, body, length, err) != 0)
        return -1;
    return strcmp(r.names[0], "Plates") == 0
               ? 0
               : err_set(err, ERR_INVALID, "its XML is no list of plates but '%.40s'", r.names[0]);
}

/* Numbers of any length, written without leading zeros. */
static int by_picture(const void *a, const void *b)
{
    const struct anpr_event *one = a, *other = b;
    size_t length = strlen(one->pic_name), length2 = strlen(other->pic_name);
    return length != length2 ? (length < length2 ? -1 : 1) : strcmp(one->pic_name, other->pic_name);
}

int anpr_list_read(struct anpr_list *list, const char *body, size_t length, struct err *err)
{
    size_t blank = 0;
    *list = (struct anpr_list){0};
    while (blank < length && body[blank] && strchr(" \t\r\n", body[blank]))
        blank++;
    if (blank == length)
        return 0;
    int result = body[blank] == '{' ? read_json(list, body, length, err)
                                    : read_xml_list(list, body + blank, length - blank, err);
    for (size_t i = 0; result == 0 && i < list->count; i++) {
        tidy_all(&list->events[i], list_fields);
        if (list->events[i].pic_name[0] == '\0')
            result = err_set(err, ERR_INVALID, "it has a plate without picName");
    }
    if (result != 0)
        anpr_list_free(list);
    else if (list->count > 1)
        qsort(list->events, list->count, sizeof *list->events, by_picture);
    return result;
}

void anpr_list_free(struct anpr_list *list)
{
    free(list->events);
    *list = (struct anpr_list){0};
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
