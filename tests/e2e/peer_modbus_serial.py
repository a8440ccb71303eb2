#!/usr/bin/python3
"""smogd against npm's modbus-serial as a Modbus TCP slave: floats, signed numbers, discrete inputs, absent values, exceptions, and
a slave that goes away and comes back. Every value shown is the one put in."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, Tap, ROOT, free_port, station_conf, wait_for  # noqa: E402

MODULES = os.path.join(ROOT, "build/npm/modbus-serial")
tap = Tap()


class Slave:
    def __init__(self, lab, port):
        self.lab, self.port, self.said = lab, port, 0
        self.start()

    def start(self):
        os.environ["NODE_PATH"] = os.path.join(MODULES, "node_modules")
        self.process = self.lab.start("slave", os.path.join(ROOT, "tests/support/modbus_serial_slave.js"), str(self.port),
                                      stdin=subprocess.PIPE)
        self.said = self.lab.log("slave").count("ok\n")
        ready = self.lab.log("slave").count("ready")
        wait_for("modbus-serial", lambda: self.lab.log("slave").count("ready") > ready)

    def tell(self, *lines):
        for line in lines:
            self.process.stdin.write((line + "\n").encode())
            self.process.stdin.flush()
            self.said += 1
            wait_for("the slave to take " + line, lambda: self.lab.log("slave").count("ok\n") >= self.said)


def fill(slave):
    slave.tell(*["float 1 %d 0" % a for a in range(1000, 1024, 2)], *["discrete 1 %d %d" % (a, a == 1004) for a in range(1000, 1027)])
    slave.tell("float 1 1000 12.5", "float 1 1002 9.75", "float 1 1012 812.5", "float 1 1016 1250", "float 1 1020 11.25")
    slave.tell(*["input 2 %d %d" % pair for pair in enumerate([812, 0x10000 - 3, 0x7FFF, 2090, 450, 0x10000 - 55, 0, 0])])


def shows(lab, name, wanted):
    """Waits until the instrument shows exactly these values as good, and no other."""

    def good():
        values = lab.instrument(name)["values"]
        return {q: v["value"] for q, v in values.items() if v["quality"] == "ok"} == wanted

    wait_for("%s to show %s" % (name, wanted), good)
    return True


MARSIC = {"so2": "12.5", "co2": "9.75", "no": "0.0", "no2": "0.0", "nox": "812.5", "nh3": "0.0", "co": "0.12500", "o2": "11.25"}
NOX = {"nox": "812", "no": "-3", "o2": "20.90", "co2": "4.50", "gas_temp": "-5.5"}

if not os.path.exists(os.path.join(MODULES, "installed")):
    try:
        with open(os.path.join(MODULES, "why-not"), encoding="utf-8", errors="replace") as file:
            why = " ".join(file.read().split())[:200]
    except OSError:
        why = "tests/tools/npm_peer.sh was not run"
    print("ok 1 - modbus-serial as slave # SKIP modbus-serial could not be installed: %s\n1..1" % why)
    sys.exit(0)

with Lab() as lab, tap.step("modbus-serial as slave"):
    port = free_port()
    slave = Slave(lab, port)
    fill(slave)
    station_conf(lab, """link bus { kind = modbus-tcp  address = "127.0.0.1:%d" }
instrument stack { driver = modbus  profile = "sick-marsic300"  link = bus  unit = 1 }
instrument nox   { driver = modbus  profile = "nox-generic"  link = bus  unit = 2 }
""" % port)
    lab.start_smogd()
    lab.wait_live("stack")
    tap.result(shows(lab, "stack", MARSIC), "floats: the values put in are shown")
    tap.result(shows(lab, "nox", NOX), "signed numbers: the values put in are shown, the absent one is not")
    slave.tell("float 1 1012 0.1", "input 2 0 32767")
    tap.result(shows(lab, "stack", {**MARSIC, "nox": "0.1"}), "a float that no binary fraction is")
    wait_for("the value to go stale", lambda: lab.instrument("nox")["values"]["nox"]["quality"] != "ok")
    tap.result(True, "a value that becomes absent is no longer good")
    slave.tell("discrete 1 1000 1")
    wait_for("the fault bit", lambda: lab.instrument("stack")["status"] == "internal")
    slave.tell("discrete 1 1000 0")
    wait_for("the fault to end", lambda: lab.instrument("stack")["status"] == "ok")
    tap.result(True, "a discrete input tells of a fault and of its end")
    slave.tell("refuse 2 4")
    wait_for("the refusing unit to be stale", lambda: lab.instrument("nox")["state"] == "stale")
    tap.equal(lab.instrument("stack")["state"], "live", "a unit that answers exceptions goes stale, the other goes on")
    slave.tell("refuse 2 0", "input 2 0 812")
    lab.wait_live("nox")
    lab.kill("slave")
    wait_for("both to be gone", lambda: all(lab.instrument(n)["state"] in ("stale", "offline") for n in ("stack", "nox")))
    slave.start()
    fill(slave)
    lab.wait_live("stack")
    tap.result(shows(lab, "stack", MARSIC) and shows(lab, "nox", NOX), "the slave came back, and so did its values")
tap.end()
