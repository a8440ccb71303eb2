#include "protocols/vaisala.h"

bool vaisala_body(struct slice line, int address, struct slice *body)
{
    enum { HEAD_LENGTH = 4 };
    if (line.length <= HEAD_LENGTH || line.at[0] != '0' + address ||
        !slice_begins((struct slice){line.at + 1, 3}, "R0,"))
        return false;
    *body = (struct slice){line.at + HEAD_LENGTH, line.length - HEAD_LENGTH};
    return true;
}

bool vaisala_next(struct slice *body, struct vaisala_parameter *parameter)
{
    enum { NAME_LENGTH = 2, LEAST = 5 };
    struct slice field;
    *parameter = (struct vaisala_parameter){0};
    if (!slice_field(body, ',', &field))
        return false;
    if (field.length < LEAST || field.at[NAME_LENGTH] != '=')
        return true;
    parameter->name = (struct slice){field.at, NAME_LENGTH};
    parameter->number = (struct slice){field.at + NAME_LENGTH + 1, field.length - NAME_LENGTH - 2};
    if (slice_is_number(parameter->number))
        parameter->unit = field.at[field.length - 1];
    return true;
}
