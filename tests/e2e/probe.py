#!/usr/bin/python3
"""smogctl instruments --probe: what stands behind ports of which nothing is known, each asked through a tap that keeps every byte that
the instrument was told."""
import json
import os
import pty
import select
import subprocess
import sys
import threading
import tty

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Lab, Tap, station_conf  # noqa: E402

tap = Tap()
SCENARIO = """
world { air_temp = 21.5  humidity = 38  pressure = 95.2 }
instrument nht6 { protocol = nht6  pty = "%(d)s/nht6.sim" }
instrument mqy200 { protocol = mqy200  pty = "%(d)s/mqy200.sim" }
instrument nha506 { protocol = nha506  pty = "%(d)s/nha506.sim" }
instrument mqw5101 { protocol = mqw5101  pty = "%(d)s/mqw5101.sim" }
instrument rpm5300 { protocol = rpm5300  pty = "%(d)s/rpm5300.sim" }
instrument nmea { protocol = nmea  pty = "%(d)s/nmea.sim" }
instrument wxt { protocol = wxt  pty = "%(d)s/wxt.sim" }
instrument slave { protocol = modbus-rtu  pty = "%(d)s/slave.sim"  unit = 2 }
"""
# Zero, span, pump, leak test, clear maximum, writing a register: what only an operator may order, by the makers' protocols.
ORDERS = {"nht6": ["a25e", "a858", "a45c"], "mqy200": ["a25e", "a858"], "slave": ["0205", "0206", "0210"]}
FOUND = {"nht6": "nht6", "mqy200": "mqy200", "nha506": "nha506", "mqw5101": "mqw5101", "rpm5300": "rpm5300", "nmea": "nmea", "wxt": "vaisala",
         "slave": "modbus"}
TALKS = ("rpm5300", "nmea")


class Wire(threading.Thread):
    """A pty PATH, joined to the simulator's PATH.sim where there is one; `told` is what was said to the instrument."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.told = path, b""
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        os.symlink(os.ttyname(slave), path)
        self.slave = slave
        self.device = os.open(path + ".sim", os.O_RDWR | os.O_NOCTTY) if os.path.exists(path + ".sim") else -1
        self.start()

    def run(self):
        ends = [self.master] + ([self.device] if self.device >= 0 else [])
        while True:
            for end in select.select(ends, [], [])[0]:
                try:
                    data = os.read(end, 4096)
                except OSError:  # nobody has it open just now
                    select.select([], [], [], 0.01)
                    continue
                if end == self.master:
                    self.told += data
                    if self.device >= 0:
                        os.write(self.device, data)
                else:
                    os.write(self.master, data)


def probe(lab, names):
    """All at once; gives {name: port}."""
    asked = {name: subprocess.Popen([os.path.join(BIN, "smogctl"), "-c", lab.conf, "--json", "instruments", "--probe", lab.path("dev", name)],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, encoding="utf-8")
             for name in names}
    ports = {}
    for name, process in asked.items():
        out, trouble = process.communicate(timeout=300)
        if process.returncode != 0:
            tap.result(False, name + " can be probed", trouble)
        ports[name] = json.loads(out)["ports"][0]
    return ports


def judge(name, port, told):
    answers = port["answers"]
    if not tap.equal([a["driver"] for a in answers], [FOUND[name]], name + " is told for what it is"):
        return
    answer = answers[0]
    tap.equal(answer["asked"], name not in TALKS, "and whether it had to be asked")
    tap.result('device = "%s"  line = "%s"' % (port["path"], answer["line"]) in answer["configuration"]
               and "{ driver = %s" % FOUND[name] in answer["configuration"], "with the lines to write", answer["configuration"])
    if name in TALKS:
        tap.equal(told, b"", "what talks by itself is told nothing")
    for order in ORDERS.get(name, []):
        tap.result(bytes.fromhex(order) not in told, "and never was ordered " + order, told.hex())


def check_configuration(lab, ports):
    """What the probe says is a configuration that smogd takes."""
    for name in ("nht6", "nmea", "wxt"):
        station_conf(lab, ports[name]["answers"][0]["configuration"])
        done = subprocess.run([os.path.join(BIN, "smogd"), "-c", lab.conf, "--check"], stderr=subprocess.PIPE, encoding="utf-8", check=False)
        tap.equal(done.returncode, 0, "%s: the lines are a configuration (%s)" % (name, done.stderr.strip()))


def play(lab):
    lab.start_sim(SCENARIO % {"d": lab.path("dev")})
    wires = {name: Wire(lab.path("dev", name)) for name in [*FOUND, "silent", "held"]}
    holder = subprocess.Popen(["cat"], stdin=wires["held"].slave, stdout=subprocess.DEVNULL)
    os.close(wires["held"].slave)
    for name in wires:
        if name != "held":
            os.close(wires[name].slave)
    try:
        ports = probe(lab, wires)
        for name in FOUND:
            judge(name, ports[name], wires[name].told)
        tap.equal(ports["slave"]["answers"][0]["unit"], 2, "the Modbus unit is told")
        tap.equal(ports["nht6"]["answers"][0]["model"], "NHT-6", "and the model, where the instrument says it")
        tap.equal((ports["silent"]["answers"], ports["silent"]["problem"]), ([], ""), "where nobody answers, nothing is made up")
        tap.result(wires["silent"].told, "though it was asked")
        tap.result(not any(bytes.fromhex(o) in wires["silent"].told for o in ORDERS["nht6"]), "nothing but what reads", wires["silent"].told.hex())
        tap.equal(ports["held"]["held-by"], "process %d (cat)" % holder.pid, "a port that another program has is named with it")
        tap.equal((ports["held"]["answers"], wires["held"].told), ([], b""), "and is left alone")
        check_configuration(lab, ports)
        done = lab.ctl("instruments", "--probe", "nowhere", check=False)
        tap.result(done.returncode == 2 and "nowhere" in done.stderr and "/dev/ttyUSB0" in done.stderr, "a name that is none is refused", done.stderr)
        gone = lab.json("instruments", "--probe", lab.path("dev/gone"))["ports"][0]
        tap.result("No such file" in gone["problem"] and not gone["answers"], "a port that is not there is said to be missing", gone)
    finally:
        holder.kill()
        holder.wait()


with Lab() as station, tap.step("ports of which nothing is known"):
    play(station)
tap.end()
