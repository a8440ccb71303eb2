#!/usr/bin/python3
"""A year's bulletin over 5 million remote-sensing records, and their export to CSV, beside the sqlite3 shell at the same work.

    bench_bulletin.py [RECORDS]
"""
import os
import shutil
import sqlite3
import subprocess
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BIN = os.environ.get("BIN", os.path.join(ROOT, "build/release/bin"))
DIR = os.path.join(os.environ.get("BENCH_DIR", os.path.join(ROOT, "build/bench-data")), "bulletin")
RECORDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5000000
MAKE = os.path.join(ROOT, "build/release/tests/make_month")
FIRST_MS, YEAR_MS = 1767196800000, 365 * 86400000  # 2026 at UTC+8
missed = 0


def make():
    """A real database of a few records, then many more rows of the same form."""
    shutil.rmtree(DIR, ignore_errors=True)
    os.makedirs(os.path.join(DIR, "state"))
    subprocess.run([MAKE, os.path.join(DIR, "state"), "652301-0001", "fixed-remote", "2026-01-01", "365", "200", "10"], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(DIR, "smogd.conf"), "w", encoding="utf-8") as file:
        file.write('station { id = "652301-0001" name = "bench" kind = fixed-remote region = "652301" state = "%s" }\n'
                   'rules = {"hj845-2017"} limit-class = a\n' % os.path.join(DIR, "state"))
    base = sqlite3.connect(os.path.join(DIR, "state", "smogd.db"))
    base.execute("PRAGMA synchronous = OFF")
    vehicles = max(RECORDS // 5, 1)
    base.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT OR IGNORE INTO vehicle(plate, colour)"
                 " SELECT printf('新B%06d', i), 'yellow' FROM n", (vehicles,))
    word = dict((text, number) for number, text in base.execute("SELECT id, text FROM word"))
    base.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) INSERT INTO measurement"
        " SELECT ?2 + i * (?3 / ?1), ?4, 1, 1000 + i, ?5, 200 + i * 7919 % ?6, ?7, CASE WHEN i % 200 = 0 THEN ?8 WHEN i % 50 = 0 THEN ?9 ELSE ?10 END,"
        " ?11, ?12, 0, ?13, 0, NULL, NULL, i * 13 % 400 * 100, 30000, i * 31 % 2000 * 1000, 1500000 FROM n",
        (RECORDS, FIRST_MS, YEAR_MS, word["652301-0001"], word["fixed-remote"], vehicles, word["remote-sensing"], word["fail"], word["suspect"],
         word["pass"], word["4"], word["heavy"], word["rsd1"]))
    base.commit()
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()


def run(*command):
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit("bench_bulletin: %s failed" % command[0])
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def figure(what, value, unit, aim=None, good=True):
    global missed
    missed |= not good
    print("  %-66s %10.2f %s%s" % (what, value, unit, "" if aim is None else "   (%s%s)" % (aim, "" if good else ", MISSED")))


if not os.path.exists(MAKE):
    sys.exit("bench_bulletin: %s is not there: make benches" % os.path.normpath(MAKE))
make()
conf = os.path.join(DIR, "smogd.conf")
days = ("--from", "2026-01-01", "--to", "2026-12-31")
database = os.path.join(DIR, "state", "smogd.db")
run("cat", database)
seconds, cpu, memory = run(os.path.join(BIN, "smogctl"), "-c", conf, "bulletin", *days)
shell, shell_cpu, _ = run("sqlite3", database, "SELECT verdict, count(*), count(DISTINCT vehicle) FROM measurement GROUP BY verdict")
figure("bulletin of a year, %d records" % RECORDS, seconds, "s", "at most 5", seconds <= 5)
figure("processor time of it", cpu, "s")
figure("its memory", memory, "MB", "at most 64", memory <= 64)
figure("sqlite3 shell, verdicts and distinct vehicles of the same rows alone", shell, "s")
figure("processor time of it", shell_cpu, "s")
seconds, cpu, memory = run(os.path.join(BIN, "smogctl"), "-c", conf, "bulletin", *days, "-o", os.path.join(DIR, "year.pdf"))
figure("the same as a PDF", seconds, "s")
figure("processor time of it", cpu, "s")
figure("its memory", memory, "MB", "at most 64", memory <= 64)
seconds, cpu, memory = run(os.path.join(BIN, "smogctl"), "-c", conf, "export", "counted", *days, "-o", os.path.join(DIR, "out.csv"))
shell, shell_cpu, _ = run("sqlite3", "-csv", "-cmd", ".output " + os.path.join(DIR, "shell.csv"), database,
               "SELECT strftime('%Y-%m-%dT%H:%M:%f', at_ms / 1000.0, 'unixepoch', '+8 hours'), a.text, b.text, m.kind, seq, plate, colour, c.text, d.text, k,"
               " k_limit, opacity / 1000.0, opacity_limit / 1000.0, nox / 1000.0, nox_limit / 1000.0 FROM measurement m JOIN word a ON a.id = station"
               " JOIN word b ON b.id = place JOIN word c ON c.id = method JOIN word d ON d.id = verdict LEFT JOIN vehicle v ON v.id = vehicle")
figure("export to CSV", RECORDS / seconds, "records/s", "at least 200000", RECORDS / seconds >= 200000)
figure("per second of processor time", RECORDS / cpu, "records")
figure("the same by the sqlite3 shell", RECORDS / shell, "records/s")
figure("per second of processor time", RECORDS / shell_cpu, "records")
figure("its memory", memory, "MB")
os.environ.get("KEEP") or shutil.rmtree(DIR)
sys.exit(1 if missed else 0)
