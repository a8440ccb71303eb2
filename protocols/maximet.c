#include "protocols/maximet.h"

#include <string.h>

bool maximet_parse(struct slice line, struct slice *body)
{
    enum { STX = 0x02, ETX = 0x03, CHECKSUM_LENGTH = 2 };
    if (line.length < 2 + CHECKSUM_LENGTH || line.at[0] != STX)
        return false;
    const char *etx = line.at + line.length - CHECKSUM_LENGTH - 1;
    *body = (struct slice){line.at + 1, (size_t)(etx - line.at) - 1};
    if (*etx != ETX || slice_hex_byte(etx + 1) != slice_xor(body->at, body->length))
        return false;
    if (body->length > 0 && body->at[body->length - 1] == ',')
        body->length--;
    return true;
}

bool maximet_column(struct slice body, size_t index, struct slice *column, size_t *count)
{
    struct slice field;
    bool found = false;
    for (*count = 0; slice_field(&body, ',', &field); ++*count)
        if (*count == index) {
            *column = field;
            found = true;
        }
    return found;
}
