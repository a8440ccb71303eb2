/*
 * Text within the XML that we write: of an element, or of an attribute in double quotes.
 */
#ifndef REPORTS_XML_TEXT_H
#define REPORTS_XML_TEXT_H

#include <stdio.h>

/* `text`: UTF-8 without control characters; &, <, > and " go out as their entities. */
void xml_text(FILE *out, const char *text);

#endif
