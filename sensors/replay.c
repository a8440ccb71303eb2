#include "sensors/replay.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char operator_name[] = "operator";

/* ---- headers ---- */

/* Text that grows in a buffer; overflow is remembered. */
struct text {
    char *out;
    size_t size, length;
    bool overflow;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->out + t->length, t->size - t->length, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= t->size - t->length)
        t->overflow = true;
    else
        t->length += (size_t)n;
}

static void add_head(struct text *t, const char *instrument, const char *source)
{
    add(t, "# smogd recording 1\n# instrument = %s\n# source = %s\n", instrument, source);
}

ptrdiff_t replay_header(const struct sensor_driver *driver, const struct sensor_config *config, int order,
                        const char *source, char *out, size_t size)
{
    struct text t = {.out = out, .size = size};
    add_head(&t, config->name, source);
    add(&t, "# driver = %s\n# order = %d\n", driver->name, order);
    if (config->profile)
        add(&t, "# profile = %s\n", config->profile->name);
    if (config->unit != 0)
        add(&t, "# unit = %d\n", config->unit);
    if (config->path_m.units != 0) {
        char path[DECIMAL_TEXT_MAX];
        decimal_format(config->path_m, path);
        add(&t, "# path-m = %s\n", path);
    }
    if (config->option[0])
        add(&t, "# option = %s\n", config->option);
    if (config->poll_ms != 0)
        add(&t, "# poll-ms = %" PRId64 "\n", config->poll_ms);
    return t.overflow ? -1 : (ptrdiff_t)t.length;
}

ptrdiff_t replay_header_operator(const char *source, char *out, size_t size)
{
    struct text t = {.out = out, .size = size};
    add_head(&t, operator_name, source);
    return t.overflow ? -1 : (ptrdiff_t)t.length;
}

static int bad_header(struct err *err, const char *key, const char *value)
{
    return err_set(err, ERR_INVALID, "the recording's header line '%s = %s' cannot be understood", key, value);
}

/* A header value of 0 to max; absent: *out untouched. */
static int get_integer(const struct recording *r, const char *key, int64_t max, int64_t *out, struct err *err)
{
    const char *value = recording_header(r, key);
    struct decimal number;
    if (!value)
        return 0;
    if (!decimal_parse(&number, value, strlen(value)) || number.digits != 0 || number.units < 0 || number.units > max)
        return bad_header(err, key, value);
    *out = number.units;
    return 0;
}

static int get_text(const struct recording *r, const char *key, char *out, size_t size, struct err *err)
{
    const char *value = recording_header(r, key);
    if (value && strlen(value) >= size)
        return bad_header(err, key, value);
    snprintf(out, size, "%s", value ? value : "");
    return 0;
}

static int get_profile(const struct recording *r, const struct profile *profiles, size_t count,
                       const struct profile **out, struct err *err)
{
    const char *name = recording_header(r, "profile");
    *out = NULL;
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(profiles[i].name, name) == 0)
            *out = &profiles[i];
    return name && !*out ? err_set(err, ERR_FAILED, "profile %s, which the recording names, is missing", name) : 0;
}

int replay_config(const struct recording *recording, const struct profile *profiles, size_t profiles_count,
                  const struct sensor_driver **driver, struct sensor_config *config, int *order, struct err *err)
{
    enum { UNIT_MAX = 255, POLL_MAX = 86400000, ORDER_MAX = 1000 };
    const char *driver_name = recording_header(recording, "driver");
    const char *path = recording_header(recording, "path-m");
    int64_t unit = 0;
    int64_t place = *order;
    *config = (struct sensor_config){0};
    *driver = driver_name ? sensor_driver_by_name(driver_name) : NULL;
    if (!*driver)
        return err_set(err, ERR_FAILED, "the recording is of driver '%s', which this program does not know",
                       driver_name ? driver_name : "");
    if (path && !decimal_parse(&config->path_m, path, strlen(path)))
        return bad_header(err, "path-m", path);
    if (get_text(recording, "instrument", config->name, sizeof config->name, err) != 0 ||
        get_text(recording, "option", config->option, sizeof config->option, err) != 0 ||
        get_profile(recording, profiles, profiles_count, &config->profile, err) != 0 ||
        get_integer(recording, "unit", UNIT_MAX, &unit, err) != 0 ||
        get_integer(recording, "poll-ms", POLL_MAX, &config->poll_ms, err) != 0 ||
        get_integer(recording, "order", ORDER_MAX, &place, err) != 0)
        return -1;
    config->unit = (int)unit;
    *order = (int)place;
    return (*driver)->check(config, err);
}

/* ---- opening ---- */

static int read_line(struct replay_input *input, struct err *err)
{
    int more = recording_next(&input->recording, &input->line, err);
    input->more = more == 1;
    return more < 0 ? err_prefix(err, "%s", input->name) : 0;
}

static int open_input(struct replay_input *input, const struct replay_file *file, const struct profile *profiles,
                      size_t profiles_count, int place, struct err *err)
{
    *input = (struct replay_input){.name = file->name, .order = place, .instrument = -1};
    if (recording_open(&input->recording, file->text, file->length, err) != 0)
        return err_prefix(err, "%s", file->name);
    const char *instrument = recording_header(&input->recording, "instrument");
    bool is_operator = instrument && strcmp(instrument, operator_name) == 0;
    if (!is_operator && replay_config(&input->recording, profiles, profiles_count, &input->driver, &input->config,
                                      &input->order, err) != 0)
        return err_prefix(err, "%s", file->name);
    return read_line(input, err);
}

/* Insertion sort: few files, and those of equal order keep their order. */
static void sort_inputs(struct replay *r)
{
    for (size_t i = 1; i < r->inputs_count; i++)
        for (size_t j = i; j > 0 && r->inputs[j].order < r->inputs[j - 1].order; j--) {
            struct replay_input other = r->inputs[j];
            r->inputs[j] = r->inputs[j - 1];
            r->inputs[j - 1] = other;
        }
}

static void on_sample(void *ctx, int instrument, const struct sample *sample)
{
    const struct replay *r = ctx;
    const struct bench_instrument *in = &r->bench.instruments[instrument];
    if (r->host && r->host->sample && (in->in_test || !r->bench.procedure.method))
        r->host->sample(r->host->ctx, in->config.name, sample);
}

static void on_mark(void *ctx, const struct verdict_mark *mark)
{
    const struct replay *r = ctx;
    if (r->host && r->host->mark)
        r->host->mark(r->host->ctx, mark);
}

static void on_finish(void *ctx, const struct verdict *verdict)
{
    struct replay *r = ctx;
    r->verdict = *verdict;
    r->finished = true;
}

static int open_replay(struct replay *r, const struct replay_file *files, size_t files_count,
                       const struct profile *profiles, size_t profiles_count, bool first_passage,
                       const struct replay_host *host, struct err *err)
{
    r->host = host;
    r->finished = false;
    r->number = 0;
    r->inputs_count = 0;
    if (files_count > REPLAY_FILES_MAX)
        return err_set(err, ERR_INVALID, "more than %d recordings", REPLAY_FILES_MAX);
    for (size_t i = 0; i < files_count; i++, r->inputs_count++)
        if (open_input(&r->inputs[i], &files[i], profiles, profiles_count, (int)i, err) != 0)
            return -1;
    sort_inputs(r);
    const struct bench_host bench_host = {.ctx = r, .sample = on_sample, .mark = on_mark, .finish = on_finish};
    bench_init(&r->bench, &bench_host, 0);
    for (size_t i = 0; i < r->inputs_count; i++) {
        struct replay_input *input = &r->inputs[i];
        if (!input->driver)
            continue;
        input->config.first_passage = first_passage;
        input->instrument = bench_add(&r->bench, input->driver, &input->config);
        if (input->instrument < 0)
            return err_set(err, ERR_INVALID, "more than %d recordings of instruments", BENCH_INSTRUMENTS_MAX);
        bench_connect(&r->bench, input->instrument, 0);
    }
    return 0;
}

/* ---- running ---- */

/* The file whose line comes next: by number, by time where lines have no number. */
static struct replay_input *next_input(struct replay *r)
{
    struct replay_input *next = NULL;
    for (size_t i = 0; i < r->inputs_count; i++) {
        struct replay_input *input = &r->inputs[i];
        if (!input->more)
            continue;
        bool numbered = next && input->line.number > 0 && next->line.number > 0;
        if (!next || (numbered ? input->line.number < next->line.number : input->line.t_ms < next->line.t_ms))
            next = input;
    }
    return next;
}

static int bad_line(const struct replay_input *input, struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID, "%s, line %u: %s", input->name, input->recording.line, what);
}

static int play_key(struct replay *r, const struct replay_input *input, struct err *err)
{
    const char *word = input->line.text + strlen("key ");
    const char *space = strchr(word, ' ');
    char name[SENSOR_NAME_MAX];
    int length = space ? (int)(space - word) : (int)strlen(word);
    if (length >= (int)sizeof name)
        return bad_line(input, err, "no such key");
    snprintf(name, sizeof name, "%.*s", length, word);
    enum procedure_key key = procedure_key_by_name(name);
    if (key == KEY_COUNT)
        return bad_line(input, err, "no such key");
    bench_key(&r->bench, key, space ? space + 1 : "", input->line.t_ms);
    return 0;
}

/* What the driver answered does not matter: it answers the same again. */
static int play_command(struct replay *r, const struct replay_input *input, struct err *err)
{
    enum sensor_command command = sensor_command_by_name(input->line.text + strlen("command "));
    struct err answer;
    if (command == COMMAND_COUNT)
        return bad_line(input, err, "no such command");
    bench_command(&r->bench, input->instrument, command, input->line.t_ms, &answer);
    return 0;
}

static int play_event(struct replay *r, const struct replay_input *input, struct err *err)
{
    const struct recording_line *line = &input->line;
    bool is_operator = input->instrument < 0;
    if (is_operator && strncmp(line->text, "key ", strlen("key ")) == 0)
        return play_key(r, input, err);
    if (!is_operator && strncmp(line->text, "command ", strlen("command ")) == 0)
        return play_command(r, input, err);
    if (is_operator && strcmp(line->text, "end") == 0)
        bench_advance(&r->bench, line->t_ms);
    else if (!is_operator && strcmp(line->text, "link down") == 0)
        bench_disconnect(&r->bench, input->instrument, line->t_ms);
    else if (!is_operator && strcmp(line->text, "link up") == 0)
        bench_connect(&r->bench, input->instrument, line->t_ms);
    else
        return bad_line(input, err, "no such event");
    return 0;
}

static int play_line(struct replay *r, const struct replay_input *input, struct err *err)
{
    const struct recording_line *line = &input->line;
    if (line->t_ms < r->bench.now_ms)
        return bad_line(input, err, "numbers and times contradict each other");
    switch (line->direction) {
    case RECORDING_EVENT: return play_event(r, input, err);
    case RECORDING_RECEIVED:
        if (input->instrument < 0)
            return bad_line(input, err, "the operator sends no bytes");
        bench_receive(&r->bench, input->instrument, line->bytes, line->length, line->t_ms);
        break;
    case RECORDING_SENT: break;
    }
    return 0;
}

/* All lines, or those up to the verdict. In a test every number from 1 must be there: a line that was taken out or put
 * in does not pass. */
static int run(struct replay *r, bool is_test, struct err *err)
{
    struct replay_input *input;
    while (!r->finished && (input = next_input(r)) != NULL) {
        if (is_test && input->line.number != 0 && input->line.number != r->number + 1)
            return err_set(err, ERR_INVALID, "%s, line %u: number %" PRIu64 " follows after %" PRIu64, input->name,
                           input->recording.line, input->line.number, r->number);
        r->number = input->line.number;
        if (play_line(r, input, err) != 0 || read_line(input, err) != 0)
            return -1;
    }
    return 0;
}

int replay_test(struct replay *replay, const struct replay_file *files, size_t files_count,
                const struct profile *profiles, size_t profiles_count, const struct procedure_method *method,
                const struct rule_pack *pack, const struct rule *rule, const struct vehicle *vehicle,
                enum limit_class limit_class, const struct replay_host *host, struct err *err)
{
    struct bench *b = &replay->bench;
    if (open_replay(replay, files, files_count, profiles, profiles_count, false, host, err) != 0)
        return -1;
    b->procedure.method = method;
    if (method->init(&b->procedure, pack, rule, vehicle, limit_class, err) != 0 || bench_start(b, 0, err) != 0 ||
        run(replay, true, err) != 0)
        return -1;
    if (!replay->finished)
        return err_set(err, ERR_FAILED, "the recording ends at %" PRId64 " ms without a verdict", b->now_ms);
    return 0;
}

int replay_samples(struct replay *replay, const struct replay_file *files, size_t files_count,
                   const struct profile *profiles, size_t profiles_count, const struct replay_host *host,
                   struct err *err)
{
    if (open_replay(replay, files, files_count, profiles, profiles_count, true, host, err) != 0)
        return -1;
    return run(replay, false, err);
}
