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
#include <systemd/sd-daemon.h>

#include "reports/container.h"
#include "reports/inbox.h"
#include "reports/inbox_awkward.h"
#include "reports/log.h"
#include "reports/program.h"
#include "reports/sealcheck.h"

static const char help[] =
    "smoginbox --listen ADDR:PORT --cert FILE --key FILE --client-ca FILE --receipt-key FILE --store DIR\n"
    "          [--seal-ca FILE] [--viewer NAME] [--officers FILE] [--office ADDR:PORT] [--size-max BYTES]\n"
    "          [--holidays FILE]\n"
    "          [--conformance FILE | --awkward LIST]\n"
    "smoginbox --store DIR --decide SHA256 DECISION --officer NUMBER\n"
    "          [--ground 1..8] [--number TEXT] [--amount YUAN] [--basis TEXT] [--note TEXT]\n"
    "\n"
    "Receives sealed packages over TLS from senders with a client certificate, verifies and keeps them, gives signed\n"
    "receipts, shows them to officers in a browser, and tells the senders what was decided.\n"
    "\n"
    "  --listen ADDR:PORT  numeric; port 0 takes a free one; 'listening on ADDR:PORT' is printed when it is ready\n"
    "  --cert, --key       the inbox's TLS certificate and key (PEM)\n"
    "  --client-ca FILE    who may send or look: issuers of the client certificates\n"
    "  --seal-ca FILE      whose seals are trusted in packages; default: --client-ca\n"
    "  --store DIR         where packages and index are kept\n"
    "  --receipt-key FILE  an EC key (PEM) that signs receipts and decisions; without it they are worth little\n"
    "  --viewer NAME       common name of a client certificate that sees what everybody sent, and decides nothing\n"
    "  --officers FILE     who may decide: lines of an officer's number and his certificate's common name\n"
    "  --office ADDR:PORT  plain HTTP for officers at this machine; they enter their number ('office on ADDR:PORT')\n"
    "  --holidays FILE     calendars of working days, by which deadlines are counted (share/smogd/deadlines/\n"
    "                      holidays-cn.conf); without it, and in a year that it lacks, by weekdays alone\n"
    "  --size-max BYTES    largest package; default and maximum 67108864\n"
    "\n"
    "  --decide            records what became of a package; its sender fetches it at /packages/decisions. DECISION,\n"
    "                      in the order of the law: accepted, returned, notified, penalised, paid, handled-on-site;\n"
    "                      rectified at any time but after a return\n"
    "  --officer           who decides\n"
    "  --ground            for a return: 1 emergency vehicle on duty, 2 stolen or cloned plate, 3 rescue, 4 handled "
    "on\n"
    "                      site, 5 contradictory signals, 6 unclear evidence, 7 wrong plate, 8 other (with a note)\n"
    "  --number            for penalised and handled-on-site: number of the decision\n"
    "\n"
    "  --conformance FILE, --awkward LIST\n"
    "                      tests a sender: answers awkwardly by that script and reports at the end (SIGTERM) whether\n"
    "                      the sender behaved. Items, for one upload each, in turn: ok slow:MS STATUS[:RETRY-AFTER]\n"
    "                      cut-before cut-after lost wrong-hash bad-signature garbage huge drip:MS; get-ITEM for a\n"
    "                      question (GET /packages/SHA256); N%ITEM at random afterwards, repeatable by seed:N\n"
    "\n"
    "Exit status: 0 ended by SIGTERM or SIGINT (and the sender behaved), or decided; 1 the sender did not behave;\n"
    "2 wrong usage; 3 cannot listen or read a file; 4 the order of decisions is wrong.\n";

struct options {
    const char *listen, *cert, *key, *client_ca, *seal_ca, *store, *receipt_key, *viewer, *officers, *office, *size_max,
        *holidays;
    const char *conformance, *awkward;
    const char *decide, *decision, *ground, *number, *amount, *basis, *note, *officer;
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
                 {"--officers", &o->officers},
                 {"--office", &o->office},
                 {"--holidays", &o->holidays},
                 {"--conformance", &o->conformance},
                 {"--awkward", &o->awkward},
                 {"--officer", &o->officer},
                 {"--amount", &o->amount},
                 {"--basis", &o->basis},
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
    const struct {
        const char *option, *given;
        char *out;
        size_t size;
    } texts[] = {
        {"--decide", o->decide, d.sha256, sizeof d.sha256},    {"--decide", o->decision, d.decision, sizeof d.decision},
        {"--number", o->number, d.number, sizeof d.number},    {"--amount", o->amount, d.amount, sizeof d.amount},
        {"--basis", o->basis, d.basis, sizeof d.basis},        {"--note", o->note, d.note, sizeof d.note},
        {"--officer", o->officer, d.officer, sizeof d.officer}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *given = texts[i].given ? texts[i].given : "";
        if (strlen(given) >= texts[i].size)
            return err_set(err, ERR_INVALID, "%s: at most %zu bytes", texts[i].option, texts[i].size - 1);
        memcpy(texts[i].out, given, strlen(given) + 1);
    }
    if (inbox_store_open(&store, o->store, err))
        return -1;
    int result = inbox_store_decide(store, &d, "command line", err);
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

/* Everything that runs; closed in one place. */
struct running {
    struct inbox inbox, office; /* the same but for the connection to the database: each has a thread */
    struct inbox_awkward *awkward;
    struct inbox_server *server, *office_server;
};

static int open_inbox(struct running *r, const struct options *o, struct err *err)
{
    struct inbox *inbox = &r->inbox;
    long long size_max = CONTAINER_SIZE_MAX;
    if (o->size_max && read_number(o->size_max, "--size-max", 1, CONTAINER_SIZE_MAX, &size_max, err))
        return -1;
    inbox->size_max = (size_t)size_max;
    inbox->viewer = o->viewer;
    if (!(inbox->trust = sealcheck_trust(o->seal_ca ? o->seal_ca : o->client_ca, err)) ||
        (o->receipt_key && !(inbox->receipt_key = read_key(o->receipt_key, err))) ||
        (o->officers && inbox_officers_open(&inbox->officers, o->officers, err)) ||
        (o->holidays && inbox_holidays_open(&inbox->holidays, o->holidays, err)) ||
        inbox_store_open(&inbox->store, o->store, err))
        return -1;
    inbox_store_clean(inbox->store);
    r->office = r->inbox;
    r->office.store = NULL;
    return o->office ? inbox_store_open(&r->office.store, o->store, err) : 0;
}

static int open_servers(struct running *r, const struct options *o, struct err *err)
{
    if (o->conformance || o->awkward) {
        const char *script = o->conformance ? o->conformance : o->awkward;
        if (inbox_awkward_open(&r->awkward, script, o->conformance != NULL, err))
            return -1;
    }
    const struct inbox_server_config config = {o->listen, o->cert, o->key, o->client_ca, r->awkward};
    const struct inbox_server_config office = {.address = o->office};
    if (inbox_server_open(&r->server, &r->inbox, &config, err))
        return -1;
    return o->office ? inbox_server_open(&r->office_server, &r->office, &office, err) : 0;
}

/* Until SIGTERM or SIGINT; all threads but this one have them blocked. */
static void serve(const struct running *r, const sigset_t *signals)
{
    int number;
    if (!r->inbox.receipt_key)
        log_warning("receipts and decisions are not signed: give --receipt-key");
    if (r->office_server)
        printf("office on %s\n", inbox_server_address(r->office_server));
    printf("listening on %s\n", inbox_server_address(r->server));
    fflush(stdout);
    sd_notify(0, "READY=1");
    sigwait(signals, &number);
    sd_notify(0, "STOPPING=1");
}

static int receive(const struct options *o, struct err *err)
{
    sigset_t signals;
    struct running r = {.inbox = {.store = NULL}};
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int result = open_inbox(&r, o, err) == 0 && open_servers(&r, o, err) == 0 ? 0 : -1;
    if (result == 0)
        serve(&r, &signals);
    inbox_server_close(r.office_server);
    inbox_server_close(r.server);
    if (result == 0 && r.awkward && !inbox_awkward_report(r.awkward, stdout))
        result = err_set(err, ERR_FAILED, "the sender does not behave; see the report");
    inbox_awkward_close(r.awkward);
    inbox_store_close(r.office.store);
    inbox_store_close(r.inbox.store);
    inbox_officers_close(r.inbox.officers);
    free(r.inbox.holidays);
    EVP_PKEY_free(r.inbox.receipt_key);
    X509_STORE_free(r.inbox.trust);
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
