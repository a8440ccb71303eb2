#!/usr/bin/python3
"""Histories carried between stations in a file: provable, refused whole when anything in it was touched, and counted by the rule."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Feeder, Lab, ROOT, Tap, passage, station_conf, wait_for  # noqa: E402

tap = Tap()
BODY = """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7" }
"""


def stored(lab, count):
    wait_for("%d passages" % count, lambda: len(lab.json("passes")["passes"]) == count)


def newest(lab):
    return lab.json("passes", lab.json("passes", "--limit", "1")["passes"][0]["id"])


def keys(folder):
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), folder], check=True)
    return folder


def begin(lab, feeder, number, north, more=""):
    """A station of its own number, in its own folder."""
    station_conf(lab, BODY % feeder.address + more, kind="fixed-remote", rules='"gb3847-2018", "hj845-2017", "alerts-cn"')
    with open(lab.conf, encoding="utf-8") as file:
        text = file.read()
    lab.write("smogd.conf", text.replace("652301-0007", "652301-%04d" % number).replace("44.01", "%.2f" % north))
    lab.start_smogd()
    wait_for("the device's line", lambda: feeder.clients)


def sign(lab):
    done = subprocess.run([os.path.join(BIN, "smogpush"), "-c", lab.conf, "--once"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, encoding="utf-8", timeout=60, check=False)
    tap.equal(done.returncode, 0, "the checkpoint is signed")


def give(first, feeder):
    """What the first station knows, in a file."""
    tap.equal(first.ctl("history", "export", "-o", first.path("h"), check=False).returncode, 1,
              "nothing is exported before a checkpoint is signed")
    feeder.tell(passage(1, "新A90718", "41.3"), passage(2, "新B12345"), passage(3, "新A70007", "40.0"), passage(4, ""))
    stored(first, 4)
    sign(first)
    feeder.tell(passage(5, "新A55555"))
    stored(first, 5)
    answer = first.json("history", "export", "-o", first.path("history"))
    tap.equal((answer["facts"], answer["unsigned"]), (3, 1), "signed passages with a plate are facts, the newest is not signed yet")
    one = first.json("history", "export", "--plate", "新A90718", "-o", first.path("one"))
    tap.equal(one["facts"], 1, "one vehicle alone can be asked for")
    return first.path("history")


def take(lab, file, ca):
    return lab.ctl("history", "import", file, "--ca", ca, check=False)


def forge(second, file, ca, other_ca):
    with open(file, encoding="utf-8") as opened:
        lines = opened.read().splitlines(True)
    with open(os.path.join(os.path.dirname(ca), "push.pem"), encoding="utf-8") as opened:
        push_pem = opened.read()
    head = json.loads(lines[0])

    def line(change):
        return json.dumps({**head, **change}, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"

    cases = {
        "a plate in a record": (lines[:1] + [lines[1].replace("新A90718", "新A90719")] + lines[2:], "record_sha256"),
        "a verdict in an event": (lines[:2] + [lines[2].replace('"verdict":"pass"', '"verdict":"fail"', 1)] + lines[3:], "not in the journal"),
        "a place in the journal": (lines[:1] + [lines[1].replace('"index":', '"index":1', 1)] + lines[2:], "line 2"),
        "a hash of a path": (lines[:1] + [lines[1].replace('"path":["', '"path":["0', 1)] + lines[2:], "'path'"),
        "the order of facts": (lines[:1] + [lines[2], lines[1]] + lines[3:], "comes after"),
        "a fact given twice": (lines[:2] + lines[1:], "comes after"),
        "the last line, cut": (lines[:-1] + [lines[-1][:-9]], "cut off"),
        "two facts exchanged": (lines[:1] + [lines[1][:lines[1].index('"record":')] + lines[2][lines[2].index('"record":'):]] + lines[2:], "its event's"),
        "the number of signed events": ([line({"checkpoint": head["checkpoint"].replace("\n", "\n1", 1)})] + lines[1:], "signature does not match"),
        "the station's name": ([line({"checkpoint": head["checkpoint"].replace("652301-0007", "652301-0008")})] + lines[1:], "652301-0007"),
        "a certificate for TLS": ([line({"certificate": push_pem})] + lines[1:], "other duties"),
        "the first line, left out": (lines[1:], "no history file"),
        "everything": (["\n"], "line 1"),
    }
    for what, (text, word) in cases.items():
        done = take(second, second.write("forged", "".join(text)), ca)
        tap.result(done.returncode in (1, 2) and word in done.stderr and "nothing was imported" in done.stderr,
                   "refused as a whole: " + what, (done.returncode, done.stderr))
    done = take(second, file, other_ca)
    tap.result(done.returncode == 1 and "certificate" in done.stderr, "an authority that did not issue the certificate", done.stderr)
    tap.equal(take(second, file, second.conf).returncode, 2, "a file without certificates is no authority")
    tap.equal(take(second, second.path("none"), ca).returncode, 3, "a file that is not there")
    tap.equal(second.ctl("history", "import", file, check=False).returncode, 2, "whom to trust must be said")


def imports(lab):
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        return [e for e in map(json.loads, file) if e["kind"] == "history-import"]


def count_together(second, feeder, file, ca):
    feeder.tell(passage(10, "新A70007", "41.0"))
    stored(second, 1)
    tap.equal(newest(second)["verdict"], "suspect", "before the import one exceedance is one")
    answer = second.json("history", "import", file, "--ca", ca, "--officer", "H0001")
    tap.equal((answer["facts"], answer["new"], answer["station"]), (3, 3, "652301-0007"), "a history that holds is imported")
    again = second.json("history", "import", file, "--ca", ca)
    tap.equal((again["facts"], again["new"], len(imports(second))), (3, 0, 1), "a second time adds nothing, not even an event")
    event = imports(second)[0]
    tap.equal((event["of"], event["officer"], event["new"]), ("652301-0007", "H0001", 3), "the journal tells whose and who brought it")
    for key, path in (("file", file), ("ca", ca)):
        with open(second.path("state/objects", event[key][:2], event[key][2:]), "rb") as kept, open(path, "rb") as given:
            tap.equal(kept.read(), given.read(), "the %s is kept" % key)
    feeder.tell(passage(11, "新A90718", "38.7"))
    stored(second, 2)
    shown = newest(second)
    tap.equal((shown["verdict"], [b["id"] for b in shown["record"]["basis"]]), ("fail", ["652301-0007-P00000001"]),
              "one exceedance there and one here are two, and the record tells which")
    done = second.json("rejudge", shown["id"])
    tap.equal((done["verdict_same"], done["readings_same"]), (True, True), "the verdict is recomputed from the record alone")
    feeder.tell(passage(12, "新B12345", "39.0"))
    stored(second, 3)
    tap.equal(newest(second)["verdict"], "suspect", "a passage without exceedance counts as none")
    travel(second)
    vehicle(second)
    second.ctl("journal", "verify")
    second.stop("smogd")
    second.start_smogd()
    tap.equal(second.json("history", "import", file, "--ca", ca)["new"], 0, "imports outlive the daemon")


def vehicle(second):
    known = second.json("plate", "新A90718")
    tap.equal(([f["id"] for f in known["imported"]], known["imported"][0]["exceeded"], known["imported"][0]["station"]),
              (["652301-0007-P00000001"], ["opacity"], "652301-0007"), "the answer about a vehicle has what other stations know")
    own = known["passes"][0]["id"]
    tap.equal(([c["subject"] for c in known["cases"]], sorted((a["alert"], a["subject"]) for a in known["alerts"])),
              ([own], [("travel", own)]), "its case and its alerts")
    tap.equal([len(known[key]) for key in ("checklists", "referrals", "rosters", "tests")], [0, 0, 0, 0], "and what there is not")
    tap.equal(second.json("plate", "新A90718", "--colour", "blue")["imported"], [], "another colour is another vehicle")
    text = second.ctl("plate", "新A90718").stdout
    tap.result("外站 station 652301-0007" in text and own in text, "in words", text)


def travel(second):
    """The other station stands 22 km away, and the vehicles were there some seconds before."""
    found = {a["subject"]: a["evidence"] for a in second.json("alerts")["alerts"] if a["alert"] == "travel"}
    ids = [p["id"] for p in second.json("passes")["passes"]]  # newest first
    tap.equal(sorted(found), sorted(["652301-0007-P00000003"] + ids[:2]),
              "seen at two places too soon: told at the import, and at each passage after it")
    evidence = found[ids[1]]
    tap.equal((evidence["other"], evidence["plate"], evidence["seconds"]), ("652301-0007-P00000001", "新A90718", 10), "with where and when")
    tap.result(21 < float(evidence["km"]) < 23.5 and 7500 < int(evidence["kmh"]) < 8500, "how far and how fast", evidence)


def play(first, second):
    here, there = Feeder(), Feeder()
    authority = keys(first.path("keys"))
    other = keys(first.path("other"))
    begin(first, here, 7, 44.01, 'seal { key = "%s/seal.key"  cert = "%s/seal.pem" }\n' % (authority, authority))
    begin(second, there, 9, 43.81)
    file = give(first, here)
    ca = os.path.join(authority, "ca.pem")
    done = take(first, file, ca)
    tap.result(done.returncode == 4 and "own history" in done.stderr, "a station does not learn from itself", done.stderr)
    forge(second, file, ca, os.path.join(other, "ca.pem"))
    tap.equal(imports(second), [], "of all that was refused nothing is left")
    count_together(second, there, file, ca)


os.mkdir(os.path.join(os.environ["TMPDIR"], "a"))
os.mkdir(os.path.join(os.environ["TMPDIR"], "b"))
with Lab(os.path.join(os.environ["TMPDIR"], "a")) as a, Lab(os.path.join(os.environ["TMPDIR"], "b")) as b, tap.step("histories"):
    play(a, b)
tap.end()
