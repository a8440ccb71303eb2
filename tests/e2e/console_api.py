#!/usr/bin/python3
"""The console's interface, /api/v1/: a failing test from its start to the second review, by it alone; and everything that can be read."""
import datetime
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from console import Console, set_pin  # noqa: E402
from jpeg import jpeg  # noqa: E402
from openapi import Description  # noqa: E402
from station import Lab, Tap, free_port, metrology_rules, station_conf, wait_for  # noqa: E402

tap = Tap()
OFFICERS = {"P0042": ("ecology", "471108"), "P0043": ("ecology", "815471"), "650012": ("police", "902714"), "S0001": ("supervisor", "556012"),
            "M0007": ("technician", "331907")}
BODY = """link com1 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
reference f1 { value = "k=1.71"  certificate = "F-2026-01"  valid-until = 2036-12-31 }
console { listen = "127.0.0.1:%d" }
"""


def good(answer, what, status=200):
    tap.result(answer.status == status, what, answer)
    return answer.json if answer.headers["Content-Type"] == "application/json" else answer.body


def refused(answer, status, word, what):
    tap.result(answer.status == status and word in answer.json["error"] and not answer.json["ok"], what, answer)


def drive(lab, tablet, test):
    """Does what the prompts ask, as status tells them; once more where nothing has come of it for a while."""
    last = [None, 0.0]

    def step():
        state = tablet.get("status").json["test"]
        if not state:
            return True
        now = (state["prompt"], state["value"])
        if now == last[0] and time.monotonic() < last[1] + 3:
            return False
        last[:] = [now, time.monotonic()]
        if state["prompt"] in ("zero-check", "insert-probe"):
            lab.probe("out" if state["prompt"] == "zero-check" else "in")
            tablet.post("tests/%s/key" % test, {"key": "confirm"})
        elif state["prompt"] in ("purge", "press"):
            lab.sim("press")
        return False

    wait_for("the end of the test", step, 90)


def measure(lab, tablet):
    refused(tablet.post("tests", {"plate": "新A66T21", "colour": "yellow", "method": "free-acceleration"}), 409, "no zero", "without a check no test starts")
    tablet.login("M0007")
    for what, air, more in (("zero", "0.00", {}), ("span", "1.71", {"filter": "f1"})):
        lab.sim("truck idle-k=%s k=0.40 oil=88 hold-ms=700" % air)
        check = good(tablet.post("instruments/smoke/check", {"what": what, **more}), "a technician begins a %s check" % what)["check"]
        wait_for("the check", lambda: tablet.get("checks/" + check).json.get("verdict"))
    tap.equal(good(tablet.get("checks", instrument="smoke", limit=1), "checks are listed")["checks"][0]["id"], check, "with this one")
    refused(tablet.post("instruments/none/order", {"what": "standby"}), 400, "no instrument", "an instrument that is not there")
    tablet.login("P0042")
    lab.sim("truck idle-k=0.00 k=1.90 oil=88 hold-ms=700")
    started = good(tablet.post("tests", {"plate": "新A66T21", "colour": "yellow", "method": "free-acceleration", "police": "650012",
                                         "vehicle": {"fuel": "diesel", "class": "heavy", "gearbox": "manual"}}), "a test starts")
    test = started["test"]
    refused(tablet.get("tests/%s/readings" % test), 409, "still running", "while it runs it has no readings yet")
    refused(tablet.post("tests", {"plate": "新B12345", "colour": "yellow", "method": "free-acceleration"}), 409, "is running", "and no second one starts")
    drive(lab, tablet, test)
    shown = good(tablet.get("tests/" + test), "the test is shown")
    tap.equal((shown["verdict"], shown["record"]["officers"][0]["number"]), ("fail", "P0042"), "it failed, and the session's officer has tested")
    return test


def read_test(lab, tablet, test):
    readings = good(tablet.get("tests/%s/readings" % test), "its readings")
    k = next(s for s in readings["series"] if s["quantity"] == "k")
    tap.result(len(k["t_ms"]) == len(k["values"]) == len(k["quality"]) > 20 and max(float(v) for v in k["values"] if v) >= 1.5 and k["unit"] == "1/m",
               "are series of times and texts", str(k)[:300])
    tap.equal((readings["limits"][0]["limit"], {m["kind"] for m in readings["marks"]} >= {"acceleration"}), ("1.20", True), "with limit and marks")
    with open(lab.path("state/objects", *split(sha_of(lab, test, "readings.csv"))), encoding="utf-8") as file:
        wanted = [line.split(",") for line in file if line.split(",")[2] == "k"]
    tap.equal([[str(t), v, q] for t, v, q in zip(k["t_ms"], k["values"], k["quality"])], [[w[0], w[3], w[5].strip()] for w in wanted],
              "and the very lines of readings.csv")
    tap.equal(lab.ctl("test", "readings", test).stdout.count(",k,"), len(wanted), "which smogctl prints as they are")
    tap.equal([t["id"] for t in good(tablet.get("tests", limit=5), "tests are listed")["tests"]], [test], "this one")
    tap.equal(good(tablet.get("tests", since="2036-01-01"), "those since a day")["tests"], [], "which are none")


def sha_of(lab, test, name):
    return next(f["sha256"] for f in lab.json("test", "show", test)["files"] if f["name"] == name)


def split(sha256):
    return sha256[:2], sha256[2:]


def add_to_test(tablet, test):
    picture = jpeg(1920, 1080, "2026:07:01 09:30:12")
    added = good(tablet.post("photos/" + test, picture, shows="front"), "a picture is added")
    tap.equal((added["name"], added["width"]), ("photos/01-front.jpg", 1920), "as what it shows")
    refused(tablet.post("photos/" + test, picture, shows="front"), 409, "already", "the same again is refused")
    refused(tablet.post("photos/" + test, b"no picture", shows="front"), 400, "no JPEG", "and what is none")
    refused(tablet.post("photos/" + test, b"", shows="front"), 400, "empty", "and nothing")
    answer = tablet.get("objects/" + added["sha256"])
    tap.equal((answer.status, answer.headers["Content-Type"], answer.body), (200, "image/jpeg", picture), "its bytes come back")
    tap.equal([tablet.get("objects/" + name).status for name in ("0" * 64, "x", "../smogd.db")], [404, 404, 404], "others are not there")
    tap.equal([(p["shows"], p["officer"]) for p in good(tablet.get("photos/" + test), "pictures are listed")["photos"]], [("front", "P0042")], "with who took them")
    good(tablet.post("photos/" + test, jpeg(1280, 720, "2026:07:01 09:30:22", content=b"rear"), shows="rear"), "a second picture")
    good(tablet.post("photos/" + test, jpeg(600, 200, content=b"ink"), shows="signature"), "and a signature")
    good(tablet.post("tests/%s/statement" % test, {"signed": True, "text": "刚换过机油，\n没有异议"}), "the driver's words are kept")
    refused(tablet.post("tests/%s/statement" % test, {"signed": "maybe"}), 400, "signed", "how he signs must be said")
    good(tablet.post("tests/%s/statement" % test, {"signed": "refused", "text": ""}), "or that he refuses")
    shown = tablet.get("tests/" + test).json["statements"]
    tap.equal([(s["signed"], s["text"], s["officer"]) for s in shown], [("yes", "刚换过机油，\n没有异议", "P0042"), ("refused", "", "P0042")], "the test shows both")
    refused(tablet.post("tests/T9/statement", {"signed": True}), 400, "no test", "a statement to nothing")


def review(lab, tablet, test):
    cases = good(tablet.get("cases", state="exceeded"), "the case waits for its review")["cases"]
    case = cases[0]["case"]
    tap.equal(cases[0]["subject"], test, "of this test")
    refused(tablet.post("cases/%s/blacklist" % case), 403, "supervisor", "an act of another role")
    refused(tablet.post("cases/%s/seal" % case), 403, "nobody at the console", "and one of the station's own")
    refused(tablet.post("cases/%s/dance" % case), 400, "no act", "and none at all")
    good(tablet.post("cases/%s/review" % case), "the first officer reviews")
    refused(tablet.post("cases/%s/review" % case), 409, "P0042", "and not the second time")
    refused(tablet.post("cases/%s/review" % case, **{"as": "second"}), 403, "no second officer", "nor as somebody who is not there")
    good(tablet.post("session/second", {"officer": "P0043", "pin": "815471"}), "the second officer comes to the same tablet")
    answer = good(tablet.post("cases/%s/review" % case, **{"as": "second"}), "and reviews")
    tap.equal(answer["state"], "review2", "which is the second review")
    steps = [(s["act"], s["officer"]) for s in good(tablet.get("cases/" + case), "the case is shown")["steps"] if s["officer"]]
    tap.equal(steps[-2:], [("review", "P0042"), ("review", "P0043")], "with both")
    refused(tablet.get("cases/%s/package.asice" % case), 404, "no sealed package", "before it is sealed there is no package")
    refused(tablet.post("tests/%s/statement" % test, {"signed": True}), 409, "first review", "after a review nothing is added")
    tap.equal(good(tablet.get("sequence"), "the sequence of numbers")["gaps"], [], "has no gaps")
    lab.ctl("journal", "verify")
    return case


def pdf(answer, what, *words):
    if answer.status != 200 or answer.headers["Content-Type"] != "application/pdf":
        tap.result(False, what, answer)
        return
    text = subprocess.run(["pdftotext", "-", "-"], input=answer.body, stdout=subprocess.PIPE, check=True).stdout.decode()
    tap.result(all(word in text.replace(" ", "") for word in words), what, text[:600])


def files(lab, tablet, test, case):
    pdf(tablet.get("slips/%s.pdf" % test, size="a5", lang="zh"), "the slip", "新A66T21", "不合格")
    tap.result('filename="slip-%s.pdf"' % test in tablet.get("slips/%s.pdf" % test).headers["Content-Disposition"], "has a name")
    refused(tablet.get("slips/%s.pdf" % test, size="a0"), 404, "a0", "of a size that there is")
    refused(tablet.get("slips/T9.pdf"), 404, "T9", "and of a test that there is")
    good(tablet.post("cases/%s/repair-notice" % case), "a repair notice is given")
    pdf(tablet.get("cases/%s/notice.pdf" % case), "the notice", "新A66T21")
    kinds = [d["kind"] for d in good(tablet.get("documents"), "the documents there are")["documents"]]
    tap.result("on-site-record" in kinds, "are named", kinds)
    pdf(tablet.get("cases/%s/documents/on-site-record.pdf" % case), "the on-site record, with the driver's words", "新A66T21", "没有异议")
    days = [(datetime.date.today() + datetime.timedelta(days=n)).isoformat() for n in (-2, 2)]
    day = {"from": days[0], "to": days[1]}
    tap.equal(good(tablet.get("bulletin", **day), "the bulletin's numbers")["failed"], lab.json("bulletin", "--from", days[0], "--to", days[1])["failed"],
              "are smogctl's")
    pdf(tablet.get("bulletin.pdf", **day), "the bulletin as a PDF", "不合格")
    tap.equal((tablet.get("bulletin.xlsx", **day).body[:2], tablet.get("bulletin.csv", **day).status), (b"PK", 200), "as a sheet and as CSV")
    refused(tablet.get("bulletin"), 400, "which days", "a bulletin needs its days")
    tap.equal(os.listdir(lab.path("state/console")), [], "no file is left behind")


def lists(lab, tablet):
    """Every read without an id says what smogctl says."""
    same = {"alerts": ["alerts"], "referrals": ["referrals"], "cases": ["case", "list"], "checklists": ["checklist"], "rules": ["rules", "list"],
            "rules/unconfirmed": ["rules", "unconfirmed"], "codes": ["codes"], "codes/fuel": ["codes", "fuel"], "officers": ["officer", "list"],
            "outbox": ["outbox", "list"], "passes": ["passes"], "suggestions": ["plates", "suggest"], "documents": ["document", "list"],
            "plates/新A66T21": ["plate", "新A66T21"], "tests": ["test", "list"], "checks": ["check", "list"]}
    for path, words in same.items():
        tap.equal(good(tablet.get(path), path), lab.json(*words), "says what smogctl says")
    tap.equal(good(tablet.get("instruments/smoke"), "one instrument")["instruments"][0]["name"], "smoke", "is that one")
    tap.equal(sorted(good(tablet.get("status"), "status")), sorted(lab.json("status")), "has the keys of smogctl's")
    tap.equal([tablet.get(path).status for path in ("instruments/none", "tests/T9", "cases/C9", "passes/P9", "checks/M9", "codes/none", "rosters", "rosters/9",
                                                   "journal/checkpoint", "plates/nonsense", "checklists/K9")], [404] * 11, "what is not there is 404")
    tap.equal([tablet.get(path, limit="x").status for path in ("passes", "tests", "cases")], [400] * 3, "a wrong argument is 400")
    tap.equal([tablet.get("tests/--config=x").status, tablet.get("tests/-x").status, tablet.get("plates/--help").status, tablet.get("codes/--json").status], [404] * 4,
              "a part of the path is never an option")
    tap.equal(tablet.get("tests", since="--help").status, 400, "nor is an argument")


def office(lab, tablet):
    listing = "号牌号码,号牌颜色,所属单位\n新A10001,黄,长丰物流\n新A10002,黄,长丰物流\n"
    roster = good(tablet.post("rosters", listing, name="fleet.csv"), "a list is imported")["roster"]
    tap.equal([v["state"] for v in good(tablet.get("rosters/%d" % roster), "it is shown")["vehicles"]], ["waiting"] * 2, "all wait")
    refused(tablet.post("rosters", listing + "新A1000O,黄,\n", name="bad.csv"), 422, "", "a list with mistakes is refused")
    tap.equal(tablet.post("rosters", listing + "新A1000O,黄,\n", name="bad.csv").json["problems"][0]["line"], 4, "by its lines")
    good(tablet.post("rosters/absent", {"plate": "新A10001", "reason": "在外地"}), "one is absent")
    tap.equal(good(tablet.get("rosters/%d/report" % roster), "the report")["total"]["absent"], 1, "counts it")
    filled = good(tablet.post("checklists", {"plate": "新A10002", "colour": "yellow"}), "a checklist is begun")
    kept, items = filled["checklist"], next(c for c in tablet.get("checklists").json["checklists"] if c["list"] == filled["list"])["items"]
    good(tablet.post("checklists/%s/answers" % kept, {"item": items[0]["item"], "answer": "passed"}), "an item is answered")
    picture = jpeg(1280, 720)
    answer = good(tablet.post("checklists/%s/answers" % kept, picture, headers={"Content-Type": "image/jpeg"}, item=items[0]["item"], answer="failed", remark="拆除"),
                  "and with a picture")
    tap.equal(tablet.get("objects/" + answer["photo"]).body, picture, "which is kept")
    tap.equal(good(tablet.get("checklists/" + kept), "it is shown")["answers"][0]["officer"], "P0042", "with who answered")
    ended = tablet.post("checklists/%s/end" % kept)
    tap.result(ended.status in (200, 409), "it is ended, or says what is open", ended)
    refused(tablet.post("outbox/C9", {"what": "retry"}), 409, "", "what is in no outbox is not sent again")
    refused(tablet.post("lockouts/clear", {"code": "x"}), 403, "supervisor", "a lockout is a supervisor's")
    refused(tablet.post("print/T9"), 400, "T9", "nor printed what is not there")
    tablet.login("S0001")
    good(tablet.post("officers", {"number": "P0050", "name": "新人", "role": "ecology"}), "an officer is registered")
    good(tablet.post("officers/P0050/pin", {"pin": "662018"}), "gets a PIN")
    good(tablet.post("officers/P0050/disable"), "and is disabled")
    tap.equal([tablet.get(path).status for path in ("rosters", "instruments", "session", "openapi.json")], [200] * 4, "these are there")
    refused(tablet.post("lockouts/clear", {"code": "no-such", "reason": "x"}), 400, "no-such", "which must be one")
    tap.equal(tablet.get("probe").status, 200, "serial ports are looked at")


def crowd(tablet):
    """More readers than can be served at once wait or are told to come again; none is lost."""
    statuses = []
    many = [threading.Thread(target=lambda: statuses.append(tablet.get("rules").status)) for _ in range(60)]
    for one in many:
        one.start()
    for one in many:
        one.join()
    tap.result(len(statuses) == 60 and set(statuses) <= {200, 503} and statuses.count(200) >= 40, "sixty at once are served", statuses)


def as_described():
    """Every answer that this test has got is one that openapi.json describes."""
    described = Description()
    wrong = {}
    for method, path, answer in Console.seen:
        why = described.wrong(method, path, answer)
        if why:
            wrong.setdefault((method, path, answer.status), why)
    routes = {(method, described.operation(method, path)[0]) for method, path, answer in Console.seen if answer.status == 200 and described.operation(method, path)}
    tap.equal(wrong, {}, "all answers are as openapi.json describes them")
    tap.result(len(routes) >= 55, "which are those of most routes", sorted(routes))


def play(lab):
    port = free_port()
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
    station_conf(lab, BODY % (lab.path("dev/smoke"), port), extra=metrology_rules(lab), rules='"gb3847-2018", "hj845-2017", "metrology-cn"')
    lab.start_smogd()
    for number, (role, pin) in OFFICERS.items():
        lab.ctl("officer", "add", number, "--name", "某人", "--role", role)
        set_pin(lab, number, pin)
    lab.wait_live("smoke")
    tablet = Console(port)
    tablet.login("P0042")
    test = measure(lab, tablet)
    read_test(lab, tablet, test)
    add_to_test(tablet, test)
    case = review(lab, tablet, test)
    files(lab, tablet, test, case)
    lists(lab, tablet)
    office(lab, tablet)
    refused(tablet.get("outbox/" + case), 404, "outbox", "a case that was not sealed is not in the outbox")
    good(tablet.post("tests/%s/void" % test, {"reason": "试验"}), "a test is voided")
    tap.equal(tablet.get("cases/" + case).json["state"], "void", "and its case with it")
    crowd(tablet)
    tap.equal(tablet.ask("DELETE", "session").status, 200, "the session is ended")
    as_described()


with Lab() as station, tap.step("the interface"):
    play(station)
tap.end()
