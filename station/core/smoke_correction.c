#include "station/core/smoke_correction.h"

#include <math.h>
#include <stdio.h>

enum { OPACITY_DIGITS = 6, DENSITY_DIGITS = 3 };

static int load_density(struct smoke_correction *c, const struct rule *rule, struct err *err)
{
    struct decimal a;
    struct decimal b;
    struct decimal constant;
    if (rule_param(rule, "density-a", &a, err) != 0 || rule_param(rule, "density-b", &b, err) != 0 ||
        rule_param(rule, "density-c", &constant, err) != 0 ||
        rule_param_integer(rule, "density-needed", 0, 1, &c->density_needed, err) != 0)
        return -1;
    c->by_density = true;
    c->a = decimal_to_double(a);
    c->b = decimal_to_double(b);
    c->c = decimal_to_double(constant);
    return 0;
}

int smoke_correction_load(struct smoke_correction *c, const struct rule *rule, const struct rule_limit *limit,
                          struct err *err)
{
    *c = (struct smoke_correction){0};
    bool density = rule_has_param(rule, "density-a") || rule_has_param(rule, "density-b") ||
                   rule_has_param(rule, "density-c") || rule_has_param(rule, "density-needed");
    c->wanted = density || rule_has_param(rule, "path-standard");
    if (!c->wanted)
        return 0;
    if (limit->quantity != QUANTITY_OPACITY)
        return err_set(err, ERR_INVALID, "rule '%s': path-standard and density-… correct an opacity, not %s",
                       rule->name, quantity_name(limit->quantity));
    if (rule_param(rule, "path", &c->path_m, err) != 0 || rule_param(rule, "path-standard", &c->standard_m, err) != 0)
        return -1;
    if (c->standard_m.units <= 0)
        return err_set(err, ERR_INVALID, "rule '%s': path-standard must be above 0", rule->name);
    return density ? load_density(c, rule, err) : 0;
}

static void take(const struct sample *sample, enum quantity quantity, bool *has, struct decimal *value)
{
    const struct reading *reading = sample_find(sample, quantity);
    if (!reading)
        return;
    *has = reading->quality == QUALITY_OK;
    *value = reading->value;
}

void smoke_air_read(struct smoke_air *air, const struct sample *sample)
{
    take(sample, QUANTITY_AIR_TEMP, &air->has_temp, &air->temp_c);
    take(sample, QUANTITY_HUMIDITY, &air->has_humidity, &air->humidity_percent);
    take(sample, QUANTITY_PRESSURE, &air->has_pressure, &air->pressure_kpa);
}

bool smoke_air_density(const struct smoke_air *air, struct decimal *out)
{
    static const double gas_constant = 0.287058; /* of dry air, kJ/(kg K) */
    if (!air->has_temp || !air->has_humidity || !air->has_pressure)
        return false;
    double t = decimal_to_double(air->temp_c);
    double saturation_kpa = 0.61094 * exp(17.625 * t / (t + 243.04)); /* Magnus */
    double vapour_kpa = decimal_to_double(air->humidity_percent) / 100 * saturation_kpa;
    double density = (decimal_to_double(air->pressure_kpa) - vapour_kpa) / (gas_constant * (t + 273.15));
    return t > -100 && density > 0 && decimal_from_double(density, DENSITY_DIGITS, out);
}

enum smoke_corrected smoke_correct(const struct smoke_correction *c, const struct smoke_air *air,
                                   struct decimal *opacity, char note[VERDICT_NOTE_MAX])
{
    struct decimal density;
    char text[DECIMAL_TEXT_MAX];
    bool known = c->by_density && smoke_air_density(air, &density);
    double factor = 1;
    decimal_format(c->standard_m, text);
    int length = snprintf(note, VERDICT_NOTE_MAX, "to %s m", text);
    if (known) {
        double rho = decimal_to_double(density);
        factor = c->a * rho * rho + c->b * rho + c->c;
        decimal_format(density, text);
        snprintf(note + length, (size_t)(VERDICT_NOTE_MAX - length), ", air %s kg/m3", text);
    }
    double path = decimal_to_double(c->standard_m) / decimal_to_double(c->path_m);
    double clear = 1 - decimal_to_double(*opacity) / 100;
    double corrected = 100 * (1 - pow(clear, path / factor));
    if (!(factor > 0) || !(clear > 0) || !decimal_from_double(corrected, OPACITY_DIGITS, opacity))
        return SMOKE_SENSELESS;
    return c->by_density && !known ? SMOKE_NO_DENSITY : SMOKE_CORRECTED;
}
