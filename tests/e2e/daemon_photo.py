#!/usr/bin/python3
"""Pictures of a test: added, refused with what to do, kept byte for byte, held against the pack, and never taken away."""
import hashlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from jpeg import jpeg  # noqa: E402
from station import BIN, Feeder, Lab, ROOT, Tap, passage, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()


def put(lab, name, data):
    with open(lab.path(name), "wb") as file:
        file.write(data)
    return lab.path(name)


def refused(lab, code, word, *words):
    done = lab.ctl("photo", "add", *words, check=False)
    tap.result(done.returncode == code and word in done.stderr, "refused: " + word, "exit %d, %s" % (done.returncode, done.stderr))


def play(lab, feeder):
    feeder.tell(passage(1, "新A90718", "41.3"))
    one = wait_for("the passage", lambda: lab.json("passes")["passes"])[0]["id"]
    front = put(lab, "front.jpg", jpeg(1920, 1080, "2026:07:01 09:30:12"))
    rear = put(lab, "rear.jpg", jpeg(1280, 720, "2026:07:01 09:30:22"))
    refused(lab, 2, "there is no test or passage", "652301-0007-T000099", front)
    refused(lab, 2, "nothing that a picture shows", one, front, "--kind", "selfie")
    refused(lab, 3, "cannot be read", one, lab.path("nowhere.jpg"))
    refused(lab, 2, "is no JPEG", one, put(lab, "note.txt", b"no picture"), "--kind", "front")
    refused(lab, 2, "is cut off", one, put(lab, "cut.jpg", jpeg()[:-2]), "--kind", "front")
    refused(lab, 2, "at most 16777216", one, put(lab, "large.jpg", jpeg(content=b"x" * (16 << 20))))
    refused(lab, 2, "regular file", one, lab.dir)
    tap.equal(lab.json("photo", "list", one)["photos"], [], "nothing of that is kept")
    added = lab.json("photo", "add", one, front, "--kind", "front", "--officer", "H0001")
    tap.equal((added["name"], added["width"], added["height"], added["taken"]),
              ("photos/01-front.jpg", 1920, 1080, "2026-07-01T09:30:12"), "a picture is added")
    tap.result(any("at least 2 wanted, 1" in text for text in added["missing"]), "what is still missing is told", added["missing"])
    with open(front, "rb") as file, open(lab.path("state/objects", added["sha256"][:2], added["sha256"][2:]), "rb") as kept:
        tap.equal(kept.read(), file.read(), "and kept byte for byte")
    refused(lab, 4, "this very picture already, as photos/01-front.jpg", one, front, "--kind", "rear")
    added = lab.json("photo", "add", one, rear, "--kind", "rear", "--officer", "H0001")
    tap.equal([text for text in added["missing"] if "clock" not in text], [], "now nothing of the pictures is missing")
    words = lab.ctl("photo", "add", one, put(lab, "vin.jpg", jpeg(640, 480))).stdout
    tap.result("photos/03-other.jpg: 640 x 480" in words, "in words as well", words)
    lab.kill("smogd")
    lab.start_smogd()
    listed = lab.json("photo", "list", one)["photos"]
    tap.equal([(p["name"], p["shows"], p["officer"]) for p in listed],
              [("photos/01-front.jpg", "front", "H0001"), ("photos/02-rear.jpg", "rear", "H0001"), ("photos/03-other.jpg", "other", "")],
              "all outlive a kill")
    tap.result("photos/02-rear.jpg" in lab.ctl("photo", "list", one).stdout, "a list for people")
    lab.ctl("journal", "verify")
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        events = [e for e in map(json.loads, file) if e["kind"] == "photo"]
    with open(rear, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    tap.equal((len(events), events[1]["sha256"], events[1]["passage"], events[1]["camera_model"]), (3, digest, one, "NOVA 7"),
              "each is an event of the journal")


def review(lab, feeder):
    """A case whose pictures the pack asks for, from its first review to its package."""
    feeder.tell(passage(2, "新A90718", "38.7"))
    row = wait_for("the case", lambda: lab.json("case", "list")["cases"])[0]
    case, one = row["case"], row["subject"]
    done = lab.ctl("case", "review", case, "--officer", "H0001", check=False)
    tap.result(done.returncode == 4 and "at least 2 wanted, 0" in done.stderr and "photo add" in done.stderr,
               "a review without the pictures is refused", done.stderr)
    for kind in ("front", "rear"):
        lab.json("photo", "add", one, put(lab, kind + "2.jpg", jpeg(1280, 720, content=kind.encode())), "--kind", kind, "--officer", "H0001")
    lab.ctl("case", "review", case, "--officer", "H0001")
    refused(lab, 4, "before its first review", one, put(lab, "late.jpg", jpeg(content=b"late")))
    lab.ctl("case", "review", case, "--officer", "H0002")
    done = subprocess.run([os.path.join(BIN, "smogpush"), "-c", lab.conf, "--once"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", timeout=60, check=False)
    lab.ctl("package", case, "-o", lab.path("case.asice"))
    made = json.loads(subprocess.run(["unzip", "-p", lab.path("case.asice"), "case.json"], stdout=subprocess.PIPE, check=True).stdout)
    tap.equal([(r["officer"], r["act"]) for r in made["reviews"]], [("H0001", "review"), ("H0002", "review")], "case.json has the reviews")
    tap.equal({c["check"]: c["outcome"] for c in made["photo_checks"]["checks"] if c["check"] != "clock-error"},
              {"photos": "met", "width": "met", "height": "met"}, "and what was found of the pictures")
    report = subprocess.run("unzip -p '%s' report.pdf | pdftotext -layout - -" % lab.path("case.asice"), shell=True, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    names = {"photos": "整车正面或尾部图片数", "width": "图片宽度", "height": "图片高度", "bits": "图片色深", "interval": "两张图片的间隔", "clock-error": "站点时钟误差"}
    flagged = sorted(c["check"] for c in made["photo_checks"]["checks"] if c["outcome"] != "met")
    tap.equal(sorted(check for check, name in names.items() if name in report), flagged, "report.pdf has what was not met, and nothing else of them")
    tap.result(flagged, "something was not: these pictures tell no time", made["photo_checks"]["checks"])
    tap.equal([f["name"] for f in made["files"] if f["class"] == "视听资料"], ["photos/01-front.jpg", "photos/02-rear.jpg"],
              "and lists them as what they are")
    verified = subprocess.run([os.path.join(BIN, "smogverify"), lab.path("case.asice"), "--ca", lab.path("keys/ca.pem")],
                              stdout=subprocess.PIPE, encoding="utf-8", check=False)
    tap.equal(verified.returncode, 0, "smogverify agrees: " + (verified.stdout.splitlines() or [""])[0])


with Lab() as lab:
    feeder = Feeder()
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True)
    station_conf(lab, """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd }
seal { key = "%s/seal.key"  cert = "%s/seal.pem" }
""" % (feeder.address, lab.path("keys"), lab.path("keys")), rules='"hj845-2017", "evidence-cn"', extra=quick_rules(lab, ("hj845-2017", "evidence-cn"), **{"photos-blocks": "1"}))
    lab.start_smogd()
    with tap.step("pictures"):
        play(lab, feeder)
    with tap.step("a review"):
        review(lab, feeder)
tap.end()
