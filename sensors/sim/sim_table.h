/*
 * Instruments that answer a short binary command with a block of numbers: opacimeters and gas analyzers. Each is a
 * table of texts, written as protocol descriptions write frames:
 *
 *     {"A5", "A5 opacity*10 k*100 rpm oil_temp+273", ACT_NONE}
 *
 * Words of a request: two hex digits a byte, "??" any byte; the checksum is left out. Words of an answer:
 *
 *     A5              a byte
 *     k*100           the quantity of that name (quantity.h), or what the table's `number` gives for the name, as 16
 *                     bits; *F scales, +N adds afterwards; what is absent is FFFF
 *     gas_temp:b      … as one byte        hc:a … as four characters         air_temp*10:s … sign in the highest bit
 *     cmd arg         the request's command byte, and the byte after it
 *     k*100:t         … 500 times, 20 ms apart, up to now
 *     =flags          the byte that the table's `byte` gives for the name
 *     !  (first)      nothing is appended; otherwise the checksum of the table's rule is
 *     ~18 (last)      ones' complement of the sum of all bytes from that offset, instead of the table's rule
 *
 * What all of them share is here too: warm-up, zeroing and leak test take their time and end in a state; the pump feeds
 * exhaust or air; the instrument itself looks 50 times a second for the maximum. Whatever is wrong with it shows in the
 * numbers: in warm-up they drift, with low flow or a leak the plume is thinned, while zeroing they are those of air.
 * A request that stops in its middle is forgotten after a tenth of a second.
 * Settings (set NAME …): zero-ms leak-ms leaks=yes|no serial=TEXT bits=HEX (or-ed into its status), and the table's
 * own.
 */
#ifndef SENSORS_SIM_SIM_TABLE_H
#define SENSORS_SIM_SIM_TABLE_H

#include "sensors/sim/sim.h"

enum table_act {
    ACT_NONE,
    ACT_ZERO,
    ACT_LEAK_TEST,
    ACT_BLOW_BACK,
    ACT_CLEAR_MAXIMUM,
    ACT_SKIP_WARM_UP,
    ACT_EXHAUST, /* pump draws from the probe */
    ACT_AIR,     /* pump draws ambient air */
    ACT_STOP,    /* pump off, standby */
};

enum table_sum {
    SUM_NONE,
    SUM_ZERO,        /* all bytes together are 0 */
    SUM_PLAIN,       /* the sum itself */
    SUM_COMPLEMENT5, /* ones' complement of the sum from offset 5 on */
    SUM_WORD,        /* 16 bits, low byte first */
};

struct table_row {
    const char *request, *answer;
    enum table_act act;
};

enum table_doing { DOING_NOTHING, DOING_ZERO, DOING_LEAK_TEST, DOING_BLOW_BACK };

/* In sim_instrument.state. */
struct table_state {
    enum table_doing doing;
    int64_t done_ms;
    int zero_ms, leak_ms;
    bool leaks; /* the leak test finds one */
    bool tight; /* the last leak test found none */
    bool air, off;
    unsigned bits;
    double maximum_k;
    int64_t looked_ms; /* for the maximum; -1: not yet */
    int64_t heard_ms;  /* when the beginning of a request came that is not whole yet */
    size_t begun;      /* its bytes; 0: none */
    char serial[16];
    double scale[QUANTITY_COUNT]; /* where the protocol does not fix it; 0: the table's own */
    uint8_t busy_with;            /* a command that was answered with BUSY; 0: none */
};

struct sim_table {
    struct sim_protocol protocol; /* first: an instrument's protocol is its table */
    const struct table_row *rows; /* .request NULL ends them */
    const char *refusal;          /* the answer to what no row knows */
    size_t command_at;            /* of the command byte in a request */
    enum table_sum asked, answered;
    bool low_first; /* byte order of 16 bits */
    /* How long is the request that begins here? 0: cannot tell yet, TABLE_NOT: none begins. */
    size_t (*length)(const uint8_t *bytes, size_t length);
    /* All of the following may be NULL. */
    uint8_t (*byte)(const struct sim_instrument *instrument, const char *name, int64_t t_ms);
    double (*number)(const struct sim_instrument *instrument, const char *name, int64_t t_ms);
    /* Before the rows are looked at: the text to answer with, or NULL. */
    const char *(*before)(struct sim_instrument *instrument, const uint8_t *request, size_t length, int64_t t_ms);
    int (*set)(struct sim_instrument *instrument, const char *key, const char *value, struct err *err);
};

#define TABLE_NOT ((size_t)-1)

/* The members of struct sim_table.protocol that all tables have in common. */
#define TABLE_PROTOCOL(name_, shows_)                                                                                  \
    .protocol = {.name = (name_), .receive = table_receive, .init = table_init, .set = table_set, .shows = (shows_)}

void table_init(struct sim_instrument *instrument);
int table_set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err);
size_t table_receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                     int64_t t_ms);

struct table_state *table_state(struct sim_instrument *instrument);
const struct table_state *table_look(const struct sim_instrument *instrument);
/* What it is up to: an operation that runs, else its health. */
enum sim_health table_health(const struct sim_instrument *instrument);
/* What it measures, with all that is wrong with it. */
double table_value(const struct sim_instrument *instrument, enum quantity quantity, int64_t t_ms);
/* N over another path for the same smoke. */
double table_opacity(const struct sim_instrument *instrument, double path_m, int64_t t_ms);
double table_maximum_k(const struct sim_instrument *instrument);
int64_t table_warm_up_s(const struct sim_instrument *instrument, int64_t t_ms); /* left */

/* The bits of a byte that stand for the present health; ended by a row with bits 0. */
struct table_flag {
    enum sim_health health;
    unsigned bits;
};
unsigned table_flags(const struct sim_instrument *instrument, const struct table_flag *flags);

#endif
