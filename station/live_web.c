#include <string.h>

#include "station/live_parts.h"

enum { PUSH_MAX = 4 << 20 }; /* one plate's XML and pictures */

/* It answers when the loop turns; how the station is, `smogctl status` tells. */
static void healthz(void *ctx, struct webserver_request *request)
{
    static const char text[] = "{\"ok\":true}\n";
    (void)ctx;
    webserver_answer(request, 200, "application/json", text, strlen(text));
}

const struct webserver_route live_web_routes[] = {
    {.method = "GET", .path = "/healthz", .answer = healthz},
    {.method = "GET", .path = "/metrics", .answer = live_metrics},
    {.method = "POST", .path = "/anpr/*", .body_max = PUSH_MAX, .admit = live_camera_admit, .answer = live_camera_push},
    {0},
};
