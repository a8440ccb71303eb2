/*
 * Satellite receiver, NMEA 0183: once a period, both sentences with the same time.
 *
 *     $GPRMC,hhmmss.ss,A,ddmm.mmmm,N,dddmm.mmmm,E,knots,course,ddmmyy,variation,E[,mode[,status]]*hh CR LF
 *     $GPGGA,hhmmss.ss,ddmm.mmmm,N,dddmm.mmmm,E,quality,nn,hdop,altitude,M,geoid,M,age,ref*hh CR LF
 *
 * Without a fix RMC says V, GGA quality 0, and position, speed and course are empty. The position is the world's; so is
 * the time (world utc=…).
 *
 * Settings: fix=0|1       lost or there (a world without latitude or longitude has none either)
 *           quality=0..8  what GGA says of the fix: 1 GPS, 2 differential, … 6 estimated, 7 manual, 8 simulated
 *           fields=11|12|13  of RMC: without mode, with it, with navigation status
 *           talker=GP|GN|BD
 *           satellites=N  tenth-knots=N (over ground)
 *           clock=running|frozen  weeks=N   a receiver whose time stands, or is off by N weeks (1024: rolled over)
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"
#include "station/core/civil.h"

enum { PERIOD_MS = 1000, BODY_MAX = 160, WEEK_MS = 7 * 24 * 3600 * 1000 };

static const char *const talkers[] = {"GP", "GN", "BD"};

struct nmea {
    int fix, quality, fields, talker, satellites, tenth_knots, weeks, frozen;
    int64_t frozen_utc_ms;
};

static struct nmea *nmea_of(struct sim_instrument *instrument)
{
    return (struct nmea *)(void *)instrument->state.bytes;
}

static void init(struct sim_instrument *instrument)
{
    *nmea_of(instrument) = (struct nmea){.fix = 1, .quality = 1, .fields = 12, .satellites = 8};
    instrument->period_ms = PERIOD_MS;
}

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    static const char *const clocks[] = {"running", "frozen"};
    struct nmea *nmea = nmea_of(instrument);
    const struct {
        const char *key;
        int min, max, *value;
    } numbers[] = {{"fix", 0, 1, &nmea->fix},
                   {"quality", 0, 8, &nmea->quality},
                   {"fields", 11, 13, &nmea->fields},
                   {"satellites", 0, 99, &nmea->satellites},
                   {"tenth-knots", 0, 9999, &nmea->tenth_knots},
                   {"weeks", -2048, 2048, &nmea->weeks}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i].key, key) == 0)
            return sim_integer(key, value, numbers[i].min, numbers[i].max, numbers[i].value, err);
    if (strcmp(key, "talker") == 0)
        return sim_word(key, value, talkers, 3, &nmea->talker, err);
    if (strcmp(key, "clock") != 0)
        return sim_unknown(instrument, key, err);
    nmea->frozen_utc_ms = sim_utc_ms(instrument, t_ms);
    return sim_word(key, value, clocks, 2, &nmea->frozen, err);
}

static void say(struct sim_instrument *instrument, const char *body, int64_t t_ms)
{
    char line[BODY_MAX + 8];
    unsigned check = 0;
    for (const char *at = body; *at; at++)
        check ^= (unsigned char)*at;
    snprintf(line, sizeof line, "$%s*%02X\r\n", body, check & 0xFF);
    sim_broadcast_text(instrument, line, t_ms);
}

/* "3015.1234,N" or, without a fix, ",". */
static void angle(char *out, size_t size, double degrees, int width, const char sides[2], bool fix)
{
    if (!fix) {
        snprintf(out, size, ",");
        return;
    }
    long ten_thousandths = lround(fabs(degrees) * 60 * 10000); /* of a minute */
    snprintf(out, size, "%0*ld%02ld.%04ld,%c", width, ten_thousandths / 600000, ten_thousandths / 10000 % 60,
             ten_thousandths % 10000, sides[degrees < 0]);
}

struct moment {
    char time[16], date[16], place[64];
    bool fix;
};

static struct moment now(struct sim_instrument *instrument, int64_t t_ms)
{
    const struct nmea *nmea = nmea_of(instrument);
    double latitude = sim_value(instrument, QUANTITY_LATITUDE, t_ms);
    double longitude = sim_value(instrument, QUANTITY_LONGITUDE, t_ms);
    struct moment m = {.fix = nmea->fix && nmea->quality > 0 && !isnan(latitude) && !isnan(longitude)};
    char north[30];
    char east[30];
    angle(north, sizeof north, latitude, 2, "NS", m.fix);
    angle(east, sizeof east, longitude, 3, "EW", m.fix);
    snprintf(m.place, sizeof m.place, "%s,%s", north, east);
    int64_t utc_ms = nmea->frozen ? nmea->frozen_utc_ms : sim_utc_ms(instrument, t_ms);
    char utc[CIVIL_TIME_TEXT_MAX];
    civil_time_format(utc_ms + (int64_t)nmea->weeks * WEEK_MS, 0, utc); /* 2026-07-01T09:30:00.250+00:00 */
    snprintf(m.time, sizeof m.time, "%.2s%.2s%.2s.%.2s", utc + 11, utc + 14, utc + 17, utc + 20);
    snprintf(m.date, sizeof m.date, "%.2s%.2s%.2s", utc + 8, utc + 5, utc + 2);
    return m;
}

static void say_rmc(struct sim_instrument *instrument, const struct moment *m, int64_t t_ms)
{
    const struct nmea *nmea = nmea_of(instrument);
    char motion[32] = ",";
    if (m->fix)
        snprintf(motion, sizeof motion, "%d.%d,0.0", nmea->tenth_knots / 10, nmea->tenth_knots % 10);
    static const char modes[] = "NADARFEMS"; /* by quality */
    char body[BODY_MAX];
    snprintf(body, sizeof body, "%sRMC,%s,%c,%s,%s,%s,,%s%.*s%s", talkers[nmea->talker], m->time, m->fix ? 'A' : 'V',
             m->place, motion, m->date, nmea->fields > 11 ? "," : "", nmea->fields > 11 ? 1 : 0,
             &modes[m->fix ? nmea->quality : 0], nmea->fields > 12 ? (m->fix ? ",S" : ",V") : "");
    say(instrument, body, t_ms);
}

static void say_gga(struct sim_instrument *instrument, const struct moment *m, int64_t t_ms)
{
    const struct nmea *nmea = nmea_of(instrument);
    double altitude = sim_value(instrument, QUANTITY_ALTITUDE, t_ms);
    char height[32] = ",M,,M";
    if (m->fix && !isnan(altitude))
        snprintf(height, sizeof height, "%.1f,M,-40.0,M", altitude);
    char body[BODY_MAX];
    snprintf(body, sizeof body, "%sGGA,%s,%s,%d,%02d,%s,%s,,", talkers[nmea->talker], m->time, m->place,
             m->fix ? nmea->quality : 0, m->fix ? nmea->satellites : 0, m->fix ? "1.0" : "", height);
    say(instrument, body, t_ms);
}

static void tick(struct sim_instrument *instrument, int64_t t_ms)
{
    struct moment m = now(instrument, t_ms);
    say_rmc(instrument, &m, t_ms);
    say_gga(instrument, &m, t_ms);
}

const struct sim_protocol sim_nmea = {.name = "nmea", .check_tail = 2, .init = init, .tick = tick, .set = set};
