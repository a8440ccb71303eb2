#define _DEFAULT_SOURCE

#include "sensors/links/port.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

struct port {
    struct sp_port *real; /* NULL: opened with termios */
    int fd;
};

static const struct {
    int baud;
    speed_t speed;
} speeds[] = {{1200, B1200},   {2400, B2400},   {4800, B4800},     {9600, B9600},    {19200, B19200},
              {38400, B38400}, {57600, B57600}, {115200, B115200}, {230400, B230400}};

static speed_t speed_of(int baud)
{
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
        if (speeds[i].baud == baud)
            return speeds[i].speed;
    return B0;
}

int port_line_parse(struct port_line *line, const char *text, struct err *err)
{
    char *end;
    long baud = strtol(text, &end, 10);
    struct port_line l = {.baud = (int)baud};
    bool right = baud > 0 && baud <= 230400 && speed_of((int)baud) != B0 && strlen(end) == 4 && end[0] == '/' &&
                 (end[1] == '7' || end[1] == '8') && strchr("neoNEO", end[2]) && (end[3] == '1' || end[3] == '2');
    if (!right)
        return err_set(err, ERR_INVALID,
                       "'%s' is no line setting; write rate/bits-parity-stop, e.g. 9600/8n1 (rates 1200 to 230400)",
                       text);
    l.data_bits = end[1] - '0';
    l.parity = (char)(end[2] >= 'a' ? end[2] - 32 : end[2]);
    l.stop_bits = end[3] - '0';
    *line = l;
    return 0;
}

static bool holds(const char *pid, const struct stat *device)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *dir = opendir(path);
    if (!dir)
        return false;
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(dir))) {
        struct stat st;
        found = fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == device->st_rdev;
    }
    closedir(dir);
    return found;
}

static void name_process(const char *pid, char *out, size_t size)
{
    char path[300];
    char name[64] = "?";
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file) {
        if (fgets(name, sizeof name, file))
            name[strcspn(name, "\n")] = '\0';
        fclose(file);
    }
    snprintf(out, size, "process %s (%s)", pid, name);
}

bool port_holder(const char *device, char *out, size_t size)
{
    struct stat st;
    if (stat(device, &st) != 0 || !S_ISCHR(st.st_mode))
        return false;
    DIR *proc = opendir("/proc");
    if (!proc)
        return false;
    char self[16];
    snprintf(self, sizeof self, "%d", (int)getpid());
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(proc))) {
        found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && strcmp(entry->d_name, self) != 0 &&
                holds(entry->d_name, &st);
        if (found)
            name_process(entry->d_name, out, size);
    }
    closedir(proc);
    return found;
}

static int configure_real(struct sp_port *port, const struct port_line *line)
{
    enum sp_parity parity = line->parity == 'E' ? SP_PARITY_EVEN : line->parity == 'O' ? SP_PARITY_ODD : SP_PARITY_NONE;
    return sp_set_baudrate(port, line->baud) == SP_OK && sp_set_bits(port, line->data_bits) == SP_OK &&
                   sp_set_parity(port, parity) == SP_OK && sp_set_stopbits(port, line->stop_bits) == SP_OK &&
                   sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE) == SP_OK
               ? 0
               : -1;
}

static int configure_termios(int fd, const struct port_line *line)
{
    struct termios t;
    if (tcgetattr(fd, &t) != 0)
        return -1;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB);
    t.c_cflag |= line->data_bits == 7 ? CS7 : CS8;
    if (line->parity != 'N')
        t.c_cflag |= PARENB | (line->parity == 'O' ? PARODD : 0U);
    if (line->stop_bits == 2)
        t.c_cflag |= CSTOPB;
    cfsetispeed(&t, speed_of(line->baud));
    cfsetospeed(&t, speed_of(line->baud));
    return tcsetattr(fd, TCSANOW, &t);
}

/* libserialport knows ports by their kernel name, so a stable by-id link is resolved first. Gives 0 when it is not for
 * libserialport to open. */
static int open_real(struct port *port, const char *device, const struct port_line *line, struct err *err)
{
    char *path = realpath(device, NULL);
    enum sp_return known = path ? sp_get_port_by_name(path, &port->real) : SP_ERR_ARG;
    free(path);
    if (known != SP_OK) {
        port->real = NULL;
        return 0;
    }
    if (sp_open(port->real, SP_MODE_READ_WRITE) != SP_OK)
        return err_set(err, ERR_UNREACHABLE, "%s cannot be opened: %s", device, strerror(errno));
    if (configure_real(port->real, line) != 0 || sp_get_port_handle(port->real, &port->fd) != SP_OK)
        return err_set(err, ERR_UNREACHABLE, "%s does not accept its line setting: %s", device, strerror(errno));
    return 0;
}

static int open_termios(struct port *port, const char *device, const struct port_line *line, struct err *err)
{
    port->fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->fd < 0)
        return err_set(err, ERR_UNREACHABLE, "%s cannot be opened: %s", device, strerror(errno));
    if (configure_termios(port->fd, line) != 0)
        return err_set(err, ERR_UNREACHABLE, "%s is not a serial port or does not accept its line setting: %s", device,
                       strerror(errno));
    return 0;
}

int port_open(struct port **out, const char *device, const struct port_line *line, struct err *err)
{
    char holder[128];
    struct stat st;
    if (stat(device, &st) != 0)
        return err_set(err, ERR_UNREACHABLE, "waiting for %s: %s", device, strerror(errno));
    if (port_holder(device, holder, sizeof holder))
        return err_set(err, ERR_UNREACHABLE, "%s is held by %s; end it, or keep it away from this port (udev rule)",
                       device, holder);
    struct port *port = calloc(1, sizeof *port);
    if (!port)
        return err_set(err, ERR_FAILED, "out of memory");
    port->fd = -1;
    int result = open_real(port, device, line, err);
    if (result == 0 && !port->real)
        result = open_termios(port, device, line, err);
    if (result != 0) {
        port_close(port);
        return -1;
    }
    ioctl(port->fd, TIOCEXCL);
    tcflush(port->fd, TCIOFLUSH);
    *out = port;
    return 0;
}

void port_close(struct port *port)
{
    if (!port)
        return;
    if (port->real) {
        sp_close(port->real);
        sp_free_port(port->real);
    } else if (port->fd >= 0) {
        close(port->fd);
    }
    free(port);
}

int port_fd(const struct port *port)
{
    return port->fd;
}
