#!/usr/bin/python3
"""Metrology and lockouts: checks of an instrument, what locks, what it blocks, who clears it, and that nothing of it is forgotten."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Feeder, Lab, Tap, metrology_rules, passage, station_conf, wait_for  # noqa: E402

tap = Tap()
PACKS = '"gb3847-2018", "hj845-2017", "metrology-cn"'
BODY = """link com1 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 %s }
reference f1 { value = "k=1.71"  certificate = "F-2026-01"  valid-until = 2036-12-31 }
reference f0 { value = "k=1.71"  certificate = "F-2019-01"  valid-until = 2020-01-31 }
"""


def open_station(lab, more="", **figures):
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
    station_conf(lab, BODY % (lab.path("dev/smoke"), more), rules=PACKS, extra=metrology_rules(lab, **figures))
    air(lab)
    lab.start_smogd()
    lab.wait_live("smoke")


def air(lab, k="0.00"):
    lab.sim("truck idle-k=%s k=0.40 oil=88 hold-ms=700" % k)


def lockouts(lab):
    return {(l["code"], l["instrument"] or l["plate"]): l for l in lab.json("status")["lockouts"]}


def codes(lab):
    return sorted(code for code, _ in lockouts(lab) if code != "clock-not-trusted")  # the machine's own clock: see play_clock


def wait_codes(lab, *wanted):
    wait_for("lockouts " + " ".join(wanted), lambda: codes(lab) == sorted(wanted))


def start_words(plate="新A66T21"):
    return ["test", "start", "--plate", plate, "--colour", "yellow", "--method", "free-acceleration", "--vehicle", "fuel=diesel",
            "class=heavy", "gearbox=manual"]


def refused(lab, code, pattern, what, *words):
    done = lab.ctl(*words, check=False)
    tap.result(done.returncode == code and re.search(pattern, done.stderr), what,
               "exit %d, %s%s" % (done.returncode, done.stdout, done.stderr))


def check(lab, code, *words):
    """Runs a check; gives its end event as smogctl prints it."""
    done = lab.ctl("--json", *words, "--officer", "P0042", check=False)
    if done.returncode != code:
        raise ValueError("exit %d: %s%s" % (done.returncode, done.stdout, done.stderr))
    end = json.loads(done.stdout)
    if "verdict" not in end:
        raise ValueError(done.stdout + done.stderr)
    return end


def abort_test(lab, plate):
    lab.wait_live("smoke")
    lab.ctl("test", "abort", lab.start_test(plate), "--reason", "tried")


def mark(end, kind):
    return next(m["value"] for m in end["result"]["marks"] if m["kind"] == kind and m["quantity"] == "k")


def journal(lab, *kinds):
    lab.ctl("journal", "export", "-o", lab.path("journal.jsonl"))
    with open(lab.path("journal.jsonl"), encoding="utf-8") as file:
        return [e for e in map(json.loads, file) if e["kind"] in kinds]


def play_checks(lab):
    open_station(lab)
    wait_codes(lab, "span-due", "zero-due")
    due = lockouts(lab)[("zero-due", "smoke")]
    tap.equal(("free-acceleration" in due["blocks"], due["by"], due["title_zh"]), (True, "station", "零点检查到期"),
              "the checks of the day are due and block the test")
    refused(lab, 4, r"smoke is locked \(zero-due\) since [-\dT:]+: it has had no zero check; smogctl zero",
            "no test starts, and why, since when, how to clear it", *start_words())
    end = check(lab, 0, "zero", "smoke")
    tap.equal((end["verdict"], end["what"], mark(end, "mean")), ("pass", "zero", "0.000000"), "the zero check in clean air passes")
    wait_codes(lab, "span-due")
    shown = lab.json("check", "show", end["check"])
    record = shown["record"]
    tap.equal((shown["serial"], record["officer"], record["command"], record["instrument"]["certificate"], record["rules"]["pack"]),
              ("A1234", "P0042", "sent", "JJG976-2026-0042", "metrology-cn"), "its record names instrument, officer, command and rule")
    names = [f["name"] for f in record["files"]]
    tap.equal(names, ["rules/metrology-cn.conf", "wire/operator.rec", "wire/smoke.rec"], "and the raw bytes and the law")
    wire = next(f for f in record["files"] if f["name"] == "wire/smoke.rec")["sha256"]
    with open(lab.path("state/objects", wire[:2], wire[2:]), encoding="utf-8") as file:
        tap.result("! command zero" in file.read(), "the instrument's own zeroing is part of the recording")
    air(lab, "1.71")
    end = check(lab, 0, "span", "smoke", "--filter", "f1")
    tap.equal((end["verdict"], mark(end, "reference"), mark(end, "mean")), ("pass", "1.71", "1.710000"), "the filter reads what it is")
    record = lab.json("check", "show", end["check"])["record"]
    tap.equal(record["reference"], {"certificate": "F-2026-01", "name": "f1", "valid_until": "2036-12-31", "value": "k=1.71"},
              "the record names the filter and its certificate")
    wait_codes(lab)
    abort_test(lab, "新C77018")
    tap.result(True, "then a test starts")


def play_failures(lab):
    air(lab, "0.05")
    end = check(lab, 1, "zero", "smoke")
    tap.equal((end["verdict"], end["result"]["reasons"]), ("fail", ["opacity: 2.1 % off, 0.2 allowed", "k: 0.05 1/m off, 0.01 allowed"]),
              "a zero that has drifted fails and says by how much")
    wait_codes(lab, "zero-failed")
    before = lockouts(lab)[("zero-failed", "smoke")]
    refused(lab, 4, r"smoke is locked \(zero-failed\).*check \S+ of \S+ failed; clean it", "which locks", *start_words())
    refused(lab, 4, "zero-failed is not cleared by word", "nobody talks it away", "lockout", "clear", "zero-failed", "--instrument", "smoke",
            "--reason", "looks fine", "--officer", "P0007")
    lab.kill("smogd")
    lab.start_smogd()
    lab.wait_live("smoke")
    wait_codes(lab, "zero-failed")
    tap.equal(lockouts(lab)[("zero-failed", "smoke")]["since"], before["since"], "kill -9 and a new start: it holds, since the same moment")
    air(lab, "1.20")
    end = check(lab, 1, "span", "smoke", "--filter", "1.71")
    tap.equal(end["result"]["reasons"], ["k: 0.51 1/m off, 0.05 allowed"], "another filter in the path fails")
    wait_codes(lab, "span-failed", "zero-failed")
    end = check(lab, 1, "span", "smoke", "--filter", "2.50")
    tap.equal(end["verdict"], "aborted", "a filter outside the range gives no result")
    refused(lab, 4, "f0: its certificate F-2019-01 was valid until 2020-01-31", "nor does one whose certificate is overdue", "span", "smoke",
            "--filter", "f0")
    refused(lab, 2, "no reference of the configuration", "or that nobody knows", "span", "smoke", "--filter", "f7")
    wait_codes(lab, "span-failed", "zero-failed")
    air(lab, "1.71")
    check(lab, 0, "span", "smoke", "--filter", "1.71")
    air(lab)
    end = check(lab, 0, "zero", "smoke")
    wait_codes(lab)
    cleared = journal(lab, "lockout-clear")[-1]
    tap.equal((cleared["code"], cleared["by"], cleared["reason"], cleared["instrument"]),
              ("zero-failed", "station", "check %s passed" % end["check"], "smoke"), "a check that passes clears it, and the journal says which")


def run_in_background(lab, *words):
    return subprocess.Popen([os.path.join(BIN, "smogctl"), "-c", lab.conf, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            stdin=subprocess.DEVNULL, encoding="utf-8")


def running(lab):
    return [c for c in lab.json("check", "list")["checks"] if "verdict" not in c]


def play_interruptions(lab):
    lab.sim("health smoke zeroing")
    zero = run_in_background(lab, "zero", "smoke")
    wait_for("the check to run", lambda: running(lab))
    refused(lab, 4, r"check \S+ is running", "no test starts during a check", *start_words())
    refused(lab, 4, r"check \S+ is running", "and no second check", "span", "smoke", "--filter", "f1")
    lab.sim("health smoke ok")
    zero.wait(30)
    tap.equal((zero.returncode, lab.json("check", "list")["checks"][0]["verdict"]), (0, "pass"), "the check waits until the instrument is ready")
    lab.sim("health smoke zeroing")
    zero = run_in_background(lab, "zero", "smoke")
    wait_for("the check to run", lambda: running(lab))
    lab.sim("unplug smoke")
    zero.wait(30)
    end = lab.json("check", "show", lab.json("check", "list")["checks"][0]["id"])
    tap.equal(lab.json("check", "list")["checks"][0]["result"], end["record"]["result"], "a row of the list has the result")
    tap.equal((zero.returncode, end["verdict"], end["record"]["result"]["reasons"]), (1, "aborted", ["instrument smoke lost"]),
              "unplugged: no result, and why")
    lab.sim("plug smoke")
    wait_for("smoke to be back", lambda: lab.instrument("smoke")["state"] in ("connected", "live"))
    zero = run_in_background(lab, "zero", "smoke")
    lost = wait_for("the check to run", lambda: running(lab))[0]["id"]
    lab.kill("smogd")
    zero.wait(30)
    tap.equal(zero.returncode, 3, "smogctl says when smogd goes away")
    lab.start_smogd()
    shown = lab.json("check", "show", lost)
    tap.equal((shown["verdict"], shown["record"]["result"]["reasons"]), ("aborted", ["power or daemon lost"]), "a check that was open has an end")
    tap.equal(os.listdir(lab.path("state/spool")), [], "and its recording is kept, not spooled")
    refused(lab, 4, "nothing to recompute", "there is nothing to recompute of it", "rejudge", lost)
    lab.sim("health smoke ok")
    lab.wait_live("smoke")
    wait_codes(lab)


def play_newer_law(lab, check):
    """Tolerances that would have let a failed check pass are told; the check stays failed."""
    tap.equal(lab.json("rejudge", check["id"])["newer"], None, "no other law is in force")
    with open(lab.path("rules/metrology-cn.conf"), encoding="utf-8") as file:
        law = file.read()
    lab.write("rules/metrology-cn.conf", re.sub(r'version = "\d+"', 'version = "99"', re.sub(r"(limit \w+ +\{) a = [0-9.]+ ", r"\1 a = 100 ", law)))
    again = lab.json("rejudge", check["id"])
    tap.equal((again["recorded"], again["recomputed"], again["newer"]),
              ("fail", "fail", {"pack": "metrology-cn", "verdict": "pass", "version": "99"}),
              "a newer pack that would judge the check otherwise is told, the check stays failed")
    tap.result("the record stays as it is" in lab.ctl("rejudge", check["id"]).stdout, "people are told as well")
    lab.write("rules/metrology-cn.conf", law)


def play_again(lab):
    checks = [c for c in lab.json("check", "list", "smoke", "--limit", "100")["checks"]]
    bad = []
    for c in checks:
        if lab.json("check", "show", c["id"])["record"]["result"]["reasons"] == ["power or daemon lost"]:
            continue
        again = lab.json("rejudge", c["id"])
        if not again["verdict_same"] or again["recomputed"] != c["verdict"]:
            bad.append(again)
    tap.equal(bad, [], "every check is recomputed byte for byte")
    play_newer_law(lab, next(c for c in checks if c["what"] == "zero" and c["verdict"] == "fail"))
    tap.equal([c["seq"] for c in checks], list(range(len(checks), 0, -1)), "their numbers have no gap")


def play_word_of_the_instrument(lab):
    lab.sim("health smoke warming")
    wait_codes(lab, "warming")
    refused(lab, 4, r"smoke is locked \(warming\).*wait until it is warm", "an instrument that warms up locks", *start_words())
    lab.sim("unplug smoke")
    wait_codes(lab, "offline", "warming")
    lab.sim("health smoke ok")
    lab.sim("plug smoke")
    lab.wait_live("smoke")
    wait_codes(lab)
    tap.result(True, "being unplugged does not end it, its word does")
    events = [e["kind"] for e in journal(lab, "lockout", "lockout-clear") if e["code"] == "warming"]
    tap.equal(events, ["lockout", "lockout-clear"], "raised once, cleared once")
    lab.sim("fault smoke model as=mqy200")
    lab.sim("unplug smoke")
    wait_codes(lab, "offline")
    lab.sim("plug smoke")
    wait_codes(lab, "wrong-model")
    refused(lab, 4, r"smoke is locked \(wrong-model\).*MQY-200.*connect the configured instrument", "another model locks", *start_words())
    lab.sim("fault smoke none")
    lab.sim("unplug smoke")
    wait_codes(lab, "offline", "wrong-model")
    lab.sim("plug smoke")
    lab.wait_live("smoke")
    wait_codes(lab)


def play_aborts(lab):
    for _ in range(2):
        abort_test(lab, "新B12345")
    lab.wait_live("smoke")
    wait_codes(lab, "aborts-plate")
    held = lockouts(lab)[("aborts-plate", "新B12345 yellow")]
    tap.equal((held["by"], held["what"]), ("supervisor", "2 aborted tests within 24 hours"), "too many aborted tests of one vehicle lock it")
    refused(lab, 4, r"新B12345 yellow is locked \(aborts-plate\).*smogctl lockout clear", "it can not be tested again", *start_words("新B12345"))
    abort_test(lab, "新D00001")
    tap.result(True, "others can")
    words = ["lockout", "clear", "aborts-plate", "--plate", "新B12345", "--colour", "yellow"]
    refused(lab, 2, "--reason TEXT and --officer", "nobody clears it without a reason", *words, "--officer", "P0007")
    refused(lab, 2, "--reason TEXT and --officer", "or nameless", *words, "--reason", "probe was broken")
    refused(lab, 4, "does not hold", "only what holds is cleared", "lockout", "clear", "aborts-station", "--reason", "x", "--officer", "P0007")
    refused(lab, 2, "there is no lockout", "or exists", "lockout", "clear", "aborts", "--reason", "x", "--officer", "P0007")
    lab.kill("smogd")
    lab.start_smogd()
    lab.wait_live("smoke")
    wait_codes(lab, "aborts-plate")
    lab.ctl(*words, "--reason", "probe was broken", "--officer", "P0007")
    wait_codes(lab)
    event = journal(lab, "lockout-clear")[-1]
    tap.equal((event["code"], event["plate"], event["colour"], event["by"], event["reason"]),
              ("aborts-plate", "新B12345", "yellow", "P0007", "probe was broken"), "the journal says who cleared it and why")
    tap.equal([(c["code"], c["subject"], c["by"]) for c in lab.json("sequence")["cleared"]], [("aborts-plate", "新B12345 yellow", "P0007")],
              "and so does the supervisor's list")
    abort_test(lab, "新B12345")
    lab.wait_live("smoke")
    wait_codes(lab)
    tap.result(True, "and the count begins anew")
    tap.equal(lab.json("journal", "verify")["ok"], True, "the journal is whole")


def restart(lab, **figures):
    lab.stop("smogd")
    metrology_rules(lab, **figures)
    lab.start_smogd()
    lab.wait_live("smoke")


def play_station(lab):
    open_station(lab, every_days="0", clock_error_max="0.000", clock_locks="1", disk_reserve="1048576")
    tap.equal(sorted(code for code, _ in lockouts(lab)), ["clock-not-trusted", "disk-reserve"], "clock and disk lock the station")
    refused(lab, 4, r"the station is locked \((clock-not-trusted|disk-reserve)\)", "no test starts", *start_words())
    restart(lab, every_days="0", clock_error_max="0.000")
    tap.equal([(l["code"], l["blocks"]) for l in lab.json("status")["lockouts"]], [("clock-not-trusted", [])],
              "room on the disk clears; a clock that does not lock is shown")
    abort_test(lab, "新C77018")
    tap.result(True, "and blocks nothing")
    events = [(e["kind"], e["code"]) for e in journal(lab, "lockout", "lockout-clear")]
    tap.equal(sorted(events), [("lockout", "clock-not-trusted"), ("lockout", "disk-reserve"), ("lockout-clear", "disk-reserve")],
              "each once in the journal")


def play_papers(lab):
    """What the configuration says of certificate and calibration; cleared by a better configuration."""
    lab.stop("smogd")
    device, extra = lab.path("dev/smoke"), 'rules-dir = "%s"' % lab.path("rules")
    body = BODY % (device, "calibrated = 2020-01-31")
    station_conf(lab, body.replace("valid-until = 2036-12-31 c", "c"), rules=PACKS, extra=extra)
    lab.start_smogd()
    lab.wait_live("smoke")
    tap.equal(codes(lab), ["calibration-overdue", "certificate-missing"], "no end of the verification, an old calibration")
    refused(lab, 4, r"certificate-missing.*write certificate and valid-until into the configuration \(\S+smogd.conf:5\)",
            "the place to mend is named", *start_words())
    lab.stop("smogd")
    station_conf(lab, BODY % (device, "calibrated = 2036-01-31"), rules=PACKS, extra=extra)
    lab.start_smogd()
    lab.wait_live("smoke")
    tap.equal(codes(lab), [], "the configuration is mended")
    events = [(e["kind"], e["code"]) for e in journal(lab, "lockout", "lockout-clear") if e["code"].startswith("c") and "clock" not in e["code"]]
    tap.equal(sorted(events), [(kind, code) for kind in ("lockout", "lockout-clear") for code in ("calibration-overdue", "certificate-missing")],
              "raised and cleared once each")


def play_passages(lab):
    feeder = Feeder()
    station_conf(lab, """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  certificate = "C-7"  valid-until = 2020-01-31 }
""" % feeder.address, kind="fixed-remote")
    lab.start_smogd()
    wait_for("the device", lambda: lab.instrument("rsd1")["state"] != "offline")
    feeder.tell(passage(1, "新A90718", "41.3"), passage(2, "新B12345"))
    wait_for("two passages", lambda: len(lab.json("passes")["passes"]) == 2)
    shown = [lab.json("passes", p["id"]) for p in lab.json("passes")["passes"]]
    tap.equal([(p["verdict"], p["record"]["verdict"]["reasons"]) for p in shown],
              [("invalid", ["rule: none while rsd1 is locked (certificate-overdue)"])] * 2, "an overdue device judges nobody")
    tap.equal([lab.json("rejudge", p["id"])["ok"] for p in shown], [True] * 2, "which is recomputed")


def play_gas(lab):
    """Gas analyzers: zero, gas of known composition, leak test; one that tells its serial number."""
    lab.start_sim("""instrument bench { protocol = microbench  pty = "%s"  reply-ms = 3 }
instrument gas { protocol = mqw50a  pty = "%s"  reply-ms = 3 }""" % (lab.path("dev/bench"), lab.path("dev/gas")))
    extra = metrology_rules(lab, measure="3.0")

    def configure(serial):
        station_conf(lab, """link a { kind = serial  device = "%s" }
link b { kind = serial  device = "%s" }
instrument bench { driver = microbench  link = a  serial = "%s"  option = "hc=0 co=2 co2=2 o2=2 nox=0"  certificate = "JJG688-1"  valid-until = 2036-12-31 }
instrument gas { driver = mqw50a  link = b  serial = "G2"  certificate = "JJG688-2"  valid-until = 2036-12-31 }
""" % (lab.path("dev/bench"), lab.path("dev/gas"), serial), rules=PACKS, extra=extra)
        lab.start_smogd()
        lab.wait_live("bench")
        lab.wait_live("gas")

    configure("S0000001")
    wait_for("the serial number", lambda: ("wrong-serial", "bench") in lockouts(lab))
    tap.equal(lockouts(lab)[("wrong-serial", "bench")]["what"], "it says serial number S0012345, the configuration S0000001",
              "another instrument than the configured one locks")
    lab.stop("smogd")
    configure("S0012345")
    wait_for("the right number to be seen", lambda: ("wrong-serial", "bench") not in lockouts(lab))
    lab.sim("truck idle-co=0 idle-co2=0 idle-hc=0 idle-no=0 idle-o2=20.9")
    end = check(lab, 0, "zero", "bench")
    record = lab.json("check", "show", end["check"])["record"]
    tap.equal((record["instrument"]["serial_read"], record["result"]["method"]), ("S0012345", "zero-gas-analyzer"),
              "a gas analyzer's zero, with the serial number that it told")
    lab.sim("truck idle-co=3.50 idle-co2=12.00 idle-hc=2000 idle-no=1000")
    end = check(lab, 0, "span", "bench", "--filter", "co=3.52 co2=12.0 hc=2050")
    tap.equal(sorted(v["quantity"] for v in end["result"]["values"]), ["co", "co2", "hc"], "gas of known composition: each component is compared")
    end = check(lab, 1, "span", "bench", "--filter", "co=3.80 co2=12.0")
    tap.equal(end["result"]["reasons"], ["co: 0.30 % off, 0.19 allowed"], "and the one that is off is named, with 5 % of its concentration allowed")
    refused(lab, 2, "say what the instrument's leak test showed", "a leak test without its result is none", "leak-test", "gas")
    lab.ctl("order", "gas", "leak-test")
    end = check(lab, 1, "leak-test", "gas", "--result", "leak")
    tap.equal((end["verdict"], end["result"]["reasons"]), ("fail", ["leak: the instrument's test showed one"]), "what the leak test showed is recorded")
    tap.equal(lab.json("check", "show", end["check"])["record"]["said"], "leak", "as the officer's word")
    tap.result(("leak-test-failed", "gas") in lockouts(lab), "a leak locks", lockouts(lab))
    check(lab, 0, "leak-test", "gas", "--result", "none")
    wait_for("the leak to be forgotten", lambda: not {c for c, who in lockouts(lab) if who == "gas" and c.startswith("leak")})
    tap.result(True, "until a leak test passes")


with Lab(os.path.join(os.environ["TMPDIR"], "gas")) as gas, tap.step("play_gas"):
    play_gas(gas)
with Lab(os.path.join(os.environ["TMPDIR"], "one")) as one:
    for name in ("play_checks", "play_failures", "play_interruptions", "play_again", "play_word_of_the_instrument", "play_aborts"):
        with tap.step(name):
            globals()[name](one)
with Lab(os.path.join(os.environ["TMPDIR"], "station")) as two:
    for name in ("play_station", "play_papers"):
        with tap.step(name):
            globals()[name](two)
with Lab(os.path.join(os.environ["TMPDIR"], "passages")) as three, tap.step("play_passages"):
    play_passages(three)
tap.end()
