/*
 * An instrument with the AK protocol, on serial line or TCP:
 *
 *     command  STX | any | 4 letters | SP | K n [n] | [SP data …] | ETX
 *     reply    STX | dc  | 4 letters | SP | e       | [SP data …] | ETX [CR]
 *
 * e steps 1..9 with each change of the error state, and is 0 without an error. Control (S) and setting (E) commands
 * need remote state, otherwise OF; while it zeroes, all but SRES and STBY get BS; another channel than it has gets NA;
 * an unknown function `????`. A value that is not valid has # in front; one that is not there is #9999.
 *
 * Settings: channels=k,rpm,…    quantities of channels K1, K2, …
 *           shape=one|list|stamp  AKON K0: the first channel; all of them; all and a time stamp
 *           dc=32               the byte after STX, as a number
 *           cr=0|1              CR after ETX
 *           words=channel|bare  "AKON 0 K1 NA" or "AKON 0 NA"
 *           remote=0|1          the switch at the front
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sensors/sim/sim_protocols.h"

enum { STX = 0x02, ETX = 0x03, CHANNELS_MAX = 16, CODE = 4, ZERO_MS = 2000, DATA_MAX = 512 };
enum shape { SHAPE_ONE, SHAPE_LIST, SHAPE_STAMP };

struct ak {
    enum quantity channels[CHANNELS_MAX];
    int count;
    int shape, dc, cr, words, remote;
    enum sim_health health; /* as last told */
    int error;
    int64_t busy_until_ms;
    char mode[CODE + 1];
};

_Static_assert(sizeof(struct ak) <= SIM_STATE_MAX, "state too large");

static struct ak *ak_of(struct sim_instrument *instrument)
{
    return (struct ak *)(void *)instrument->state.bytes;
}

static void init(struct sim_instrument *instrument)
{
    struct ak *ak = ak_of(instrument);
    *ak = (struct ak){.count = 1, .dc = ' ', .remote = 1, .mode = "SMGA"};
    ak->channels[0] = QUANTITY_OPACITY;
}

static int set_channels(struct ak *ak, const char *value, struct err *err)
{
    ak->count = 0;
    while (*value) {
        size_t length = strcspn(value, ",");
        enum quantity quantity = quantity_by_name(value, length);
        if (quantity == QUANTITY_COUNT || ak->count == CHANNELS_MAX)
            return err_set(err, ERR_INVALID, "channels: no quantity or too many at '%s'", value);
        ak->channels[ak->count++] = quantity;
        value += length + (value[length] == ',');
    }
    return 0;
}

static int set(struct sim_instrument *instrument, const char *key, const char *value, int64_t t_ms, struct err *err)
{
    static const char *const shapes[] = {"one", "list", "stamp"};
    static const char *const words[] = {"channel", "bare"};
    struct ak *ak = ak_of(instrument);
    (void)t_ms;
    if (strcmp(key, "channels") == 0)
        return set_channels(ak, value, err);
    if (strcmp(key, "shape") == 0)
        return sim_word(key, value, shapes, 3, &ak->shape, err);
    if (strcmp(key, "words") == 0)
        return sim_word(key, value, words, 2, &ak->words, err);
    if (strcmp(key, "dc") == 0)
        return sim_integer(key, value, 0x20, 0x7E, &ak->dc, err);
    if (strcmp(key, "cr") == 0)
        return sim_integer(key, value, 0, 1, &ak->cr, err);
    if (strcmp(key, "remote") == 0)
        return sim_integer(key, value, 0, 1, &ak->remote, err);
    return sim_unknown(instrument, key, err);
}

static void follow_health(struct sim_instrument *instrument)
{
    struct ak *ak = ak_of(instrument);
    if (instrument->health == ak->health)
        return;
    if (instrument->health == HEALTH_FAULT)
        ak->error = ak->error % 9 + 1;
    else if (ak->health == HEALTH_FAULT)
        ak->error = 0;
    ak->health = instrument->health;
}

static size_t add_value(struct sim_instrument *instrument, enum quantity quantity, char *out, size_t size, int64_t t_ms)
{
    double value = sim_value(instrument, quantity, t_ms);
    const char *mark = instrument->health == HEALTH_OK ? "" : "#";
    return (size_t)(isnan(value) ? snprintf(out, size, " #9999") : snprintf(out, size, " %s%.6g", mark, value));
}

static void concentrations(struct sim_instrument *instrument, int channel, char *out, size_t size, int64_t t_ms)
{
    const struct ak *ak = ak_of(instrument);
    int first = channel > 0 ? channel - 1 : 0;
    int after = channel > 0 || ak->shape == SHAPE_ONE ? first + 1 : ak->count;
    size_t length = 0;
    for (int i = first; i < after; i++)
        length += add_value(instrument, ak->channels[i], out + length, size - length, t_ms);
    if (channel == 0 && ak->shape == SHAPE_STAMP)
        snprintf(out + length, size - length, " %lld", (long long)(t_ms / 10));
}

static bool is_control(const char *code)
{
    static const char *const codes[] = {"SREM", "SMAN", "SRES", "STBY", "SPAU", "SMGA", "SNGA", "SEGA"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i], code) == 0)
            return true;
    return false;
}

static void control(struct sim_instrument *instrument, const char *code, int64_t t_ms)
{
    struct ak *ak = ak_of(instrument);
    bool reset = strcmp(code, "SRES") == 0;
    ak->remote = strcmp(code, "SMAN") == 0 ? 0 : strcmp(code, "SREM") == 0 ? 1 : ak->remote;
    if (strcmp(code, "SMAN") == 0 || strcmp(code, "SREM") == 0)
        return;
    if (reset || strcmp(code, "STBY") == 0)
        ak->busy_until_ms = t_ms;
    if (strcmp(code, "SNGA") == 0 || strcmp(code, "SEGA") == 0)
        ak->busy_until_ms = t_ms + ZERO_MS;
    memcpy(ak->mode, reset ? "STBY" : code, CODE + 1);
}

/* What an asking command answers; false: unknown. */
static bool ask(struct sim_instrument *instrument, const char *code, int channel, char *out, size_t size, int64_t t_ms)
{
    const struct ak *ak = ak_of(instrument);
    if (strcmp(code, "ASTZ") == 0)
        snprintf(out, size, " %s %s", ak->remote ? "SREM" : "SMAN", ak->mode);
    else if (strcmp(code, "ASTF") == 0)
        snprintf(out, size, "%s", instrument->health == HEALTH_FAULT ? " 17" : "");
    else if (strcmp(code, "AKON") == 0)
        concentrations(instrument, channel, out, size, t_ms);
    else if (strcmp(code, "AKEN") == 0)
        snprintf(out, size, " SIM-AK-%d", channel);
    else if (strcmp(code, "AVER") == 0)
        snprintf(out, size, " V1.07");
    else if (strcmp(code, "ATEM") == 0)
        add_value(instrument, QUANTITY_AIR_TEMP, out, size, t_ms);
    else if (strcmp(code, "ADRU") == 0)
        add_value(instrument, QUANTITY_PRESSURE, out, size, t_ms);
    else
        return false;
    return true;
}

/* The word that refuses it; NULL: it may go on. */
static const char *refusal(const struct ak *ak, const char *code, int channel, int64_t t_ms)
{
    if (t_ms < ak->busy_until_ms && strcmp(code, "SRES") != 0 && strcmp(code, "STBY") != 0)
        return "BS";
    if (channel < 0)
        return "SE";
    if (!ak->remote && code[0] != 'A' && strcmp(code, "SREM") != 0)
        return "OF";
    return channel > ak->count ? "NA" : NULL;
}

/* "K3", "K12" with or without data behind; -1: something else. */
static int channel_of(const char *text, size_t length)
{
    if (length < 3 || text[0] != ' ' || text[1] != 'K' || !isdigit((unsigned char)text[2]))
        return -1;
    int channel = text[2] - '0';
    if (length > 3 && isdigit((unsigned char)text[3]))
        return channel * 10 + (text[3] - '0');
    return length == 3 || text[3] == ' ' ? channel : -1;
}

static void answer(struct sim_instrument *instrument, int connection, const char *text, size_t length, int64_t t_ms)
{
    struct ak *ak = ak_of(instrument);
    char code[CODE + 1] = "????";
    char data[DATA_MAX] = "";
    if (length >= CODE) {
        memcpy(code, text, CODE);
        int channel = channel_of(text + CODE, length - CODE);
        const char *refused = refusal(ak, code, channel, t_ms);
        if (refused && ak->words == 0)
            snprintf(data, sizeof data, " K%d %s", channel < 0 ? 0 : channel, refused);
        else if (refused)
            snprintf(data, sizeof data, " %s", refused);
        else if (is_control(code))
            control(instrument, code, t_ms);
        else if (!ask(instrument, code, channel, data, sizeof data, t_ms))
            memcpy(code, "????", CODE + 1);
    }
    char reply[DATA_MAX + 32];
    snprintf(reply, sizeof reply, "%c%c%s %d%s%c%s", STX, ak->dc, code, ak->error, data, ETX, ak->cr ? "\r" : "");
    sim_reply_text(instrument, connection, reply, t_ms);
}

static size_t receive(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length,
                      int64_t t_ms)
{
    if (bytes[0] != STX)
        return 1;
    const uint8_t *end = memchr(bytes, ETX, length);
    if (!end)
        return 0;
    size_t frame = (size_t)(end - bytes) + 1;
    follow_health(instrument);
    if (frame > 3)
        answer(instrument, connection, (const char *)bytes + 2, frame - 3, t_ms);
    return frame;
}

const struct sim_protocol sim_ak = {
    .name = "ak", .receive = receive, .check_tail = SIM_NO_CHECKSUM, .init = init, .set = set};
