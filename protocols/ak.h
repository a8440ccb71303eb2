/*
 * The AK protocol of exhaust test benches (Arbeitskreis der deutschen Automobilindustrie), spoken by instruments of
 * AVL, Horiba, CAI, Emerson, Servomex, Testo, Gasera and others; serial or TCP, the same bytes. Read in the manuals of
 * Emerson NGA2000, CAI 600/700, Servomex, Testo CU-2 and in two open clients; never tried on an instrument.
 *
 *     >  STX | dc | F1 F2 F3 F4 | SP | 'K' n [n] | [SP data ...] | ETX
 *     <  STX | dc | F1 F2 F3 F4 | SP | e         | [SP data ...] | ETX  [CR]
 *        02    20                 20                              03
 *
 * dc      "don't care": 20h here; any printable byte is accepted
 * F1      S control, E write settings, A ask
 * e       '0': no error; 1 to 9: there are errors, and each change of them gives the next digit. Not a severity.
 * data    words. BS busy, SE syntax error, DF data error, OF offline (not under remote control), NA channel not
 *         available stand alone or behind the channel ("K0 OF"). '#' before a number: the number is not valid.
 * ????    in place of the function code: unknown function or broken transfer
 *
 * There is no checksum. A wrong bit in a digit of a number gives another number, and nobody can see it.
 */
#ifndef PROTOCOLS_AK_H
#define PROTOCOLS_AK_H

#include "protocols/slice.h"

enum { AK_CODE_SIZE = 5, AK_FRAME_MAX = 512, AK_REQUEST_MAX = 16, AK_CHANNEL_MAX = 99 };

enum ak_refusal {
    AK_ACCEPTED,
    AK_BUSY,
    AK_SYNTAX,
    AK_DATA,
    AK_OFFLINE,
    AK_NOT_AVAILABLE,
    AK_NOT_UNDERSTOOD /* ???? */
};

struct ak_reply {
    char code[AK_CODE_SIZE]; /* empty with ???? */
    char error;              /* '0' to '9' */
    enum ak_refusal refusal;
    struct slice data; /* words; with a refusal: what was refused */
};

/* Four capital letters or digits that begin with S, E or A. */
bool ak_is_code(const char *code);

/* Writes a request without data, code checked by ak_is_code; returns its length. */
size_t ak_request(const char *code, unsigned channel, uint8_t out[AK_REQUEST_MAX]);

/* A frame, or the CR or LF that may follow one. */
enum slice_found ak_find(const uint8_t *buf, size_t length, size_t *frame);

/* Takes a frame apart; false: it is no reply. */
bool ak_parse(const uint8_t *frame, size_t length, struct ak_reply *reply);

/* Word number `index` of the data as a number; *valid is false behind a '#'. False: no such word, or no number (NA). */
bool ak_number(struct slice data, unsigned index, struct slice *number, bool *valid);

unsigned ak_count_words(struct slice data);

#endif
