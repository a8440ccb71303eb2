/*
 * Do the pictures of a case show what the law asks of pictures (GA/T 832)? Every figure is a parameter of a rule of the
 * pack (station/rules/evidence-cn.conf), with its clause; beside each one NAME-blocks says whether a case that does not
 * meet it is refused at its review (1) or flagged in the record (0). What a pack does not ask is not checked.
 *
 *     photos        so many full-feature pictures: front or rear as a whole, with plate, colour and type
 *     width, height so many pixels each of them has at least
 *     bits          so many of a pixel: 24 is colour
 *     interval      (s) two of them were taken so far apart, by the cameras' own clocks: the vehicle stands
 *     clock-error   (s) the station's clock is off by at most this
 *
 * A picture that does not tell its time proves nothing about the interval: the outcome is then "unknown", which counts
 * as not met.
 */
#ifndef STATION_CORE_EVIDENCE_H
#define STATION_CORE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "station/core/err.h"
#include "station/core/json.h"
#include "station/core/rules.h"

/* Methods of its rules: a test of a vehicle that stands, and a passage. */
#define EVIDENCE_METHOD "evidence"
#define EVIDENCE_METHOD_PASSAGE "evidence-passage"

/* What a picture shows. X(enumerator, name, full-feature, zh) */
#define EVIDENCE_SHOWS_TABLE(X)                                                                                        \
    X(FRONT, "front", true, "车辆前部全貌")                                                                            \
    X(REAR, "rear", true, "车辆后部全貌")                                                                              \
    X(PLATE, "plate", false, "号牌")                                                                                   \
    X(EXHAUST, "exhaust", false, "排气管")                                                                             \
    X(PEDAL, "pedal", false, "踩油门")                                                                                 \
    X(INSTRUMENT, "instrument", false, "仪器显示")                                                                     \
    X(VIN, "vin", false, "车辆识别代号")                                                                               \
    X(ODOMETER, "odometer", false, "里程表")                                                                           \
    X(LICENCE, "licence", false, "行驶证")                                                                             \
    X(SIGNATURE, "signature", false, "当事人签名")                                                                     \
    X(REPAIR, "repair", false, "维修证明")                                                                             \
    X(CAMERA, "camera", false, "号牌识别相机图像")                                                                     \
    X(OTHER, "other", false, "其他")

enum evidence_shows {
#define EVIDENCE_SHOWS_ENUM(id, ...) EVIDENCE_SHOWS_##id,
    EVIDENCE_SHOWS_TABLE(EVIDENCE_SHOWS_ENUM)
#undef EVIDENCE_SHOWS_ENUM
        EVIDENCE_SHOWS_COUNT
};

const char *evidence_shows_name(enum evidence_shows shows);
const char *evidence_shows_zh(enum evidence_shows shows);
enum evidence_shows evidence_shows_by_name(const char *name); /* EVIDENCE_SHOWS_COUNT: none */

enum evidence_check {
    EVIDENCE_PHOTOS,
    EVIDENCE_WIDTH,
    EVIDENCE_HEIGHT,
    EVIDENCE_BITS,
    EVIDENCE_INTERVAL,
    EVIDENCE_CLOCK_ERROR,
    EVIDENCE_CHECK_COUNT
};

struct evidence_rule {
    struct evidence_figure {
        bool asked, blocks;
        int64_t value; /* pictures, pixels, bits, milliseconds */
        struct rule_origin origin;
    } figures[EVIDENCE_CHECK_COUNT];
};

/* Reads the rule's parameters; refuses one that is none of these, or stands without its NAME-blocks. */
int evidence_load(struct evidence_rule *out, const struct rule *rule, struct err *err);

struct evidence_photo {
    enum evidence_shows shows;
    int64_t width, height, bits;
    bool has_time;
    int64_t taken_ms;
};

enum evidence_outcome { EVIDENCE_NOT_ASKED, EVIDENCE_MET, EVIDENCE_NOT_MET, EVIDENCE_UNKNOWN };

struct evidence_finding {
    enum evidence_outcome outcome;
    bool has_measured;
    int64_t measured; /* in the figure's unit; sizes: of the last of the needed pictures, largest first */
};

/* synchronised false: nobody knows how far off the station's clock is. */
void evidence_judge(const struct evidence_rule *rule, const struct evidence_photo *photos, size_t count,
                    bool synchronised, int64_t clock_error_ms, struct evidence_finding out[EVIDENCE_CHECK_COUNT]);

/* The first finding for which the case is refused, or EVIDENCE_CHECK_COUNT. */
enum evidence_check evidence_blocked(const struct evidence_rule *rule, const struct evidence_finding *findings);

/* What it asks and what there is, for a person. */
void evidence_say(const struct evidence_rule *rule, enum evidence_check check, const struct evidence_finding *finding,
                  char *out, size_t size);

/* The array of what was asked: {blocks, check, clause, figure, measured, outcome, source, status, unit}. */
void evidence_write(const struct evidence_rule *rule, const struct evidence_finding *findings, struct json_writer *w,
                    const char *key);

#endif
