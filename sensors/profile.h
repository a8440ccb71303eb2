/*
 * Profiles: instruments described by a file instead of code. sensors/profiles/NAME.conf.
 *
 * A Modbus profile is a register map; addresses are PDU addresses, counted from 0. A profile with `record` is a remote
 * sensing device: when its sequence register changes, the block is one passing vehicle.
 *
 *     profile NAME {
 *         title = "…"  source = "maker's manual, edition"  poll-ms = 100  stale-ms = 500
 *         read { function = 4  address = 0  count = 6 }               # 1 2 3 4; at most 125 registers; no overlaps
 *         value k { at = 1  type = u16  scale = 0.01  unit = "1/m" }  # u16 s16 u32 s32 f32 u64
 *         # further: offset, order (required beyond 16 bits: ABCD CDAB BADC DCBA), absent (raw codes for "no value"),
 *         #          min, max (beyond: out of range), digits (decimals kept; required for f32), function (which
 *         #          table, where blocks of two functions hold the same address)
 *         status { at = 4  bit = 0  means = warm-up }                 # warm-up, fault, or a common instrument state
 *         status { at = 5  mask = 0xF0  means = leak }                # any of these bits; with equals = N: just so
 *         action zero { function = 6  address = 100  value = 1 }      # 5 6 16; sent on an operator's order only
 *         record { sequence-at = 0 }                                  # then exactly one read, and passage fields:
 *         field plate { at = 4  type = text  words = 8 }              # UTF-8, two bytes a register, or a whole number
 *         field colour { at = 2  type = u16  codes = {"0=blue", "1=yellow"} }
 *     }
 *
 * A profile without `kind` and `read` is for the jsonl driver and maps the keys of a device's JSON:
 *
 *         value k { key = "btgxs"  unit = "1/m" }     field plate { key = "hphm" }
 *
 * kind = ak is for the ak driver. The words of a reply are counted from 0; `words`, where given, is how many there must
 * be. Codes that begin with S are sent on an operator's order only.
 *
 *         kind = ak
 *         identify { ask = "AKEN"  channel = 0  model = "…" }          # optional; another answer: wrong model
 *         value nox { ask = "AKON"  channel = 1  index = 0  words = 1  unit = "1e-6" }
 *         status { word = "SNGA"  means = zeroing }                   # of the reply to ASTZ; means = ok: harmless
 *         status { error = "12"  means = low_flow }                   # of the list of errors, ASTF
 *         action zero { send = "SNGA"  channel = 1 }
 *
 * kind = columns is for instruments that send lines of columns in a configurable order:
 *
 *         kind = columns  columns = 17  status-column = 16  status-good = "0000"
 *         value pressure { column = 2  scale = 0.1  unit = "kPa" }     # counted from 1; an empty column is absent
 *
 * One with `kind = csv` is for the csv driver: one record a line, the columns in the order of `columns`. A line that
 * has the first column's name for its first field is a header; it must name all columns as they are here.
 *
 *     kind = csv  separator = comma  encoding = gbk  decimal = point      # semicolon tab; utf-8; comma
 *     columns = {"No", "Time", "Plate", "K"}  no-value = {"-", "NULL"}    # besides an empty field
 *     value k { key = "K"  unit = "1/m" }     field plate { key = "Plate" }
 *
 * One with `kind = bytes` describes a packet of `size` bytes with numbers at byte offsets; `order` counts from the
 * first byte on the wire as most significant, so a little-endian number is DCBA. Each packet is one passing vehicle.
 *
 *     kind = bytes  size = 9336
 *     value k { at = 9308  type = f32  order = DCBA  digits = 3  unit = "1/m" }
 *
 * Word orders are combined here, never by a Modbus library's float helpers, whose meaning changed between releases.
 */
#ifndef SENSORS_PROFILE_H
#define SENSORS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/conf.h"
#include "station/core/decimal.h"
#include "station/core/err.h"
#include "station/core/quantity.h"
#include "station/core/reading.h"
#include "station/core/rules.h"

enum {
    PROFILE_READS_MAX = 8,
    PROFILE_VALUES_MAX = 32,
    PROFILE_STATUS_MAX = 24,
    PROFILE_ACTIONS_MAX = 8,
    PROFILE_FIELDS_MAX = 32,
    PROFILE_KEY_MAX = 32,
    PROFILE_BLOCK_WORDS_MAX = 125,
    PROFILE_CODES_MAX = 16,
    PROFILE_ABSENT_MAX = 4,
    PROFILE_NO_VALUE_MAX = 8,
    PROFILE_BYTES_MAX = 10000,
    PROFILE_DIGITS_AS_SENT = 255,
    PROFILE_AK_CODE_SIZE = 5,
    PROFILE_WORD_MAX = 16,
    PROFILE_COLUMNS_MAX = 64,
};

enum profile_kind { PROFILE_MODBUS, PROFILE_JSONL, PROFILE_AK, PROFILE_COLUMNS, PROFILE_CSV, PROFILE_BYTES };
enum profile_type { TYPE_U16, TYPE_S16, TYPE_U32, TYPE_S32, TYPE_F32, TYPE_U64, TYPE_TEXT };
enum profile_order { ORDER_ABCD, ORDER_CDAB, ORDER_BADC, ORDER_DCBA };

struct profile_read {
    uint8_t function; /* 1 2 3 4 */
    uint16_t address, count;
};

struct profile_value {
    enum quantity quantity;
    uint8_t read; /* the block it lies in, index in reads */
    uint16_t at;  /* register offset from address 0 of the unit, as in the file; CSV: column; bytes: offset */
    enum profile_type type;
    enum profile_order order;
    struct decimal scale, offset;
    uint8_t digits; /* decimals kept (f32 must say); PROFILE_DIGITS_AS_SENT */
    size_t absent_count;
    uint64_t absent[PROFILE_ABSENT_MAX]; /* raw codes for "no value" */
    bool has_min, has_max;
    struct decimal min, max;   /* outside: quality out-of-range */
    char key[PROFILE_KEY_MAX]; /* jsonl; CSV: the column's name */
    char ask[PROFILE_AK_CODE_SIZE];
    uint8_t channel;
    uint8_t words; /* that the AK reply must have; 0: any */
    uint8_t index; /* of the word or column, from 0 */
};

/* Set when the masked bits are `equals`; without it when any of them is. */
struct profile_status {
    uint8_t read;
    uint16_t at, mask;
    bool has_equals;
    uint16_t equals;
    char word[PROFILE_WORD_MAX]; /* AK: a word of ASTZ, or a number of ASTF */
    bool is_error;
    enum instrument_status means;
};

struct profile_action {
    char name[PROFILE_KEY_MAX]; /* sensor_command_name */
    uint8_t function;           /* 5 6 16 */
    uint16_t address, value;
    char send[PROFILE_AK_CODE_SIZE];
    uint8_t channel;
};

/* A passage field, of a record profile or of jsonl: "plate" "colour" "record-id" "site" "line" "lane" "time" "fuel"
 * "result" "reason". */
struct profile_field {
    char name[PROFILE_KEY_MAX];
    uint16_t at, words;        /* Modbus record profile: text or number registers; CSV: at is the column */
    char key[PROFILE_KEY_MAX]; /* jsonl; CSV: the column's name */
    enum profile_type type;
    enum profile_order order;
    size_t codes_count; /* "0=blue" … : device code to our word */
    struct {
        char code[8];
        char word[16];
    } codes[PROFILE_CODES_MAX];
};

struct profile {
    enum profile_kind kind;
    char name[PROFILE_KEY_MAX], title[RULES_TEXT_MAX], source[RULES_TEXT_MAX];
    char sha256[SHA256_HEX_SIZE]; /* set by the caller */
    int64_t poll_ms, stale_ms;
    int64_t power_on_ms; /* one that appears may just have been switched on: it is left alone for so long */
    bool record;         /* one changed sequence = one passage */
    uint16_t sequence_at;
    char identify_ask[PROFILE_AK_CODE_SIZE], identify_model[PROFILE_KEY_MAX]; /* AK; empty: not asked, any model */
    uint8_t identify_channel;
    uint8_t columns, status_column; /* columns: how many; which one tells the state, 0: none */
    char status_good[PROFILE_WORD_MAX];
    char separator;          /* CSV */
    bool gbk, decimal_comma; /* CSV */
    size_t size;             /* bytes: of the packet */
    size_t headings_count, no_value_count;
    char headings[PROFILE_COLUMNS_MAX][PROFILE_KEY_MAX]; /* of a CSV line's columns */
    char no_value[PROFILE_NO_VALUE_MAX][PROFILE_KEY_MAX];
    size_t reads_count, values_count, status_count, actions_count, fields_count;
    struct profile_read reads[PROFILE_READS_MAX];
    struct profile_value values[PROFILE_VALUES_MAX];
    struct profile_status status[PROFILE_STATUS_MAX];
    struct profile_action actions[PROFILE_ACTIONS_MAX];
    struct profile_field fields[PROFILE_FIELDS_MAX];
    enum quantity quantities[PROFILE_VALUES_MAX + 1]; /* ends with QUANTITY_COUNT */
};

/* Reads a parsed profile file. Refuses with file:line unknown keys and quantities, a unit that is not the quantity's,
 * values outside every read block, two values for one quantity. */
int profile_load(struct profile *profile, struct conf *conf, struct err *err);

/* Which read block of that function (0: any) holds registers at … at + words - 1; -1: none. */
int profile_block(const struct profile *profile, uint8_t function, uint16_t at, unsigned words);

/* Does the word say so? */
bool profile_status_set(const struct profile_status *status, uint16_t word);

/* How many registers a value of that type takes; TYPE_TEXT: 0. */
unsigned profile_words(enum profile_type type);

/* Combines words (host order uint16) of one value to its raw number. CDAB has the last word first, BADC swaps the bytes
 * of each word, DCBA does both. */
uint64_t profile_combine(const uint16_t *words, enum profile_type type, enum profile_order order);

/* The value in the quantity's unit from its registers, or from the number that JSON gave. False: absent, not a number
 * (NaN, infinity), or beyond what a decimal holds. */
bool profile_decode_words(const struct profile_value *value, const uint16_t *words, struct decimal *out);
bool profile_decode_number(const struct profile_value *value, struct decimal number, struct decimal *out);

/* How good a value is when the instrument says `status` of itself. */
enum quality profile_quality(const struct profile_value *value, struct decimal decoded, enum instrument_status status);

/* Our word for a device's code of a passage field; the code itself where the field has no codes; NULL: unknown code. */
const char *profile_code(const struct profile_field *field, const char *code);

#endif
