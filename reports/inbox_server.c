#include "reports/inbox.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <sys/socket.h>

#include "reports/file.h"
#include "reports/log.h"
#include "reports/sealcheck.h"

enum {
    CONNECTIONS_MAX = 256,
    IDLE_SECONDS = 60,
    PEM_MAX = 1 << 20,
    ADDRESS_MAX = 80,
};

struct inbox_server {
    const struct inbox *inbox;
    struct MHD_Daemon *daemon;
    char *cert, *key, *client_ca;
    char address[ADDRESS_MAX];
};

struct client {
    char subject[256]; /* RFC 2253 */
    char common_name[128];
};

/* ---- TLS: no request without a certificate of the client CA ---- */

/* libmicrohttpd only asks for a certificate; before the handshake begins, demand one and let GnuTLS check it. */
static void demand_certificate(void *ctx, struct MHD_Connection *connection, void **socket_context,
                               enum MHD_ConnectionNotificationCode code)
{
    (void)ctx;
    (void)socket_context;
    if (code != MHD_CONNECTION_NOTIFY_STARTED)
        return;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (!info)
        return; /* the request finds no certificate and refuses */
    gnutls_session_t session = info->tls_session;
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_cert(session, NULL, 0);
}

/* Who asks, by the client certificate. False: none was shown. */
static bool client_of(struct MHD_Connection *connection, struct client *client)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    unsigned count = 0, status = 1;
    if (!info || gnutls_certificate_verify_peers2(info->tls_session, &status) < 0 || status != 0)
        return false;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(info->tls_session, &count);
    const unsigned char *der = count > 0 ? chain[0].data : NULL;
    X509 *certificate = der ? d2i_X509(NULL, &der, (long)chain[0].size) : NULL;
    if (!certificate)
        return false;
    sealcheck_subject(certificate, client->subject, sizeof client->subject);
    if (X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, client->common_name,
                                  (int)sizeof client->common_name) < 0)
        client->common_name[0] = '\0';
    X509_free(certificate);
    return client->subject[0] != '\0';
}

/* ---- answers ---- */

static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned status, const char *type,
                                     struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, const struct inbox_reply *reply)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback(strlen(reply->body), strdup(reply->body), free);
    if (response && reply->signature[0])
        MHD_add_response_header(response, "Receipt-Signature", reply->signature);
    if (response && reply->status == 503)
        MHD_add_response_header(response, "Retry-After", "60");
    return send_response(connection, reply->status, "application/json", response);
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *error,
                              const char *message)
{
    struct inbox_reply reply;
    inbox_refuse(&reply, status, error, "%s", message);
    return send_reply(connection, &reply);
}

static enum MHD_Result store_failed(struct MHD_Connection *connection, const struct err *err)
{
    log_error("%s", err->text);
    return refuse(connection, 503, "storage", "the inbox cannot read its index now; ask again later");
}

/* ---- GET ---- */

/* NULL: this client may see everybody's packages. */
static const char *visible_sender(const struct inbox *inbox, const struct client *client)
{
    bool viewer = inbox->viewer && strcmp(inbox->viewer, client->common_name) == 0;
    return viewer ? NULL : client->subject;
}

static enum MHD_Result get_page(const struct inbox *inbox, struct MHD_Connection *connection,
                                const struct client *client)
{
    struct err err;
    size_t length;
    char *page = inbox_page(inbox, visible_sender(inbox, client), &length, &err);
    if (!page)
        return store_failed(connection, &err);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(length, page, free);
    if (!response)
        free(page);
    else
        MHD_add_response_header(response, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    return send_response(connection, 200, "text/html; charset=utf-8", response);
}

/* The sender asks again with "last" until the list is empty. */
static enum MHD_Result get_decisions(const struct inbox *inbox, struct MHD_Connection *connection,
                                     const struct client *client)
{
    struct err err;
    const char *text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "after");
    char *end = NULL;
    int64_t after = text ? strtoll(text, &end, 10) : 0;
    if (text && (end == text || *end || after < 0))
        return refuse(connection, 400, "after", "'after' must be the number of a decision, 0 for all");
    size_t length;
    char *list = inbox_decisions(inbox, client->subject, after, &length, &err);
    if (!list)
        return store_failed(connection, &err);
    return send_response(connection, 200, "application/json",
                         MHD_create_response_from_buffer_with_free_callback(length, list, free));
}

static enum MHD_Result send_file(const struct inbox *inbox, struct MHD_Connection *connection,
                                 const struct inbox_package *p)
{
    char *path = inbox_store_path(inbox->store, p->sha256);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    free(path);
    if (fd < 0)
        return refuse(connection, 503, "storage", "the package's file cannot be read");
    return send_response(connection, 200, "application/vnd.etsi.asic-e+zip",
                         MHD_create_response_from_fd((size_t)p->size, fd));
}

/* /packages/<sha256>: the receipt; /packages/<sha256>.asice: the package itself */
static enum MHD_Result get_package(const struct inbox *inbox, struct MHD_Connection *connection,
                                   const struct client *client, const char *name)
{
    struct err err;
    struct inbox_package p;
    struct inbox_reply reply;
    char sha256[65] = "";
    bool file = strlen(name) == 70 && strcmp(name + 64, ".asice") == 0;
    if (file || strlen(name) == 64)
        memcpy(sha256, name, 64);
    const char *sender = visible_sender(inbox, client);
    int found = sha256[0] ? inbox_store_find(inbox->store, sha256, &p, &err) : 0;
    if (found < 0)
        return store_failed(connection, &err);
    if (!found || (sender && strcmp(p.sender, sender) != 0))
        return refuse(connection, 404, "not_found", "no such package has arrived from this sender");
    if (file)
        return send_file(inbox, connection, &p);
    inbox_receipt(inbox, &p, 200, &reply);
    return send_reply(connection, &reply);
}

static enum MHD_Result get(const struct inbox *inbox, struct MHD_Connection *connection, const struct client *client,
                           const char *url)
{
    if (strcmp(url, "/") == 0)
        return get_page(inbox, connection, client);
    if (strcmp(url, "/packages/decisions") == 0)
        return get_decisions(inbox, connection, client);
    if (strncmp(url, "/packages/", 10) == 0)
        return get_package(inbox, connection, client, url + 10);
    return refuse(connection, 404, "not_found",
                  "there is /, /packages, /packages/<sha256>, /packages/decisions?after=N");
}

/* ---- POST ---- */

static struct inbox_upload *begin_upload(const struct inbox *inbox, struct MHD_Connection *connection,
                                         const struct client *client)
{
    const struct inbox_headers headers = {
        .content_type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type"),
        .content_length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length"),
        .content_digest = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Digest"),
        .idempotency_key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Idempotency-Key"),
        .sender = client->subject,
    };
    return inbox_upload_open(inbox, &headers);
}

static enum MHD_Result finish_upload(struct MHD_Connection *connection, struct inbox_upload *upload)
{
    struct inbox_reply *reply = calloc(1, sizeof *reply);
    if (!reply)
        return MHD_NO;
    inbox_upload_finish(upload, reply);
    enum MHD_Result result = send_reply(connection, reply);
    free(reply);
    return result;
}

/* Called first without data, then with each piece of the body, then once more with none. */
static enum MHD_Result post(const struct inbox *inbox, struct MHD_Connection *connection, const struct client *client,
                            const char *data, size_t *size, void **context)
{
    struct inbox_upload *upload = *context;
    if (!upload) {
        *context = upload = begin_upload(inbox, connection, client);
        if (!upload)
            return MHD_NO;
        /* answered at once, the connection is closed without the body being read */
        return inbox_upload_too_large(upload) ? finish_upload(connection, upload) : MHD_YES;
    }
    if (*size > 0) {
        inbox_upload_feed(upload, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return finish_upload(connection, upload);
}

/* ---- libmicrohttpd ---- */

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **context)
{
    (void)version;
    const struct inbox_server *server = ctx;
    struct client client;
    if (!client_of(connection, &client))
        return refuse(connection, 403, "client_certificate", "show a client certificate that this inbox trusts");
    bool packages = strcmp(url, "/packages") == 0;
    if (strcmp(method, "POST") == 0 && packages)
        return post(server->inbox, connection, &client, data, size, context);
    if ((strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) && !packages)
        return get(server->inbox, connection, &client, url);
    return refuse(connection, 405, "method", "POST to /packages, GET everything else");
}

static void completed(void *ctx, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code)
{
    (void)ctx;
    (void)connection;
    (void)code;
    inbox_upload_close(*context);
    *context = NULL;
}

/* "host:port" or "[v6]:port" */
static struct addrinfo *resolve(const char *address, struct err *err)
{
    char host[ADDRESS_MAX];
    const char *colon = strrchr(address, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    size_t length = colon ? (size_t)(colon - address) : 0;
    if (length > 1 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    }
    if (length > 0 && length < sizeof host) {
        memcpy(host, address, length);
        host[length] = '\0';
        if (getaddrinfo(host, colon + 1, &hints, &found) == 0)
            return found;
    }
    err_set(err, ERR_INVALID, "--listen %s: give a numeric address and a port, such as 127.0.0.1:8443", address);
    return NULL;
}

static int start(struct inbox_server *s, const struct addrinfo *where, struct err *err)
{
    s->daemon = MHD_start_daemon(
        MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS |
            (where->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0U),
        0, NULL, NULL, handle, s, MHD_OPTION_SOCK_ADDR, where->ai_addr, MHD_OPTION_HTTPS_MEM_CERT, s->cert,
        MHD_OPTION_HTTPS_MEM_KEY, s->key, MHD_OPTION_HTTPS_MEM_TRUST, s->client_ca, MHD_OPTION_HTTPS_PRIORITIES,
        "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", MHD_OPTION_NOTIFY_CONNECTION, demand_certificate, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    if (!s->daemon)
        return err_set(err, ERR_UNREACHABLE,
                       "the inbox cannot listen there: the address is taken, or certificate and key do not fit");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    char host[ADDRESS_MAX - 10];
    if (!info || getnameinfo(where->ai_addr, where->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST))
        return err_set(err, ERR_FAILED, "the address that the inbox listens on cannot be told");
    snprintf(s->address, sizeof s->address, where->ai_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
             (unsigned)info->port);
    return 0;
}

int inbox_server_open(struct inbox_server **out, const struct inbox *inbox, const struct inbox_server_config *config,
                      struct err *err)
{
    size_t length;
    struct inbox_server *s = calloc(1, sizeof *s);
    struct addrinfo *where = resolve(config->address, err);
    *out = s;
    if (s)
        s->inbox = inbox;
    if (!s || !where || file_read(config->cert_file, PEM_MAX, &s->cert, &length, err) ||
        file_read(config->key_file, PEM_MAX, &s->key, &length, err) ||
        file_read(config->client_ca_file, PEM_MAX, &s->client_ca, &length, err) || start(s, where, err)) {
        inbox_server_close(s);
        *out = NULL;
    }
    if (where)
        freeaddrinfo(where);
    return *out ? 0 : -1;
}

const char *inbox_server_address(const struct inbox_server *server)
{
    return server->address;
}

void inbox_server_close(struct inbox_server *s)
{
    if (!s)
        return;
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    free(s->cert);
    if (s->key)
        OPENSSL_cleanse(s->key, strlen(s->key));
    free(s->key);
    free(s->client_ca);
    free(s);
}
