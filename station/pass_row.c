#include "station/pass_row.h"

#include "station/core/civil.h"

static void write_values(const struct verdict *verdict, struct json_writer *w)
{
    json_array_begin(w, "values");
    for (size_t i = 0; i < verdict->values_count; i++) {
        const struct verdict_value *v = &verdict->values[i];
        json_object_begin(w, NULL);
        json_bool(w, "exceeded", v->exceeded);
        json_decimal(w, "limit", v->limit);
        json_string(w, "quantity", quantity_name(v->quantity));
        json_bool(w, "screening", v->screening);
        json_string(w, "unit", quantity_unit(v->quantity));
        json_decimal(w, "value", v->value);
        json_object_end(w);
    }
    json_array_end(w);
}

void pass_row_write(const struct pass_row *row, struct json_writer *w)
{
    const struct store_passage *p = row->passage;
    char at[CIVIL_TIME_TEXT_MAX];
    civil_time_format(p->at_ms, row->utc_offset_minutes, at);
    json_object_begin(w, NULL);
    json_string(w, "at", at);
    json_string(w, "colour", p->colour);
    json_string(w, "id", p->id);
    json_string(w, "instrument", p->instrument);
    if (row->lane > 0)
        json_integer(w, "lane", row->lane);
    json_string(w, "plate", p->plate);
    json_array_begin(w, "reasons");
    for (size_t i = 0; i < row->verdict->reasons_count; i++)
        json_string(w, NULL, row->verdict->reasons[i]);
    json_array_end(w);
    json_integer(w, "repeat", row->repeat);
    json_integer(w, "seq", p->seq);
    json_bool(w, "valid", p->valid);
    write_values(row->verdict, w);
    json_string(w, "verdict", p->verdict);
    json_object_end(w);
}
