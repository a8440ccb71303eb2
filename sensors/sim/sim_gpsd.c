/*
 * The JSON side of gpsd (its protocol 3), on TCP: objects of one line that end in CR LF, requests that end in ';'.
 *
 *     (greeting)                            {"class":"VERSION",…}
 *     ?WATCH={"enable":true,"json":true};   {"class":"DEVICES",…} {"class":"WATCH",…}, then TPV and SKY each period
 *     ?POLL;  ?VERSION;  ?DEVICES;          one object; what it does not know is {"class":"ERROR",…}
 *
 * An attribute that is not known is left out: without a fix there is no lat, no lon, no time before the first one.
 *
 * Settings: mode=0..3     of TPV: 0 unknown, 1 no fix, 2 two dimensions, 3 with altitude
 *           status=N      of TPV, left out where 0: 2 differential, 8 simulated
 *           device=0|1    a receiver is attached
 *           clock=running|frozen
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"
#include "station/core/civil.h"

enum { PERIOD_MS = 1000, OBJECT_MAX = 600, REQUEST_MAX = 80 };

struct gpsd {
    int mode, status, device, frozen;
    int64_t frozen_utc_ms;
    bool watching[SIM_CONNECTIONS_MAX];
};

static struct gpsd *gpsd_of(struct sim_instrument *instrument)
{
    return (struct gpsd *)(void *)instrument->state.bytes;
}

static void init(struct sim_instrument *instrument)
{
    *gpsd_of(instrument) = (struct gpsd){.mode = 3, .device = 1};
    instrument->period_ms = PERIOD_MS;
}

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    static const char *const clocks[] = {"running", "frozen"};
    struct gpsd *gpsd = gpsd_of(instrument);
    if (strcmp(key, "mode") == 0)
        return sim_integer(key, value, 0, 3, &gpsd->mode, err);
    if (strcmp(key, "status") == 0)
        return sim_integer(key, value, 0, 9, &gpsd->status, err);
    if (strcmp(key, "device") == 0)
        return sim_integer(key, value, 0, 1, &gpsd->device, err);
    if (strcmp(key, "clock") != 0)
        return sim_unknown(instrument, key, err);
    gpsd->frozen_utc_ms = sim_utc_ms(instrument, t_ms);
    return sim_word(key, value, clocks, 2, &gpsd->frozen, err);
}

static const char version[] =
    "{\"class\":\"VERSION\",\"release\":\"3.22\",\"rev\":\"3.22\",\"proto_major\":3,\"proto_minor\":14}\r\n";

static void greet(struct sim_instrument *instrument, int connection, int64_t t_ms)
{
    gpsd_of(instrument)->watching[connection] = false;
    sim_reply_text(instrument, connection, version, t_ms);
}

static void add_number(char *object, const char *name, int digits, double value)
{
    size_t length = strlen(object);
    if (!isnan(value))
        snprintf(object + length, OBJECT_MAX - length, ",\"%s\":%.*f", name, digits, value);
}

static void put_tpv(struct sim_instrument *instrument, char *object, int64_t t_ms)
{
    const struct gpsd *gpsd = gpsd_of(instrument);
    char utc[CIVIL_TIME_TEXT_MAX];
    civil_time_format(gpsd->frozen ? gpsd->frozen_utc_ms : sim_utc_ms(instrument, t_ms), 0, utc);
    snprintf(object, OBJECT_MAX, "{\"class\":\"TPV\",\"device\":\"/dev/ttyACM0\"");
    if (gpsd->status > 0)
        add_number(object, "status", 0, gpsd->status);
    add_number(object, "mode", 0, gpsd->mode);
    if (gpsd->mode >= 2) {
        size_t length = strlen(object);
        snprintf(object + length, OBJECT_MAX - length, ",\"time\":\"%.23sZ\",\"ept\":0.005", utc);
        add_number(object, "lat", 9, sim_value(instrument, QUANTITY_LATITUDE, t_ms));
        add_number(object, "lon", 9, sim_value(instrument, QUANTITY_LONGITUDE, t_ms));
        if (gpsd->mode == 3) {
            add_number(object, "altHAE", 3, sim_value(instrument, QUANTITY_ALTITUDE, t_ms) - 40);
            add_number(object, "altMSL", 3, sim_value(instrument, QUANTITY_ALTITUDE, t_ms));
            add_number(object, "alt", 3, sim_value(instrument, QUANTITY_ALTITUDE, t_ms));
        }
        add_number(object, "speed", 3, 0);
    }
    size_t length = strlen(object);
    snprintf(object + length, OBJECT_MAX - length, "}\r\n");
}

static void tick(struct sim_instrument *instrument, int64_t t_ms)
{
    const struct gpsd *gpsd = gpsd_of(instrument);
    char object[OBJECT_MAX];
    put_tpv(instrument, object, t_ms);
    for (int i = 0; gpsd->device && i < SIM_CONNECTIONS_MAX; i++)
        if (instrument->connections[i].fd >= 0 && gpsd->watching[i]) {
            sim_reply_text(instrument, i, object, t_ms);
            sim_reply_text(instrument, i,
                           "{\"class\":\"SKY\",\"device\":\"/dev/ttyACM0\",\"hdop\":1.00,\"satellites\":["
                           "{\"PRN\":5,\"el\":40.0,\"az\":120.0,\"ss\":38.0,\"used\":true}]}\r\n",
                           t_ms);
        }
}

static void say_devices(struct sim_instrument *instrument, int connection, int64_t t_ms)
{
    sim_reply_text(instrument, connection,
                   gpsd_of(instrument)->device
                       ? "{\"class\":\"DEVICES\",\"devices\":[{\"class\":\"DEVICE\",\"path\":\"/dev/ttyACM0\","
                         "\"driver\":\"u-blox\",\"activated\":\"2026-07-01T01:30:00.000Z\",\"bps\":9600}]}\r\n"
                       : "{\"class\":\"DEVICES\",\"devices\":[]}\r\n",
                   t_ms);
}

static void watch(struct sim_instrument *instrument, int connection, const char *request, int64_t t_ms)
{
    bool on = strstr(request, "\"enable\":true") != NULL && strstr(request, "\"json\":true") != NULL;
    gpsd_of(instrument)->watching[connection] = on;
    say_devices(instrument, connection, t_ms);
    char object[OBJECT_MAX];
    snprintf(object, sizeof object,
             "{\"class\":\"WATCH\",\"enable\":%s,\"json\":%s,\"nmea\":false,\"raw\":0,\"scaled\":false,"
             "\"timing\":false,\"split24\":false,\"pps\":false}\r\n",
             on ? "true" : "false", on ? "true" : "false");
    sim_reply_text(instrument, connection, object, t_ms);
}

static void answer(struct sim_instrument *instrument, int connection, const char *request, int64_t t_ms)
{
    char object[2 * OBJECT_MAX];
    if (strncmp(request, "?WATCH=", 7) == 0) {
        watch(instrument, connection, request, t_ms);
    } else if (strcmp(request, "?VERSION") == 0) {
        sim_reply_text(instrument, connection, version, t_ms);
    } else if (strcmp(request, "?DEVICES") == 0) {
        say_devices(instrument, connection, t_ms);
    } else if (strcmp(request, "?POLL") == 0) {
        char tpv[OBJECT_MAX];
        put_tpv(instrument, tpv, t_ms);
        tpv[strcspn(tpv, "\r")] = '\0';
        snprintf(object, sizeof object, "{\"class\":\"POLL\",\"active\":%d,\"tpv\":[%s],\"sky\":[]}\r\n",
                 gpsd_of(instrument)->device, tpv);
        sim_reply_text(instrument, connection, object, t_ms);
    } else {
        snprintf(object, sizeof object, "{\"class\":\"ERROR\",\"message\":\"Unrecognized request '%.*s'\"}\r\n",
                 (int)strcspn(request, "\"\\"), request);
        sim_reply_text(instrument, connection, object, t_ms);
    }
}

static size_t receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms)
{
    if (bytes[0] != '?')
        return 1;
    const uint8_t *end = memchr(bytes, ';', length);
    if (!end)
        return length > REQUEST_MAX ? length : 0;
    size_t used = (size_t)(end - bytes);
    char request[REQUEST_MAX + 1];
    if (used <= REQUEST_MAX) { /* gpsd throws a longer one away */
        memcpy(request, bytes, used);
        request[used] = '\0';
        answer(instrument, connection, request, t_ms);
    }
    return used + 1;
}

const struct sim_protocol sim_gpsd = {.name = "gpsd",
                                      .receive = receive,
                                      .check_tail = SIM_NO_CHECKSUM,
                                      .init = init,
                                      .greet = greet,
                                      .tick = tick,
                                      .set = set};
