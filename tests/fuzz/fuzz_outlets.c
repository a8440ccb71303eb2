/* What receivers answer. The first byte chooses the receiver and how things stand; then come its answers, one after the
 * other: two bytes of status and state, two of length (big-endian), the body. Whatever is answered, an attempt comes to
 * an end that a person can read, and only a whole answer of success is taken for one. */
#include "reports/outlet.h"

#include <string.h>

#include "reports/file.h"
#include "station/core/json.h"
#include "station/core/utf8.h"
#include "tests/fuzz/fuzz.h"

enum { REQUESTS_MAX = 8, RECORD_MAX = 1 << 16, TOKENS_MAX = 64, RECORDS = 2, ASK = 8, REPLACES = 16 };

static const struct kind {
    const struct outlet_driver *driver;
    const char *interface;
    size_t records;
} kinds[] = {{&outlet_rm60, "screened", 1},
             {&outlet_vio04, "decided", 1},
             {&outlet_ecology_json, NULL, 1},
             {&outlet_remote_json, NULL, RECORDS}};

static struct outlet_map *map;
static struct neutral *records[RECORDS];

static void open_once(void)
{
    struct err err;
    char *text;
    size_t length;
    if (map)
        return;
    FUZZ_CHECK(outlet_map_open(&map, "tests/fuzz/outlet", "map", &err) == 0);
    FUZZ_CHECK(file_read("tests/fuzz/outlet/record.json", RECORD_MAX, &text, &length, &err) == 0);
    const struct neutral_source source = {.record = text, .record_length = length};
    for (size_t i = 0; i < RECORDS; i++)
        FUZZ_CHECK(neutral_open(&records[i], &source, &err) == 0);
    neutral_set(records[1], "id", "652301-0007-P00000002");
    free(text);
}

/* Its body; NULL: no more of them. */
static char *take_reply(const uint8_t **data, size_t *size, struct outlet_reply *reply)
{
    static const int status[] = {200, 201, 204, 302, 400, 401, 404, 422, 429, 500, 503, 0};
    if (*size < 4)
        return NULL;
    const uint8_t *at = *data;
    size_t length = (size_t)at[2] << 8 | at[3];
    if (length > *size - 4)
        length = *size - 4;
    *reply = (struct outlet_reply){.status = status[at[0] % (sizeof status / sizeof status[0])],
                                   .reached = true,
                                   .body_out = at[1] & 1,
                                   .whole = !(at[1] & 2),
                                   .retry_after_ms = at[1] & 4 ? 1000 : 0,
                                   .length = length,
                                   .trouble = "the connection was lost"};
    char *body = malloc(length + 1); /* of its own, so that a read beyond it is seen */
    FUZZ_CHECK(body);
    memcpy(body, at + 4, length);
    reply->body = body;
    *data += 4 + length;
    *size -= 4 + length;
    return body;
}

static bool can_be_read(const char *text)
{
    return outlet_presentable(text) && utf8_check(text, strlen(text)) == strlen(text);
}

static void check_result(const struct outlet_result *r, bool success)
{
    struct json_token tokens[TOKENS_MAX];
    struct json_doc doc;
    struct err err;
    FUZZ_CHECK(r->outcome <= OUTLET_UNKNOWN && can_be_read(r->text));
    if (r->outcome != OUTLET_SENT)
        return;
    FUZZ_CHECK(success && can_be_read(r->receipt_id));
    if (r->receipt[0])
        FUZZ_CHECK(json_parse(&doc, r->receipt, strlen(r->receipt), tokens, TOKENS_MAX, &err) == 0);
}

static void attempt(const struct outlet_driver *driver, const struct outlet_parcel *p, const uint8_t *data, size_t size)
{
    static struct outlet_request last, next;
    static struct outlet_result result;
    struct outlet_reply reply;
    bool success = false;
    char *body;
    size_t requests = 0;
    bool more = driver->begin(p, &last, &result);
    while (more && (body = take_reply(&data, &size, &reply)) != NULL) {
        FUZZ_CHECK(requests++ < REQUESTS_MAX && strlen(last.url) > 0 && last.headers_count <= OUTLET_HEADERS_MAX);
        more = driver->step(p, &last, &reply, &next, &result);
        success = success || (reply.whole && reply.status / 100 == 2);
        outlet_request_free(&last);
        free(body);
        last = next;
    }
    if (more)
        outlet_request_free(&last);
    else
        check_result(&result, success);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char rejected[RECORDS][OUTLET_TEXT_MAX];
    static struct outlet_memory memory;
    open_once();
    if (size == 0)
        return 0;
    const struct kind *kind = &kinds[data[0] % (sizeof kinds / sizeof kinds[0])];
    const struct outlet_setup setup = {.name = "fuzz",
                                       .url = "https://receiver.example/service",
                                       .map = map,
                                       .interface = kind->interface,
                                       .call = "old",
                                       .encoding = "UTF-8",
                                       .user = "station",
                                       .secret = "secret",
                                       .replaces = data[0] & REPLACES};
    const struct outlet_parcel parcel = {.setup = &setup,
                                         .memory = &memory,
                                         .id = "652301-0007-P00000001",
                                         .records = records,
                                         .records_count = kind->records,
                                         .rejected = rejected,
                                         .ask = data[0] & ASK,
                                         .now = "2026-07-01T09:40:00.000+08:00"};
    memory.token[0] = '\0';
    memset(rejected, 0, sizeof rejected);
    attempt(kind->driver, &parcel, data + 1, size - 1);
    return 0;
}
