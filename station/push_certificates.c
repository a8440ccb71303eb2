#include "station/push_certificates.h"

#include <stdio.h>
#include <string.h>

#include "reports/keyfile.h"
#include "reports/log.h"
#include "reports/sealcert.h"
#include "station/clock.h"

enum { DAY_MS = 24 * 3600 * 1000 };

void push_certificates_of(const struct courier_outlet *o, int64_t now_s, int days, char out[ERR_TEXT_MAX])
{
    struct keyfile_certificates found;
    struct sealcert about = {.from_s = 0};
    char what[sizeof "certificate  that outlet  shows its receiver" + 80 + CONFIG_NAME_MAX];
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
    snprintf(what, sizeof what, "certificate %.80s that outlet %s shows its receiver", about.subject, o->name);
    sealcert_dates_warning(&about, what, "nothing is taken from us there until its successor lies in its place", now_s,
                           days, out);
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
