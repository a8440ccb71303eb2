/* Where keys and secrets come from: files that nobody else may read, credentials of systemd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/keyfile.h"
#include "tests/support/keys.h"

static char folder[300];
static struct keys_pair pair;

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/keyfile.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(folder));
    keys_make(&pair, folder, &(struct keys_request){.name = "seal", .subject = "652301-0007"});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keys_free(&pair);
    return 0;
}

static const char *write_file(const char *name, const char *text, mode_t mode)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void expect_refused(const char *source, enum err_code code, const char *words)
{
    struct err err = {0};
    assert_null(keyfile_private(source, &err));
    assert_int_equal(err.code, code);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void another_accounts_key_is_refused(void **state)
{
    (void)state;
    struct err err;
    if (geteuid() != 0)
        skip(); /* only root may give a file away */
    assert_int_equal(chown(pair.key_file, 65534, 65534), 0);
    expect_refused(pair.key_file, ERR_INVALID, "belongs to another account (uid 65534)");
    assert_int_equal(chown(pair.key_file, 0, 0), 0);
    EVP_PKEY *key = keyfile_private(pair.key_file, &err);
    assert_non_null(key);
    EVP_PKEY_free(key);
}

static void a_credential_is_read_where_systemd_put_it(void **state)
{
    (void)state;
    struct err err;
    char path[KEYFILE_PATH_MAX], expected[400];
    unsetenv("CREDENTIALS_DIRECTORY");
    expect_refused("credential:seal.key", ERR_UNREACHABLE, "LoadCredential=seal.key:FILE");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_int_equal(keyfile_path("credential:seal.key", path, &err), 0);
    snprintf(expected, sizeof expected, "%s/seal.key", folder);
    assert_string_equal(path, expected);
    /* its access list shows as the group's bits */
    assert_int_equal(chmod(pair.key_file, 0440), 0);
    EVP_PKEY *key = keyfile_private("credential:seal.key", &err);
    assert_non_null(key);
    EVP_PKEY_free(key);
    expect_refused(pair.key_file, ERR_INVALID, "chmod 600");
    assert_int_equal(chmod(pair.key_file, 0444), 0);
    expect_refused("credential:seal.key", ERR_INVALID, "mode 0444");
    assert_int_equal(chmod(pair.key_file, 0600), 0);
    expect_refused("credential:absent", ERR_UNREACHABLE, "cannot be read");
    expect_refused("credential:../seal.key", ERR_INVALID, "plain name");
    expect_refused("credential:", ERR_INVALID, "plain name");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_secret_is_one_line(void **state)
{
    (void)state;
    char secret[9];
    struct err err;
    assert_int_equal(keyfile_secret(write_file("pin", "123456\n", 0600), secret, sizeof secret, &err), 0);
    assert_string_equal(secret, "123456");
    assert_int_equal(keyfile_secret(write_file("pin", "12345678", 0400), secret, sizeof secret, &err), 0);
    assert_string_equal(secret, "12345678");
    assert_int_equal(keyfile_secret(write_file("pin-long", "123456789", 0600), secret, sizeof secret, &err), -1);
    assert_non_null(strstr(err.text, "1 to 8 characters"));
    assert_null(strstr(err.text, "1234567"));
    assert_int_equal(keyfile_secret(write_file("pin-empty", "\n", 0600), secret, sizeof secret, &err), -1);
    assert_int_equal(keyfile_secret(write_file("pin-open", "123456\n", 0640), secret, sizeof secret, &err), -1);
    assert_non_null(strstr(err.text, "chmod 600"));
}

static void what_is_a_path(void **state)
{
    (void)state;
    assert_true(keyfile_is_path("/etc/smogd/seal.key"));
    assert_true(keyfile_is_path("keys/credential:x"));
    assert_false(keyfile_is_path("credential:seal.key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_accounts_key_is_refused),
        cmocka_unit_test(a_credential_is_read_where_systemd_put_it),
        cmocka_unit_test(a_secret_is_one_line),
        cmocka_unit_test(what_is_a_path),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
