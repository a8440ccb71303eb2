#!/usr/bin/python3
"""The idle daemon with four instruments: start to ready on an empty database, resident memory, processor time; beside them a
bare libc program's start and the cost of a Modbus poll. Bounds: ready <= 200 ms, RSS <= 16 MB, CPU <= 1 % of a core."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Lab, station_conf, wait_for  # noqa: E402

IDLE_S = 20
STARTS = 9


def start_ms(conf):
    """From fork to READY=1 on the notify socket."""
    path = tempfile.mktemp(prefix="/tmp/notify-")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(10)
        began = time.monotonic()
        process = subprocess.Popen([os.path.join(BIN, "smogd"), "-c", conf], env={**os.environ, "NOTIFY_SOCKET": path},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while b"READY=1" not in notify.recv(4096):
            pass
        took = 1000 * (time.monotonic() - began)
    os.unlink(path)
    process.terminate()
    process.wait()
    return took


def process_s(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def bound(what, value, unit, most):
    good = value <= most
    print("%s: %.2f %s (at most %g: %s)" % (what, value, unit, most, "ok" if good else "MISSED"))
    return good


folder = os.environ.get("BENCH_DIR", "build/bench-data")
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
good = True
with Lab(os.path.abspath(folder)) as lab:
    ports = lab.start_sim("""
instrument smoke   { protocol = modbus-rtu  pty = "%s"  unit = 1  baud = 9600 }
instrument smoke2  { protocol = modbus-tcp  tcp = 0  unit = 1 }
instrument nht     { protocol = nht6  pty = "%s"  baud = 9600 }
instrument rsd     { protocol = jsonl  tcp = 0 }
""" % (lab.path("dev", "smoke"), lab.path("dev", "nht")))
    station_conf(lab, """
link bus0 { kind = modbus-rtu  device = "%s"  line = "9600/8n1" }
link gw   { kind = modbus-tcp  address = "%s" }
link com1 { kind = serial  device = "%s"  line = "9600/8n1" }
link gate { kind = tcp  address = "%s" }
instrument smoke  { driver = modbus  profile = "opacimeter-generic"  link = bus0  unit = 1 }
instrument smoke2 { driver = modbus  profile = "opacimeter-generic"  link = gw  unit = 1 }
instrument nht    { driver = nht6  link = com1 }
instrument rsd1   { driver = jsonl  profile = "rsd-pinyin"  link = gate }
""" % (ports["smoke"], ports["smoke2"], ports["nht"], ports["rsd"]))
    starts = []
    for _ in range(STARTS):
        shutil.rmtree(lab.path("state"), ignore_errors=True)
        starts.append(start_ms(lab.conf))
    began = time.monotonic()
    subprocess.run(["/bin/true"], check=True)
    bare = 1000 * (time.monotonic() - began)
    good &= bound("daemon: start to ready, empty database (median of %d; /bin/true takes %.1f ms)" % (STARTS, bare),
                  sorted(starts)[STARTS // 2], "ms", 200)
    process = lab.start_smogd()
    for name in ("smoke", "smoke2", "nht"):
        lab.wait_live(name)
    polls = sum(lab.instrument(n)["samples"] for n in ("smoke", "smoke2", "nht"))
    before, began = process_s(process.pid), time.monotonic()
    time.sleep(IDLE_S)
    used, took = process_s(process.pid) - before, time.monotonic() - began
    polls = sum(lab.instrument(n)["samples"] for n in ("smoke", "smoke2", "nht")) - polls
    good &= bound("daemon: idle with four instruments, memory", rss_mb(process.pid), "MB", 16)
    good &= bound("daemon: idle with four instruments, processor", 100 * used / took, "% of a core", 1)
    print("daemon: %.1f samples/s, %.0f us of processor each" % (polls / took, 1e6 * used / polls))
sys.exit(not good)
