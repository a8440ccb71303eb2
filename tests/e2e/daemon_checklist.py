#!/usr/bin/python3
"""The joint stand's checklist: three answers, pictures, bounds, and what goes to which authority."""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Feeder, Lab, Tap, passage, station_conf, wait_for  # noqa: E402

tap = Tap()
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40


def refused(lab, code, word, *words):
    done = lab.ctl("checklist", *words, check=False)
    tap.result(done.returncode == code and word in done.stderr, "refused: " + word, "exit %d, %s" % (done.returncode, done.stderr))


def fill_in(lab):
    with open(lab.path("dpf.jpg"), "wb") as file:
        file.write(JPEG)
    lab.write("note.txt", "no picture at all")
    names = [i["item"] for i in lab.json("checklist")["checklists"][0]["items"]]
    tap.equal(len(names), 12, "the shipped list")
    one = lab.json("checklist", "start", "--plate", "新A66T21", "--colour", "yellow", "--officer", "H0001")["checklist"]
    tap.equal(one, "652301-0007-C000001", "it has a number")
    refused(lab, 2, "no item 'brakes'", "answer", one, "brakes", "passed")
    refused(lab, 2, "say passed, failed or not-checked", "answer", one, "dpf", "fine")
    refused(lab, 2, "take a picture", "answer", one, "dpf", "failed")
    refused(lab, 2, "neither JPEG nor PNG", "answer", one, "dpf", "failed", "--photo", lab.path("note.txt"))
    refused(lab, 2, "cannot be passed", "answer", one, "urea-concentration", "passed", "--value", "12.5")
    refused(lab, 2, "is no number", "answer", one, "urea-concentration", "failed", "--value", "little", "--photo", lab.path("dpf.jpg"))
    refused(lab, 2, "there is no checklist", "answer", "nonsense", "dpf", "passed")
    tap.equal(lab.json("checklist", one)["answers"], [], "nothing of that counts as answered")
    done = lab.json("checklist", "answer", one, "dpf", "failed", "--photo", lab.path("dpf.jpg"), "--remark", "拆除 removed", "--officer", "H0001")
    tap.equal(done["photo"], hashlib.sha256(JPEG).hexdigest(), "the picture is kept")
    with open(lab.path("state/objects", done["photo"][:2], done["photo"][2:]), "rb") as kept:
        tap.equal(kept.read(), JPEG, "byte for byte")
    lab.json("checklist", "answer", one, "urea-concentration", "passed", "--value", "32.4")
    lab.json("checklist", "answer", one, "mud", "failed", "--photo", lab.path("dpf.jpg"))
    lab.json("checklist", "answer", one, "scr", "failed", "--photo", lab.path("dpf.jpg"))
    lab.json("checklist", "answer", one, "scr", "passed", "--remark", "looked again")
    answers = {a["item"]: a for a in lab.json("checklist", one)["answers"]}
    tap.equal((answers["scr"]["answer"], answers["urea-concentration"]["value"]), ("passed", "32.4"), "a correction is another answer")
    end = lab.json("checklist", "end", one)
    tap.equal((end["passed"], end["failed"], end["not_checked"]), (2, 2, 8), "what was not looked at is not passed")
    refused(lab, 4, "has ended", "answer", one, "dpf", "passed")
    refused(lab, 4, "has ended", "end", one)
    referrals = lab.json("referrals")["referrals"]
    tap.equal(sorted((r["authority"], [i["item"] for i in r["items"]]) for r in referrals),
              [("environment", ["dpf"]), ("police", ["mud"])], "each authority gets what is its own")
    tap.equal([r["items"][0]["remark"] for r in lab.json("referrals", "environment")["referrals"]], ["拆除 removed"], "with remark")


def with_a_subject(lab, feeder):
    feeder.tell(passage(1, "新A90718", "41.3"), passage(2, "新A90718", "38.7"))
    wait_for("the case", lambda: lab.json("outbox", "list")["outbox"])
    before = lab.json("outbox", "list")["outbox"]
    two = lab.json("checklist", "start", "--plate", "新A90718", "--colour", "blue")["checklist"]
    lab.json("checklist", "answer", two, "load-covered", "failed", "--photo", lab.path("dpf.jpg"))
    lab.json("checklist", "end", two)
    known = lab.json("plate", "新A90718")
    tap.equal(([c["checklist"] for c in known["checklists"]], [r["checklist"] for r in known["referrals"]]), ([two], [two]),
              "the answer about a vehicle has its checklists and what went to whom")
    tap.equal(lab.json("outbox", "list")["outbox"], before, "a failed item makes no emission case and changes none")
    refused(lab, 2, "there is no test", "start", "652301-0007-T000099")


def restart(lab):
    three = lab.json("checklist", "start", "--plate", "新C12345", "--colour", "yellow")["checklist"]
    lab.json("checklist", "answer", three, "mud", "passed")
    lab.kill("smogd")
    lab.start_smogd()
    tap.equal([a["answer"] for a in lab.json("checklist", three)["answers"]], ["passed"], "what was answered outlives a kill")
    tap.equal([(c["checklist"], c["plate"]) for c in lab.json("checklist")["open"]], [(three, "新C12345")], "it is listed as open, to be taken up again")
    lab.json("checklist", "end", three)
    tap.equal(lab.json("checklist")["open"], [], "until it has ended")
    lab.ctl("journal", "verify")
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        kinds = [json.loads(line)["kind"] for line in file]
    tap.equal([kinds.count(k) for k in ("checklist-start", "checklist-answer", "checklist-end", "referral")], [3, 7, 3, 3],
              "every step is in the journal")


with Lab() as lab:
    feeder = Feeder()
    station_conf(lab, """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd }
""" % feeder.address, kind="joint")
    lab.start_smogd()
    with tap.step("a list is filled in"):
        fill_in(lab)
    with tap.step("beside an emission case"):
        with_a_subject(lab, feeder)
    with tap.step("across a kill"):
        restart(lab)
tap.end()
