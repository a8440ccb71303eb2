/* A station's history, from a stranger. As it is: nobody has signed it, so it is never taken. And as the facts of a
 * journal that is signed: each line an event and, after a tab, its record. What is taken lies in the bytes that were
 * read, in the journal's order, and is a fact of the station that signed. */
#include "reports/history.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/journal.h"

enum { ROOM = 1 << 16, LINE_MORE = 2048 };

static void check_facts(const struct history *h, const char *bytes, size_t length)
{
    for (size_t i = 0; i < h->facts_count; i++) {
        const struct history_fact *f = &h->facts[i];
        FUZZ_CHECK(f->record > bytes && f->record + f->record_length < bytes + length);
        FUZZ_CHECK(f->record[0] == '{' && f->record[f->record_length - 1] == '}');
        FUZZ_CHECK(f->id[0] && f->plate[0] && f->verdict[0] && strlen(f->record_sha256) == 64);
        FUZZ_CHECK(i == 0 || f[-1].record < f->record);
        FUZZ_CHECK((f->latitude[0] == '\0') == (f->longitude[0] == '\0'));
    }
}

static size_t put_line(char *out, struct journal *j, size_t index, const struct slice *record)
{
    struct json_writer w;
    json_writer_init(&w, out, j->events[index].length + record->length + LINE_MORE);
    json_object_begin(&w, NULL);
    json_raw(&w, "event", j->events[index].at, j->events[index].length);
    journal_prove(j, index, &w);
    json_raw(&w, "record", record->at, record->length);
    json_object_end(&w);
    ptrdiff_t length = json_writer_finish(&w);
    FUZZ_CHECK(length > 0);
    out[length] = '\n';
    return (size_t)length + 1;
}

static void read_signed(const char *data, size_t size)
{
    struct journal j = {.count = 0};
    struct slice rest = {data, size}, line, records[JOURNAL_EVENTS_MAX];
    struct history h = {.station = "652301-0007"};
    struct err err = {0};
    char *text = malloc(size + JOURNAL_EVENTS_MAX * LINE_MORE);
    size_t length = 0;
    FUZZ_CHECK(text);
    while (j.count < JOURNAL_EVENTS_MAX && slice_field(&rest, '\n', &line)) {
        if (!slice_field(&line, '\t', &j.events[j.count]) || !slice_field(&line, '\t', &records[j.count]))
            break;
        j.count++;
    }
    journal_sign(&j, &h.checkpoint);
    for (size_t i = 0; i < j.count; i++)
        length += put_line(text + length, &j, i, &records[i]);
    int result = history_read_facts(&h, text, length, &err);
    FUZZ_CHECK(result != 0 || h.facts_count == j.count);
    FUZZ_CHECK(result == 0 || (err.code != ERR_NONE && strncmp(err.text, "line ", 5) == 0));
    check_facts(&h, text, length);
    history_close(&h);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct history h;
    struct err err = {0};
    X509_STORE *trust = X509_STORE_new();
    char *bytes = malloc(size + 1); /* of its own, so that a read beyond it is seen */
    FUZZ_CHECK(bytes && trust);
    if (size < ROOM) {
        memcpy(bytes, data, size);
        FUZZ_CHECK(history_read(&h, bytes, size, trust, &err) != 0 && err.code != ERR_NONE && err.text[0]);
        history_close(&h);
        read_signed(bytes, size);
    }
    free(bytes);
    X509_STORE_free(trust);
    return 0;
}
