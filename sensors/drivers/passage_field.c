#include "sensors/drivers/passage_field.h"

#include <stdio.h>
#include <string.h>

#include "station/core/civil.h"
#include "station/core/utf8.h"

enum { CHINA_OFFSET_MINUTES = 8 * 60, UNIX_SECONDS_DIGITS = 10, UNIX_MS_DIGITS = 13 };

/* Copies what fits, never a part of a character. */
static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
    out[utf8_check(out, strlen(out))] = '\0';
}

static void set_time(struct passage *passage, const char *text)
{
    size_t length = strlen(text);
    struct decimal number;
    bool whole = decimal_parse(&number, text, length) && number.digits == 0 && number.units > 0;
    if (whole && (length == UNIX_SECONDS_DIGITS || length == UNIX_MS_DIGITS)) {
        passage->device_time_ms = length == UNIX_MS_DIGITS ? number.units : number.units * 1000;
        passage->has_device_time = true;
    } else {
        passage->has_device_time = civil_time_parse(&passage->device_time_ms, text, length, CHINA_OFFSET_MINUTES);
    }
}

/* The device's own code table first; a device that writes the colour's name needs none. */
static void set_colour(struct passage *passage, const struct profile_field *field, const char *text)
{
    const char *word = profile_code(field, text);
    if (!plate_colour_by_name(word ? word : text, &passage->plate_colour))
        passage->plate_colour = PLATE_COLOUR_UNKNOWN;
}

static void set_lane(struct passage *passage, const char *text)
{
    enum { LANE_MAX = 99 };
    struct decimal lane;
    if (decimal_parse(&lane, text, strlen(text)) && lane.digits == 0 && lane.units > 0 && lane.units <= LANE_MAX)
        passage->lane = (int)lane.units;
}

void passage_field_set(struct passage *passage, const struct profile_field *field, const char *text)
{
    const char *name = field->name;
    const char *word = profile_code(field, text);
    if (strcmp(name, "plate") == 0)
        copy(passage->plate_text, sizeof passage->plate_text, text);
    else if (strcmp(name, "colour") == 0)
        set_colour(passage, field, text);
    else if (strcmp(name, "record-id") == 0)
        copy(passage->record_id, sizeof passage->record_id, text);
    else if (strcmp(name, "site") == 0)
        copy(passage->site, sizeof passage->site, text);
    else if (strcmp(name, "line") == 0)
        copy(passage->line, sizeof passage->line, text);
    else if (strcmp(name, "lane") == 0)
        set_lane(passage, text);
    else if (strcmp(name, "time") == 0)
        set_time(passage, text);
    else if (strcmp(name, "fuel") == 0)
        copy(passage->fuel, sizeof passage->fuel, word ? word : "");
    else if (strcmp(name, "result") == 0)
        copy(passage->device_result, sizeof passage->device_result, word ? word : text); /* as sent: never judged by */
    else if (strcmp(name, "reason") == 0)
        copy(passage->device_reason, sizeof passage->device_reason, text);
}

bool passage_field_any(const struct passage *passage)
{
    return passage->record_id[0] || passage->plate_text[0] || passage->has_device_time;
}
