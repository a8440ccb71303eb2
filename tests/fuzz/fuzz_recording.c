/*
 * Recordings, which come out of packages that anybody may have made: read, written again, replayed without a test. An
 * error has one line; what was read is written as it was read.
 */
#include "sensors/recording.h"

#include <string.h>

#include "sensors/replay.h"
#include "tests/fuzz/fuzz.h"

static void check_error(const struct err *err)
{
    FUZZ_CHECK(err->code != ERR_NONE && err->text[0] && !strpbrk(err->text, "\r\n"));
}

static void check_line(const struct recording_line *line)
{
    char text[2 * RECORDING_CHUNK_MAX + 300] = "# smogd recording 1\n";
    size_t head = strlen(text);
    struct recording again;
    struct recording_line back;
    ptrdiff_t length = recording_format(line, text + head, sizeof text - head);
    FUZZ_CHECK(length > 0);
    FUZZ_CHECK(recording_open(&again, text, head + (size_t)length, NULL) == 0);
    FUZZ_CHECK(recording_next(&again, &back, NULL) == 1);
    FUZZ_CHECK(back.t_ms == line->t_ms && back.direction == line->direction && back.length == line->length);
    FUZZ_CHECK(memcmp(back.bytes, line->bytes, line->length) == 0 && strcmp(back.text, line->text) == 0);
    FUZZ_CHECK(recording_next(&again, &back, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct replay replay;
    struct recording recording;
    struct recording_line line;
    struct err err = {0};
    const struct replay_file file = {"fuzz.rec", (const char *)data, size};
    int more = recording_open(&recording, file.text, size, &err);
    if (more < 0)
        check_error(&err);
    for (more = more == 0; more == 1;) {
        more = recording_next(&recording, &line, &err);
        if (more == 1)
            check_line(&line);
        if (more < 0)
            check_error(&err);
    }
    err = (struct err){0};
    if (replay_samples(&replay, &file, 1, NULL, 0, NULL, &err) != 0)
        check_error(&err);
    return 0;
}
