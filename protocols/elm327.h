/*
 * The text of ELM327 adapters, between a serial line (often over Bluetooth or TCP) and a vehicle's diagnostic
 * connector. Follows the ELM327 data sheet, pages 42 and 56 f.; never tried on an adapter.
 *
 *     >  AT command or hex digits, CR
 *     <  [echo CR] line CR [line CR …] CR '>'
 *
 *     010C   41 0C 0B 30                                 an answer, with or without blanks; one line per control unit
 *     0902   014 CR 0: 49 02 01 57 44 42 CR 1: …         a long one: its length, then numbered lines, filled up at the
 * end ATMPFECA1   6 0FECA 00 00 FF 00 …                  J1939 with headers: priority, PGN, source address, data 7
 * 0ECFF 00 20 0E 00 02 FF CA FE 00                 J1939, a long one: announced (length 0x000E, 2 packets, its PGN), 7
 * 0EBFF 00 01 04 FF …                              then packets, numbered from 01. Without headers: as 014 above, two
 * digits before the colon, from 01
 *
 * Instead of an answer: SEARCHING... before it, NO DATA, UNABLE TO CONNECT, CAN ERROR and other … ERROR, STOPPED, ?
 *
 * The adapter checks the bus messages' CRC; between adapter and us nothing is checked. A wrong bit in a hex digit gives
 * another digit, and nobody can see it. Two control units that send long answers at once cannot be told apart without
 * headers: such an answer is refused.
 */
#ifndef PROTOCOLS_ELM327_H
#define PROTOCOLS_ELM327_H

#include "protocols/slice.h"

enum { ELM327_REPLY_MAX = 2048, ELM327_MESSAGE_MAX = 256 };

enum elm327_kind {
    ELM327_EMPTY,
    ELM327_DATA, /* at least one line of hex digits */
    ELM327_OK,
    ELM327_NO_DATA,
    ELM327_NO_VEHICLE,
    ELM327_BUS_ERROR,
    ELM327_STOPPED,
    ELM327_NOT_UNDERSTOOD,
    ELM327_TEXT, /* anything else: what the adapter calls itself */
};

/* All up to and with the prompt. */
enum slice_found elm327_find(const uint8_t *buf, size_t length, size_t *frame);

/* What a reply to that command is; *line is the line that says so. */
enum elm327_kind elm327_kind(struct slice reply, const char *command, struct slice *line);

struct elm327_message {
    size_t length;
    uint8_t bytes[ELM327_MESSAGE_MAX];
    uint32_t pgn; /* with J1939 headers */
    uint8_t source;
};

/* Takes the next message off the front of *rest: a line, or several that belong together. What is malformed is left
 * out. False: there are no more. */
bool elm327_next(struct slice *rest, const char *command, struct elm327_message *message);
bool elm327_next_j1939(struct slice *rest, const char *command, struct elm327_message *message);

#endif
