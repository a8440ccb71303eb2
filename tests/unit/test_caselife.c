/* What may be done with a case, when, and by whom. */
#include "station/core/caselife.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct err err;
static struct caselife_step step;

static int act(struct caselife *c, enum case_act which, enum role role, const char *officer)
{
    const struct caselife_doing doing = {
        .act = which, .role = role, .officer = officer, .reason = "r", .number = "6523-1", .ground = 6, .test = "T9"};
    return caselife_do(c, &doing, &step, &err);
}

static void must(struct caselife *c, enum case_act which, enum role role, const char *officer)
{
    if (act(c, which, role, officer) != 0)
        fail_msg("%s: %s", caselife_act_name(which), err.text);
}

static void refused(struct caselife *c, enum case_act which, enum role role, const char *officer, const char *words)
{
    struct caselife before = *c;
    assert_int_equal(act(c, which, role, officer), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
    assert_memory_equal(c, &before, sizeof before);
}

static struct caselife opened(bool stopped)
{
    struct caselife c = {.stopped = stopped};
    snprintf(c.tester, sizeof c.tester, "E1");
    must(&c, ACT_OPEN, ROLE_STATION, NULL);
    return c;
}

static struct caselife reviewed(void)
{
    struct caselife c = opened(false);
    must(&c, ACT_REVIEW, ROLE_ECOLOGY, "E1");
    must(&c, ACT_REVIEW, ROLE_ECOLOGY, "E2");
    return c;
}

/* ---- the ways through ---- */

static void from_the_measurement_to_the_payment(void **state)
{
    (void)state;
    struct caselife c = reviewed();
    assert_string_equal(step.from, "review1");
    assert_string_equal(step.to, "review2");
    assert_string_equal(step.track, "penalty");
    must(&c, ACT_SEAL, ROLE_STATION, NULL);
    must(&c, ACT_SEND, ROLE_ECOLOGY, "E1");
    must(&c, ACT_RECEIVE, ROLE_OUTLET, NULL);
    must(&c, ACT_POLICE_REVIEW, ROLE_OUTLET, NULL);
    must(&c, ACT_ENTER, ROLE_OUTLET, NULL);
    must(&c, ACT_NOTIFY, ROLE_POLICE, "650012");
    must(&c, ACT_OBJECT, ROLE_ECOLOGY, "E1");
    must(&c, ACT_DISMISS, ROLE_POLICE, "650012");
    must(&c, ACT_PENALISE, ROLE_OUTLET, NULL);
    assert_string_equal(c.number, "6523-1");
    must(&c, ACT_PAY, ROLE_OUTLET, NULL);
    assert_int_equal(c.state, CASE_PAID);
    assert_true(caselife_ended(c.state));
}

static void sending_may_be_ordered_before_the_seal_is_made(void **state)
{
    (void)state;
    struct caselife c = reviewed();
    must(&c, ACT_SEND, ROLE_SUPERVISOR, "S1");
    assert_int_equal(c.state, CASE_SEND_ORDERED);
    refused(&c, ACT_SEND, ROLE_SUPERVISOR, "S1", "handle (a police officer)");
    refused(&c, ACT_RETURN, ROLE_ECOLOGY, "E1", "cannot be done while it is send-ordered");
    must(&c, ACT_SEAL, ROLE_STATION, NULL);
    assert_int_equal(c.state, CASE_SUBMITTED);
}

static void what_the_police_has_handled_on_site_is_sealed_and_stays(void **state)
{
    (void)state;
    struct caselife c = opened(true);
    refused(&c, ACT_HANDLE, ROLE_ECOLOGY, "E1",
            "'handle' is done by a police officer, not by E1, whose role is ecology");
    must(&c, ACT_HANDLE, ROLE_POLICE, "650012");
    assert_string_equal(c.police, "650012");
    assert_string_equal(c.number, "6523-1");
    must(&c, ACT_SEAL, ROLE_STATION, NULL);
    assert_int_equal(c.state, CASE_HANDLED);
    assert_string_equal(step.to, "handled");
    refused(&c, ACT_SEND, ROLE_ECOLOGY, "E1", "cannot be done while it is handled");
    refused(&c, ACT_PENALISE, ROLE_OUTLET, NULL, "cannot be done while it is handled");
    refused(&c, ACT_HANDLE, ROLE_POLICE, "650012", "cannot be done");
    refused(&c, ACT_FILE, ROLE_ECOLOGY, "E1", "'file' is done by a police officer");
    must(&c, ACT_FILE, ROLE_POLICE, "650012");
    must(&c, ACT_FILE, ROLE_POLICE, "650012"); /* corrected */
    assert_int_equal(c.state, CASE_HANDLED);
    struct caselife sent = reviewed();
    refused(&sent, ACT_FILE, ROLE_POLICE, "650012", "cannot be done");
    struct caselife late = {.state = CASE_RECEIVED}; /* the police finds out when it has the package */
    must(&late, ACT_HANDLE, ROLE_OUTLET, NULL);
    assert_int_equal(late.state, CASE_HANDLED);
}

static void the_police_may_return_it_and_think_again(void **state)
{
    (void)state;
    struct caselife c = reviewed();
    must(&c, ACT_SEND, ROLE_ECOLOGY, "E1");
    must(&c, ACT_SEAL, ROLE_STATION, NULL);
    must(&c, ACT_RECEIVE, ROLE_OUTLET, NULL);
    struct caselife_doing doing = {.act = ACT_POLICE_RETURN, .role = ROLE_OUTLET};
    for (int ground = -1; ground <= 9; ground++) {
        struct caselife copy = c;
        doing.ground = ground;
        assert_int_equal(caselife_do(&copy, &doing, &step, &err), ground >= 1 && ground <= 8 ? 0 : -1);
        assert_int_equal(ground >= 1 && ground <= 8 ? copy.ground : ERR_INVALID,
                         ground >= 1 && ground <= 8 ? ground : (int)err.code);
    }
    must(&c, ACT_POLICE_RETURN, ROLE_OUTLET, NULL);
    assert_int_equal(c.state, CASE_RETURNED);
    assert_int_equal(c.ground, 6);
    must(&c, ACT_ENTER, ROLE_OUTLET, NULL);
    assert_int_equal(c.ground, 0);
    must(&c, ACT_REMOVE, ROLE_OUTLET, NULL);
    assert_int_equal(c.state, CASE_REMOVED);
}

static void an_objection_that_is_upheld_removes_it(void **state)
{
    (void)state;
    struct caselife c = {.state = CASE_NOTIFIED};
    must(&c, ACT_OBJECT, ROLE_POLICE, "650012");
    refused(&c, ACT_NOTIFY, ROLE_POLICE, "650012", "uphold (a police officer), dismiss (a police officer)");
    must(&c, ACT_UPHOLD, ROLE_POLICE, "650012");
    assert_int_equal(c.state, CASE_REMOVED);
}

static void the_repair_goes_its_own_way(void **state)
{
    (void)state;
    struct caselife c = opened(true);
    must(&c, ACT_REPAIR_NOTICE, ROLE_ECOLOGY, "E1");
    assert_string_equal(step.track, "repair");
    must(&c, ACT_REPAIR, ROLE_TECHNICIAN, "M1");
    must(&c, ACT_OVERDUE, ROLE_SUPERVISOR, "S1"); /* repaired, and never shown again */
    refused(&c, ACT_BLACKLIST, ROLE_ECOLOGY, "E1", "a supervisor");
    must(&c, ACT_BLACKLIST, ROLE_SUPERVISOR, "S1");
    refused(&c, ACT_RELEASE, ROLE_SUPERVISOR, "S1", "exceeded, blacklisted");
    must(&c, ACT_RETEST, ROLE_STATION, NULL);
    assert_string_equal(c.retest, "T9");
    must(&c, ACT_RETEST_VOID, ROLE_STATION, NULL);
    assert_string_equal(c.retest, "");
    assert_int_equal(c.repair, REPAIR_NOTICE);
    must(&c, ACT_RETEST, ROLE_STATION, NULL);
    must(&c, ACT_RELEASE, ROLE_ECOLOGY, "E1");
    assert_int_equal(c.repair, REPAIR_RELEASED);
    assert_int_equal(c.state, CASE_EXCEEDED);
    struct caselife unasked = opened(true); /* repaired before anybody gave notice */
    must(&unasked, ACT_REPAIR, ROLE_OUTLET, NULL);
    struct caselife void_case = opened(true);
    must(&void_case, ACT_VOID, ROLE_STATION, NULL);
    refused(&void_case, ACT_REPAIR_NOTICE, ROLE_ECOLOGY, "E1", "now can be done: nothing");
}

/* ---- people ---- */

static void two_different_officers_review(void **state)
{
    (void)state;
    struct caselife c = opened(true);
    refused(&c, ACT_REVIEW, ROLE_TECHNICIAN, "M1", "by an ecology officer, not by M1, whose role is technician");
    refused(&c, ACT_REVIEW, ROLE_AUDITOR, "A1", "ecology");
    must(&c, ACT_REVIEW, ROLE_ECOLOGY, "E2");
    snprintf(c.police, sizeof c.police, "650012");
    refused(&c, ACT_REVIEW, ROLE_ECOLOGY, "E2", "E2 has done the first review");
    refused(&c, ACT_REVIEW, ROLE_ECOLOGY, "e2", "first review"); /* however it is written */
    refused(&c, ACT_REVIEW, ROLE_ECOLOGY, "E1", "E1 has made the test");
    refused(&c, ACT_SEND, ROLE_ECOLOGY, "E1", "now can be done: review (an ecology officer)");
    must(&c, ACT_REVIEW, ROLE_ECOLOGY, "E3");
    assert_string_equal(c.reviewer1, "E2");
    assert_string_equal(c.reviewer2, "E3");
    struct caselife own = reviewed(); /* the tester may be the first */
    assert_string_equal(own.reviewer1, "E1");
}

static void a_stopped_vehicle_needs_a_police_number(void **state)
{
    (void)state;
    struct caselife c = opened(true);
    unsigned roles, needs;
    must(&c, ACT_REVIEW, ROLE_ECOLOGY, "E1");
    assert_true(caselife_can(&c, ACT_REVIEW, &roles, &needs));
    assert_int_equal(needs, NEED_OTHER | NEED_POLICE);
    refused(&c, ACT_REVIEW, ROLE_ECOLOGY, "E2", "add --police N");
    const struct caselife_doing doing = {.act = ACT_REVIEW, .role = ROLE_ECOLOGY, .officer = "E2", .police = "650012"};
    assert_int_equal(caselife_do(&c, &doing, &step, &err), 0);
    assert_string_equal(c.police, "650012");
}

static void without_a_register_everybody_may_but_the_station_alone_seals(void **state)
{
    (void)state;
    struct caselife c = opened(false);
    must(&c, ACT_REVIEW, ROLE_UNKNOWN, "anybody");
    refused(&c, ACT_REVIEW, ROLE_UNKNOWN, "anybody", "first review");
    must(&c, ACT_REVIEW, ROLE_UNKNOWN, "somebody");
    refused(&c, ACT_SEAL, ROLE_UNKNOWN, "somebody", "'seal' is done by the station itself");
    assert_int_equal(act(&c, ACT_SEND, ROLE_UNKNOWN, NULL), -1);
    assert_int_equal(err.code, ERR_INVALID);
}

static void what_an_act_needs_must_come_with_it(void **state)
{
    (void)state;
    static const struct {
        enum case_act act;
        enum case_state from;
        enum role role;
        const char *words;
    } rows[] = {
        {ACT_RETURN, CASE_REVIEW1, ROLE_ECOLOGY, "--reason"},
        {ACT_HANDLE, CASE_EXCEEDED, ROLE_POLICE, "--number"},
        {ACT_PENALISE, CASE_RECEIVED, ROLE_POLICE, "--number"},
        {ACT_POLICE_RETURN, CASE_RECEIVED, ROLE_POLICE, "--ground"},
        {ACT_OBJECT, CASE_NOTIFIED, ROLE_POLICE, "--reason"},
    };
    char large[CASELIFE_NUMBER_MAX + 1];
    memset(large, '1', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct caselife c = {.state = rows[i].from};
        const struct caselife_doing doing = {.act = rows[i].act, .role = rows[i].role, .officer = "N"};
        assert_int_equal(caselife_do(&c, &doing, &step, &err), -1);
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.text, rows[i].words));
    }
    struct caselife c = {.state = CASE_RECEIVED};
    struct caselife_doing doing = {.act = ACT_PENALISE, .role = ROLE_POLICE, .officer = "N", .number = large};
    assert_int_equal(caselife_do(&c, &doing, &step, &err), -1);
    doing = (struct caselife_doing){.act = ACT_PENALISE, .role = ROLE_POLICE, .officer = large, .number = "1"};
    assert_int_equal(caselife_do(&c, &doing, &step, &err), -1);
    doing = (struct caselife_doing){
        .act = ACT_PENALISE, .role = ROLE_POLICE, .officer = "N", .number = "1", .police = large};
    assert_int_equal(caselife_do(&c, &doing, &step, &err), -1);
    struct caselife noticed = {.state = CASE_EXCEEDED, .repair = REPAIR_NOTICE};
    doing = (struct caselife_doing){.act = ACT_RETEST, .role = ROLE_STATION};
    assert_int_equal(caselife_do(&noticed, &doing, &step, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
}

/* ---- names ---- */

static void names_lead_back_to_what_they_name(void **state)
{
    (void)state;
    for (int i = 0; i < CASE_STATES; i++)
        assert_int_equal(caselife_state_by_name(caselife_state_name((enum case_state)i)), i);
    for (int i = 0; i < REPAIR_STATES; i++)
        assert_int_equal(caselife_repair_by_name(caselife_repair_name((enum case_repair)i)), i);
    for (int i = 0; i < ACT_COUNT; i++)
        assert_int_equal(caselife_act_by_name(caselife_act_name((enum case_act)i)), i);
    assert_int_equal(caselife_state_by_name("sealing"), CASE_STATES);
    assert_int_equal(caselife_repair_by_name(""), REPAIR_STATES);
    assert_int_equal(caselife_act_by_name("delete"), ACT_COUNT);
    for (int i = 1; i <= CASELIFE_GROUNDS; i++)
        assert_true(caselife_ground_name(i)[0] != '\0');
    assert_string_equal(caselife_ground_name(0), "");
    assert_string_equal(caselife_ground_name(9), "");
}

static void roles_have_names_and_sentences(void **state)
{
    (void)state;
    char text[80], small[10];
    assert_int_equal(role_by_name("police"), ROLE_POLICE);
    assert_int_equal(role_by_name("station"), ROLE_UNKNOWN); /* nobody can be registered as that */
    assert_int_equal(role_by_name(""), ROLE_UNKNOWN);
    assert_string_equal(role_name(ROLE_OUTLET), "outlet");
    assert_string_equal(role_name(ROLE_UNKNOWN), "");
    role_say(ROLE_ECOLOGY | ROLE_SUPERVISOR, text, sizeof text);
    assert_string_equal(text, "an ecology officer or a supervisor");
    role_say(ROLE_OFFICERS, small, sizeof small);
    assert_string_equal(small, "an ecolog");
    role_say(0, text, sizeof text);
    assert_string_equal(text, "");
}

static void a_retest_measures_what_had_failed(void **state)
{
    (void)state;
    assert_true(caselife_retest("free-acceleration", "free-acceleration"));
    assert_true(caselife_retest("remote-sensing", "free-acceleration"));
    assert_true(caselife_retest("ringelmann", "lug-down"));
    assert_false(caselife_retest("free-acceleration", "obd-check"));
    assert_false(caselife_retest("free-acceleration", "ringelmann"));
    assert_false(caselife_retest("remote-sensing", "obd-check"));
    assert_false(caselife_retest("two-speed-idle", "free-acceleration"));
}

/* ---- any order of acts ---- */

static unsigned seed;

static unsigned next_random(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return seed / 65536u % below;
}

/* How far the penalty track has come; a step may stay or go on, and back only where the law lets it. */
static int rank(enum case_state s)
{
    static const int ranks[CASE_STATES] = {
        [CASE_NONE] = 0,          [CASE_EXCEEDED] = 1,   [CASE_REVIEW1] = 2,   [CASE_REVIEW2] = 3,
        [CASE_SEND_ORDERED] = 4,  [CASE_SEALED] = 4,     [CASE_SUBMITTED] = 5, [CASE_RECEIVED] = 6,
        [CASE_POLICE_REVIEW] = 7, [CASE_RETURNED] = 8,   [CASE_ENTERED] = 9,   [CASE_NOTIFIED] = 10,
        [CASE_OBJECTED] = 11,     [CASE_PENALISED] = 12, [CASE_PAID] = 13,     [CASE_REMOVED] = 13,
        [CASE_REJECTED] = 13,     [CASE_HANDLED] = 13,   [CASE_VOID] = 14,
    };
    return ranks[s];
}

struct history {
    int seals, penalties, sends;
    bool received;
};

static void check_step(const struct caselife *before, const struct caselife *after, enum case_act which,
                       struct history *h)
{
    assert_true(after->state < CASE_STATES && after->repair < REPAIR_STATES);
    bool back = before->state == CASE_OBJECTED && after->state == CASE_NOTIFIED;
    assert_true(back || rank(after->state) >= rank(before->state));
    assert_true(before->state == after->state || before->repair == after->repair); /* one track at a time */
    assert_false(before->state == CASE_VOID);
    if (caselife_ended(before->state) && before->state != after->state)
        assert_true(after->state == CASE_VOID || before->state == CASE_RETURNED);
    h->seals += which == ACT_SEAL;
    h->sends += which == ACT_SEND;
    h->penalties += which == ACT_PENALISE || which == ACT_HANDLE;
    h->received = h->received || which == ACT_RECEIVE;
}

static void check_whole(const struct caselife *c, const struct history *h)
{
    assert_true(h->penalties <= 1); /* nobody is fined twice for one act */
    assert_true(h->sends <= 1);
    if (c->reviewer2[0]) {
        assert_true(c->reviewer1[0] != '\0');
        assert_string_not_equal(c->reviewer1, c->reviewer2);
        assert_string_not_equal(c->tester, c->reviewer2);
        assert_true(!c->stopped || c->police[0]);
    }
    if (h->received)
        assert_true(h->seals >= 1 && h->sends == 1 && c->reviewer2[0]);
    if (c->state == CASE_ENTERED || c->state == CASE_NOTIFIED || c->state == CASE_PENALISED || c->state == CASE_PAID)
        assert_true(h->received);
}

/* More often than not one that can be done, but seldom one that ends it all. */
static enum case_act pick_act(const struct caselife *c)
{
    unsigned roles, needs;
    enum case_act which = ACT_VOID;
    for (int tries = 0; tries < 6; tries++) {
        which = (enum case_act)next_random(ACT_COUNT);
        bool ends = which == ACT_VOID || which == ACT_RETURN || which == ACT_HANDLE || which == ACT_POLICE_RETURN;
        if (caselife_can(c, which, &roles, &needs) && (!ends || next_random(8) == 0))
            break;
    }
    return which;
}

static void random_acts_never_leave_the_law(void **state)
{
    (void)state;
    static const char *const officers[] = {"E1", "E2", "E3", NULL};
    static const enum role roles[] = {ROLE_UNKNOWN,    ROLE_ECOLOGY, ROLE_POLICE,  ROLE_TECHNICIAN,
                                      ROLE_SUPERVISOR, ROLE_AUDITOR, ROLE_STATION, ROLE_OUTLET};
    long done = 0, paid = 0;
    for (unsigned run = 0; run < 2000; run++) {
        seed = run;
        struct caselife c = {.stopped = run & 1};
        struct history h = {0};
        snprintf(c.tester, sizeof c.tester, "%s", run & 2 ? "E1" : "");
        for (int i = 0; i < 300; i++) {
            struct caselife before = c;
            const struct caselife_doing doing = {.act = pick_act(&c),
                                                 .role = roles[next_random(8)],
                                                 .officer = officers[next_random(4)],
                                                 .police = next_random(4) ? NULL : "650012",
                                                 .reason = next_random(4) ? "r" : NULL,
                                                 .number = next_random(4) ? "1" : "",
                                                 .test = next_random(4) ? "T1" : NULL,
                                                 .ground = (int)next_random(10)};
            unsigned may = 0, needs = 0;
            bool can = caselife_can(&c, doing.act, &may, &needs);
            if (caselife_do(&c, &doing, &step, &err) != 0) {
                assert_memory_equal(&c, &before, sizeof c);
                assert_true(err.text[0] != '\0' && (err.code == ERR_REFUSED || err.code == ERR_INVALID));
                continue;
            }
            done++;
            assert_true(can);
            assert_true(doing.role == ROLE_UNKNOWN ? (may & ROLE_OFFICERS) != 0 : (may & doing.role) != 0);
            check_step(&before, &c, doing.act, &h);
            check_whole(&c, &h);
            paid += doing.act == ACT_PAY;
        }
    }
    assert_true(done > 10000);
    assert_true(paid > 10); /* the walk does get to the end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_the_measurement_to_the_payment),
        cmocka_unit_test(sending_may_be_ordered_before_the_seal_is_made),
        cmocka_unit_test(what_the_police_has_handled_on_site_is_sealed_and_stays),
        cmocka_unit_test(the_police_may_return_it_and_think_again),
        cmocka_unit_test(an_objection_that_is_upheld_removes_it),
        cmocka_unit_test(the_repair_goes_its_own_way),
        cmocka_unit_test(two_different_officers_review),
        cmocka_unit_test(a_stopped_vehicle_needs_a_police_number),
        cmocka_unit_test(without_a_register_everybody_may_but_the_station_alone_seals),
        cmocka_unit_test(what_an_act_needs_must_come_with_it),
        cmocka_unit_test(names_lead_back_to_what_they_name),
        cmocka_unit_test(roles_have_names_and_sentences),
        cmocka_unit_test(a_retest_measures_what_had_failed),
        cmocka_unit_test(random_acts_never_leave_the_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
