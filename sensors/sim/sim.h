/*
 * The simulator: plays instruments at the wire, on ptys and TCP ports. Its protocols are written from the protocol
 * texts, not from the drivers, so that a misreading shows as a disagreement.
 *
 * A scenario file describes instruments and vehicle; commands (from the control socket, or from timed steps of the
 * scenario) drive them:
 *
 *     truck k=1.9 [idle-k=0.02] [oil=88] [idle-rpm=750] [cutoff-rpm=2400] [hold-ms=2600]
 *     press                      the pedal goes down once
 *     pass {"hphm":"新A12345",…}  one passage to everybody connected to a jsonl instrument
 *     fault NAME crc|split|late|silence|garbage|none [ms=N] [count=N]
 *     health NAME warming|fault|ok
 *     unplug NAME · plug NAME    the device goes away and comes back (a pty comes back under another name)
 *     quit
 */
#ifndef SENSORS_SIM_SIM_H
#define SENSORS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensors/sim/engine.h"
#include "station/core/err.h"

enum {
    SIM_INSTRUMENTS_MAX = 32,
    SIM_CONNECTIONS_MAX = 8,
    SIM_INPUT_MAX = 1024,
    SIM_OUTPUT_MAX = 2048,
    SIM_QUEUE_MAX = 64,
    SIM_NAME_MAX = 32,
    SIM_PATH_MAX = 256,
    SIM_COMMAND_MAX = 2048,
    SIM_REGISTERS = 65536,
};

enum sim_fault { FAULT_NONE, FAULT_CRC, FAULT_SPLIT, FAULT_LATE, FAULT_SILENCE, FAULT_GARBAGE };
enum sim_health { HEALTH_OK, HEALTH_WARMING, HEALTH_FAULT };

struct sim_instrument;

struct sim_protocol {
    const char *name;
    /* Looks at a connection's input; answers through sim_reply. Returns how many bytes it has used up (0: wait for
     * more). NULL: this instrument only talks. */
    size_t (*receive)(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms);
};

extern const struct sim_protocol *const sim_protocols[]; /* NULL-terminated */

struct sim_connection {
    int fd; /* -1: free */
    size_t length;
    uint8_t input[SIM_INPUT_MAX];
};

struct sim_output {
    int64_t due_ms;
    int connection;
    size_t length;
    uint8_t bytes[SIM_OUTPUT_MAX];
};

struct sim_instrument {
    char name[SIM_NAME_MAX];
    const struct sim_protocol *protocol;
    const struct engine *engine;
    char pty[SIM_PATH_MAX]; /* symbolic link to the pty; empty: TCP */
    int tcp_port;           /* 0 asks for a free one, which is then put here */
    bool plugged;
    int listener;            /* -1: none */
    int64_t absent_until_ms; /* a pty nobody has open hangs up all the time: look again then */
    int unit;                /* Modbus address */
    int64_t reply_ms;        /* the instrument's answer time */
    int64_t baud;            /* paces the answers, 10 bits a byte; 0: not at all */
    enum sim_health health;
    enum sim_fault fault;
    int64_t fault_ms, fault_count; /* count < 0: until told otherwise */
    int64_t line_free_ms;
    double maximum_k;    /* since last cleared */
    uint32_t noise;      /* generator state, for garbage */
    uint64_t requests;   /* bytes or frames heard so far */
    uint16_t *registers; /* replay of a Modbus recording: SIM_REGISTERS words; NULL: the opacimeter's own map */
    struct sim_connection connections[SIM_CONNECTIONS_MAX];
    size_t queued;
    struct sim_output queue[SIM_QUEUE_MAX];
};

struct sim {
    struct engine engine;
    bool quit;
    int count;
    struct sim_instrument instruments[SIM_INSTRUMENTS_MAX];
};

/* A command that comes by itself, at_ms after the start. */
struct sim_step {
    int64_t at_ms;
    char command[SIM_COMMAND_MAX];
};

/* Queues one answer, with answer time, line speed and the active fault applied: crc turns the last byte over, split
 * sends the halves apart, late adds `ms`, silence drops it, garbage puts noise in front. */
void sim_reply(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length, int64_t t_ms);
/* To every connection. */
void sim_broadcast(struct sim_instrument *instrument, const uint8_t *bytes, size_t length, int64_t t_ms);

/* One command line (sim_command.c). */
int sim_command(struct sim *sim, const char *line, int64_t t_ms, struct err *err);

/* Endpoints (sim_port.c). */
void sim_instrument_init(struct sim_instrument *instrument, const struct engine *engine);
int sim_plug(struct sim_instrument *instrument, struct err *err);
void sim_unplug(struct sim_instrument *instrument);
int sim_control_open(const char *path, struct err *err); /* Unix socket; the listener's fd, or -1 */
/* The other side of it: says one command and waits for the answer; "error: …" becomes *err. */
int sim_control_tell(const char *path, const char *command, struct err *err);

/* Serves instruments, the control socket (-1: none), a recording being played (NULL: none) and the timed commands until
 * quit or SIGTERM/SIGINT (sim_loop.c). */
struct sim_player;
int sim_run(struct sim *sim, int control, struct sim_player *player, const struct sim_step *steps, size_t steps_count,
            struct err *err);
int64_t sim_now_ms(void);

/* Plays the received side of a recording on one instrument (sim_player.c): from the client's first byte where the
 * client speaks first, otherwise from its connection. A Modbus recording becomes a slave whose registers change as
 * recorded. */
struct sim_player *sim_player_open(const char *path, struct sim_instrument *instrument, struct err *err);
void sim_player_close(struct sim_player *player);
/* Sends what is due; the time of the next line, INT64_MAX while waiting for the client or at the end. */
int64_t sim_player_advance(struct sim_player *player, int64_t t_ms);

#endif
