#include "sensors/sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensors/recording.h"
#include "sensors/sim/sim_protocols.h"

enum { FILE_MAX = 64 * 1024 * 1024 };

struct sim_player {
    struct sim_instrument *instrument;
    char *text;
    struct recording recording;
    struct recording_line line;
    bool more;
    bool client_first; /* the recording begins with bytes that the client sent */
    int64_t base_ms;   /* when the recording's 0 was; -1: still waiting for the client */
    uint16_t registers[SIM_REGISTERS];
};

/* The recorded instrument does not answer by meaning: it says what it said. The first request starts the clock. */
static size_t hear(struct sim_instrument *instrument, int connection, const uint8_t *bytes, size_t length, int64_t t_ms)
{
    (void)connection;
    (void)bytes;
    (void)t_ms;
    instrument->requests++;
    return length;
}

static const struct sim_protocol recorded = {.name = "recorded", .receive = hear};

char *sim_read_text(const char *path, size_t *length, struct err *err)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(FILE_MAX) : NULL;
    if (!text) {
        err_set(err, ERR_UNREACHABLE, "cannot read %s: %s", path, strerror(errno));
    } else {
        *length = fread(text, 1, FILE_MAX, file);
        char *fitting = *length > 0 && *length < FILE_MAX ? realloc(text, *length) : NULL;
        if (!fitting) {
            err_set(err, ERR_INVALID, "%s is empty or longer than %d bytes", path, FILE_MAX - 1);
            free(text);
        }
        text = fitting;
    }
    if (file)
        fclose(file);
    return text;
}

static void next_line(struct sim_player *player)
{
    player->more = recording_next(&player->recording, &player->line, NULL) == 1;
}

struct sim_player *sim_player_open(const char *path, struct sim_instrument *instrument, struct err *err)
{
    struct sim_player *player = calloc(1, sizeof *player);
    if (!player) {
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    player->instrument = instrument;
    player->base_ms = -1;
    size_t length = 0;
    player->text = sim_read_text(path, &length, err);
    if (!player->text || recording_open(&player->recording, player->text, length, err) != 0) {
        sim_player_close(player);
        return NULL;
    }
    const char *driver = recording_header(&player->recording, "driver");
    if (driver && strcmp(driver, "modbus") == 0) {
        instrument->protocol = instrument->pty[0] ? &sim_modbus_rtu : &sim_modbus_tcp;
        instrument->registers = player->registers;
    } else {
        instrument->protocol = &recorded;
    }
    next_line(player);
    player->client_first = player->more && player->line.direction == RECORDING_SENT;
    return player;
}

void sim_player_close(struct sim_player *player)
{
    if (!player)
        return;
    free(player->text);
    free(player);
}

/* A recorded block: function, address, count, words; see sensors/recording.h. */
static void set_registers(struct sim_player *player)
{
    const uint8_t *b = player->line.bytes;
    size_t address = (size_t)(b[1] << 8 | b[2]);
    for (size_t at = 5; at + 1 < player->line.length && address < SIM_REGISTERS; at += 2)
        player->registers[address++] = (uint16_t)(b[at] << 8 | b[at + 1]);
}

static bool client_is_there(const struct sim_player *player)
{
    if (player->client_first || player->instrument->pty[0])
        return player->instrument->requests > 0 || !player->client_first;
    for (int i = 0; i < SIM_CONNECTIONS_MAX; i++)
        if (player->instrument->connections[i].fd >= 0)
            return true;
    return false;
}

int64_t sim_player_advance(struct sim_player *player, int64_t t_ms)
{
    enum { WAITING_LOOK_MS = 20 };
    if (player->base_ms < 0) {
        if (!player->instrument->registers && !client_is_there(player))
            return t_ms + WAITING_LOOK_MS;
        player->base_ms = t_ms - player->line.t_ms;
    }
    for (; player->more && player->base_ms + player->line.t_ms <= t_ms; next_line(player)) {
        if (player->line.direction != RECORDING_RECEIVED)
            continue;
        if (player->instrument->registers)
            set_registers(player);
        else
            sim_broadcast(player->instrument, player->line.bytes, player->line.length, t_ms);
    }
    return player->more ? player->base_ms + player->line.t_ms : INT64_MAX;
}
