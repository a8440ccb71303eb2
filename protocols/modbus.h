/*
 * Modbus on the wire: requests out, answers in. MODBUS Application Protocol V1.1b3; MODBUS over Serial Line V1.02
 * (RTU); MODBUS Messaging on TCP/IP V1.0b. All numbers big-endian but the CRC.
 *
 *     RTU   unit | PDU | CRC low | CRC high              CRC-16, polynomial A001 reflected, start FFFF
 *     TCP   transaction (2) | 0 (2) | length (2) | unit | PDU
 *
 *     PDU   read request   function (1 2 3 4) | address (2) | count (2)
 *           its answer     function | bytes | data: registers, or bits from the lowest on
 *           write          function (5 6) | address (2) | value (2), answered with the same; 5: FF00 on, 0000 off
 *           write          16 | address (2) | 1 (2) | 2 | value (2), answered with the first five bytes
 *           exception      function | 0x80 | code
 *
 * RTU has no mark that tells an answer from an older one: who asks must make sure that there is none (sensors/bus.h).
 */
#ifndef PROTOCOLS_MODBUS_H
#define PROTOCOLS_MODBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocols/modbusblock.h"

enum { MODBUS_PDU_MAX = 253, MODBUS_FRAME_MAX = 260, MODBUS_REQUEST_MAX = 16, MODBUS_COIL_ON = 0xFF00 };

enum modbus_framing { MODBUS_RTU, MODBUS_TCP };

struct modbus_request {
    uint16_t transaction; /* TCP */
    uint8_t unit;
    uint8_t function; /* 1 2 3 4 read, 5 6 16 write one value */
    uint16_t address;
    uint16_t count; /* write: the value */
};

/* One received frame. */
struct modbus_frame {
    uint16_t transaction; /* TCP */
    uint8_t unit;
    const uint8_t *pdu; /* inside the buffer that was searched */
    size_t pdu_length;
    size_t length; /* of the whole frame */
};

size_t modbus_encode(enum modbus_framing framing, const struct modbus_request *request,
                     uint8_t out[MODBUS_REQUEST_MAX]);

/* How long the frame of the regular answer is. */
size_t modbus_answer_length(enum modbus_framing framing, const struct modbus_request *request);

/* RTU: is buf the beginning of a whole answer frame (any unit and function) with a right CRC? */
bool modbus_rtu_cut(struct modbus_frame *frame, const uint8_t *buf, size_t length);

/* TCP: 1 and the frame that buf begins with; 0: more bytes are needed; -1: this is not Modbus, the stream is lost. */
int modbus_tcp_cut(struct modbus_frame *frame, const uint8_t *buf, size_t length);

/* Can this PDU be the answer, or the exception, to the request? If so, fills the block. */
bool modbus_answer(struct modbusblock *block, const struct modbus_request *request, const struct modbus_frame *frame);

#endif
