/*
 * PINs of the console. What is kept of one is a scrypt hash (RFC 7914) with its own salt, as one line of text:
 *
 *     scrypt$32768$8$1$SALT$HASH           N, r, p; salt and hash in base64
 *
 * Making or checking one takes 32 MiB and some 100 ms on purpose: smogctl does it, never the loop of smogd, which only
 * keeps the line. A PIN is short, so the console locks whoever guesses (station/live_session.c); the hash is for
 * whoever gets hold of the database.
 */
#ifndef STATION_PIN_H
#define STATION_PIN_H

#include <stdbool.h>

#include "station/core/err.h"

enum { PIN_MAX = 12, PIN_MIN = 4, PIN_HASH_MAX = 128 };

/* 4 to 12 digits, not all the same and no plain run such as 1234. */
int pin_check(const char *pin, struct err *err);
int pin_hash(const char *pin, char out[PIN_HASH_MAX], struct err *err);
/* Is the PIN the one of that hash? False, too, when the hash cannot be read or for want of memory. Takes as long for
 * hash "": nobody learns from the time whether an officer has a PIN. */
bool pin_matches(const char *pin, const char *hash);
/* Has it the form that pin_hash gives? */
bool pin_hash_valid(const char *hash);

#endif
