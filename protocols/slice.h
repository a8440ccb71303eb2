/*
 * Parts of a received text, which lie in the receiver's buffer and are not NUL-terminated; what the text protocols have
 * in common.
 */
#ifndef PROTOCOLS_SLICE_H
#define PROTOCOLS_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
    const char *at;
    size_t length;
};

/* What a buffer begins with: cannot tell yet, a frame, or a byte that begins none. */
enum slice_found { SLICE_MORE, SLICE_FRAME, SLICE_BAD };

/* A line: all up to and with the first CR or LF. BAD when none comes within `max` bytes. An LF after a CR is an empty
 * line of its own. */
enum slice_found slice_find_line(const uint8_t *buf, size_t length, size_t max, size_t *frame);

/* Bytes of a frame as a slice, without blanks, CR and LF at its ends. */
struct slice slice_trim(const uint8_t *bytes, size_t length);

/* Takes the next word off the front of *rest; words are separated by one or more blanks. False: there is none. */
bool slice_word(struct slice *rest, struct slice *word);

/* Takes the next field off the front of *rest; fields are separated by exactly one `separator` and may be empty. False
 * when all have been taken; begin with rest->at not NULL. */
bool slice_field(struct slice *rest, char separator, struct slice *field);

bool slice_is(struct slice slice, const char *text);
bool slice_begins(struct slice slice, const char *text);

/* A number as instruments write it: sign or not, digits, perhaps a point and digits. */
bool slice_is_number(struct slice slice);

/* Only digits, 1 to 9 of them; the number. */
bool slice_digits(struct slice slice, uint32_t *number);

/* The value of a hex digit, -1: none. */
int slice_hex_digit(char c);

/* Two hex digits; -1: none. */
int slice_hex_byte(const char *at);

/* All bytes XOR each other. */
uint8_t slice_xor(const void *bytes, size_t length);

#endif
