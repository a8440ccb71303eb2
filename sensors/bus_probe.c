#include "sensors/bus_probe.h"

enum { DIFFERENT_MAX = 8 };

struct modbus_request bus_probe_read(const struct profile_read *read)
{
    return (struct modbus_request){.function = read->function, .address = read->address, .count = read->count};
}

static size_t find_longest(const struct profile_read *reads, size_t reads_count)
{
    size_t longest = 0;
    for (size_t i = 1; i < reads_count; i++)
        if (reads[i].count > reads[longest].count)
            longest = i;
    return longest;
}

static bool is_unmistakable(const struct profile_read *reads, size_t reads_count, const struct modbus_request *request)
{
    for (size_t i = 0; i < reads_count; i++) {
        struct modbus_request read = bus_probe_read(&reads[i]);
        if (read.function == request->function &&
            modbus_answer_length(MODBUS_RTU, &read) == modbus_answer_length(MODBUS_RTU, request))
            return false;
    }
    return true;
}

bool bus_probe_choose(const struct profile_read *reads, size_t reads_count, unsigned n, size_t *which,
                      struct modbus_request *probe)
{
    struct modbus_request different[DIFFERENT_MAX];
    unsigned found = 0;
    *which = find_longest(reads, reads_count);
    *probe = bus_probe_read(&reads[*which]);
    uint16_t step = probe->function <= 2 ? 8 : 1; /* to another length of the answer */
    for (uint16_t count = 1; count < probe->count && found < DIFFERENT_MAX; count += step) {
        different[found] = *probe;
        different[found].count = count;
        found += is_unmistakable(reads, reads_count, &different[found]);
    }
    if (found > 0)
        *probe = different[n % found];
    return found > 0;
}
