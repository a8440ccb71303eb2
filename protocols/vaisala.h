/*
 * Vaisala WXT weather transmitters, ASCII, polled (WXT530 manual M211840EN).
 *
 *     >  0R0 CR LF                                     address, composite message
 *     <  0R0,Dm=352D,Sm=2.4M,Ta=29.5C,Ua=46.8P,Pa=1017.1H,Rc=0.00M,Ri=0.0M CR LF
 *
 * A parameter is two letters, '=', the number and the letter of its unit; '#' in the letter's place marks an invalid
 * value (from memory, unconfirmed). D degrees, M m/s or mm, C degrees Celsius, P percent, H hPa; other units are a
 * setting that is not read here. This form has no checksum: a wrong bit in a digit gives another number, and nobody can
 * see it.
 */
#ifndef PROTOCOLS_VAISALA_H
#define PROTOCOLS_VAISALA_H

#include "protocols/slice.h"

struct vaisala_parameter {
    struct slice name, number;
    char unit; /* '#': the value is invalid */
};

/* The parameters behind "0R0," of that address; false: it is not such a line. */
bool vaisala_body(struct slice line, int address, struct slice *body);

/* Takes the next parameter off the front of *body. False: there are no more. A malformed one has unit '\0'. */
bool vaisala_next(struct slice *body, struct vaisala_parameter *parameter);

#endif
