/*
 * Runs a session of each method (tests/support/session.h), replays its recordings, and prints what came out: the
 * verdict in canonical form, the digests of recordings and readings.csv. The same on every compiler: see
 * tests/e2e/compilers.sh. Exit status 1 when a replay differs from its session.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/sha256.h"
#include "station/core/join.h"
#include "station/core/passage.h"
#include "station/core/remote.h"
#include "tests/support/law.h"
#include "tests/support/rig.h"
#include "tests/support/session.h"

static const char *verdict_text(const struct verdict *verdict, char out[VERDICT_JSON_MAX])
{
    struct json_writer w;
    json_writer_init(&w, out, VERDICT_JSON_MAX);
    verdict_write(verdict, &w, NULL);
    assert_true(json_writer_finish(&w) > 0);
    return out;
}

static void print_digest(const char *name, const char *text, size_t length)
{
    char digest[SHA256_HEX_SIZE];
    sha256_hex(text, length, digest);
    printf("%s %s %zu\n", digest, name, length);
}

static bool run(const struct session_plan *plan)
{
    static struct replay replay;
    static struct stand_text readings;
    static char lived[VERDICT_JSON_MAX], again[VERDICT_JSON_MAX];
    struct replay_file files[SESSION_FILES];
    struct err err = {0};
    struct session *s = session_run(plan);
    readings.length = 0;
    readings.text[0] = '\0';
    if (session_replay(s, &replay, &readings, &err) != 0) {
        fprintf(stderr, "%s: %s\n", plan->name, err.text);
        session_close(s);
        return false;
    }
    bool same = strcmp(verdict_text(&s->verdict, lived), verdict_text(&replay.verdict, again)) == 0 &&
                strcmp(s->readings->text, readings.text) == 0;
    printf("%s: %s\n", plan->name, same ? "replayed" : "THE REPLAY DIFFERS");
    size_t count = session_files(s, files);
    for (size_t i = 0; i < count; i++)
        print_digest(files[i].name, files[i].text, files[i].length);
    print_digest("readings.csv", readings.text, readings.length);
    printf("%s\n", again);
    if (s->verdict.kind != plan->kind)
        fprintf(stderr, "%s: %s instead of %s\n", plan->name, verdict_kind_name(s->verdict.kind),
                verdict_kind_name(plan->kind));
    same = same && s->verdict.kind == plan->kind;
    session_close(s);
    return same;
}

/* ---- a passage ---- */

static struct passage passage;
static struct sample passed;

static void take_passage(void *ctx, const char *instrument, const struct sample *sample)
{
    (void)ctx, (void)instrument;
    if (!sample->passage)
        return;
    passage = *sample->passage;
    passed = *sample;
    passed.passage = &passage;
    passed.texts_count = 0;
}

/* A record of a remote-sensing device without wind, which a weather station lends, after an exceedance in May. */
static void pass(struct verdict *verdict)
{
    static const char text[] =
        "# smogd recording 1\n# instrument = rsd1\n# driver = jsonl\n# source = synthetic\n# order = 0\n"
        "# profile = rsd-pinyin\n0 < ";
    static const char json[] =
        "{\"jlbh\":\"652301000701\",\"dwbh\":\"6523010007\",\"ycxbh\":\"01\",\"cdxh\":1,"
        "\"jcrq\":\"2026-07-01 09:30:00\",\"hphm\":\"新B12345\",\"cpys\":\"1\",\"rlzl\":\"B\",\"btgdjg\":\"41.3\","
        "\"nojg\":\"420\",\"clsd\":\"46.81\",\"cljsd\":\"0.21\",\"cdpd\":\"0.2\",\"hjwd\":\"28.5\",\"sd\":\"41.0\","
        "\"dqy\":\"94.2\",\"sbzxd\":\"99\"}\n";
    static struct replay replay;
    char file[2 * sizeof json + sizeof text + 8];
    struct err err = {0};
    size_t length = (size_t)snprintf(file, sizeof file, "%s", text);
    for (const char *c = json; *c; c++)
        length += (size_t)snprintf(file + length, sizeof file - length, "%02x", (unsigned)(unsigned char)*c);
    length += (size_t)snprintf(file + length, sizeof file - length, " #1\n");
    const struct replay_file wire = {"wire/rsd1.rec", file, length};
    const struct replay_host host = {.sample = take_passage};
    const struct join_reading wind = {"weather", 420, {QUANTITY_WIND_SPEED, QUALITY_OK, law_decimal("1.8")}};
    const struct remote_past past = {law_day("2026-05-31"), true, UINT64_C(1) << QUANTITY_OPACITY, "P7"};
    struct rule_pack *pack = law_open("hj845-2017");
    if (replay_samples(&replay, &wire, 1, rig_profiles, rig_load_profiles(), &host, &err) != 0 ||
        join_add(&passed, &wind, 1, &err) != 0 ||
        remote_judge(verdict, pack, law_rule(pack, "remote-sensing"), LIMIT_CLASS_A, &passed, &past, 1,
                     law_day("2026-07-01"), &err) != 0)
        fail_msg("%s", err.text);
    free(pack);
}

int main(void)
{
    static char text[VERDICT_JSON_MAX];
    struct verdict verdict;
    bool same = true;
    pass(&verdict);
    printf("passage: %s\n", verdict_text(&verdict, text));
    if (verdict.kind != VERDICT_FAIL)
        same = false;
    for (const struct session_plan *plan = session_plans; plan->name; plan++)
        same = run(plan) && same;
    return !same;
}
