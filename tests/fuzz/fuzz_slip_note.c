/* The text of a slip's QR code: whatever a telephone has read. */
#include "reports/slip_note.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct slip_note note;
    struct err err = {0};
    if (slip_note_read(&note, (const char *)data, size, &err) != 0) {
        FUZZ_CHECK(err.code == ERR_INVALID && err.text[0]);
        return 0;
    }
    FUZZ_CHECK(note.id[0] && note.plate[0] && note.method[0] && note.verdict[0] && note.station[0]);
    FUZZ_CHECK(note.values_count <= SLIP_NOTE_VALUES_MAX && note.note_length <= size);
    return 0;
}
