/*
 * Modbus as a stream of blocks: what the bus master asked and what the device answered, free of RTU and TCP framing.
 * The link makes blocks, the driver reads them, recordings hold them. Addresses are PDU addresses, counted from 0.
 *
 *     read     function (1 2 3 4) | address (2) | count (2) | count words (2 each; a coil or discrete input is 0 or 1)
 *     write    function (5 6 16)  | address (2) | value (2)        to the link: do it; from it: it is done
 *     failure  function | 0x80    | address (2) | count or value (2) | code (1)
 *
 * All big-endian. The code is the device's exception code, or MODBUSBLOCK_NO_ANSWER. There is no checksum: the line's
 * own has been checked before a block is made.
 */
#ifndef PROTOCOLS_MODBUSBLOCK_H
#define PROTOCOLS_MODBUSBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MODBUSBLOCK_WORDS_MAX = 125,
    MODBUSBLOCK_SIZE_MAX = 5 + 2 * MODBUSBLOCK_WORDS_MAX,
    MODBUSBLOCK_NO_ANSWER = 0,
};

struct modbusblock {
    uint8_t function; /* without 0x80 */
    uint16_t address;
    uint16_t count; /* write: the value */
    bool failed;
    uint8_t code; /* failed */
    uint16_t words[MODBUSBLOCK_WORDS_MAX];
};

bool modbusblock_is_write(uint8_t function);

/* Returns the length. */
size_t modbusblock_encode(const struct modbusblock *block, uint8_t out[MODBUSBLOCK_SIZE_MAX]);

/* The length of the block that buf begins with; 0: more bytes are needed; -1: this is no block. */
ptrdiff_t modbusblock_length(const uint8_t *buf, size_t length);

/* Decodes a block whose length modbusblock_length gave. */
void modbusblock_decode(struct modbusblock *block, const uint8_t *bytes, size_t length);

/* "no answer", "illegal data address" … */
const char *modbusblock_failure(uint8_t code);

#endif
