/* An answer of the police's platforms. First byte: what is asked of its rows; the rest: the answer as it came. */
#include "reports/soap.h"

#include <string.h>

#include "station/core/utf8.h"
#include "tests/fuzz/fuzz.h"

static const struct soap_question questions[] = {
    {.count = 0},
    {.count = 1, .wanted = {{"hphm", "新A12345"}}},
    {.count = 2, .wanted = {{"jdsbh", "652301000000001"}, {"wfsj", "2026-03-01 10:00:00"}}, .proof = "jyw"},
    {.count = 0, .proof = "xh"},
};

static void check_answer(const struct soap_answer *a, const struct soap_question *question)
{
    FUZZ_CHECK(utf8_check(a->message, strlen(a->message)) == strlen(a->message));
    if (a->fault)
        return;
    FUZZ_CHECK(a->text && a->code[0] && a->matches <= a->rows);
    FUZZ_CHECK(utf8_check(a->text, strlen(a->text)) == strlen(a->text));
    if (question->count == 0)
        FUZZ_CHECK(a->matches == a->rows);
    if (!question->proof || a->matches == 0)
        FUZZ_CHECK(a->proof[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct soap_answer answer;
    struct err err = {0};
    if (size == 0)
        return 0;
    const struct soap_question *question = &questions[data[0] % (sizeof questions / sizeof questions[0])];
    char *body = malloc(size); /* of its own, so that a read beyond it is seen */
    FUZZ_CHECK(body);
    memcpy(body, data + 1, size - 1);
    if (soap_answer_read(&answer, body, size - 1, question, &err) == 0)
        check_answer(&answer, question);
    else
        FUZZ_CHECK(err.code != ERR_NONE && err.text[0]);
    soap_answer_free(&answer);
    free(body);
    return 0;
}
