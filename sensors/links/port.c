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
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "sensors/links/usbport.h"

struct port {
    struct sp_port *real; /* NULL: opened with termios */
    int fd;
};

/* Only descriptors of devices are looked at: to ask about a file may block, where its disk or network does. */
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
        char target[5];
        struct stat st;
        found = readlinkat(dirfd(dir), entry->d_name, target, sizeof target) == sizeof target &&
                memcmp(target, "/dev/", sizeof target) == 0 && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
                S_ISCHR(st.st_mode) && st.st_rdev == device->st_rdev;
    }
    closedir(dir);
    return found;
}

/* Is this line of /proc/PID/fdinfo/N "tty-index: INDEX"? */
static bool is_tty_index(const char *line, unsigned long index)
{
    static const char key[] = "tty-index:";
    char *end;
    if (strncmp(line, key, sizeof key - 1) != 0)
        return false;
    const char *number = line + sizeof key - 1;
    return strtoul(number, &end, 10) == index && end != number;
}

/* A process that holds the master end of this pty (socat, ser2net, a simulator) is the device, not a rival for it. */
static bool is_device_itself(const char *pid, const struct stat *device)
{
    enum { PTS_MAJOR = 136, PTS_MAJORS = 8, MINORS = 1 << 20 };
    char path[300];
    unsigned long index = minor(device->st_rdev) + (major(device->st_rdev) - PTS_MAJOR) * (unsigned long)MINORS;
    if (major(device->st_rdev) < PTS_MAJOR || major(device->st_rdev) >= PTS_MAJOR + PTS_MAJORS)
        return false;
    snprintf(path, sizeof path, "/proc/%s/fdinfo", pid);
    DIR *dir = opendir(path);
    bool found = false;
    const struct dirent *entry;
    while (dir && !found && (entry = readdir(dir))) {
        char line[64];
        int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
        FILE *info = fd >= 0 ? fdopen(fd, "r") : NULL;
        while (info && !found && fgets(line, sizeof line, info))
            found = is_tty_index(line, index);
        if (info)
            fclose(info);
    }
    if (dir)
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
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(proc))) {
        found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && holds(entry->d_name, &st) &&
                !is_device_itself(entry->d_name, &st);
        if (found)
            name_process(entry->d_name, out, size);
    }
    closedir(proc);
    return found;
}

static int configure_real(struct sp_port *port, const struct line *line)
{
    enum sp_parity parity = line->parity == 'e' ? SP_PARITY_EVEN : line->parity == 'o' ? SP_PARITY_ODD : SP_PARITY_NONE;
    return sp_set_baudrate(port, line->baud) == SP_OK && sp_set_bits(port, line->data_bits) == SP_OK &&
                   sp_set_parity(port, parity) == SP_OK && sp_set_stopbits(port, line->stop_bits) == SP_OK &&
                   sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE) == SP_OK
               ? 0
               : -1;
}

static int configure_termios(int fd, const struct line *line)
{
    struct termios t;
    if (tcgetattr(fd, &t) != 0)
        return -1;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB);
    t.c_cflag |= line->data_bits == 7 ? CS7 : CS8;
    if (line->parity != 'n')
        t.c_cflag |= PARENB | (line->parity == 'o' ? PARODD : 0U);
    if (line->stop_bits == 2)
        t.c_cflag |= CSTOPB;
    cfsetispeed(&t, line->speed);
    cfsetospeed(&t, line->speed);
    return tcsetattr(fd, TCSANOW, &t);
}

static int refuse_held(const char *device, const char *holder, struct err *err)
{
    return err_set(err, ERR_UNREACHABLE, "%s is held by %s; end it, or keep it away from this port (udev rule)", device,
                   holder);
}

static int refuse_open(const char *device, struct err *err)
{
    if (errno == EBUSY)
        return refuse_held(device, "a program of another user ('fuser -v' as root names it)", err);
    return err_set(err, ERR_UNREACHABLE, "%s cannot be opened: %s%s", device, strerror(errno),
                   errno == EACCES ? "; add the user of this program to the group of the device" : "");
}

/* libserialport knows ports by their kernel name, so a stable by-id link is resolved first. Gives 0 when it is not for
 * libserialport to open. */
static int open_real(struct port *port, const char *device, const struct line *line, struct err *err)
{
    char *path = realpath(device, NULL);
    enum sp_return known = path ? sp_get_port_by_name(path, &port->real) : SP_ERR_ARG;
    free(path);
    if (known != SP_OK) {
        port->real = NULL;
        return 0;
    }
    if (sp_open(port->real, SP_MODE_READ_WRITE) != SP_OK)
        return refuse_open(device, err);
    if (configure_real(port->real, line) != 0 || sp_get_port_handle(port->real, &port->fd) != SP_OK)
        return err_set(err, ERR_UNREACHABLE, "%s does not accept its line setting: %s", device, strerror(errno));
    return 0;
}

static int open_termios(struct port *port, const char *device, const struct line *line, struct err *err)
{
    port->fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (port->fd < 0)
        return refuse_open(device, err);
    if (configure_termios(port->fd, line) != 0)
        return err_set(err, ERR_UNREACHABLE, "%s is not a serial port or does not accept its line setting: %s", device,
                       strerror(errno));
    return 0;
}

/* From here on other programs get EBUSY; who runs as root does not, so root asks whether it came second. Not on a pty:
 * there the mark outlives a program that was killed, as long as the pty's other end is open. */
static int claim(const struct port *port, const char *device, struct err *err)
{
    int taken = 0;
    if (port->real && ioctl(port->fd, TIOCGEXCL, &taken) == 0 && taken)
        return refuse_held(device, "a program that cannot be seen from here", err);
    if (port->real && ioctl(port->fd, TIOCEXCL) != 0)
        return err_set(err, ERR_UNREACHABLE, "%s cannot be claimed: %s", device, strerror(errno));
    tcflush(port->fd, TCIOFLUSH);
    return 0;
}

int port_open(struct port **out, const char *device, const struct line *line, struct err *err)
{
    char holder[128], path[80];
    struct stat st;
    if (usbport_is(device)) {
        if (usbport_find("/sys", device, path, sizeof path, err) != 0)
            return -1;
        device = path;
    }
    if (stat(device, &st) != 0)
        return err_set(err, ERR_UNREACHABLE, "waiting for %s: %s", device, strerror(errno));
    if (port_holder(device, holder, sizeof holder))
        return refuse_held(device, holder, err);
    struct port *port = calloc(1, sizeof *port);
    if (!port)
        return err_set(err, ERR_FAILED, "out of memory");
    port->fd = -1;
    int result = open_real(port, device, line, err);
    if (result == 0 && !port->real)
        result = open_termios(port, device, line, err);
    if (result != 0 || claim(port, device, err) != 0) {
        port_close(port);
        return -1;
    }
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
