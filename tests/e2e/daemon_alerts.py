#!/usr/bin/python3
"""What a supervisor is told: tampered readings, replayed curves, tests ended or repeated until they pass. No verdict changes."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, ROOT, Tap, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
BODY = """link com1 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
"""


def alerts(lab, subject):
    return sorted(a["alert"] for a in lab.json("alerts", subject)["alerts"])


def k_now(lab):
    return float(lab.instrument("smoke")["values"].get("k", {"value": "0"})["value"])


def start(lab, plate):
    lab.wait_live("smoke")
    return lab.start_test(plate)


def drive(lab, plate, truck, on_prompt=None):
    lab.sim("truck %s oil=88 hold-ms=700 noise=0.02 scatter=0.06" % truck)
    shown = lab.drive(start(lab, plate), lambda: lab.sim("press"), on_prompt, lab.probe)
    return shown["id"], shown["verdict"]


def stop_when_it_fails(lab):
    """Ends the test by hand as soon as an acceleration has been too high."""
    def look(event):
        if event.get("event") == "mark" and event.get("mark") == "acceleration":
            lab.ctl("test", "abort", event["test"], "--reason", "engine stalled")
            return True
        return False
    return look


def play(lab):
    honest = drive(lab, "新A10001", "k=0.41 seed=1")
    tap.equal((honest[1], alerts(lab, honest[0])), ("pass", []), "an honest test is quiet")
    for n in range(3):
        test = drive(lab, "新A20002", "k=1.9 seed=%d" % (10 + n), stop_when_it_fails(lab))
        tap.equal((test[1], alerts(lab, test[0])), ("aborted", ["aborted-above-limit"]), "ended by hand above the limit, %d" % (n + 1))
    test = drive(lab, "新A20002", "k=0.45 seed=20")
    tap.equal((test[1], alerts(lab, test[0])), ("pass", ["tested-until-pass"]), "tested until it passed, and the verdict stands")
    evidence = lab.json("alerts", test[0])["alerts"][0]["evidence"]
    tap.equal((evidence["plate"], evidence["tests_before"]), ("新A20002", 3), "with how often")

    lab.sim("cheat smoke factor k=0.6")
    lab.sim("truck k=1.9 oil=88 hold-ms=700 seed=30")
    lab.probe("in")
    test = start(lab, "新A30003")
    lab.sim("press")
    wait_for("smoke readings", lambda: k_now(lab) > 0.8)
    wait_for("the smoke to go", lambda: k_now(lab) < 0.1)
    lab.ctl("test", "abort", test, "--reason", "readings contradict each other")
    found = lab.json("alerts", test)["alerts"]
    tap.equal([a["alert"] for a in found], ["factor"], "k and opacity that differ by a constant factor")
    tap.result(abs(float(found[0]["evidence"]["factor"]) - 0.6) < 0.03, "and by which", found)
    lab.sim("cheat smoke none")

    # a played curve is sampled at other moments each time, ten times a second: the figure for "the same" is widened for that
    events = lab.json("status")["journal"]["events"]
    lab.stop("smogd")
    with open(lab.path("rules/alerts-cn.conf"), encoding="utf-8") as file:
        text = file.read()
    lab.write("rules/alerts-cn.conf", text.replace("param curve-same { value = 0.2 ", "param curve-same { value = 8 "))
    lab.start_smogd()
    lab.sim("truck k=0.8 oil=88 hold-ms=700 noise=0 scatter=0")
    shown = lab.drive(start(lab, "新A40004"), lambda: lab.sim("press"), None, lab.probe)
    tap.result("curve-twice" in alerts(lab, shown["id"]), "one curve three times in a test", alerts(lab, shown["id"]))
    tap.equal(shown["verdict"], "pass", "which passes all the same: alerts are no verdicts")
    lab.ctl("journal", "verify", "--records")
    tap.result(len(lab.json("alerts")["alerts"]) >= 6 and lab.json("status")["journal"]["events"] >= events, "alerts outlive the daemon")
    text = lab.ctl("alerts").stdout
    tap.result("多次检测直至合格" in text and "已超标后人为中止" in text, "in words", text)


with Lab() as lab:
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
    extra = quick_rules(lab)
    shutil.copy(os.path.join(ROOT, "station/rules/alerts-cn.conf"), lab.path("rules"))
    station_conf(lab, BODY % lab.path("dev/smoke"), extra=extra, rules='"gb3847-2018", "hj845-2017", "alerts-cn"')
    lab.start_smogd()
    lab.wait_live("smoke")
    with tap.step("a day"):
        play(lab)
tap.end()
