#!/usr/bin/python3
"""kill -9 of smogd at random moments, KILLS times (50): what was reported saved is there, an open test is aborted (power or
daemon lost), numbers have no gaps, every passage that the device repeats is there once."""
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Failure, Feeder, Lab, Tap, passage, quick_rules, station_conf, wait_for  # noqa: E402

LISTED = 20000
KILLS = int(os.environ.get("KILLS", "50"))
seed = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))
random.seed(seed)
tap = Tap()
print("# SEED=%d" % seed, flush=True)


class Officer(threading.Thread):
    """Starts tests and aborts them, notes what was answered; an error while smogd dies is no answer."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.lab, self.started, self.saved, self.stop = lab, set(), {}, False
        self.start()

    def ask(self, *words):
        done = self.lab.ctl("--json", *words, check=False)
        answer = json.loads(done.stdout) if done.stdout.strip() else {}
        return answer if answer.get("ok") else {}

    def run(self):
        while not self.stop:
            test = self.ask("test", "start", "--plate", "新A66T21", "--colour", "yellow", "--method", "free-acceleration",
                            "--vehicle", "fuel=diesel", "class=heavy", "gearbox=manual").get("test")
            if not test:
                time.sleep(0.005)
                continue
            self.started.add(test)
            if random.random() < 0.7:
                time.sleep(random.random() * 0.1)
                if self.ask("test", "abort", test, "--reason", "tried").get("verdict") == "aborted":
                    self.saved[test] = "tried"
            else:
                while not self.stop and self.ask("status").get("test"):
                    time.sleep(0.02)


class Device(threading.Thread):
    """Vehicles pass all the time, but no more than can be listed; while the files are looked at the road is closed, or a slow machine would
    have more of them than the feeder repeats."""

    def __init__(self, feeder):
        super().__init__(daemon=True)
        self.feeder, self.number, self.stop = feeder, 0, False
        self.open = threading.Event()
        self.open.set()
        self.start()

    def run(self):
        while not self.stop and self.number < LISTED - 1:
            self.open.wait()
            self.number += 1
            self.feeder.tell(passage(self.number, "新B%05d" % (self.number % 90000)))
            time.sleep(0.004)


def open_station(lab):
    try:
        lab.start_smogd()
        return True
    except Failure as failure:
        tap.result(False, "smogd starts after a kill", failure)
        return False


def check(lab, officer, seen):
    """What was answered before the kill, against the files after it."""
    tests = {t["id"]: t for t in lab.json("plate", "新A66T21", "--limit", str(LISTED))["tests"]}
    lost = [t for t in officer.started if t not in tests]
    changed = [t for t, reason in officer.saved.items() if tests.get(t, {}).get("verdict") != "aborted"]
    passes = {p["id"] for p in lab.json("passes", "--limit", str(LISTED))["passes"]}
    gone = [p for p in seen if p not in passes]
    whole = lab.ctl("journal", "verify", check=False)
    return lost, changed, gone, whole.stderr if whole.returncode else ""


def play(lab, feeder):
    officer = device = None
    bad, recovered = [], 0
    for kill in range(KILLS):
        if not open_station(lab):
            return
        if not officer:
            lab.wait_live("smoke")
            officer, device = Officer(lab), Device(feeder)
        time.sleep(random.random() * 0.5)
        seen = {p["id"] for p in lab.json("passes", "--limit", str(LISTED))["passes"]}
        lab.kill("smogd")
        device.open.clear()
        lost, changed, gone, broken = check(lab, officer, seen)
        device.open.set()
        if lost or changed or gone or broken:
            bad.append("kill %d: tests lost %s, changed %s, passages gone %s, journal: %s" % (kill, lost, changed, gone, broken))
    officer.stop = device.stop = True
    officer.join()
    device.join()
    tap.equal(bad, [], "after each of %d kills everything that was answered was there and the journal whole" % KILLS)
    lab.start_smogd()
    wait_for("the last vehicle", lambda: lab.json("passes", "--limit", str(LISTED))["passes"][0]["seq"] >= device.number)
    check_end(lab, officer, device)


def check_end(lab, officer, device):
    if lab.json("status")["test"]:
        lab.ctl("test", "abort", lab.json("status")["test"]["id"], "--reason", "end")
    tests = [lab.json("test", "show", t["id"]) for t in lab.json("plate", "新A66T21", "--limit", str(LISTED))["tests"]]
    reasons = {}
    for test in tests:
        reason = (test["record"] or {"verdict": {"reasons": ["open"]}})["verdict"]["reasons"][0]
        reasons[reason] = reasons.get(reason, 0) + 1
    tap.result(all(t["verdict"] == "aborted" for t in tests), "every started test has an end", reasons)
    tap.result(reasons.get("power or daemon lost", 0) > 0, "those that a kill left open: power or daemon lost", reasons)
    print("# %d tests answered, %s" % (len(officer.started), reasons), flush=True)
    tap.equal(sorted(t["seq"] for t in tests), list(range(1, len(tests) + 1)), "test numbers have no gaps")
    lost = [t for t in tests if t["record"]["verdict"]["reasons"][0] == "power or daemon lost"]
    tap.equal({lab.ctl("rejudge", t["id"], check=False).returncode for t in lost}, {4}, "there is nothing to recompute in them")
    names = [sorted(f["name"] for f in t["files"]) for t in lost]
    tap.result(all("wire/operator.rec" in n and "rules/gb3847-2018.conf" in n for n in names),
               "what was spooled is kept as their files", names)
    rows = lab.json("passes", "--limit", str(LISTED))["passes"]
    tap.equal((len({p["at"] for p in rows}), len(rows)), (device.number, device.number),
              "each of %d passages is there once" % device.number)
    tap.equal(os.listdir(lab.path("state/spool")), [], "the spool is empty")
    whole = lab.json("journal", "verify")
    tap.equal((whole["passages"], whole["tests"]), (len(rows), len(tests)), "the journal is whole")


with Lab() as lab, tap.step("kills"):
    feeder = Feeder(repeat=2000)
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 1 }' % lab.path("dev/smoke"))
    station_conf(lab, """link com1 { kind = serial  device = "%s" }
link rsd { kind = tcp  address = "%s" }
instrument smoke { driver = nht6  link = com1 }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd }
""" % (lab.path("dev/smoke"), feeder.address), extra=quick_rules(lab))
    play(lab, feeder)
tap.end()
