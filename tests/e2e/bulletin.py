#!/usr/bin/python3
"""The bulletin: the founding month and the depot visit, every figure against SQL over the records, and each way out."""
import csv
import hashlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import pdfa  # noqa: E402
from station import Lab, Tap  # noqa: E402

tap = Tap()
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
MONTH = ("--from", "2026-07-01", "--to", "2026-07-31")
CONF = """station { id = "%s"  name = "通报站"  kind = %s  region = "652301"  state = "%s"  latitude = 44.01  longitude = 87.30 }
rules = {"gb3847-2018", "hj845-2017"}   limit-class = a
"""
STATIONS = (("fixed", "652301-0001", "fixed-remote", "2026-07-01", "31", "15340", "80", "0"),
            ("mobile", "652301-0002", "mobile-remote", "2026-07-01", "31", "2366", "40", "30000"),
            ("joint", "652301-0003", "joint", "2026-07-01", "31", "94", "6", "40000"),
            ("depot", "652301-0004", "depot", "2026-07-15", "1", "153", "0", "50000"))


def make(lab):
    for name, *arguments in STATIONS:
        os.mkdir(lab.path(name))
        subprocess.run([os.path.join(ROOT, "build/asan/tests/make_month"), lab.path(name), *arguments], check=True,
                       stdout=subprocess.DEVNULL)
        lab.write(name + ".conf", CONF % (arguments[0], arguments[1], lab.path(name)))


def bulletin(lab, conf, *words):
    run = subprocess.run([os.path.join(os.environ["BIN_ASAN"], "smogctl"), "-c", lab.path(conf + ".conf"), *words],
                         capture_output=True, text=True, check=False)
    return run


def from_records(lab, names, offset_hours=8):
    """The same figures by SQL over the records themselves; nothing of them is known to the counting table."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE r(id PRIMARY KEY, record, at)")
    for name in names:
        one = sqlite3.connect(lab.path(name, "smogd.db"))
        base.executemany("INSERT OR IGNORE INTO r VALUES(?, ?, ?)",
                         one.execute("SELECT id, record, iif(1, strftime('%s', json_extract(record, '$.started_at')), 0) FROM passage"))
        base.executemany("INSERT OR IGNORE INTO r VALUES(?, ?, ?)",
                         one.execute("SELECT id, record, strftime('%s', json_extract(record, '$.ended_at')) FROM test"))
        one.close()
    base.execute("""CREATE VIEW v AS SELECT json_extract(record, '$.station.kind') place, json_extract(record, '$.verdict.kind') verdict,
        json_extract(record, '$.vehicle.plate') || json_extract(record, '$.vehicle.colour') vehicle, json_extract(record, '$.method') method,
        json_extract(record, '$.vehicle.facts[1].value') stage, date(at + 3600 * %d, 'unixepoch') day, strftime('%%H', at + 3600 * %d, 'unixepoch') hour
        FROM r WHERE date(at + 3600 * %d, 'unixepoch') BETWEEN '2026-07-01' AND '2026-07-31'""" % ((offset_hours,) * 3))
    return base


def one(base, sql):
    return base.execute(sql).fetchone()[0]


JUDGED = "verdict IN ('pass', 'fail', 'suspect')"


def counts(rows, key):
    return {r[key]: (r["judged"], r["passed"], r["suspect"], r["failed"], r["invalid"], r["aborted"]) for r in rows if r["judged"] or r["invalid"]}


def queried(base, column, form="%s"):
    return {form % key: rest for key, *rest in base.execute(
        "SELECT %s, sum(%s), sum(verdict = 'pass'), sum(verdict = 'suspect'), sum(verdict = 'fail'), sum(verdict = 'invalid'),"
        " sum(verdict = 'aborted') FROM v GROUP BY 1" % (column, JUDGED))}


def figures(lab, zone, hours):
    answer = json.loads(bulletin(lab, "fixed", "--json", "bulletin", lab.path("mobile"), lab.path("joint"), *MONTH, *zone).stdout)
    base = from_records(lab, ("fixed", "mobile", "joint"), hours)
    name = "at UTC+%d" % hours
    tap.equal((answer["tested"], answer["failed"]),
              (one(base, "SELECT count(DISTINCT place || vehicle) FROM v WHERE " + JUDGED),
               one(base, "SELECT count(DISTINCT place || vehicle) FROM v WHERE verdict = 'fail'")), "vehicles agree with SQL " + name)
    for sheet, column, form in (("days", "day", "%s"), ("hours", "hour", "%s:00"), ("methods", "method", "%s"), ("stages", "stage", "%s")):
        key = {"days": "day", "hours": "hour", "methods": "method", "stages": "stage"}[sheet]
        tap.equal({k: list(v) for k, v in counts(answer["sheets"][sheet], key).items()}, queried(base, column, form),
                  "%s agree with SQL %s" % (sheet, name))
    return answer, base


def founding_month(lab):
    text = bulletin(lab, "fixed", "bulletin", lab.path("mobile"), lab.path("joint"), *MONTH).stdout
    tap.result("累计17800辆，不合格126辆（其中：固定式机动车遥感检测车辆15340辆；移动式遥感检测车辆2366辆；联合执法站点抽测车辆94辆）" in text,
               "the founding month is the paragraph that was published", text[:300])
    tap.result("统计口径" in text and "What is counted" in text, "what counts is printed with it", text[-600:])
    answer, base = figures(lab, (), 8)
    tap.equal(sum(b["records"] for b in answer["sheets"]["opacity"]), one(base, "SELECT sum(%s) FROM v WHERE method = 'remote-sensing'" % JUDGED),
              "every judged passage is in the distribution of opacity")
    tap.equal({r["reason"]: r["records"] for r in answer["sheets"]["reasons"]},
              {"vsp": one(base, "SELECT sum(verdict = 'invalid') FROM v"), "wind_speed": one(base, "SELECT count(*) FROM r WHERE record LIKE '%\"wind_speed: %'")},
              "each invalid record is under each of its reasons")
    other, _ = figures(lab, ("--zone", "+06:00"), 6)
    tap.result(other["sheets"]["days"] != answer["sheets"]["days"], "Xinjiang's local days begin two hours later")
    again = json.loads(bulletin(lab, "fixed", "--json", "bulletin", lab.path("mobile"), lab.path("joint"), lab.path("mobile"), *MONTH).stdout)
    tap.equal(again["sheets"], answer["sheets"], "a database that is named twice counts once")


def depot(lab):
    text = bulletin(lab, "depot", "bulletin", "--from", "2026-07-15", "--to", "2026-07-15").stdout
    tap.result("2026年7月15日，检测机动车累计153辆，不合格0辆（其中：入户抽测车辆153辆），合格率100%" in text, "the depot visit: 153 tested, 100 %", text[:200])


def ways_out(lab):
    for name in ("b.txt", "b.csv", "b.xlsx"):
        bulletin(lab, "fixed", "bulletin", lab.path("mobile"), lab.path("joint"), *MONTH, "-o", lab.path(name))
    bulletin(lab, "fixed", "bulletin", lab.path("mobile"), lab.path("joint"), *MONTH, "-o", lab.path("again.xlsx"))
    rows = list(csv.reader(io.StringIO(open(lab.path("b.csv"), encoding="utf-8", newline="").read())))
    tap.result(["合计 total", "17800", "126", "0.71", "0.59", "0.84"] in rows, "the CSV has the total with its interval", rows[:8])
    gbk = bulletin(lab, "fixed", "bulletin", *MONTH, "-o", lab.path("g.csv"), "--encoding", "gbk")
    bom = bulletin(lab, "fixed", "bulletin", *MONTH, "-o", lab.path("u.csv"), "--encoding", "utf-8-bom")
    gbk_text = open(lab.path("g.csv"), encoding="gbk", newline="").read()
    tap.equal((gbk.returncode, bom.returncode, open(lab.path("u.csv"), encoding="utf-8-sig", newline="").read(), open(lab.path("u.csv"), "rb").read(3)),
              (0, 0, gbk_text, b"\xef\xbb\xbf"), "CSV in GBK and in UTF-8 with a mark say the same")
    book = zipfile.ZipFile(lab.path("b.xlsx"))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    tap.result("<v>17800</v>" in sheet, "the workbook holds numbers as numbers", sheet[-400:])
    tap.result(any(n.startswith("xl/charts/chart") for n in book.namelist()), "and charts", book.namelist())
    tap.equal([book.read(n) for n in book.namelist()], [zipfile.ZipFile(lab.path("again.xlsx")).read(n) for n in book.namelist()],
              "written twice it is the same")
    tap.equal([n for n in os.listdir(lab.path(".")) if ".new-" in n], [], "nothing half-written is left")


def cell_types(book):
    """Of each worksheet, by its name: the column's title in English, and the types of its cells: 'n', or 's' for a text."""
    main, rels = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}", "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    texts = ["".join(t.text or "" for t in si.iter(main + "t")) for si in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
    target = {r.get("Id"): r.get("Target") for r in ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))}
    types = {}
    for sheet in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(main + "sheet"):
        columns, titles = {}, {}
        for cell in ElementTree.fromstring(book.read("xl/" + target[sheet.get(rels)])).iter(main + "c"):
            column, row = cell.get("r").rstrip("0123456789"), int(cell.get("r").lstrip("ABCDEFGHIJKL"))
            if row == 2:
                titles[column] = texts[int(cell.findtext(main + "v"))].split("\n")[1]
            elif row > 2 and cell.findtext(main + "v") is not None:
                columns.setdefault(column, set()).add(cell.get("t", "n"))
        types[sheet.get("name")] = {titles[c]: columns[c] for c in columns}
    return types


def csv_tables(path):
    """The rows of each sheet, without its title and its columns' names."""
    tables = [[]]
    for row in csv.reader(open(path, encoding="utf-8", newline="")):
        if row:
            tables[-1].append(row)
        else:
            tables.append([])
    return [table[2:] for table in tables if table]


def office_tables(path):
    """Of each table, by its name: the rows below title and columns' names, cells as float or text, each row as long as the names."""
    table, office = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}", "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
    tables = []
    for one in ElementTree.parse(path).find(".//" + office + "spreadsheet").findall(table + "table"):
        rows = []
        for row in one.findall(table + "table-row"):  # not those of the charts
            cells = []
            for cell in row.findall(table + "table-cell"):
                number = cell.get(office + "value-type") == "float"
                value = float(cell.get(office + "value")) if number else "".join("".join(p.itertext()) for p in cell if p.tag.endswith("}p"))
                cells += [value] * min(int(cell.get(table + "number-columns-repeated", 1)), 30)
            rows.append(cells)
        width = sum(c != "" for c in rows[1])
        tables.append((one.get(table + "name"), [row[:width] for row in rows[2:] if any(c != "" for c in row[:width])]))
    return tables


def workbook(lab):
    """Numbers are numbers, in the file itself and for LibreOffice, where it is installed."""
    types = cell_types(zipfile.ZipFile(lab.path("b.xlsx")))
    sheets = json.loads(bulletin(lab, "fixed", "--json", "bulletin", lab.path("mobile"), lab.path("joint"), *MONTH).stdout)["sheets"]
    tap.equal(sorted(types), sorted(k for k, rows in sheets.items() if rows), "each sheet that has rows is a worksheet")
    texts = ("kind of station", "station", "method", "day", "hour", "stage", "class", "fleet", "why invalid", "plate", "colour", "instrument", "state", "month")
    tap.equal([(s, c, t) for s, columns in types.items() for c, t in columns.items() if t != ({"s"} if c in texts else {"n"})], [],
              "every figure is a number in the file, every name a text")
    if not shutil.which("soffice"):
        tap.result(True, "LibreOffice keeps numbers as numbers # SKIP LibreOffice is not installed (libreoffice-calc-nogui)")
        return
    subprocess.run(["soffice", "-env:UserInstallation=file://" + lab.path("office"), "--headless", "--convert-to", "fods", "--outdir", lab.path("."), lab.path("b.xlsx")],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    opened, written = office_tables(lab.path("b.fods")), csv_tables(lab.path("b.csv"))
    tap.equal([name for name, _ in opened], list(types), "LibreOffice opens every worksheet, in their order")
    wanted = [[[c and (c if title in texts else float(c)) for title, c in zip(types[name], row)] for row in table] for name, table in zip(types, written)]
    tap.equal([(name, got, cells) for (name, got), cells in zip(opened, wanted) if got != cells], [], "each cell of each is the CSV's, numbers as numbers")
    filled = lambda cells: sorted(str(c) for c in cells if c not in (None, ""))
    tap.equal([name for name, table in zip(types, written) if [filled(row) for row in table] != [filled(row.values()) for row in sheets[name]]], [],
              "and the CSV's are the JSON's")
    tap.result(sum(isinstance(c, float) for _, rows in opened for row in rows for c in row) > 400, "which are many")


def pages(lab):
    """The PDF: the same bytes each time, every sheet on it, searchable in both languages, with its fonts inside."""
    for name in ("b.pdf", "again.pdf"):
        run = bulletin(lab, "fixed", "bulletin", lab.path("mobile"), lab.path("joint"), *MONTH, "-o", lab.path(name))
        tap.equal((run.returncode, "no font" in run.stderr), (0, False), "the bulletin is written as %s" % name)
    tap.result(open(lab.path("b.pdf"), "rb").read() == open(lab.path("again.pdf"), "rb").read(), "the PDF is the same when it is drawn again")
    text = subprocess.run(["pdftotext", "-layout", lab.path("b.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    flat = "".join(text.split())
    tap.result("检测机动车累计17800辆，不合格126辆（其中：固定式机动车遥感检测车辆15340辆" in flat, "the published paragraph can be searched in it", text[:400])
    tap.equal([w for w in ("检测车辆数", "按站点", "遥感检测法", "按日", "按时段", "按排放阶段", "按车型", "光吸收系数分布", "不透光度分布", "氮氧化物分布", "无效原因", "多次超标车辆",
                           "统计口径", "Byhour", "Whatiscounted", "2026-07-31") if w not in flat], [], "every table and chart is there, and what is counted")
    answer = json.loads(bulletin(lab, "fixed", "--json", "bulletin", lab.path("mobile"), lab.path("joint"), *MONTH).stdout)
    rows = [" ".join(line.split()) for line in text.splitlines()]
    wanted = ["%s %d %d %d %d %s (%s–%s) %d %d %d" % tuple(r[k] for k in ("day", "judged", "passed", "suspect", "failed", "failed_percent", "low_percent",
                                                                         "high_percent", "invalid", "aborted", "void")) for r in answer["sheets"]["days"]]
    tap.equal([w for w in wanted if w not in rows], [], "each day's figures are those of the JSON")
    fonts = subprocess.run(["pdffonts", lab.path("b.pdf")], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    tap.result(fonts and all(line.split()[-5] == "yes" for line in fonts), "every font is inside", fonts)
    tap.equal(pdfa.problems(lab.path("b.pdf")), [], "it is PDF/A-2b, as far as can be checked here")
    year = ("--from", "2026-01-01", "--to", "2026-12-31")
    months = json.loads(bulletin(lab, "fixed", "--json", "bulletin", lab.path("mobile"), *year).stdout)["sheets"]
    tap.equal([(m["month"], sum(d["judged"] for d in months["days"] if d["day"].startswith(m["month"])),
                sum(d["failed"] for d in months["days"] if d["day"].startswith(m["month"]))) for m in months["months"]],
              [(m["month"], m["judged"], m["failed"]) for m in months["months"]], "a year's months are the sums of their days")
    tap.equal((len(months["months"]), len(answer["sheets"]["months"])), (12, 0), "a month alone is not listed by months")
    bulletin(lab, "fixed", "bulletin", lab.path("mobile"), *year, "-o", lab.path("year.pdf"))
    text = subprocess.run(["pdftotext", "-layout", lab.path("year.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    tap.result("2026-12 " in text and "2026-07-15" not in text, "a year lists its months, and only draws its days", text[:200])


def exported(lab, what, *words):
    path = lab.path("out." + what)
    answer = json.loads(bulletin(lab, "fixed", "--json", "export", what, *MONTH, "-o", path, *words).stdout)
    text = open(path, encoding="utf-8", newline="").read()
    return answer["rows"], text


def conox_cells(lab, record):
    """One passage with all that a device can tell, cell by cell; what nobody measured is an empty one."""
    measured = {"co": "0.12", "co2": "14.30", "no": "1205", "hc": "33", "speed": "46.8", "acceleration": "0.21", "vsp": "6.89", "slope": "0.2"}
    reading = lambda quantity, value, quality="ok": {"quality": quality, "quantity": quantity, "unit": "", "value": value}
    record["passage"] = {"readings": [reading(q, v) for q, v in measured.items()] + [reading("no2", "40", "out-of-range")], "site": "S7"}
    record["joined"] = [reading(q, v) for q, v in (("air_temp", "21.4"), ("humidity", "35"), ("pressure", "94.1"), ("wind_speed", "1.2"), ("wind_dir", "270"), ("altitude", "577"))]
    record["station"].update({"latitude": "44.01", "longitude": "87.30", "name": "昌吉"})
    record["vehicle"]["facts"] += [{"by": "t", "key": k, "source": "typed", "value": v} for k, v in (("first_registration", "2015-03-09"), ("fuel", "diesel"))]
    base = sqlite3.connect(lab.path("fixed", "smogd.db"))
    base.execute("UPDATE passage SET record = ? WHERE seq = ?", (json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False), record["seq"]))
    base.commit()
    base.close()
    cells = list(csv.DictReader(io.StringIO(exported(lab, "passages", "--layout", "conox")[1])))[-1]
    facts = {f["key"]: f["value"] for f in record["vehicle"]["facts"]}
    wanted = {"campaign_id": "652301-0001", "date_time": record["started_at"], "site_num": "S7", "veh_id": record["id"], "valid_status": "TRUE", "co_co2": "0.008392",
              "no_co2": "0.008427", "hc_co2": "0.000231", "speed": "46.8", "accel": "0.756", "vsp_rep": "6.89", "amb_temp": "21.4", "amb_atm_pressure": "94.1",
              "amb_rhum": "35", "amb_wind_speed": "1.2", "amb_wind_dir": "270", "veh_class": facts["class"], "fuel_type_1": "diesel", "emission_standard": facts["stage"],
              "reg_date_domestic": "2015-03-09", "site_name": "昌吉", "slope": "0.2", "lat": "44.01", "lon": "87.30", "altitude": "577", "instrument_id": "rsd1"}
    tap.equal((len(cells), {k: v for k, v in cells.items() if v}), (50, wanted), "each of its columns for which there is a value has it, and no other")


def exports(lab):
    base = sqlite3.connect(lab.path("fixed", "smogd.db"))
    wanted = [r[0] for r in base.execute("SELECT record FROM passage WHERE at_ms >= 1782835200000 AND at_ms < 1785513600000 ORDER BY at_ms, seq")]
    rows, text = exported(lab, "records")
    tap.equal((rows, text.splitlines()), (len(wanted), wanted), "records are exported byte for byte, in the order of time, of these days alone")
    rows, text = exported(lab, "counted")
    table = list(csv.DictReader(io.StringIO(text)))
    ours = [json.loads(r) for r in wanted]
    tap.equal([(r["seq"], r["plate"], r["verdict"], r["stage"]) for r in table],
              [(str(r["seq"]), r["vehicle"]["plate"], r["verdict"]["kind"], r["vehicle"]["facts"][1]["value"]) for r in ours], "each counted record has its line")
    value = lambda r: next((v["value"] for v in r["verdict"]["values"] if v["quantity"] == "opacity"), "")
    tap.equal([float(r["opacity"] or -1) for r in table], [float(value(r) or -1) for r in ours], "with the value that was judged")
    rows, text = exported(lab, "passages")
    table = list(csv.DictReader(io.StringIO(text)))
    verdicts = {"pass": "1", "fail": "0", "suspect": "0", "invalid": "2"}
    tap.equal([(r["hphm"], r["pdjg"], r["cpys"]) for r in table], [(r["vehicle"]["plate"], verdicts[r["verdict"]["kind"]], "1") for r in ours],
              "in the pinyin layout, with the receiver's codes")
    rows, text = exported(lab, "passages", "--layout", "conox")
    tap.equal((rows, text.split(",", 2)[:2]), (len(wanted), ["campaign_id", "date_time"]), "and in the international one")
    conox_cells(lab, ours[-1])
    lab.write("mine.conf", 'layout mine { title = "t" source = "s" status = unconfirmed column a { from = nothing } }')
    run = bulletin(lab, "fixed", "export", "passages", *MONTH, "--layout", lab.path("mine.conf"), "-o", lab.path("m.csv"))
    tap.result(run.returncode == 2 and "mine.conf:1" in run.stderr and "plate-kind" in run.stderr, "a layout's mistake is named with its line and what is known", run.stderr)
    tap.result(not os.path.exists(lab.path("m.csv")), "and nothing is written")


def readings(lab):
    """Every sample of a test, with the record before it, and in whatever encoding a spreadsheet wants."""
    base = sqlite3.connect(lab.path("joint", "smogd.db"))
    seq, text = base.execute("SELECT seq, record FROM test ORDER BY seq LIMIT 1 OFFSET 3").fetchone()
    samples = b"t_ms,instrument,quantity,value,unit,quality\n" + b"".join(b"%d,smoke,k,0.%02d,1/m,ok\n" % (20 * i, i % 100) for i in range(500))
    digest = hashlib.sha256(samples).hexdigest()
    os.makedirs(lab.path("joint", "objects", digest[:2]), exist_ok=True)
    with open(lab.path("joint", "objects", digest[:2], digest[2:]), "wb") as file:
        file.write(samples)
    record = json.loads(text)
    record["files"] = [{"name": "readings.csv", "sha256": digest, "size": len(samples)}]
    base.execute("UPDATE test SET record = ? WHERE seq = ?", (json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False), seq))
    base.commit()
    base.close()
    run = bulletin(lab, "joint", "export", "readings", *MONTH, "-o", lab.path("samples.csv"))
    lines = open(lab.path("samples.csv"), encoding="utf-8").read().splitlines()
    before = "%s,%s," % (record["id"], record["started_at"])
    tap.equal((run.returncode, lines), (0, ["record,started_at,t_ms,instrument,quantity,value,unit,quality"] + [before + s for s in samples.decode().splitlines()[1:]]),
              "every sample of every test is exported as it was stored")
    plain = exported(lab, "counted")[1]
    for encoding, python in (("gbk", "gbk"), ("utf-8-bom", "utf-8-sig")):
        bulletin(lab, "fixed", "export", "counted", *MONTH, "-o", lab.path("c.csv"), "--encoding", encoding)
        tap.result(open(lab.path("c.csv"), encoding=python, newline="").read() == plain, "exported in %s it says the same" % encoding)


def cancelled(lab):
    """How far it is, rate and time left; Ctrl-C ends it and leaves nothing behind, nor does it touch what was there."""
    kept = open(lab.path("out.passages"), "rb").read()
    child = subprocess.Popen([os.path.join(os.environ["BIN_ASAN"], "smogctl"), "-c", lab.path("fixed.conf"), "--json", "export", "passages", *MONTH,
                              "-o", lab.path("out.passages")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    told = []
    for line in child.stderr:
        if '"progress"' in line:
            told.append(json.loads(line))
            child.send_signal(signal.SIGINT)
            break
    said = child.communicate(timeout=60)
    tap.equal([sorted(t) for t in told[:1]], [["done", "event", "left_s", "percent", "rate", "what"]], "progress is told in JSON while it lasts")
    tap.result(told and 0 < told[0]["done"] < 15340 and 0 <= told[0]["percent"] < 100 and told[0]["rate"] > 0, "how much is done, and how fast", told)
    tap.result(child.returncode != 0 and "cancelled; nothing was written" in "".join(said), "cancelled, it says so", said)
    tap.result(open(lab.path("out.passages"), "rb").read() == kept, "the file of before is as it was")
    tap.equal([n for n in os.listdir(lab.path(".")) if ".new-" in n], [], "and nothing half-written is left")


def cases(lab):
    """Two cases; one is reviewed after two days and sealed a day later."""
    base = sqlite3.connect(lab.path("fixed", "smogd.db"))
    day = 86400000
    for case, steps in (("A-P1", (("exceeded", 0), ("review1", 2 * day), ("review2", 2 * day), ("sealed", 3 * day))), ("A-P2", (("exceeded", day), ("review1", 2 * day)))):
        for n, (to, after) in enumerate(steps, 1):
            base.execute("INSERT INTO case_step(case_id, n, at_ms, track, act, from_state, to_state, event) VALUES(?, ?, ?, 'penalty', 'x', '', ?, 0)",
                         (case, n, 1782835200000 + after, to))
    base.commit()
    base.close()
    rows = json.loads(bulletin(lab, "fixed", "--json", "bulletin", *MONTH).stdout)["sheets"]["cases"]
    tap.equal([(r["cases"], r["median_days"]) for r in rows], [(2, "0.00"), (2, "1.50"), (1, "0.00"), (1, "1.00")],
              "how far cases came, with the median days of each step")


# hours of July (UTC+8) and what the journal says then; the second smogd is killed, its last word is that of hour 300
EDGES = ((-30, "daemon-start", ""), (-20, "rsd1", "live"), (10.5, "rsd1", "stale"), (12, "rsd1", "offline"), (14.25, "rsd1", "live"), (40, "weather", "live"),
         (100, "rsd1", "stale"), (100.1, "rsd1", "live"), (200, "daemon-stop", ""), (205, "daemon-start", ""), (205.2, "weather", "live"), (250, "rsd1", "live"),
         (300, "test-fixture", ""), (310, "daemon-start", ""), (311, "weather", "live"), (400, "weather", "offline"), (500, "checkpoint-look", ""))


def uptime(lab):
    """Edges written into the journal, and the same figures by SQL: each state lasts until the next word about the instrument or the end of its smogd."""
    base = sqlite3.connect(lab.path("fixed", "smogd.db"))
    first = base.execute("SELECT max(idx) + 1 FROM event").fetchone()[0]
    for n, (hour, what, state) in enumerate(EDGES):
        body = {"at": base.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f+08:00', 1782835200 + ? * 3600, 'unixepoch', '+8 hours')", (hour,)).fetchone()[0]}
        body.update({"kind": "instrument", "name": what, "state": state} if state else {"kind": what})
        base.execute("INSERT INTO event(idx, kind, body, leaf) VALUES(?, ?, ?, x'00')", (first + n, body["kind"], json.dumps(body, sort_keys=True, separators=(",", ":"))))
    base.commit()
    wanted = base.execute("""
        WITH e AS (SELECT idx, kind, body ->> 'name' name, body ->> 'state' = 'live' live, strftime('%%s', body ->> 'at') + strftime('%%f', body ->> 'at') %% 1 t
                     FROM event WHERE idx >= %d),
             span AS (SELECT max(1782835200, (SELECT min(t) FROM e WHERE kind = 'daemon-start')) a, (SELECT t FROM e ORDER BY idx DESC LIMIT 1) z),
             life AS (SELECT idx, t, ifnull((SELECT iif(s.kind = 'daemon-stop', s.t, (SELECT t FROM e WHERE idx = s.idx - 1)) FROM e s
                        WHERE s.idx > d.idx AND s.kind IN ('daemon-start', 'daemon-stop') ORDER BY s.idx LIMIT 1), (SELECT z FROM span)) until,
                        ifnull((SELECT min(idx) FROM e s WHERE s.idx > d.idx AND s.kind IN ('daemon-start', 'daemon-stop')), 1 << 60) last FROM e d WHERE kind = 'daemon-start'),
             part AS (SELECT e.*, ifnull((SELECT n.t FROM e n WHERE n.name = e.name AND n.idx > e.idx AND n.idx < l.last ORDER BY n.idx LIMIT 1), l.until) until,
                        EXISTS (SELECT 1 FROM e n WHERE n.name = e.name AND n.live AND n.idx > l.idx AND n.idx < e.idx) again
                        FROM e JOIN life l ON e.idx > l.idx AND e.idx < l.last WHERE e.kind = 'instrument')
        SELECT name, printf('%%.2f', (z - a) / 3600), printf('%%.2f', 100.0 * (SELECT sum(max(0, until - max(t, a))) FROM life) / (z - a)),
               printf('%%.2f', 100.0 * sum(live * max(0, until - max(t, a))) / (z - a)),
               sum(NOT live AND t >= a AND (SELECT p.live FROM part p WHERE p.name = part.name AND p.idx < part.idx ORDER BY p.idx DESC LIMIT 1)),
               printf('%%.2f', sum((NOT live) * again * max(0, until - max(t, a))) / 3600)
          FROM part, span GROUP BY name""" % first).fetchall()
    base.close()
    rows = json.loads(bulletin(lab, "fixed", "--json", "bulletin", lab.path("fixed"), *MONTH).stdout)["sheets"]["uptime"]
    tap.equal([tuple(r[k] for k in ("instrument", "hours", "running_percent", "live_percent", "outages", "outage_hours")) for r in rows], wanted,
              "how long instruments were live agrees with SQL, a database named twice once")
    tap.equal([(r["instrument"], r["longest_hours"]) for r in rows], [("rsd1", "3.75"), ("weather", "100.00")], "an outage lasts from stale until live again")
    bulletin(lab, "fixed", "bulletin", *MONTH, "-o", lab.path("u.pdf"))
    text = subprocess.run(["pdftotext", "-layout", lab.path("u.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    tap.result("仪器在线率" in text and "weather" in text, "and is on the pages", text[-900:])
    before = json.loads(bulletin(lab, "fixed", "--json", "bulletin", "--from", "2026-05-01", "--to", "2026-05-31").stdout)["sheets"]["uptime"]
    tap.equal(before, [], "of a time before the journal nothing is said")


def refusals(lab):
    for words, say in ((("bulletin",), "--from 2026-07-01"), (("bulletin", "--from", "2026-07-02", "--to", "2026-07-01"), "is before"),
                       (("bulletin", "--from", "2026-02-30", "--to", "2026-03-01"), "is no day"), (("bulletin", *MONTH, "--zone", "6"), "+06:00"),
                       (("bulletin", *MONTH, "-o", lab.path("x.doc")), ".xlsx"), (("bulletin", lab.path("nowhere"), *MONTH), "nowhere"),
                       (("bulletin", *MONTH, "-o", "/nowhere/x.txt"), "/nowhere/x.txt")):
        run = bulletin(lab, "fixed", *words)
        tap.result(run.returncode in (2, 3) and say in run.stderr, "refused with what to do: %s" % " ".join(words)[:60], run.stderr)
    hidden = json.loads(bulletin(lab, "fixed", "--json", "bulletin", lab.path("mobile"), *MONTH, "--public").stdout)
    tap.result(hidden["sheets"]["repeaters"] and all("****" in r["plate"] for r in hidden["sheets"]["repeaters"]), "a public bulletin hides plates",
               hidden["sheets"]["repeaters"][:2])


with Lab() as lab:
    make(lab)
    founding_month(lab)
    depot(lab)
    ways_out(lab)
    workbook(lab)
    pages(lab)
    exports(lab)
    readings(lab)
    cancelled(lab)
    cases(lab)
    uptime(lab)
    refusals(lab)
tap.end()
