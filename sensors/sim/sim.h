/*
 * The simulator: plays instruments at the wire, on ptys and TCP ports. Its protocols are written from the protocol
 * texts, not from the drivers, so that a misreading shows as a disagreement.
 *
 * A scenario file describes instruments and vehicle; commands (from the control socket, or from timed steps of the
 * scenario) drive them:
 *
 *     truck [fuel=diesel|petrol] [KEY=NUMBER]…  the vehicle; fuel first, for it sets all the others. Keys:
 *                                k idle-k load-k · oil coolant gas-temp tube-temp ·
 *                                idle-rpm raised-rpm cutoff-rpm hold-ms ·
 *                                co co2 o2 hc no, with idle- raised- load- in front · lambda no2-share ·
 *                                scatter (of accelerations) and noise (of samples), relative, from seed
 *     press                      the pedal goes down once
 *     probe out|in               the probe is held in clean air, and put back into the exhaust
 *     drive [rpm=N] [load=0..1]  steady running (raised idle, rollers); without words: idle again
 *     pass {"hphm":"新A12345",…}  one passage to everybody connected to a jsonl instrument
 *     pass NAME [co=0.3 speed=42 …]  one passage of a remote-sensing instrument, with these figures and the world's
 *     world air_temp=21.5 wind_dir=none …   what a sound instrument would show, by the names of quantity.h
 *                                or utc=2026-07-01T01:30:00Z
 *     set NAME key=value …       a setting of one instrument: period-ms, reply-ms, and those its file (sim_*.c) lists
 *     fault NAME crc|split|late|silence|garbage|half|ending|stuck|flood|model|none [ms=N] [count=N]
 *                                for count answers or until told otherwise. crc spoils the checksum, split sends the
 *                                halves ms apart, late answers ms later, garbage puts noise in front, half forgets the
 *                                second half, ending puts another line ending, stuck says byte=N all the time, flood
 *                                says the last answer again every ms (20), model answers as=PROTOCOL
 *     cheat NAME factor smoke=0.6|QUANTITY=0.6 …   readings scaled; smoke: k, and N follows
 *     cheat NAME replay FILE     a stored curve (readings.csv of a record) from now on; one curve at a time
 *     cheat NAME rpm [low=750] [high=2400] [period-ms=15000]   made-up speed, always alike; period-ms=0: always low
 *     cheat NAME freeze          the values stay what they are now
 *     cheat NAME notch 0.4       so much air comes into the sampling tube
 *     cheat NAME none            honest again
 *     health NAME ok|warming|fault|zeroing|busy|low-flow|leak|zero-needed|out-of-range|sensor-expired|standby|
 *                 comm-error [ms=N]  what it says of itself (as far as it can), for N ms or until told otherwise
 *     unplug NAME · plug NAME [as=PATH]   the device goes away and comes back: a pty under another device name, and
 *                                behind another link where PATH says so
 *     quit
 */
#ifndef SENSORS_SIM_SIM_H
#define SENSORS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensors/sim/cheat.h"
#include "sensors/sim/engine.h"
#include "sensors/sim/world.h"
#include "station/core/err.h"

enum {
    SIM_INSTRUMENTS_MAX = 32,
    SIM_CONNECTIONS_MAX = 8,
    SIM_INPUT_MAX = 2048,
    SIM_OUTPUT_MAX = 2048,
    SIM_REPLY_MAX = 16384,
    SIM_STATE_MAX = 4096,
    SIM_QUEUE_MAX = 64,
    SIM_NAME_MAX = 32,
    SIM_PATH_MAX = 256,
    SIM_COMMAND_MAX = 2048,
    SIM_REGISTERS = 65536,
};

enum sim_fault {
    FAULT_NONE,
    FAULT_CRC,
    FAULT_SPLIT,
    FAULT_LATE,
    FAULT_SILENCE,
    FAULT_GARBAGE,
    FAULT_HALF,
    FAULT_ENDING,
    FAULT_STUCK,
    FAULT_FLOOD,
    FAULT_MODEL,
    FAULT_COUNT
};
/* What an instrument says of itself; which of them it can show is in sim_protocol.shows. */
enum sim_health {
    HEALTH_OK,
    HEALTH_WARMING,
    HEALTH_FAULT,
    HEALTH_ZEROING,
    HEALTH_BUSY,
    HEALTH_LOW_FLOW,
    HEALTH_LEAK,
    HEALTH_ZERO_NEEDED,
    HEALTH_OUT_OF_RANGE,
    HEALTH_SENSOR_EXPIRED,
    HEALTH_STANDBY,
    HEALTH_COMM_ERROR,
    HEALTH_COUNT
};
#define SHOWS(health) (1U << HEALTH_##health)

struct sim_instrument;

enum { SIM_NO_CHECKSUM = -1 };

struct sim_protocol {
    const char *name;
    /* Looks at a connection's input; answers through sim_reply. Returns how many bytes it has used up (0: wait for
     * more). NULL: this instrument only talks. */
    size_t (*receive)(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms);
    unsigned shows; /* of enum sim_health, SHOWS(…); 0: ok, warming, fault */
    int check_tail; /* bytes after the last byte of the checksum; SIM_NO_CHECKSUM: there is none to spoil */
    /* All of the following may be NULL. */
    void (*init)(struct sim_instrument *instrument); /* state and settings, all zero before */
    void (*greet)(struct sim_instrument *instrument, int connection, int64_t t_ms); /* a client has come */
    void (*tick)(struct sim_instrument *instrument, int64_t t_ms); /* every period_ms: what it says unasked */
    void (*pass)(struct sim_instrument *instrument, int64_t t_ms); /* a vehicle goes by */
    /* One setting. Answers an unknown key with sim_unknown. */
    int (*set)(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err);
};

extern const struct sim_protocol *const sim_protocols[]; /* NULL-terminated */

struct sim_connection {
    int fd; /* -1: free */
    bool greeted;
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
    const struct sim_protocol *protocol; /* as which it answers */
    const struct sim_protocol *own;      /* what it is */
    const struct engine *engine;
    const struct sim_world *world;
    char pty[SIM_PATH_MAX]; /* symbolic link to the pty; empty: TCP */
    int tcp_port;           /* 0 asks for a free one, which is then put here */
    bool plugged;
    int listener;            /* -1: none */
    int64_t absent_until_ms; /* a pty nobody has open hangs up all the time: look again then */
    int unit;                /* Modbus address */
    int64_t reply_ms;        /* the instrument's answer time */
    int64_t period_ms;       /* of protocol->tick; 0: it says nothing unasked */
    int64_t tick_ms;         /* the next one */
    int64_t baud;            /* paces the answers, 10 bits a byte; 0: not at all */
    enum sim_health health;
    int64_t health_until_ms; /* then it is well again; 0: until told otherwise */
    enum sim_fault fault;
    int64_t fault_ms, fault_count; /* count < 0: until told otherwise */
    uint8_t fault_byte;
    int64_t flood_ms; /* when the next one comes */
    int last_to;      /* connection of the last answer */
    size_t last_length;
    uint8_t last[SIM_OUTPUT_MAX]; /* the last answer */
    struct cheat cheat;
    int64_t line_free_ms;
    double maximum_k;    /* since last cleared */
    uint32_t noise;      /* generator state, for garbage */
    uint64_t requests;   /* bytes or frames heard so far */
    uint16_t *registers; /* replay of a Modbus recording: SIM_REGISTERS words; NULL: the opacimeter's own map */
    struct sim_connection connections[SIM_CONNECTIONS_MAX];
    union {
        max_align_t align;
        unsigned char bytes[SIM_STATE_MAX]; /* the protocol's own struct */
    } state;
    size_t queued;
    struct sim_output queue[SIM_QUEUE_MAX];
};

struct sim {
    struct engine engine;
    struct sim_world world;
    struct cheat_curve curve; /* the one being replayed */
    bool quit;
    int count;
    struct sim_instrument instruments[SIM_INSTRUMENTS_MAX];
};

/* A command that comes by itself, at_ms after the start. */
struct sim_step {
    int64_t at_ms;
    char command[SIM_COMMAND_MAX];
};

/* ---- the wire without files and clock (sim_wire.c): the loop and the tests in virtual time join here ---- */

void sim_init(struct sim *sim);
/* Takes the next free place; ends in NULL when there is none. */
struct sim_instrument *sim_add(struct sim *sim, const char *name, const struct sim_protocol *protocol);
const struct sim_protocol *sim_protocol_by_name(const char *name);

/* Queues one answer, with answer time, line speed and the active fault applied. */
void sim_reply(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length, int64_t t_ms);
void sim_reply_text(struct sim_instrument *instrument, int connection, const char *text, int64_t t_ms);
/* To every connection. */
void sim_broadcast(struct sim_instrument *instrument, const uint8_t *bytes, size_t length, int64_t t_ms);
void sim_broadcast_text(struct sim_instrument *instrument, const char *text, int64_t t_ms);

/* Ends a connection from this side. */
void sim_hang_up(struct sim_instrument *instrument, int connection, int64_t t_ms);

void sim_hear(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length, int64_t t_ms);
/* Greets whom it has not greeted and says what is due. */
void sim_tick(struct sim_instrument *instrument, int64_t t_ms);
/* Takes the earliest output due at t_ms off the queue; length 0: it hangs up. */
bool sim_take(struct sim_instrument *instrument, int64_t t_ms, struct sim_output *out);
int64_t sim_next_ms(const struct sim_instrument *instrument); /* INT64_MAX: nothing to do */

/* What there is to measure: what a sound instrument would show, cheats before the instrument applied; NAN: nothing. */
double sim_source(const struct sim_instrument *instrument, enum quantity quantity, int64_t t_ms);
/* The same with the cheats behind it applied too: what an instrument in good order shows. */
double sim_value(const struct sim_instrument *instrument, enum quantity quantity, int64_t t_ms);
/* Answers as another instrument from now on, new and with the settings it has from the factory. */
void sim_become(struct sim_instrument *instrument, const struct sim_protocol *protocol);
int64_t sim_utc_ms(const struct sim_instrument *instrument, int64_t t_ms);

int sim_set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err);
/* The error for a key this protocol does not have. */
int sim_unknown(const struct sim_instrument *instrument, const char *key, struct err *err);
/* Settings that are whole numbers, or one of some words; they name key and value in the error. */
int sim_integer(const char *key, const char *value, long min, long max, int *out, struct err *err);
int sim_word(const char *key, const char *value, const char *const *words, size_t count, int *out, struct err *err);

/* The whole file, not NUL-terminated; the caller frees it. NULL: it cannot be read, is empty or too long. */
char *sim_read_text(const char *path, size_t *length, struct err *err);

/* One command line (sim_command.c). */
int sim_command(struct sim *sim, const char *line, int64_t t_ms, struct err *err);

/* Endpoints (sim_port.c). */
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
int64_t sim_unix_ms(void);

/* Plays the received side of a recording on one instrument (sim_player.c): from the client's first byte where the
 * client speaks first, otherwise from its connection. A Modbus recording becomes a slave whose registers change as
 * recorded. */
struct sim_player *sim_player_open(const char *path, struct sim_instrument *instrument, struct err *err);
void sim_player_close(struct sim_player *player);
/* Sends what is due; the time of the next line, INT64_MAX while waiting for the client or at the end. */
int64_t sim_player_advance(struct sim_player *player, int64_t t_ms);

#endif
