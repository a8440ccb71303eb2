/* Digest authentication against the examples of RFC 2617 (3.5), RFC 7616 (3.9.1) and RFC 2069 (2.4, as its errata
 * corrects it). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "station/digest_auth.h"

static struct digest_auth auth;
static char header[DIGEST_AUTH_HEADER_MAX];

static bool read_text(const char *text)
{
    return digest_auth_read(&auth, (struct slice){text, strlen(text)});
}

static void holds(const char *part)
{
    if (!strstr(header, part))
        fail_msg("'%s' is not in '%s'", part, header);
}

static void test_rfc_2617(void **state)
{
    (void)state;
    assert_true(read_text("Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
                          "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""));
    assert_true(digest_auth_answer(&auth, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b", header));
    holds("response=\"6629fae49393a05397450978507c4ef1\"");
    holds("nc=00000001, cnonce=\"0a4f113b\"");
    holds("qop=auth,");
    holds("opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
    assert_true(digest_auth_answer(&auth, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b", header));
    holds("nc=00000002"); /* never the same again with this nonce */
}

static void test_rfc_7616(void **state)
{
    (void)state;
    assert_true(read_text("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
                          "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
                          "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""));
    assert_true(digest_auth_answer(&auth, "Mufasa", "Circle of Life", "GET", "/dir/index.html",
                                   "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", header));
    holds("response=\"8ca523f5e9506fed4657c9700eebdbec\"");
}

static void test_without_qop(void **state)
{
    (void)state;
    assert_true(read_text("digest Realm=\"testrealm@host.com\",nonce=dcd98b7102dd2f0e8b11d0f600bfb0c093,stale=TRUE"));
    assert_true(digest_auth_answer(&auth, "Mufasa", "CircleOfLife", "GET", "/dir/index.html", "x", header));
    holds("response=\"1949323746fe6a43ef61f9606e7febea\"");
    assert_null(strstr(header, "cnonce"));
}

static void test_what_is_not_taken(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Basic realm=\"a\"",
        "Digest",
        "Digest realm=\"a\"",
        "Digest nonce=\"a\"",
        "Digest realm=\"a\", nonce=\"b\", algorithm=SHA-256",
        "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\"",
        "Digest realm=\"a\", nonce=\"b\r\nX: y\"",
        "Digest realm=\"a\", nonce=\"b",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (read_text(bad[i]))
            fail_msg("taken: %s", bad[i]);
    char text[2 * DIGEST_AUTH_TEXT_MAX];
    snprintf(text, sizeof text, "Digest realm=\"a\", nonce=\"%0*d\"", DIGEST_AUTH_TEXT_MAX, 0);
    assert_false(read_text(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_2617),
        cmocka_unit_test(test_rfc_7616),
        cmocka_unit_test(test_without_qop),
        cmocka_unit_test(test_what_is_not_taken),
    };
    return cmocka_run_group_tests_name("digest_auth", tests, NULL, NULL);
}
