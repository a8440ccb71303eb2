/* The strict manifest reader: what ETSI EN 319 162-1 allows is read, what an XML reader would have to interpret is
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/manifest_read.h"

#define ROOT                                                                                                           \
    "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" "                                             \
    "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
#define SIG "<asic:SigReference URI=\"META-INF/signature001.p7s\" MimeType=\"application/pkcs7-signature\"/>"
#define SHA256 "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>"
#define SM3 "<ds:DigestMethod Algorithm=\"urn:oid:1.2.156.10197.1.401\"/>"
/* SHA-256 of the empty string (FIPS 180-4 example) */
#define EMPTY "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define VALUE "<ds:DigestValue>" EMPTY "</ds:DigestValue>"
#define REF(name) "<asic:DataObjectReference URI=\"" name "\">" SHA256 VALUE "</asic:DataObjectReference>"
#define END "</asic:ASiCManifest>"

static struct manifest_read m;

static int read_text(const char *text, struct err *err)
{
    /* exact memory, so that ASan sees a read beyond the end */
    size_t length = strlen(text);
    char *copy = malloc(length ? length : 1);
    memcpy(copy, text, length);
    int result = manifest_read(&m, copy, length, err);
    free(copy);
    return result;
}

static void accept(const char *text, size_t count)
{
    struct err err = {0};
    if (read_text(text, &err))
        fail_msg("%s: %s", err.text, text);
    assert_int_equal(m.count, count);
    assert_string_equal(m.signature, "META-INF/signature001.p7s");
}

static void refuse(const char *text, const char *why)
{
    struct err err = {0};
    if (read_text(text, &err) == 0)
        fail_msg("accepted: %s", text);
    if (!strstr(err.text, why))
        fail_msg("'%s' does not say '%s' for %s", err.text, why, text);
}

static void plain_manifests_are_read(void **state)
{
    (void)state;
    accept(ROOT SIG REF("a.json") REF("wire/b.rec") END, 2);
    assert_string_equal(m.references[1].name, "wire/b.rec");
    assert_int_equal(m.references[1].algorithm, MANIFEST_SHA256);
    assert_int_equal(m.references[1].digest[0], 0xe3);
    assert_int_equal(m.references[1].digest[31], 0x55);
    accept("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n" ROOT "\n" SIG "\n\t" REF("a") "\n" END "\n\n", 1);
}

static void prefixes_and_spelling_may_vary(void **state)
{
    (void)state;
    accept("<ASiCManifest xmlns='http://uri.etsi.org/02918/v1.2.1#'>"
           "<SigReference URI='META-INF/signature001.p7s'></SigReference>"
           "<DataObjectReference MimeType='text/csv' URI = 'a' Rootfile=\"true\">"
           "<x:DigestMethod xmlns:x='http://www.w3.org/2000/09/xmldsig#' "
           "Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'></x:DigestMethod>"
           "<DigestValue xmlns='http://www.w3.org/2000/09/xmldsig#'>\n " EMPTY "\n</DigestValue>"
           "</DataObjectReference></ASiCManifest>",
           1);
}

static void two_algorithms_for_one_entry(void **state)
{
    (void)state;
    accept(ROOT SIG REF("a") "<asic:DataObjectReference URI=\"a\">" SM3 VALUE "</asic:DataObjectReference>" END, 2);
    assert_int_equal(m.references[1].algorithm, MANIFEST_SM3);
    refuse(ROOT SIG REF("a") REF("a") END, "listed twice");
}

static void xml_that_needs_interpretation_is_refused(void **state)
{
    (void)state;
    refuse("<!DOCTYPE x [<!ENTITY a \"b\">]>" ROOT SIG REF("a") END, "document types");
    refuse(ROOT "<!-- hidden -->" SIG REF("a") END, "comments");
    refuse(ROOT SIG "<![CDATA[x]]>" REF("a") END, "CDATA");
    refuse(ROOT SIG "<?php x?>" REF("a") END, "processing instructions");
    refuse(ROOT SIG REF("a&amp;b") END, "not allowed");
    refuse(ROOT SIG REF("\xe6\x96\xb0") END, "not allowed");
    refuse("<?xml version=\"1.0\" encoding=\"GB18030\"?>" ROOT SIG REF("a") END, "XML declaration");
    refuse("<?xml version=\"1.1\" encoding=\"UTF-8\"?>" ROOT SIG REF("a") END, "XML declaration");
    refuse("\xef\xbb\xbf" ROOT SIG REF("a") END, "not allowed");
}

static void structure_is_fixed(void **state)
{
    (void)state;
    refuse("", "ends too early");
    refuse(ROOT, "ends too early");
    refuse(ROOT SIG REF("a"), "ends too early");
    refuse(ROOT SIG END, "lists no entry");
    refuse(ROOT REF("a") END, "'SigReference' is expected");
    refuse(ROOT SIG SIG REF("a") END, "'DataObjectReference' is expected");
    refuse(ROOT SIG REF("a") "x" END, "text is not allowed");
    refuse(ROOT SIG REF("a") END "x", "after the manifest's end");
    refuse(ROOT SIG REF("a") END ROOT, "after the manifest's end");
    refuse(ROOT SIG REF("a") "</asic:Other>", "does not match");
    refuse(ROOT SIG "<asic:DataObjectReference URI=\"a\">" SHA256 "</asic:DataObjectReference>" END, "DigestValue");
    refuse(ROOT SIG "<asic:DataObjectReference>" SHA256 VALUE "</asic:DataObjectReference>" END, "missing");
    refuse(ROOT SIG "<asic:DataObjectReference URI=\"a\" URI=\"b\">" SHA256 VALUE "</asic:DataObjectReference>" END,
           "twice");
    refuse(ROOT SIG "<asic:DataObjectReference URI=\"a\" x=\"b\">" SHA256 VALUE "</asic:DataObjectReference>" END,
           "not allowed here");
    refuse(ROOT SIG "<ds:DataObjectReference URI=\"a\">" SHA256 VALUE "</ds:DataObjectReference>" END, "expected here");
    refuse("<ASiCManifest>" SIG REF("a") "</ASiCManifest>", "no namespace");
    refuse(ROOT SIG "<asic:DataObjectReference URI=\"\">" SHA256 VALUE "</asic:DataObjectReference>" END, "empty");
}

static void weak_digests_are_refused(void **state)
{
    (void)state;
    refuse(ROOT SIG "<asic:DataObjectReference URI=\"a\"><ds:DigestMethod "
                    "Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"/>" VALUE "</asic:DataObjectReference>" END,
           "neither SHA-256 nor SM3");
    refuse(ROOT SIG "<asic:DataObjectReference URI=\"a\">" SHA256
                    "<ds:DigestValue>47DEQpj8</ds:DigestValue></asic:DataObjectReference>" END,
           "32 bytes");
    refuse(ROOT SIG "<asic:DataObjectReference URI=\"a\">" SHA256 "<ds:DigestValue/></asic:DataObjectReference>" END,
           "expected here");
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    static const char whole[] = ROOT SIG REF("a") END;
    struct err err;
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        char *copy = malloc(i ? i : 1);
        memcpy(copy, whole, i);
        assert_int_equal(manifest_read(&m, copy, i, &err), -1);
        free(copy);
    }
}

static void limits_hold(void **state)
{
    (void)state;
    size_t room = MANIFEST_XML_MAX + 1;
    char *big = malloc(room);
    memset(big, ' ', room);
    struct err err;
    assert_int_equal(manifest_read(&m, big, room, &err), -1);
    assert_non_null(strstr(err.text, "at most"));
    /* too many entries */
    size_t at = (size_t)snprintf(big, room, "%s", ROOT SIG);
    for (int i = 0; i <= MANIFEST_REFERENCES_MAX; i++)
        at += (size_t)snprintf(big + at, room - at,
                               "<asic:DataObjectReference URI=\"f%d\">" SHA256 VALUE "</asic:DataObjectReference>", i);
    assert_true(at < room);
    assert_int_equal(manifest_read(&m, big, at, &err), -1);
    assert_non_null(strstr(err.text, "too many entries"));
    /* a bomb of nesting */
    for (size_t i = 0; i + 3 < room; i += 3)
        memcpy(big + i, "<a>", 3);
    assert_int_equal(manifest_read(&m, big, room - 3, &err), -1);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_manifests_are_read),     cmocka_unit_test(prefixes_and_spelling_may_vary),
        cmocka_unit_test(two_algorithms_for_one_entry), cmocka_unit_test(xml_that_needs_interpretation_is_refused),
        cmocka_unit_test(structure_is_fixed),           cmocka_unit_test(weak_digests_are_refused),
        cmocka_unit_test(every_cut_is_refused),         cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
