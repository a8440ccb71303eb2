#include "reports/soap.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/charset.h"
#include "reports/encoding.h"
#include "reports/xml_text.h"
#include "station/core/utf8.h"

enum { DEPTH_MAX = 12, NAME_MAX_BYTES = 64, VALUE_MAX = 512 };

/* ---- writing ---- */

/* Plain ASCII stays as it is, whether the receiver decodes it or not; everything else is encoded as a whole. */
static void url_encode(FILE *out, const char *text)
{
    bool plain = true;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        plain = plain && *c >= 0x20 && *c < 0x7F && !strchr("%+&<>\"'", *c);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        bool word =
            (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || strchr("-_.*", *c);
        if (plain || word)
            fputc(*c, out);
        else
            fprintf(out, "%%%02X", *c);
    }
}

static bool write_picture(FILE *out, const struct neutral_file *picture)
{
    char *text = malloc(ENCODING_BASE64_ROOM(picture->size));
    if (!text)
        return false;
    encoding_base64(picture->data, picture->size, text);
    fputs(text, out);
    free(text);
    return true;
}

/* The text of a memory stream (which stands in *text only after it is closed), or NULL. */
static char *finish(FILE *out, char **text, bool good)
{
    good = !ferror(out) && good;
    if (fclose(out) == 0 && good)
        return *text;
    free(*text);
    return NULL;
}

char *soap_document(const char *node, const char *encoding, const struct message *m, size_t *length)
{
    char *text = NULL;
    bool good = true;
    FILE *out = open_memstream(&text, length);
    if (!out)
        return NULL;
    fprintf(out, "<?xml version=\"1.0\" encoding=\"%s\"?><root><%s>", encoding, node);
    for (size_t i = 0; i < m->count; i++) {
        const struct message_value *v = &m->values[i];
        fprintf(out, "<%s>", v->field->name);
        if (v->picture)
            good = write_picture(out, v->picture) && good;
        else
            url_encode(out, v->text);
        fprintf(out, "</%s>", v->field->name);
    }
    fprintf(out, "</%s></root>", node);
    return finish(out, &text, good);
}

char *soap_envelope(const char *space, const char *method, const struct soap_parameter *parameters, size_t count,
                    size_t *length)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    if (!out)
        return NULL;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
          "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""
          " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
          "<soapenv:Body>",
          out);
    fprintf(out, "<ns:%s soapenv:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\" xmlns:ns=\"", method);
    xml_text(out, space);
    fputs("\">", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "<%s xsi:type=\"xsd:string\">", parameters[i].name);
        xml_text(out, parameters[i].value);
        fprintf(out, "</%s>", parameters[i].name);
    }
    fprintf(out, "</ns:%s></soapenv:Body></soapenv:Envelope>", method);
    return finish(out, &text, true);
}

/* ---- reading: one walk over XML for both levels ---- */

struct walk {
    XML_Parser parser;
    char names[DEPTH_MAX][NAME_MAX_BYTES]; /* the open elements, by local name */
    size_t depth;
    char *text; /* of the innermost element, so far */
    size_t length, room;
    const char *refused;
    void (*begin)(struct walk *w);                    /* an element has begun */
    void (*end)(struct walk *w, const char *content); /* it ends; content: its own text */
    void *ctx;
};

static void stop(struct walk *w, const char *why)
{
    w->refused = why;
    XML_StopParser(w->parser, XML_FALSE);
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    (void)attributes;
    struct walk *w = ctx;
    const char *colon = strrchr(name, ':');
    if (w->depth == DEPTH_MAX) {
        stop(w, "its elements are nested too deep");
        return;
    }
    snprintf(w->names[w->depth++], NAME_MAX_BYTES, "%s", colon ? colon + 1 : name);
    w->length = 0;
    w->text[0] = '\0';
    if (w->begin)
        w->begin(w);
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
    (void)name;
    struct walk *w = ctx;
    w->end(w, w->text);
    w->depth--;
    w->length = 0;
    w->text[0] = '\0';
}

static void XMLCALL on_text(void *ctx, const XML_Char *text, int length)
{
    struct walk *w = ctx;
    if (w->length + (size_t)length >= w->room) { /* an entity that grew: the text is larger than its file */
        stop(w, "one of its values is too long");
        return;
    }
    memcpy(w->text + w->length, text, (size_t)length);
    w->length += (size_t)length;
    w->text[w->length] = '\0';
}

static void XMLCALL on_doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                               int has_subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    stop(ctx, "it declares a document type, for which there is no need");
}

static int walk(struct walk *w, const char *xml, size_t length, struct err *err)
{
    int result = -1;
    w->room = length + 1;
    w->text = calloc(1, w->room);
    w->parser = XML_ParserCreate("UTF-8"); /* whatever it declares: it was made UTF-8 before */
    if (!w->text || !w->parser) {
        err_set(err, ERR_FAILED, "out of memory");
        goto end;
    }
    XML_SetUserData(w->parser, w);
    XML_SetElementHandler(w->parser, on_start, on_end);
    XML_SetCharacterDataHandler(w->parser, on_text);
    XML_SetStartDoctypeDeclHandler(w->parser, on_doctype);
    result = 0;
    if (XML_Parse(w->parser, xml, (int)length, XML_TRUE) != XML_STATUS_OK)
        result = err_set(err, ERR_INVALID, "the answer cannot be read: %s",
                         w->refused ? w->refused : XML_ErrorString(XML_GetErrorCode(w->parser)));
end:
    XML_ParserFree(w->parser);
    free(w->text);
    return result;
}

/* ---- the envelope ---- */

struct envelope {
    bool fault;
    char *content; /* of the returned string, or the fault's words */
};

static void envelope_end(struct walk *w, const char *content)
{
    struct envelope *e = w->ctx;
    bool in_body = w->depth == 4 && strcmp(w->names[1], "Body") == 0;
    if (!in_body || e->content)
        return;
    e->fault = strcmp(w->names[2], "Fault") == 0;
    if (e->fault && strcmp(w->names[3], "faultstring") != 0)
        return;
    e->content = strdup(content);
}

/* ---- the returned string ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* In place; the new length. A '%' that begins no two hex digits stays. */
static size_t url_decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        int high = *from == '%' ? hex(from[1]) : -1, low = high >= 0 ? hex(from[2]) : -1;
        if (low >= 0)
            from += 2;
        int byte = low >= 0 ? high << 4 | low : *from == '+' ? ' ' : *from;
        *to++ = (char)byte;
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* What is no UTF-8 is GBK: the declaration is often a mere habit. malloc'ed; NULL: it is neither. */
static char *to_utf8(char *text, size_t length)
{
    if (utf8_check(text, length) == length)
        return strdup(text);
    size_t room = 2 * length + 1, left = room - 1;
    char *out = malloc(room), *to = out;
    iconv_t converter;
    bool open = charset_open(&converter, "UTF-8", "GBK");
    bool good = out && open && iconv(converter, &text, &length, &to, &left) != (size_t)-1;
    if (open)
        iconv_close(converter);
    if (!good) {
        free(out);
        return NULL;
    }
    *to = '\0';
    return out;
}

struct result {
    struct soap_answer *answer;
    const struct soap_question *question;
    bool wanted[SOAP_WANTED_MAX];
    char proof[SOAP_PROOF_MAX];
};

/* A value as it stands, or as it is meant: some services encode each value again. */
static bool same_value(const char *content, const char *wanted)
{
    char copy[VALUE_MAX];
    if (strcmp(content, wanted) == 0)
        return true;
    if (strlen(content) >= sizeof copy)
        return false;
    memcpy(copy, content, strlen(content) + 1);
    url_decode(copy);
    return strcmp(copy, wanted) == 0;
}

static void row_begins(struct walk *w)
{
    struct result *r = w->ctx;
    if (w->depth != 3 || strcmp(w->names[1], "body") != 0)
        return;
    memset(r->wanted, 0, sizeof r->wanted);
    r->proof[0] = '\0';
}

static void row_ends(struct result *r)
{
    bool all = true;
    for (size_t i = 0; i < r->question->count; i++)
        all = all && r->wanted[i];
    r->answer->rows++;
    if (all && r->answer->matches++ == 0)
        memcpy(r->answer->proof, r->proof, sizeof r->proof);
}

static void row_field(struct result *r, const char *name, const char *content)
{
    for (size_t i = 0; i < r->question->count; i++)
        if (strcmp(r->question->wanted[i].name, name) == 0)
            r->wanted[i] = same_value(content, r->question->wanted[i].value);
    if (r->question->proof && strcmp(r->question->proof, name) == 0)
        snprintf(r->proof, sizeof r->proof, "%s", content);
}

static void head_field(struct soap_answer *a, const char *name, const char *content)
{
    if (strcmp(name, "code") == 0)
        snprintf(a->code, sizeof a->code, "%s", content);
    else if (strcmp(name, "message") == 0)
        snprintf(a->message, sizeof a->message, "%s", content);
}

static void result_end(struct walk *w, const char *content)
{
    struct result *r = w->ctx;
    bool body = w->depth >= 3 && strcmp(w->names[1], "body") == 0;
    if (w->depth == 3 && strcmp(w->names[1], "head") == 0)
        head_field(r->answer, w->names[2], content);
    else if (w->depth == 3 && body)
        row_ends(r);
    else if (w->depth == 4 && body)
        row_field(r, w->names[3], content);
}

static int read_result(struct soap_answer *a, char *content, const struct soap_question *question, struct err *err)
{
    struct result r = {.answer = a, .question = question};
    struct walk w = {.begin = row_begins, .end = result_end, .ctx = &r};
    if (content[strspn(content, " \t\r\n")] != '<')
        url_decode(content);
    a->text = to_utf8(content, strlen(content));
    if (!a->text)
        return err_set(err, ERR_INVALID, "the answer is neither UTF-8 nor GBK");
    if (walk(&w, a->text, strlen(a->text), err) != 0)
        return -1;
    if (a->code[0] == '\0')
        return err_set(err, ERR_INVALID, "the answer has no code");
    return 0;
}

int soap_answer_read(struct soap_answer *out, const char *body, size_t length, const struct soap_question *question,
                     struct err *err)
{
    struct envelope e = {0};
    struct walk w = {.end = envelope_end, .ctx = &e};
    char *copy = malloc(length + 1), *xml = NULL;
    *out = (struct soap_answer){0};
    int result = -1;
    if (copy) {
        memcpy(copy, body, length);
        copy[length] = '\0';
        xml = to_utf8(copy, strlen(copy));
    }
    if (!xml) {
        err_set(err, ERR_INVALID, "the answer is no text");
    } else if (walk(&w, xml, strlen(xml), err) == 0) {
        if (!e.content)
            err_set(err, ERR_INVALID, "the answer is no SOAP answer");
        else
            result = e.fault ? 0 : read_result(out, e.content, question, err);
    }
    out->fault = result == 0 && e.fault;
    if (out->fault)
        snprintf(out->message, sizeof out->message, "%s", e.content);
    utf8_trim(out->message);
    free(e.content);
    free(copy);
    free(xml);
    return result;
}

void soap_answer_free(struct soap_answer *a)
{
    free(a->text);
    a->text = NULL;
}
