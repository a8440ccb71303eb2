/*
 * What a heavy vehicle's control units broadcast on the CAN bus (SAE J1939): parameters by their SPN, and the active
 * trouble codes (DM1).
 *
 *     29-bit id:  priority 3 | PGN 18 | source address 8        data: 8 bytes, numbers little-endian
 *     18 F00F 52  70 17 …        NOx at the outlet: 0x1770 x 0.05 - 200 = 100 ppm
 *
 * Scales and offsets were read in the open SPN table of one bus program; where a parameter stands in its message is
 * from the published J1939-71 assignments as commonly known, and unconfirmed on a vehicle. A number from FB00h (16
 * bits) or FBh (8 bits) on is no value: reserved, error, not available.
 *
 * DM1, PGN 65226:  lamps | flash | { SPN 19 bits, FMI 5 bits, conversion 1 bit, count 7 bits } …
 *                  lamps: bits 8-7 malfunction indicator, 6-5 red, 4-3 amber, 2-1 protect; 00 off, 01 on, 11 not told
 *
 * All of it is a claim of the vehicle: devices that rewrite the messages of the NOx sensors on the bus are sold.
 */
#ifndef PROTOCOLS_J1939_H
#define PROTOCOLS_J1939_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { J1939_PGN_DM1 = 0xFECA, J1939_PGN_TP_CM = 0xEC00, J1939_PGN_TP_DT = 0xEB00, J1939_MESSAGE_MAX = 256 };

/* value = raw x scale_units x 10^-scale_digits + offset */
struct j1939_spn {
    uint32_t spn, pgn;
    uint8_t at, width; /* bytes */
    int32_t scale_units;
    uint8_t scale_digits;
    int16_t offset;
    uint8_t stable_bit; /* of byte 4: two bits that say whether the sensor is stable, 00 no; 0: none */
    const char *name;
};

extern const struct j1939_spn j1939_spns[]; /* by PGN; spn 0 ends */

/* The raw number. False: the message is too short, or says that there is none. */
bool j1939_raw(const struct j1939_spn *spn, const uint8_t *data, size_t length, uint32_t *raw);

/* Does the sensor say that it is not stable (warming up, without power)? */
bool j1939_unstable(const struct j1939_spn *spn, const uint8_t *data, size_t length);

struct j1939_dtc {
    uint32_t spn;
    uint8_t fmi, count;
};

enum j1939_lamp { J1939_LAMP_OFF, J1939_LAMP_ON, J1939_LAMP_UNKNOWN };

enum j1939_lamp j1939_mil(const uint8_t *dm1, size_t length);

/* Trouble code number `i` of a DM1; false: there are no more. */
bool j1939_dtc(const uint8_t *dm1, size_t length, size_t i, struct j1939_dtc *dtc);

#endif
