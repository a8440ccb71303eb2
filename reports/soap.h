/*
 * SOAP 1.1, rpc/encoded, as the services of the traffic police speak it (Axis 1): strings in, one string out.
 *
 *     <soapenv:Envelope …><soapenv:Body><ns:writeObjectOut xmlns:ns="NAMESPACE">
 *       <xtlb xsi:type="xsd:string">60</xtlb> … <UTF8XmlDoc xsi:type="xsd:string">the document, escaped</UTF8XmlDoc>
 *
 * The document is XML in that string, <root><NODE>fields</NODE></root>; values that are not plain ASCII are URL-encoded
 * UTF-8, pictures Base64. The answer's string is URL-encoded as a whole, UTF-8 or GBK: <root><head><code/><message/>
 * <rownum/></head><body><NODE id="0">fields</NODE> …</body></root>.
 */
#ifndef REPORTS_SOAP_H
#define REPORTS_SOAP_H

#include <stdbool.h>
#include <stddef.h>

#include "reports/message.h"
#include "station/core/err.h"

enum { SOAP_MESSAGE_MAX = 1024, SOAP_PROOF_MAX = 64, SOAP_WANTED_MAX = OUTLET_MATCH_MAX };

/* The document; malloc'ed, NULL: out of memory. `node` holds the fields; `encoding` is what it declares. */
char *soap_document(const char *node, const char *encoding, const struct message *m, size_t *length);

struct soap_parameter {
    const char *name, *value;
};

/* The envelope; malloc'ed, NULL: out of memory. */
char *soap_envelope(const char *space, const char *method, const struct soap_parameter *parameters, size_t count,
                    size_t *length);

/* What a row must have to be the one that was asked for. */
struct soap_wanted {
    const char *name, *value;
};

struct soap_question {
    size_t count;
    struct soap_wanted wanted[SOAP_WANTED_MAX];
    const char *proof; /* an element of the row whose text is wanted; NULL: none */
};

struct soap_answer {
    bool fault; /* the service's own machinery failed: message says how */
    char code[32], message[SOAP_MESSAGE_MAX];
    size_t rows, matches;
    char proof[SOAP_PROOF_MAX]; /* of the first row that matches */
    char *text;                 /* the decoded answer, UTF-8; malloc'ed */
};

/* Reads an answer's body. ERR_INVALID: it is none. Free with soap_answer_free, also after a failure. */
int soap_answer_read(struct soap_answer *out, const char *body, size_t length, const struct soap_question *question,
                     struct err *err);
void soap_answer_free(struct soap_answer *a);

#endif
