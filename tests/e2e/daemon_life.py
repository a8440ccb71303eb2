#!/usr/bin/python3
"""The life of a case: who may do what, two reviews, the police's decisions in any order, the repair, and cases of an older version."""
import json
import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Lab, ROOT, Tap, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
OFFICERS = (("P0042", "ecology"), ("P0043", "ecology"), ("P0044", "ecology"), ("650012", "police"), ("M0007", "technician"),
            ("S0001", "supervisor"), ("A0001", "auditor"))


def refused(lab, code, word, *words):
    done = lab.ctl(*words, check=False)
    tap.result(done.returncode == code and word in done.stderr and done.stderr.count("\n") == 1,
               "refused with %d: %s" % (code, word), "exit %d, %s" % (done.returncode, done.stderr))


def push(lab):
    subprocess.run([os.path.join(BIN, "smogpush"), "-c", lab.conf, "--once"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                   check=False)


def decide(lab, case, *words):
    sha256 = lab.json("package", case, "-o", lab.path("x.asice"))["sha256"]
    subprocess.run([os.path.join(BIN, "smoginbox"), "--store", lab.path("inbox"), "--decide", sha256, *words, "--officer", "650012"], check=True, timeout=60)


def decided(lab, case, n, kind, outlet="post", **more):
    """A decision as smogpush writes it."""
    with sqlite3.connect(lab.path("state/smogd.db"), timeout=10) as db:
        sha256 = (db.execute("SELECT sha256 FROM package WHERE case_id = ?", (case,)).fetchone() or ["00" * 32])[0]
        body = json.dumps({"decision": kind, "n": n, "package_sha256": sha256, **more}, sort_keys=True)
        db.execute("INSERT INTO decision(outlet, n, package_sha256, case_id, kind, at, body) VALUES(?, ?, ?, ?, ?, ?, ?)",
                   (outlet, n, sha256, case, kind, "2026-07-01T00:00:00Z", body))
    db.close()
    wait_for("smogd to see the decision",
             lambda: [d for d in lab.json("case", "show", case)["decisions"] if (d["outlet"], d["n"]) == (outlet, n) and d["stage"] != "new"])


def show(lab, case):
    return lab.json("case", "show", case)


def steps(lab, case):
    return ["%s:%s" % (s["act"], s["to"]) for s in show(lab, case)["steps"]]


def reach(lab, case, state):
    return wait_for("%s to be %s" % (case, state), lambda: show(lab, case)["state"] == state)


def observe(lab, plate, grade, *words):
    """A test by eye, which takes a moment; gives its id."""
    test = lab.json("test", "start", "--plate", plate, "--colour", "yellow", "--method", "ringelmann", "--vehicle", "fuel=diesel", "--vehicle",
                    "class=heavy", *words)["test"]
    for _ in range(3):
        lab.ctl("test", "observe", test, "ringelmann=%s photo=a.jpg" % grade)
    wait_for("the test to be saved", lambda: lab.json("test", "show", test)["verdict"])
    return test


def case_of(lab, test):
    return next(c["case"] for c in lab.json("case", "list")["cases"] if c["subject"] == test)


def alerts(lab, test):
    return [a["alert"] for a in lab.json("alerts", test)["alerts"]]


# ---- who ----


def without_register(lab):
    tap.equal(lab.json("officer", "list")["officers"], [], "nobody is registered")
    test = observe(lab, "新B40001", "3", "--officer", "anybody")
    first = [o for o in lab.json("test", "show", test)["record"]["officers"] if o["role"] == "operator"]
    tap.equal(first, [{"number": "anybody", "registered": False, "role": "operator"}], "any number is taken, and the record says so")
    tap.equal(lab.json("status")["officers"], {"enabled": 0, "registered": 0}, "and so does status")
    return case_of(lab, test)


def register(lab):
    for number, role in OFFICERS:
        lab.ctl("officer", "add", number, "--name", "某人", "--role", role, *(["--certificate", "C-" + number] if role == "ecology" else []))
    refused(lab, 4, "is registered already", "officer", "add", "p0042", "--name", "x", "--role", "ecology")
    refused(lab, 2, "there is no role 'king'", "officer", "add", "K1", "--name", "x", "--role", "king")
    refused(lab, 4, "may not do this", "officer", "add", "K1", "--name", "x", "--role", "police", "--officer", "P0042")
    lab.ctl("officer", "add", "K1", "--name", "x", "--role", "police", "--officer", "S0001")
    lab.ctl("officer", "disable", "K1", "--officer", "S0001")
    refused(lab, 4, "no enabled officer 'K1'", "officer", "disable", "K1")
    tap.equal([(o["number"], o["enabled"]) for o in lab.json("officer", "list")["officers"]],
              sorted([(n, True) for n, _ in OFFICERS] + [("K1", False)]), "the register")
    tap.equal(lab.json("status")["officers"], {"enabled": len(OFFICERS), "registered": len(OFFICERS) + 1}, "status counts them")
    start = ["test", "start", "--plate", "新B40002", "--colour", "yellow", "--method", "ringelmann"]
    refused(lab, 4, "say who tests", *start)
    refused(lab, 4, "there is no officer 'P9999'", *start, "--officer", "P9999")
    refused(lab, 4, "it is for an ecology officer", *start, "--officer", "M0007")
    refused(lab, 4, "K1 is disabled", *start, "--officer", "P0042", "--police", "K1")
    refused(lab, 4, "it is for a police officer", *start, "--officer", "P0042", "--police", "P0043")
    refused(lab, 2, "the second officer is another one", *start, "--officer", "P0042", "--officer2", "P0042")
    refused(lab, 4, "say who does it: --officer N", "outbox", "retry", "x")


# ---- the penalty ----


def packed(lab, test, case):
    """What the driver has said goes with the case."""
    lab.ctl("package", case, "-o", lab.path("said.asice"))
    made = subprocess.run(["unzip", "-p", lab.path("said.asice"), "log/*"], stdout=subprocess.PIPE, check=True).stdout.decode()
    verified = subprocess.run([os.path.join(BIN, "smogverify"), lab.path("said.asice"), "--ca", lab.path("keys/ca.pem")], stdout=subprocess.PIPE, encoding="utf-8",
                              check=False)
    tap.result("车是老板的" in made and verified.returncode == 0, "the driver's words are in the package, which smogverify accepts", verified.stdout[:1500] + made[:1500])
    lab.ctl("document", "on-site-record", case, "-o", lab.path("record.pdf"))
    page = subprocess.run(["pdftotext", lab.path("record.pdf"), "-"], stdout=subprocess.PIPE, check=True).stdout.decode()
    tap.result("车是老板的" in page.replace(" ", ""), "and on the on-site record", page[:800])
    tap.equal([(s["signed"], s["text"]) for s in lab.json("test", "show", test)["statements"]], [("refused", "车是老板的")], "and test show has them")


def reviews(lab):
    test = observe(lab, "新B40002", "3", "--officer", "P0042", "--officer", "P0043")
    people = {o["role"]: o for o in lab.json("test", "show", test)["record"]["officers"]}
    tap.equal((people["operator"].get("certificate"), people["second"]["number"], people["operator"]["registered"]), ("C-P0042", "P0043", True),
              "two ecology officers are in the record, with certificates")
    case = case_of(lab, test)
    tap.equal([n["act"] for n in show(lab, case)["next"]], ["review", "return", "handle", "repair-notice", "repair"], "what can be done now")
    refused(lab, 4, "by an ecology officer, not by M0007", "case", "review", case, "--officer", "M0007")
    refused(lab, 4, "ecology", "case", "review", case, "--officer", "A0001")
    refused(lab, 2, "needs an officer's number", "case", "review", case)
    refused(lab, 4, "now can be done: review", "case", "send", case, "--officer", "P0042")
    refused(lab, 2, "there is no act 'burn'", "case", "burn", case, "--officer", "P0042")
    refused(lab, 2, "there is no case 'x'", "case", "review", "x", "--officer", "P0042")
    refused(lab, 2, "is not how a statement ends", "statement", test, "perhaps", "--officer", "P0042")
    refused(lab, 4, "it is for an ecology officer or a police officer", "statement", test, "signed", "--officer", "M0007")
    lab.ctl("statement", test, "refused", "--remark", "车是老板的", "--officer", "P0042")
    lab.ctl("case", "review", case, "--officer", "P0043")
    refused(lab, 4, "before its first review", "statement", test, "signed", "--officer", "P0042")
    refused(lab, 4, "has done the first review", "case", "review", case, "--officer", "P0043")
    refused(lab, 4, "has made the test", "case", "review", case, "--officer", "P0042")
    refused(lab, 4, "add --police N", "case", "review", case, "--officer", "P0044")
    push(lab)
    tap.equal(lab.ctl("package", case, "-o", lab.path("x"), check=False).returncode, 2, "one review seals nothing")
    lab.ctl("case", "review", case, "--officer", "P0044", "--police", "650012")
    refused(lab, 2, "needs a reason", "case", "return", case, "--officer", "P0044")
    lab.ctl("case", "send", case, "--officer", "S0001")
    tap.equal(show(lab, case)["state"], "send-ordered", "sent before it is sealed: it is remembered")
    push(lab)
    reach(lab, case, "received")
    tap.equal(steps(lab, case), ["open:exceeded", "review:review1", "review:review2", "send:send-ordered", "seal:submitted", "receive:received"],
              "seal and receipt are steps, too")
    packed(lab, test, case)
    return case


def police(lab, case):
    tap.equal([d["deadline"] for d in show(lab, case)["due"]], ["police-review", "limitation"], "the police's review is due")
    due = [min(d["due_at"] for d in c["due"]) for c in lab.json("case", "list", "--due")["cases"]]
    tap.equal((due, len(due)), (sorted(due), 2), "case list --due has what is due first in front")
    decide(lab, case, "accepted")
    push(lab)
    reach(lab, case, "entered")
    lab.ctl("case", "notify", case, "--police", "650012")
    lab.ctl("case", "object", case, "--officer", "P0042", "--reason", "不是我的车")
    refused(lab, 4, "'dismiss' is done by a police officer", "case", "dismiss", case, "--officer", "P0042")
    lab.ctl("case", "dismiss", case, "--police", "650012")
    decide(lab, case, "notified")
    decide(lab, case, "penalised", "--number", "652301-2026-17")
    push(lab)
    reach(lab, case, "penalised")
    tap.equal(show(lab, case)["number"], "652301-2026-17", "with the number of the decision")
    decided(lab, case, 1, "penalised", number="652301-2026-17")
    tap.equal(alerts(lab, show(lab, case)["subject"]), [], "the same told by another receiver changes nothing")
    decided(lab, case, 2, "penalised", number="652301-2026-99")
    tap.equal(alerts(lab, show(lab, case)["subject"]), ["penalised-twice"], "a second penalty is an alert")
    decided(lab, case, 3, "dancing")
    tap.equal(alerts(lab, show(lab, case)["subject"])[0], "decision-without-effect", "and so is a word that nobody knows")
    lab.ctl("case", "pay", case, "--officer", "P0042")
    shown = show(lab, case)
    tap.equal((shown["state"], shown["ended"], shown["number"], shown["due"]), ("paid", True, "652301-2026-17", []), "paid: nothing is due any more")


def early_decision(lab):
    """Told before anybody has sent it: it waits, and has its effect once."""
    case = case_of(lab, observe(lab, "新B40003", "4", "--officer", "P0042", "--police", "650012"))
    decided(lab, case, 4, "returned", ground=6)
    tap.equal((show(lab, case)["state"], show(lab, case)["decisions"][0]["stage"]), ("exceeded", "waiting"), "an early decision waits")
    lab.approve(case)
    push(lab)
    reach(lab, case, "returned")
    shown = show(lab, case)
    tap.equal((shown["ground"], shown["decisions"][0]["stage"]), (6, "done"), "and has its effect when its turn has come")
    tap.equal([s.split(":")[1] for s in steps(lab, case)][-3:], ["submitted", "received", "returned"], "in the order of the law")
    decided(lab, case, 5, "penalised", outlet="second", number="7")
    tap.equal(show(lab, case)["state"], "penalised", "the police may think again")


def handled(lab):
    case = case_of(lab, observe(lab, "新B40004", "3", "--officer", "P0042", "--police", "650012"))
    refused(lab, 4, "not by P0042", "case", "handle", case, "--officer", "P0042", "--number", "1")
    refused(lab, 2, "--number", "case", "handle", case, "--police", "650012")
    lab.ctl("case", "handle", case, "--police", "650012", "--number", "652301-2026-18")
    push(lab)
    wait_for("the seal", lambda: show(lab, case)["sealed"])
    push(lab)
    shown = show(lab, case)
    tap.equal((shown["state"], shown["number"], [d["outlet"] for d in shown["deliveries"]]), ("handled", "652301-2026-18", [""]),
              "handled on site: sealed, kept, never sent")
    refused(lab, 4, "cannot be done while it is handled", "case", "send", case, "--officer", "P0042")
    refused(lab, 2, "--facts", "case", "file", case, "--police", "650012")
    refused(lab, 2, "driver.KEY", "case", "file", case, "--police", "650012", "--facts", "driver=x")
    refused(lab, 2, "facts belong to 'file' alone", "case", "pay", case, "--police", "650012", "--facts", "driver.name=x")
    refused(lab, 4, "not by P0042", "case", "file", case, "--officer", "P0042", "--facts", "driver.name=x")
    lab.ctl("case", "file", case, "--police", "650012", "--facts", "driver.name=某", "decision.cfzl=2")
    filed = show(lab, case)
    tap.equal((filed["state"], filed["steps"][-1]["act"]), ("handled", "file"), "what the decision consists of is put on record")


# ---- the repair, and the end of a test ----


def repair(lab, case):
    plate = show(lab, case)["plate"]
    refused(lab, 2, "is no day", "case", "repair-notice", case, "--officer", "P0042", "--until", "soon")
    lab.ctl("case", "repair-notice", case, "--officer", "P0042", "--until", "2026-08-31")
    due = {d["deadline"]: d for d in show(lab, case)["due"]}["repair-by"]
    tap.equal((due["due_at"], due["status"]), ("2026-08-31T23:59:59.999+08:00", "unconfirmed"), "the notice names the day")
    lab.ctl("case", "overdue", case, "--officer", "P0042")
    refused(lab, 4, "by a supervisor, not by P0042", "case", "blacklist", case, "--officer", "P0042")
    lab.ctl("case", "blacklist", case, "--officer", "S0001")
    observe(lab, "新B49999", "0", "--officer", "P0042")
    tap.equal(show(lab, case)["repair"], "blacklisted", "another vehicle's pass is no retest")
    test = observe(lab, plate, "0", "--officer", "P0042")
    shown = show(lab, case)
    tap.equal((shown["repair"], shown["retest"], shown["state"]), ("retest-passed", test, "exceeded"), "its own pass is, by itself")
    lab.ctl("test", "void", test, "--reason", "wrong vehicle", "--officer", "P0042")
    tap.equal((show(lab, case)["repair"], show(lab, case)["retest"]), ("repair-notice", ""), "a void retest shows nothing")
    observe(lab, plate, "0", "--officer", "P0042")
    lab.ctl("case", "release", case, "--officer", "S0001")
    tap.equal(show(lab, case)["repair"], "released", "released")
    lab.ctl("test", "void", show(lab, case)["subject"], "--reason", "wrong plate", "--officer", "P0042")
    tap.equal(show(lab, case)["state"], "void", "voiding the test ends its case")
    refused(lab, 4, "now can be done: nothing", "case", "review", case, "--officer", "P0042")


def older_version(lab):
    """Cases as an older smogd has left them: not sealed, sealed and not sent, sent."""
    cases = [case_of(lab, observe(lab, "新B4100%d" % i, "3", "--officer", "P0042", "--police", "650012")) for i in range(3)]
    for case in cases[1:]:
        lab.approve(case)
    push(lab)
    reach(lab, cases[1], "received")
    reach(lab, cases[2], "received")
    lab.stop("smogd")
    with sqlite3.connect(lab.path("state/smogd.db")) as db:
        db.executemany("UPDATE case_file SET state = 'sealing', sealed_event = NULL WHERE id = ?", [(case,) for case in cases])
        db.execute("UPDATE delivery SET state = 'waiting' WHERE case_id = ?", (cases[2],))
    db.close()
    lab.start_smogd()
    tap.equal([show(lab, case)["state"] for case in cases], ["exceeded", "received", "submitted"], "each gets a state of today")
    tap.equal(steps(lab, cases[0])[-1], "upgrade:exceeded", "by an event")
    lab.approve(cases[0])
    tap.equal(lab.ctl("journal", "verify", check=False).returncode, 0, "the journal is whole")


def open_station(lab):
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True)
    lab.start("inbox", "smoginbox", "--listen", "127.0.0.1:0", "--cert", lab.path("keys/inbox.pem"), "--key", lab.path("keys/inbox.key"),
              "--client-ca", lab.path("keys/ca.pem"), "--seal-ca", lab.path("keys/ca.pem"), "--store", lab.path("inbox"))
    wait_for("the inbox", lambda: "listening on " in lab.log("inbox"))
    address = lab.log("inbox").split("listening on ")[1].split()[0]
    keys = lab.path("keys")
    station_conf(lab, 'seal { key = "%s/seal.key"  cert = "%s/seal.pem" }' % (keys, keys), rules='"roadside-cn"',
                 extra=quick_rules(lab, ("roadside-cn",)) or "", outlet="""outlet police { kind = package-rest  url = "https://%s/packages"
  ca = "%s/ca.pem"  cert = "%s/push.pem"  key = "%s/push.key" }""" % (address, keys, keys, keys))
    lab.start_smogd()


with Lab() as lab, tap.step("a case's life"):
    open_station(lab)
    oldest = without_register(lab)
    register(lab)
    police(lab, reviews(lab))
    early_decision(lab)
    handled(lab)
    repair(lab, oldest)
    older_version(lab)
tap.end()
