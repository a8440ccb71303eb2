/*
 * Receipt printer, ESC/POS. What it prints can be looked at: after `set NAME capture=PATH` each receipt is PATH-1.pbm,
 * PATH-2.pbm, … (raster, one bit a dot) and PATH-1.txt, … (text as it came), ended by a cut.
 *
 * DLE EOT n (10 04 n, n 1..4) is answered at once with one byte, offline too and inside raster data too:
 *     1  12 | 08 offline        2  12 | 04 cover open | 20 stopped for paper end | 40 error
 *     3  12 | 20 error          4  12 | 0C paper near its end | 60 paper at its end
 * GS a (1D 61 n) switches four bytes on that come by themselves with each change; their first byte has bit 1 clear.
 * Offline, the rest of what comes is kept (HELD_MAX bytes, then it is lost, as on a line without flow control) and
 * printed when cover and paper are in order again. GS v 0 prints dots, GS V cuts; ESC @ and the usual settings are
 * heard.
 *
 * Settings: paper=ok|near-end|out   cover=closed|open   error=0|1   paper-rows=N (then it is out)   capture=PATH
 */
#include <stdio.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

enum { ESC = 0x1B, FS = 0x1C, GS = 0x1D, DLE = 0x10, EOT = 0x04, FIXED = 0x12 };
enum { HELD_MAX = 2048, COMMAND_MAX = 8, WIDTH_MAX = 256, PATH_MAX_CAPTURE = 200 };
enum { PAPER_OK, PAPER_NEAR_END, PAPER_OUT };

struct escpos {
    int paper, cover_open, error, paper_rows; /* paper_rows 0: enough */
    char capture[PATH_MAX_CAPTURE];
    unsigned receipt; /* number of the one being printed, from 1 */
    size_t job_width; /* bytes a row of its picture; 0: none yet */
    unsigned job_rows;
    size_t commanded; /* bytes of a command so far */
    uint8_t command[COMMAND_MAX];
    size_t row_width, row_length; /* of the raster being received */
    unsigned rows_left;
    uint8_t row[WIDTH_MAX];
    uint8_t before[2];  /* the last two bytes, for DLE EOT */
    uint8_t changes_on; /* GS a */
    size_t held;
    uint8_t hold[HELD_MAX];
};

_Static_assert(sizeof(struct escpos) <= SIM_STATE_MAX, "state too large");

static struct escpos *escpos_of(struct sim_instrument *instrument)
{
    return (struct escpos *)(void *)instrument->state.bytes;
}

static void init(struct sim_instrument *instrument)
{
    escpos_of(instrument)->receipt = 1;
}

static bool offline(const struct escpos *p)
{
    return p->paper == PAPER_OUT || p->cover_open || p->error;
}

/* ---- paper ---- */

static FILE *receipt_file(const struct escpos *p, const char *kind, const char *mode)
{
    char path[PATH_MAX_CAPTURE + 24];
    if (!p->capture[0])
        return NULL;
    snprintf(path, sizeof path, "%s-%u.%s", p->capture, p->receipt, kind);
    return fopen(path, mode);
}

/* A picture's size stands at a fixed width in front, so that it can grow row by row. */
static void print_row(struct escpos *p)
{
    if (p->job_width == 0) {
        p->job_width = p->row_width;
        FILE *fresh = receipt_file(p, "pbm", "wb");
        if (fresh)
            fclose(fresh);
    }
    uint8_t row[WIDTH_MAX] = {0};
    memcpy(row, p->row, p->row_width < p->job_width ? p->row_width : p->job_width);
    p->job_rows++;
    FILE *file = receipt_file(p, "pbm", "r+b");
    if (file) {
        fprintf(file, "P4\n%9zu\n%9u\n", p->job_width * 8, p->job_rows);
        fseek(file, 0, SEEK_END);
        fwrite(row, 1, p->job_width, file);
        fclose(file);
    }
    if (p->paper_rows > 0 && --p->paper_rows == 0)
        p->paper = PAPER_OUT;
}

static void print_character(struct escpos *p, uint8_t byte)
{
    FILE *file = receipt_file(p, "txt", "ab");
    if (file) {
        fputc(byte, file);
        fclose(file);
    }
}

static void cut(struct escpos *p)
{
    p->receipt++;
    p->job_width = 0;
    p->job_rows = 0;
}

/* ---- commands ---- */

/* The length of the command that begins so; 0: none that it knows. */
static size_t command_length(const uint8_t *bytes, size_t length)
{
    static const struct {
        uint8_t first, second, length;
    } known[] = {{DLE, EOT, 3}, {ESC, '@', 2}, {ESC, 'a', 3}, {ESC, 'd', 3}, {ESC, 'J', 3}, {ESC, 't', 3},
                 {ESC, '3', 3}, {ESC, '2', 2}, {ESC, 'p', 5}, {ESC, 'E', 3}, {GS, '!', 3},  {GS, 'a', 3},
                 {GS, 'L', 4},  {GS, 'W', 4},  {FS, '&', 2},  {FS, '.', 2},  {GS, 'v', 8}};
    if (length < 2)
        return 2;
    if (bytes[0] == GS && bytes[1] == 'V') /* 1D 56 m, or 1D 56 65 n and 66 n */
        return length > 2 && bytes[2] >= 65 ? 4 : 3;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].first == bytes[0] && known[i].second == bytes[1])
            return known[i].length;
    return 0;
}

static void begin_raster(struct escpos *p)
{
    const uint8_t *c = p->command;
    p->row_width = (size_t)c[4] | (size_t)c[5] << 8;
    p->rows_left = (unsigned)c[6] | (unsigned)c[7] << 8;
    p->row_length = 0;
    if (p->row_width == 0 || p->row_width > WIDTH_MAX)
        p->rows_left = 0;
}

static void obey(struct escpos *p)
{
    const uint8_t *c = p->command;
    if (c[0] == GS && c[1] == 'v')
        begin_raster(p);
    else if (c[0] == GS && c[1] == 'V')
        cut(p);
    else if (c[0] == GS && c[1] == 'a')
        p->changes_on = c[2];
}

static void digest(struct escpos *p, uint8_t byte)
{
    if (p->rows_left > 0) {
        p->row[p->row_length++] = byte;
        if (p->row_length < p->row_width)
            return;
        print_row(p);
        p->row_length = 0;
        p->rows_left--;
        return;
    }
    if (p->commanded == 0 && byte != ESC && byte != GS && byte != FS && byte != DLE) {
        print_character(p, byte);
        return;
    }
    p->command[p->commanded++] = byte;
    size_t length = command_length(p->command, p->commanded);
    if (length == p->commanded)
        obey(p);
    if (length == p->commanded || length == 0)
        p->commanded = 0;
}

static void catch_up(struct escpos *p)
{
    size_t done = 0;
    while (done < p->held && !offline(p))
        digest(p, p->hold[done++]);
    p->held -= done;
    memmove(p->hold, p->hold + done, p->held);
}

static uint8_t status(const struct escpos *p, uint8_t n)
{
    switch (n) {
    case 1: return (uint8_t)(FIXED | (offline(p) ? 0x08 : 0));
    case 2:
        return (uint8_t)(FIXED | (p->cover_open ? 0x04 : 0) | (p->paper == PAPER_OUT ? 0x20 : 0) |
                         (p->error ? 0x40 : 0));
    case 3: return (uint8_t)(FIXED | (p->error ? 0x20 : 0));
    default: return (uint8_t)(FIXED | (p->paper != PAPER_OK ? 0x0C : 0) | (p->paper == PAPER_OUT ? 0x60 : 0));
    }
}

static void say_change(struct sim_instrument *instrument, int64_t t_ms)
{
    const struct escpos *p = escpos_of(instrument);
    const uint8_t bytes[] = {(uint8_t)(0x10 | (offline(p) ? 0x08 : 0) | (p->cover_open ? 0x20 : 0)),
                             (uint8_t)(p->error ? 0x20 : 0),
                             (uint8_t)((p->paper != PAPER_OK ? 0x03 : 0) | (p->paper == PAPER_OUT ? 0x0C : 0)), 0};
    if (p->changes_on)
        sim_broadcast(instrument, bytes, sizeof bytes, t_ms);
}

static size_t receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms)
{
    struct escpos *p = escpos_of(instrument);
    for (size_t i = 0; i < length; i++) {
        if (p->before[0] == DLE && p->before[1] == EOT && bytes[i] >= 1 && bytes[i] <= 4) {
            uint8_t answer = status(p, bytes[i]);
            sim_reply(instrument, connection, &answer, 1, t_ms);
        }
        p->before[0] = p->before[1];
        p->before[1] = bytes[i];
        bool was_offline = offline(p);
        if (!was_offline)
            digest(p, bytes[i]);
        else if (p->held < HELD_MAX)
            p->hold[p->held++] = bytes[i];
        if (offline(p) != was_offline)
            say_change(instrument, t_ms);
    }
    return length;
}

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    static const char *const papers[] = {"ok", "near-end", "out"};
    static const char *const covers[] = {"closed", "open"};
    struct escpos *p = escpos_of(instrument);
    int result;
    if (strcmp(key, "capture") == 0) {
        if (strlen(value) >= sizeof p->capture)
            return err_set(err, ERR_INVALID, "capture: longer than %zu bytes", sizeof p->capture - 1);
        memcpy(p->capture, value, strlen(value) + 1);
        return 0;
    }
    if (strcmp(key, "paper") == 0)
        result = sim_word(key, value, papers, 3, &p->paper, err);
    else if (strcmp(key, "cover") == 0)
        result = sim_word(key, value, covers, 2, &p->cover_open, err);
    else if (strcmp(key, "error") == 0)
        result = sim_integer(key, value, 0, 1, &p->error, err);
    else if (strcmp(key, "paper-rows") == 0)
        result = sim_integer(key, value, 0, 1000000, &p->paper_rows, err);
    else
        return sim_unknown(instrument, key, err);
    catch_up(p);
    say_change(instrument, t_ms);
    return result;
}

const struct sim_protocol sim_escpos = {
    .name = "escpos", .receive = receive, .check_tail = SIM_NO_CHECKSUM, .init = init, .set = set};
