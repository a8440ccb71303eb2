/*
 * A remote-sensing device that writes one line of a table for each passing vehicle, as tables are written (RFC 4180).
 *
 * Settings: columns=time,number,lane,plate,colour,valid,speed,co,…   quantities and these six words; - an empty column
 *           header=0|1      the names of the columns first, to everybody who connects
 *           separator=comma|semicolon|tab   quote=0|1   every field in quotation marks
 *           lane=1..9       of the next vehicles
 *           plate=…  colour=…  valid=0|1
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"
#include "station/core/civil.h"

enum { COLUMNS_MAX = 24, WORD_MAX = 32, TEXT_MAX = 1000, LINE_MAX = 1200, UTC_MINUTES = 8 * 60 };

static const char *const words[] = {"time", "number", "lane", "plate", "colour", "valid"};
enum { WORD_TIME, WORD_NUMBER, WORD_LANE, WORD_PLATE, WORD_COLOUR, WORD_VALID, WORDS };
static const char separators[] = ",;\t";

struct csv {
    char columns[TEXT_MAX];
    int header, separator, quote, lane, valid;
    unsigned number;
    char plate[WORD_MAX], colour[WORD_MAX];
};

_Static_assert(sizeof(struct csv) <= SIM_STATE_MAX, "state too large");

static struct csv *csv_of(struct sim_instrument *instrument)
{
    return (struct csv *)(void *)instrument->state.bytes;
}

static void init(struct sim_instrument *instrument)
{
    *csv_of(instrument) =
        (struct csv){.columns = "time,lane,plate,colour,speed,acceleration,co,co2,hc,no,opacity,k,valid",
                     .header = 1,
                     .lane = 1,
                     .valid = 1,
                     .plate = "新A12345",
                     .colour = "黄"};
}

static int copy(const char *key, const char *value, char *out, size_t size, struct err *err)
{
    if (strlen(value) >= size)
        return err_set(err, ERR_INVALID, "%s: longer than %zu bytes", key, size - 1);
    memcpy(out, value, strlen(value) + 1);
    return 0;
}

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    static const char *const names[] = {"comma", "semicolon", "tab"};
    struct csv *csv = csv_of(instrument);
    (void)t_ms;
    if (strcmp(key, "columns") == 0)
        return copy(key, value, csv->columns, sizeof csv->columns, err);
    if (strcmp(key, "plate") == 0)
        return copy(key, value, csv->plate, sizeof csv->plate, err);
    if (strcmp(key, "colour") == 0)
        return copy(key, value, csv->colour, sizeof csv->colour, err);
    if (strcmp(key, "separator") == 0)
        return sim_word(key, value, names, 3, &csv->separator, err);
    if (strcmp(key, "lane") == 0)
        return sim_integer(key, value, 1, 9, &csv->lane, err);
    int *flag = strcmp(key, "header") == 0  ? &csv->header
                : strcmp(key, "quote") == 0 ? &csv->quote
                : strcmp(key, "valid") == 0 ? &csv->valid
                                            : NULL;
    return flag ? sim_integer(key, value, 0, 1, flag, err) : sim_unknown(instrument, key, err);
}

static size_t add_field(const struct csv *csv, char *line, size_t length, const char *text)
{
    const char *quote = csv->quote || strchr(text, separators[csv->separator]) ? "\"" : "";
    char before[] = {separators[csv->separator], '\0'};
    int added = snprintf(line + length, LINE_MAX - length, "%s%s%s%s", length > 0 ? before : "", quote, text, quote);
    return length + (size_t)added < LINE_MAX ? length + (size_t)added : LINE_MAX - 1;
}

static void word_text(struct sim_instrument *instrument, int word, char *out, size_t size, int64_t t_ms)
{
    const struct csv *csv = csv_of(instrument);
    char time[CIVIL_TIME_TEXT_MAX];
    switch (word) {
    case WORD_TIME:
        civil_time_format(sim_utc_ms(instrument, t_ms), UTC_MINUTES, time);
        time[10] = ' ';
        snprintf(out, size, "%.19s", time);
        break;
    case WORD_NUMBER: snprintf(out, size, "%u", csv->number); break;
    case WORD_LANE: snprintf(out, size, "%d", csv->lane); break;
    case WORD_PLATE: snprintf(out, size, "%s", csv->plate); break;
    case WORD_COLOUR: snprintf(out, size, "%s", csv->colour); break;
    case WORD_VALID: snprintf(out, size, "%d", csv->valid); break;
    default: break;
    }
}

static void field_text(struct sim_instrument *instrument, const char *name, char *out, size_t size, int64_t t_ms)
{
    out[0] = '\0';
    for (int word = 0; word < WORDS; word++)
        if (strcmp(words[word], name) == 0) {
            word_text(instrument, word, out, size, t_ms);
            return;
        }
    enum quantity quantity = quantity_by_name(name, strlen(name));
    double value = quantity == QUANTITY_COUNT ? (double)NAN : sim_value(instrument, quantity, t_ms);
    if (!isnan(value))
        snprintf(out, size, "%.6g", value);
}

/* The line of names (passage false) or of figures. */
static void put_line(struct sim_instrument *instrument, bool passage, char line[LINE_MAX], int64_t t_ms)
{
    const struct csv *csv = csv_of(instrument);
    size_t length = 0;
    for (const char *at = csv->columns; *at;) {
        char name[WORD_MAX] = "";
        char text[64];
        size_t part = strcspn(at, ",");
        memcpy(name, at, part < sizeof name ? part : sizeof name - 1);
        if (passage)
            field_text(instrument, name, text, sizeof text, t_ms);
        length = add_field(csv, line, length, passage ? text : name);
        at += part + (at[part] == ',');
    }
    snprintf(line + length, LINE_MAX - length, "\r\n");
}

static void greet(struct sim_instrument *instrument, int connection, int64_t t_ms)
{
    char line[LINE_MAX];
    put_line(instrument, false, line, t_ms);
    if (csv_of(instrument)->header)
        sim_reply_text(instrument, connection, line, t_ms);
}

static void pass(struct sim_instrument *instrument, int64_t t_ms)
{
    char line[LINE_MAX];
    csv_of(instrument)->number++;
    put_line(instrument, true, line, t_ms);
    sim_broadcast_text(instrument, line, t_ms);
}

const struct sim_protocol sim_csv = {
    .name = "csv", .check_tail = SIM_NO_CHECKSUM, .init = init, .greet = greet, .pass = pass, .set = set};
