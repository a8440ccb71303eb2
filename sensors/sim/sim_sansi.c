/*
 * LED message sign of the Sansi kind, on TCP. It takes files:
 *
 *     02 | "00" | "10" | "play.lst" | 2B | offset, 4 bytes, high first | file data | CRC-16, high byte first | 03
 *
 * Between 02 and 03 a 02 is written 1B E7, a 03 1B E8, a 1B 1B 00. The CRC is Modbus' (A001, begins with FFFF) over
 * what stands between 02 and itself, before that replacement [which bytes a real sign counts is not known]. It says
 * nothing.
 *
 * What it shows can be looked at: `set NAME capture=PATH` makes PATH the play list it holds. A frame that it does not
 * understand changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

enum { STX = 0x02, ETX = 0x03, ESC = 0x1B, HEAD = 17, CRC = 2, FRAME_MAX = SIM_INPUT_MAX };

struct sansi {
    char capture[200];
};

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    struct sansi *sign = (struct sansi *)(void *)instrument->state.bytes;
    (void)t_ms;
    if (strcmp(key, "capture") != 0)
        return sim_unknown(instrument, key, err);
    if (strlen(value) >= sizeof sign->capture)
        return err_set(err, ERR_INVALID, "capture: longer than %zu bytes", sizeof sign->capture - 1);
    memcpy(sign->capture, value, strlen(value) + 1);
    return 0;
}

static unsigned crc16(const uint8_t *bytes, size_t length)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    return crc;
}

/* Length without the escapes; 0 when one is wrong. */
static size_t unescape(const uint8_t *in, size_t length, uint8_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        out[count] = in[i];
        if (in[i] == ESC) {
            if (++i == length || (in[i] != 0xE7 && in[i] != 0xE8 && in[i] != 0x00))
                return 0;
            out[count] = in[i] == 0xE7 ? STX : in[i] == 0xE8 ? ETX : ESC;
        }
        count++;
    }
    return count;
}

static void take_file(const struct sansi *sign, const uint8_t *frame, size_t length)
{
    if (length < HEAD + CRC || memcmp(frame, "0010play.lst+", 13) != 0 ||
        crc16(frame, length - CRC) != (unsigned)(frame[length - 2] << 8 | frame[length - 1]))
        return;
    uint32_t offset = (uint32_t)frame[13] << 24 | (uint32_t)frame[14] << 16 | (uint32_t)frame[15] << 8 | frame[16];
    FILE *file = sign->capture[0] ? fopen(sign->capture, offset == 0 ? "wb" : "r+b") : NULL;
    if (!file)
        return;
    if (fseek(file, (long)offset, SEEK_SET) == 0)
        fwrite(frame + HEAD, 1, length - HEAD - CRC, file);
    fclose(file);
}

static size_t receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms)
{
    (void)connection;
    (void)t_ms;
    if (bytes[0] != STX)
        return 1;
    const uint8_t *end = memchr(bytes, ETX, length);
    if (!end)
        return 0;
    uint8_t frame[FRAME_MAX];
    size_t used = (size_t)(end - bytes) + 1;
    size_t size = unescape(bytes + 1, used - 2, frame);
    take_file((const struct sansi *)(const void *)instrument->state.bytes, frame, size);
    return used;
}

const struct sim_protocol sim_sansi = {.name = "sansi", .receive = receive, .check_tail = SIM_NO_CHECKSUM, .set = set};
