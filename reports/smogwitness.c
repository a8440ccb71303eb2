/*
 * smogwitness: the second agency's side. Co-signs a station's checkpoint, carried on a stick, when it continues the one
 * that was co-signed last; refuses what does not. Needs no station and no network.
 *
 * Its memory is one file, the checkpoint that was co-signed last with its co-signatures. It is on the disk before the
 * answer is written, so that nothing leaves that is not remembered. Whoever sets this file back can make the witness
 * sign two histories: keep it where the station's people cannot write.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "reports/cosignature.h"
#include "reports/file.h"
#include "reports/program.h"
#include "reports/witness_request.h"

static const char help[] =
    "smogwitness REQUEST --key KEY --name NAME --station CERT.pem --last LAST -o OUT [--first]\n"
    "\n"
    "Co-signs a station's checkpoint, when it continues the one that was co-signed last.\n"
    "核对站点日志检查点是否延续上次见证的检查点，符合才予以见证签名。\n"
    "\n"
    "  REQUEST         from smogctl journal witness-request                站点出具的见证请求\n"
    "  --key KEY       the witness's Ed25519 key (PEM)                     见证方私钥\n"
    "  --name NAME     the witness's name, as the station has configured it, such as ecology.changji/w1\n"
    "  --station CERT  the station's sealing certificates (PEM), old and new\n"
    "                                                                      站点签章证书\n"
    "  --last LAST     what was co-signed last; the witness's memory       上次见证的检查点\n"
    "  --first         there is no LAST yet                                首次见证\n"
    "  -o OUT          the co-signed checkpoint, for smogctl journal witness-import\n"
    "\n"
    "Exit status: 0 co-signed, 1 refused, 2 wrong usage, 3 a file cannot be read.\n";

enum { FILE_MODE = 0644, CERTIFICATES_MAX = 1 << 20 };

struct options {
    const char *request, *key, *name, *station, *last, *out;
    bool first;
};

struct witness {
    struct options o;
    EVP_PKEY *key;
    struct witness_request request;
    struct checkpoint_read last; /* size 0 and no origin: nothing was co-signed yet */
    int lock;
};

static int read_options(int argc, char **argv, struct options *o, struct err *err)
{
    static const char *const names[] = {"--key", "--name", "--station", "--last", "-o"};
    const char **values[] = {&o->key, &o->name, &o->station, &o->last, &o->out};
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        while (k < sizeof names / sizeof names[0] && strcmp(argv[i], names[k]) != 0)
            k++;
        if (k < sizeof names / sizeof names[0] && i + 1 < argc)
            *values[k] = argv[++i];
        else if (strcmp(argv[i], "--first") == 0)
            o->first = true;
        else if (argv[i][0] != '-' && !o->request)
            o->request = argv[i];
        else
            return err_set(err, ERR_INVALID, "'%s' is not understood here; see smogwitness --help", argv[i]);
    }
    if (!o->request || !o->key || !o->name || !o->station || !o->last || !o->out)
        return err_set(err, ERR_INVALID,
                       "REQUEST, --key, --name, --station, --last and -o are needed; see "
                       "smogwitness --help");
    if (!cosignature_name_ok(o->name))
        return err_set(err, ERR_INVALID, "'%s' is no name of a witness: no spaces, no +", o->name);
    return 0;
}

/* One co-signing at a time: between reading the last one and writing the next nobody else may do the same. */
static int take_lock(struct witness *w, struct err *err)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s.lock", w->o.last);
    if (length < 0 || (size_t)length >= sizeof path)
        return err_set(err, ERR_INVALID, "%s: the path is too long", w->o.last);
    w->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (w->lock < 0)
        return err_set(err, ERR_UNREACHABLE, "%s: cannot write: %s", path, strerror(errno));
    if (flock(w->lock, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, ERR_REFUSED, "another smogwitness is at work with %s; try again", w->o.last);
    return 0;
}

static int read_request(struct witness *w, struct err *err)
{
    char *text = NULL;
    size_t length = 0;
    if (file_read(w->o.request, WITNESS_REQUEST_MAX, &text, &length, err) != 0)
        return -1;
    int result = witness_request_read(&w->request, text, length, err);
    free(text);
    return result == 0 ? 0 : err_prefix(err, "%s", w->o.request);
}

/* One of the station's certificates must have signed it. */
static int check_station(const struct witness *w, struct err *err)
{
    FILE *in = fopen(w->o.station, "re");
    if (!in)
        return err_set(err, ERR_UNREACHABLE, "%s: the station's certificate cannot be read", w->o.station);
    bool some = false, good = false;
    struct err why = {0};
    for (X509 *cert; !good && (cert = PEM_read_X509(in, NULL, NULL, NULL)); X509_free(cert)) {
        some = true;
        good = checkpoint_verify(&w->request.checkpoint, w->request.note, X509_get0_pubkey(cert), &why) == 0;
    }
    fclose(in);
    if (!some)
        return err_set(err, ERR_INVALID, "%s: holds no PEM certificate", w->o.station);
    return good ? 0
                : err_set(err, ERR_FAILED, "the station of %s has not signed this checkpoint: %s", w->o.station,
                          why.text);
}

/* What was co-signed last must carry this witness's own co-signature: nobody else has put it there. */
static int read_last(struct witness *w, struct err *err)
{
    char *text = NULL, as[COSIGNATURE_NAME_MAX];
    size_t length = 0;
    int64_t time_s = 0;
    bool absent = access(w->o.last, F_OK) != 0 && errno == ENOENT;
    if (absent && w->o.first)
        return w->request.old_size == 0
                   ? 0
                   : err_set(err, ERR_FAILED,
                             "the station has a co-signature of this witness at %" PRIu64
                             " events: find LAST again, or take the station's copy (smogctl journal witnessed)",
                             w->request.old_size);
    if (absent)
        return err_set(
            err, ERR_UNREACHABLE,
            "%s: is not there. Without it nobody can tell whether the journal was rewritten; if this witness "
            "has never co-signed for this station, say --first",
            w->o.last);
    if (w->o.first)
        return err_set(err, ERR_INVALID, "%s is there: this is not the first time, leave --first out", w->o.last);
    if (file_read(w->o.last, CHECKPOINT_TEXT_MAX, &text, &length, err) != 0)
        return -1;
    int result = checkpoint_read(&w->last, text, length, err);
    if (result == 0 && cosignature_find(text, &w->last, w->o.name, w->key, &time_s, as, err) <= 0)
        result = err_set(err, ERR_INVALID, "it does not carry the co-signature of %s by this key", w->o.name);
    free(text);
    return result == 0 ? 0 : err_prefix(err, "%s", w->o.last);
}

static int check(const struct witness *w, struct err *err)
{
    const struct checkpoint_read *c = &w->request.checkpoint;
    if (w->last.origin[0] && strcmp(w->last.origin, c->origin) != 0)
        return err_set(
            err, ERR_FAILED,
            "it is of the journal %s; %s is of %s: keep a LAST for each journal; a restored station begins a "
            "new one",
            c->origin, w->o.last, w->last.origin);
    return witness_request_check(&w->request, w->last.size, &w->last.root, err);
}

static int cosign(struct witness *w, struct err *err)
{
    char note[CHECKPOINT_TEXT_MAX + 1];
    const struct checkpoint_read *c = &w->request.checkpoint;
    if (take_lock(w, err) != 0 || read_request(w, err) != 0 || check_station(w, err) != 0 || read_last(w, err) != 0)
        return -1;
    if (check(w, err) != 0)
        return err_prefix(err, "not co-signed");
    snprintf(note, sizeof note, "%s", w->request.note);
    if (cosignature_add(note, c, w->o.name, w->key, (int64_t)time(NULL), err) != 0 ||
        file_write(w->o.last, note, strlen(note), FILE_MODE, err) != 0 ||
        file_write(w->o.out, note, strlen(note), FILE_MODE, err) != 0)
        return -1;
    printf("%s: co-signed %" PRIu64 " events, signed by the station at %s; before: %" PRIu64 "\n", c->origin, c->size,
           c->time, w->last.size);
    return 0;
}

int main(int argc, char **argv)
{
    static struct witness w = {.lock = -1};
    struct err err = {0};
    int answered = program_answer(argc, argv, "smogwitness", help);
    if (answered >= 0)
        return answered;
    int result = read_options(argc, argv, &w.o, &err);
    if (result == 0) {
        w.key = cosignature_private_key(w.o.key, &err);
        result = w.key ? cosign(&w, &err) : -1;
    }
    if (result != 0)
        fprintf(stderr, "smogwitness: %s\n", err.text);
    EVP_PKEY_free(w.key);
    if (w.lock >= 0)
        close(w.lock);
    return result == 0 ? 0 : (int)err.code;
}
