/*
 * Receipt printers that speak ESC/POS. Follows the manuals of Epson TM-U220, Bixolon SRP-350 and HPRT TP80K as far as
 * they agree; never tried on a printer.
 *
 *     10 04 n                     status, n = 1 printer, 2 cause of being offline; answered by one byte, at once, even
 *                                 when the printer is offline or its buffer is full
 *     answer                      0 d d 1 d d 1 0: (b & 0x93) == 0x12. n = 1: 08 offline. n = 2: 04 cover open, 08 feed
 *                                 button, 20 out of paper, 40 error
 *     1B 40                       initialise
 *     1D 76 30 0 xL xH yL yH …    raster, x bytes wide, y rows, 1 = black
 *     1B 64 n · 1D 56 00          feed n lines, cut
 *
 * The status question is obeyed within raster data, too, and so are 10 05 and 10 14: where a picture holds one of them
 * a dot is added, which makes it none. A picture goes out in bands, each followed by the question: what the printer has
 * answered it has taken, and one that opens its cover stops the job at that band.
 */
#include <assert.h>
#include <string.h>

#include "sensors/drivers/drivers.h"

enum {
    BAND_ROWS = 6, /* with WIDTH_MAX less than RECORDING_CHUNK_MAX bytes */
    WIDTH_MAX = 80,
    FEED_LINES = 4,
    POLL_MS = 1000,
    ANSWER_MS = 1000,
    JOB_ANSWER_MS = 10000, /* a band at 9600 baud, and a printer that is busy with it */
    ADDED_DOT = 0x08,
};

struct escpos {
    const struct sensor_job *job; /* NULL: none */
    unsigned row;
    uint8_t asked; /* n; 0: no question is open */
    bool known;    /* it has answered since the start */
    bool ended;    /* the job's last bytes are out */
    const char *trouble;
};

static_assert(sizeof(struct escpos) <= SENSOR_STATE_MAX, "state");

static struct escpos *state_of(struct sensor *s)
{
    return (struct escpos *)s->state.bytes;
}

static void ask(struct sensor *s, uint8_t n, int64_t t_ms, const struct sensor_host *host)
{
    struct escpos *p = state_of(s);
    p->asked = n;
    host->wake(host->ctx, t_ms + (p->job ? JOB_ANSWER_MS : ANSWER_MS));
    host->send(host->ctx, (const uint8_t[]){0x10, 0x04, n}, 3);
}

static int check(const struct sensor_config *config, struct err *err)
{
    return config->profile ? err_set(err, ERR_INVALID, "a printer has no 'profile'; leave it out") : 0;
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    *state_of(s) = (struct escpos){0};
    ask(s, 1, t_ms, host);
}

static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    (void)length;
    *frame = 1;
    return (buf[0] & 0x93) == 0x12 ? CUT_OK : CUT_BAD;
}

static void finish(struct sensor *s, const char *trouble, const struct sensor_host *host)
{
    struct escpos *p = state_of(s);
    if (!p->job)
        return;
    p->job = NULL;
    host->done(host->ctx, trouble);
}

static void fail(struct sensor *s, enum instrument_status status, const char *trouble, const struct sensor_host *host)
{
    state_of(s)->trouble = trouble;
    host->fault(host->ctx, status, trouble);
    finish(s, trouble, host);
}

/* No DLE EOT, DLE ENQ, DLE DC4 in a picture. */
static void disarm(uint8_t *bytes, size_t length)
{
    for (size_t i = 1; i < length; i++)
        if (bytes[i - 1] == 0x10 && (bytes[i] == 0x04 || bytes[i] == 0x05 || bytes[i] == 0x14))
            bytes[i] |= ADDED_DOT;
}

static void send_band(struct sensor *s, const struct sensor_host *host)
{
    struct escpos *p = state_of(s);
    uint8_t band[8 + BAND_ROWS * WIDTH_MAX];
    unsigned rows = p->job->rows - p->row < BAND_ROWS ? p->job->rows - p->row : BAND_ROWS;
    size_t size = (size_t)rows * p->job->width_bytes;
    const uint8_t head[8] = {0x1d, 0x76, 0x30, 0, (uint8_t)p->job->width_bytes, 0, (uint8_t)rows, 0};
    memcpy(band, head, sizeof head);
    memcpy(band + sizeof head, p->job->raster + (size_t)p->row * p->job->width_bytes, size);
    disarm(band + sizeof head, size);
    p->row += rows;
    host->send(host->ctx, band, sizeof head + size);
}

/* The printer is well: on with the job, or a look again later. */
static void go_on(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    static const uint8_t end[] = {0x1b, 0x64, FEED_LINES, 0x1d, 0x56, 0x00};
    struct escpos *p = state_of(s);
    if (p->job && p->ended)
        finish(s, "", host);
    if (!p->job) {
        host->wake(host->ctx, t_ms + POLL_MS);
        return;
    }
    if (p->row < p->job->rows) {
        send_band(s, host);
    } else {
        host->send(host->ctx, end, sizeof end);
        p->ended = true;
    }
    ask(s, 1, t_ms, host);
}

static void tell_cause(struct sensor *s, uint8_t b, const struct sensor_host *host)
{
    const char *cause = b & 0x20   ? "out of paper"
                        : b & 0x04 ? "its cover is open"
                        : b & 0x40 ? "it reports an error"
                                   : "";
    if (cause[0])
        fail(s, STATUS_INTERNAL, cause, host);
    else
        fail(s, STATUS_STANDBY, b & 0x08 ? "its feed button is pressed" : "it is off line", host);
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    (void)length;
    struct escpos *p = state_of(s);
    uint8_t asked = p->asked;
    if (!asked)
        return false;
    p->asked = 0;
    p->known = true;
    if (asked == 1 && (bytes[0] & 0x08)) {
        ask(s, 2, t_ms, host);
    } else if (asked == 1) {
        p->trouble = NULL;
        host->fault(host->ctx, STATUS_OK, "");
        go_on(s, t_ms, host);
    } else {
        tell_cause(s, bytes[0], host);
        host->wake(host->ctx, t_ms + POLL_MS);
    }
    return true;
}

static void wake(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    if (state_of(s)->asked)
        fail(s, STATUS_COMM_ERROR, "no answer to the status question; check power, cable and line setting", host);
    ask(s, 1, t_ms, host);
}

static int output(struct sensor *s, const struct sensor_job *job, int64_t t_ms, const struct sensor_host *host,
                  struct err *err)
{
    static const uint8_t begin[] = {0x1b, 0x40};
    struct escpos *p = state_of(s);
    if (!job->raster || job->rows == 0 || job->width_bytes == 0 || job->width_bytes > WIDTH_MAX)
        return err_set(err, ERR_INVALID, "a printer takes a picture of at most %d dots width", WIDTH_MAX * 8);
    if (p->trouble || !p->known)
        return err_set(err, ERR_REFUSED, "the printer cannot print: %s", p->trouble ? p->trouble : "no answer yet");
    p->job = job;
    p->row = 0;
    p->ended = false;
    host->send(host->ctx, begin, sizeof begin);
    if (!p->asked)
        ask(s, 1, t_ms, host);
    return 0;
}

static const enum quantity quantities[] = {QUANTITY_COUNT};

const struct sensor_driver driver_escpos = {
    .name = "escpos",
    .title = "receipt printer, ESC/POS",
    .line = "9600/8n1",
    .quantities = quantities,
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
    .wake = wake,
    .output = output,
};
