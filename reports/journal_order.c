#include "reports/journal_order.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool text(const struct json_doc *doc, const char *key, char *out, size_t size)
{
    return json_get_string(doc, json_member(doc, 0, key), out, size);
}

/* A number that is not the next one: given before, or one was left out. */
static int wrong_number(const char *what, const char *id, int64_t number, int64_t last, struct err *err)
{
    if (number <= last)
        return err_set(err, ERR_FAILED, "%s %s has a number that was given before: %" PRId64 ", the last was %" PRId64,
                       what, id, number, last);
    return err_set(err, ERR_FAILED, "before %s %s the number %" PRId64 " is missing", what, id, last + 1);
}

/* Every started test has the next number, and an end before the next one starts. */
static int take_test(struct journal_order *o, const struct json_doc *doc, bool start, struct err *err)
{
    char id[RECORD_ID_MAX];
    int64_t seq;
    if (!text(doc, "test", id, sizeof id))
        return err_set(err, ERR_FAILED, "a test has no id");
    if (!start) {
        if (strcmp(id, o->open_test) != 0)
            return err_set(err, ERR_FAILED, "test %s ends, but %s was started", id,
                           o->open_test[0] ? o->open_test : "none");
        o->open_test[0] = '\0';
        return 0;
    }
    if (o->open_test[0])
        return err_set(err, ERR_FAILED, "test %s has no end", o->open_test);
    if (!json_get_integer(doc, json_member(doc, 0, "seq"), &seq))
        return err_set(err, ERR_FAILED, "test %s has no number", id);
    if (seq != o->tests + 1)
        return wrong_number("test", id, seq, o->tests, err);
    o->tests = seq;
    memcpy(o->open_test, id, sizeof id);
    return 0;
}

/* "652301-0007-P00000042": the number is the id's last part. */
static int take_passage(struct journal_order *o, const struct json_doc *doc, struct err *err)
{
    char id[RECORD_ID_MAX];
    const char *number = text(doc, "passage", id, sizeof id) ? strrchr(id, 'P') : NULL;
    if (!number)
        return err_set(err, ERR_FAILED, "a passage has no id with a number");
    int64_t seq = strtoll(number + 1, NULL, 10);
    if (seq != o->passages + 1)
        return wrong_number("passage", id, seq, o->passages, err);
    o->passages = seq;
    return 0;
}

/* A journal that was restored from a backup goes on with other numbers: what the lost part had given is not given
 * again. */
static int take_restored(struct journal_order *o, const struct json_doc *doc, struct err *err)
{
    int64_t from;
    if (!json_get_integer(doc, json_member(doc, 0, "numbers_from"), &from) || from <= o->tests || from <= o->passages)
        return err_set(err, ERR_FAILED, "the journal was restored, but its numbers do not go on");
    o->tests = o->passages = from - 1;
    return 0;
}

int journal_order_number(struct journal_order *o, const struct json_doc *event, const char *kind, struct err *err)
{
    bool start = strcmp(kind, "test-start") == 0;
    if (start || strcmp(kind, "test-end") == 0)
        return take_test(o, event, start, err);
    if (strcmp(kind, "passage") == 0)
        return take_passage(o, event, err);
    return strcmp(kind, "restored") == 0 ? take_restored(o, event, err) : 0;
}

int journal_order_time(struct journal_order *o, const struct json_doc *event, const char *kind, struct err *err)
{
    /* smogd hears of a step at once, or looks once a minute where the kernel cannot tell; systemd ends it when it
     * hangs for ten seconds, and its start explains what went before. */
    enum { TOLERANCE_MS = 1000, PATIENCE = 8, GROUP_MS = 10000, SAID_WITHIN_MS = 300000 };
    const int64_t MONO_MAX_MS = INT64_C(1) << 53;
    char boot[sizeof o->boot], at[CIVIL_TIME_TEXT_MAX];
    int64_t mono_ms = 0, wall_ms = 0;
    if (!text(event, "boot", boot, sizeof boot) || !text(event, "at", at, sizeof at) ||
        !civil_time_parse(&wall_ms, at, strlen(at), 0) ||
        !json_get_integer(event, json_member(event, 0, "mono_ms"), &mono_ms) || mono_ms < 0 || mono_ms > MONO_MAX_MS)
        return err_set(err, ERR_FAILED, "it does not say when it was");
    bool same_boot = strcmp(boot, o->boot) == 0;
    bool first = o->boot[0] == '\0';
    int64_t went_back_ms = first ? 0 : o->wall_ms - wall_ms + (same_boot ? mono_ms - o->mono_ms : 0);
    if (same_boot && mono_ms + GROUP_MS < o->mono_ms)
        return err_set(err, ERR_FAILED, "it was written before the event that stands before it");
    memcpy(o->boot, boot, sizeof boot);
    o->mono_ms = mono_ms;
    o->wall_ms = wall_ms;
    bool said = strcmp(kind, "clock-step") == 0 || strcmp(kind, "daemon-start") == 0;
    if (went_back_ms > TOLERANCE_MS) {
        o->set_back++;
        o->unexplained = 1;
        o->back_mono_ms = mono_ms;
    }
    if (said || o->unexplained == 0) {
        o->unexplained = 0;
        return 0;
    }
    bool overdue = same_boot && mono_ms - o->back_mono_ms > SAID_WITHIN_MS;
    if (o->unexplained++ < PATIENCE && !overdue)
        return 0;
    o->unexplained = 0;
    return err_set(err, ERR_FAILED, "the clock went back before it, and no event says that it was set");
}
