/*
 * smoginbox: the reference receiver for the police side. See inbox.h for its parts.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/pem.h>

#include "reports/container.h"
#include "reports/inbox.h"
#include "reports/log.h"
#include "reports/program.h"
#include "reports/sealcheck.h"

static const char help[] =
    "smoginbox --listen ADDR:PORT --cert FILE --key FILE --client-ca FILE --store DIR\n"
    "          [--seal-ca FILE] [--receipt-key FILE] [--viewer NAME] [--size-max BYTES]\n"
    "smoginbox --store DIR --decide SHA256 accepted|returned|penalised|rectified\n"
    "          [--ground 1..8] [--number TEXT] [--note TEXT]\n"
    "\n"
    "Receives sealed packages over TLS from senders with a client certificate, verifies and keeps them, gives "
    "receipts.\n"
    "\n"
    "  --listen ADDR:PORT  numeric; port 0 takes a free one; 'listening on ADDR:PORT' is printed when it is ready\n"
    "  --cert, --key       the inbox's TLS certificate and key (PEM)\n"
    "  --client-ca FILE    who may send: issuers of the client certificates\n"
    "  --seal-ca FILE      whose seals are trusted in packages; default: --client-ca\n"
    "  --store DIR         where packages and index are kept\n"
    "  --receipt-key FILE  an EC key (PEM); receipts then carry Receipt-Signature\n"
    "  --viewer NAME       common name of the client certificate that sees what everybody sent, not only its own\n"
    "  --size-max BYTES    largest package; default and maximum 67108864\n"
    "\n"
    "  --decide            records what became of a package; its sender fetches it at /packages/decisions\n"
    "  --ground            for a return: 1 emergency vehicle on duty, 2 stolen or cloned plate, 3 rescue, 4 handled "
    "on\n"
    "                      site, 5 contradictory signals, 6 unclear evidence, 7 wrong plate, 8 other\n"
    "  --number            for a penalty: number of the decision\n"
    "\n"
    "Exit status: 0 ended by SIGTERM or SIGINT, or decided; 2 wrong usage; 3 cannot listen or read a file.\n";

struct options {
    const char *listen, *cert, *key, *client_ca, *seal_ca, *store, *receipt_key, *viewer, *size_max;
    const char *decide, *decision, *ground, *number, *note;
};

static int read_options(int argc, char **argv, struct options *o, struct err *err)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {{"--listen", &o->listen},
                 {"--cert", &o->cert},
                 {"--key", &o->key},
                 {"--client-ca", &o->client_ca},
                 {"--seal-ca", &o->seal_ca},
                 {"--store", &o->store},
                 {"--receipt-key", &o->receipt_key},
                 {"--viewer", &o->viewer},
                 {"--size-max", &o->size_max},
                 {"--decide", &o->decide},
                 {"--ground", &o->ground},
                 {"--number", &o->number},
                 {"--note", &o->note}};
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        while (k < sizeof known / sizeof known[0] && strcmp(argv[i], known[k].name) != 0)
            k++;
        if (k < sizeof known / sizeof known[0] && i + 1 < argc && !*known[k].value)
            *known[k].value = argv[++i];
        else if (o->decide && !o->decision && argv[i][0] != '-')
            o->decision = argv[i];
        else
            return err_set(err, ERR_INVALID, "'%s' is not understood here; see smoginbox --help", argv[i]);
    }
    if (!o->store)
        return err_set(err, ERR_INVALID, "--store is missing; see smoginbox --help");
    if (o->decide ? !o->decision : !o->listen || !o->cert || !o->key || !o->client_ca)
        return err_set(err, ERR_INVALID, "%s; see smoginbox --help",
                       o->decide ? "--decide needs a decision" : "--listen, --cert, --key and --client-ca are needed");
    return 0;
}

static int read_number(const char *text, const char *name, long long min, long long max, long long *out,
                       struct err *err)
{
    char *end;
    *out = strtoll(text, &end, 10);
    if (end == text || *end || *out < min || *out > max)
        return err_set(err, ERR_INVALID, "%s %s: a number from %lld to %lld is expected", name, text, min, max);
    return 0;
}

static int decide(const struct options *o, struct err *err)
{
    struct timespec now;
    long long ground = 0;
    struct inbox_store *store;
    struct inbox_decision d = {0};
    if (o->ground && read_number(o->ground, "--ground", 1, 8, &ground, err))
        return -1;
    clock_gettime(CLOCK_REALTIME, &now);
    d.at_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    d.ground = (int)ground;
    snprintf(d.sha256, sizeof d.sha256, "%s", o->decide);
    snprintf(d.decision, sizeof d.decision, "%s", o->decision);
    snprintf(d.number, sizeof d.number, "%s", o->number ? o->number : "");
    snprintf(d.note, sizeof d.note, "%s", o->note ? o->note : "");
    if (inbox_store_open(&store, o->store, err))
        return -1;
    int result = inbox_store_decide(store, &d, err);
    inbox_store_close(store);
    return result;
}

static EVP_PKEY *read_key(const char *path, struct err *err)
{
    FILE *file = fopen(path, "r");
    EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
    if (file)
        fclose(file);
    if (!key)
        err_set(err, ERR_UNREACHABLE, "%s: no private key can be read there", path);
    return key;
}

/* Until SIGTERM or SIGINT; all threads but this one have them blocked. */
static void serve(const struct inbox_server *server, const sigset_t *signals)
{
    int number;
    printf("listening on %s\n", inbox_server_address(server));
    fflush(stdout);
    sigwait(signals, &number);
}

static int receive(const struct options *o, struct err *err)
{
    sigset_t signals;
    struct inbox inbox = {.size_max = CONTAINER_SIZE_MAX, .viewer = o->viewer};
    struct inbox_server *server = NULL;
    const struct inbox_server_config config = {o->listen, o->cert, o->key, o->client_ca};
    long long size_max = CONTAINER_SIZE_MAX;
    int result = -1;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (o->size_max && read_number(o->size_max, "--size-max", 1, CONTAINER_SIZE_MAX, &size_max, err))
        return -1;
    inbox.size_max = (size_t)size_max;
    if ((inbox.trust = sealcheck_trust(o->seal_ca ? o->seal_ca : o->client_ca, err)) != NULL &&
        (!o->receipt_key || (inbox.receipt_key = read_key(o->receipt_key, err)) != NULL) &&
        inbox_store_open(&inbox.store, o->store, err) == 0) {
        inbox_store_clean(inbox.store);
        result = inbox_server_open(&server, &inbox, &config, err);
    }
    if (result == 0)
        serve(server, &signals);
    inbox_server_close(server);
    inbox_store_close(inbox.store);
    EVP_PKEY_free(inbox.receipt_key);
    X509_STORE_free(inbox.trust);
    return result;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct err err = {0};
    int answered = program_answer(argc, argv, "smoginbox", help);
    if (answered >= 0)
        return answered;
    umask(027);
    log_open("smoginbox", false);
    int result = read_options(argc, argv, &options, &err);
    if (result == 0)
        result = options.decide ? decide(&options, &err) : receive(&options, &err);
    if (result) {
        log_error("%s", err.text);
        return (int)err.code;
    }
    return 0;
}
