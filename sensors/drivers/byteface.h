/*
 * The faces of the instruments that are asked with a few bytes: for each model a question that only reads, and the
 * answer that only this model gives. A driver recognises its own model by it, and by the others' which wrong one stands
 * there; whoever looks through the ports asks them one after the other.
 *
 * Sister models give the same bytes other meanings, so a question is chosen that is harmless to all of them.
 */
#ifndef SENSORS_DRIVERS_BYTEFACE_H
#define SENSORS_DRIVERS_BYTEFACE_H

#include "protocols/bytecodec.h"

struct byteface {
    const char *driver; /* that takes this model; NULL: known, but no driver takes it */
    const char *option; /* that the driver needs for it; NULL: none */
    const char *name;   /* for people: "an NHT-6" */
    struct bytecodec_exchange exchange;
    const struct bytecodec_answer *answer;
    struct bytecodec_checksum request_checksum;
};

extern const struct byteface byteface_nht6, byteface_nht1l, byteface_mqy200, byteface_flb100, byteface_fty100_long,
    byteface_fty100_short, byteface_fty100_tail, byteface_mqw5101, byteface_mqw5102, byteface_cap3030, byteface_nha503,
    byteface_nha506, byteface_mqw50a, byteface_fga4100, byteface_mexa584l, byteface_microbench;

extern const struct byteface *const bytefaces[]; /* all of them, NULL-terminated */

#endif
