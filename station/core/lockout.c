#include "station/core/lockout.h"

#include <assert.h>
#include <string.h>

static const struct lockout_kind kinds[LOCKOUT_COUNT] = {
#define LOCKOUT_ROW(id, code, about, recorded, person, zh, en, clear_zh, clear_en)                                     \
    [LOCKOUT_##id] = {(code), LOCKOUT_##about, (recorded), (person), (zh), (en), (clear_zh), (clear_en)},
    LOCKOUT_TABLE(LOCKOUT_ROW)
#undef LOCKOUT_ROW
};

const struct lockout_kind *lockout_kind(enum lockout_code code)
{
    assert(code < LOCKOUT_COUNT);
    return &kinds[code];
}

enum lockout_code lockout_by_name(const char *code)
{
    enum lockout_code i = 0;
    while (i < LOCKOUT_COUNT && strcmp(kinds[i].code, code) != 0)
        i++;
    return i;
}

enum lockout_code lockout_of_status(enum instrument_status status)
{
    switch (status) {
    case STATUS_OK: return LOCKOUT_COUNT;
    case STATUS_WARMING: return LOCKOUT_WARMING;
    case STATUS_ZEROING: return LOCKOUT_ZEROING;
    case STATUS_BUSY: return LOCKOUT_BUSY;
    case STATUS_LOW_FLOW: return LOCKOUT_LOW_FLOW;
    case STATUS_LEAK: return LOCKOUT_LEAK;
    case STATUS_ZERO_NEEDED: return LOCKOUT_ZERO_NEEDED;
    case STATUS_OUT_OF_RANGE: return LOCKOUT_OUT_OF_RANGE;
    case STATUS_SENSOR_EXPIRED: return LOCKOUT_SENSOR_EXPIRED;
    case STATUS_STANDBY: return LOCKOUT_STANDBY;
    case STATUS_WRONG_MODEL: return LOCKOUT_WRONG_MODEL;
    case STATUS_COMM_ERROR: return LOCKOUT_COMM_ERROR;
    case STATUS_INTERNAL:
    case STATUS_COUNT: break;
    }
    return LOCKOUT_INTERNAL;
}

bool lockout_clock_trusted(bool synchronised, int64_t error_ms, int64_t error_max_ms)
{
    return synchronised && error_ms <= error_max_ms;
}

bool lockout_other_serial(const char *configured, const char *read)
{
    return configured[0] && read[0] && strcmp(configured, read) != 0;
}
