#!/usr/bin/python3
"""Passing vehicles: judged with their history, stored once, invalid with reasons, recomputed from the stored bytes."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Feeder, Lab, Tap, passage, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()


def passes(lab):
    """By the last digits of the device's record number."""
    shown = [lab.json("passes", p["id"]) for p in lab.json("passes", "--limit", "20")["passes"]]
    return {p["device_record"][-4:]: p for p in shown}


def wait_stored(lab, count):
    wait_for("%d passages" % count, lambda: len(lab.json("passes", "--limit", "5000")["passes"]) == count)


def play_newer_law(lab, suspect):
    with open(lab.path("rules/hj845-2017.conf"), encoding="utf-8") as file:
        law = file.read()
    lab.write("rules/hj845-2017.conf", re.sub(r'version = "\d+"', 'version = "99"', re.sub(r"(limit opacity +\{) a = \S+ ", r"\1 a = 90 ", law)))
    again = lab.json("rejudge", suspect)
    tap.equal((again["recorded"], again["recomputed"], again["verdict_same"], again["newer"]),
              ("suspect", "suspect", True, {"pack": "hj845-2017", "verdict": "pass", "version": "99"}),
              "a newer pack that would judge a passage otherwise is told, the record stays")
    lab.write("rules/hj845-2017.conf", law)


def play(lab, feeder):
    feeder.tell(
        passage(1, "新A90718", "41.3"), passage(2, "新B12345"), passage(3, "新A90718", "12.0"), passage(4, "新A90718", "38.7"),
        passage(5, "新A90718", "44.0", fs="9.4"), passage(6, "新A90718", "38.1"), passage(7, ""), passage(8, "新??345"),
        passage(9, "新C00001", "33.0"), passage(10, "WJ新1234X", "45.0", cpys="2"))
    wait_stored(lab, 10)
    got = passes(lab)
    verdicts = [got["%04d" % n]["verdict"] for n in range(1, 11)]
    tap.equal(verdicts[:3], ["suspect", "pass", "pass"], "one exceedance is suspect, a valid pass resets the count")
    tap.equal(verdicts[3:6], ["suspect", "invalid", "fail"], "wind makes invalid and does not reset: the next one fails")
    tap.equal(verdicts[6:8], ["invalid", "invalid"], "no plate and an unreadable plate are invalid")
    for n in (7, 8):
        reasons = got["%04d" % n]["record"]["verdict"]["reasons"]
        tap.result(any(r.startswith("plate") for r in reasons), "record %d says what is wrong with its plate" % n, reasons)
    tap.equal(verdicts[8], "suspect", "history is kept by plate")
    rows = {p["id"]: p for p in lab.json("passes", "--limit", "20")["passes"]}
    row = rows[got["0006"]["id"]]
    tap.equal((row["lane"], row["repeat"], [(v["value"], v["limit"], v["exceeded"]) for v in row["values"] if v["quantity"] == "opacity"]),
              (1, 2, [("38", "30", True)]), "a row of the list has lane, value against limit and how often the plate exceeded before")
    tap.result(any(r.startswith("wind_speed") for r in rows[got["0005"]["id"]]["reasons"]), "and why one is invalid", rows[got["0005"]["id"]])
    record = got["0006"]["record"]
    tap.equal([b["id"] for b in record["basis"]], [got["%04d" % n]["id"] for n in (1, 3, 4, 5)],
              "a verdict tells the passages it rests on")
    tap.equal([p["subject"] for p in lab.json("outbox", "list")["outbox"]], [got["0006"]["id"]], "the failed one is a case")
    bad = [i for i in sorted(got) if not (lambda r: r["verdict_same"] and r["readings_same"])(
        lab.json("rejudge", got[i]["id"]))]
    tap.equal(bad, [], "all are recomputed byte for byte, whatever their verdict")
    play_newer_law(lab, got["0001"]["id"])
    lab.ctl("slip", got["0006"]["id"], "-o", lab.path("slip.txt"))
    tap.result("新A90718" in open(lab.path("slip.txt"), encoding="utf-8").read(), "a passage has a slip")


def play_repeats(lab, feeder):
    before = lab.json("status")["passages"]
    feeder.tell(passage(2, "新B12345"), passage(9, "新C00001", "33.0"), passage(11, "新D00001"))
    wait_stored(lab, 11)
    after = lab.json("status")["passages"]
    tap.equal((after["repeated"] - before["repeated"], after["stored"] - before["stored"]), (2, 1),
              "what the device sends again is counted, not stored")
    feeder.tell(passage(2, "新B99999"))
    wait_stored(lab, 12)
    tap.result(True, "the same number with other content is another vehicle")
    feeder.tell("{not json", '[1, 2]', passage(12, "新D00002"))
    wait_for("the line behind the nonsense", lambda: "0012" in passes(lab))
    tap.result(lab.instrument("rsd1")["garbage_bytes"] > 0, "nonsense is counted and skipped")


def play_group(lab, feeder):
    first = lab.json("status")["journal"]["events"]
    feeder.tell(*[passage(1000 + n, "新B%05d" % n) for n in range(1000)])
    wait_for("1000 more", lambda: lab.json("status")["passages"]["stored"] == 1013)
    tap.result(lab.json("status")["journal"]["events"] - first >= 1000, "a thousand at once are all there")
    rows = lab.json("passes", "--limit", "5000")["passes"]
    tap.equal(sorted(p["seq"] for p in rows), list(range(1, 1014)), "their numbers have no gaps")
    invalid = lab.json("passes", "--invalid")["passes"]
    tap.equal({p["verdict"] for p in invalid}, {"invalid"}, "--invalid shows those alone")
    tap.equal(lab.json("journal", "verify")["passages"], 1013, "the journal is whole")


with Lab() as lab, tap.step("passages"):
    feeder = Feeder()
    station_conf(lab, """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7" }
""" % feeder.address, kind="fixed-remote", extra=quick_rules(lab))
    lab.start_smogd()
    wait_for("the device's line", lambda: feeder.clients)
    play(lab, feeder)
    play_repeats(lab, feeder)
    play_group(lab, feeder)
tap.end()
