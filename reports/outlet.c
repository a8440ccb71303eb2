#include "reports/outlet.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "station/core/utf8.h"

static const struct outlet_driver *const drivers[] = {
    &outlet_package_rest, &outlet_rm60,      &outlet_vio04, &outlet_ecology_json,
    &outlet_remote_json,  &outlet_file_drop, NULL};

const struct outlet_driver *outlet_find(const char *kind)
{
    for (size_t i = 0; drivers[i]; i++)
        if (strcmp(drivers[i]->kind, kind) == 0)
            return drivers[i];
    return NULL;
}

const char *outlet_outcome_name(enum outlet_outcome outcome)
{
    static const char *const names[] = {"sent", "retry", "refused", "unknown"};
    return names[outcome];
}

bool outlet_presentable(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            return false;
    return text[0] != '\0';
}

void outlet_result_clear(struct outlet_result *result)
{
    memset(result, 0, offsetof(struct outlet_result, receipt) + 1);
}

void outlet_request_free(struct outlet_request *request)
{
    free(request->body);
    request->body = NULL;
}

void outlet_header(struct outlet_request *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->headers[r->headers_count++], OUTLET_HEADER_MAX, format, args);
    va_end(args);
}

void outlet_conclude(struct outlet_result *r, enum outlet_outcome outcome, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    r->outcome = outcome;
    vsnprintf(r->text, sizeof r->text, format, args);
    utf8_trim(r->text);
    va_end(args);
}

int outlet_check_status(const struct outlet_reply *reply, bool yes, struct err *err)
{
    if (!yes || (reply->status >= 200 && reply->status < 300))
        return 0;
    return err_set(err, ERR_INVALID, "the answer says that it went well, its status says that it did not");
}

void outlet_quote(const char *text, size_t length, char *out, size_t room)
{
    size_t made = 0;
    for (size_t at = 0, size; at<length; at += size> 0 ? size : 1) {
        uint32_t c = utf8_next(text + at, length - at, &size);
        bool shown = size > 0 && c >= 0x20 && c != 0x7F;
        if (made + (shown ? size : 1) >= room)
            break;
        memcpy(out + made, shown ? text + at : "?", shown ? size : 1);
        made += shown ? size : 1;
    }
    out[made] = '\0';
}

/* No answer, or none of HTTP. */
static void conclude_silence(const struct outlet_request *last, const struct outlet_reply *reply,
                             struct outlet_result *r)
{
    bool may_have_it = last->writes && reply->body_out;
    r->everyone = true;
    outlet_conclude(r, may_have_it ? OUTLET_UNKNOWN : OUTLET_RETRY, "%s", reply->trouble);
}

bool outlet_conclude_receiver(const struct outlet_request *last, const struct outlet_reply *reply,
                              struct outlet_result *r)
{
    int status = reply->status;
    long long wait_s = (long long)(reply->retry_after_ms / 1000);
    r->everyone = true;
    if (status == 0) {
        conclude_silence(last, reply, r);
    } else if (status == 401 || status == 403) {
        r->alarm = true;
        outlet_conclude(r, OUTLET_RETRY, "%d: the receiver does not let this station in; have it enter our certificate",
                        status);
    } else if ((status == 429 || status == 503) && wait_s > 0) {
        outlet_conclude(r, OUTLET_RETRY, "%d: the receiver is busy and asks to wait %lld s", status, wait_s);
    } else if (status == 429 || status == 503) {
        outlet_conclude(r, OUTLET_RETRY, "%d: the receiver is busy", status);
    } else if (status >= 300 && status < 400) {
        r->alarm = true;
        outlet_conclude(r, OUTLET_RETRY,
                        "%d: the address leads elsewhere (a log-in page of the network?); check the url", status);
    } else {
        r->everyone = false;
        return false;
    }
    return true;
}
