#include "station/push_certificates.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reports/keyfile.h"
#include "reports/log.h"
#include "reports/sealcert.h"
#include "station/clock.h"

enum { DAY_S = 86400, DAY_MS = 24 * 3600 * 1000 };

static void describe(const struct sealcert *c, const char *outlet, int64_t now_s, int days, char out[ERR_TEXT_MAX])
{
    char when[CIVIL_TIME_TEXT_MAX];
    int64_t left_s = c->until_s - now_s;
    civil_time_format(c->until_s * 1000, 0, when);
    if (now_s < c->from_s)
        snprintf(
            out, ERR_TEXT_MAX,
            "the certificate %.80s that outlet %s shows its receiver is not valid yet; is the station's clock right?",
            c->subject, outlet);
    else if (left_s < 0)
        snprintf(
            out, ERR_TEXT_MAX,
            "the certificate %.80s that outlet %s shows its receiver has expired on %.10s: nothing is taken from us "
            "there until its successor lies in its place",
            c->subject, outlet, when);
    else if (left_s < (int64_t)days * DAY_S)
        snprintf(out, ERR_TEXT_MAX,
                 "the certificate %.80s that outlet %s shows its receiver expires on %.10s, in %" PRId64
                 " days; have its successor made and put it in its place",
                 c->subject, outlet, when, left_s / DAY_S);
}

void push_certificates_of(const struct courier_outlet *o, int64_t now_s, int days, char out[ERR_TEXT_MAX])
{
    struct keyfile_certificates found;
    struct sealcert about = {.from_s = 0};
    struct err err;
    out[0] = '\0';
    if (!o->identity.cert)
        return;
    if (keyfile_certificates(&found, o->identity.cert, &err) != 0) {
        snprintf(out, ERR_TEXT_MAX, "%.*s", ERR_TEXT_MAX - 1, err.text);
        return;
    }
    sealcert_dates(&about, found.cert);
    keyfile_certificates_free(&found);
    describe(&about, o->name, now_s, days, out);
}

/* Sets the note where it has changed; what was there before the start is taken back (push_start_notes). */
static void tell(char told[ERR_TEXT_MAX], const char *text, const char *about, bool daily, struct queue *queue)
{
    struct err err;
    if (strcmp(told, text) != 0 && queue_note_set(queue, about, text, clock_unix_ms(), &err) != 0)
        log_warning("%s", err.text);
    else
        snprintf(told, ERR_TEXT_MAX, "%s", text);
    if (daily && text[0])
        log_warning("%s", text);
}

void push_certificates_look(struct push_certificates *c, const struct keyring *keys, const struct outlets *outlets,
                            struct queue *queue, int days)
{
    char text[ERR_TEXT_MAX], about[sizeof "certificate " + CONFIG_NAME_MAX];
    int64_t now_s = clock_unix_ms() / 1000;
    bool daily = clock_mono_ms() >= c->warn_ms;
    keyring_warning(keys, now_s, days, text);
    tell(c->told[0], text, "certificate", daily, queue);
    for (size_t i = 0; i < outlets->count; i++) {
        push_certificates_of(&outlets->of[i], now_s, days, text);
        snprintf(about, sizeof about, "certificate %s", outlets->of[i].name);
        tell(c->told[i + 1], text, about, daily, queue);
    }
    if (daily)
        c->warn_ms = clock_mono_ms() + DAY_MS;
}
