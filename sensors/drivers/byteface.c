#include "sensors/drivers/byteface.h"

#include <stddef.h>

/* ---- how each family's answers are built ---- */

static const struct bytecodec_answer nanhua_smoke = {.checksum = {BYTECODEC_ZERO, 0},
                                                     .error = {.at = 0, .value = 0x15, .length = 2}};
static const struct bytecodec_answer nanhua_gas = {.checksum = {BYTECODEC_PLAIN, 0}};
static const struct bytecodec_answer fuli = {.checksum = {BYTECODEC_ZERO, 0},
                                             .error = {.at = 0, .value = 0x15, .length = 2}};
static const struct bytecodec_answer fofen_smoke = {.checksum = {BYTECODEC_ZERO, 0},
                                                    .error = {.at = 2, .value = 0xFF, .length = 4}};
static const struct bytecodec_answer fofen_smoke_tail = {.checksum = {BYTECODEC_ZERO, 1},
                                                         .error = {.at = 2, .value = 0xFF, .length = 4}};
static const struct bytecodec_answer fofen_gas = {.checksum = {BYTECODEC_COMPLEMENT, 18}};
static const struct bytecodec_answer mingquan = {.length = BYTECODEC_LENGTH_BYTE,
                                                 .length_at = 2,
                                                 .length_more = 1,
                                                 .checksum = {BYTECODEC_ZERO, 0},
                                                 .error = {.at = 0, .value = 0x15, .length = 1}};
/* CAP3030, MEXA-584L: the length is known from what was asked */
static const struct bytecodec_answer acknowledged = {.checksum = {BYTECODEC_ZERO, 0},
                                                     .error = {.at = 0, .value = 0x15, .length = 1}};
static const struct bytecodec_answer sensors = {.length = BYTECODEC_WORDS_LE16,
                                                .length_at = 2,
                                                .length_more = 6,
                                                .checksum = {BYTECODEC_LE16, 0},
                                                .error = {.at = 1, .value = 0x15, .framed = true},
                                                .busy = {.at = 1, .value = 0x05, .framed = true}};

/* ---- opacimeters ---- */

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

const struct byteface byteface_flb100 = {
    .driver = "flb100",
    .name = "an FLB-100",
    .exchange = {.name = "values", BYTECODEC_REQUEST(0x02, 0x04, 0x02, 0xF8), BYTECODEC_HEAD(0x06), .reply_length = 13},
    .answer = &fuli,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface byteface_fty100_long = {
    .driver = "fty100",
    .option = "long",
    .name = "an FTY-100 in the long dialect",
    .exchange = {.name = "values",
                 BYTECODEC_REQUEST(0x66, 0x74, 0x79, 0x01, 0x02, 0x02, 0xA8),
                 BYTECODEC_HEAD(0x02),
                 .head_at = 2,
                 .reply_length = 10},
    .answer = &fofen_smoke,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface byteface_fty100_short = {
    .driver = "fty100",
    .option = "short",
    .name = "an FTY-100 in the short dialect",
    .exchange = {.name = "values",
                 BYTECODEC_REQUEST(0x01, 0x02, 0x02, 0xFB),
                 BYTECODEC_HEAD(0x02),
                 .head_at = 2,
                 .reply_length = 10},
    .answer = &fofen_smoke,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface byteface_fty100_tail = {
    .driver = "fty100",
    .option = "short-tail",
    .name = "an FTY-100 in the short-tail dialect",
    .exchange = {.name = "values",
                 BYTECODEC_REQUEST(0x01, 0x02, 0x02, 0xFC),
                 BYTECODEC_HEAD(0x02),
                 .head_at = 2,
                 .reply_length = 10},
    .answer = &fofen_smoke_tail,
    .request_checksum = {BYTECODEC_ZERO, 1},
};

const struct byteface byteface_mqw5101 = {
    .driver = "mqw5101",
    .name = "an MQW-5101",
    .exchange = {.name = "values",
                 BYTECODEC_REQUEST(0x05, 0x30, 0x03, 0xC8),
                 BYTECODEC_HEAD(0x06, 0x30),
                 .reply_length = 26},
    .answer = &mingquan,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface byteface_mqw5102 = {
    .name = "an MQW-5102",
    .exchange = {.name = "values",
                 BYTECODEC_REQUEST(0x05, 0x30, 0x05, 0x02, 0x01, 0xC3),
                 BYTECODEC_HEAD(0x06, 0x30),
                 .reply_length = 23},
    .answer = &mingquan,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface byteface_cap3030 = {
    .driver = "cap3030",
    .name = "a CAP3030",
    .exchange = {.name = "filtered opacity", BYTECODEC_REQUEST(0x75, 0x8B), BYTECODEC_HEAD(0x75), .reply_length = 8},
    .answer = &acknowledged,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

/* ---- gas analyzers ---- */

const struct byteface byteface_nha503 = {
    .driver = "nha503",
    .name = "an NHA-503",
    .exchange = {.name = "values", BYTECODEC_REQUEST(0x81), BYTECODEC_HEAD(0x06), .reply_length = 21},
    .answer = &nanhua_gas,
};

const struct byteface byteface_nha506 = {
    .driver = "nha506",
    .name = "an NHA-506",
    .exchange = {.name = "values", BYTECODEC_REQUEST(0x01), BYTECODEC_HEAD(0x06), .reply_length = 21},
    .answer = &nanhua_gas,
};

const struct byteface byteface_mqw50a = {
    .driver = "mqw50a",
    .name = "an MQW-50A",
    .exchange = {.name = "values",
                 BYTECODEC_REQUEST(0x02, 0x60, 0x03, 0x9B),
                 BYTECODEC_HEAD(0x06, 0x60),
                 .reply_length = 28},
    .answer = &mingquan,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface byteface_fga4100 = {
    .driver = "fga4100",
    .name = "an FGA-4100",
    .exchange = {.name = "values",
                 BYTECODEC_REQUEST(0x7E, 0x01, 0xF4, 0x0A, 0x7E, 0x04, 0x00, 0x01, 0x02, 0x02, 0xF6),
                 BYTECODEC_HEAD(0x7E),
                 .reply_length = 51},
    .answer = &fofen_gas,
    .request_checksum = {BYTECODEC_COMPLEMENT, 5},
};

const struct byteface byteface_mexa584l = {
    .driver = "mexa584l",
    .name = "a MEXA-584L",
    .exchange = {.name = "channels",
                 BYTECODEC_REQUEST(0x02, 0x01, 0x40, 0xBD),
                 BYTECODEC_HEAD(0x06, 0x40),
                 .reply_length = 28},
    .answer = &acknowledged,
    .request_checksum = {BYTECODEC_ZERO, 0},
};

const struct byteface byteface_microbench = {
    .driver = "microbench",
    .name = "a Microbench",
    .exchange = {.name = "data",
                 BYTECODEC_REQUEST(0x03, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00),
                 BYTECODEC_HEAD(0x03, 0x06),
                 .reply_length = 26},
    .answer = &sensors,
    .request_checksum = {BYTECODEC_LE16, 0},
};

const struct byteface *const bytefaces[] = {&byteface_cap3030,
                                            &byteface_fga4100,
                                            &byteface_flb100,
                                            &byteface_fty100_long,
                                            &byteface_fty100_short,
                                            &byteface_fty100_tail,
                                            &byteface_mexa584l,
                                            &byteface_microbench,
                                            &byteface_mqw50a,
                                            &byteface_mqw5101,
                                            &byteface_mqw5102,
                                            &byteface_mqy200,
                                            &byteface_nha503,
                                            &byteface_nha506,
                                            &byteface_nht1l,
                                            &byteface_nht6,
                                            NULL};
