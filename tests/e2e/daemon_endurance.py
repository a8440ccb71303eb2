#!/usr/bin/python3
"""Cables are pulled all day: a thousand times a port that comes back as another tty, a thousand times a TCP device that hangs up. Each
time the daemon finds it again, and neither descriptors nor memory grow. Counted, not timed.

What else of this kind stands where: links alone, on ptys and TCP (tests/unit/test_link_bytes.c); ports that are missing at the
start or held by another process, and the end within two seconds in any state (daemon_faults.py, daemon_web.py); one silent slave
beside others, late answers (tests/unit/test_bus.c, test_link_modbus.c).
"""
import os
import pty
import select
import socket
import sys
import termios
import threading
import tty

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, Tap, passage, station_conf, wait_for  # noqa: E402

tap = Tap()
CYCLES = 1000
WARM = 400  # by then every buffer and cache has its size
GROWTH_KIB = 512


def descriptors(process):
    return sorted(os.readlink("/proc/%d/fd/%s" % (process.pid, fd)).split(":")[0].rstrip("0123456789")
                  for fd in os.listdir("/proc/%d/fd" % process.pid))


def rss_kib(process):
    with open("/proc/%d/status" % process.pid, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def plug(device):
    """Another tty under the same name; gives the instrument's end once the daemon has asked it something."""
    master, slave = pty.openpty()
    tty.setraw(slave, termios.TCSANOW)
    os.symlink(os.ttyname(slave), device + ".new")
    os.rename(device + ".new", device)
    os.close(slave)
    return master


def asked(master):
    """Did the daemon open it and ask?"""
    while select.select([master], [], [], 20)[0]:
        try:
            if os.read(master, 100):
                return True
        except OSError:  # nobody has it open yet
            select.select([], [], [], 0.002)
    return False


def replug(devices, count):
    """So often in all, at the same time on each of the ports; gives how often the daemon asked again."""

    def one(device):
        for _ in range(count // len(devices)):
            master = plug(device)
            found.append(asked(master))
            os.unlink(device)
            os.close(master)

    found = []
    threads = [threading.Thread(target=one, args=(device,)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(found)


class Flapping(threading.Thread):
    """A remote-sensing device that tells one vehicle and hangs up."""

    def __init__(self):
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(20)
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        self.told, self.wanted = 0, 0
        self.more = threading.Condition()
        self.start()

    def run(self):
        while True:
            with self.more:
                self.more.wait_for(lambda: self.told < self.wanted)
            try:
                client, _ = self.server.accept()
            except socket.timeout:
                return
            client.sendall((passage(self.told, "新B%05d" % self.told) + "\n").encode())
            client.close()
            self.told += 1

    def tell(self, count):
        with self.more:
            self.wanted += count
            self.more.notify()


def missed(lab):
    for name in ("radar1", "radar2"):
        wait_for("the port to be missed", lambda name=name: lab.instrument(name)["state"] == "offline")


def play(lab):
    devices, flapping = [lab.path("dev/radar1"), lab.path("dev/radar2")], Flapping()
    station_conf(lab, """link com1 { kind = serial  device = "%s"  retry-ms = 10 }
link com2 { kind = serial  device = "%s"  retry-ms = 10 }
link gate { kind = tcp  address = "%s"  retry-ms = 10 }
link far { kind = tcp  address = "127.0.0.1:9"  retry-ms = 10 }
instrument radar1 { driver = csri  option = "two-byte"  poll-ms = 20  link = com1 }
instrument radar2 { driver = csri  option = "two-byte"  poll-ms = 20  link = com2 }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = gate }
instrument rsd2 { driver = jsonl  profile = "rsd-pinyin"  link = far }
""" % (*devices, flapping.address))
    process = lab.start_smogd()
    wait_for("the missing port to be explained", lambda: "No such file" in lab.instrument("radar1")["detail"])
    flapping.tell(WARM)
    found = replug(devices, WARM)
    wait_for("the first vehicles", lambda: lab.json("status")["passages"]["stored"] == WARM, 120)
    missed(lab)
    before = descriptors(process), rss_kib(process)
    flapping.tell(CYCLES - WARM)
    found += replug(devices, CYCLES - WARM)
    wait_for("all vehicles", lambda: lab.json("status")["passages"]["stored"] == CYCLES, 120)
    missed(lab)
    tap.equal(found, CYCLES, "a port that was pulled is opened and asked again, each time")
    status = lab.json("status")
    tap.equal((flapping.told, status["passages"]["lost"]), (CYCLES, 0), "a device that hangs up is connected again, each time, and nothing of it is lost")
    tap.equal(sorted(d for d in descriptors(process) if d != "socket"), sorted(d for d in before[0] if d != "socket"), "the same descriptors as before")
    tap.result(abs(descriptors(process).count("socket") - before[0].count("socket")) <= 2, "the same sockets (one a link that is dialling)",
               (before[0], descriptors(process)))
    grown = rss_kib(process) - before[1]
    tap.result(grown <= GROWTH_KIB, "memory does not grow (%d KiB from cycle %d to %d)" % (grown, WARM, CYCLES), grown)
    master = plug(devices[0])
    tap.result(asked(master) and process.poll() is None, "and it is still found")
    os.close(master)


with Lab() as station, tap.step("unplugged and plugged in again"):
    play(station)
tap.end()
