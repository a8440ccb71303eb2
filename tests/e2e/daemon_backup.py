#!/usr/bin/python3
"""A backup of a station that is at work, what can happen to it on the way, and the way back."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Feeder, Lab, ROOT, Tap, passage, station_conf, wait_for  # noqa: E402

tap = Tap()
FLIPS = int(os.environ.get("FLIPS", "24"))
KILLS = int(os.environ.get("KILLS", "12"))


def run(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, encoding="utf-8",
                          timeout=60, check=False)


def tell(lab, feeder, first, count, k="3.0"):
    before = lab.json("status")["passages"]["stored"]
    feeder.tell(*[passage(n, "新A%05d" % n, k) for n in range(first, first + count)])
    wait_for("the passages", lambda: lab.json("status")["passages"]["stored"] == before + count)


def push(lab):
    run(os.path.join(BIN, "smogpush"), "-c", lab.conf, "--once")


def left_over(lab):
    return sorted(name for name in os.listdir(lab.dir) if ".part" in name)


def made_while_at_work(lab, feeder):
    """Passages keep coming while it is made."""
    feeder.tell(*[passage(n, "新B%05d" % n) for n in range(1000, 1300)])
    done = lab.json("backup", lab.path("one.tar"))
    tap.equal((done["ok"], left_over(lab)), (True, []), "a backup is made while smogd stores passages")
    with open(lab.path("one.tar"), "rb") as file:
        tap.equal(hashlib.sha256(file.read()).hexdigest(), done["sha256"], "its digest is the one that is told")
    os.makedirs(lab.path("x"))
    with tarfile.open(lab.path("one.tar")) as tar:
        tar.extractall(lab.path("x"))
    sums = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=lab.path("x"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", check=False)
    tap.result(sums.returncode == 0, "tar and sha256sum alone can check it", sums.stdout)
    whole = run("sqlite3", lab.path("x/smogd.db"), "PRAGMA integrity_check; SELECT count(*) FROM event")
    tap.equal(whole.stdout.split(), ["ok", str(done["events"])], "the database in it is whole and as large as told")
    done = lab.ctl("backup", lab.path("one.tar"), check=False)
    tap.result(done.returncode == 4 and "is there already" in done.stderr, "another one does not overwrite it", done.stderr)


def interrupted(lab):
    """Killed at any moment: no file of that name that is not whole."""
    bad = []
    for kill in range(KILLS):
        process = subprocess.Popen([os.path.join(BIN, "smogctl"), "-c", lab.conf, "backup", lab.path("killed.tar")],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.002 * kill)
        process.kill()
        process.wait()
        if os.path.exists(lab.path("killed.tar")):
            with tarfile.open(lab.path("killed.tar")) as tar:
                if "SHA256SUMS" not in tar.getnames():
                    bad.append(kill)
            os.unlink(lab.path("killed.tar"))
    tap.equal(bad, [], "after kill -9 there is a whole backup or none")
    lab.ctl("backup", lab.path("killed.tar"))
    tap.equal(left_over(lab), [], "and the next one clears up what was left")
    full = lab.ctl("backup", "/dev/full/x.tar", check=False)
    tap.equal(full.returncode != 0, True, "a place that is none is told: " + full.stderr.strip())


def disk_full(lab):
    """A file system that is too small, as far as the machine lets us have one."""
    small = lab.path("small")
    os.makedirs(small)
    limit = "ulimit -f 64; trap '' XFSZ; exec %s -c %s backup %s/b.tar" % (os.path.join(BIN, "smogctl"), lab.conf, small)
    done = run("sh", "-c", limit)
    tap.result(done.returncode == 1 and os.listdir(small) == [], "a disk that takes no more: nothing is left behind: " + done.stdout.strip())


def restore(lab, file, *more):
    return lab.ctl("restore", file, *more, check=False)


def damaged(lab):
    lab.stop("smogd")
    shutil.move(lab.path("state"), lab.path("lost"))
    with open(lab.path("one.tar"), "rb") as file:
        good = file.read()
    wrong = []
    for flip in range(FLIPS):
        at = flip * (len(good) - 1) // (FLIPS - 1)
        bent = bytearray(good)
        bent[at] ^= 1 << flip % 8
        with open(lab.path("bent.tar"), "wb") as file:
            file.write(bent)
        done = restore(lab, lab.path("bent.tar"))
        if done.returncode == 0 or os.path.exists(lab.path("state/smogd.db")) or os.path.exists(lab.path("state/restore-new")):
            wrong.append((at, done.stderr))
    tap.equal(wrong, [], "one changed bit at %d places: each is refused, and nothing is left" % FLIPS)
    for size in (0, 100, 512, len(good) // 2, len(good) - 1, len(good) - 512):
        with open(lab.path("bent.tar"), "wb") as file:
            file.write(good[:size])
        if restore(lab, lab.path("bent.tar")).returncode == 0:
            wrong.append(size)
    with open(lab.path("bent.tar"), "wb") as file:
        file.write(good + b"x")
    if restore(lab, lab.path("bent.tar")).returncode == 0:
        wrong.append("longer")
    tap.equal(wrong, [], "nor one that is cut or longer")


def the_way_back(lab, feeder, note):
    done = restore(lab, lab.path("one.tar"), "--reason", "the disk died", "--officer", "P0007")
    tap.result(done.returncode == 0 and "1000001" in done.stdout, "the good one is restored", done.stdout + done.stderr)
    done = restore(lab, lab.path("one.tar"))
    tap.result(done.returncode == 4 and "nothing is overwritten" in done.stderr, "a second time it overwrites nothing", done.stderr)
    lab.start_smogd()
    done = restore(lab, lab.path("one.tar"))
    tap.result(done.returncode == 4 and "stop that one first" in done.stderr, "nor while smogd runs", done.stderr)
    wait_for("the device's line", lambda: feeder.clients)
    tell(lab, feeder, 5000, 2)
    push(lab)
    whole = lab.ctl("journal", "verify", check=False)
    tap.result(whole.returncode == 0, "the journal goes on and is whole", whole.stderr)
    now = lab.ctl("journal", "checkpoint").stdout
    tap.equal(now.split("\n")[0], "smogd/652301-0007/2", "its checkpoints have a name of their own")
    ids = [p["id"] for p in lab.json("passes")["passes"]][:2]
    tap.equal(sorted(ids), ["652301-0007-P01000001", "652301-0007-P01000002"], "and its numbers are none that were given before")
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        told = [e for e in map(json.loads, file) if e["kind"] == "restored"]
    tap.equal([(e["reason"], e["officer"], e["numbers_from"]) for e in told], [("the disk died", "P0007", 1000001)], "the journal says so")
    lab.write("now.note", now)
    seen = run(os.path.join(BIN, "smogverify"), lab.path("journal"), "--ca", lab.path("keys/seal.pem"), "--checkpoint", lab.path("now.note"))
    tap.result(seen.returncode == 0, "smogverify follows it", seen.stdout)
    done = lab.ctl("journal", "checkpoint", "--consistency", note, check=False)
    tap.result(done.returncode == 1 and ("a fork" in done.stderr or "events are missing" in done.stderr), "a checkpoint of the lost part is not covered up", done.stderr)


with Lab() as lab, tap.step("a backup"):
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True)
    feeder = Feeder()
    station_conf(lab, """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7" }
seal { key = "%s"  cert = "%s" }
""" % (feeder.address, lab.path("keys/seal.key"), lab.path("keys/seal.pem")), kind="fixed-remote")
    lab.start_smogd()
    wait_for("the device's line", lambda: feeder.clients)
    tell(lab, feeder, 1, 20)
    feeder.tell(passage(100, "新A90718", "41.3"), passage(101, "新A90718", "38.7"))
    wait_for("the case", lambda: lab.json("outbox", "list")["outbox"])
    push(lab)
    made_while_at_work(lab, feeder)
    interrupted(lab)
    disk_full(lab)
    wait_for("all passages", lambda: lab.json("status")["passages"]["stored"] == 322)
    tell(lab, feeder, 400, 5)
    push(lab)
    lost = lab.write("lost.note", lab.ctl("journal", "checkpoint").stdout)
    damaged(lab)
    the_way_back(lab, feeder, lost)
tap.end()
