#!/usr/bin/python3
"""The journal's tiles, read by a small reader of the published layout that shares nothing with ours, and the ratchet's seals through
stops and kills of the daemon."""
import base64
import hashlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Feeder, Lab, ROOT, Tap, passage, station_conf, wait_for  # noqa: E402

tap = Tap()


def run(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, encoding="utf-8",
                          timeout=60, check=False)


def push(lab):
    run(os.path.join(BIN, "smogpush"), "-c", lab.conf, "--once")


def tell(lab, feeder, first, count):
    before = lab.json("status")["passages"]["stored"]
    feeder.tell(*[passage(n, "新A%05d" % n) for n in range(first, first + count)])
    wait_for("the passages", lambda: lab.json("status")["passages"]["stored"] == before + count)
    push(lab)


# ---- C2SP tlog-tiles, from its text alone ----

class Tiles:
    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "checkpoint"), encoding="utf-8") as file:
            lines = file.read().split("\n")
        self.origin, self.size, self.root = lines[0], int(lines[1]), base64.b64decode(lines[2])

    def read(self, what, count, index):
        number, name = index // 256, ""
        name = "%03d" % (number % 1000)
        while number >= 1000:
            number //= 1000
            name = "x%03d/%s" % (number % 1000, name)
        path = os.path.join(self.folder, "tile", what, name)
        if index // 256 == count // 256:
            path += ".p/%d" % (count % 256)
        with open(path, "rb") as file:
            return file.read()

    def hash(self, level, index):
        """Of the complete subtree of 2**level leaves."""
        row, below = level // 8, level % 8
        if below:
            return node(self.hash(level - 1, 2 * index), self.hash(level - 1, 2 * index + 1))
        data = self.read(str(row), self.size >> 8 * row, index)
        return data[32 * (index % 256):32 * (index % 256) + 32]

    def mth(self, first, count):
        if count & (count - 1) == 0:
            return self.hash(count.bit_length() - 1, first // count)
        k = 1 << (count - 1).bit_length() - 1
        return node(self.mth(first, k), self.mth(first + k, count - k))

    def path(self, index, first, count):
        if count == 1:
            return []
        k = 1 << (count - 1).bit_length() - 1
        if index < first + k:
            return self.path(index, first, k) + [("right", self.mth(first + k, count - k))]
        return self.path(index, first + k, count - k) + [("left", self.mth(first, k))]

    def entry(self, index):
        data = self.read("entries", self.size, index)
        for _ in range(index % 256):
            data = data[2 + int.from_bytes(data[:2], "big"):]
        return data[2:2 + int.from_bytes(data[:2], "big")]


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def proved(tiles, index):
    value = hashlib.sha256(b"\x00" + tiles.entry(index)).digest()
    for side, other in tiles.path(index, 0, tiles.size):
        value = node(value, other) if side == "right" else node(other, value)
    return value == tiles.root


def files(folder):
    return {os.path.join(where, name): os.stat(os.path.join(where, name)).st_mtime_ns for where, _, names in os.walk(folder) for name in names}


def tiles_forged(lab, out):
    """A tile that was altered, or taken from elsewhere, does not lead to the signed root; one that was taken away is written again."""
    path = os.path.join(out, "tile/0/000")
    with open(path, "rb") as file:
        good = file.read()
    for what, forged in (("a bit of it", good[:40] + bytes([good[40] ^ 1]) + good[41:]), ("two hashes of it", good[32:64] + good[:32] + good[64:])):
        with open(path, "wb") as file:
            file.write(forged)
        tap.equal([i for i in (0, 7) if proved(Tiles(out), i)], [], "a tile with %s altered proves no event" % what)
    os.remove(path)
    lab.ctl("journal", "tiles", "-o", out)
    with open(path, "rb") as file:
        tap.equal(file.read() == good, True, "a tile that was taken away is written again, as it was")


def tiles(lab, feeder):
    out = lab.path("www")
    done = lab.json("journal", "tiles", "-o", out)
    first = Tiles(out)
    tap.equal((done["events"], first.mth(0, first.size)), (first.size, first.root), "an independent reader finds the signed root in the tiles")
    tap.equal(os.path.exists(os.path.join(out, "tile/entries")), False, "without --entries no event is published")
    lab.ctl("journal", "tiles", "-o", out, "--entries")
    tap.equal([i for i in range(first.size) if not proved(Tiles(out), i)], [], "and proves each event with --entries")
    before = files(out)
    tell(lab, feeder, 1000, 600)
    lab.ctl("journal", "tiles", "-o", out, "--entries")
    later = Tiles(out)
    some = [0, 1, 255, 256, 257, 511, 512, later.size - 1]
    tap.equal((later.size > 512, [i for i in some if not proved(later, i)]), (True, []), "later, over full and partial tiles, too")
    after = files(out)
    tap.equal([name for name in before if name in after and after[name] != before[name] and not name.endswith("checkpoint")], [],
              "no file that was there is written again")
    tap.equal(lab.json("journal", "tiles", "-o", out, "--entries")["written"], 0, "nothing new, nothing written")
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), "rb") as file:
        lines = file.read().split(b"\n")
    tap.equal([later.entry(i) == lines[i] for i in some], [True] * len(some), "the entries are the journal's, byte for byte")
    tiles_forged(lab, out)
    with open(os.path.join(out, "checkpoint"), encoding="utf-8") as file:
        note = file.read().split("\n")
    with open(os.path.join(out, "checkpoint"), "w", encoding="utf-8") as file:
        file.write("\n".join([note[0], str(int(note[1]) - 1)] + note[2:]))
    done = lab.ctl("journal", "tiles", "-o", out, check=False)
    tap.result(done.returncode == 4 and "another journal" in done.stderr, "another journal's folder is left alone", done.stderr)


# ---- the ratchet ----

def check(lab, key="key"):
    return lab.ctl("journal", "verify", "--ratchet", lab.path(key), check=False)


def ratchet(lab, feeder):
    lab.ctl("journal", "ratchet", "-o", lab.path("key"), "--officer", "P0007")
    tap.equal(os.stat(lab.path("key")).st_mode & 0o777, 0o600, "the supervisor's key is his alone")
    done = check(lab)
    tap.result(done.returncode == 0 and "1 seals without a gap" in done.stdout, "its beginning is sealed at once", done.stdout + done.stderr)
    for turn in range(4):
        tell(lab, feeder, 3000 + 10 * turn, 3)
        if turn % 2:
            lab.kill("smogd")
        else:
            lab.stop("smogd")
        lab.start_smogd()
        wait_for("the device's line", lambda: feeder.clients)
    lab.stop("smogd")
    done = check(lab)
    tap.result(done.returncode == 0, "stops and kills leave no gap", done.stdout + done.stderr)
    with open(lab.path("key"), encoding="utf-8") as file:
        first = file.read().split()[3]
    with open(lab.path("state/ratchet.key"), encoding="utf-8") as file:
        tap.equal(first in file.read(), False, "the first key is not at the station any more")
    run("sqlite3", lab.path("state/smogd.db"), "DELETE FROM ratchet WHERE epoch = (SELECT max(epoch) FROM ratchet)")
    run("sqlite3", lab.path("state/smogd.db"), "DELETE FROM ratchet WHERE epoch = (SELECT max(epoch) FROM ratchet)")
    done = check(lab)
    tap.result(done.returncode == 1 and "were taken away" in done.stderr, "seals that were cut off at the end are missed", done.stderr)
    lab.start_smogd()
    trouble = lab.json("status")["journal"]["ratchet"]["trouble"]
    tap.result("an older copy of the database" in trouble, "and smogd says so, too", trouble)
    lab.ctl("journal", "ratchet", "-o", lab.path("key2"))
    tap.equal(check(lab, "key2").returncode, 0, "a new ratchet begins")
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        begun = [e for e in map(json.loads, file) if e["kind"] == "ratchet-start"]
    tap.equal(["trouble" in e for e in begun], [False, True], "and the journal says what ended the one before")


with Lab() as lab, tap.step("proofs"):
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True)
    feeder = Feeder()
    station_conf(lab, """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7" }
seal { key = "%s"  cert = "%s" }
""" % (feeder.address, lab.path("keys/seal.key"), lab.path("keys/seal.pem")), kind="fixed-remote")
    lab.start_smogd()
    wait_for("the device's line", lambda: feeder.clients)
    tell(lab, feeder, 1, 30)
    tiles(lab, feeder)
    ratchet(lab, feeder)
tap.end()
