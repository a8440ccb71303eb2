/*
 * NMEA 0183 sentences of satellite receivers: RMC and GGA.
 *
 *     $--RMC,hhmmss.ss,A,ddmm.mm,a,dddmm.mm,a,x.x,x.x,ddmmyy,x.x,a[,m[,s]]*hh CR LF     11, 12 or 13 fields
 *     $--GGA,hhmmss.ss,ddmm.mm,a,dddmm.mm,a,q,nn,hdop,alt,M,geoid,M,age,ref*hh CR LF
 *
 * hh: XOR of the characters between '$' and '*', two hex digits. RMC: A valid, V warning. GGA: q 0 none, 1 GPS, 2 DGPS,
 * 3 PPS, 4 RTK, 5 float RTK, 6 estimated, 7 typed in by hand, 8 simulated. An empty field is absent, not 0.
 *
 * The date has two digits for the year, and receivers whose weeks have rolled over give one that is 1024 weeks old:
 * time is not read from here. The station's clock comes from its own sources.
 */
#ifndef PROTOCOLS_NMEA_H
#define PROTOCOLS_NMEA_H

#include "protocols/slice.h"

enum { NMEA_FIELDS_MAX = 32, NMEA_DEGREE = 10000000 };

enum nmea_kind { NMEA_OTHER, NMEA_RMC, NMEA_GGA };

struct nmea_sentence {
    enum nmea_kind kind;
    size_t count;
    struct slice fields[NMEA_FIELDS_MAX]; /* [0] is the address, "GPRMC" */
};

/* A line without CR LF. False: no sentence, or a wrong checksum. */
bool nmea_parse(struct slice line, struct nmea_sentence *sentence);

enum nmea_fix { NMEA_NO_FIX, NMEA_FIX, NMEA_ESTIMATED, NMEA_BY_HAND, NMEA_SIMULATED };

/* How good the position of an RMC or GGA is. */
enum nmea_fix nmea_fix(const struct nmea_sentence *sentence);

/* The position of an RMC or GGA in 1e-7 degrees, rounded half to even, north and east positive. False: it has none, or
 * an impossible one. */
bool nmea_position(const struct nmea_sentence *sentence, int64_t *latitude_e7, int64_t *longitude_e7);

/* Metres above mean sea level of a GGA; false: it has none. */
bool nmea_altitude(const struct nmea_sentence *sentence, struct slice *metres);

#endif
