/*
 * Engine speed pick-ups.
 *
 *     Nanhua RPM5300, Mingquan MQZ-2, MQZ-3 (two programs that agree), 9600 8N1, a stream:   30 37 35 30 0D      750
 * r/min VTET-1000, a stream without line ends:   fdjzsj:0750rpm VMT-2000, asked:   >  4E 54 30 FF 53 03 01 80 7B     <
 * 13 bytes: byte 4 41h, byte 5 length, rpm u16 BE at 8; last the one's complement of the sum from byte 5 on
 *
 * The streams have no checksum: a digit that became another digit is another number, and nobody can see it. 0000 is
 * sent by an engine that stands and by a pick-up that hears nothing: it is no value.
 */
#ifndef PROTOCOLS_RPM_H
#define PROTOCOLS_RPM_H

#include "protocols/slice.h"

enum { RPM_VMT_REPLY = 13, RPM_VMT_REQUEST = 9 };
extern const uint8_t rpm_vmt_request[RPM_VMT_REQUEST];

/* A frame of the stream; its number. The line end of the four digits belongs to the frame. */
enum slice_found rpm_digits_find(const uint8_t *buf, size_t length, size_t *frame);
enum slice_found rpm_vtet_find(const uint8_t *buf, size_t length, size_t *frame);
uint32_t rpm_digits_value(const uint8_t *frame);
uint32_t rpm_vtet_value(const uint8_t *frame);

/* A reply with a valid checksum. */
enum slice_found rpm_vmt_find(const uint8_t *buf, size_t length, size_t *frame);
uint32_t rpm_vmt_value(const uint8_t *frame);

#endif
