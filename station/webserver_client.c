#include "station/webserver_part.h"

#include <stdlib.h>
#include <sys/socket.h>

enum { SWEEP_US = 250000 };

int64_t webserver_now_ms(const struct webserver *server)
{
    uint64_t now_us = 0;
    sd_event_now(server->event, CLOCK_MONOTONIC, &now_us);
    return (int64_t)(now_us / 1000);
}

struct webclient *webserver_client_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* A look that is due already is not put off: else who connects often enough would put it off for ever. */
void webserver_watch_deadlines(struct webserver *server)
{
    int enabled;
    if (sd_event_source_get_enabled(server->sweep, &enabled) > 0)
        return;
    sd_event_source_set_time_relative(server->sweep, SWEEP_US);
    sd_event_source_set_enabled(server->sweep, SD_EVENT_ONESHOT);
}

void webserver_client_noted(void *ctx, struct MHD_Connection *connection, void **socket_context,
                            enum MHD_ConnectionNotificationCode code)
{
    struct webserver *server = ctx;
    struct webclient *client = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (!client)
            return;
        *client->at = client->next;
        if (client->next)
            client->next->at = client->at;
        server->clients_count--;
        free(client);
        *socket_context = NULL;
        return;
    }
    *socket_context = client = calloc(1, sizeof *client);
    if (!client)
        abort(); /* as libmicrohttpd does for want of so little memory */
    *client = (struct webclient){.next = server->clients, .at = &server->clients, .connection = connection};
    client->deadline_ms = webserver_now_ms(server) + server->limits.head_ms;
    if (client->next)
        client->next->at = &client->next;
    server->clients = client;
    server->clients_count++;
    webserver_watch_deadlines(server);
}

static void cut_off(const struct webclient *client)
{
    if (client->request && client->request->asleep)
        webserver_give_up(client->request);
    /* libmicrohttpd sees this end, and closes the connection */
    shutdown(MHD_get_connection_info(client->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd, SHUT_RDWR);
}

void webserver_client_cut_off_late(const struct webserver *server)
{
    int64_t now = webserver_now_ms(server);
    for (const struct webclient *client = server->clients; client; client = client->next)
        if (client->deadline_ms <= now)
            cut_off(client);
}
