/*
 * Emission diagnosis by request and answer (SAE J1979, ISO 15031-5), as the answer's bytes: 41 0C 0B 30 is service 01,
 * PID 0C, engine speed 0x0B30 / 4 = 716 r/min.
 *
 *     01 01   A: bit 7 lamp, bits 0-6 number of trouble codes   B C D: which monitors there are, which are incomplete
 *     01 05   A - 40 degC        01 0C   (256 A + B) / 4 r/min        01 0D   A km/h
 *     03 07   trouble codes, two bytes each; on CAN their number stands before them
 *     09 02   01 and 17 letters, the VIN
 */
#ifndef PROTOCOLS_J1979_H
#define PROTOCOLS_J1979_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { J1979_DTC_SIZE = 6, J1979_VIN_SIZE = 18, J1979_ANSWER = 0x40 };

/* Two bytes of a trouble code as people write it: "P0401". */
void j1979_dtc_text(uint8_t high, uint8_t low, char out[J1979_DTC_SIZE]);

/* The codes of an answer to 03 or 07 (bytes after the service): *codes points at them, returns how many; -1: malformed.
 * On CAN a number stands first, so the length is odd; elsewhere three codes fill six bytes, empty ones zero. */
int j1979_dtcs(const uint8_t *bytes, size_t length, const uint8_t **codes);

/* The VIN of an answer to 09 02 (bytes after service and PID); false: no such, or letters that no VIN has. */
bool j1979_vin(const uint8_t *bytes, size_t length, char out[J1979_VIN_SIZE]);

/* Number `i` of the monitors that B, C, D of 01 01 describe; false: there is none of that number on this engine. */
bool j1979_monitor(const uint8_t bcd[3], size_t i, const char **name, bool *complete);
enum { J1979_MONITORS = 11 };

/* Does the answer to 01 00 (four bytes) say that this PID (1 to 32) is there? */
bool j1979_supports(const uint8_t bits[4], uint8_t pid);

#endif
