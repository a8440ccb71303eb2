#include "protocols/ak.h"

#include <stdio.h>
#include <string.h>

enum { STX = 0x02, ETX = 0x03, CODE_AT = 2, CODE_LENGTH = 4, ERROR_AT = 7, DATA_AT = 8 };

bool ak_is_code(const char *code)
{
    if (strlen(code) != CODE_LENGTH || !strchr("SEA", code[0]))
        return false;
    return strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == CODE_LENGTH;
}

size_t ak_request(const char *code, unsigned channel, uint8_t out[AK_REQUEST_MAX])
{
    char text[AK_REQUEST_MAX];
    int length = snprintf(text, sizeof text, "%c %.4s K%u%c", STX, code, channel, ETX);
    if (length < 0 || length >= AK_REQUEST_MAX)
        return 0;
    memcpy(out, text, (size_t)length);
    return (size_t)length;
}

enum slice_found ak_find(const uint8_t *buf, size_t length, size_t *frame)
{
    *frame = 1;
    if (buf[0] == '\r' || buf[0] == '\n')
        return SLICE_FRAME;
    if (buf[0] != STX)
        return SLICE_BAD;
    for (size_t at = 1; at < length && at < AK_FRAME_MAX; at++) {
        *frame = at + 1;
        if (buf[at] == ETX)
            return SLICE_FRAME;
        if (buf[at] < ' ' || buf[at] > '~')
            return SLICE_BAD;
    }
    return length < AK_FRAME_MAX ? SLICE_MORE : SLICE_BAD;
}

/* Takes a refusal and the channel before it off the data. */
static enum ak_refusal find_refusal(struct slice *data)
{
    static const char *const words[] = {
        [AK_BUSY] = "BS", [AK_SYNTAX] = "SE", [AK_DATA] = "DF", [AK_OFFLINE] = "OF", [AK_NOT_AVAILABLE] = "NA",
    };
    struct slice rest = *data;
    struct slice word;
    if (!slice_word(&rest, &word))
        return AK_ACCEPTED;
    if (word.length > 1 && word.at[0] == 'K' && !slice_word(&rest, &word))
        return AK_ACCEPTED;
    struct slice more;
    for (enum ak_refusal refusal = AK_BUSY; refusal <= AK_NOT_AVAILABLE; refusal++)
        if (slice_is(word, words[refusal]) && !slice_word(&rest, &more)) {
            data->length = (size_t)(word.at - data->at);
            return refusal;
        }
    return AK_ACCEPTED;
}

bool ak_parse(const uint8_t *frame, size_t length, struct ak_reply *reply)
{
    *reply = (struct ak_reply){0};
    if (length <= DATA_AT || frame[0] != STX || frame[length - 1] != ETX || frame[CODE_AT + CODE_LENGTH] != ' ')
        return false;
    memcpy(reply->code, frame + CODE_AT, CODE_LENGTH);
    reply->error = (char)frame[ERROR_AT];
    reply->data = (struct slice){(const char *)frame + DATA_AT, length - 1 - DATA_AT};
    if (reply->error < '0' || reply->error > '9' || (reply->data.length > 0 && reply->data.at[0] != ' '))
        return false;
    if (strcmp(reply->code, "????") == 0) {
        reply->code[0] = '\0';
        reply->refusal = AK_NOT_UNDERSTOOD;
        return true;
    }
    reply->refusal = find_refusal(&reply->data);
    return ak_is_code(reply->code);
}

bool ak_number(struct slice data, unsigned index, struct slice *number, bool *valid)
{
    for (unsigned i = 0; i <= index; i++)
        if (!slice_word(&data, number))
            return false;
    *valid = number->at[0] != '#';
    if (!*valid) {
        number->at++;
        number->length--;
    }
    return slice_is_number(*number);
}

unsigned ak_count_words(struct slice data)
{
    struct slice word;
    unsigned count = 0;
    while (slice_word(&data, &word))
        count++;
    return count;
}
