#include "sensors/drivers/byteface.h"

static const struct bytecodec_answer nanhua_smoke = {.checksum = {BYTECODEC_ZERO, 0},
                                                     .error = {.at = 0, .value = 0x15, .length = 2}};

const struct byteface byteface_nht6 = {
    .driver = "nht6",
    .name = "an NHT-6",
    .exchange = {.name = "internals", BYTECODEC_REQUEST(0xB0, 0x50), BYTECODEC_HEAD(0xB0), .reply_length = 20},
    .answer = &nanhua_smoke,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface byteface_nht1l = {
    .driver = "nht1l",
    .name = "an NHT-1L",
    .exchange = {.name = "internals", BYTECODEC_REQUEST(0xB0, 0x50), BYTECODEC_HEAD(0xB0), .reply_length = 18},
    .answer = &nanhua_smoke,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface byteface_mqy200 = {
    .driver = "mqy200",
    .name = "an MQY-200",
    .exchange = {.name = "environment", BYTECODEC_REQUEST(0xAE, 0x52), BYTECODEC_HEAD(0xAE), .reply_length = 16},
    .answer = &nanhua_smoke,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface *const bytefaces[] = {&byteface_mqy200, &byteface_nht1l, &byteface_nht6, NULL};
