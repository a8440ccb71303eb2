#!/usr/bin/python3
"""The daemon and its command line: tests from start to verdict, refusals, abort, void, rejudge, slip."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import pdfa  # noqa: E402
from jpeg import jpeg  # noqa: E402
from station import Lab, Tap, quick_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
NHT6 = 'instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }'
BODY = """link com1 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = %s }
"""


def open_station(lab, valid_until="2036-12-31"):
    lab.start_sim(NHT6 % lab.path("dev/smoke"))
    station_conf(lab, BODY % (lab.path("dev/smoke"), valid_until), extra=quick_rules(lab))
    lab.start_smogd()
    lab.wait_live("smoke")


def refused(lab, code, pattern, what, *words):
    done = lab.ctl(*words, check=False)
    good = done.returncode == code and re.search(pattern, done.stderr) and done.stderr.count("\n") == 1
    tap.result(good, what, "exit %d, %s" % (done.returncode, done.stderr))
    return done.stderr


def start_words(plate="新A66T21", colour="yellow"):
    return ["test", "start", "--plate", plate, "--colour", colour, "--method", "free-acceleration", "--vehicle",
            "fuel=diesel", "class=heavy", "gearbox=manual"]


def drive(lab, plate, k):
    lab.sim("truck k=%s oil=88 hold-ms=700" % k)
    return lab.drive(lab.start_test(plate), lambda: lab.sim("press"), probe=lab.probe)


def check_record(lab, shown):
    record = shown["record"]
    names = [f["name"] for f in record["files"]]
    tap.equal(names, ["readings.csv", "rules/gb3847-2018.conf", "wire/operator.rec", "wire/smoke.rec"],
              "the record lists the raw input, the readings and the law")
    tap.equal([f["name"] for f in shown["files"]], names, "and these are the files that are kept")
    for file in record["files"]:
        path = lab.path("state/objects", file["sha256"][:2], file["sha256"][2:])
        tap.equal(os.path.getsize(path), file["size"], file["name"] + " is there with its size")
    smoke = record["instruments"][0]
    tap.equal((smoke["certificate"], smoke["driver"], smoke["serial"]), ("JJG976-2026-0042", "nht6", "A1234"),
              "the record names the instrument and its certificate")
    wire = lab.path("state/objects", record["files"][3]["sha256"][:2], record["files"][3]["sha256"][2:])
    with open(wire, encoding="utf-8") as text:
        lines = [line for line in text if not line.startswith("#")]
    tap.result(re.match(r"\d+ [<>] [0-9a-f]+ #1$", lines[0]), "the recording begins with the first thing on the wire", lines[0])
    tap.equal((record["started_at"][-6:], record["clock"]["source"] in ("ntp", "none")), ("+08:00", True),
              "times carry their offset, the clock its source")
    tap.equal(os.listdir(lab.path("state/spool")), [], "nothing is left in the spool")


def check_slip(lab, test):
    lab.ctl("slip", test, "-o", lab.path("slip.txt"))
    with open(lab.path("slip.txt"), encoding="utf-8") as file:
        slip = file.read()
    root = lab.json("journal", "verify")["root"]
    for word in ("长丰路联合执法站", "新A66T21", "JJG976-2026-0042", "不合格  FAIL", "limit ≤ 1.20 1/m", "unconfirmed", "acceleration"):
        tap.result(word in slip, "the slip tells " + word, slip)
    found = re.search(r"event (\d+), 根 root ([0-9a-f]{16})\n", slip)
    tap.result(found and (int(found[1]) < lab.json("status")["journal"]["events"]), "and the journal's root", slip)
    tap.result(len(root) == 64, "journal verify tells the whole root")


def play_verdicts(lab):
    open_station(lab)
    shown = drive(lab, "新B12345", "0.40")
    tap.equal(shown["verdict"], "pass", "k = 0.40 passes")
    check_record(lab, shown)
    tap.equal(lab.json("outbox", "list")["outbox"], [], "a pass is no case")
    shown = drive(lab, "新A66T21", "1.90")
    tap.equal(shown["verdict"], "fail", "k = 1.90 fails")
    row = lab.json("outbox", "list")["outbox"][0]
    tap.equal((row["subject"], row["state"]), (shown["id"], "exceeded"), "a failed test is a case that waits for its reviews")
    check_slip(lab, shown["id"])
    again = lab.json("rejudge", shown["id"])
    tap.equal((again["verdict_same"], again["readings_same"], again["newer"]), (True, True, None),
              "recomputed byte for byte")
    plate = lab.json("plate", "新A·66t21")
    tap.equal([t["id"] for t in plate["tests"]], [shown["id"]], "the plate is found however it is written")
    return shown["id"]


def play_lost_evidence(lab, test):
    """Raw bytes that somebody takes away or changes are missed: their size at once, their content with --records."""
    wire = [f for f in lab.json("test", "show", test)["record"]["files"] if f["name"] == "wire/smoke.rec"][0]
    path, name = lab.path("state/objects", wire["sha256"][:2], wire["sha256"][2:]), "wire/smoke.rec of " + test
    with open(path, "rb") as file:
        content = file.read()
    whole = lab.json("journal", "verify", "--records")
    tap.result(whole["files"] >= 4, "with its files the journal is whole", whole)
    os.rename(path, path + "-away")
    refused(lab, 1, name + " is missing", "a file of a record that is gone is missed", "journal", "verify")
    for changed, words in ((content[:-1], ()), (content[:-1] + b" ", ("--records",))):
        with open(path, "wb") as file:
            file.write(changed)
        refused(lab, 1, name + " was changed", "one of %d bytes instead of %d is found" % (len(changed), len(content)), "journal", "verify", *words)
    os.replace(path + "-away", path)
    lab.ctl("journal", "verify", "--records")


def play_law(lab):
    rules = lab.json("rules", "list")["rules"]
    tap.equal([r["rule"] for r in rules if r["pack"] == "gb3847-2018"], ["free-acceleration", "lug-down"],
              "the rules in force are listed")
    numbers = lab.json("rules", "unconfirmed")["unconfirmed"]
    k = [n for n in numbers if (n["rule"], n["name"], n["kind"]) == ("free-acceleration", "k", "limit")]
    tap.equal([(n["value"], n["unit"]) for n in k], [("1.20 / 0.70", "1/m")], "what nobody has confirmed is listed with its source")
    text = lab.ctl("rules", "unconfirmed").stdout
    tap.equal(len(text.splitlines()), len(numbers), "and so it is for people")


def play_newer_law(lab, test):
    with open(lab.path("rules/gb3847-2018.conf"), encoding="utf-8") as file:
        law = file.read()
    lab.write("rules/gb3847-2018.conf", re.sub(r'version = "\d+"', 'version = "99"', law).replace("a = 1.20", "a = 2.50"))
    again = lab.json("rejudge", test)
    tap.equal((again["recorded"], again["recomputed"], again["newer"]),
              ("fail", "fail", {"pack": "gb3847-2018", "verdict": "pass", "version": "99"}),
              "a newer pack that would judge otherwise is told, the record stays")
    lab.write("rules/gb3847-2018.conf", law)


def play_operator(lab, failed):
    refused(lab, 2, "no plate colour", "an unknown colour", *start_words(colour="pink"))
    refused(lab, 2, "place", "a plate that is none", *start_words(plate="新O1234"))
    refused(lab, 2, "trailer", "a trailer", *start_words(plate="新A1234挂"))
    refused(lab, 2, "free-acceleration", "an unknown method", "test", "start", "--plate", "新A66T21", "--colour",
            "yellow", "--method", "sniffing")
    refused(lab, 2, "mass_kg", "a wrong fact", *start_words(), "mass_kg=heavy")
    refused(lab, 2, "no rule|petrol", "a vehicle that no rule is for", "test", "start", "--plate", "新A66T22", "--colour",
            "yellow", "--method", "free-acceleration", "--vehicle", "fuel=petrol")
    test = lab.start_test("新C77018")
    limit = lab.json("status")["test"]["limits"][0]
    tap.equal((limit["quantity"], limit["limit"], limit["unit"], limit["at_least"]), ("k", "1.20", "1/m", False),
              "what a running test is judged by stands in the status")
    refused(lab, 4, test + " of 新C77018 is running since", "a second test", *start_words())
    refused(lab, 2, "--reason", "abort without a reason", "test", "abort", test)
    refused(lab, 2, "reason", "abort with an empty reason", "test", "abort", test, "--reason", "  ")
    refused(lab, 2, "no test 'T9'; the running test is " + test, "abort of an unknown id", "test", "abort", "T9",
            "--reason", "x")
    refused(lab, 4, "is running; abort it", "void of a running test", "test", "void", test, "--reason", "x")
    done = lab.json("test", "abort", test, "--reason", "发动机异响")
    shown = lab.json("test", "show", test)
    tap.equal((done["verdict"], shown["verdict"]), ("aborted", "aborted"), "an abort is saved when it is answered")
    tap.result("发动机异响" in json.dumps(shown["record"]["verdict"]["reasons"], ensure_ascii=False), "with its reason",
               shown["record"]["verdict"])
    tap.equal(lab.ctl("rejudge", test, check=False).returncode, 0, "an aborted test is recomputed, too")
    refused(lab, 4, test + " has ended: aborted", "a second abort", "test", "abort", test, "--reason", "x")
    lab.json("test", "void", failed, "--reason", "wrong vehicle", "--officer", "P0042")
    shown = lab.json("test", "show", failed)
    tap.equal((shown["verdict"], shown["void_reason"], shown["record"]["verdict"]["kind"]), ("void", "wrong vehicle", "fail"),
              "void adds to the record and takes nothing back")
    refused(lab, 4, "void already", "void twice", "test", "void", failed, "--reason", "again")
    refused(lab, 2, "no test", "void of an unknown id", "test", "void", "T9", "--reason", "x")
    numbers = [lab.json("test", "show", t["id"])["seq"] for t in lab.json("plate", "新C77018")["tests"]]
    tap.equal(numbers, [3], "refused starts have used no numbers")


def play_refusals(lab):
    lab.sim("health smoke warming")
    wait_for("warming to be seen", lambda: lab.instrument("smoke")["status"] == "warming")
    refused(lab, 4, r"smoke is locked \(warming\) since [-\d]+T[\d:]+: smoke says warming.*; wait until", "an instrument that warms up", *start_words())
    lab.sim("health smoke ok")
    lab.wait_live("smoke")
    wait_for("the warm-up to end", lambda: lab.instrument("smoke")["status"] == "ok")
    lab.sim("fault smoke silence")
    wait_for("silence to be seen", lambda: lab.instrument("smoke")["state"] == "stale")
    refused(lab, 4, r"smoke is locked \((stale|comm-error)\) since [-\d]+T[\d:]+: ", "an instrument that is silent", *start_words())
    lab.sim("fault smoke none")
    lab.wait_live("smoke")
    lab.sim("unplug smoke")
    wait_for("the unplugging to be seen", lambda: lab.instrument("smoke")["state"] == "offline")
    refused(lab, 4, r"smoke is locked \(offline\) since [-\d]+T[\d:]+: .*; plug it in", "an instrument that is away",
            *start_words())
    lab.sim("plug smoke")
    lab.wait_live("smoke")
    lab.ctl("test", "abort", lab.start_test("新C77018"), "--reason", "tried")
    tap.result(True, "and when it is back a test starts")
    edges = [e for e in journal(lab) if e["kind"] == "instrument" and e["name"] == "smoke"]
    for state in ("connected", "live", "stale", "offline"):
        tap.result(state in [e["state"] for e in edges], "the journal tells that smoke was " + state, edges)
    tap.result("warming" in [e["status"] for e in edges], "and that it was warming", edges)
    tap.result(all((a["state"], a["status"]) != (b["state"], b["status"]) for a, b in zip(edges, edges[1:])),
               "each change once", edges)


def journal(lab):
    lab.ctl("journal", "export", "-o", lab.path("journal.jsonl"))
    with open(lab.path("journal.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def pages(lab, plate):
    """The text of a vehicle's dossier."""
    lab.ctl("plate", plate, "-o", lab.path("dossier.pdf"))
    return subprocess.run(["pdftotext", "-layout", lab.path("dossier.pdf"), "-"], capture_output=True, text=True, check=True).stdout


def play_dossier(lab, failed):
    """Everything of a vehicle as one PDF: lists, the case's steps, each test with its curve, pictures small; the same bytes each time."""
    one = lab.json("plate", "新B12345")["tests"][0]["id"]
    lab.ctl("slip", one, "-o", lab.path("slip.pdf"))
    subprocess.run(["pdftoppm", "-r", "80", "-jpeg", "-singlefile", lab.path("slip.pdf"), lab.path("rear")], check=True)
    with open(lab.path("odd.jpg"), "wb") as file:
        file.write(jpeg(1280, 720))
    for name in ("rear.jpg", "odd.jpg"):
        lab.ctl("photo", "add", one, lab.path(name), "--kind", "rear")
    text = pages(lab, "新B12345")
    with open(lab.path("dossier.pdf"), "rb") as first:
        kept = first.read()
    pages(lab, "新B12345")
    with open(lab.path("dossier.pdf"), "rb") as again:
        tap.result(again.read() == kept, "a vehicle's dossier is the same when it is made again")
    tap.equal([w for w in ("机动车排放档案", one, "检测曲线", "k 0.4", "photos/01-rear.jpg", "photos/02-rear.jpg") if w not in text], [],
              "it has the test with its curve, values and pictures")
    tap.result("cannot be copied" in text, "a picture that cannot be decoded is named with the reason", text[-800:])
    images = subprocess.run(["pdfimages", "-list", lab.path("dossier.pdf")], capture_output=True, text=True, check=True).stdout.splitlines()
    tap.equal([line.split()[8] for line in images[2:] if line.split()[8] == "jpeg"], ["jpeg"], "the other one is shown small")
    tap.equal(pdfa.problems(lab.path("dossier.pdf")), [], "it is PDF/A-2b, as far as can be checked here")
    text = pages(lab, "新A66T21")
    case = lab.json("plate", "新A66T21")["cases"][0]["case"]
    tap.equal([w for w in (failed, case, "Steps of " + case, "VOID", "超标 exceeds") if w not in text], [], "a void test and its case with the steps are there, too")
    done = lab.ctl("plate", "新A66T21", "--colour", "blue", "-o", lab.path("none.pdf"), check=False)
    tap.result(done.returncode == 1 and "nothing is known" in done.stderr and not os.path.exists(lab.path("none.pdf")), "of another colour there is nothing to write",
               done.stderr)


def play_files(lab):
    lab.stop("smogd")
    done = lab.ctl("--json", "plate", "新A66T21")
    tap.result("smogd is not running" in done.stderr and not json.loads(done.stdout)["daemon_running"],
               "without smogd the files are read, and that is said", done.stderr)
    done = lab.ctl("status", check=False)
    tap.result(done.returncode == 3 and "not running" in done.stdout, "status says so with exit 3", done.stdout)
    tap.equal(lab.ctl("test", "abort", "T1", "--reason", "x", check=False).returncode, 3, "a command cannot be given: exit 3")
    kinds = [e["kind"] for e in journal(lab)]
    tap.equal((kinds[0], kinds[-1]), ("daemon-start", "daemon-stop"), "the journal begins and ends with the daemon")


def play_two(lab):
    """Two instruments offer k; the first in the configuration gives it, whatever their names' order."""
    lab.start_sim(NHT6 % lab.path("dev/smoke") + '''
instrument other { protocol = modbus-rtu  pty = "%s"  unit = 1  reply-ms = 3 }''' % lab.path("dev/other"))
    station_conf(lab, """link com1 { kind = serial  device = "%s" }
link bus { kind = modbus-rtu  device = "%s"  line = "9600/8n1" }
instrument zwei { driver = nht6  link = com1 }
instrument eins { driver = modbus  profile = "opacimeter-generic"  link = bus  unit = 1 }
""" % (lab.path("dev/smoke"), lab.path("dev/other")), extra=quick_rules(lab))
    lab.start_smogd()
    lab.wait_live("zwei")
    lab.wait_live("eins")
    shown = drive(lab, "新B12345", "0.40")
    tap.equal([i["name"] for i in shown["record"]["instruments"]], ["zwei", "eins"], "both are in the record")
    tap.equal((shown["verdict"], lab.ctl("rejudge", shown["id"], check=False).returncode), ("pass", 0),
              "and the recomputation takes k from the same one")


with Lab(os.path.join(os.environ["TMPDIR"], "two")) as lab, tap.step("two instruments"):
    play_two(lab)
with Lab() as lab:
    with tap.step("verdicts"):
        failed = play_verdicts(lab)
        play_law(lab)
        play_newer_law(lab, failed)
        play_lost_evidence(lab, failed)
        play_operator(lab, failed)
    with tap.step("refusals"):
        play_refusals(lab)
    with tap.step("dossier"):
        play_dossier(lab, failed)
    with tap.step("files"):
        play_files(lab)
with Lab(os.path.join(os.environ["TMPDIR"], "overdue")) as lab, tap.step("an overdue certificate"):
    open_station(lab, "2020-01-31")
    why = refused(lab, 4, r"locked \(certificate-overdue\).*overdue, it was valid until 2020-01-31; have it verified.*smogd.conf:5", "locks the instrument",
                  *start_words())
    shown = lab.json("status")["lockouts"][0]
    tap.result(shown["what"] in why and shown["clear"] in why, "and the status shows it", shown)
tap.end()
