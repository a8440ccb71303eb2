#include "reports/inbox_http.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reports/log.h"

/* ---- answers ---- */

enum MHD_Result inbox_respond(const struct inbox_request *r, unsigned status, const char *type,
                              struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result inbox_reply_json(const struct inbox_request *r, const struct inbox_reply *reply)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(strlen(reply->body), strdup(reply->body), free);
    if (response && reply->signature[0])
        MHD_add_response_header(response, "Receipt-Signature", reply->signature);
    if (response && reply->status == 503)
        MHD_add_response_header(response, "Retry-After", "60");
    return inbox_respond(r, reply->status, "application/json", response);
}

enum MHD_Result inbox_refuse_json(const struct inbox_request *r, unsigned status, const char *error,
                                  const char *message)
{
    struct inbox_reply reply;
    inbox_refuse(&reply, status, error, "%s", message);
    return inbox_reply_json(r, &reply);
}

enum MHD_Result inbox_store_failed(const struct inbox_request *r, const struct err *err)
{
    log_error("%s", err->text);
    return inbox_refuse_json(r, 503, "storage", "the inbox cannot use its index now; ask again later");
}

int inbox_log_act(const struct inbox_request *r, const char *act, const char *sha256, const char *detail,
                  struct err *err)
{
    struct timespec now;
    struct inbox_audit entry;
    clock_gettime(CLOCK_REALTIME, &now);
    memset(&entry, 0, sizeof entry);
    entry.at_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    snprintf(entry.client, sizeof entry.client, "%s", r->visitor.client);
    snprintf(entry.officer, sizeof entry.officer, "%s", r->visitor.officer);
    snprintf(entry.act, sizeof entry.act, "%s", act);
    snprintf(entry.sha256, sizeof entry.sha256, "%s", sha256);
    snprintf(entry.detail, sizeof entry.detail, "%.*s", (int)sizeof entry.detail - 1, detail);
    return inbox_store_audit(r->inbox->store, &entry, err);
}

int inbox_find_visible(const struct inbox_request *r, const char *sha256, size_t length, struct inbox_package *out,
                       struct err *err)
{
    char text[65];
    if (length != 64)
        return 0;
    memcpy(text, sha256, 64);
    text[64] = '\0';
    int found = inbox_store_find(r->inbox->store, text, out, err);
    if (found <= 0 || r->visitor.sees_all)
        return found;
    return inbox_store_is_sender(r->inbox->store, out->id, r->visitor.client, err);
}

/* ---- GET ---- */

bool inbox_api_is(const char *url)
{
    return strcmp(url, "/packages") == 0 || strncmp(url, "/packages/", 10) == 0;
}

/* The sender asks again with "last" until the list is empty. */
static enum MHD_Result get_decisions(const struct inbox_request *r)
{
    struct err err;
    const char *text = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "after");
    char *end = NULL;
    int64_t after = text ? strtoll(text, &end, 10) : 0;
    if (text && (end == text || *end || after < 0))
        return inbox_refuse_json(r, 400, "after", "'after' must be the number of a decision, 0 for all");
    size_t length;
    char *list = inbox_decisions(r->inbox, r->visitor.client, after, &length, &err);
    if (!list)
        return inbox_store_failed(r, &err);
    return inbox_respond(r, 200, "application/json",
                         MHD_create_response_from_buffer_with_free_callback(length, list, free));
}

static enum MHD_Result send_file(const struct inbox_request *r, const struct inbox_package *p)
{
    struct err err;
    char *path = inbox_store_path(r->inbox->store, p->sha256);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    free(path);
    if (fd < 0)
        return inbox_refuse_json(r, 503, "storage", "the package's file cannot be read");
    struct MHD_Response *response = MHD_create_response_from_fd((size_t)p->size, fd); /* closes it */
    if (response && inbox_log_act(r, "download", p->sha256, "", &err) != 0) {
        MHD_destroy_response(response);
        return inbox_store_failed(r, &err);
    }
    return inbox_respond(r, 200, "application/vnd.etsi.asic-e+zip", response);
}

static const char nothing[] = "no such package has arrived from this sender";

void inbox_api_question(const struct inbox_request *r, struct inbox_reply *reply)
{
    struct err err;
    struct inbox_package p;
    const char *name = r->url + strlen("/packages/");
    int found = inbox_find_visible(r, name, strlen(name), &p, &err);
    if (found > 0) {
        inbox_receipt(r->inbox, &p, 200, reply);
    } else if (found == 0) {
        inbox_refuse(reply, 404, "not_found", "%s", nothing);
    } else {
        log_error("%s", err.text);
        inbox_refuse(reply, 503, "storage", "the inbox cannot use its index now; ask again later");
    }
}

enum MHD_Result inbox_api_get(const struct inbox_request *r)
{
    struct err err;
    struct inbox_package p;
    if (strcmp(r->url, "/packages") == 0)
        return inbox_refuse_json(r, 405, "method", "POST to /packages, GET everything else");
    const char *name = r->url + 10;
    if (strcmp(name, "decisions") == 0)
        return get_decisions(r);
    size_t length = strlen(name);
    if (length != 70 || strcmp(name + 64, ".asice") != 0) {
        struct inbox_reply reply;
        inbox_api_question(r, &reply);
        return inbox_reply_json(r, &reply);
    }
    int found = inbox_find_visible(r, name, 64, &p, &err);
    if (found > 0)
        return send_file(r, &p);
    return found < 0 ? inbox_store_failed(r, &err) : inbox_refuse_json(r, 404, "not_found", nothing);
}

/* ---- POST ---- */

static const char *header(const struct inbox_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

enum MHD_Result inbox_api_begin(struct inbox_request *r, bool *answered)
{
    const struct inbox_headers headers = {
        .content_type = header(r, "Content-Type"),
        .content_length = header(r, "Content-Length"),
        .content_digest = header(r, "Content-Digest"),
        .idempotency_key = header(r, "Idempotency-Key"),
        .sender = r->visitor.client,
    };
    struct inbox_reply reply;
    r->upload = inbox_upload_open(r->inbox, &headers);
    if (!r->upload)
        return MHD_NO;
    *answered = inbox_upload_too_large(r->upload);
    if (!*answered)
        return MHD_YES;
    inbox_upload_finish(r->upload, &reply); /* the connection is closed without the body being read */
    return inbox_reply_json(r, &reply);
}

void inbox_api_finish(struct inbox_request *r, struct inbox_reply *reply)
{
    inbox_upload_finish(r->upload, reply);
}
