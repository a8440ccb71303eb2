#include "station/core/ringelmann.h"

#include <stdio.h>
#include <string.h>

#include "station/core/course.h"

struct state {
    struct course course;
    struct rule_limit limit;
    int64_t count, photo_needed;
    int64_t observed;
    struct decimal highest;
};

_Static_assert(sizeof(struct state) <= PROCEDURE_STATE_MAX, "the state does not fit into struct procedure");

static struct state *state_of(struct procedure *p)
{
    return (struct state *)(void *)p->state.bytes;
}

static int init(struct procedure *p, const struct rule_pack *pack, const struct rule *rule,
                const struct vehicle *vehicle, enum limit_class limit_class, struct err *err)
{
    enum { COUNT_MAX = 20 };
    (void)vehicle;
    struct state *s = state_of(p);
    memset(p, 0, sizeof *p);
    p->method = &ringelmann_method;
    const struct rule_limit *limit = rule_limit(rule, QUANTITY_RINGELMANN, 0);
    if (!limit)
        return err_set(err, ERR_INVALID, "rule '%s' has no limit of ringelmann; add 'limit ringelmann {'", rule->name);
    s->limit = *limit;
    if (course_load(&s->course, rule, false, err) != 0 ||
        rule_param_integer(rule, "count", 1, COUNT_MAX, &s->count, err) != 0 ||
        rule_param_integer(rule, "photo-needed", 0, 1, &s->photo_needed, err) != 0)
        return -1;
    verdict_init(&p->verdict, pack, rule, limit_class);
    return 0;
}

static bool read_grade(const char *text, size_t length, struct decimal *grade)
{
    static const struct decimal most = {.units = 5};
    struct decimal doubled;
    struct decimal whole;
    return decimal_parse(grade, text, length) && grade->units >= 0 && decimal_compare(*grade, most) <= 0 &&
           decimal_scale(2, *grade, (struct decimal){0}, &doubled) && decimal_round(doubled, 0, &whole) &&
           decimal_compare(doubled, whole) == 0;
}

/* Takes one word of an observation. */
static int read_word(const char *word, size_t length, bool *has_grade, struct decimal *grade,
                     char photo[VERDICT_NOTE_MAX], struct err *err)
{
    static const char grade_key[] = "ringelmann=";
    static const char photo_key[] = "photo=";
    bool is_grade = length >= sizeof grade_key - 1 && strncmp(word, grade_key, sizeof grade_key - 1) == 0;
    bool is_photo = length > sizeof photo_key - 1 && strncmp(word, photo_key, sizeof photo_key - 1) == 0;
    if ((is_grade && *has_grade) || (is_photo && photo[0]))
        return err_set(err, ERR_INVALID, "one observation has one grade and one photo");
    if (is_photo && length >= VERDICT_NOTE_MAX)
        return err_set(err, ERR_INVALID, "the photo's name is too long, at most %d bytes",
                       VERDICT_NOTE_MAX - (int)sizeof photo_key);
    if (is_photo)
        snprintf(photo, VERDICT_NOTE_MAX, "%.*s", (int)length, word);
    else if (!is_grade)
        return err_set(err, ERR_INVALID, "'%.*s' is not understood; write \"ringelmann=1.5 photo=NAME\"", (int)length,
                       word);
    else if (!read_grade(word + sizeof grade_key - 1, length - (sizeof grade_key - 1), grade))
        return err_set(err, ERR_INVALID, "'%.*s': a grade is 0 to 5, in steps of 0.5", (int)length, word);
    *has_grade = *has_grade || is_grade;
    return 0;
}

/* "ringelmann=1.5 photo=NAME", in any order, each once. `photo` is empty where there is none. */
static int read_observation(const struct state *s, const char *text, struct decimal *grade,
                            char photo[VERDICT_NOTE_MAX], struct err *err)
{
    bool has_grade = false;
    photo[0] = '\0';
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (read_word(at, length, &has_grade, grade, photo, err) != 0)
            return -1;
        at += length;
    }
    if (!has_grade)
        return err_set(err, ERR_INVALID, "an observation needs its grade: \"ringelmann=1.5 photo=NAME\"");
    if (s->photo_needed && !photo[0])
        return err_set(err, ERR_INVALID, "the rule asks for the photo that shows it: add photo=NAME");
    return 0;
}

static int check_observation(const struct procedure *p, const char *text, struct err *err)
{
    struct decimal grade;
    char photo[VERDICT_NOTE_MAX];
    return read_observation((const struct state *)(const void *)p->state.bytes, text, &grade, photo, err);
}

static void observe(struct procedure *p, const char *text, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct verdict_mark mark = {
        .kind = "observation", .from_ms = t_ms, .to_ms = t_ms, .quantity = QUANTITY_RINGELMANN, .counted = true};
    if (!text || read_observation(s, text, &mark.value, mark.note, NULL) != 0)
        return;
    mark.number = (int)++s->observed;
    procedure_mark(p, &mark, host);
    if (s->observed == 1 || decimal_compare(mark.value, s->highest) > 0)
        s->highest = mark.value;
    if (s->observed < s->count)
        return;
    verdict_compare(&p->verdict, &s->limit, s->highest);
    course_judge(p, &s->course, t_ms, host);
}

static void step(struct procedure *p, const struct procedure_event *event, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    int64_t t_ms;
    if (p->finished)
        return;
    bool own = course_take(p, &s->course, event, &t_ms, host);
    if (own && event->kind == PROCEDURE_KEY && event->key == KEY_OBSERVE)
        observe(p, event->text, t_ms, host);
    if (!p->finished)
        course_ask(p, &s->course, (struct prompting){PROMPT_OBSERVE, s->observed + 1, s->count}, -1, host);
}

static const enum quantity needed[] = {QUANTITY_COUNT};

const struct procedure_method ringelmann_method = {
    .name = "ringelmann",
    .quantities = needed,
    .init = init,
    .step = step,
    .check_observation = check_observation,
};
