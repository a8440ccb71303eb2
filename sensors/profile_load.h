/* Inside of the profile reader: what profile.c shares with the parts that know one kind of profile. */
#ifndef SENSORS_PROFILE_LOAD_H
#define SENSORS_PROFILE_LOAD_H

#include "sensors/profile.h"

/* What is being read: the file, the profile under construction and where to complain. */
struct profile_loader {
    struct conf *conf;
    struct profile *profile;
    ptrdiff_t top;
    struct err *err;
};

#define FAIL(l, node, ...) conf_error((l)->conf, (node), (l)->err, __VA_ARGS__)

/* A word out of a list; absent and not required: *out untouched. */
int profile_get_word(struct profile_loader *l, ptrdiff_t section, const char *name, bool required,
                     const char *const *words, size_t count, int *out);
int profile_get_text(struct profile_loader *l, ptrdiff_t section, const char *name, char *out, size_t size);
/* Section after section of one kind; `load` reads one. */
int profile_each(struct profile_loader *l, const char *kind, size_t max,
                 int (*load)(struct profile_loader *, ptrdiff_t));
const char *profile_title(struct profile_loader *l, ptrdiff_t node);

/* ---- profile_modbus.c: registers, and the numbers in a packet of bytes ---- */
int profile_modbus_reads(struct profile_loader *l);
int profile_modbus_value(struct profile_loader *l, ptrdiff_t node, struct profile_value *value);
int profile_modbus_field(struct profile_loader *l, ptrdiff_t node, struct profile_field *field);
/* Status, actions and record. */
int profile_modbus_rest(struct profile_loader *l);
/* The same of an AK profile. */
int profile_ak_rest(struct profile_loader *l);
int profile_bytes_value(struct profile_loader *l, ptrdiff_t node, struct profile_value *value);

#endif
