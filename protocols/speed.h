/*
 * Radar and laser speed meters that send small frames on their own.
 *
 * Hikvision CSR-I (manual p. 12, 14). After power-on FE FD FD FE. Then, by its setting:
 *     one byte    speed in km/h
 *     two bytes   F9 closing, F8 going away, F7 unknown; speed in km/h
 *     ASCII       '+' or '-', '*' where the direction is not known, three digits: 2B 31 32 35 is 125 km/h
 * In answer mode it is asked with F7.
 *
 * MPH Industries (their protocol page): 1200 8N1, seven bytes every 250 ms.
 *     02 | status | patrol | target | lock | alternate | 03        02 F4 32 63 4B 01 03
 *     status: 0 supply low, 1 interference, 2 front, 3 rear antenna (both at once: a self-test), 4 moving, 5 alternate,
 *     6 opposite, 7 always 1. Speeds below 4 are none.
 *
 * LTI TruSpeed (manual): $SP,80,213.8,K,M*493D CR LF: speed, distance, units; CRC-16/ARC (start value 0) of what stands
 * between '$' and '*', as four hex digits. The rule was found on this one line; a second one must confirm it.
 *
 * CSR-I and MPH have no checksum: a wrong bit in the speed gives another speed, and nobody can see it.
 */
#ifndef PROTOCOLS_SPEED_H
#define PROTOCOLS_SPEED_H

#include "protocols/slice.h"

enum speed_csri_mode { SPEED_CSRI_ONE_BYTE, SPEED_CSRI_TWO_BYTES, SPEED_CSRI_ASCII };
enum { SPEED_CSRI_MAX = 0xF6, SPEED_CSRI_ASK = 0xF7, SPEED_GREETING_LENGTH = 4, SPEED_MPH_LENGTH = 7 };

/* A frame of that mode, or the greeting (SPEED_GREETING_LENGTH bytes, but ASCII is as long: speed_is_greeting tells).
 */
enum slice_found speed_csri_find(enum speed_csri_mode mode, const uint8_t *buf, size_t length, size_t *frame);
bool speed_is_greeting(const uint8_t *frame, size_t length);

/* km/h of a frame. */
unsigned speed_csri_value(enum speed_csri_mode mode, const uint8_t *frame);

enum { SPEED_MPH_LEAST = 4 }; /* a lower number is no speed */

struct speed_mph {
    bool supply_low, interference, self_test;
    uint8_t patrol, target, lock;
};
enum slice_found speed_mph_find(const uint8_t *buf, size_t length, size_t *frame);
void speed_mph_parse(const uint8_t *frame, struct speed_mph *out);

/* Speed and the letter of its unit from a line; false: no such line, or a wrong checksum. */
bool speed_truspeed_parse(struct slice line, struct slice *speed, char *unit);

#endif
