#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "reports/charset.h"
#include "reports/log.h"
#include "station/live_parts.h"

/* What goes out of the station to people at the roadside: pictures to a printer, the verdict to a sign. */

enum { PICTURE_MAX = 512 << 10, SIGN_TEXT_MAX = 128 };

/* ---- printer ---- */

static int find_output(const struct live *live, const char *name, struct err *err)
{
    for (int i = 0; i < live->bench.count; i++)
        if (strcmp(live->config->instruments[i].sensor.name, name) == 0 &&
            live->config->instruments[i].driver == sensor_driver_by_name("escpos"))
            return i;
    return err_set(err, ERR_INVALID, "there is no printer '%s'; add 'instrument %s { driver = escpos … }'", name, name);
}

/* Appends a piece of the picture. */
static int take_piece(struct live_output *out, const struct json_doc *request, struct err *err)
{
    ptrdiff_t token = json_member(request, 0, "data");
    if (token < 0 || request->tokens[token].type != JSON_STRING)
        return err_set(err, ERR_INVALID, "'data' must be the picture's bytes in Base64");
    size_t length = request->tokens[token].length, room = length / 4 * 3;
    const char *text = request->text + request->tokens[token].start;
    size_t padding = length >= 2 && text[length - 1] == '=' ? 1U + (text[length - 2] == '=') : 0;
    if (room == 0 || room > PICTURE_MAX - out->length)
        return err_set(err, ERR_INVALID, "a picture has 1 to %d bytes", PICTURE_MAX);
    uint8_t *longer = realloc(out->picture, out->length + room);
    if (!longer)
        return err_set(err, ERR_FAILED, "out of memory");
    out->picture = longer;
    if (EVP_DecodeBlock(longer + out->length, (const unsigned char *)text, (int)length) != (int)room)
        return err_set(err, ERR_INVALID, "'data' is no Base64");
    out->length += room - padding;
    return 0;
}

static void forget(struct live_output *out)
{
    free(out->picture);
    *out = (struct live_output){0};
}

static int print(struct live *live, struct control_client *client, const struct json_doc *request, bool *last,
                 struct err *err)
{
    char name[SENSOR_NAME_MAX];
    int64_t width = 0, first = 0;
    struct live_output *out = &live->output;
    if (live_request_text(request, "name", true, name, sizeof name, err) != 0)
        return -1;
    int instrument = find_output(live, name, err);
    if (instrument < 0)
        return -1;
    if (live->bench.instruments[instrument].job)
        return err_set(err, ERR_REFUSED, "%s is printing; wait until it has finished", name);
    if (!json_get_integer(request, json_member(request, 0, "width"), &width) || width < 1 || width > 80 ||
        !json_get_integer(request, json_member(request, 0, "first"), &first) ||
        !json_get_bool(request, json_member(request, 0, "last"), last))
        return err_set(err, ERR_INVALID,
                       "'width' (bytes of a row), 'first' (byte) and 'last' (true or false) are needed");
    if (first == 0) {
        forget(out);
        out->client = client;
    }
    if (out->client != client || (size_t)first != out->length)
        return err_set(err, ERR_REFUSED, "pieces of a picture come in order, from one who prints; begin again");
    if (take_piece(out, request, err) != 0)
        return -1;
    if (!*last)
        return 0;
    out->job = (struct sensor_job){.raster = out->picture, .width_bytes = (unsigned)width};
    out->job.rows = (unsigned)(out->length / (size_t)width);
    return bench_output(&live->bench, instrument, &out->job, clock_mono_ms(), err);
}

int live_output_print(struct live *live, struct control_client *client, const struct json_doc *request,
                      struct json_writer *answer, struct err *err)
{
    bool last = false;
    if (print(live, client, request, &last, err) != 0)
        return -1;
    json_object_begin(answer, NULL);
    json_bool(answer, "ok", true);
    json_bool(answer, "printing", last);
    json_object_end(answer);
    return 0;
}

void live_output_done(struct live *live, int instrument, const char *trouble)
{
    const char *name = live->config->instruments[instrument].sensor.name;
    if (trouble[0])
        log_warning("%s: the job is not out: %s", name, trouble);
    else
        log_notice("%s: the job is out", name);
    if (live->output.picture && live->output.job.raster == live->output.picture &&
        live->bench.instruments[instrument].sensor.driver == sensor_driver_by_name("escpos"))
        forget(&live->output);
}

void live_output_close(struct live *live)
{
    forget(&live->output);
}

/* ---- sign ---- */

static bool may_show(const struct rule *rule, const char *param)
{
    int64_t value = 0;
    return rule_has_param(rule, param) && rule_param_integer(rule, param, 0, 1, &value, NULL) == 0 && value == 1;
}

/* What the rule allows the public to see; "" is nothing. */
static void sign_text(const struct live_test *test, char out[SIGN_TEXT_MAX])
{
    enum verdict_kind kind = test->verdict.kind;
    bool decided = kind == VERDICT_PASS || kind == VERDICT_FAIL;
    bool verdict = decided && may_show(test->rule, "sign-verdict"),
         plate = decided && may_show(test->rule, "sign-plate");
    snprintf(out, SIGN_TEXT_MAX, "%s%s%s", plate ? test->vehicle.plate.text : "", plate && verdict ? " " : "",
             !verdict               ? ""
             : kind == VERDICT_PASS ? "合格"
                                    : "不合格");
}

static bool to_gbk(const char *text, char *out, size_t size)
{
    iconv_t converter;
    if (!charset_open(&converter, "GBK", "UTF-8"))
        return false;
    char in[SIGN_TEXT_MAX], *from = in, *to = out;
    size_t left = strlen(text), room = size - 1;
    memcpy(in, text, left + 1);
    bool done = iconv(converter, &from, &left, &to, &room) != (size_t)-1;
    iconv_close(converter);
    *to = '\0';
    return done;
}

void live_output_verdict(struct live *live)
{
    char text[SIGN_TEXT_MAX], gbk[SIGN_TEXT_MAX];
    sign_text(&live->test, text);
    if (!text[0])
        return;
    for (int i = 0; i < live->bench.count; i++) {
        struct err err = {0};
        if (live->config->instruments[i].driver != sensor_driver_by_name("sansi"))
            continue;
        if (!to_gbk(text, gbk, sizeof gbk)) {
            log_warning("the sign cannot show '%s': it has no code for it", text);
            continue;
        }
        const struct sensor_job job = {.text = gbk}; /* a sign has sent it when the call returns */
        if (bench_output(&live->bench, i, &job, clock_mono_ms(), &err) != 0)
            log_warning("the sign shows nothing: %s", err.text);
    }
}
