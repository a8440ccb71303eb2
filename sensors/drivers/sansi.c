/*
 * LED message signs of the Sansi type, over TCP. Follows one public program; never tried on a sign.
 *
 *     02 | '0' '0' | '1' '0' | "play.lst" | 2B | offset, 4 bytes, high first | file | CRC-16, high byte first | 03
 *        address     command
 *     within the frame 02 is sent as 1B E7, 03 as 1B E8, 1B as 1B 00
 *
 * The file is a play list of one item:
 *
 *     [playlist]\r\nitem_no = 1\r\nitem0=500,1,0,\C000000\fs1616\c255255000000TEXT
 *
 * Open, until a sign settles it: which bytes the CRC covers (here: from the address to the end of the file, before
 * escaping, as Modbus computes it), and the code of the text (here: GBK, made by whoever gives it). The public program
 * does not escape; a text that holds 02, 03 or 1B would break its frame.
 *
 * The sign's language begins with a backslash, so a text may hold none, even as the second byte of a character, and no
 * control characters; what may not stand becomes '?'.
 */
#include <assert.h>
#include <string.h>

#include "sensors/drivers/drivers.h"

enum { TEXT_MAX = 64, FRAME_MAX = 512, STX = 0x02, ETX = 0x03, ESC = 0x1b };

struct buffer {
    uint8_t bytes[FRAME_MAX];
    size_t length;
    uint16_t crc;
};

static int check(const struct sensor_config *config, struct err *err)
{
    return config->profile ? err_set(err, ERR_INVALID, "a sign has no 'profile'; leave it out") : 0;
}

static void start(struct sensor *s, int64_t t_ms, const struct sensor_host *host)
{
    (void)s;
    (void)t_ms;
    (void)host;
}

/* What it answers is not known: a frame of anything. */
static enum sensor_cut cut(const struct sensor *s, const uint8_t *buf, size_t length, size_t *frame)
{
    (void)s;
    if (buf[0] != STX)
        return CUT_BAD;
    const uint8_t *end = memchr(buf, ETX, length < FRAME_MAX ? length : FRAME_MAX);
    *frame = end ? (size_t)(end - buf) + 1 : 0;
    return end ? CUT_OK : length < FRAME_MAX ? CUT_MORE : CUT_BAD;
}

static bool frame(struct sensor *s, const uint8_t *bytes, size_t length, int64_t t_ms, const struct sensor_host *host)
{
    (void)s;
    (void)bytes;
    (void)length;
    (void)t_ms;
    (void)host;
    return true;
}

static void put_escaped(struct buffer *b, uint8_t byte)
{
    uint8_t second = byte == STX ? 0xe7 : byte == ETX ? 0xe8 : 0x00;
    bool escaped = byte == STX || byte == ETX || byte == ESC;
    assert(b->length + 2 <= sizeof b->bytes);
    b->bytes[b->length++] = escaped ? ESC : byte;
    if (escaped)
        b->bytes[b->length++] = second;
}

/* Into the frame and the checksum (CRC-16, polynomial A001, from FFFF). */
static void put(struct buffer *b, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = ((const uint8_t *)bytes)[i];
        put_escaped(b, byte);
        b->crc ^= byte;
        for (int bit = 0; bit < 8; bit++)
            b->crc = (uint16_t)(b->crc & 1 ? (b->crc >> 1) ^ 0xa001 : b->crc >> 1);
    }
}

/* GBK: a byte of 81 and more begins a character of two. */
static void put_text(struct buffer *b, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length && i < TEXT_MAX; i++) {
        unsigned char lead = (unsigned char)text[i], trail = (unsigned char)text[i + 1];
        bool pair = lead >= 0x81 && trail >= 0x40 && i + 1 < TEXT_MAX;
        bool good = pair ? trail != '\\' && trail != 0x7f : lead >= 0x20 && lead < 0x7f && lead != '\\';
        put(b, good ? text + i : "?", good && pair ? 2 : 1);
        i += pair;
    }
}

static int output(struct sensor *s, const struct sensor_job *job, int64_t t_ms, const struct sensor_host *host,
                  struct err *err)
{
    static const char head[] = "0010play.lst+\0\0\0\0";
    static const char file[] = "[playlist]\r\nitem_no = 1\r\nitem0=500,1,0,\\C000000\\fs1616\\c255255000000";
    (void)s;
    (void)t_ms;
    if (!job->text)
        return err_set(err, ERR_INVALID, "a sign takes a text");
    struct buffer b = {.bytes = {STX}, .length = 1, .crc = 0xffff};
    put(&b, head, sizeof head - 1);
    put(&b, file, sizeof file - 1);
    put_text(&b, job->text);
    uint16_t crc = b.crc;
    put_escaped(&b, (uint8_t)(crc >> 8));
    put_escaped(&b, (uint8_t)crc);
    b.bytes[b.length++] = ETX;
    host->send(host->ctx, b.bytes, b.length);
    host->done(host->ctx, "");
    return 0;
}

static const enum quantity quantities[] = {QUANTITY_COUNT};

const struct sensor_driver driver_sansi = {
    .name = "sansi",
    .title = "LED message sign, Sansi type",
    .quantities = quantities,
    .check = check,
    .start = start,
    .cut = cut,
    .frame = frame,
    .output = output,
};
