/*
 * Lockouts: why nothing may be measured now. One registry of codes, each with its words, whom it is about, what ends
 * it, and whether the journal gets an event of its own when it is raised and cleared (the momentary ones do not: that
 * an instrument is away, silent or busy is told by its `instrument` events).
 */
#ifndef STATION_CORE_LOCKOUT_H
#define STATION_CORE_LOCKOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "station/core/reading.h"

enum lockout_about { LOCKOUT_INSTRUMENT, LOCKOUT_STATION, LOCKOUT_PLATE };

/* In the order in which they are told where several hold. X(enumerator, code, about, recorded, a person clears it, zh,
 * en, how to clear in zh, in en) */
#define LOCKOUT_TABLE(X)                                                                                               \
    X(CERTIFICATE_MISSING, "certificate-missing", INSTRUMENT, true, false, "无检定证书",                               \
      "no verification certificate", "在配置中填写 certificate 与 valid-until",                                        \
      "write certificate and valid-until into the configuration")                                                      \
    X(CERTIFICATE_OVERDUE, "certificate-overdue", INSTRUMENT, true, false, "检定证书过期", "verification overdue",     \
      "重新检定后更新配置中的 certificate 与 valid-until",                                                             \
      "have it verified, then write certificate and valid-until into the configuration")                               \
    X(CALIBRATION_OVERDUE, "calibration-overdue", INSTRUMENT, true, false, "校准过期", "calibration overdue",          \
      "重新校准后更新配置中的 calibrated", "have it calibrated, then write calibrated into the configuration")         \
    X(WRONG_SERIAL, "wrong-serial", INSTRUMENT, true, false, "仪器编号不符", "another instrument's serial number",     \
      "接上配置的仪器,或更正配置中的 serial",                                                                          \
      "connect the configured instrument, or correct serial in the configuration")                                     \
    X(WRONG_MODEL, "wrong-model", INSTRUMENT, true, false, "仪器型号不符", "wrong model", "接上配置的仪器,或更正配置", \
      "connect the configured instrument, or correct the configuration")                                               \
    X(OFFLINE, "offline", INSTRUMENT, false, false, "未连接", "not connected", "接好线缆并开机",                       \
      "plug it in and switch it on")                                                                                   \
    X(STALE, "stale", INSTRUMENT, false, false, "数据过时", "stale", "检查线缆与电源", "check its cable and power")    \
    X(WARMING, "warming", INSTRUMENT, true, false, "预热中", "warming up", "等待预热完成", "wait until it is warm")    \
    X(ZERO_NEEDED, "zero-needed", INSTRUMENT, true, false, "仪器要求调零", "it asks to be zeroed", "smogctl zero",     \
      "zero it: smogctl zero")                                                                                         \
    X(LOW_FLOW, "low-flow", INSTRUMENT, true, false, "流量低", "low flow", "检查探头、管路与滤芯",                     \
      "check probe, hose and filter")                                                                                  \
    X(LEAK, "leak", INSTRUMENT, true, false, "泄漏", "leak", "检查探头、管路与滤芯", "check probe, hose and filter")   \
    X(SENSOR_EXPIRED, "sensor-expired", INSTRUMENT, true, false, "传感器到期", "sensor expired", "更换传感器",         \
      "have the sensor replaced")                                                                                      \
    X(STANDBY, "standby", INSTRUMENT, true, false, "待机", "standby", "在仪器面板上唤醒", "wake it up at its panel")   \
    X(OUT_OF_RANGE, "out-of-range", INSTRUMENT, true, false, "超量程", "out of range", "检查仪器,重新上电",            \
      "look at the instrument, switch it off and on")                                                                  \
    X(COMM_ERROR, "comm-error", INSTRUMENT, true, false, "通信故障", "communication error", "检查仪器与线缆,重新上电", \
      "look at the instrument and its cable, switch it off and on")                                                    \
    X(INTERNAL, "internal", INSTRUMENT, true, false, "仪器内部故障", "fault of the instrument", "检查仪器,重新上电",   \
      "look at the instrument, switch it off and on")                                                                  \
    X(ZEROING, "zeroing", INSTRUMENT, false, false, "调零中", "zeroing", "等待完成", "wait until it has finished")     \
    X(BUSY, "busy", INSTRUMENT, false, false, "忙", "busy", "等待完成", "wait until it has finished")                  \
    X(NO_VALUE, "no-value", INSTRUMENT, false, false, "尚无读数", "no value yet", "检查电源与串口设置",                \
      "check its power and the line setting")                                                                          \
    X(ZERO_FAILED, "zero-failed", INSTRUMENT, true, false, "零点检查不合格", "zero check failed",                      \
      "清洁后重做: smogctl zero", "clean it and repeat: smogctl zero")                                                 \
    X(ZERO_DUE, "zero-due", INSTRUMENT, true, false, "零点检查到期", "zero check due", "smogctl zero", "smogctl zero") \
    X(SPAN_FAILED, "span-failed", INSTRUMENT, true, false, "量程检查不合格", "span check failed",                      \
      "检修后重做: smogctl span", "have it adjusted and repeat: smogctl span")                                         \
    X(SPAN_DUE, "span-due", INSTRUMENT, true, false, "量程检查到期", "span check due", "smogctl span --filter",        \
      "smogctl span --filter")                                                                                         \
    X(LEAK_TEST_FAILED, "leak-test-failed", INSTRUMENT, true, false, "泄漏检查不合格", "leak test failed",             \
      "检查探头、管路与滤芯后重做: smogctl leak-test", "check probe, hose and filter and repeat: smogctl leak-test")   \
    X(LEAK_TEST_DUE, "leak-test-due", INSTRUMENT, true, false, "泄漏检查到期", "leak test due", "smogctl leak-test",   \
      "smogctl leak-test")                                                                                             \
    X(CLOCK_NOT_TRUSTED, "clock-not-trusted", STATION, true, false, "时钟不可信", "clock not trusted",                 \
      "使系统与时间源同步 (chronyc tracking)", "bring the system in step with a time source (chronyc tracking)")       \
    X(DISK_RESERVE, "disk-reserve", STATION, true, false, "磁盘余量不足", "disk reserve reached", "腾出磁盘空间",      \
      "make room on the disk")                                                                                         \
    X(ABORTS_STATION, "aborts-station", STATION, true, true, "本站中止次数过多", "too many aborted tests",             \
      "负责人查明后: smogctl lockout clear", "a supervisor looks into it: smogctl lockout clear")                      \
    X(ABORTS_PLATE, "aborts-plate", PLATE, true, true, "该车中止次数过多", "too many aborted tests of this vehicle",   \
      "负责人查明后: smogctl lockout clear", "a supervisor looks into it: smogctl lockout clear")

enum lockout_code {
#define LOCKOUT_ENUM(id, ...) LOCKOUT_##id,
    LOCKOUT_TABLE(LOCKOUT_ENUM)
#undef LOCKOUT_ENUM
        LOCKOUT_COUNT
};

struct lockout_kind {
    const char *code;
    enum lockout_about about;
    bool recorded; /* raised and cleared by events */
    bool person;   /* only a person clears it, with a reason; the others end with their cause */
    const char *zh, *en, *clear_zh, *clear_en;
};

const struct lockout_kind *lockout_kind(enum lockout_code code);
enum lockout_code lockout_by_name(const char *code); /* LOCKOUT_COUNT: none */

/* What an instrument's own status locks; LOCKOUT_COUNT for ok. */
enum lockout_code lockout_of_status(enum instrument_status status);

/* Is the clock to be trusted that a time source disciplines (or not) and that may be off by error_ms? */
bool lockout_clock_trusted(bool synchronised, int64_t error_ms, int64_t error_max_ms);

/* Another instrument than the configured one? Only where both serial numbers are known. */
bool lockout_other_serial(const char *configured, const char *read);

#endif
