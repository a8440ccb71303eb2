/* A roster as a fleet might send it: refused, or entries with plates that parse again, lines in order, facts that hold.
 */
#include "station/roster.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct roster *roster = malloc(sizeof *roster);
    char *bytes = malloc(size + 1); /* of its own, so that a read beyond it is seen */
    struct err err = {0};
    FUZZ_CHECK(roster && bytes);
    memcpy(bytes, data, size);
    int result = roster_read(roster, bytes, size, "fuzz", &err);
    FUZZ_CHECK(result == 0 || (err.code != ERR_NONE && err.text[0] && !strpbrk(err.text, "\r\n")));
    unsigned line = 0;
    for (size_t i = 0; result == 0 && i < roster->entries_count; i++) {
        const struct roster_entry *entry = &roster->entries[i];
        struct plate again;
        FUZZ_CHECK(entry->line > line);
        line = entry->line;
        if (roster->problems_count == 0)
            FUZZ_CHECK(plate_parse(&again, entry->vehicle.plate.text, entry->vehicle.plate.colour, &err) == 0);
    }
    FUZZ_CHECK(result != 0 || roster->entries_count > 0);
    roster_close(roster);
    free(roster);
    free(bytes);
    return 0;
}
