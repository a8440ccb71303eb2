/*
 * smogpush: seals what smogd has put into cases, signs checkpoints of the journal, delivers packages, keeps receipts,
 * fetches what the receivers have decided.
 *
 * One thread around libcurl's transfers; a second one only reads packages ahead (reports/ahead.h). A look at SQLite's
 * data_version four times a second tells whether smogd has written something; then new cases are sealed. Everything
 * that must survive is committed before the next step, so the process may die anywhere.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-daemon.h>

#include "reports/courier.h"
#include "reports/feedback.h"
#include "reports/http.h"
#include "reports/keyring.h"
#include "reports/log.h"
#include "reports/program.h"
#include "reports/queue.h"
#include "reports/queue_filed.h"
#include "reports/sealcheck.h"
#include "reports/stamper.h"
#include "station/clock.h"
#include "station/config.h"
#include "station/outlets.h"
#include "station/push_certificates.h"
#include "station/push_start.h"
#include "station/sealing.h"
#include "station/slip_signing.h"
#include "station/store.h"

enum {
    ROUND_MS = 250,            /* between two looks */
    LOOK_MS = 100,             /* and no sooner, however fast answers come in */
    CHECKPOINT_MS = 45 * 1000, /* while there is news: at least every 60 s */
    SEAL_AGAIN_MS = 60 * 1000, /* cases that could not be sealed */
    KEY_AGAIN_MS = 2000,       /* a key that is not there */
    STAMP_WAIT_MS = 5000,      /* of --once */
    CASES_AT_ONCE = 16,
    HEAP_KEPT = 16 << 20, /* bytes of the heap that are not given back between two packages */
    FLUSH_MS = 500,       /* for answers that are on their way when we are told to stop */
};

static const char help[] =
    "usage: smogpush -c FILE [--once]\n"
    "Seals finished cases, signs checkpoints of the journal and delivers packages to the configured outlets.\n"
    "  -c FILE   the station's configuration, the same file as smogd's\n"
    "  --once    seal and deliver what is due, then exit: 0 all arrived, 1 something did not\n"
    "  --help, --version\n";

static volatile sig_atomic_t told_to_stop, told_to_reread;

static void on_signal(int number)
{
    if (number == SIGHUP)
        told_to_reread = 1;
    else
        told_to_stop = 1;
}

struct push {
    struct config *config;
    struct keyring *keys;
    struct store *store;
    struct queue *queue;
    struct http *http;
    struct courier *courier;
    struct stamper *stamper; /* NULL: no time-stamp authority is configured */
    struct feedback *feedback;
    uint64_t sent[CONFIG_OUTLETS_MAX]; /* deliveries that feedback knows of */
    struct outlets outlets;
    struct sealing sealing;
    struct slip_signing slips;
    bool slips_wait; /* there are events that were not looked at for slips */
    bool once;
    int64_t version;                      /* of the database, when it was last looked at */
    int64_t look_ms;                      /* monotonic: when it is looked at next */
    int64_t checkpoint_ms, seal_again_ms; /* monotonic: when next */
    int64_t stamp_until_ms;               /* monotonic: --once waits no longer for a time stamp */
    bool no_key;                          /* a sealing key is not to be had */
    unsigned unsealed;                    /* cases that could not be sealed in the last pass */
    char trouble[ERR_TEXT_MAX];           /* what was said last of sealing */
    struct push_certificates certificates;
    bool round_failed;
};

/* What `smogctl status` shows. That it cannot be kept now is no reason not to go on. */
static void note(struct push *p, const char *about, const char *text)
{
    struct err err;
    if (queue_note_set(p->queue, about, text, clock_unix_ms(), &err) != 0)
        log_warning("%s", err.text);
}

/* ---- opening ---- */

static int open_keys(struct push *p, struct err *err)
{
    const struct config *c = p->config;
    if (c->seal_key[0] == '\0')
        return err_set(err, ERR_INVALID, "%s: there is no 'seal' section; nothing could be sealed", c->file);
    const struct keyring_source sources[] = {{c->seal_key, c->seal_cert, false},
                                             {c->seal_sm2_key, c->seal_sm2_cert, true}};
    if (keyring_open(&p->keys, sources, c->seal_sm2_key[0] ? 2 : 1, c->id, err) != 0)
        return err_prefix(err, "%s: seal", c->file);
    return outlets_open(&p->outlets, p->config, err);
}

static void use_keys(struct push *p)
{
    for (size_t i = 0; i < keyring_count(p->keys); i++)
        p->sealing.seals[i] = keyring_seal(p->keys, i);
}

/* smogd makes the database; at the station's start it may come later than we do. */
static int open_store(struct push *p, struct err *err)
{
    bool told = false;
    while (store_open(&p->store, p->config->state, p->config->id, STORE_DELIVERY, err) != 0) {
        if (err->code != ERR_UNREACHABLE || p->once || told_to_stop)
            return -1;
        if (!told)
            log_notice("%s; waiting for smogd to make it", err->text);
        told = true;
        nanosleep(&(struct timespec){.tv_nsec = ROUND_MS * 1000000L}, NULL);
    }
    return 0;
}

static int open_courier(struct push *p, struct err *err)
{
    const struct parcel_source source = {.folder = p->config->state,
                                         .offset_minutes = p->config->utc_offset_minutes,
                                         .violations = p->outlets.violations.of,
                                         .violations_count = p->outlets.violations.count,
                                         .ctx = p->store,
                                         .load = outlets_load,
                                         .decision = outlets_decision};
    return courier_open(&p->courier, p->queue, p->http, &source, p->outlets.of, p->outlets.count, clock_unix_ms(), err);
}

static int open_stamper(struct push *p, struct err *err)
{
    const struct config *c = p->config;
    const struct stamper_source source = {.url = c->timestamp.url,
                                          .ca = c->timestamp.ca,
                                          .https_ca = c->timestamp.https_ca[0] ? c->timestamp.https_ca : NULL,
                                          .every_ms = c->timestamp.every_min * 60 * 1000};
    p->stamp_until_ms = clock_mono_ms() + STAMP_WAIT_MS;
    if (source.url[0] == '\0' || stamper_open(&p->stamper, p->queue, p->http, &source, err) == 0)
        return 0;
    return err_prefix(err, "%s: timestamp", c->file);
}

static int push_open(struct push *p, const char *file, struct err *err)
{
    if (config_open(&p->config, file, NULL, err) != 0 || open_keys(p, err) != 0 || open_store(p, err) != 0 ||
        queue_open(&p->queue, store_database(p->store), err) != 0 ||
        push_start_notes(p->store, p->queue, clock_unix_ms(), err) != 0 ||
        http_open(&p->http, &http_limits_default, err) != 0 || open_courier(p, err) != 0 ||
        push_start_late(&p->outlets, p->queue, p->config->utc_offset_minutes, clock_unix_ms(), err) != 0 ||
        feedback_open(&p->feedback, p->queue, p->http, p->outlets.of, p->outlets.count, clock_unix_ms(), err) != 0 ||
        open_stamper(p, err) != 0)
        return -1;
    p->sealing = (struct sealing){.store = p->store,
                                  .queue = p->queue,
                                  .folder = p->config->state,
                                  .offset_minutes = p->config->utc_offset_minutes,
                                  .seals_count = keyring_count(p->keys)};
    use_keys(p);
    if (sealing_init(&p->sealing, err) != 0)
        return -1;
    return slip_signing_init(&p->slips, &p->sealing, err);
}

static void push_close(struct push *p)
{
    courier_close(p->courier);
    http_close(p->http);
    stamper_close(p->stamper);
    feedback_close(p->feedback);
    queue_close(p->queue);
    store_close(p->store);
    keyring_close(p->keys);
    outlets_close(&p->outlets);
    config_close(p->config);
}

/* ---- sealing ---- */

/* The same trouble is told once, not with every pass. */
static void tell_sealing(struct push *p, const char *text)
{
    if (strcmp(p->trouble, text) == 0)
        return;
    note(p, "seal", text);
    snprintf(p->trouble, sizeof p->trouble, "%s", text);
    if (text[0])
        log_error("%s", text);
    else
        log_notice("sealing works again");
}

struct waiting {
    size_t count;
    struct store_case cases[CASES_AT_ONCE];
};

static int collect(void *ctx, const struct store_case *c)
{
    struct waiting *w = ctx;
    w->cases[w->count++] = *c;
    return 0;
}

/* Takes over what was put in the place of keys and certificates; -1 while one is not to be had. */
static int look_at_keys(struct push *p)
{
    struct err err;
    if (told_to_reread)
        keyring_reread(p->keys);
    told_to_reread = 0;
    int result = keyring_refresh(p->keys, &err);
    use_keys(p);
    if (result != 0)
        tell_sealing(p, err.text);
    p->no_key = result != 0;
    return result;
}

static void seal_one(struct push *p, const struct store_case *c)
{
    struct queue_package made;
    struct err err;
    if (look_at_keys(p) != 0) {
        p->unsealed++;
        return;
    }
    if (sealing_case(&p->sealing, c, clock_unix_ms(), &made, &err) != 0) {
        if (p->unsealed++ == 0) {
            err_prefix(&err, "%s cannot be sealed", c->id);
            tell_sealing(p, err.text);
        }
        return;
    }
    p->checkpoint_ms = clock_mono_ms() + CHECKPOINT_MS;
    log_info("%s sealed: %s, %llu bytes", made.case_id, made.sha256, (unsigned long long)made.size);
}

static void warn_of_certificates(struct push *p)
{
    push_certificates_look(&p->certificates, p->keys, &p->outlets, p->queue, (int)p->config->seal_warn_days);
}

/* All cases that wait. One that cannot be sealed is passed over and tried again in a minute; without a key none is. */
static int seal_all(struct push *p, struct err *err)
{
    struct waiting w;
    int64_t after = 0;
    p->unsealed = 0;
    p->no_key = false;
    do {
        w.count = 0;
        if (store_case_unsealed(p->store, after, CASES_AT_ONCE, collect, &w, err) != 0)
            return -1;
        for (size_t i = 0; i < w.count && !told_to_stop && !p->no_key; i++) {
            seal_one(p, &w.cases[i]);
            after = w.cases[i].seq;
        }
    } while (w.count == CASES_AT_ONCE && !told_to_stop && !p->no_key);
    if (p->unsealed == 0)
        tell_sealing(p, "");
    warn_of_certificates(p);
    p->seal_again_ms = clock_mono_ms() + (p->no_key ? KEY_AGAIN_MS : SEAL_AGAIN_MS);
    return 0;
}

/* ---- rounds ---- */

static int sign_news(struct push *p, struct err *err)
{
    bool news = false;
    p->checkpoint_ms = clock_mono_ms() + CHECKPOINT_MS;
    bool have_keys = look_at_keys(p) == 0;
    warn_of_certificates(p);
    if (!have_keys)
        return 0;
    if (sealing_news(&p->sealing, &news, err) != 0)
        return -1;
    if (news && sealing_checkpoint(&p->sealing, clock_unix_ms(), err) != 0)
        tell_sealing(p, err->text);
    return 0;
}

/* Codes of slips are signed at once: the driver waits for his. */
static int sign_slips(struct push *p, struct err *err)
{
    struct err why;
    if (slip_signing_run(&p->slips, clock_unix_ms(), &p->slips_wait, &why) != 0) {
        if (why.code != ERR_REFUSED)
            return err_set(err, why.code, "%s", why.text);
        tell_sealing(p, why.text);
    }
    return 0;
}

/* Decisions on the spot that an officer has filed meanwhile. */
static int enter_filed(struct push *p, struct err *err)
{
    int result = 0;
    for (size_t i = 0; i < p->outlets.count && result == 0; i++)
        if (p->outlets.of[i].decisions)
            result = queue_filed_enter(p->queue, p->outlets.of[i].name, clock_unix_ms(), err);
    return result;
}

/* Decisions are asked for after what was delivered; they are never in its way. */
static int fetch_decisions(struct push *p, struct err *err)
{
    int64_t now_ms = clock_unix_ms();
    for (size_t i = 0; i < p->config->outlets_count; i++) {
        uint64_t sent = courier_sent_to(p->courier, i);
        if (sent != p->sent[i])
            feedback_hasten(p->feedback, i, now_ms);
        p->sent[i] = sent;
    }
    return feedback_step(p->feedback, now_ms, err);
}

/* Time stamps come late and rarely; what is wrong with them stands in the status, not in anybody's way. */
static int stamp(struct push *p, struct err *err)
{
    if (!p->stamper)
        return 0;
    bool was_busy = stamper_busy(p->stamper);
    if (stamper_step(p->stamper, clock_mono_ms(), clock_unix_ms(), err) != 0)
        return -1;
    if (!was_busy || stamper_busy(p->stamper))
        return 0;
    const char *trouble = stamper_trouble(p->stamper);
    if (trouble[0])
        log_warning("%s", trouble);
    note(p, "timestamp", trouble);
    return 0;
}

/* What smogd has written: new cases, new slips. */
static int take_news(struct push *p, struct err *err)
{
    int64_t version = 0;
    p->look_ms = clock_mono_ms() + LOOK_MS;
    if (queue_version(p->queue, &version, err) != 0)
        return -1;
    bool again = told_to_reread || (p->unsealed > 0 && clock_mono_ms() >= p->seal_again_ms);
    if ((version != p->version || again) &&
        (seal_all(p, err) != 0 ||
         queue_enter(p->queue, p->outlets.names, p->outlets.names_count, clock_unix_ms(), err) != 0 ||
         enter_filed(p, err) != 0))
        return -1;
    if ((version != p->version || p->slips_wait) && sign_slips(p, err) != 0)
        return -1;
    p->version = version;
    return 0;
}

static int do_round(struct push *p, struct err *err)
{
    bool look = clock_mono_ms() >= p->look_ms || told_to_reread || p->slips_wait;
    if (look && take_news(p, err) != 0)
        return -1;
    if (clock_mono_ms() >= p->checkpoint_ms && sign_news(p, err) != 0)
        return -1;
    if (courier_step(p->courier, clock_unix_ms(), err) != 0 || fetch_decisions(p, err) != 0)
        return -1;
    return stamp(p, err);
}

/* A round that fails (the disk is full, the database is held) is told once and tried again. */
static void round_once(struct push *p)
{
    struct err err = {0};
    bool failed = do_round(p, &err) != 0;
    if (failed && !p->round_failed)
        log_error("%s; trying again", err.text);
    else if (!failed && p->round_failed)
        log_notice("the database can be used again");
    p->round_failed = failed;
}

static void wait_for_news(struct push *p, int timeout_ms)
{
    struct err err;
    if (http_run(p->http, timeout_ms, &err) != 0) {
        log_error("%s", err.text);
        nanosleep(&(struct timespec){.tv_nsec = ROUND_MS * 1000000L}, NULL);
    }
}

static bool waits_for_stamp(const struct push *p)
{
    return p->stamper && stamper_busy(p->stamper) && clock_mono_ms() < p->stamp_until_ms;
}

static void run(struct push *p)
{
    do {
        round_once(p);
        if (p->once && !p->slips_wait && !courier_busy(p->courier) && !feedback_busy(p->feedback) &&
            !waits_for_stamp(p))
            break;
        wait_for_news(p, p->slips_wait ? 0 : ROUND_MS);
    } while (!told_to_stop);
}

/* Answers that are on their way still count; then whatever runs is cut, and its result written. */
static void wind_down(struct push *p)
{
    struct err err;
    int64_t until = clock_mono_ms() + FLUSH_MS;
    courier_stop(p->courier);
    feedback_stop(p->feedback);
    for (int64_t now; courier_busy(p->courier) && (now = clock_mono_ms()) < until;) {
        wait_for_news(p, (int)(until - now));
        round_once(p);
    }
    http_cancel(p->http);
    if (sign_news(p, &err) != 0)
        log_error("%s; signed at the next start", err.text);
    if (courier_step(p->courier, clock_unix_ms(), &err) != 0)
        log_error("%s; what was under way is asked for at the next start", err.text);
}

static int outcome_of(const struct push *p)
{
    const struct courier *c = p->courier;
    uint64_t open = courier_count(c, OUTLET_RETRY) + courier_count(c, OUTLET_UNKNOWN);
    uint64_t refused = courier_count(c, OUTLET_REFUSED);
    if (!p->once || (open + refused + p->unsealed == 0 && !p->round_failed))
        return 0;
    fprintf(stderr,
            "smogpush: %llu attempts did not arrive, %llu were refused, %u cases could not be sealed; see: "
            "smogctl outbox list\n",
            (unsigned long long)open, (unsigned long long)refused, p->unsealed);
    return ERR_FAILED;
}

static int read_arguments(int argc, char **argv, const char **file, bool *once)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
            *file = argv[++i];
        else if (strcmp(argv[i], "--once") == 0)
            *once = true;
        else
            return fprintf(stderr, "smogpush: '%s' is not known; see: smogpush --help\n", argv[i]);
    }
    return *file ? 0 : fprintf(stderr, "smogpush: -c FILE is missing; see: smogpush --help\n");
}

static void catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGHUP, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

int main(int argc, char **argv)
{
    static struct push p;
    struct err err = {0};
    const char *file = NULL;
    int code = program_answer(argc, argv, "smogpush", help);
    if (code >= 0)
        return code;
    if (read_arguments(argc, argv, &file, &p.once) != 0)
        return ERR_INVALID;
    log_open("smogpush", false);
    catch_signals();
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT); /* or each package would have its memory made anew by the kernel */
    mallopt(M_MMAP_THRESHOLD, HEAP_KEPT);
    p.version = -1;
    if (push_open(&p, file, &err) != 0) {
        if (!told_to_stop)
            log_error("%s", err.text);
        push_close(&p);
        return told_to_stop ? 0 : (int)err.code;
    }
    sd_notify(0, "READY=1");
    run(&p);
    sd_notify(0, "STOPPING=1");
    wind_down(&p);
    code = outcome_of(&p);
    push_close(&p);
    return code;
}
