#include <string.h>

#include "reports/log.h"
#include "station/api.h"
#include "station/live_parts.h"

enum {
    PUSH_MAX = 4 << 20,      /* one plate's XML and pictures */
    TABLET_CONNECTIONS = 48, /* a browser takes six; one device alone cannot keep the others out */
};

/* It answers when the loop turns; how the station is, `smogctl status` tells. */
static void healthz(void *ctx, struct webserver_request *request)
{
    static const char text[] = "{\"ok\":true}\n";
    (void)ctx;
    webserver_answer(request, 200, "application/json", text, strlen(text));
}

static void page(void *ctx, struct webserver_request *request)
{
    const struct live *live = ctx;
    webpage_answer(live->page, request);
}

static const struct webserver_route routes[] = {
    {.method = "GET", .path = "/healthz", .answer = healthz},
    {.method = "GET", .path = "/metrics", .answer = live_metrics},
    {.method = "POST", .path = "/anpr/*", .body_max = PUSH_MAX, .admit = live_camera_admit, .answer = live_camera_push},
    {.method = "GET", .path = "/api/v1/*", .admit = live_api_admit, .answer = live_api_answer},
    {.method = "POST",
     .path = "/api/v1/*",
     .body_max = API_PHOTO_MAX,
     .admit = live_api_admit,
     .answer = live_api_answer},
    {.method = "DELETE", .path = "/api/v1/*", .admit = live_api_admit, .answer = live_api_answer},
    {.method = "GET", .path = "/*", .answer = page}, /* last: what is none of the others */
    {0},
};

int live_web_open(struct live *live, struct err *err)
{
    const struct config_console *console = &live->config->console;
    if (console->listen[0] == '\0')
        return 0;
    if (webpage_open(&live->page, console->web_dir, err) != 0)
        return -1;
    if (webpage_problem(live->page)[0])
        log_notice("the console has no page: %s", webpage_problem(live->page));
    if (live_feed_open(live, err) != 0 || live_console_open(live, err) != 0)
        return -1;
    struct webserver_limits limits = webserver_limits_default;
    limits.an_address = console->local ? 0 : TABLET_CONNECTIONS;
    const struct webserver_tls tls = {.key = console->key, .cert = console->cert};
    return webserver_open(&live->web, live->event, console->listen, console->key[0] ? &tls : NULL, routes, &limits,
                          live, err);
}

void live_web_close(struct live *live)
{
    webserver_close(live->web);
    live->web = NULL;
    live_console_close(live);
    live_feed_close(live);
    webpage_close(live->page);
}
