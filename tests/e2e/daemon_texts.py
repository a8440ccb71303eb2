#!/usr/bin/python3
"""What a vehicle's control unit says in words: shown, kept with the test, and recomputed from the wire."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Failure, Lab, Tap, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
SIM = """world { mil = 0 }
instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }
instrument obd { protocol = elm327  pty = "%s"  reply-ms = 3 }"""
BODY = """link com1 { kind = serial  device = "%s" }
link com2 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
instrument obd { driver = elm327  link = com2 }
"""


def readings(lab, shown):
    digest = next(f["sha256"] for f in shown["record"]["files"] if f["name"] == "readings.csv")
    with open(lab.path("state/objects", digest[:2], digest[2:]), encoding="utf-8") as file:
        return [line.rstrip("\n").split(",") for line in file][1:]


def main(lab):
    ports = lab.path("dev/smoke"), lab.path("dev/obd")
    lab.start_sim(SIM % ports)
    station_conf(lab, BODY % ports, extra=quick_rules(lab))
    lab.start_smogd()
    lab.wait_live("smoke")
    texts = wait_for("the vehicle's words",
                     lambda: (lambda t: t if {"vin", "dtc", "readiness"} <= set(t) else None)(lab.instrument("obd")["texts"]), 30)
    tap.equal(len(texts["vin"]["value"]), 17, "smogctl instruments shows the VIN")
    tap.result(texts["vin"]["age_ms"] >= 0 and "=" in texts["readiness"]["value"], "and the monitors, with their age", texts)
    tap.result("vin" in lab.ctl("instruments", "obd").stdout, "people see it, too")
    lab.sim("truck k=0.40 oil=88 hold-ms=700")
    test = lab.start_test("新A66T21")
    shown = lab.drive(test, lambda: lab.sim("press"), probe=lab.probe)
    tap.equal(shown["verdict"], "pass", "a test with both instruments")
    rows = readings(lab, shown)
    words = {row[2]: row for row in rows if row[4] == "text"}
    tap.equal(words.get("vin", [""] * 6)[1:], ["obd", "vin", texts["vin"]["value"], "text", "ok"], "readings.csv has the VIN")
    tap.result({"dtc", "dtc_pending", "readiness"} <= set(words), "and the other words", sorted(words))
    tap.result(any(row[1:3] == ["obd", "rpm"] for row in rows), "beside the numbers of the same instrument")
    again = lab.json("rejudge", test)
    tap.equal((again["verdict_same"], again["readings_same"]), (True, True), "all of it is recomputed byte for byte")


with Lab() as lab:
    try:
        main(lab)
    except Failure as failure:
        tap.result(False, "the test itself", failure)
tap.end()
