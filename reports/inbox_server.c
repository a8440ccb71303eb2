#include "reports/inbox_http.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/socket.h>

#include "reports/file.h"
#include "reports/inbox_awkward.h"
#include "reports/inbox_spoil.h"
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
    char *cert, *key, *client_ca; /* NULL: the local listener */
    char address[ADDRESS_MAX];
    uint8_t secret[INBOX_SECRET_SIZE];
    struct inbox_awkward *awkward; /* then each connection has a thread, and … */
    pthread_mutex_t lock;          /* … only one of them works at a time */
};

/* A request with what conformance mode does to it. */
struct handling {
    struct inbox_request request;
    bool watched, upload; /* by conformance mode: an upload, else a question */
    char sha256[65];
    struct awkward_act act;
    unsigned status;     /* that was answered; 0: none yet */
    int64_t answered_ms; /* when; what the sender does next counts from here */
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

/* ---- who is there ---- */

/* By the client certificate. False: none was shown. */
static bool by_certificate(const struct inbox *inbox, struct MHD_Connection *connection, struct inbox_visitor *v)
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
    sealcheck_subject(certificate, v->client, sizeof v->client);
    if (X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, v->common_name,
                                  (int)sizeof v->common_name) < 0)
        v->common_name[0] = '\0';
    X509_free(certificate);
    const char *officer = inbox_officers_by_name(inbox->officers, v->common_name);
    snprintf(v->officer, sizeof v->officer, "%s", officer ? officer : "");
    v->may_decide = officer != NULL;
    v->sees_all = officer || (inbox->viewer && strcmp(inbox->viewer, v->common_name) == 0);
    return v->client[0] != '\0';
}

/* At the local listener: whoever can reach it; which officer that is says the cookie. Only under our own name: a page
 * from elsewhere must not reach us by a name that suddenly means this machine. */
static bool by_place(const struct inbox_server *s, struct MHD_Connection *connection, struct inbox_visitor *v)
{
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
    const char *officer = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, "officer");
    char by_name[ADDRESS_MAX];
    snprintf(by_name, sizeof by_name, "localhost%.10s", strrchr(s->address, ':'));
    if (!host || (strcmp(host, s->address) != 0 && strcmp(host, by_name) != 0))
        return false;
    v->local = v->sees_all = true;
    snprintf(v->client, sizeof v->client, "local");
    if (officer && inbox_officer_ok(officer) &&
        (!s->inbox->officers || inbox_officers_has(s->inbox->officers, officer)))
        snprintf(v->officer, sizeof v->officer, "%s", officer);
    v->may_decide = v->officer[0] != '\0';
    return true;
}

static enum inbox_language language_of(struct MHD_Connection *connection)
{
    const char *asked = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "lang");
    if (!asked)
        asked = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Language");
    return asked && strncmp(asked, "en", 2) == 0 ? INBOX_EN : INBOX_ZH;
}

/* ---- conformance mode: what is watched ---- */

static int64_t mono_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void watch(struct inbox_awkward *a, struct handling *h)
{
    const struct inbox_request *r = &h->request;
    const char *key = NULL;
    if (strncmp(r->url, INBOX_ELSEWHERE, strlen(INBOX_ELSEWHERE)) == 0)
        inbox_awkward_followed(a);
    h->upload = strcmp(r->method, "POST") == 0 && strcmp(r->url, "/packages") == 0;
    if (h->upload)
        key = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Idempotency-Key");
    else if (strcmp(r->method, "GET") == 0 && strncmp(r->url, "/packages/", 10) == 0 && strlen(r->url) == 74)
        key = r->url + 10;
    else
        return;
    key = key && key[0] == '"' ? key + 1 : key;
    snprintf(h->sha256, sizeof h->sha256, "%s", key ? key : "");
    h->watched = true;
    h->act =
        h->upload ? inbox_awkward_upload(a, h->sha256, mono_ms()) : inbox_awkward_question(a, h->sha256, mono_ms());
}

static void wait_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

/* ---- requests ---- */

static struct handling *begin(struct inbox_server *s, struct MHD_Connection *connection, const char *url,
                              const char *method)
{
    struct handling *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->request = (struct inbox_request){.inbox = s->inbox,
                                        .connection = connection,
                                        .url = url,
                                        .method = method,
                                        .address = s->address,
                                        .secret = s->secret};
    h->request.visitor.language = language_of(connection);
    return h;
}

/* Answers an upload or a question in conformance mode's way. */
static enum MHD_Result answer(struct inbox_server *s, struct handling *h)
{
    struct inbox_request *r = &h->request;
    struct inbox_reply reply = {.status = h->act.status};
    enum awkward_what what = h->act.what;
    h->answered_ms = mono_ms();
    if (what == AWKWARD_CUT_BEFORE || what == AWKWARD_CUT_AFTER)
        return MHD_NO;
    if (what == AWKWARD_SAY)
        return h->status = reply.status, inbox_spoil_say(r, &h->act);
    if (what == AWKWARD_SLOW) {
        pthread_mutex_unlock(&s->lock);
        wait_ms(h->act.number);
        pthread_mutex_lock(&s->lock);
    }
    if (r->upload)
        inbox_api_finish(r, &reply);
    else
        inbox_api_question(r, &reply);
    h->status = what == AWKWARD_LOST ? 0 : reply.status;
    return inbox_spoil(r, &reply, &h->act);
}

/* Before the body. */
static enum MHD_Result first(struct inbox_server *s, struct handling *h)
{
    struct inbox_request *r = &h->request;
    bool answered = false;
    bool known =
        s->key ? by_certificate(s->inbox, r->connection, &r->visitor) : by_place(s, r->connection, &r->visitor);
    bool post = strcmp(r->method, "POST") == 0, get = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
    if (!known)
        return inbox_refuse_json(r, 403, "client_certificate", "show a client certificate that this inbox trusts");
    if (s->awkward)
        watch(s->awkward, h);
    if (post && inbox_api_is(r->url) && s->key && strcmp(r->url, "/packages") == 0)
        return inbox_api_begin(r, &answered);
    if (post && !inbox_api_is(r->url))
        return (r->form = malloc(INBOX_FORM_MAX)) != NULL ? MHD_YES : MHD_NO;
    if (!get)
        return inbox_refuse_json(r, 405, "method", "POST to /packages, GET everything else");
    if (h->watched)
        return answer(s, h);
    return inbox_api_is(r->url) ? inbox_api_get(r) : inbox_web_get(r);
}

static void keep_form(struct inbox_request *r, const char *data, size_t size)
{
    r->form_too_long = r->form_too_long || size > INBOX_FORM_MAX - r->form_length;
    if (r->form_too_long)
        return;
    memcpy(r->form + r->form_length, data, size);
    r->form_length += size;
}

/* Called first without data, then with each piece of the body, then once more with none. */
static enum MHD_Result step(struct inbox_server *s, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *data, size_t *size, void **context)
{
    struct handling *h = *context;
    if (!h) {
        *context = h = begin(s, connection, url, method);
        return h ? first(s, h) : MHD_NO;
    }
    h->request.url = url;
    h->request.method = method;
    if (*size > 0) {
        if (h->act.what == AWKWARD_CUT_BEFORE)
            return h->answered_ms = mono_ms(), MHD_NO;
        if (h->request.form)
            keep_form(&h->request, data, *size);
        else if (h->request.upload)
            inbox_upload_feed(h->request.upload, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return h->request.form ? inbox_web_post(&h->request) : answer(s, h);
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **context)
{
    (void)version;
    struct inbox_server *s = ctx;
    pthread_mutex_lock(&s->lock);
    enum MHD_Result result = step(s, connection, url, method, data, size, context);
    pthread_mutex_unlock(&s->lock);
    return result;
}

static void completed(void *ctx, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code)
{
    (void)connection;
    struct inbox_server *s = ctx;
    struct handling *h = *context;
    *context = NULL;
    if (!h)
        return;
    pthread_mutex_lock(&s->lock);
    if (h->watched)
        inbox_awkward_ended(s->awkward, h->sha256, h->upload, h->act, h->status,
                            code == MHD_REQUEST_TERMINATED_COMPLETED_OK, h->answered_ms ? h->answered_ms : mono_ms());
    inbox_upload_close(h->request.upload);
    pthread_mutex_unlock(&s->lock);
    free(h->request.form);
    free(h);
}

/* ---- listening ---- */

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
    unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD |
                     (where->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0U) | (s->key ? MHD_USE_TLS : 0U) |
                     (s->awkward ? MHD_USE_THREAD_PER_CONNECTION : 0U);
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, s->key},
        {MHD_OPTION_HTTPS_MEM_TRUST, 0, s->client_ca},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (char[]){"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"}},
        {MHD_OPTION_END, 0, NULL},
    };
    s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, s, MHD_OPTION_SOCK_ADDR, where->ai_addr,
                                 MHD_OPTION_NOTIFY_CONNECTION, demand_certificate, NULL, MHD_OPTION_NOTIFY_COMPLETED,
                                 completed, s, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                                 MHD_OPTION_ARRAY, s->key ? tls : &tls[4], MHD_OPTION_END);
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

/* What has no TLS must not leave the machine. */
static int demand_loopback(const char *address, struct err *err)
{
    if (strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]", 5) == 0)
        return 0;
    return err_set(err, ERR_INVALID,
                   "--office %s: it has no TLS; it must be an address of this machine, such as "
                   "127.0.0.1:8080",
                   address);
}

int inbox_server_open(struct inbox_server **out, const struct inbox *inbox, const struct inbox_server_config *config,
                      struct err *err)
{
    size_t length;
    struct inbox_server *s = calloc(1, sizeof *s);
    struct addrinfo *where = resolve(config->address, err);
    *out = s;
    if (s) {
        s->inbox = inbox;
        s->awkward = config->awkward;
        pthread_mutex_init(&s->lock, NULL);
    }
    if (!s || !where || RAND_bytes(s->secret, sizeof s->secret) != 1 ||
        (config->key_file && (file_read(config->cert_file, PEM_MAX, &s->cert, &length, err) ||
                              file_read(config->key_file, PEM_MAX, &s->key, &length, err) ||
                              file_read(config->client_ca_file, PEM_MAX, &s->client_ca, &length, err))) ||
        (!config->key_file && demand_loopback(config->address, err)) || start(s, where, err)) {
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
    pthread_mutex_destroy(&s->lock);
    OPENSSL_cleanse(s->secret, sizeof s->secret);
    free(s->cert);
    if (s->key)
        OPENSSL_cleanse(s->key, strlen(s->key));
    free(s->key);
    free(s->client_ca);
    free(s);
}
