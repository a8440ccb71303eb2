/* Endpoints: ptys behind a symbolic link, TCP listeners, the control socket. */
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include "sensors/sim/sim.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

/* The line discipline must not echo or translate before the first client has set it; the settings outlive this handle.
 */
static void make_raw(const char *name)
{
    struct termios raw;
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        return;
    if (tcgetattr(slave, &raw) == 0) {
        cfmakeraw(&raw);
        tcsetattr(slave, TCSANOW, &raw);
    }
    close(slave);
}

static int plug_pty(struct sim_instrument *instrument, struct err *err)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    const char *name = master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 ? ptsname(master) : NULL;
    if (!name) {
        if (master >= 0)
            close(master);
        return err_set(err, ERR_FAILED, "cannot make a pty: %s", strerror(errno));
    }
    make_raw(name);
    fcntl(master, F_SETFL, O_NONBLOCK);
    instrument->connections[0] = (struct sim_connection){.fd = master};
    unlink(instrument->pty);
    if (symlink(name, instrument->pty) != 0)
        return err_set(err, ERR_FAILED, "cannot link %s: %s; does its folder exist?", instrument->pty, strerror(errno));
    return 0;
}

static int plug_tcp(struct sim_instrument *instrument, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)instrument->tcp_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int on = 1;
    instrument->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (instrument->listener < 0 || setsockopt(instrument->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(instrument->listener, (const struct sockaddr *)&address, size) != 0 ||
        listen(instrument->listener, 8) != 0 ||
        getsockname(instrument->listener, (struct sockaddr *)&address, &size) != 0)
        return err_set(err, ERR_FAILED, "cannot listen on 127.0.0.1:%d: %s", instrument->tcp_port, strerror(errno));
    instrument->tcp_port = ntohs(address.sin_port);
    return 0;
}

int sim_plug(struct sim_instrument *instrument, struct err *err)
{
    if (instrument->plugged)
        return 0;
    instrument->plugged = true;
    int result = instrument->pty[0] ? plug_pty(instrument, err) : plug_tcp(instrument, err);
    if (result != 0)
        sim_unplug(instrument);
    return result;
}

void sim_unplug(struct sim_instrument *instrument)
{
    if (instrument->pty[0] && instrument->plugged)
        unlink(instrument->pty);
    for (int i = 0; i < SIM_CONNECTIONS_MAX; i++) {
        if (instrument->connections[i].fd >= 0)
            close(instrument->connections[i].fd);
        instrument->connections[i] = (struct sim_connection){.fd = -1};
    }
    if (instrument->listener >= 0)
        close(instrument->listener);
    instrument->listener = -1;
    instrument->queued = 0;
    instrument->plugged = false;
}

static int control_socket(struct sockaddr_un *address, const char *path, int flags, struct err *err)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return err_set(err, ERR_INVALID, "control socket path is longer than %zu bytes: %s",
                       sizeof address->sun_path - 1, path);
    memcpy(address->sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    return fd < 0 ? err_set(err, ERR_FAILED, "cannot make a socket: %s", strerror(errno)) : fd;
}

int sim_control_open(const char *path, struct err *err)
{
    struct sockaddr_un address;
    int fd = control_socket(&address, path, SOCK_NONBLOCK, err);
    if (fd < 0)
        return -1;
    unlink(path);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0) {
        err_set(err, ERR_FAILED, "cannot listen on %s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

int sim_control_tell(const char *path, const char *command, struct err *err)
{
    struct sockaddr_un address;
    int fd = control_socket(&address, path, 0, err);
    if (fd < 0)
        return -1;
    char answer[ERR_TEXT_MAX + 16] = "";
    size_t length = 0;
    bool said = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 && dprintf(fd, "%s\n", command) > 0;
    if (!said)
        err_set(err, ERR_UNREACHABLE, "cannot reach the simulator at %s: %s", path, strerror(errno));
    ssize_t got;
    while (said && !memchr(answer, '\n', length) && length < sizeof answer - 1 &&
           (got = read(fd, answer + length, sizeof answer - 1 - length)) > 0)
        length += (size_t)got;
    close(fd);
    if (!said || strcmp(answer, "ok\n") == 0)
        return said ? 0 : -1;
    if (length == 0)
        return err_set(err, ERR_UNREACHABLE, "the simulator hung up without an answer");
    answer[strcspn(answer, "\n")] = '\0';
    return err_set(err, ERR_INVALID, "%s", answer);
}
