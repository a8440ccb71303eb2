/* A receiver's answer, first byte: what was asked and answered; the rest: the body. "sent" needs a receipt for our
 * bytes, a question never ends in anything but sent, unknown or sending, and what is shown is one clean line. */
#include "reports/outlet.h"

#include <stdbool.h>
#include <string.h>

#include "station/core/utf8.h"
#include "tests/fuzz/fuzz.h"

#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void check_line(const char *text)
{
    size_t length = strlen(text);
    FUZZ_CHECK(length > 0 && utf8_check(text, length) == length);
    for (size_t i = 0; i < length; i++)
        FUZZ_CHECK((unsigned char)text[i] >= 0x20 && text[i] != 0x7F);
}

static bool holds(const char *body, size_t length, const char *words)
{
    size_t size = strlen(words);
    for (size_t i = 0; i + size <= length; i++)
        if (memcmp(body + i, words, size) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 201, 202, 302, 400, 401, 404, 409, 422, 429, 500, 503, 204, 408, 413, 599};
    static struct outlet_result result;
    static const struct outlet_setup setup = {.name = "r", .url = "https://r/p"};
    struct outlet_parcel parcel = {.setup = &setup, .sha256_hex = HASH};
    struct outlet_request first, next;
    if (size == 0 || size > OUTLET_REPLY_MAX)
        return 0;
    parcel.ask = data[0] & 0x10;
    char *body = malloc(size); /* of its own, so that a read beyond it is seen */
    FUZZ_CHECK(body);
    memcpy(body, data + 1, size - 1);
    struct outlet_reply reply = {.status = statuses[data[0] & 0xF],
                                 .reached = true,
                                 .body_out = true,
                                 .whole = !(data[0] & 0x20),
                                 .body = body,
                                 .length = size - 1};
    FUZZ_CHECK(outlet_package_rest.begin(&parcel, &first, &result));
    if (outlet_package_rest.step(&parcel, &first, &reply, &next, &result)) {
        FUZZ_CHECK(parcel.ask && reply.status == 404 && next.post);
    } else {
        check_line(result.text);
        if (result.outcome == OUTLET_SENT) {
            check_line(result.receipt_id);
            FUZZ_CHECK(reply.whole && reply.status <= 201 && holds(body, size - 1, "package_sha256"));
            FUZZ_CHECK(strlen(result.receipt) == size - 1);
        } else {
            FUZZ_CHECK(!result.receipt[0] && !result.receipt_id[0]);
            FUZZ_CHECK(!parcel.ask || result.outcome == OUTLET_UNKNOWN);
        }
    }
    free(body);
    return 0;
}
