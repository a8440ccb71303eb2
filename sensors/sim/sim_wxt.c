/*
 * Vaisala WXT530 weather transmitter, ASCII, polled: "0R0" CR LF (0 is the address) is answered by
 *
 *     0R0,Dm=352D,Sn=0.9M,Sm=2.4M,Sx=3.4M,Ta=29.5C,Ua=46.8P,Pa=1017.1H,Rc=0.00M,Ri=0.0M CR LF
 *
 * A letter of the unit follows each value; # in its place marks a value that is not valid. It hears no other address.
 *
 * Settings: address=0      the character in front
 *           units=metric|other  m/s, °C, hPa; or km/h, °F, bar
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

enum { TEXT_MAX = 256 };

struct wxt {
    char address;
    int other_units;
};

static struct wxt *wxt_of(struct sim_instrument *instrument)
{
    return (struct wxt *)(void *)instrument->state.bytes;
}

static void init(struct sim_instrument *instrument)
{
    *wxt_of(instrument) = (struct wxt){.address = '0'};
}

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    static const char *const units[] = {"metric", "other"};
    (void)t_ms;
    if (strcmp(key, "units") == 0)
        return sim_word(key, value, units, 2, &wxt_of(instrument)->other_units, err);
    if (strcmp(key, "address") != 0 || strlen(value) != 1)
        return sim_unknown(instrument, key, err);
    wxt_of(instrument)->address = value[0];
    return 0;
}

/* Appends ",Ta=29.5C", or ",Ta=0.0#" for a value that is not there. */
static void add(char *text, const char *name, int digits, double value, char unit)
{
    size_t length = strlen(text);
    if (isnan(value))
        snprintf(text + length, TEXT_MAX - length, ",%s=%.*f#", name, digits, 0.0);
    else
        snprintf(text + length, TEXT_MAX - length, ",%s=%.*f%c", name, digits, value, unit);
}

static void add_wind(struct sim_instrument *instrument, char *text, int64_t t_ms)
{
    bool other = wxt_of(instrument)->other_units;
    double speed = sim_value(instrument, QUANTITY_WIND_SPEED, t_ms) * (other ? 3.6 : 1);
    char unit = other ? 'K' : 'M';
    add(text, "Dm", 0, sim_value(instrument, QUANTITY_WIND_DIR, t_ms), 'D');
    add(text, "Sn", 1, speed * 0.5, unit);
    add(text, "Sm", 1, speed, unit);
    add(text, "Sx", 1, speed * 1.5, unit);
}

static void add_air(struct sim_instrument *instrument, char *text, int64_t t_ms)
{
    bool other = wxt_of(instrument)->other_units;
    double celsius = sim_value(instrument, QUANTITY_AIR_TEMP, t_ms);
    double hpa = sim_value(instrument, QUANTITY_PRESSURE, t_ms) * 10;
    add(text, "Ta", 1, other ? celsius * 1.8 + 32 : celsius, other ? 'F' : 'C');
    add(text, "Ua", 1, sim_value(instrument, QUANTITY_HUMIDITY, t_ms), 'P');
    add(text, "Pa", other ? 4 : 1, other ? hpa / 1000 : hpa, other ? 'B' : 'H');
}

static void add_rain(struct sim_instrument *instrument, char *text, int64_t t_ms)
{
    double rain = sim_value(instrument, QUANTITY_RAIN, t_ms);
    add(text, "Rc", 2, rain * 0.35, 'M');
    add(text, "Ri", 1, rain * 2.4, 'M');
}

static void answer(struct sim_instrument *instrument, int connection, const char *request, size_t length, int64_t t_ms)
{
    if (length < 3 || request[0] != wxt_of(instrument)->address)
        return;
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%.3s", request);
    char message = request[2];
    if (request[1] != 'R' || message < '0' || message > '3') {
        snprintf(text, sizeof text, "%cTX,Unknown cmd error", request[0]);
    } else {
        if (message == '0' || message == '1')
            add_wind(instrument, text, t_ms);
        if (message == '0' || message == '2')
            add_air(instrument, text, t_ms);
        if (message == '0' || message == '3')
            add_rain(instrument, text, t_ms);
    }
    size_t end = strlen(text);
    snprintf(text + end, sizeof text - end, "\r\n");
    sim_reply_text(instrument, connection, text, t_ms);
}

static size_t receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms)
{
    const uint8_t *end = memchr(bytes, '\n', length);
    if (!end)
        return 0;
    size_t line = (size_t)(end - bytes);
    answer(instrument, connection, (const char *)bytes, line > 0 && bytes[line - 1] == '\r' ? line - 1 : line, t_ms);
    return line + 1;
}

const struct sim_protocol sim_wxt = {
    .name = "wxt", .receive = receive, .check_tail = SIM_NO_CHECKSUM, .init = init, .set = set};
