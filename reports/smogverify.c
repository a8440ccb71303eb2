/*
 * smogverify: is this package what the station sealed, and does its verdict follow from what the instruments said?
 *
 * Needs the file and the certificate of the authority, nothing else: no station, no database, no network. Reads, never
 * writes. The checks are in verifier.h; what each of them rests on:
 *
 *     container.c                      the ZIP file, every byte of it
 *     manifest_read.c sealcheck.c      the list of contents and the signature over it
 *     record.c rejudge.c               the record, and its verdict recomputed by the station's own code
 *     merkle.c checkpoint_read.c       the record's place in the station's journal
 *     verifier_case.c                  who handled the case, step by step in that journal
 *     verifier_export.c                a whole journal, event by event
 *     verifier_tiles.c                 a journal's hashes as a folder of published files
 *     verifier_history.c history.c     the history file of another station
 *     limits.h                         how large all of it may be
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/cosignature.h"
#include "reports/file.h"
#include "reports/program.h"
#include "reports/revocation.h"
#include "reports/sealcheck.h"
#include "reports/tsacheck.h"
#include "reports/verifier.h"

static const char help[] =
    "smogverify FILE.asice --ca CA.pem [--checkpoint OLD] [--consistency PROOF]… [--reference FILE]… [--witness KEY] "
    "[--tsa-ca CA.pem] "
    "[--json]\n"
    "smogverify JOURNAL --ca SEAL.pem --checkpoint NOTE [--json]\n"
    "smogverify --tiles FOLDER --ca SEAL.pem [--checkpoint OLD] [--json]\n"
    "smogverify FILE.history --ca CA.pem [--json]\n"
    "smogverify --qr TEXT|FILE --ca CA.pem [--checkpoint OLD] [--json]\n"
    "\n"
    "Checks a sealed evidence package and prints what was checked, line by line.\n"
    "检验已签章的证据包，逐项说明检验内容和结果。\n"
    "An exported journal (smogctl journal export) is checked against a signed checkpoint of it.\n"
    "也可将导出的日志与其签名检查点核对。\n"
    "A folder of published hashes (smogctl journal tiles) is checked with --tiles, against a checkpoint that you have\n"
    "kept, too.\n"
    "公布的日志哈希目录用 --tiles 检验，并可与自存的检查点核对。\n"
    "A history file of another station (smogctl history export) is checked by itself.\n"
    "他站的历史文件可单独检验。\n"
    "The text of a slip's QR code, or a file with it, is checked with --qr.\n"
    "结果单二维码的文本（或存有该文本的文件）用 --qr 检验。\n"
    "\n"
    "  --ca CA.pem          certificates that are trusted (PEM)           受信任的证书\n"
    "  --checkpoint OLD     a checkpoint of the same journal from your own keeping: does the package's journal\n"
    "                       agree with it?                                自存的同一日志检查点\n"
    "  --consistency PROOF  from smogctl journal checkpoint --consistency OLD, where the package alone does not tell\n"
    "                                                                     站点出具的一致性证明\n"
    "  --reference FILE     a rule pack or profile as it was published: is the package's own the same?\n"
    "                                                                     公布的限值规则或仪器配置文件\n"
    "  --tsa-ca CA.pem      time-stamp authorities whose stamp in a package is to be checked\n"
    "                                                                     受信任的时间戳机构证书\n"
    "  --crl FILE           certificates that their authority has withdrawn (CRL, PEM)\n"
    "                                                                     证书吊销列表\n"
    "  --witness KEY        public key of the agency that co-signs the journal\n"
    "                                                                     见证机构的公钥\n"
    "  --json               one JSON object instead of sentences          输出JSON\n"
    "\n"
    "Exit status: 0 verified, 1 not verified, 2 wrong usage, 3 a file cannot be read.\n";

enum { JSON_MAX = 2 << 20 };

struct options {
    const char *package, *qr, *tiles, *ca, *checkpoint, *witness, *crl, *tsa_ca;
    const char *consistency[VERIFIER_PROOFS_MAX];
    size_t consistency_count;
    const char *references[VERIFIER_REFERENCES_MAX];
    size_t references_count;
    bool json;
};

/* The value of option `name` at argv[*i], taken into *out; once only. */
static bool take_value(int argc, char **argv, int *i, const char *name, const char **out)
{
    if (strcmp(argv[*i], name) != 0 || *out || *i + 1 >= argc)
        return false;
    *out = argv[++*i];
    return true;
}

static int read_options(int argc, char **argv, struct options *o, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        if (take_value(argc, argv, &i, "--ca", &o->ca) || take_value(argc, argv, &i, "--checkpoint", &o->checkpoint) ||
            take_value(argc, argv, &i, "--witness", &o->witness) || take_value(argc, argv, &i, "--crl", &o->crl) ||
            take_value(argc, argv, &i, "--tsa-ca", &o->tsa_ca) || take_value(argc, argv, &i, "--qr", &o->qr) ||
            take_value(argc, argv, &i, "--tiles", &o->tiles))
            continue;
        if (o->consistency_count < VERIFIER_PROOFS_MAX &&
            take_value(argc, argv, &i, "--consistency", &o->consistency[o->consistency_count])) {
            o->consistency_count++;
            continue;
        }
        if (o->references_count < VERIFIER_REFERENCES_MAX &&
            take_value(argc, argv, &i, "--reference", &o->references[o->references_count])) {
            o->references_count++;
            continue;
        }
        if (strcmp(argv[i], "--json") == 0)
            o->json = true;
        else if (argv[i][0] != '-' && !o->package)
            o->package = argv[i];
        else
            return err_set(err, ERR_INVALID, "'%s' is not understood here; see smogverify --help", argv[i]);
    }
    if ((o->package != NULL) + (o->qr != NULL) + (o->tiles != NULL) != 1 || !o->ca)
        return err_set(err, ERR_INVALID,
                       "give a package, --qr with a slip's code or --tiles with a folder, and --ca with the trusted "
                       "certificates; see smogverify --help");
    return 0;
}

static int print_json(const struct verifier *v, struct err *err)
{
    char *text = malloc(JSON_MAX);
    if (!text || verifier_json(v, text, JSON_MAX) < 0) {
        free(text);
        return err_set(err, ERR_FAILED, "the result does not fit into memory");
    }
    puts(text);
    free(text);
    return 0;
}

/* What is read before anything is checked. */
struct input {
    enum { IS_PACKAGE, IS_JOURNAL, IS_HISTORY, IS_CODE, IS_TILES } what;
    char *bytes; /* NULL: it is a journal, which may be longer than what is read at once, or a folder */
    size_t size;
    int folder;
    STACK_OF(X509_CRL) * revoked;
    char *checkpoint;
    X509_STORE *stampers;
    EVP_PKEY *witness;
    char *proofs[VERIFIER_PROOFS_MAX];
    char *references[VERIFIER_REFERENCES_MAX];
    size_t reference_sizes[VERIFIER_REFERENCES_MAX];
    X509_STORE *trust;
};

/* The one from the command line, whatever the station. */
static const char *given_checkpoint(void *ctx, const char *station)
{
    (void)station;
    return ctx;
}

/* "/usr/share/smogd/rules/gb3847-2018.conf" → "gb3847-2018.conf" */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int check_journal(const struct options *o, struct verifier *v, const struct verifier_options *how,
                         struct err *err)
{
    FILE *in = fopen(o->package, "r");
    if (!in)
        return err_set(err, ERR_UNREACHABLE, "%s cannot be read", o->package);
    verifier_export(v, in, how);
    fclose(in);
    return file_sha256(o->package, v->sha256, NULL, err);
}

/* 0 verified, 1 not verified, -1 error */
static int check(const struct options *o, const struct input *in, struct err *err)
{
    struct verifier_options how = {.trust = in->trust,
                                   .stampers = in->stampers,
                                   .witness = in->witness,
                                   .revoked = in->revoked,
                                   .consistency_count = o->consistency_count};
    struct verifier *v = calloc(1, sizeof *v);
    int result = 0;
    if (!v)
        return err_set(err, ERR_FAILED, "out of memory");
    how.known_checkpoint = in->checkpoint ? given_checkpoint : NULL;
    how.ctx = in->checkpoint;
    for (size_t i = 0; i < o->consistency_count; i++)
        how.consistency[i] = in->proofs[i];
    for (; how.references_count < o->references_count; how.references_count++)
        how.references[how.references_count] = (struct verifier_reference){
            base_name(o->references[how.references_count]), in->references[how.references_count],
            in->reference_sizes[how.references_count]};
    if (in->what == IS_PACKAGE)
        verifier_run(v, (const uint8_t *)in->bytes, in->size, &how);
    else if (in->what == IS_HISTORY)
        verifier_history(v, in->bytes, in->size, &how);
    else if (in->what == IS_CODE)
        verifier_slip(v, in->bytes, in->size, &how);
    else if (in->what == IS_TILES)
        verifier_tiles(v, in->folder, &how);
    else
        result = check_journal(o, v, &how, err);
    if (result == 0 && o->json)
        result = print_json(v, err);
    else if (result == 0)
        verifier_print(v, o->package ? o->package : o->tiles ? o->tiles : "--qr", stdout);
    if (result == 0 && (!v->ok || v->open))
        result = 1;
    free(v);
    return result;
}

/* A package begins with "PK", an event with a brace, a history with its certificate. Opened so that a named pipe does
 * not make the program wait. */
static int look_at(const char *path, struct input *in, struct err *err)
{
    static const char history[] = "{\"certificate\":";
    char head[sizeof history] = "";
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool regular = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    ssize_t n = regular ? read(fd, head, sizeof head - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return err_set(err, ERR_UNREACHABLE, "%s cannot be read, or is no file", path);
    in->what = strcmp(head, history) == 0 ? IS_HISTORY : head[0] == '{' ? IS_JOURNAL : IS_PACKAGE;
    return 0;
}

static int read_revoked(const char *path, STACK_OF(X509_CRL) * *out, struct err *err)
{
    char *text;
    size_t length;
    if (file_read(path, SMALL_FILE_MAX, &text, &length, err))
        return -1;
    *out = revocation_lists(text, length, err);
    free(text);
    return *out ? 0 : err_prefix(err, "%s", path);
}

/* A code's text has more than one line; a file's name has not. */
static int read_code(const char *given, struct input *in, struct err *err)
{
    in->what = IS_CODE;
    if (!strchr(given, '\n'))
        return file_read(given, SMALL_FILE_MAX, &in->bytes, &in->size, err);
    in->bytes = strdup(given);
    in->size = strlen(given);
    return in->bytes ? 0 : err_set(err, ERR_FAILED, "out of memory");
}

static int open_tiles(const char *path, struct input *in, struct err *err)
{
    in->what = IS_TILES;
    in->folder = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    return in->folder >= 0 ? 0 : err_set(err, ERR_UNREACHABLE, "%s cannot be read, or is no folder", path);
}

static int read_input(const struct options *o, struct input *in, struct err *err)
{
    size_t length;
    if (o->tiles ? open_tiles(o->tiles, in, err) : o->qr ? read_code(o->qr, in, err) : look_at(o->package, in, err))
        return -1;
    size_t max = in->what == IS_HISTORY ? HISTORY_FILE_MAX : CONTAINER_SIZE_MAX;
    if ((in->what == IS_PACKAGE || in->what == IS_HISTORY) && file_read(o->package, max, &in->bytes, &in->size, err)) {
        if (err->code == ERR_INVALID)
            err->code = ERR_FAILED; /* no file of that size is one: the answer is no */
        return -1;
    }
    if (o->crl && read_revoked(o->crl, &in->revoked, err))
        return -1;
    if (o->checkpoint && file_read(o->checkpoint, SMALL_FILE_MAX, &in->checkpoint, &length, err))
        return -1;
    for (size_t i = 0; i < o->consistency_count; i++)
        if (file_read(o->consistency[i], SMALL_FILE_MAX, &in->proofs[i], &length, err))
            return -1;
    for (size_t i = 0; i < o->references_count; i++)
        if (file_read(o->references[i], SMALL_FILE_MAX, &in->references[i], &in->reference_sizes[i], err))
            return -1;
    if (o->witness && !(in->witness = cosignature_public_key(o->witness, err)))
        return -1;
    if (o->tsa_ca && !(in->stampers = tsacheck_trust(o->tsa_ca, err)))
        return -1;
    in->trust = sealcheck_trust(o->ca, err);
    return in->trust ? 0 : -1;
}

static int run(const struct options *o, struct err *err)
{
    struct input in = {.folder = -1};
    int result = read_input(o, &in, err);
    if (result == 0)
        result = check(o, &in, err);
    X509_STORE_free(in.trust);
    X509_STORE_free(in.stampers);
    EVP_PKEY_free(in.witness);
    sk_X509_CRL_pop_free(in.revoked, X509_CRL_free);
    free(in.bytes);
    if (in.folder >= 0)
        close(in.folder);
    free(in.checkpoint);
    for (size_t i = 0; i < VERIFIER_PROOFS_MAX; i++)
        free(in.proofs[i]);
    for (size_t i = 0; i < VERIFIER_REFERENCES_MAX; i++)
        free(in.references[i]);
    return result;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct err err = {0};
    int answered = program_answer(argc, argv, "smogverify", help);
    if (answered >= 0)
        return answered;
    int result = read_options(argc, argv, &options, &err);
    if (result == 0)
        result = run(&options, &err);
    if (result < 0) {
        fprintf(stderr, "smogverify: %s\n", err.text);
        return (int)err.code;
    }
    return result;
}
