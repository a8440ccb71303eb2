/*
 * ELM327 adapter in a vehicle: commands end in CR, answers are lines and then the prompt.
 *
 *     010C CR    ->    010C CR  41 0C 0B 30 CR CR >
 *
 * AT commands set echo, line feeds, spaces, headers and protocol. The first request after a reset prints SEARCHING... .
 * OBD: modes 01 (00 01 04 05 0C 0D), 03, 04, 07, 09 (00 02); a figure that the world does not have is a PID that the
 * vehicle does not know: NO DATA. Answers longer than a frame come in numbered lines. J1939 (AT SP A): a request is a
 * group's number; AT MP and AT DM1 show groups as they pass until their count is full or a byte comes in.
 *
 * Settings: bus=can11|can29|j1939|none|error   what the adapter is plugged into
 *           ecus=1|2      the second control unit knows only PIDs 00, 01 and 0D
 *           vin=…  dtcs=P0420,P2002  readiness=BBCCDD (hex, the last three bytes of PID 01)
 *           faults=SPN/FMI/COUNT,…   J1939: active faults
 *           missing=absent|error     J1939: what is not there shows as FF… or FE…
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/sim/sim_j1939.h"
#include "sensors/sim/sim_obd.h"
#include "sensors/sim/sim_protocols.h"

enum { COMMAND_MAX = 40, TEXT_MAX = 1400, PERIOD_MS = 100, ECUS_MAX = 2 };
enum bus { BUS_CAN11, BUS_CAN29, BUS_J1939, BUS_NONE, BUS_ERROR };

struct elm {
    int bus, ecus, missing_as_error;
    struct sim_obd_vehicle vehicle;
    struct sim_j1939_fault faults[SIM_J1939_FAULTS_MAX];
    int fault_count;
    bool echo, feeds, spaces, headers, searched, sae_order;
    char protocol;
    char last[COMMAND_MAX];
    bool monitoring;
    unsigned monitor_pgn;
    int monitor_left; /* 0: until a byte comes */
};

_Static_assert(sizeof(struct elm) <= SIM_STATE_MAX, "state too large");

/* An answer while it is put together. */
struct page {
    const struct elm *elm;
    size_t length;
    char text[TEXT_MAX];
};

static struct elm *elm_of(struct sim_instrument *instrument)
{
    return (struct elm *)(void *)instrument->state.bytes;
}

static void reset(struct elm *elm)
{
    elm->echo = elm->spaces = true;
    elm->feeds = elm->headers = elm->searched = elm->monitoring = elm->sae_order = false;
    elm->protocol = '0';
}

static void init(struct sim_instrument *instrument)
{
    struct elm *elm = elm_of(instrument);
    *elm = (struct elm){.ecus = 1, .vehicle = {.vin = "LZZ5CLVB8JA123456", .readiness = 0x0F6100}};
    reset(elm);
    instrument->period_ms = PERIOD_MS;
}

/* ---- settings ---- */

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    static const char *const buses[] = {"can11", "can29", "j1939", "none", "error"};
    static const char *const missing[] = {"absent", "error"};
    struct elm *elm = elm_of(instrument);
    (void)t_ms;
    if (strcmp(key, "bus") == 0)
        return sim_word(key, value, buses, 5, &elm->bus, err);
    if (strcmp(key, "missing") == 0)
        return sim_word(key, value, missing, 2, &elm->missing_as_error, err);
    if (strcmp(key, "ecus") == 0)
        return sim_integer(key, value, 1, ECUS_MAX, &elm->ecus, err);
    if (strcmp(key, "dtcs") == 0)
        return sim_obd_set_dtcs(&elm->vehicle, value, err);
    if (strcmp(key, "readiness") == 0) {
        elm->vehicle.readiness = (unsigned)strtoul(value, NULL, 16) & 0xFFFFFF;
        return 0;
    }
    if (strcmp(key, "faults") == 0) {
        elm->fault_count = sim_j1939_faults_parse(value, elm->faults);
        return elm->fault_count >= 0 ? 0 : err_set(err, ERR_INVALID, "faults: SPN/FMI/COUNT,… and not '%s'", value);
    }
    if (strcmp(key, "vin") != 0)
        return sim_unknown(instrument, key, err);
    if (strlen(value) != SIM_OBD_VIN)
        return err_set(err, ERR_INVALID, "vin: %d characters, not '%s'", SIM_OBD_VIN, value);
    memcpy(elm->vehicle.vin, value, SIM_OBD_VIN + 1);
    return 0;
}

/* ---- putting an answer together ---- */

static void add(struct page *page, const char *text)
{
    size_t length = strlen(text);
    if (page->length + length >= TEXT_MAX)
        return;
    memcpy(page->text + page->length, text, length + 1);
    page->length += length;
}

static void end_line(struct page *page)
{
    add(page, page->elm->feeds ? "\r\n" : "\r");
}

static void add_line(struct page *page, const char *text)
{
    add(page, text);
    end_line(page);
}

static void add_hex(struct page *page, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char text[8];
        snprintf(text, sizeof text, page->elm->spaces ? "%02X " : "%02X", bytes[i]);
        add(page, text);
    }
}

static void prompt(struct sim_instrument *instrument, int connection, struct page *page, int64_t t_ms)
{
    end_line(page);
    add(page, ">");
    sim_reply_text(instrument, connection, page->text, t_ms);
}

/* ---- OBD over CAN ---- */

/* One frame with its header where headers are on: "7E8 03 41 05 7B" or "18 DA F1 10 03 41 05 7B". */
static void add_can_frame(struct page *page, int ecu, const uint8_t *bytes, size_t length)
{
    const uint8_t wide[] = {0x18, 0xDA, 0xF1, (uint8_t)(0x10 + ecu)};
    if (page->elm->bus == BUS_CAN29) {
        add_hex(page, wide, sizeof wide);
    } else {
        char narrow[8];
        snprintf(narrow, sizeof narrow, page->elm->spaces ? "7E%d " : "7E%d", 8 + ecu);
        add(page, narrow);
    }
    add_hex(page, bytes, length);
    end_line(page);
}

/* A long answer: the length, then numbered lines of 6, 7, 7, … bytes; with headers the frames as they are on the bus.
 */
static void add_long(struct page *page, int ecu, const uint8_t *payload, size_t length)
{
    uint8_t padded[SIM_OBD_PAYLOAD_MAX + 8] = {0};
    memcpy(padded, payload, length);
    char head[8];
    snprintf(head, sizeof head, "%03X", (unsigned)length);
    if (!page->elm->headers)
        add_line(page, head);
    size_t at = 0;
    for (unsigned n = 0; at < length; n++) {
        size_t part = n == 0 ? 6 : 7;
        uint8_t frame[8] = {n == 0 ? (uint8_t)(0x10 | length >> 8) : (uint8_t)(0x20 | (n & 0xF)), (uint8_t)length};
        memcpy(frame + 8 - part, padded + at, part);
        if (page->elm->headers) {
            add_can_frame(page, ecu, frame, sizeof frame);
        } else {
            snprintf(head, sizeof head, "%X: ", n & 0xF);
            add(page, head);
            add_hex(page, padded + at, part);
            end_line(page);
        }
        at += part;
    }
}

static void add_answer(struct page *page, int ecu, const uint8_t *payload, size_t length)
{
    if (length > 7) {
        add_long(page, ecu, payload, length);
    } else if (page->elm->headers) {
        uint8_t frame[8] = {(uint8_t)length};
        memcpy(frame + 1, payload, length);
        add_can_frame(page, ecu, frame, length + 1);
    } else {
        add_hex(page, payload, length);
        end_line(page);
    }
}

/* ---- J1939 ---- */

/* "6 0FECA 00 " and the data; without headers the data alone. */
static void add_j1939_frame(struct page *page, unsigned pgn, const uint8_t *bytes, size_t length)
{
    char head[24];
    snprintf(head, sizeof head, page->elm->spaces ? "%c %05X 00 " : "%c%05X00", pgn == 0xF003 ? '3' : '6', pgn);
    if (page->elm->headers)
        add(page, head);
    add_hex(page, bytes, length);
    end_line(page);
}

/* More than eight bytes go by the transport protocol: an announcement, then pieces of seven. */
static void add_j1939_long(struct page *page, unsigned pgn, const uint8_t *bytes, size_t length)
{
    uint8_t frame[SIM_J1939_FRAME] = {0x20,         (uint8_t)length,    0, (uint8_t)((length + 6) / 7), 0xFF,
                                      (uint8_t)pgn, (uint8_t)(pgn >> 8)};
    add_j1939_frame(page, 0xECFF, frame, sizeof frame);
    for (size_t at = 0; at < length; at += 7) {
        memset(frame, 0xFF, sizeof frame);
        frame[0] = (uint8_t)(at / 7 + 1);
        memcpy(frame + 1, bytes + at, length - at < 7 ? length - at : 7);
        add_j1939_frame(page, 0xEBFF, frame, sizeof frame);
    }
}

static bool add_group(struct sim_instrument *instrument, struct page *page, unsigned pgn, int64_t t_ms)
{
    const struct elm *elm = elm_of(instrument);
    uint8_t bytes[2 + 4 * SIM_J1939_FAULTS_MAX];
    if (elm->bus != BUS_J1939)
        return false;
    if (pgn != SIM_J1939_DM1) {
        bool known = sim_j1939_group(instrument, pgn, elm->missing_as_error, t_ms, bytes);
        if (known)
            add_j1939_frame(page, pgn, bytes, SIM_J1939_FRAME);
        return known;
    }
    size_t length = sim_j1939_dm1(instrument, elm->faults, (size_t)elm->fault_count, t_ms, bytes);
    if (length > SIM_J1939_FRAME) {
        add_j1939_long(page, pgn, bytes, length);
        return true;
    }
    memset(bytes + length, 0xFF, SIM_J1939_FRAME - length);
    add_j1939_frame(page, pgn, bytes, SIM_J1939_FRAME);
    return true;
}

static void tick(struct sim_instrument *instrument, int64_t t_ms)
{
    struct elm *elm = elm_of(instrument);
    struct page page = {.elm = elm};
    if (!elm->monitoring || !add_group(instrument, &page, elm->monitor_pgn, t_ms))
        return;
    if (elm->monitor_left > 0 && --elm->monitor_left == 0) {
        elm->monitoring = false;
        end_line(&page);
        add(&page, ">");
    }
    sim_broadcast_text(instrument, page.text, t_ms);
}

/* ---- commands ---- */

static size_t hex_bytes(const char *text, uint8_t *out, size_t max)
{
    size_t count = 0;
    for (; count < max && isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]); text += 2) {
        const char pair[] = {text[0], text[1], '\0'};
        out[count++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return count;
}

static void request(struct sim_instrument *instrument, struct page *page, const char *command, int64_t t_ms)
{
    struct elm *elm = elm_of(instrument);
    uint8_t bytes[8] = {0};
    uint8_t payload[SIM_OBD_PAYLOAD_MAX];
    size_t length = hex_bytes(command, bytes, sizeof bytes);
    bool j1939 = elm->protocol == 'A';
    if (!elm->searched && !j1939)
        add_line(page, "SEARCHING...");
    elm->searched = true;
    size_t before = page->length;
    if (elm->bus == BUS_ERROR)
        add_line(page, "CAN ERROR");
    else if (elm->bus == BUS_NONE || (elm->bus == BUS_J1939 && !j1939))
        add_line(page, "UNABLE TO CONNECT");
    else if (j1939 && length >= 2)
        add_group(instrument, page,
                  elm->sae_order ? bytes[0] | (unsigned)bytes[1] << 8
                  : length == 2  ? (unsigned)bytes[0] << 8 | bytes[1]
                                 : (unsigned)bytes[1] << 8 | bytes[2],
                  t_ms);
    for (int ecu = 0; !j1939 && elm->bus <= BUS_CAN29 && ecu < elm->ecus; ecu++) {
        size_t answered = sim_obd_answer(instrument, &elm->vehicle, ecu, bytes, length, payload, t_ms);
        if (answered > 0)
            add_answer(page, ecu, payload, answered);
    }
    if (page->length == before)
        add_line(page, "NO DATA");
}

static void monitor(struct elm *elm, const char *arguments)
{
    uint8_t bytes[3] = {0};
    size_t length = hex_bytes(arguments, bytes, 3); /* a count may follow: FECA1 */
    elm->monitoring = length >= 2;
    elm->monitor_pgn = (unsigned)bytes[0] << 8 | bytes[1];
    const char *count = arguments + 4;
    if (length == 3) {
        elm->monitor_pgn = (unsigned)bytes[1] << 8 | bytes[2];
        count = arguments + 6;
    }
    elm->monitor_left = length >= 2 ? (int)strtol(count, NULL, 16) : 0;
}

/* E0 S1 and the like. */
static bool switch_option(struct elm *elm, const char *command)
{
    const struct {
        char letter;
        bool *option;
    } options[] = {{'E', &elm->echo}, {'L', &elm->feeds}, {'S', &elm->spaces}, {'H', &elm->headers}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (command[0] == options[i].letter && (command[1] == '0' || command[1] == '1') && command[2] == '\0') {
            *options[i].option = command[1] == '1';
            return true;
        }
    return false;
}

static void at_command(struct elm *elm, struct page *page, const char *command)
{
    static const char *const accepted[] = {"AT", "SH", "ST", "CRA", "CF", "CM", "CAF",
                                           "AL", "NL", "M0", "M1",  "PC", "TA", "FC"};
    if (strcmp(command, "Z") == 0 || strcmp(command, "WS") == 0 || strcmp(command, "D") == 0)
        reset(elm);
    if (strcmp(command, "Z") == 0 || strcmp(command, "WS") == 0 || strcmp(command, "I") == 0) {
        end_line(page);
        add_line(page, "ELM327 v1.5");
        return;
    }
    if (strcmp(command, "RV") == 0 || strcmp(command, "DP") == 0) {
        add_line(page, command[0] == 'R' ? "24.1V" : "AUTO, ISO 15765-4 (CAN 11/500)");
        return;
    }
    bool known = switch_option(elm, command) || strcmp(command, "D") == 0;
    if (strncmp(command, "SP", 2) == 0 || strncmp(command, "TP", 2) == 0) {
        known = command[2] != '\0';
        elm->protocol = command[2] == 'A' && command[3] && command[3] != '0' ? command[3] : command[2];
        elm->searched = elm->protocol != '0';
    }
    if (strcmp(command, "JS") == 0 || strcmp(command, "JE") == 0) {
        known = true;
        elm->sae_order = command[1] == 'S';
    }
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++)
        known = known || strncmp(command, accepted[i], strlen(accepted[i])) == 0;
    add_line(page, known ? "OK" : "?");
}

static void obey(struct sim_instrument *instrument, int connection, const char *command, struct page *page,
                 int64_t t_ms)
{
    struct elm *elm = elm_of(instrument);
    const char *at = strncmp(command, "AT", 2) == 0 ? command + 2 : NULL;
    if (at && elm->protocol == 'A' && (strncmp(at, "MP", 2) == 0 || strncmp(at, "DM1", 3) == 0)) {
        monitor(elm, at[0] == 'D' ? "FECA" : at + 2);
        if (elm->monitoring) {
            sim_reply_text(instrument, connection, page->text, t_ms);
            return;
        }
        add_line(page, "?");
    } else if (at) {
        at_command(elm, page, at);
    } else if (*command && strspn(command, "0123456789ABCDEF") == strlen(command)) {
        request(instrument, page, command, t_ms);
    } else {
        add_line(page, "?");
    }
    prompt(instrument, connection, page, t_ms);
}

/* Without blanks, in capitals; an empty line says the last command again. */
static void read_command(struct elm *elm, const uint8_t *bytes, size_t length)
{
    char command[COMMAND_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < length && used < sizeof command - 1; i++)
        if (isgraph(bytes[i]))
            command[used++] = (char)toupper(bytes[i]);
    if (used > 0)
        memcpy(elm->last, command, sizeof command);
}

static size_t receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms)
{
    struct elm *elm = elm_of(instrument);
    struct page page = {.elm = elm};
    if (elm->monitoring) {
        elm->monitoring = false;
        add_line(&page, "STOPPED");
        prompt(instrument, connection, &page, t_ms);
        return 1;
    }
    const uint8_t *end = memchr(bytes, '\r', length);
    if (!end)
        return bytes[0] == '\n' ? 1 : 0;
    size_t used = (size_t)(end - bytes);
    read_command(elm, bytes, used);
    if (elm->echo && used < TEXT_MAX / 2) {
        memcpy(page.text, bytes, used);
        page.text[used] = '\0';
        page.length = strlen(page.text);
        end_line(&page);
    }
    char command[COMMAND_MAX];
    memcpy(command, elm->last, sizeof command);
    obey(instrument, connection, command, &page, t_ms);
    return used + 1;
}

const struct sim_protocol sim_elm327 = {
    .name = "elm327", .receive = receive, .check_tail = SIM_NO_CHECKSUM, .init = init, .tick = tick, .set = set};
