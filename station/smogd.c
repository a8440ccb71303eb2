/*
 * The station daemon: reads its configuration, opens the live host and turns the loop until it is told to stop.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "reports/log.h"
#include "reports/keyfile.h"
#include "reports/program.h"
#include "reports/sealcert.h"
#include "sensors/links/turns.h"
#include "station/clock.h"
#include "station/config.h"
#include "station/live.h"

static const char help[] =
    "usage: smogd -c FILE [--check]\n"
    "\n"
    "The station daemon: instruments, procedures, verdicts, journal.\n"
    "\n"
    "  -c, --config FILE   the station's configuration\n"
    "      --check         check configuration, profiles and rule packs, and exit\n"
    "      --debug         say more\n"
    "      --help, --version\n"
    "\n"
    "exit: 0 done, 1 failed, 2 wrong usage or configuration, 3 a file cannot be reached, 4 refused\n";

struct options {
    const char *file;
    bool check, debug;
};

static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {{"config", required_argument, NULL, 'c'},
                                          {"check", no_argument, NULL, 'k'},
                                          {"debug", no_argument, NULL, 'd'},
                                          {0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "c:", names, NULL)) >= 0) {
        switch (letter) {
        case 'c': options->file = optarg; break;
        case 'k': options->check = true; break;
        case 'd': options->debug = true; break;
        default: return -1;
        }
    }
    if (optind == argc && options->file)
        return 0;
    fprintf(stderr, "smogd: %s; see smogd --help\n",
            optind < argc ? "too many words" : "say which configuration: -c FILE");
    return -1;
}

/* Why the loop ends, for the journal. */
static const char *stop_reason = "";

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *ctx)
{
    (void)ctx;
    stop_reason = info->ssi_signo == SIGINT ? "SIGINT" : "SIGTERM";
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int add_signals(sd_event *event)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -errno;
    const int numbers[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sd_event_source *source = NULL;
        int result = sd_event_add_signal(event, &source, numbers[i], on_signal, NULL);
        if (result >= 0)
            result = sd_event_source_set_priority(source, TURN_INSTRUMENT);
        if (result >= 0)
            result = sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
        if (result < 0)
            return result;
    }
    return 0;
}

static int run(const struct config *config, struct err *err)
{
    sd_event *event = NULL;
    struct live *live = NULL;
    int result = -1;
    signal(SIGPIPE, SIG_IGN);
    /* not the thread's default loop, of which sd-event asks the kernel in each turn whether it runs in its thread */
    if (sd_event_new(&event) < 0 || add_signals(event) < 0) {
        err_set(err, ERR_FAILED, "cannot set up the event loop");
        goto done;
    }
    if (live_open(&live, config, event, err) != 0)
        goto done;
    log_notice("station %s (%s) is ready", config->id, config->name);
    sd_notify(0, "READY=1");
    sd_event_set_watchdog(event, true);
    int code = sd_event_loop(event);
    sd_notify(0, "STOPPING=1");
    live_stop(live, stop_reason[0] ? stop_reason : "the event loop failed");
    result = code < 0 ? err_set(err, ERR_FAILED, "the event loop failed: %s", strerror(-code)) : 0;
done:
    live_close(live);
    sd_event_unref(event);
    return result;
}

/* smogd never reads the sealing keys; their certificates it can look at. Those in credentials only smogpush sees. */
static int check_seal(const struct config *config, struct err *err)
{
    const char *const sources[] = {config->seal_cert, config->seal_sm2_cert};
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct sealcert about;
        char warning[ERR_TEXT_MAX];
        if (sources[i][0] == '\0' || !keyfile_is_path(sources[i]))
            continue;
        if (sealcert_read(&about, sources[i], config->id, err) != 0)
            return err_prefix(err, "%s", config->file);
        sealcert_warning(&about, clock_unix_ms() / 1000, (int)config->seal_warn_days, warning);
        if (warning[0])
            fprintf(stderr, "%s: %s\n", config->file, warning);
    }
    return 0;
}

static int check(const struct config *config, struct err *err)
{
    if (check_seal(config, err) != 0) {
        fprintf(stderr, "%s\n", err->text);
        return -1;
    }
    printf("%s: good: station %s, %zu instruments, %zu rule packs, %zu profiles\n", config->file, config->id,
           config->instruments_count, config->rules_count, config->profiles_count);
    return 0;
}

int main(int argc, char **argv)
{
    int answered = program_answer(argc, argv, "smogd", help);
    if (answered >= 0)
        return answered;
    struct options options = {0};
    if (read_options(argc, argv, &options) != 0)
        return ERR_INVALID;
    log_open("smogd", options.debug);
    struct err err = {0};
    struct config *config = NULL;
    if (config_open(&config, options.file, config_law, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return (int)err.code;
    }
    int result = options.check ? check(config, &err) : run(config, &err);
    if (result != 0 && !options.check)
        log_error("%s", err.text);
    config_close(config);
    return result == 0 ? 0 : (int)err.code;
}
