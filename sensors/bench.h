/*
 * The test bench: all instruments of a station and at most one running procedure, in virtual time.
 *
 * This is the one place where bytes become verdicts. smogd drives it from its event loop, rejudge and the tests drive
 * it from recordings; both get the same result because nothing here asks the time and because everything is delivered
 * in one order: before an input at time t, every timer due at or before t fires, earliest first, with the time it was
 * set for (ties: procedure last, instruments by index). Inputs with a time before the bench's clock are taken at the
 * bench's clock; each input function returns the time that was used.
 *
 * What a recording must hold for the same result goes out through `record`, complete and in order: whoever writes these
 * lines to a file per instrument has the recording of the test.
 *
 * It owns the loop around `cut`: buffering, resynchronisation, garbage accounting, staleness. Stale is announced once,
 * on the edge, when a live or tested instrument gave no ok reading for its stale_ms (0: never stale). A passage and a
 * text count as ok; an instrument's own list of errors does not.
 *
 * Who is in a test: at its start every connected, not stale instrument with status ok that is no passage source and not
 * barred; in a check the one that it is about, whatever its status. Where several of them offer a quantity, the
 * procedure gets it from the first alone; texts it gets from all. PROCEDURE_LOST and PROCEDURE_STATUS tell of those
 * instruments that give a quantity the method cannot do without; the others only stop giving readings.
 *
 * Callbacks must not call back into the bench, except for reading it.
 */
#ifndef SENSORS_BENCH_H
#define SENSORS_BENCH_H

#include "sensors/recording.h"
#include "sensors/sensor.h"
#include "station/core/procedure.h"

enum { BENCH_INSTRUMENTS_MAX = 16 };

enum bench_state { BENCH_OFFLINE, BENCH_CONNECTED, BENCH_LIVE, BENCH_STALE };

struct bench_instrument {
    struct sensor sensor;
    struct sensor_config config;
    enum bench_state state; /* offline: no link; connected: no ok reading yet; live; stale */
    enum instrument_status status;
    char status_detail[SENSOR_TEXT_MAX * 2];
    struct reading last[QUANTITY_COUNT]; /* latest reading per quantity, valid where last_ms >= 0 */
    int64_t last_ms[QUANTITY_COUNT];
    char said[TEXT_COUNT][SAMPLE_TEXT_MAX]; /* latest text per kind, valid where said_ms >= 0 */
    int64_t said_ms[TEXT_COUNT];
    int64_t last_good_ms; /* latest sample with an ok reading; -1 never */
    int64_t stale_ms;
    int64_t wake_ms;                         /* driver's timer; -1 none */
    int64_t stale_at_ms;                     /* staleness timer; -1 none */
    uint64_t frames, garbage_bytes, samples; /* since start of the program */
    const struct sensor_job *job;            /* of an output that is at work; NULL: none */
    bool in_test;                            /* of the running test; false again when `finish` is called */
    bool barred;                             /* the host's word: it may not be in a test (overdue, check failed …) */
    const uint8_t *frame; /* the frame being decoded, for whoever keeps a passage's raw bytes; NULL outside `sample` */
    size_t frame_length;
    size_t buffered;
    uint8_t buffer[SENSOR_FRAME_MAX];
};

struct bench_host {
    void *ctx;
    void (*send)(void *ctx, int instrument, const uint8_t *bytes, size_t length);
    void (*sample)(void *ctx, int instrument, const struct sample *sample);
    /* state or status changed: read it from the bench */
    void (*changed)(void *ctx, int instrument);
    void (*output_done)(void *ctx, int instrument, const char *trouble); /* "": its job is out */
    void (*prompt)(void *ctx, enum prompt prompt, int64_t value, int64_t limit, int64_t t_ms);
    void (*mark)(void *ctx, const struct verdict_mark *mark);
    void (*finish)(void *ctx, const struct verdict *verdict);
    /* One line of the running test's recording: times since its start, numbers from 1 over all instruments. The last
     * one is "end", before `finish`. `instrument` -1: the recording "operator". An input's line comes before its
     * effects. */
    void (*record)(void *ctx, int instrument, const struct recording_line *line);
};

struct bench {
    struct bench_host host;
    int64_t now_ms;
    int64_t start_ms;          /* of the test */
    int64_t procedure_wake_ms; /* -1 none */
    struct procedure procedure;
    uint64_t lines; /* recorded so far in this test */
    int count;
    int source[QUANTITY_COUNT]; /* the instrument that gives the procedure this quantity; -1: none */
    int subject;                /* set before bench_start: the instrument that a check (method->alone) is about */
    bool testing;
    bool busy;                                                  /* inside an input, to catch callbacks that call back */
    struct bench_instrument instruments[BENCH_INSTRUMENTS_MAX]; /* large: only the first `count` are ever written */
};

/* Every function of *host may be NULL. */
void bench_init(struct bench *b, const struct bench_host *host, int64_t t_ms);

/* Adds an instrument (offline). The driver's check must have passed. Returns its index, -1 when full. */
int bench_add(struct bench *b, const struct sensor_driver *driver, const struct sensor_config *config);

/* Each returns the time used. Finishing callbacks may come from within any of them. */
int64_t bench_connect(struct bench *b, int instrument, int64_t t_ms);    /* link is up: the driver starts */
int64_t bench_disconnect(struct bench *b, int instrument, int64_t t_ms); /* link is gone */
int64_t bench_receive(struct bench *b, int instrument, const uint8_t *bytes, size_t length, int64_t t_ms);
/* `text` may be NULL; control characters become spaces and it is cut to what a recording holds. */
int64_t bench_key(struct bench *b, enum procedure_key key, const char *text, int64_t t_ms);
int64_t bench_advance(struct bench *b, int64_t t_ms);

/* When bench_advance must be called next; -1: nothing is due. */
int64_t bench_next_ms(const struct bench *b);

/* Starts a procedure whose `init` has been done by the caller in b->procedure. Every instrument of the test is
 * restarted from nothing, so that the recording of the test begins where the driver begins; then PROCEDURE_START is
 * delivered. b->start_ms is the time used. Fails (ERR_REFUSED) when a test is running or when no instrument fit for a
 * test offers a quantity that the method needs — naming the quantity and what the instruments say. */
int bench_start(struct bench *b, int64_t t_ms, struct err *err);

/* An operator's command to an instrument that is in no test, that a check is about, or that may be zeroed at this point
 * of its test: there it is recorded ("command zero") and replayed, since what it does to the driver is part of what
 * follows. */
int bench_command(struct bench *b, int instrument, enum sensor_command command, int64_t t_ms, struct err *err);

/* Gives a printer or sign its job, which must live until output_done. */
int bench_output(struct bench *b, int instrument, const struct sensor_job *job, int64_t t_ms, struct err *err);

#endif
