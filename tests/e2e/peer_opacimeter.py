#!/usr/bin/python3
"""A whole free-acceleration test against an independent Modbus slave (pymodbus), on a serial line and on TCP: the k's that
the slave showed are the k's of the verdict."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Failure, Lab, Tap, ROOT, free_port, station_conf, wait_for  # noqa: E402

PEAKS = ["1.10", "0.87", "1.42", "1.31", "1.56", "1.18"]  # three to purge, three that count
tap = Tap()


def peer(lab, *where):
    process = lab.start("peer", os.path.join(ROOT, "tests/support/pymodbus_opacimeter.py"), *where, stdin=subprocess.PIPE)
    wait_for("pymodbus", lambda: "ready" in lab.log("peer"))
    return lambda line: (process.stdin.write((line + "\n").encode()), process.stdin.flush())


def play(lab, link, tell, what):
    station_conf(lab, link + """
instrument smoke { driver = modbus  profile = "opacimeter-generic"  link = bus  unit = 1  certificate = "c"  valid-until = 2036-12-31 }
""")
    lab.start_smogd()
    lab.wait_live("smoke")
    peaks = iter(PEAKS)

    def press():
        tell("k " + next(peaks, "0.50"))
        tell("press")

    shown = lab.drive(lab.start_test("新A66T21"), press)
    verdict = shown["record"]["verdict"]
    marks = [(m["kind"], m.get("value"), m["counted"]) for m in verdict["marks"] if m["kind"] in ("purge", "acceleration")]
    tap.equal([m[1] for m in marks if m[0] == "acceleration" and m[2]], PEAKS[3:], what + ": each peak is the one put in")
    tap.equal(verdict["values"][0]["value"], "1.35", what + ": their mean, rounded to two digits")
    tap.equal(verdict["kind"], "fail", what + ": 1.35 exceeds 1.20")
    tap.equal(lab.ctl("rejudge", shown["record"]["id"], check=False).returncode, 0, what + ": rejudged from the recording")
    lab.stop("smogd")
    lab.stop("peer")


with Lab(os.path.join(os.environ["TMPDIR"], "rtu")) as lab, tap.step("RTU on a serial line"):
    lab.start("socat", "/usr/bin/socat", "pty,raw,echo=0,link=" + lab.path("a"), "pty,raw,echo=0,link=" + lab.path("b"))
    wait_for("socat", lambda: os.path.exists(lab.path("b")))
    play(lab, 'link bus { kind = modbus-rtu  device = "%s"  line = "9600/8n1" }' % lab.path("b"), peer(lab, "rtu", lab.path("a")), "RTU")
with Lab(os.path.join(os.environ["TMPDIR"], "tcp")) as lab, tap.step("TCP"):
    port = free_port()
    play(lab, 'link bus { kind = modbus-tcp  address = "127.0.0.1:%d" }' % port, peer(lab, "tcp", str(port)), "TCP")
tap.end()
