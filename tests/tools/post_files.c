/*
 * Bare libcurl, as a peer for the bench of the delivery: posts files one after another on one connection with one
 * handle, and looks at nothing but the status. No hash, no receipt, nothing kept.
 *
 *     post_files URL CA CERT KEY FILE…
 */
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "reports/file.h"

static size_t drop(char *data, size_t size, size_t count, void *ctx)
{
    (void)data;
    (void)ctx;
    return size * count;
}

static int post(CURL *easy, const char *path)
{
    struct err err;
    char *body = NULL;
    size_t size = 0;
    long status = 0;
    if (file_read(path, 64 << 20, &body, &size, &err) != 0)
        return fprintf(stderr, "post_files: %s\n", err.text);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    free(body);
    return code == CURLE_OK && status == 200
               ? 0
               : fprintf(stderr, "post_files: %s: %s, status %ld\n", path, curl_easy_strerror(code), status);
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return fprintf(stderr, "usage: post_files URL CA CERT KEY FILE…\n"), 2;
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    headers = curl_slist_append(headers, "Content-Type: application/vnd.etsi.asic-e+zip");
    headers = curl_slist_append(headers, "Idempotency-Key: \"x\"");
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_CAINFO, argv[2]);
    curl_easy_setopt(easy, CURLOPT_SSLCERT, argv[3]);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, argv[4]);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    int result = 0;
    for (int i = 5; i < argc && result == 0; i++)
        result = post(easy, argv[i]);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return result == 0 ? 0 : 1;
}
