#include "sensors/drivers/plain.h"

enum sensor_cut plain_cut(enum slice_found found)
{
    switch (found) {
    case SLICE_MORE: return CUT_MORE;
    case SLICE_FRAME: return CUT_OK;
    case SLICE_BAD: break;
    }
    return CUT_BAD;
}

int plain_check(const struct sensor_config *config, struct err *err)
{
    if (config->profile || config->option[0])
        return err_set(err, ERR_INVALID, "this driver takes no 'profile' and no 'option'; take the line out");
    return 0;
}
