#!/usr/bin/python3
"""Span checks that all pass and yet creep: a supervisor is told once."""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, ROOT, Tap, metrology_rules, station_conf  # noqa: E402

tap = Tap()
BODY = """link com1 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
"""


def span(lab, k):
    lab.sim("truck idle-k=%s k=0.40 oil=88 hold-ms=700" % k)
    return json.loads(lab.ctl("--json", "span", "smoke", "--filter", "1.71", "--officer", "P0042").stdout)["verdict"]


def drifts(lab):
    return [a["evidence"] for a in lab.json("alerts", "smoke")["alerts"] if a["alert"] == "check-drift"]


def play(lab):
    tap.equal([span(lab, k) for k in ("1.72", "1.69", "1.70", "1.71")], ["pass"] * 4, "four checks pass")
    tap.equal(drifts(lab), [], "and are quiet")
    tap.equal((span(lab, "1.72"), drifts(lab)), ("pass", []), "the fifth as well: the first of them lay elsewhere")
    tap.equal(span(lab, "1.74"), "pass", "the sixth passes, too")
    found = drifts(lab)
    tap.equal([(f["drift"], f["quantity"], f["what"], f["checks"], f["first_error"], f["last_error"]) for f in found],
              [("up", "k", "span", 5, "-0.020", "0.030")], "but five in a row moved in one direction")
    tap.equal((span(lab, "1.75"), len(drifts(lab))), ("pass", 1), "it is told once")
    lab.ctl("journal", "verify")
    text = lab.ctl("alerts").stdout
    tap.result("单向漂移" in text, "in words", text)


with Lab() as lab, tap.step("a week of checks"):
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
    extra = metrology_rules(lab)
    shutil.copy(os.path.join(ROOT, "station/rules/alerts-cn.conf"), lab.path("rules"))
    station_conf(lab, BODY % lab.path("dev/smoke"), extra=extra, rules='"gb3847-2018", "metrology-cn", "alerts-cn"')
    lab.start_smogd()
    lab.wait_live("smoke")
    play(lab)
tap.end()
