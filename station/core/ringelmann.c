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

/* "ringelmann=1.5 photo=NAME", in any order, each once. `photo` is empty where there is none. */
static bool read_observation(const char *text, struct decimal *grade, char photo[VERDICT_NOTE_MAX])
{
    static const char grade_key[] = "ringelmann=";
    static const char photo_key[] = "photo=";
    bool has_grade = false;
    photo[0] = '\0';
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (!has_grade && length > sizeof grade_key - 1 && strncmp(at, grade_key, sizeof grade_key - 1) == 0 &&
            read_grade(at + sizeof grade_key - 1, length - (sizeof grade_key - 1), grade))
            has_grade = true;
        else if (!photo[0] && length > sizeof photo_key - 1 && length < VERDICT_NOTE_MAX &&
                 strncmp(at, photo_key, sizeof photo_key - 1) == 0)
            snprintf(photo, VERDICT_NOTE_MAX, "%.*s", (int)length, at);
        else
            return false;
        at += length;
    }
    return has_grade;
}

static void observe(struct procedure *p, const char *text, int64_t t_ms, const struct procedure_host *host)
{
    struct state *s = state_of(p);
    struct verdict_mark mark = {
        .kind = "observation", .from_ms = t_ms, .to_ms = t_ms, .quantity = QUANTITY_RINGELMANN, .counted = true};
    if (!text || !read_observation(text, &mark.value, mark.note) || (s->photo_needed && !mark.note[0]))
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
    .name = "ringelmann", .quantities = needed, .init = init, .step = step};
