/* smogsim: plays instruments at the wire. See sim.h for the commands and sim_scenario.h for the scenario file. */
#include <assert.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reports/program.h"
#include "sensors/sim/sim.h"
#include "sensors/sim/sim_scenario.h"

static const char usage[] =
    "usage: smogsim --scenario FILE\n"
    "       smogsim --replay FILE.rec (--pty PATH | --tcp PORT)\n"
    "       smogsim --tell SOCKET \"COMMAND\"\n"
    "Plays instruments on ptys (PATH becomes a link to one) and on TCP ports of 127.0.0.1.\n"
    "Prints one line per endpoint, then serves until 'quit' on its control socket, SIGTERM or ^C.\n"
    "Scenarios to begin with: sensors/sim/scenarios/*.conf. Commands, from a scenario's steps or by --tell:\n"
    "  truck [fuel=diesel|petrol] [k=1.9] [idle-no=220] …   the vehicle      press | drive [rpm=N] [load=0..1]   its "
    "pedal\n"
    "  world air_temp=21.5 …                                what there is to measure, by the names of the quantities\n"
    "  pass NAME [QUANTITY=N] …                             a vehicle goes by\n"
    "  set NAME KEY=VALUE …                                 a setting of one instrument\n"
    "  health NAME ok|warming|zeroing|low-flow|leak|standby|… [ms=N]\n"
    "  fault NAME none|crc|split|late|silence|garbage|half|ending|stuck|flood|model [ms=N] [count=N] [byte=N] "
    "[as=PROTOCOL]\n"
    "  cheat NAME none|factor smoke=0.6|replay FILE|rpm|freeze|notch 0.4\n"
    "  unplug NAME | plug NAME [as=PATH] | quit\n"
    "sensors/sim/sim.h says what each of them does.\n";

struct options {
    const char *scenario, *replay, *pty, *tcp, *tell;
};

static int plug_all(struct sim *sim, struct err *err)
{
    for (int i = 0; i < sim->count; i++) {
        struct sim_instrument *instrument = &sim->instruments[i];
        if (sim_plug(instrument, err) != 0)
            return -1;
        if (instrument->pty[0])
            printf("%s pty %s\n", instrument->name, instrument->pty);
        else
            printf("%s tcp 127.0.0.1:%d\n", instrument->name, instrument->tcp_port);
    }
    puts("ready");
    return fflush(stdout) == 0 ? 0 : err_set(err, ERR_FAILED, "cannot write to standard output");
}

static int add_replay(struct sim *sim, const struct options *options, struct sim_player **player, struct err *err)
{
    struct sim_instrument *instrument = sim_add(sim, "replay", sim_protocols[0]); /* the player puts its own */
    assert(instrument);
    if (options->pty) {
        if (strlen(options->pty) >= sizeof instrument->pty)
            return err_set(err, ERR_INVALID, "--pty: path longer than %zu bytes", sizeof instrument->pty - 1);
        memcpy(instrument->pty, options->pty, strlen(options->pty) + 1);
    } else {
        char *end;
        long port = strtol(options->tcp, &end, 10);
        if (*end || end == options->tcp || port < 0 || port > 65535)
            return err_set(err, ERR_INVALID, "--tcp: '%s' is not a port (0..65535)", options->tcp);
        instrument->tcp_port = (int)port;
    }
    *player = sim_player_open(options->replay, instrument, err);
    return *player ? 0 : -1;
}

static int serve(const struct options *options, struct err *err)
{
    static struct sim sim;
    static struct scenario scenario;
    struct sim_player *player = NULL;
    int control = -1;
    sim_init(&sim);
    sim.world.utc_ms = sim_unix_ms() - sim_now_ms();
    int result = options->scenario ? scenario_load(&scenario, &sim, options->scenario, err)
                                   : add_replay(&sim, options, &player, err);
    if (result == 0 && scenario.control[0]) {
        control = sim_control_open(scenario.control, err);
        result = control < 0 ? -1 : 0;
    }
    if (result == 0)
        result = plug_all(&sim, err);
    if (result == 0)
        result = sim_run(&sim, control, player, scenario.steps, scenario.steps_count, err);
    for (int i = 0; i < sim.count; i++)
        sim_unplug(&sim.instruments[i]);
    if (control >= 0) {
        close(control);
        unlink(scenario.control);
    }
    sim_player_close(player);
    return result;
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"scenario", required_argument, NULL, 's'}, {"replay", required_argument, NULL, 'r'},
        {"pty", required_argument, NULL, 'p'},      {"tcp", required_argument, NULL, 't'},
        {"tell", required_argument, NULL, 'T'},     {NULL, 0, NULL, 0}};
    int answered = program_answer(argc, argv, "smogsim", usage);
    if (answered >= 0)
        return answered;
    struct options options = {0};
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
        switch (option) {
        case 's': options.scenario = optarg; break;
        case 'r': options.replay = optarg; break;
        case 'p': options.pty = optarg; break;
        case 't': options.tcp = optarg; break;
        case 'T': options.tell = optarg; break;
        default: fputs(usage, stderr); return ERR_INVALID;
        }
    }
    struct err err = {0};
    if (options.tell && optind == argc - 1) {
        if (sim_control_tell(options.tell, argv[optind], &err) == 0)
            return 0;
        fprintf(stderr, "smogsim: %s\n", err.text);
        return (int)err.code;
    }
    bool right = options.scenario ? !options.replay && !options.pty && !options.tcp
                                  : options.replay && (options.pty != NULL) != (options.tcp != NULL);
    if (!right || optind != argc) {
        fputs(usage, stderr);
        return ERR_INVALID;
    }
    if (serve(&options, &err) == 0)
        return 0;
    fprintf(stderr, "smogsim: %s\n", err.text);
    return (int)err.code;
}
