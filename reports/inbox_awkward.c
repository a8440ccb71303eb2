#include "reports/inbox_awkward.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "reports/file.h"

enum {
    ITEMS_MAX = 256,
    CHANCES_MAX = 32,
    PACKAGES_MAX = 4096,
    SCRIPT_MAX = 64 << 10,
    HASTE_MS = 200,  /* sooner after a failure is hammering */
    EARLY_MS = 100,  /* clocks and rounding: so much sooner than Retry-After is let pass */
    WORDS_MAX = 160, /* of the first breach of a rule */
};

/* What the sender knows of a package, if it has understood our answers. */
enum known {
    NOTHING, /* certainly not there: may be sent */
    UNSURE,  /* may be there: ask first */
    BUSY,    /* 409: wait, then ask or send */
    REFUSED, /* not wanted: a person must look */
    ARRIVED, /* a good receipt went out */
};

struct package {
    char sha256[65];
    enum known known;
    int64_t not_before_ms, failed_ms;
    unsigned uploads, questions;
};

#define RULE_TABLE(X)                                                                                                  \
    X(KEY, "idempotency-key", "every upload names its package by Idempotency-Key, its SHA-256")                        \
    X(ASK, "asks-first", "asks (GET) before it sends again what may have arrived")                                     \
    X(WAIT, "retry-after", "waits as long as Retry-After says")                                                        \
    X(PACE, "pace", "does not hammer: at least 0.2 s between a failure and the next attempt")                          \
    X(PARK, "refused", "does not send again what was refused")                                                         \
    X(ONCE, "once", "does not send again what it has a good receipt for")                                              \
    X(REDIRECT, "redirect", "does not follow a redirect with evidence")                                                \
    X(ARRIVES, "arrives", "brings every package to a good receipt or a refusal, whatever happens")

enum rule {
#define RULE_ENUM(id, name, text) RULE_##id,
    RULE_TABLE(RULE_ENUM)
#undef RULE_ENUM
        RULE_COUNT
};

struct list {
    size_t count, at;
    struct awkward_act items[ITEMS_MAX];
    size_t chances_count;
    struct {
        int percent;
        struct awkward_act act;
    } chances[CHANCES_MAX];
};

struct inbox_awkward {
    struct list uploads, questions;
    uint64_t random;
    size_t count;
    struct package packages[PACKAGES_MAX];
    unsigned breaches[RULE_COUNT];
    char first[RULE_COUNT][WORDS_MAX];
    unsigned uploads_seen, questions_seen;
};

/* ---- the script ---- */

static const struct {
    const char *name;
    enum awkward_what what;
    bool number;
} words[] = {
    {"ok", AWKWARD_OK, false},
    {"slow", AWKWARD_SLOW, true},
    {"cut-before", AWKWARD_CUT_BEFORE, false},
    {"cut-after", AWKWARD_CUT_AFTER, false},
    {"lost", AWKWARD_LOST, false},
    {"wrong-hash", AWKWARD_WRONG_HASH, false},
    {"bad-signature", AWKWARD_BAD_SIGNATURE, false},
    {"garbage", AWKWARD_GARBAGE, false},
    {"huge", AWKWARD_HUGE, false},
    {"drip", AWKWARD_DRIP, true},
};

/* "429:2": the word and the number behind the colon, -1 where there is none */
static bool split(char *item, long *number)
{
    char *colon = strchr(item, ':'), *end;
    *number = -1;
    if (!colon)
        return true;
    *colon = '\0';
    *number = strtol(colon + 1, &end, 10);
    return end != colon + 1 && *end == '\0' && *number >= 0 && *number <= 86400000;
}

static bool read_act(char *item, struct awkward_act *act)
{
    char *end;
    long number;
    if (!split(item, &number))
        return false;
    *act = (struct awkward_act){.number = number > 0 ? (int)number : 0};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].name, item) != 0)
            continue;
        act->what = words[i].what;
        return words[i].number == (number >= 0);
    }
    long status = strtol(item, &end, 10);
    act->what = AWKWARD_SAY;
    act->status = (unsigned)status;
    return end != item && *end == '\0' && status >= 300 && status <= 599;
}

static bool read_item(struct inbox_awkward *a, char *item)
{
    struct list *list = &a->uploads;
    struct awkward_act act;
    char *percent = strchr(item, '%'), *end;
    long chance = 0;
    if (strncmp(item, "seed:", 5) == 0) {
        a->random = strtoull(item + 5, &end, 10);
        return end != item + 5 && *end == '\0';
    }
    if (percent) {
        chance = strtol(item, &end, 10);
        if (end != percent || chance < 1 || chance > 100)
            return false;
        item = percent + 1;
    }
    if (strncmp(item, "get-", 4) == 0) {
        list = &a->questions;
        item += 4;
    }
    if (!read_act(item, &act) || (percent ? list->chances_count == CHANCES_MAX : list->count == ITEMS_MAX))
        return false;
    if (percent) {
        list->chances[list->chances_count].percent = (int)chance;
        list->chances[list->chances_count++].act = act;
    } else {
        list->items[list->count++] = act;
    }
    return true;
}

static int read_script(struct inbox_awkward *a, char *text, struct err *err)
{
    char *save = NULL;
    for (char *item = strtok_r(text, ", \t\r\n", &save); item; item = strtok_r(NULL, ", \t\r\n", &save)) {
        char copy[64];
        snprintf(copy, sizeof copy, "%s", item);
        if (!read_item(a, item))
            return err_set(err, ERR_INVALID, "conformance script: '%s' is not understood; see smoginbox --help", copy);
    }
    return 0;
}

int inbox_awkward_open(struct inbox_awkward **out, const char *script, bool file, struct err *err)
{
    char *text = NULL;
    size_t length;
    *out = NULL;
    if (file && file_read(script, SCRIPT_MAX, &text, &length, err) != 0)
        return -1;
    if (!file)
        text = strdup(script);
    struct inbox_awkward *a = calloc(1, sizeof *a);
    int result = a && text ? read_script(a, text, err) : err_set(err, ERR_FAILED, "out of memory");
    free(text);
    if (result == 0)
        *out = a;
    else
        inbox_awkward_close(a);
    return result;
}

void inbox_awkward_close(struct inbox_awkward *a)
{
    free(a);
}

/* ---- what to do next ---- */

/* splitmix64 (Steele, Lea, Flood 2014): a script must give the same on every machine */
static uint64_t next_random(struct inbox_awkward *a)
{
    uint64_t z = a->random += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static struct awkward_act next_act(struct inbox_awkward *a, struct list *list)
{
    if (list->at < list->count)
        return list->items[list->at++];
    for (size_t i = 0; i < list->chances_count; i++)
        if (next_random(a) % 100 < (uint64_t)list->chances[i].percent)
            return list->chances[i].act;
    return (struct awkward_act){.what = AWKWARD_OK};
}

/* ---- watching ---- */

static struct package *find(struct inbox_awkward *a, const char *sha256)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->packages[i].sha256, sha256) == 0)
            return &a->packages[i];
    if (a->count == PACKAGES_MAX || strlen(sha256) != 64)
        return NULL;
    struct package *p = &a->packages[a->count++];
    memcpy(p->sha256, sha256, 65);
    return p;
}

static void breach(struct inbox_awkward *a, enum rule rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void breach(struct inbox_awkward *a, enum rule rule, const char *format, ...)
{
    va_list args;
    if (a->breaches[rule]++ > 0)
        return;
    va_start(args, format);
    vsnprintf(a->first[rule], WORDS_MAX, format, args);
    va_end(args);
}

/* Whatever is asked or sent: not too soon. */
static void check_time(struct inbox_awkward *a, const struct package *p, int64_t now_ms)
{
    if (now_ms < p->not_before_ms - EARLY_MS)
        breach(a, RULE_WAIT, "%.12s… came %lld ms too early", p->sha256, (long long)(p->not_before_ms - now_ms));
    else if (p->failed_ms && now_ms < p->failed_ms + HASTE_MS)
        breach(a, RULE_PACE, "%.12s… came again after %lld ms", p->sha256, (long long)(now_ms - p->failed_ms));
}

struct awkward_act inbox_awkward_upload(struct inbox_awkward *a, const char *sha256, int64_t now_ms)
{
    struct package *p = find(a, sha256);
    a->uploads_seen++;
    if (!p) {
        breach(a, RULE_KEY, "an upload without an Idempotency-Key of 64 hex digits");
        return next_act(a, &a->uploads);
    }
    p->uploads++;
    check_time(a, p, now_ms);
    if (p->known == UNSURE)
        breach(a, RULE_ASK, "%.12s… was sent again without a question", sha256);
    else if (p->known == REFUSED)
        breach(a, RULE_PARK, "%.12s… was sent again", sha256);
    else if (p->known == ARRIVED)
        breach(a, RULE_ONCE, "%.12s… was sent again", sha256);
    return next_act(a, &a->uploads);
}

struct awkward_act inbox_awkward_question(struct inbox_awkward *a, const char *sha256, int64_t now_ms)
{
    struct package *p = find(a, sha256);
    a->questions_seen++;
    if (p) {
        p->questions++;
        check_time(a, p, now_ms);
    }
    return next_act(a, &a->questions);
}

void inbox_awkward_followed(struct inbox_awkward *a)
{
    breach(a, RULE_REDIRECT, "a request came to where a 3xx pointed");
}

/* After an answer: what should the sender now take for true? */
static enum known learn(const struct package *p, bool upload, struct awkward_act act, unsigned status, bool whole)
{
    bool spoilt =
        act.what != AWKWARD_OK && act.what != AWKWARD_SLOW && act.what != AWKWARD_SAY && act.what != AWKWARD_DRIP;
    if (status == 0 || !whole)
        return act.what == AWKWARD_CUT_BEFORE && p->known == NOTHING ? NOTHING : UNSURE;
    if (status == 200 || status == 201)
        return spoilt ? UNSURE : ARRIVED;
    if (!upload)
        return status == 404 && act.what != AWKWARD_SAY ? NOTHING : p->known;
    if (status == 409)
        return BUSY;
    bool later = status == 401 || status == 403 || status == 408 || status == 429 || status < 400 || status >= 500;
    return later ? NOTHING : REFUSED;
}

void inbox_awkward_ended(struct inbox_awkward *a, const char *sha256, bool upload, struct awkward_act act,
                         unsigned status, bool whole, int64_t now_ms)
{
    struct package *p = find(a, sha256);
    if (!p)
        return;
    p->known = learn(p, upload, act, status, whole);
    /* after 404 to a question the package follows at once; and a question whose connection was closed may be put
     * again at once on another (RFC 9110, 9.2.2) */
    bool at_once = p->known == ARRIVED || (!upload && (p->known == NOTHING || status == 0));
    p->failed_ms = at_once ? 0 : now_ms;
    p->not_before_ms = act.what == AWKWARD_SAY && act.number > 0 ? now_ms + (int64_t)act.number * 1000 : 0;
}

/* ---- the report ---- */

static void judge_ends(struct inbox_awkward *a)
{
    static const char *const names[] = {"was never sent again", "was left without a question", "was left after 409"};
    for (size_t i = 0; i < a->count; i++) {
        const struct package *p = &a->packages[i];
        if (p->known != ARRIVED && p->known != REFUSED)
            breach(a, RULE_ARRIVES, "%.12s… %s (%u uploads, %u questions)", p->sha256, names[p->known], p->uploads,
                   p->questions);
    }
    if (a->count == 0)
        breach(a, RULE_ARRIVES, "nothing came");
}

bool inbox_awkward_report(struct inbox_awkward *a, FILE *out)
{
    static const char *const names[RULE_COUNT][2] = {
#define RULE_NAMES(id, name, text) {name, text},
        RULE_TABLE(RULE_NAMES)
#undef RULE_NAMES
    };
    bool good = true;
    judge_ends(a);
    fprintf(out, "conformance: %zu packages, %u uploads, %u questions\n", a->count, a->uploads_seen, a->questions_seen);
    for (int i = 0; i < RULE_COUNT; i++) {
        unsigned times = a->breaches[i];
        good = good && times == 0;
        fprintf(out, "%-4s %-16s %s", times ? "FAIL" : "ok", names[i][0], names[i][1]);
        if (times)
            fprintf(out, "; %u times, first: %s", times, a->first[i]);
        fprintf(out, "\n");
    }
    if (a->uploads.at < a->uploads.count || a->questions.at < a->questions.count)
        fprintf(out, "note %zu uploads and %zu questions of the script were left over: send more packages\n",
                a->uploads.count - a->uploads.at, a->questions.count - a->questions.at);
    fprintf(out, "conformance: %s\n", good ? "the sender behaves" : "the sender does not behave");
    fflush(out);
    return good;
}
