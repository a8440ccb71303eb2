#include "station/roster.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/csv.h"
#include "reports/charset.h"
#include "station/core/utf8.h"
#include "station/core/json.h"
#include "station/entries.h"

/* ---- text ---- */

/* Which encoding the bytes are in; *skip: the byte order mark. */
static const char *encoding(const char *bytes, size_t length, size_t *skip)
{
    *skip = 0;
    if (length >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0) {
        *skip = 2;
        return "UTF-16LE";
    }
    if (length >= 2 && memcmp(bytes, "\xFE\xFF", 2) == 0) {
        *skip = 2;
        return "UTF-16BE";
    }
    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        *skip = 3;
    return utf8_check(bytes, length) == length ? "UTF-8" : "GB18030";
}

/* malloc'ed UTF-8, NUL-terminated. */
static int decode(const char *bytes, size_t length, char **text, size_t *text_length, struct err *err)
{
    size_t skip;
    const char *from = encoding(bytes, length, &skip);
    size_t room = 3 * length + 1; /* two bytes of GBK or UTF-16 become at most three */
    iconv_t converter;
    if (!charset_open(&converter, "UTF-8", from))
        return err_set(err, ERR_FAILED, "this system cannot convert %s", from);
    char *out = malloc(room + 1), *in = malloc(length + 1), *at = in, *to = out;
    size_t left = length - skip, space = room;
    bool made = in && out;
    if (made)
        memcpy(in, bytes + skip, left);
    bool done = made && iconv(converter, &at, &left, &to, &space) != (size_t)-1;
    size_t offset = length - left;
    iconv_close(converter);
    free(in);
    if (!done || !out) {
        free(out);
        if (made)
            err_set(err, ERR_INVALID, "the file's text cannot be read as %s from byte %zu on; save it as \"CSV UTF-8\"",
                    from, offset + 1);
        else
            err_set(err, ERR_FAILED, "out of memory");
        return -1;
    }
    *to = '\0';
    *text = out;
    *text_length = (size_t)(to - out);
    return 0;
}

/* ---- columns ---- */

enum { TEXT_MAX = ROSTER_FLEET_MAX }; /* bytes of one field with its NUL */

enum { COLUMN_NONE = -1, COLUMN_PLATE = VEHICLE_FACT_COUNT, COLUMN_COLOUR, COLUMN_FLEET };

static const struct {
    const char *heading;
    int column;
} headings[] = {
    {"plate", COLUMN_PLATE},
    {"号牌号码", COLUMN_PLATE},
    {"车牌号码", COLUMN_PLATE},
    {"车牌号", COLUMN_PLATE},
    {"号牌", COLUMN_PLATE},
    {"车牌", COLUMN_PLATE},
    {"colour", COLUMN_COLOUR},
    {"color", COLUMN_COLOUR},
    {"号牌颜色", COLUMN_COLOUR},
    {"车牌颜色", COLUMN_COLOUR},
    {"fleet", COLUMN_FLEET},
    {"所属单位", COLUMN_FLEET},
    {"单位名称", COLUMN_FLEET},
    {"单位", COLUMN_FLEET},
    {"企业名称", COLUMN_FLEET},
    {"企业", COLUMN_FLEET},
    {"车队", COLUMN_FLEET},
    {"燃料种类", VEHICLE_FUEL},
    {"燃料类型", VEHICLE_FUEL},
    {"燃料", VEHICLE_FUEL},
    {"额定功率(kW)", VEHICLE_POWER_KW},
    {"额定功率（kW）", VEHICLE_POWER_KW},
    {"最大总质量(kg)", VEHICLE_MASS_KG},
    {"最大总质量（kg）", VEHICLE_MASS_KG},
    {"总质量(kg)", VEHICLE_MASS_KG},
    {"总质量（kg）", VEHICLE_MASS_KG},
    {"额定转速", VEHICLE_RATED_RPM},
    {"变速器", VEHICLE_GEARBOX},
    {"初次登记日期", VEHICLE_FIRST_REGISTRATION},
    {"注册日期", VEHICLE_FIRST_REGISTRATION},
    {"登记日期", VEHICLE_FIRST_REGISTRATION},
    {"排放阶段", VEHICLE_STAGE},
    {"排放标准", VEHICLE_STAGE},
    {"车辆识别代号", VEHICLE_VIN},
    {"车架号", VEHICLE_VIN},
    {"所有人", VEHICLE_OWNER},
    {"车主", VEHICLE_OWNER},
    {"挂车号牌", VEHICLE_TRAILER_PLATE},
};

/* A heading of the table, or the key of a fact. */
static int column_of(const char *heading)
{
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
        if (strcmp(headings[i].heading, heading) == 0)
            return headings[i].column;
    for (enum vehicle_fact fact = 0; fact < VEHICLE_FACT_COUNT; fact++)
        if (strcmp(vehicle_fact_key(fact), heading) == 0)
            return (int)fact;
    return COLUMN_NONE;
}

/* ---- values ---- */

static const struct {
    enum vehicle_fact fact;
    const char *said, *value;
} words[] = {
    {VEHICLE_FUEL, "柴油", "diesel"},     {VEHICLE_FUEL, "汽油", "petrol"},
    {VEHICLE_FUEL, "天然气", "gas"},      {VEHICLE_FUEL, "电", "electric"},
    {VEHICLE_FUEL, "纯电动", "electric"}, {VEHICLE_FUEL, "混合动力", "hybrid"},
    {VEHICLE_GEARBOX, "手动", "manual"},  {VEHICLE_GEARBOX, "自动", "automatic"},
    {VEHICLE_STAGE, "国一", "1"},         {VEHICLE_STAGE, "国二", "2"},
    {VEHICLE_STAGE, "国三", "3"},         {VEHICLE_STAGE, "国四", "4"},
    {VEHICLE_STAGE, "国五", "5"},         {VEHICLE_STAGE, "国六", "6"},
    {VEHICLE_STAGE, "国1", "1"},          {VEHICLE_STAGE, "国2", "2"},
    {VEHICLE_STAGE, "国3", "3"},          {VEHICLE_STAGE, "国4", "4"},
    {VEHICLE_STAGE, "国5", "5"},          {VEHICLE_STAGE, "国6", "6"},
    {VEHICLE_STAGE, "国Ⅰ", "1"},          {VEHICLE_STAGE, "国Ⅱ", "2"},
    {VEHICLE_STAGE, "国Ⅲ", "3"},          {VEHICLE_STAGE, "国Ⅳ", "4"},
    {VEHICLE_STAGE, "国Ⅴ", "5"},          {VEHICLE_STAGE, "国Ⅵ", "6"},
};

static bool take_number(const char **at, size_t digits_max, unsigned *out)
{
    size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > digits_max)
        return false;
    *out = (unsigned)strtoul(*at, NULL, 10);
    *at += digits;
    return true;
}

static bool take_word(const char **at, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0)
        return false;
    *at += length;
    return true;
}

/* A spreadsheet's date, "2019/5/1", "2019-5-1" or "2019年5月1日", as ISO 8601; other text stays as it is. */
static void tidy_date(const char said[TEXT_MAX], char out[TEXT_MAX])
{
    static const char *const forms[][3] = {{"/", "/", ""}, {"-", "-", ""}, {"年", "月", "日"}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        unsigned year, month, day;
        const char *at = said;
        if (take_number(&at, 4, &year) && take_word(&at, forms[i][0]) && take_number(&at, 2, &month) &&
            take_word(&at, forms[i][1]) && take_number(&at, 2, &day) && take_word(&at, forms[i][2]) && !*at) {
            snprintf(out, TEXT_MAX, "%04u-%02u-%02u", year, month, day);
            return;
        }
    }
    snprintf(out, TEXT_MAX, "%s", said);
}

/* What people write for one of our words; other text stays as it is and is checked as a fact. */
static void tidy(enum vehicle_fact fact, const char said[TEXT_MAX], char out[TEXT_MAX])
{
    if (fact == VEHICLE_FIRST_REGISTRATION) {
        tidy_date(said, out);
        return;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].fact == fact && strcmp(words[i].said, said) == 0) {
            snprintf(out, TEXT_MAX, "%s", words[i].value);
            return;
        }
    snprintf(out, TEXT_MAX, "%s", said);
}

/* ---- the file ---- */

struct reader {
    struct roster *roster;
    const char *by;
    size_t columns_count, room;
    int columns[CSV_FIELDS_MAX];
};

__attribute__((format(printf, 3, 4))) static void problem(struct roster *roster, unsigned line, const char *format, ...)
{
    if (roster->problems_count < ROSTER_PROBLEMS_MAX) {
        struct roster_problem *p = &roster->problems[roster->problems_count];
        va_list arguments;
        va_start(arguments, format);
        p->line = line;
        vsnprintf(p->text, sizeof p->text, format, arguments);
        va_end(arguments);
        utf8_trim(p->text);
    }
    roster->problems_count++;
}

/* The field without blanks around it; false when it is too long. */
static bool trimmed(const struct csv_field *field, char out[TEXT_MAX])
{
    const char *text = field->text + strspn(field->text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    bool fits = length < TEXT_MAX;
    snprintf(out, TEXT_MAX, "%.*s", (int)(fits ? length : TEXT_MAX - 1), text);
    return fits;
}

static int read_headings(struct reader *r, unsigned line, const struct csv_record *record, struct err *err)
{
    struct roster *roster = r->roster;
    char heading[TEXT_MAX];
    bool plate = false;
    r->columns_count = record->count;
    for (size_t i = 0; i < record->count; i++) {
        trimmed(&record->fields[i], heading);
        r->columns[i] = column_of(heading);
        plate |= r->columns[i] == COLUMN_PLATE;
        for (size_t j = 0; j < i; j++)
            if (r->columns[i] != COLUMN_NONE && r->columns[j] == r->columns[i])
                return err_set(err, ERR_INVALID, "line %u: columns %zu and %zu say the same ('%s'); take one out", line,
                               j + 1, i + 1, heading);
        size_t used = strlen(roster->unused);
        if (r->columns[i] == COLUMN_NONE && heading[0])
            snprintf(roster->unused + used, sizeof roster->unused - used, "%s%s", used ? ", " : "", heading);
    }
    utf8_trim(roster->unused);
    if (!plate)
        return err_set(err, ERR_INVALID,
                       "line %u names no plate column; the first line must name the columns, one of them 号牌号码 or "
                       "plate",
                       line);
    return 0;
}

static bool is_empty(const struct csv_record *record)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->fields[i].text[strspn(record->fields[i].text, " \t\r\n")])
            return false;
    return true;
}

/* One field of an entry; the plate waits for its colour. */
static void take_field(const struct reader *r, struct roster_entry *entry, int column, const char *text,
                       char plate[TEXT_MAX], enum plate_colour *colour)
{
    struct err why = {0};
    char value[TEXT_MAX];
    switch (column) {
    case COLUMN_PLATE: snprintf(plate, TEXT_MAX, "%s", text); return;
    case COLUMN_FLEET: snprintf(entry->fleet, sizeof entry->fleet, "%s", text); return;
    case COLUMN_COLOUR:
        if (!plate_colour_by_name(text, colour))
            problem(r->roster, entry->line, "'%s' is no plate colour; write 蓝 黄 黑 白 绿 or 黄绿", text);
        return;
    default: break;
    }
    tidy((enum vehicle_fact)column, text, value);
    if (vehicle_set(&entry->vehicle, vehicle_fact_key((enum vehicle_fact)column), value, FACT_ROSTER, r->by, &why) != 0)
        problem(r->roster, entry->line, "%s", why.text);
}

static void read_entry(struct reader *r, struct roster_entry *entry, const struct csv_record *record)
{
    struct roster *roster = r->roster;
    struct err why = {0};
    char text[TEXT_MAX], plate[TEXT_MAX] = "";
    enum plate_colour colour = PLATE_COLOUR_UNKNOWN;
    if (record->count > r->columns_count)
        problem(roster, entry->line, "has %zu fields, the first line names %zu columns", record->count,
                r->columns_count);
    for (size_t i = 0; i < record->count && i < r->columns_count; i++) {
        if (r->columns[i] == COLUMN_NONE)
            continue;
        if (!trimmed(&record->fields[i], text))
            problem(roster, entry->line, "field %zu is longer than %d bytes", i + 1, TEXT_MAX - 1);
        else if (text[0])
            take_field(r, entry, r->columns[i], text, plate, &colour);
    }
    if (!plate[0])
        problem(roster, entry->line, "has no plate");
    else if (plate_parse(&entry->vehicle.plate, plate, colour, &why) != 0)
        problem(roster, entry->line, "%s: %s", plate, why.text);
    else if (entry->vehicle.plate.kind == PLATE_TRAILER)
        problem(roster, entry->line, "%s is a trailer; list the tractor, with the trailer under 挂车号牌", plate);
    entry->vehicle.plate_source = FACT_ROSTER;
    snprintf(entry->vehicle.plate_by, sizeof entry->vehicle.plate_by, "%s", r->by);
}

static int grow(struct reader *r, struct err *err)
{
    struct roster *roster = r->roster;
    if (roster->entries_count == ROSTER_ENTRIES_MAX)
        return err_set(err, ERR_INVALID, "more than %d vehicles; split the list", ROSTER_ENTRIES_MAX);
    if (roster->entries_count < r->room)
        return 0;
    size_t room = r->room ? 2 * r->room : 64;
    struct roster_entry *entries = realloc(roster->entries, room * sizeof *entries);
    if (!entries)
        return err_set(err, ERR_FAILED, "out of memory");
    roster->entries = entries;
    r->room = room;
    return 0;
}

static int read_records(struct reader *r, const char *text, size_t length, char *room, struct err *err)
{
    struct csv_record record;
    char separator = csv_separator(text, length);
    unsigned line = 1;
    for (size_t at = 0; at < length;) {
        ptrdiff_t used = csv_read(text + at, length - at, separator, room, length + 1, &record);
        if (used < 0)
            return err_set(err, ERR_INVALID, "line %u: %s", line, record.why);
        if (is_empty(&record)) {
            /* spreadsheets leave empty lines at the end */
        } else if (r->columns_count == 0) {
            if (read_headings(r, line, &record, err) != 0)
                return -1;
        } else {
            if (grow(r, err) != 0)
                return -1;
            struct roster_entry *entry = &r->roster->entries[r->roster->entries_count++];
            *entry = (struct roster_entry){.line = line};
            read_entry(r, entry, &record);
        }
        line += (unsigned)record.lines;
        at += (size_t)used;
    }
    return r->columns_count ? 0 : err_set(err, ERR_INVALID, "the file is empty");
}

static int by_plate(const void *a, const void *b)
{
    const struct roster_entry *const *x = a, *const *y = b;
    int order = strcmp((*x)->vehicle.plate.text, (*y)->vehicle.plate.text);
    if (order == 0)
        order = (int)(*x)->vehicle.plate.colour - (int)(*y)->vehicle.plate.colour;
    return order ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

/* One plate and colour is one vehicle; without its colour a plate may be any of that number. */
static int find_twins(struct roster *roster, struct err *err)
{
    size_t count = roster->entries_count;
    const struct roster_entry **sorted =
        malloc((count + 1) * sizeof *sorted); // NOLINT(bugprone-sizeof-expression): of pointers
    if (!sorted)
        return err_set(err, ERR_FAILED, "out of memory");
    for (size_t i = 0; i < count; i++)
        sorted[i] = &roster->entries[i];
    qsort(sorted, count, sizeof *sorted, by_plate); // NOLINT(bugprone-sizeof-expression): of pointers
    for (size_t i = 1; i < count; i++) {
        const struct plate *a = &sorted[i - 1]->vehicle.plate, *b = &sorted[i]->vehicle.plate;
        if (b->text[0] && strcmp(a->text, b->text) == 0 &&
            (a->colour == b->colour || a->colour == PLATE_COLOUR_UNKNOWN))
            problem(roster, sorted[i]->line, "%s stands in line %u already", b->text, sorted[i - 1]->line);
    }
    free(sorted);
    return 0;
}

int roster_read(struct roster *out, const char *bytes, size_t length, const char *by, struct err *err)
{
    struct reader r = {.roster = out, .by = by};
    char *text = NULL;
    size_t text_length = 0;
    memset(out, 0, sizeof *out);
    if (decode(bytes, length, &text, &text_length, err) != 0)
        return -1;
    char *room = malloc(text_length + 1);
    int result = !room ? err_set(err, ERR_FAILED, "out of memory")
                 : strlen(text) != text_length
                     ? err_set(err, ERR_INVALID, "the file holds a NUL byte; is it a CSV file?")
                     : read_records(&r, text, text_length, room, err);
    if (result == 0)
        result = find_twins(out, err);
    if (result == 0 && out->entries_count == 0)
        result = err_set(err, ERR_INVALID, "the file lists no vehicle below its first line");
    free(room);
    free(text);
    return result;
}

void roster_close(struct roster *roster)
{
    free(roster->entries);
    roster->entries = NULL;
    roster->entries_count = 0;
}

int roster_facts(const struct roster_entry *entry, char *out, size_t size)
{
    const struct vehicle *vehicle = &entry->vehicle;
    struct entries e = {0};
    struct json_writer w;
    for (enum vehicle_fact fact = 0; fact < VEHICLE_FACT_COUNT; fact++)
        if (vehicle->facts[fact].source != FACT_ABSENT)
            entries_text(&e, vehicle_fact_key(fact), vehicle->facts[fact].value);
    json_writer_init(&w, out, size);
    entries_write(&e, &w, NULL);
    return json_writer_finish(&w) < 0 ? -1 : 0;
}
