#!/usr/bin/python3
"""Makers' profiles against independent Modbus slaves (pymodbus) through smogd: WXT530 and MARSIC300 on a serial line, on TCP and
behind a gateway for RTU over TCP. The values put in are the values shown, and the instrument's own status is believed."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, Tap, ROOT, free_port, station_conf, wait_for  # noqa: E402

WXT530 = {"humidity": "46.8", "pressure": "101.71", "wind_dir": "352.0", "air_temp": "29.5", "dew_point": "17.0"}
MARSIC300 = {"so2": "12.5", "co2": "4.85", "no": "850.2", "no2": "42.5", "nox": "892.8", "nh3": "0.4", "co": "0.03120",
             "o2": "14.20"}
tap = Tap()


def peer(lab, name, *arguments):
    command = os.path.join(ROOT, "tests/support/pymodbus_registers.py")
    process = lab.start(name, command, *arguments, stdin=subprocess.PIPE)
    wait_for("pymodbus", lambda: "ready" in lab.log(name))
    return lambda line: (process.stdin.write((line + "\n").encode()), process.stdin.flush())


def values(lab, name):
    """Those that are good now."""
    shown = lab.instrument(name)["values"]
    return {quantity: v["value"] for quantity, v in shown.items() if v["quality"] == "ok" and v["age_ms"] < 3000}


def play(lab, what, place):
    """`place(name, unit)` gives the slave's place and the link's text."""
    weather_place, weather_link = place("weather", 1)
    stack_place, stack_link = place("stack", 7)
    tell_weather = peer(lab, "wxt530", "wxt530", "1", *weather_place)
    tell_stack = peer(lab, "marsic300", "marsic300", "7", *stack_place)
    station_conf(lab, weather_link + stack_link + """
instrument weather { driver = modbus  profile = "vaisala-wxt530"   link = weather  unit = 1 }
instrument stack   { driver = modbus  profile = "sick-marsic300"   link = stack    unit = 7 }
""")
    lab.start_smogd()
    wait_for("the weather", lambda: values(lab, "weather") == WXT530)
    tap.result(True, what + ": WXT530, every value as its registers hold it")
    wait_for("the gases", lambda: values(lab, "stack") == MARSIC300)
    tap.result(True, what + ": MARSIC300, floats and discrete inputs at the same addresses")
    tell_weather("input 31 -55 0x7FFF 0x7FFF 0x7FFF 0x7FFF")
    tell_weather("input 10 0xFFFF")
    wanted = {"pressure": "101.71", "wind_dir": "352.0", "air_temp": "-5.5"}
    wait_for("the frost", lambda: values(lab, "weather") == wanted)
    tap.result(True, what + ": a negative value, and codes of both kinds for none")
    tell_stack("discrete 1004 0")
    wait_for("held values", lambda: lab.instrument("stack")["status"] == "standby")
    wait_for("no good value", lambda: values(lab, "stack") == {})
    tap.result(True, what + ": held values are not good ones")
    tell_stack("discrete 1004 1")
    wait_for("values again", lambda: values(lab, "stack") == MARSIC300)
    lab.stop("smogd")
    lab.stop("wxt530")
    lab.stop("marsic300")


def serial(lab):
    def place(name, unit):
        near, far = lab.path(name + "-near"), lab.path(name + "-far")
        lab.start("socat-" + name, "/usr/bin/socat", "pty,raw,echo=0,link=" + near, "pty,raw,echo=0,link=" + far)
        wait_for("socat", lambda: os.path.exists(far))
        return ("rtu", far), 'link %s { kind = modbus-rtu  device = "%s"  line = "19200/8n1" }\n' % (name, near)

    return place


def network(kind):
    def place(name, unit):
        port = free_port()
        return (kind, str(port)), 'link %s { kind = modbus-%s  address = "127.0.0.1:%d" }\n' % (name, kind, port)

    return place


with Lab(os.path.join(os.environ["TMPDIR"], "rtu")) as lab, tap.step("RTU on a serial line"):
    play(lab, "RTU", serial(lab))
for kind in ("tcp", "rtu-over-tcp"):
    with Lab(os.path.join(os.environ["TMPDIR"], kind)) as lab, tap.step(kind):
        play(lab, kind, network(kind))
tap.end()
