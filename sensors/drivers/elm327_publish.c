#include "sensors/drivers/elm327_publish.h"

#include <stdio.h>
#include <string.h>

#include "protocols/j1939.h"
#include "protocols/j1979.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct {
    uint32_t spn;
    enum quantity quantity;
} j1939_quantities[] = {
    {190, QUANTITY_RPM},           {84, QUANTITY_SPEED},         {110, QUANTITY_COOLANT_TEMP},
    {175, QUANTITY_OIL_TEMP},      {92, QUANTITY_LOAD},          {183, QUANTITY_FUEL_RATE},
    {108, QUANTITY_OBD_PRESSURE},  {171, QUANTITY_OBD_AIR_TEMP}, {1761, QUANTITY_DEF_LEVEL},
    {3216, QUANTITY_OBD_NOX_IN},   {3217, QUANTITY_OBD_O2_IN},   {3226, QUANTITY_OBD_NOX_OUT},
    {3227, QUANTITY_OBD_O2_OUT},   {3242, QUANTITY_DPF_TEMP_IN}, {3246, QUANTITY_DPF_TEMP_OUT},
    {3251, QUANTITY_DPF_PRESSURE},
};

/* A vehicle that tells something is there, and well connected. */
static void tell(const struct sample *sample, const struct sensor_host *host)
{
    host->fault(host->ctx, STATUS_OK, "");
    host->publish(host->ctx, sample);
}

/* ---- answers by J1979 ---- */

bool elm327_begins(const struct elm327_message *m, const struct elm327_question *q)
{
    int service = slice_hex_byte(q->command) + J1979_ANSWER;
    if (m->length == 0 || m->bytes[0] != service)
        return false;
    return strlen(q->command) < 4 || (m->length > 1 && m->bytes[1] == slice_hex_byte(q->command + 2));
}

bool elm327_publish_value(const struct elm327_question *q, const struct elm327_message *m, int64_t t_ms,
                          const struct sensor_host *host)
{
    struct sample sample = {.t_ms = t_ms};
    const uint8_t *data = m->bytes + 2;
    enum { COOLANT_OFFSET = 40 };
    if (q->pid == 0x0C && m->length == 4)
        sample_add(&sample, QUANTITY_RPM, QUALITY_OK, (struct decimal){INT64_C(25) * (data[0] * 256 + data[1]), 2});
    else if (q->pid == 0x0D && m->length == 3)
        sample_add(&sample, QUANTITY_SPEED, QUALITY_OK, (struct decimal){data[0], 0});
    else if (q->pid == 0x05 && m->length == 3)
        sample_add(&sample, QUANTITY_COOLANT_TEMP, QUALITY_OK, (struct decimal){data[0] - COOLANT_OFFSET, 0});
    else
        return false;
    tell(&sample, host);
    return true;
}

static void write_monitors(const uint8_t bcd[3], struct sample_text *text)
{
    char words[SAMPLE_TEXT_MAX] = "";
    for (size_t i = 0, used = 0; i < J1979_MONITORS; i++) {
        const char *name;
        bool complete;
        if (j1979_monitor(bcd, i, &name, &complete))
            used += (size_t)snprintf(words + used, sizeof words - used, "%s%s=%s", used ? " " : "", name,
                                     complete ? "complete" : "incomplete");
    }
    sample_text_set(text, TEXT_READINESS, words, strlen(words));
}

/* Several control units answer: a lamp of any of them is on, a monitor that any of them has not completed is not. */
bool elm327_publish_monitors(const struct elm327_question *q, struct slice reply, int64_t t_ms,
                             const struct sensor_host *host)
{
    enum { LENGTH = 6, LAMP = 0x80 };
    struct elm327_message m;
    struct sample_text text;
    struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
    uint8_t lamp = 0, bcd[3] = {0};
    int64_t codes = 0;
    bool any = false;
    while (elm327_next(&reply, q->command, &m)) {
        if (!elm327_begins(&m, q) || m.length != LENGTH)
            continue;
        any = true;
        lamp |= m.bytes[2] & LAMP;
        codes += m.bytes[2] & ~LAMP;
        for (size_t i = 0; i < sizeof bcd; i++)
            bcd[i] |= m.bytes[3 + i];
    }
    if (!any)
        return false;
    sample_add(&sample, QUANTITY_MIL, QUALITY_OK, (struct decimal){lamp != 0, 0});
    sample_add(&sample, QUANTITY_DTC_COUNT, QUALITY_OK, (struct decimal){codes, 0});
    write_monitors(bcd, &text);
    tell(&sample, host);
    return true;
}

/* A list of codes; what does not fit is told as a number, "+3". */
struct code_list {
    char text[SAMPLE_TEXT_MAX];
    size_t length;
    unsigned left_out;
};

static void add_code(struct code_list *list, const char *code)
{
    enum { ROOM_FOR_REST = 6 };
    if (list->length + strlen(code) + ROOM_FOR_REST >= sizeof list->text)
        list->left_out++;
    else
        list->length += (size_t)snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s",
                                         list->length ? " " : "", code);
}

static void end_codes(struct code_list *list, struct sample_text *text, enum text_kind kind)
{
    if (list->left_out > 0)
        list->length += (size_t)snprintf(list->text + list->length, sizeof list->text - list->length, " +%u",
                                         list->left_out < 999 ? list->left_out : 999);
    sample_text_set(text, kind, list->text, list->length);
}

bool elm327_publish_codes(const struct elm327_question *q, struct slice reply, int64_t t_ms,
                          const struct sensor_host *host)
{
    struct elm327_message m;
    struct code_list list = {0};
    struct sample_text text;
    const struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
    bool any = false;
    while (elm327_next(&reply, q->command, &m)) {
        const uint8_t *codes;
        int count = elm327_begins(&m, q) && m.length > 1 ? j1979_dtcs(m.bytes + 1, m.length - 1, &codes) : -1;
        any = any || count >= 0;
        for (int i = 0; i < count; i++, codes += 2) {
            char code[J1979_DTC_SIZE];
            j1979_dtc_text(codes[0], codes[1], code);
            add_code(&list, code);
        }
    }
    if (!any)
        return false;
    end_codes(&list, &text, strcmp(q->command, "07") == 0 ? TEXT_DTC_PENDING : TEXT_DTC);
    tell(&sample, host);
    return true;
}

void elm327_publish_vin(const struct elm327_question *q, struct slice reply, int64_t t_ms,
                        const struct sensor_host *host)
{
    struct elm327_message m;
    char vin[J1979_VIN_SIZE];
    while (elm327_next(&reply, q->command, &m)) {
        if (!elm327_begins(&m, q) || !j1979_vin(m.bytes + 2, m.length - 2, vin))
            continue;
        struct sample_text text;
        const struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
        sample_text_set(&text, TEXT_VIN, vin, strlen(vin));
        tell(&sample, host);
        return;
    }
}

void elm327_publish_protocol(struct slice line, int64_t t_ms, const struct sensor_host *host)
{
    static const char *const names[] = {"automatic",          "SAE J1850 PWM",      "SAE J1850 VPW",
                                        "ISO 9141-2",         "ISO 14230-4 slow",   "ISO 14230-4 fast",
                                        "ISO 15765-4 11/500", "ISO 15765-4 29/500", "ISO 15765-4 11/250",
                                        "ISO 15765-4 29/250", "SAE J1939 29/250"};
    bool automatic = line.length == 2 && line.at[0] == 'A'; /* "A6": found by itself */
    int number = line.length == 1U + automatic ? slice_hex_digit(line.at[automatic]) : -1;
    struct sample_text text;
    const struct sample sample = {.t_ms = t_ms, .texts_count = 1, .texts = &text};
    if (number <= 0 || (size_t)number >= COUNT(names))
        return;
    sample_text_set(&text, TEXT_OBD_PROTOCOL, names[number], strlen(names[number]));
    tell(&sample, host);
}

/* ---- broadcasts by J1939 ---- */

static enum quantity quantity_of(uint32_t spn)
{
    for (size_t i = 0; i < COUNT(j1939_quantities); i++)
        if (j1939_quantities[i].spn == spn)
            return j1939_quantities[i].quantity;
    return QUANTITY_COUNT;
}

static void publish_dm1(const struct elm327_message *m, int64_t t_ms, const struct sensor_host *host)
{
    struct code_list list = {0};
    struct sample_text texts[2];
    struct sample sample = {.t_ms = t_ms, .texts_count = 2, .texts = texts};
    struct j1939_dtc dtc;
    size_t count = 0;
    char source[8];
    for (; j1939_dtc(m->bytes, m->length, count, &dtc); count++) {
        char code[24];
        snprintf(code, sizeof code, "%u/%u", (unsigned)dtc.spn, (unsigned)dtc.fmi);
        add_code(&list, code);
    }
    if (j1939_mil(m->bytes, m->length) != J1939_LAMP_UNKNOWN)
        sample_add(&sample, QUANTITY_MIL, QUALITY_OK,
                   (struct decimal){j1939_mil(m->bytes, m->length) == J1939_LAMP_ON, 0});
    sample_add(&sample, QUANTITY_DTC_COUNT, QUALITY_OK, (struct decimal){(int64_t)count, 0});
    end_codes(&list, &texts[0], TEXT_DTC);
    snprintf(source, sizeof source, "%02X", (unsigned)m->source);
    sample_text_set(&texts[1], TEXT_ECU, source, strlen(source));
    tell(&sample, host);
}

static void publish_spns(const struct elm327_message *m, int64_t t_ms, const struct sensor_host *host)
{
    struct sample sample = {.t_ms = t_ms};
    for (const struct j1939_spn *spn = j1939_spns; spn->spn; spn++) {
        uint32_t raw;
        struct decimal value;
        const struct decimal scale = {spn->scale_units, spn->scale_digits}, offset = {spn->offset, 0};
        if (spn->pgn != m->pgn || !j1939_raw(spn, m->bytes, m->length, &raw) ||
            !decimal_scale(raw, scale, offset, &value))
            continue;
        enum quality quality = j1939_unstable(spn, m->bytes, m->length) ? QUALITY_SUSPECT : QUALITY_OK;
        sample_add(&sample, quantity_of(spn->spn), quality, value);
    }
    if (sample.count > 0)
        tell(&sample, host);
}

bool elm327_publish_broadcast(const struct elm327_question *q, struct slice reply, int64_t t_ms,
                              const struct sensor_host *host)
{
    struct elm327_message m;
    if (!elm327_next_j1939(&reply, q->command, &m))
        return false;
    if (m.pgn == J1939_PGN_DM1 && m.length > 1)
        publish_dm1(&m, t_ms, host);
    else
        publish_spns(&m, t_ms, host);
    return true;
}
