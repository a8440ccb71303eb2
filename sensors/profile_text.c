#include "sensors/profile_text.h"

#include <stdio.h>
#include <string.h>

#include "protocols/ak.h"

static int get_short(struct conf *conf, ptrdiff_t node, const char *name, bool required, char *out, size_t size,
                     struct err *err)
{
    const char *text = "";
    if (conf_get_string(conf, node, name, required, &text, err) != 0)
        return -1;
    if (strlen(text) >= size || (required && !*text))
        return conf_error(conf, node, err, "'%s' must have 1 to %zu bytes", name, size - 1);
    snprintf(out, size, "%s", text);
    return 0;
}

/* ---- AK ---- */

/* A function code of that class (S control, A ask) and the channel behind it. */
static int get_code(struct conf *conf, ptrdiff_t node, const char *name, char class, char code[PROFILE_AK_CODE_SIZE],
                    uint8_t *channel, struct err *err)
{
    int64_t number = 0;
    if (get_short(conf, node, name, true, code, PROFILE_AK_CODE_SIZE, err) != 0 ||
        conf_get_integer(conf, node, "channel", false, 0, AK_CHANNEL_MAX, &number, err) != 0)
        return -1;
    if (!ak_is_code(code) || code[0] != class)
        return conf_error(conf, node, err, "'%s = %s' is no AK function code; four capital letters, the first %c", name,
                          code, class);
    *channel = (uint8_t)number;
    return 0;
}

int profile_text_ak_value(struct conf *conf, ptrdiff_t node, struct profile_value *value, struct err *err)
{
    enum { WORDS_MAX = 64 };
    int64_t index = 0;
    int64_t words = 0;
    if (get_code(conf, node, "ask", 'A', value->ask, &value->channel, err) != 0 ||
        conf_get_integer(conf, node, "index", false, 0, WORDS_MAX - 1, &index, err) != 0 ||
        conf_get_integer(conf, node, "words", false, 1, WORDS_MAX, &words, err) != 0)
        return -1;
    if (words != 0 && index >= words)
        return conf_error(conf, node, err, "index %d is not in a reply of %d words; the first has index 0", (int)index,
                          (int)words);
    value->index = (uint8_t)index;
    value->words = (uint8_t)words;
    return 0;
}

int profile_text_ak_identify(struct conf *conf, ptrdiff_t top, struct profile *profile, struct err *err)
{
    ptrdiff_t node = conf_next(conf, top, CONF_FIRST, CONF_SECTION, "identify");
    if (node < 0)
        return 0;
    conf_use(conf, node);
    ptrdiff_t second = conf_next(conf, top, node, CONF_SECTION, "identify");
    if (second >= 0)
        return conf_error(conf, second, err, "a second 'identify'; a profile has at most one");
    return get_code(conf, node, "ask", 'A', profile->identify_ask, &profile->identify_channel, err) != 0
               ? -1
               : get_short(conf, node, "model", false, profile->identify_model, sizeof profile->identify_model, err);
}

int profile_text_ak_status(struct conf *conf, ptrdiff_t node, struct profile_status *status, struct err *err)
{
    char error[PROFILE_WORD_MAX] = "";
    if (get_short(conf, node, "word", false, status->word, sizeof status->word, err) != 0 ||
        get_short(conf, node, "error", false, error, sizeof error, err) != 0)
        return -1;
    if ((status->word[0] != '\0') == (error[0] != '\0'))
        return conf_error(conf, node, err,
                          "write either word = \"…\" (of the reply to ASTZ) or error = \"…\" (of ASTF)");
    status->is_error = error[0] != '\0';
    if (status->is_error)
        snprintf(status->word, sizeof status->word, "%s", error);
    return 0;
}

int profile_text_ak_action(struct conf *conf, ptrdiff_t node, struct profile_action *action, struct err *err)
{
    return get_code(conf, node, "send", 'S', action->send, &action->channel, err);
}

/* ---- columns ---- */

int profile_text_column_value(struct conf *conf, ptrdiff_t node, struct profile_value *value, struct err *err)
{
    int64_t column = 0;
    if (conf_get_integer(conf, node, "column", true, 1, PROFILE_COLUMNS_MAX, &column, err) != 0)
        return -1;
    value->index = (uint8_t)(column - 1);
    return 0;
}

/* `columns` is known only after the values have been read, so it is held against them here. */
int profile_text_columns(struct conf *conf, ptrdiff_t top, struct profile *profile, struct err *err)
{
    int64_t columns = 0;
    int64_t status = 0;
    if (conf_get_integer(conf, top, "columns", true, 1, PROFILE_COLUMNS_MAX, &columns, err) != 0 ||
        conf_get_integer(conf, top, "status-column", false, 1, PROFILE_COLUMNS_MAX, &status, err) != 0 ||
        get_short(conf, top, "status-good", status != 0, profile->status_good, sizeof profile->status_good, err) != 0)
        return -1;
    profile->columns = (uint8_t)columns;
    profile->status_column = (uint8_t)status;
    if (status > columns)
        return conf_error(conf, top, err, "status-column %d is not in a line of %d columns", (int)status, (int)columns);
    for (size_t i = 0; i < profile->values_count; i++)
        if (profile->values[i].index >= columns)
            return conf_error(conf, top, err, "%s stands in column %d of a line of %d columns",
                              quantity_name(profile->values[i].quantity), profile->values[i].index + 1, (int)columns);
    return 0;
}
