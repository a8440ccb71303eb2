/* What the answers of a byte model mean: its options, its states, its numbers. Parts of sensors/drivers/bytemodel.c. */
#ifndef SENSORS_DRIVERS_BYTEMODEL_READ_H
#define SENSORS_DRIVERS_BYTEMODEL_READ_H

#include "sensors/drivers/bytemodel.h"

enum { BYTEMODEL_TEXT_ROOM = 120 };

/* What one poll said last. */
struct bytemodel_told {
    bool known;
    int8_t state;  /* index of the state that holds; -1: none */
    bool stranger; /* a code that is not in the list */
    uint8_t code;
    uint16_t alarms;
};

/* The path length its smoke is measured over: the configured one, else its own. */
struct decimal bytemodel_path_m(const struct bytemodel *m, const struct sensor_config *config);

/* The model's name as it stands in the record, which says so where k is computed. */
void bytemodel_name(const struct bytemodel *m, const struct sensor_config *config, struct sensor_identity *identity);

/* The row for that option. */
const struct bytemodel *bytemodel_row(const struct bytemodel *first, const char *option);

/* The digits of a field of the values with that option; -1: nobody knows them. */
int bytemodel_digits(const struct bytemodel_field *field, const char *option);

/* Does the option leave all numbers without digits, so that nothing can be published? `need` is then what to configure
 * ("hc=… co=…"). */
bool bytemodel_lacks_digits(const struct bytemodel *m, const char *option, char need[BYTEMODEL_TEXT_ROOM]);

bool bytemodel_is_poll(const struct bytemodel *m, size_t poll);

struct bytemodel_told bytemodel_listen(const struct bytemodel_poll *poll, const uint8_t *bytes);

/* What all polls together say: the first fault, those of the values last. `detail` is for people. */
enum instrument_status bytemodel_status(const struct bytemodel *m, const struct bytemodel_told *told,
                                        char detail[BYTEMODEL_TEXT_ROOM]);

/* The numbers of a reply, at best as good as `best`. */
void bytemodel_numbers(const struct bytemodel *m, const struct bytemodel_poll *poll, const struct sensor_config *config,
                       const uint8_t *bytes, uint8_t channels, enum quality best, struct sample *sample);

void bytemodel_tell(const struct bytemodel_tell *tell, const uint8_t *bytes, size_t length,
                    struct sensor_identity *identity);

#endif
