#!/usr/bin/python3
"""Depot visits: a fleet's list out of a spreadsheet, mistakes by their line, progress, retests, absentees, sums."""
import datetime
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import Lab, Tap, quick_rules, station_conf  # noqa: E402

tap = Tap()
LIST = """序号,号牌号码,号牌颜色,所属单位,燃料种类,额定功率(kW),初次登记日期
1,新A 10001,黄,"长丰物流, 一队",柴油,276,2019/5/1
2,新A10002,黄色,"长丰物流, 一队",柴油,276,2019/5/1
3,新A10003,黄,昌吉运输,柴油,199,2016年12月31日
4,新A10004,黄,昌吉运输,柴油,199,2016/12/31
"""
BODY = """link com1 { kind = serial  device = "%s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
"""


def give(lab, name, text, encoding="gbk"):
    with open(lab.path(name), "wb") as file:
        file.write(text.replace("\n", "\r\n").encode(encoding))
    return lab.path(name)


def import_wrong(lab):
    bad = LIST + "5,新A1000O,黄,,,,\n6,新A10001,黄,,,,\n7,新A10007,紫,,,,\n"
    done = lab.ctl("roster", "import", give(lab, "bad.csv", bad), check=False)
    lines = [line.split("bad.csv:")[1].split(":")[0] for line in done.stderr.splitlines() if "bad.csv:" in line]
    tap.equal((done.returncode, lines), (1, ["6", "8", "7"]), "each wrong line is named by its number")
    answer = lab.json("roster", "import", lab.path("bad.csv"))
    tap.equal(([p["line"] for p in answer["problems"]], answer["ok"]), ([6, 8, 7], False), "in JSON, too")
    tap.equal(lab.ctl("roster", "list", check=False).returncode, 2, "nothing of it is imported")
    tap.equal(lab.ctl("roster", "import", lab.path("none.csv"), check=False).returncode, 3, "a file that is not there")
    os.mkfifo(lab.path("pipe"))
    tap.equal(lab.ctl("roster", "import", lab.path("pipe"), check=False).returncode, 2, "a pipe does not make smogd wait")
    done = lab.ctl("roster", "import", lab.path("bad.csv"), "--from", "2026-07-02", "--to", "2026-07-01", check=False)
    tap.equal((done.returncode, "ends before it begins" in done.stderr), (2, True), "a visit that ends before it begins")


def states(lab, *words):
    return {v["plate"]: v["state"] for v in lab.json("roster", "list", *words)["vehicles"]}


def visit(lab):
    answer = lab.json("roster", "import", give(lab, "fleet.csv", LIST), "--officer", "H0001")
    tap.equal((answer["vehicles"], answer["roster"], answer["unused_columns"]), (4, 1, "序号"), "a list in GBK is imported")
    event = [e for e in events(lab) if e["kind"] == "roster"]
    with open(lab.path("fleet.csv"), "rb") as given, open(
            lab.path("state/objects", event[0]["file"][:2], event[0]["file"][2:]), "rb") as kept:
        tap.equal(kept.read(), given.read(), "the file is kept as it was given, and the journal names it")
    lab.sim("truck k=1.9 oil=88 hold-ms=700")
    shown = lab.drive(lab.start_test("新A10001"), lambda: lab.sim("press"), probe=lab.probe)
    facts = {f["key"]: f for f in shown["record"]["vehicle"]["facts"]}
    tap.equal((facts["power_kw"]["value"], facts["power_kw"]["source"], facts["power_kw"]["by"]), ("276", "roster", "roster 1"),
              "what the list says of the vehicle is in its record, with its source")
    tap.equal(facts["fuel"]["source"], "typed", "what the officer types goes before it")
    lab.sim("truck k=0.4 oil=88 hold-ms=700")
    for plate in ("新A10001", "新A10003"):
        lab.drive(lab.start_test(plate), lambda: lab.sim("press"), probe=lab.probe)
    lab.wait_live("smoke")
    lab.ctl("test", "abort", lab.start_test("新A10002"), "--reason", "engine stalled")
    lab.ctl("roster", "absent", "新A10004", "--reason", "在修 in the workshop", "--officer", "H0001")
    tap.equal(lab.ctl("roster", "absent", "新A99999", "--reason", "x", check=False).returncode, 2, "who is on no list")
    tap.equal(states(lab), {"新A10001": "passed", "新A10002": "no-result", "新A10003": "passed", "新A10004": "absent"},
              "progress: a retest decides, an aborted test does not, the absent has a reason")
    known = lab.json("plate", "新A10004")
    tap.equal([(r["roster"], r["line"], r["absent_reason"]) for r in known["rosters"]], [(1, 5, "在修 in the workshop")],
              "a vehicle's own answer tells the lists it stands on")
    report = lab.json("roster", "report")
    fleets = {f["fleet"]: f for f in report["fleets"]}
    tap.equal({k: fleets["长丰物流, 一队"][k] for k in ("listed", "tested", "passed", "passed-first", "retested", "no-result")},
              {"listed": 2, "tested": 1, "passed": 1, "passed-first": 0, "retested": 1, "no-result": 1}, "sums of one fleet")
    tap.equal((report["total"]["listed"], report["total"]["tested"], report["total"]["absent"]), (4, 2, 1), "and of all")


def events(lab):
    import json
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def whole_day(lab):
    """153 trucks of a past visit; their tests are put into the table by hand, as nobody waits for 153 tests."""
    day = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date() - datetime.timedelta(days=1)
    text = "plate,colour,fleet\n" + "".join("新B%05d,yellow,F%d\n" % (n, n % 3) for n in range(155))
    lab.ctl("roster", "import", give(lab, "day.csv", text, "utf-8-sig"), "--from", str(day))
    lab.stop("smogd")
    noon = int(datetime.datetime(day.year, day.month, day.day, 4, tzinfo=datetime.timezone.utc).timestamp() * 1000)
    with sqlite3.connect(lab.path("state/smogd.db")) as db:
        for n in range(153):
            db.execute("INSERT INTO test(seq, id, method, plate, colour, started_ms, ended_ms, verdict, start_event)"
                       " VALUES(?, ?, 'free-acceleration', ?, 'yellow', ?, ?, 'pass', 0)",
                       (1000 + n, "T%d" % n, "新B%05d" % n, noon + n, noon + n + 1))
        other = (("day before", noon - 86400000, "fail"), ("day after", noon + 86400000, "fail"))
        for n, (name, at, verdict) in enumerate(other):
            db.execute("INSERT INTO test(seq, id, method, plate, colour, started_ms, ended_ms, verdict, start_event)"
                       " VALUES(?, ?, 'free-acceleration', '新B00000', 'yellow', ?, ?, ?, 0)", (2000 + n, name, at, at, verdict))
    db.close()
    report = lab.json("roster", "report")
    total = report["total"]
    tap.equal((total["listed"], total["tested"], total["passed"], total["failed"], total["not-presented"]),
              (155, 153, 153, 0, 2), "153 tested, all passed, two were not presented; other days do not count")
    tap.equal(sorted(f["listed"] for f in report["fleets"]), [51, 52, 52], "per fleet")
    tap.equal(states(lab, "1")["新A10004"], "absent", "an earlier list is still there by its number")
    text = lab.ctl("roster", "report").stdout
    tap.result("受检 tested 153，合格 passed 153" in text, "and in words", text)


with Lab() as lab:
    lab.start_sim('instrument smoke { protocol = nht6  pty = "%s"  reply-ms = 3 }' % lab.path("dev/smoke"))
    station_conf(lab, BODY % lab.path("dev/smoke"), extra=quick_rules(lab))
    lab.start_smogd()
    lab.wait_live("smoke")
    with tap.step("lists with mistakes"):
        import_wrong(lab)
    with tap.step("a visit"):
        visit(lab)
    with tap.step("a whole day"):
        whole_day(lab)
tap.end()
