/*
 * Every row of the byte models, as the drivers' list has them: is it whole, does it ask only what reads, and does it
 * give no sample before any other model on the same line?
 */
#include "sensors/drivers/bytemodel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensors/bench.h"

/* ---- the rows ---- */

struct row {
    const struct sensor_driver *driver;
    const struct bytemodel *model;
    char option[SENSOR_TEXT_MAX]; /* that makes it measure */
};

enum { ROWS_MAX = 32, EXCHANGES_MAX = 32 };

static struct row rows[ROWS_MAX];
static size_t rows_count;

static void add_word(char *option, const char *word)
{
    size_t length = strlen(option);
    snprintf(option + length, SENSOR_TEXT_MAX - length, "%s%s", length > 0 ? " " : "", word);
}

static bool has_field(const struct bytemodel_poll *poll, size_t field)
{
    return field < BYTEMODEL_FIELDS_MAX && poll->fields[field].max > 0;
}

static bool has_state(const struct bytemodel_poll *poll, size_t state)
{
    return state < BYTEMODEL_STATES_MAX && poll->states[state].mask != 0;
}

static bool has_poll(const struct bytemodel *m, size_t poll)
{
    return poll < BYTEMODEL_POLLS_MAX && m->polls[poll].exchange.request_length > 0;
}

static int find_rows(void **state)
{
    (void)state;
    for (size_t d = 0; sensor_drivers[d]; d++) {
        if (sensor_drivers[d]->start != bytemodel_start)
            continue;
        for (const struct bytemodel *m = sensor_drivers[d]->model; m; m = m->next_dialect) {
            struct row *row = &rows[rows_count++];
            assert_true(rows_count <= ROWS_MAX);
            *row = (struct row){.driver = sensor_drivers[d], .model = m};
            if (m->dialect)
                add_word(row->option, m->dialect);
            for (size_t i = 0; has_field(&m->polls[0], i); i++) {
                char word[SENSOR_TEXT_MAX];
                snprintf(word, sizeof word, "%s=1", quantity_name(m->polls[0].fields[i].quantity));
                if (m->polls[0].fields[i].by_option)
                    add_word(row->option, word);
            }
        }
    }
    return rows_count > 0 ? 0 : -1;
}

/* What goes out unasked once the model is known. */
static size_t reads(const struct bytemodel *m, const struct bytecodec_exchange *out[EXCHANGES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < BYTEMODEL_TELLS_MAX && m->tells[i].exchange.request_length > 0; i++)
        out[count++] = &m->tells[i].exchange;
    for (size_t i = 0; has_poll(m, i); i++)
        out[count++] = &m->polls[i].exchange;
    if (m->process.request_length > 0)
        out[count++] = &m->process;
    assert_true(count <= EXCHANGES_MAX);
    return count;
}

static bool has_command(const struct bytemodel *m, size_t command)
{
    return command < BYTEMODEL_COMMANDS_MAX && m->commands[command].exchange.request_length > 0;
}

static const struct bytecodec_answer *answer_of(const struct bytemodel *m, const struct bytecodec_exchange *exchange)
{
    return exchange->answer ? exchange->answer : m->face->answer;
}

/* Where the checksum of a reply begins. */
static size_t data_end(const struct bytemodel *m, const struct bytecodec_exchange *exchange)
{
    return exchange->reply_length - bytecodec_checksum_size(answer_of(m, exchange)->checksum.check);
}

static void check_exchange(const struct row *row, const struct bytecodec_exchange *exchange,
                           const struct bytecodec_answer *answer, struct bytecodec_checksum request)
{
    const char *name = row->driver->name;
    assert_true(exchange->name && exchange->name[0]);
    if (exchange->request_length == 0 || exchange->request_length > BYTECODEC_REQUEST_MAX)
        fail_msg("%s: %s: no request", name, exchange->name);
    if (!bytecodec_checksum_good(request, exchange->request, exchange->request_length))
        fail_msg("%s: %s: the request's checksum is wrong", name, exchange->name);
    if (answer->length == BYTECODEC_AS_ASKED && exchange->reply_length == 0)
        fail_msg("%s: %s: nobody knows how long the reply is", name, exchange->name);
    size_t checksum = bytecodec_checksum_size(answer->checksum.check);
    if (exchange->reply_length > 0 && (exchange->head_at + exchange->head_length + checksum > exchange->reply_length ||
                                       answer->checksum.from >= exchange->reply_length))
        fail_msg("%s: %s: the reply is shorter than its own head and checksum", name, exchange->name);
    assert_true(exchange->reply_length <= BYTECODEC_ANSWER_MAX);
}

static void check_face(const struct row *row, const struct byteface *face)
{
    assert_true(face->name && face->answer);
    check_exchange(row, &face->exchange, face->answer, face->request_checksum);
    /* known by its head or its checksum, and by its length */
    assert_true(face->exchange.head_length > 0 && face->exchange.reply_length >= 8);
    if (face->driver && !sensor_driver_by_name(face->driver))
        fail_msg("%s: there is no driver %s", face->name, face->driver);
}

static bool is_offered(const struct sensor_driver *driver, enum quantity quantity)
{
    for (const enum quantity *q = driver->quantities; *q != QUANTITY_COUNT; q++)
        if (*q == quantity)
            return true;
    return false;
}

static void check_poll(const struct row *row, const struct bytemodel_poll *poll, bool given[QUANTITY_COUNT])
{
    const char *name = row->driver->name;
    size_t end = data_end(row->model, &poll->exchange);
    assert_true(poll->exchange.reply_length > 0);
    for (size_t i = 0; has_field(poll, i); i++) {
        const struct bytemodel_field *field = &poll->fields[i];
        if (field->at + bytecodec_size(field->kind) > end)
            fail_msg("%s: %s stands beyond the reply", name, quantity_name(field->quantity));
        if (given[field->quantity] || !is_offered(row->driver, field->quantity))
            fail_msg("%s: %s is given twice, or not offered", name, quantity_name(field->quantity));
        assert_true(field->min < field->max && field->digits <= 4);
        assert_false(field->has_absent && field->absent >= field->min && field->absent <= field->max);
        assert_true(!field->fitted || row->model->polls[1].options_at || row->model->polls[2].options_at);
        given[field->quantity] = true;
    }
    for (size_t i = 0; has_state(poll, i); i++) {
        const struct bytemodel_state *said = &poll->states[i];
        assert_true(said->at < end && (said->value & ~said->mask) == 0 && said->status < STATUS_COUNT);
        assert_true(said->status == STATUS_OK || said->text[0]);
        if (poll->states[0].mask == 0xFF)
            assert_true(said->mask == 0xFF && said->at == poll->states[0].at);
    }
    assert_true(poll->alarms_at + 2U <= end || !poll->alarms_at);
    assert_true(poll->options_at < end);
}

static void rows_are_whole(void **state)
{
    (void)state;
    for (size_t r = 0; r < rows_count; r++) {
        const struct row *row = &rows[r];
        const struct bytemodel *m = row->model;
        const struct bytecodec_exchange *all[EXCHANGES_MAX];
        bool given[QUANTITY_COUNT] = {false};
        size_t count = reads(m, all);
        for (size_t i = 0; i < count; i++)
            check_exchange(row, all[i], answer_of(m, all[i]), m->face->request_checksum);
        check_face(row, m->face);
        assert_string_equal(m->face->driver, row->driver->name);
        for (size_t i = 0; i < BYTEMODEL_FACES_MAX && m->others[i]; i++)
            check_face(row, m->others[i]);
        for (size_t i = 0; i < BYTEMODEL_FACES_MAX && m->twins[i]; i++)
            check_face(row, m->twins[i]);
        for (size_t i = 0; has_command(m, i); i++)
            check_exchange(row, &m->commands[i].exchange, answer_of(m, &m->commands[i].exchange),
                           m->face->request_checksum);
        for (size_t i = 0; has_poll(m, i); i++)
            check_poll(row, &m->polls[i], given);
        if (m->derives_k) {
            assert_true(given[QUANTITY_OPACITY] && !given[QUANTITY_K]);
            given[QUANTITY_K] = true;
        }
        for (const enum quantity *q = row->driver->quantities; *q != QUANTITY_COUNT; q++)
            if (!given[*q])
                fail_msg("%s offers %s and never gives it", row->driver->name, quantity_name(*q));
        assert_true(!given[QUANTITY_K] || m->path_m.units > 0);
        assert_true(!m->polls[0].optional && m->polls[0].fields[0].max > 0);
        assert_true(m->poll_ms > 0 && m->status_ms > 0 && m->reply_ms > 0 && m->quiet_ms > 0 && m->slow_ms > 0);
    }
}

static void every_face_is_listed(void **state)
{
    (void)state;
    for (size_t r = 0; r < rows_count; r++) {
        size_t found = 0;
        for (size_t i = 0; bytefaces[i]; i++)
            found += bytefaces[i] == rows[r].model->face;
        assert_int_equal(found, 1);
    }
}

/* ---- what goes out unasked ---- */

static bool same_request(const struct bytecodec_exchange *a, const struct bytecodec_exchange *b)
{
    return a->request_length == b->request_length && memcmp(a->request, b->request, a->request_length) == 0;
}

static bool share_line(const struct row *a, const struct row *b)
{
    return strcmp(a->driver->line, b->driver->line) == 0;
}

static void assert_no_order(const struct row *asks, const struct bytecodec_exchange *question, const struct row *hears)
{
    for (size_t c = 0; has_command(hears->model, c); c++)
        if (same_request(question, &hears->model->commands[c].exchange))
            fail_msg("%s asks %s, which is %s to %s", asks->driver->name, question->name,
                     hears->model->commands[c].exchange.name, hears->driver->name);
}

/* Before the model is known, what is asked must order nothing from any model that may stand there; afterwards nothing
 * from this one. */
static void only_reads_go_out_unasked(void **state)
{
    (void)state;
    for (size_t a = 0; a < rows_count; a++) {
        const struct bytemodel *m = rows[a].model;
        const struct bytecodec_exchange *all[EXCHANGES_MAX];
        size_t count = reads(m, all);
        for (size_t i = 0; i < count; i++)
            assert_no_order(&rows[a], all[i], &rows[a]);
        for (size_t b = 0; b < rows_count; b++) {
            if (!share_line(&rows[a], &rows[b]))
                continue;
            assert_no_order(&rows[a], &m->face->exchange, &rows[b]);
            for (size_t i = 0; i < BYTEMODEL_FACES_MAX && m->others[i]; i++)
                assert_no_order(&rows[a], &m->others[i]->exchange, &rows[b]);
            for (size_t i = 0; i < BYTEMODEL_FACES_MAX && m->twins[i]; i++)
                assert_no_order(&rows[a], &m->twins[i]->exchange, &rows[b]);
        }
    }
}

/* ---- every model before every driver ---- */

/* An instrument that answers as its row says: in good order, middling values. */
struct pretender {
    const struct row *row;
    bool obeys; /* an operator's orders too */
    bool deaf;  /* answers whatever is asked with its replies in turn */
    size_t turn;
    const struct byteface *asked_too;
};

struct stage {
    struct bench bench;
    struct pretender pretender;
    size_t good, samples;
    size_t ordered[BYTEMODEL_COMMANDS_MAX]; /* how often each order was heard */
    uint8_t answer[BYTECODEC_ANSWER_MAX];
    size_t answer_length;
};

static void put_number(const struct bytemodel_field *field, int32_t raw, uint8_t *bytes)
{
    char text[16];
    uint16_t number = (uint16_t)raw;
    switch (field->kind) {
    case BYTECODEC_U8: bytes[0] = (uint8_t)raw; break;
    case BYTECODEC_U16:
    case BYTECODEC_S16:
    case BYTECODEC_SIGNED_MAGNITUDE16:
        bytes[0] = (uint8_t)(number >> 8);
        bytes[1] = (uint8_t)number;
        break;
    case BYTECODEC_U16_LE:
    case BYTECODEC_S16_LE:
        bytes[0] = (uint8_t)number;
        bytes[1] = (uint8_t)(number >> 8);
        break;
    case BYTECODEC_ASCII4:
        snprintf(text, sizeof text, "%04d", (int)raw);
        memcpy(bytes, text, 4);
        break;
    }
}

static void put_poll(const struct bytemodel_poll *poll, uint8_t *bytes)
{
    for (size_t i = 0; has_state(poll, i); i++) {
        const struct bytemodel_state *said = &poll->states[i];
        bool coded = said->mask == 0xFF;
        if (coded && said->status == STATUS_OK)
            bytes[said->at] = said->value;
        if (!coded && said->status != STATUS_OK && said->value == 0)
            bytes[said->at] |= said->mask;
    }
    if (poll->options_at)
        bytes[poll->options_at] = 0xFF;
    for (size_t i = 0; has_field(poll, i); i++) {
        const struct bytemodel_field *field = &poll->fields[i];
        int32_t raw = (field->min + field->max) / 3;
        if (field->quantity == QUANTITY_OPACITY)
            raw = 234;
        else if (field->quantity == QUANTITY_K)
            raw = 62;
        put_number(field, raw, bytes + field->at);
    }
}

/* The whole reply to that exchange. */
static void build(struct stage *stage, const struct bytemodel *m, const struct bytecodec_exchange *exchange,
                  const struct bytecodec_answer *answer)
{
    size_t least = (size_t)exchange->head_at + exchange->head_length + 4;
    size_t length = exchange->reply_length > 0 ? exchange->reply_length : least + answer->length_more;
    uint8_t *out = stage->answer;
    memset(out, 0, length);
    for (size_t i = 0; has_poll(m, i); i++)
        if (same_request(&m->polls[i].exchange, exchange))
            put_poll(&m->polls[i], out);
    memcpy(out + exchange->head_at, exchange->head, exchange->head_length);
    if (answer->length == BYTECODEC_LENGTH_BYTE)
        out[answer->length_at] = (uint8_t)(length - answer->length_more);
    if (answer->length == BYTECODEC_WORDS_LE16)
        out[answer->length_at] = (uint8_t)((length - answer->length_more) / 2);
    bytecodec_seal(answer->checksum, out, length);
    stage->answer_length = length;
}

static void build_error(struct stage *stage, const struct bytecodec_sign *error)
{
    if (error->length == 0)
        return; /* it keeps silent */
    memset(stage->answer, 0, error->length);
    stage->answer[error->at] = error->value;
    stage->answer_length = error->length;
}

static void on_send(void *ctx, int instrument, const uint8_t *bytes, size_t length)
{
    struct stage *stage = ctx;
    struct pretender *p = &stage->pretender;
    const struct bytemodel *m = p->row->model;
    const struct bytecodec_exchange *all[EXCHANGES_MAX];
    struct bytecodec_exchange request = {.request_length = (uint8_t)length};
    (void)instrument;
    memcpy(request.request, bytes, length);
    size_t own = reads(m, all);
    all[own++] = &m->face->exchange;
    stage->answer_length = 0;
    if (p->deaf) {
        const struct bytecodec_exchange *next = all[p->turn++ % own];
        build(stage, m, next, answer_of(m, next));
        return;
    }
    for (size_t i = 0; i < own; i++)
        if (same_request(all[i], &request)) {
            build(stage, m, all[i], answer_of(m, all[i]));
            return;
        }
    for (size_t i = 0; p->obeys && has_command(m, i); i++)
        if (same_request(&m->commands[i].exchange, &request)) {
            stage->ordered[i]++;
            build(stage, m, &m->commands[i].exchange, answer_of(m, &m->commands[i].exchange));
            return;
        }
    if (p->asked_too && same_request(&p->asked_too->exchange, &request))
        build(stage, m, &p->asked_too->exchange, p->asked_too->answer);
    else
        build_error(stage, &m->face->answer->error);
}

static void on_sample(void *ctx, int instrument, const struct sample *sample)
{
    struct stage *stage = ctx;
    (void)instrument;
    stage->samples++;
    for (size_t i = 0; i < sample->count; i++)
        stage->good += sample->readings[i].quality == QUALITY_OK;
}

/* Until that time. */
static void run_to(struct stage *stage, int64_t end_ms)
{
    enum { DELAY_MS = 20 };
    for (int64_t next; (next = bench_next_ms(&stage->bench)) >= 0 && next < end_ms;) {
        stage->answer_length = 0;
        bench_advance(&stage->bench, next);
        if (stage->answer_length > 0)
            bench_receive(&stage->bench, 0, stage->answer, stage->answer_length, next + DELAY_MS);
    }
}

/* The driver of row a, for a minute before what pretends to be row b. */
static const struct bench_instrument *play(struct stage *stage, const struct row *a, struct pretender pretender)
{
    enum { MINUTE_MS = 60000 };
    struct sensor_config config = {.name = "it"};
    const struct bench_host host = {.ctx = stage, .send = on_send, .sample = on_sample};
    struct err err;
    memcpy(config.option, a->option, sizeof config.option);
    *stage = (struct stage){.pretender = pretender};
    if (a->driver->check(&config, &err) != 0)
        fail_msg("%s: %s", a->driver->name, err.text);
    bench_init(&stage->bench, &host, 0);
    assert_int_equal(bench_add(&stage->bench, a->driver, &config), 0);
    bench_connect(&stage->bench, 0, 0);
    run_to(stage, MINUTE_MS);
    return &stage->bench.instruments[0];
}

static void every_driver_measures_with_its_own_model(void **state)
{
    (void)state;
    static struct stage stage;
    for (size_t a = 0; a < rows_count; a++) {
        const struct bench_instrument *in = play(&stage, &rows[a], (struct pretender){.row = &rows[a]});
        if (in->status != STATUS_OK || stage.good < 100)
            fail_msg("%s: %s '%s', %zu good values", rows[a].driver->name, instrument_status_name(in->status),
                     in->status_detail, stage.good);
        assert_int_equal(strncmp(in->sensor.identity.model, rows[a].model->name, strlen(rows[a].model->name)), 0);
        for (const enum quantity *q = rows[a].driver->quantities; *q != QUANTITY_COUNT; q++)
            if (in->last_ms[*q] < 0)
                fail_msg("%s never gave %s", rows[a].driver->name, quantity_name(*q));
    }
}

/* An order goes out once and is taken, then the values go on; without its pump an analyzer measures no exhaust. */
static void give_order(const struct row *row, size_t command)
{
    static struct stage stage;
    const struct bytemodel_command *order = &row->model->commands[command];
    const struct bench_instrument *in = play(&stage, row, (struct pretender){.row = row, .obeys = true});
    struct err err = {0};
    size_t before = stage.good;
    assert_int_equal(stage.ordered[command], 0); /* never unasked */
    if (bench_command(&stage.bench, 0, order->command, stage.bench.now_ms, &err) != 0)
        fail_msg("%s: %s", row->driver->name, err.text);
    run_to(&stage, stage.bench.now_ms + 10000);
    bool stops = order->command == COMMAND_PUMP_OFF;
    if (stage.ordered[command] != 1 || in->status != (stops ? STATUS_STANDBY : STATUS_OK) ||
        (!stops && stage.good <= before))
        fail_msg("%s: %s went out %zu times, then %s '%s'", row->driver->name, order->exchange.name,
                 stage.ordered[command], instrument_status_name(in->status), in->status_detail);
}

static void orders_go_out_once(void **state)
{
    (void)state;
    static struct stage stage;
    for (size_t a = 0; a < rows_count; a++) {
        bool has[COMMAND_COUNT] = {false};
        for (size_t i = 0; has_command(rows[a].model, i); i++) {
            assert_false(has[rows[a].model->commands[i].command]);
            has[rows[a].model->commands[i].command] = true;
            give_order(&rows[a], i);
        }
        play(&stage, &rows[a], (struct pretender){.row = &rows[a]});
        for (enum sensor_command c = 0; c < COMMAND_COUNT; c++)
            if (!has[c])
                assert_int_equal(bench_command(&stage.bench, 0, c, stage.bench.now_ms, NULL), -1);
    }
}

static bool knows(const struct byteface *const faces[BYTEMODEL_FACES_MAX], const struct byteface *face)
{
    for (size_t i = 0; i < BYTEMODEL_FACES_MAX && faces[i]; i++)
        if (faces[i] == face)
            return true;
    return false;
}

/* Dialects of one model, and sisters whose frames are the same. */
static bool differ_in_question_only(const struct byteface *a, const struct byteface *b)
{
    return a->answer->checksum.check == b->answer->checksum.check && a->answer->length == b->answer->length &&
           a->exchange.reply_length == b->exchange.reply_length &&
           memcmp(a->exchange.head, b->exchange.head, BYTECODEC_HEAD_MAX) == 0;
}

static void assert_no_good_value(const struct stage *stage, const struct row *a, const struct row *b, const char *how)
{
    const struct bench_instrument *in = &stage->bench.instruments[0];
    if (stage->good > 0 || in->status == STATUS_OK || !in->status_detail[0])
        fail_msg("%s %s before %s %s%s: %zu good values, %s '%s'", a->driver->name, a->option, b->driver->name,
                 b->option, how, stage->good, instrument_status_name(in->status), in->status_detail);
}

static void no_driver_measures_with_another_model(void **state)
{
    (void)state;
    static struct stage stage;
    for (size_t a = 0; a < rows_count; a++)
        for (size_t b = 0; b < rows_count; b++) {
            if (a == b || !share_line(&rows[a], &rows[b]))
                continue;
            const struct byteface *other = rows[b].model->face;
            bool known = knows(rows[a].model->others, other);
            struct pretender pretender = {.row = &rows[b]};
            if (knows(rows[a].model->twins, other)) { /* it answers as this one does, and to more */
                pretender.asked_too = rows[a].model->face;
                known = true;
            }
            const struct bench_instrument *in = play(&stage, &rows[a], pretender);
            assert_no_good_value(&stage, &rows[a], &rows[b], "");
            assert_int_equal(stage.samples, 0);
            if (known && (in->status != STATUS_WRONG_MODEL || !strstr(in->status_detail, other->name)))
                fail_msg("%s before %s says %s '%s'", rows[a].driver->name, rows[b].driver->name,
                         instrument_status_name(in->status), in->status_detail);
            pretender.deaf = !differ_in_question_only(rows[a].model->face, other);
            for (pretender.turn = 0; pretender.deaf && pretender.turn < 4; pretender.turn++) {
                play(&stage, &rows[a], pretender);
                assert_no_good_value(&stage, &rows[a], &rows[b], ", deaf");
            }
        }
}

/* Two models on the same line setting must not have the same face. */
static void faces_differ(void **state)
{
    (void)state;
    for (size_t a = 0; a < rows_count; a++)
        for (size_t b = 0; b < a; b++)
            assert_ptr_not_equal(rows[a].model->face, rows[b].model->face);
}

/* ---- the option ---- */

static void options_are_checked(void **state)
{
    (void)state;
    for (size_t r = 0; r < rows_count; r++) {
        struct sensor_config config = {.name = "it", .option = "nonsense"};
        struct err err;
        assert_int_equal(rows[r].driver->check(&config, &err), -1);
        assert_non_null(strstr(err.text, "no option 'nonsense'"));
        memcpy(config.option, rows[r].option, sizeof config.option);
        assert_int_equal(rows[r].driver->check(&config, &err), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(every_face_is_listed),
        cmocka_unit_test(only_reads_go_out_unasked),
        cmocka_unit_test(every_driver_measures_with_its_own_model),
        cmocka_unit_test(orders_go_out_once),
        cmocka_unit_test(no_driver_measures_with_another_model),
        cmocka_unit_test(faces_differ),
        cmocka_unit_test(options_are_checked),
    };
    return cmocka_run_group_tests(tests, find_rows, NULL);
}
