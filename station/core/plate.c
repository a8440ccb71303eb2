#include "station/core/plate.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "station/core/utf8.h"

enum { PLACES_MAX = 8 }; /* PLATE_TEXT_MAX holds as many characters of any size */

static const char *const kind_names[PLATE_KIND_COUNT] = {
    [PLATE_ORDINARY] = "ordinary",         [PLATE_NEV_SMALL] = "nev-small",
    [PLATE_NEV_LARGE] = "nev-large",       [PLATE_TRAILER] = "trailer",
    [PLATE_INSTRUCTION] = "instruction",   [PLATE_POLICE] = "police",
    [PLATE_HONGKONG] = "hongkong",         [PLATE_MACAO] = "macao",
    [PLATE_EMBASSY] = "embassy",           [PLATE_CONSULATE] = "consulate",
    [PLATE_ARMED_POLICE] = "armed-police", [PLATE_MILITARY] = "military",
    [PLATE_EMERGENCY] = "emergency",
};

static const struct {
    const char *name, *chinese;
} colours[PLATE_COLOUR_COUNT] = {
    [PLATE_COLOUR_UNKNOWN] = {"unknown", "未知"},
    [PLATE_BLUE] = {"blue", "蓝"},
    [PLATE_YELLOW] = {"yellow", "黄"},
    [PLATE_BLACK] = {"black", "黑"},
    [PLATE_WHITE] = {"white", "白"},
    [PLATE_GREEN] = {"green", "绿"},
    [PLATE_YELLOW_GREEN] = {"yellow-green", "黄绿"},
    [PLATE_COLOUR_OTHER] = {"other", "其他"},
};

/* Bits of enum plate_colour that a kind may have (GA 36-2018). */
#define BIT(colour) (1U << PLATE_##colour)
static const unsigned kind_colours[PLATE_KIND_COUNT] = {
    [PLATE_ORDINARY] = BIT(BLUE) | BIT(YELLOW) | BIT(BLACK) | BIT(WHITE) | BIT(COLOUR_OTHER),
    [PLATE_NEV_SMALL] = BIT(GREEN),
    [PLATE_NEV_LARGE] = BIT(YELLOW_GREEN),
    [PLATE_TRAILER] = BIT(YELLOW),
    [PLATE_INSTRUCTION] = BIT(YELLOW),
    [PLATE_POLICE] = BIT(WHITE),
    [PLATE_HONGKONG] = BIT(BLACK),
    [PLATE_MACAO] = BIT(BLACK),
    [PLATE_EMBASSY] = BIT(BLACK),
    [PLATE_CONSULATE] = BIT(BLACK),
    [PLATE_ARMED_POLICE] = BIT(WHITE),
    [PLATE_MILITARY] = BIT(WHITE),
    [PLATE_EMERGENCY] = BIT(WHITE),
};
#undef BIT

const char *plate_kind_name(enum plate_kind kind)
{
    assert(kind < PLATE_KIND_COUNT);
    return kind_names[kind];
}

const char *plate_colour_name(enum plate_colour colour)
{
    assert(colour < PLATE_COLOUR_COUNT);
    return colours[colour].name;
}

bool plate_colour_by_name(const char *name, enum plate_colour *out)
{
    static const char *const suffixes[] = {"", "色", "牌", "色牌"};
    for (enum plate_colour c = 0; c < PLATE_COLOUR_COUNT; c++) {
        size_t length = strlen(colours[c].chinese);
        bool chinese = strncmp(name, colours[c].chinese, length) == 0;
        for (size_t s = 0; s < sizeof suffixes / sizeof *suffixes; s++)
            if (strcmp(name, colours[c].name) == 0 || (chinese && strcmp(name + length, suffixes[s]) == 0)) {
                *out = c;
                return true;
            }
    }
    return false;
}

/* ---- the text: code points without blanks and dots, full width made ASCII, upper case ---- */

struct places {
    size_t count;
    uint32_t code[PLACES_MAX];
};

static bool is_filler(uint32_t c)
{
    return c == ' ' || c == '\t' || c == 0x3000 || c == 0x00A0 || c == 0x00B7 || c == 0x2022 || c == 0x2027 ||
           c == 0x30FB || c == 0xFF65 || c == '.' || c == '-';
}

static int normalise(struct places *p, const char *text, struct err *err)
{
    size_t length = strlen(text);
    p->count = 0;
    for (size_t at = 0; at < length;) {
        size_t size;
        uint32_t c = utf8_next(text + at, length - at, &size);
        if (size == 0)
            return err_set(err, ERR_INVALID, "plate: the text is not UTF-8");
        at += size;
        if (is_filler(c))
            continue;
        if (c >= 0xFF01 && c <= 0xFF5E)
            c -= 0xFEE0;
        if (c >= 'a' && c <= 'z')
            c -= 32;
        if (p->count == PLACES_MAX)
            return err_set(err, ERR_INVALID, "plate: more than 8 places in '%s'; check what was typed", text);
        p->code[p->count++] = c;
    }
    return 0;
}

static void encode(const struct places *p, char out[PLATE_TEXT_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++)
        n += utf8_put(p->code[i], out + n);
    out[n] = '\0';
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c) /* without I and O */
{
    return c >= 'A' && c <= 'Z' && c != 'I' && c != 'O';
}

static bool is_serial(uint32_t c)
{
    return is_digit(c) || is_letter(c);
}

static bool is_nev_letter(uint32_t c) /* A-E pure electric, F-K not pure electric */
{
    return c >= 'A' && c <= 'K' && c != 'I';
}

static bool in_set(uint32_t c, const char *utf8_set)
{
    size_t length = strlen(utf8_set);
    for (size_t at = 0; at < length;) {
        size_t size;
        if (utf8_next(utf8_set + at, length - at, &size) == c)
            return true;
        at += size;
    }
    return false;
}

static bool is_province(uint32_t c)
{
    return in_set(c, "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼");
}

static bool all(const struct places *p, size_t from, size_t to, bool (*test)(uint32_t))
{
    for (size_t i = from; i < to; i++)
        if (!test(p->code[i]))
            return false;
    return true;
}

/* 0x6302 挂 and the other last places that name a kind. */
static bool suffix_kind(uint32_t last, enum plate_kind *kind)
{
    static const struct {
        uint32_t code;
        enum plate_kind kind;
    } suffixes[] = {{0x6302, PLATE_TRAILER},  {0x5B66, PLATE_INSTRUCTION}, {0x8B66, PLATE_POLICE},
                    {0x6E2F, PLATE_HONGKONG}, {0x6FB3, PLATE_MACAO},       {0x4F7F, PLATE_EMBASSY},
                    {0x9886, PLATE_CONSULATE}};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (suffixes[i].code == last) {
            *kind = suffixes[i].kind;
            return true;
        }
    return false;
}

static bool is_armed_police(const struct places *p)
{
    size_t at = p->count > 2 && is_province(p->code[2]) ? 3 : 2;
    return p->count == at + 5 && all(p, at, at + 4, is_digit) &&
           (is_digit(p->code[at + 4]) || in_set(p->code[at + 4], "TDSHBXJ"));
}

static bool is_military(const struct places *p)
{
    return p->count == 7 && in_set(p->code[0], "VKHBSLJNGCE") && in_set(p->code[1], "ABCDJKLMNOPRSTVY") &&
           all(p, 2, 7, is_digit);
}

static const char *place_problem(uint32_t c)
{
    if (c == 'I' || c == 'O')
        return "the letters I and O are not used on plates; is it a 1 or a 0?";
    return "expected a digit or a letter";
}

static int wrong_place(struct err *err, const struct places *p, size_t place)
{
    struct places one = {.count = 1, .code = {p->code[place]}};
    char text[PLATE_TEXT_MAX];
    encode(&one, text);
    return err_set(err, ERR_INVALID, "plate, place %zu, '%s': %s", place + 1, text, place_problem(p->code[place]));
}

static int check_serial(const struct places *p, size_t from, size_t to, struct err *err)
{
    for (size_t i = from; i < to; i++)
        if (!is_serial(p->code[i]))
            return wrong_place(err, p, i);
    return 0;
}

static int classify_suffix(const struct places *p, enum plate_kind kind, struct err *err)
{
    size_t last = p->count - 1;
    if (kind == PLATE_EMBASSY)
        return p->count == 7 && all(p, 0, last, is_digit)
                   ? 0
                   : err_set(err, ERR_INVALID, "plate: an embassy plate is six digits and 使");
    if (!is_province(p->code[0]))
        return err_set(err, ERR_INVALID, "plate: it must begin with a province character");
    if (p->count != 7)
        return err_set(err, ERR_INVALID, "plate: %zu places; this kind has 7", p->count);
    if (kind == PLATE_CONSULATE)
        return check_serial(p, 1, last, err);
    if (!is_letter(p->code[1]) && p->code[1] != 'O')
        return wrong_place(err, p, 1);
    if ((kind == PLATE_HONGKONG || kind == PLATE_MACAO) && !(p->code[0] == 0x7CA4 && p->code[1] == 'Z'))
        return err_set(err, ERR_INVALID, "plate: 港 and 澳 plates begin with 粤Z");
    return check_serial(p, 2, last, err);
}

static int classify_new_energy(const struct places *p, enum plate_kind *kind, struct err *err)
{
    if (is_nev_letter(p->code[2]) && is_serial(p->code[3]) && all(p, 4, 8, is_digit)) {
        *kind = PLATE_NEV_SMALL;
        return 0;
    }
    if (all(p, 2, 7, is_digit) && is_nev_letter(p->code[7])) {
        *kind = PLATE_NEV_LARGE;
        return 0;
    }
    if (check_serial(p, 2, 8, err) != 0)
        return -1;
    return err_set(
        err, ERR_INVALID,
        "plate: 8 places are a new-energy plate: a letter A-K first (small) or last (large), digits besides");
}

static int classify(const struct places *p, enum plate_kind *kind, struct err *err)
{
    if (p->count == 0)
        return err_set(err, ERR_INVALID, "plate: nothing was given");
    if (p->code[0] == 'W' && p->count > 1 && p->code[1] == 'J') {
        *kind = PLATE_ARMED_POLICE;
        return is_armed_police(p)
                   ? 0
                   : err_set(err, ERR_INVALID, "plate: WJ plates are WJ, a province or not, 4 digits, 1 more");
    }
    if (is_military(p)) {
        *kind = PLATE_MILITARY;
        return 0;
    }
    if (p->count == 8 && p->code[6] == 0x5E94 && p->code[7] == 0x6025) { /* 应急 */
        *kind = PLATE_EMERGENCY;
        return is_province(p->code[0]) && (p->code[1] == 'X' || p->code[1] == 'S')
                   ? check_serial(p, 2, 6, err)
                   : err_set(err, ERR_INVALID, "plate: 应急 plates begin with a province and X or S");
    }
    if (suffix_kind(p->code[p->count - 1], kind))
        return classify_suffix(p, *kind, err);
    if (!is_province(p->code[0]))
        return err_set(err, ERR_INVALID, "plate: it must begin with a province character such as 新");
    if (p->count != 7 && p->count != 8)
        return err_set(err, ERR_INVALID, "plate: %zu places; ordinary plates have 7, new-energy plates 8", p->count);
    if (!is_letter(p->code[1]) && p->code[1] != 'O') /* O is used in the second place by official vehicles */
        return wrong_place(err, p, 1);
    if (p->count == 8)
        return classify_new_energy(p, kind, err);
    *kind = PLATE_ORDINARY;
    return check_serial(p, 2, 7, err);
}

static enum plate_colour only_colour(enum plate_kind kind)
{
    for (enum plate_colour c = 0; c < PLATE_COLOUR_COUNT; c++)
        if (kind_colours[kind] == 1U << c)
            return c;
    return PLATE_COLOUR_UNKNOWN;
}

int plate_parse(struct plate *plate, const char *text, enum plate_colour colour, struct err *err)
{
    struct places places;
    struct plate result = {.colour = colour};
    if (normalise(&places, text, err) != 0 || classify(&places, &result.kind, err) != 0)
        return -1;
    encode(&places, result.text);
    if (colour == PLATE_COLOUR_UNKNOWN)
        result.colour = only_colour(result.kind);
    else if (!(kind_colours[result.kind] & 1U << colour))
        return err_set(err, ERR_INVALID, "plate: %s is a plate of kind %s, which is never %s; check plate and colour",
                       result.text, plate_kind_name(result.kind), plate_colour_name(colour));
    *plate = result;
    return 0;
}

bool plate_may_be_pushed(const struct plate *plate)
{
    return plate->text[0] && plate->kind != PLATE_MILITARY && plate->kind != PLATE_ARMED_POLICE;
}

bool plate_is_electric(const struct plate *plate)
{
    size_t length = strlen(plate->text);
    char letter = plate->kind == PLATE_NEV_SMALL && length >= 5   ? plate->text[4] /* behind province and area */
                  : plate->kind == PLATE_NEV_LARGE && length >= 1 ? plate->text[length - 1]
                                                                  : '\0';
    return letter >= 'A' && letter <= 'E';
}
