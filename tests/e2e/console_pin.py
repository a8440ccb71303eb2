#!/usr/bin/python3
"""PINs of officers: who sets them, which are taken, what is kept of them, and that none is seen anywhere."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Lab, Tap, station_conf  # noqa: E402

tap = Tap()


def pin(lab, text, *words):
    return subprocess.run([os.path.join(BIN, "smogctl"), "-c", lab.conf, "--json", "officer", *words], input=text, encoding="utf-8",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)


def refused(done, code, words, what):
    tap.result(done.returncode == code and words in json.loads(done.stdout)["error"], what, "exit %d: %s" % (done.returncode, done.stdout))


def play(lab):
    for number, role in (("P0042", "ecology"), ("S0001", "supervisor")):
        lab.ctl("officer", "add", number, "--name", "某人", "--role", role)
    refused(pin(lab, "1234\n", "pin", "P0042"), 2, "guessed first", "a PIN that is guessed first is refused")
    refused(pin(lab, "471\n", "pin", "P0042"), 2, "4 to 12 digits", "and a short one")
    refused(pin(lab, "47110815471108154711\n", "pin", "P0042"), 2, "4 to 12 digits", "and a long one")
    refused(pin(lab, "", "pin", "P0042"), 2, "no PIN came", "and none at all")
    refused(pin(lab, "471108\n", "pin", "P0099"), 4, "no enabled officer", "one for nobody, too")
    refused(pin(lab, "471108\n", "check-pin", "P0042"), 1, "or no PIN is set", "before one is set none fits")
    done = pin(lab, "471108\n", "pin", "P0042")
    tap.equal(json.loads(done.stdout), {"number": "P0042", "ok": True, "role": "ecology"}, "a PIN is set")
    done = pin(lab, "471108", "check-pin", "p0042")
    tap.equal(json.loads(done.stdout), {"name": "某人", "number": "P0042", "ok": True, "role": "ecology"}, "it fits, and tells whose it is")
    wrong = [pin(lab, text, "check-pin", number).stdout for text, number in (("471109\n", "P0042"), ("471108\n", "S0001"), ("471108\n", "P0099"), ("", "P0042"))]
    tap.equal((len(set(wrong)), json.loads(wrong[0])["code"]), (1, 1), "wrong number, wrong PIN, none set: one and the same answer")
    pin(lab, "815471\n", "pin", "P0042", "--officer", "S0001")
    tap.equal([pin(lab, text, "check-pin", "P0042").returncode for text in ("471108\n", "815471\n")], [1, 0], "a new one replaces the old one")
    done = lab.ctl("officer", "disable", "P0042")
    refused(pin(lab, "815471\n", "check-pin", "P0042"), 1, "number or PIN is wrong", "a disabled officer has none")
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        text = file.read()
    events = [e for e in map(json.loads, text.splitlines()) if e["kind"] == "officer" and e["act"] == "pin"]
    tap.equal([(e["number"], e.get("by")) for e in events], [("P0042", None), ("P0042", "S0001")], "the journal says that they were set, and by whom")
    seen = text + lab.log("smogd")
    tap.result("471108" not in seen and "815471" not in seen and "scrypt" not in seen, "and neither journal nor log says which")


with Lab() as station, tap.step("PINs"):
    station_conf(station, "")
    station.start_smogd()
    play(station)
tap.end()
