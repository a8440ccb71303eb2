#include "protocols/elm327.h"

#include <string.h>

#include "protocols/j1939.h"

enum slice_found elm327_find(const uint8_t *buf, size_t length, size_t *frame)
{
    const uint8_t *prompt = memchr(buf, '>', length);
    if (!prompt)
        return length < ELM327_REPLY_MAX ? SLICE_MORE : SLICE_BAD;
    *frame = (size_t)(prompt - buf) + 1;
    return SLICE_FRAME;
}

/* ---- lines ---- */

/* The adapter repeats a command as it got it. */
static bool is_echo(struct slice line, const char *command)
{
    size_t at = 0;
    for (size_t i = 0; i < line.length; i++)
        if (line.at[i] != ' ' && (command[at] == '\0' || line.at[i] != command[at++]))
            return false; /* a NUL byte must not match the command's end */
    return command[at] == '\0';
}

/* The next line that says something, without blanks at its ends and without SEARCHING... */
static bool next_line(struct slice *rest, const char *command, struct slice *line)
{
    static const char searching[] = "SEARCHING...";
    while (rest->length > 0) {
        size_t length = 0;
        while (length < rest->length && rest->at[length] != '\r' && rest->at[length] != '\n' && rest->at[length] != '>')
            length++;
        *line = slice_trim((const uint8_t *)rest->at, length);
        size_t taken = length < rest->length ? length + 1 : length;
        *rest = (struct slice){rest->at + taken, rest->length - taken};
        if (slice_begins(*line, searching))
            *line = slice_trim((const uint8_t *)line->at + strlen(searching), line->length - strlen(searching));
        if (line->length > 0 && !is_echo(*line, command))
            return true;
    }
    return false;
}

/* Hex digits in pairs, with or without blanks between the pairs; -1: something else, or too many. */
static ptrdiff_t read_hex(struct slice line, uint8_t *out, size_t max)
{
    size_t count = 0;
    for (size_t at = 0; at < line.length;) {
        if (line.at[at] == ' ') {
            at++;
            continue;
        }
        int byte = at + 1 < line.length ? slice_hex_byte(line.at + at) : -1;
        if (byte < 0 || count == max)
            return -1;
        out[count++] = (uint8_t)byte;
        at += 2;
    }
    return (ptrdiff_t)count;
}

static bool all_hex(struct slice text, size_t digits, uint32_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        int digit = slice_hex_digit(text.at[i]);
        if (digit < 0)
            return false;
        *number = *number << 4 | (uint32_t)digit;
    }
    return text.length == digits;
}

/* "6 0FECA 00 …" */
static bool read_j1939(struct slice line, struct elm327_message *m)
{
    enum { DATA_MAX = 8 };
    struct slice word;
    uint32_t number;
    if (!slice_word(&line, &word) || !all_hex(word, 1, &number) || !slice_word(&line, &word) ||
        !all_hex(word, 5, &m->pgn) || !slice_word(&line, &word) || !all_hex(word, 2, &number))
        return false;
    m->source = (uint8_t)number;
    ptrdiff_t count = read_hex(line, m->bytes, DATA_MAX);
    m->length = count > 0 ? (size_t)count : 0;
    return count > 0;
}

/* ---- kinds ---- */

static bool ends_in_error(struct slice line)
{
    static const char error[] = "ERROR";
    size_t length = strlen(error);
    return line.length >= length && memcmp(line.at + line.length - length, error, length) == 0;
}

static enum elm327_kind kind_of(struct slice line)
{
    struct elm327_message m;
    uint32_t number;
    const char *colon = memchr(line.at, ':', line.length);
    if (slice_is(line, "?"))
        return ELM327_NOT_UNDERSTOOD;
    if (slice_is(line, "OK"))
        return ELM327_OK;
    if (slice_is(line, "STOPPED"))
        return ELM327_STOPPED;
    if (slice_is(line, "NO DATA"))
        return ELM327_NO_DATA;
    if (slice_is(line, "UNABLE TO CONNECT") || (slice_begins(line, "BUS INIT") && ends_in_error(line)))
        return ELM327_NO_VEHICLE;
    if (ends_in_error(line) || slice_is(line, "BUS BUSY") || slice_is(line, "BUFFER FULL"))
        return ELM327_BUS_ERROR;
    bool is_part = all_hex(line, 3, &number) || (colon && colon - line.at <= 2);
    bool is_data = is_part || read_j1939(line, &m) || read_hex(line, m.bytes, sizeof m.bytes) > 0;
    return is_data ? ELM327_DATA : ELM327_TEXT;
}

enum elm327_kind elm327_kind(struct slice reply, const char *command, struct slice *line)
{
    enum elm327_kind kind = ELM327_EMPTY;
    struct slice next;
    while (next_line(&reply, command, &next)) {
        enum elm327_kind its = kind_of(next);
        if (kind == ELM327_EMPTY || (kind == ELM327_DATA && its != ELM327_TEXT)) {
            kind = its;
            *line = next;
        }
    }
    return kind;
}

/* ---- messages ---- */

/* "N: bytes" or "NN: bytes": the number and the bytes. */
static bool read_numbered(struct slice line, uint32_t *number, uint8_t *out, size_t max, size_t *count)
{
    const char *colon = memchr(line.at, ':', line.length);
    if (!colon)
        return false;
    struct slice head = {line.at, (size_t)(colon - line.at)};
    ptrdiff_t got = read_hex((struct slice){colon + 1, line.length - head.length - 1}, out, max);
    *count = got > 0 ? (size_t)got : 0;
    return got > 0 && (all_hex(head, 1, number) || all_hex(head, 2, number));
}

/* The lines behind a length, numbered from 0 (one digit, which wraps) or from 01 (two digits). */
static bool read_long(struct slice *rest, const char *command, size_t total, struct elm327_message *m)
{
    enum { PIECE_MAX = 16 };
    m->length = 0;
    for (uint32_t i = 0; m->length < total; i++) {
        struct slice line;
        uint8_t piece[PIECE_MAX];
        uint32_t number;
        size_t count;
        if (!next_line(rest, command, &line) || !read_numbered(line, &number, piece, sizeof piece, &count))
            return false;
        uint32_t expected = line.at[1] == ':' ? i % 16 : i + 1;
        if (number != expected || m->length + count > sizeof m->bytes)
            return false;
        memcpy(m->bytes + m->length, piece, count);
        m->length += count;
    }
    m->length = total;
    return true;
}

bool elm327_next(struct slice *rest, const char *command, struct elm327_message *message)
{
    struct slice line;
    *message = (struct elm327_message){0};
    while (next_line(rest, command, &line)) {
        uint32_t total;
        if (all_hex(line, 3, &total)) {
            if (total > 0 && total <= sizeof message->bytes && read_long(rest, command, total, message))
                return true;
            continue;
        }
        ptrdiff_t count = read_hex(line, message->bytes, sizeof message->bytes);
        if (count > 0) {
            message->length = (size_t)count;
            return true;
        }
    }
    return false;
}

/* The packets behind an announcement, which all come from one control unit in their order. */
static bool read_packets(struct slice *rest, const char *command, const struct elm327_message *head,
                         struct elm327_message *m)
{
    enum { PACKET = 7, PGN_AT = 5, TO_ALL = 0xFF };
    size_t total = (size_t)head->bytes[1] | (size_t)head->bytes[2] << 8;
    uint32_t pgn = (uint32_t)head->bytes[PGN_AT] | (uint32_t)head->bytes[PGN_AT + 1] << 8 |
                   (uint32_t)head->bytes[PGN_AT + 2] << 16;
    *m = (struct elm327_message){.pgn = pgn, .source = head->source};
    if (total == 0 || total > sizeof m->bytes - PACKET)
        return false;
    for (uint32_t i = 1; m->length < total; i++) {
        struct slice line;
        struct elm327_message packet;
        if (!next_line(rest, command, &line) || !read_j1939(line, &packet) ||
            packet.pgn != (J1939_PGN_TP_DT | TO_ALL) || packet.source != head->source || packet.length != PACKET + 1 ||
            packet.bytes[0] != i)
            return false;
        memcpy(m->bytes + m->length, packet.bytes + 1, PACKET);
        m->length += PACKET;
    }
    m->length = total;
    return true;
}

bool elm327_next_j1939(struct slice *rest, const char *command, struct elm327_message *message)
{
    enum { ANNOUNCEMENT = 0x20, FRAME = 8, TO_ALL = 0xFF };
    struct slice line;
    while (next_line(rest, command, &line)) {
        struct elm327_message m;
        if (!read_j1939(line, &m))
            continue;
        if (m.pgn == (J1939_PGN_TP_CM | TO_ALL) && m.length == FRAME && m.bytes[0] == ANNOUNCEMENT) {
            if (read_packets(rest, command, &m, message))
                return true;
            continue;
        }
        *message = m;
        return true;
    }
    return false;
}
