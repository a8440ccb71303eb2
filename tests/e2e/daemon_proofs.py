#!/usr/bin/python3
"""The journal's tiles, read by a small reader of the published layout that shares nothing with ours, and the ratchet's seals through
stops and kills of the daemon."""
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Feeder, Lab, ROOT, Tap, passage, station_conf, wait_for  # noqa: E402

tap = Tap()
BIN_ASAN = os.environ.get("BIN_ASAN", os.path.join(ROOT, "build/asan/bin"))


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
        done = lab.ctl("journal", "tiles", "-o", out, check=False)
        tap.result(done.returncode == 4 and path in done.stderr and "move the file away" in done.stderr, "nor is it published as if nothing were", done.stderr)
        with open(path, "rb") as file:
            tap.equal(file.read() == forged, True, "and not written over")
    for name in ("tile/entries/000", [n for n in os.listdir(os.path.join(out, "tile/entries")) if n.endswith(".p")][0]):
        name = os.path.join(out, "tile/entries", name) if name.endswith(".p") else os.path.join(out, name)
        name = name if os.path.isfile(name) else os.path.join(name, max(os.listdir(name), key=int))
        with open(name, "r+b") as file:
            data = file.read()
            file.seek(0)
            file.write(data[:20] + bytes([data[20] ^ 1]) + data[21:])
        os.rename(path, path + ".forged")
        done = lab.ctl("journal", "tiles", "-o", out, "--entries", check=False)
        tap.result(done.returncode == 4 and name in done.stderr, "altered events are not published on, either", done.stderr)
        os.rename(path + ".forged", path)
        with open(name, "wb") as file:
            file.write(data)
    os.remove(path)
    lab.ctl("journal", "tiles", "-o", out)
    with open(path, "rb") as file:
        tap.equal(file.read() == good, True, "a tile that was taken away is written again, as it was")


class Published:
    """A copy of a published folder that is altered and given to smogverify."""

    def __init__(self, lab, folder):
        self.lab, self.good, self.folder = lab, folder, lab.path("forged")
        self.again()

    def again(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.good, self.folder)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def read(self, *parts):
        with open(self.path(*parts), "rb") as file:
            return file.read()

    def write(self, data, *parts):
        with open(self.path(*parts), "wb") as file:
            file.write(data)

    def verify(self, *words, cert="keys/seal.pem"):
        done = run(os.path.join(BIN_ASAN, "smogverify"), "--tiles", self.folder, "--ca", self.lab.path(cert), "--json", *words)
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            return done.returncode, {}, done.stdout
        findings = {}
        for f in answer["findings"]:
            findings[f["check"], f["result"]] = findings.get((f["check"], f["result"]), "") + f["en"] + "\n"
        return done.returncode, findings, done.stdout

    def refused(self, what, check, words, *options, result="fail", **more):
        code, findings, output = self.verify(*options, **more)
        tap.result(code == 1 and words in findings.get((check, result), ""), "smogverify refuses " + what, output)
        self.again()


def forged(lab, out, size, old):
    """Each forgery of a published folder once: refused, with the file's name. `old`: a checkpoint that a reader has kept."""
    p = Published(lab, out)
    code, findings, output = p.verify("--checkpoint", old)
    tap.equal((code, sorted(findings)), (0, [("checkpoint", "ok"), ("consistency", "ok"), ("entries", "ok"), ("tiles", "ok")]), "smogverify takes what was published")
    tap.equal("检验通过" in run(os.path.join(BIN, "smogverify"), "--tiles", out, "--ca", lab.path("keys/seal.pem")).stdout, True, "and says so in words")
    full, top, last = "tile/0/000", "tile/1/000.p/%d" % (size // 256), "tile/0/%03d.p/%d" % (size // 256, size % 256)
    for name in (full, top, last):
        data = p.read(name)
        p.write(data[:33] + bytes([data[33] ^ 1]) + data[34:], name)
        p.refused("a bit altered in " + name, "tiles", full if name == full else "do not lead to the signed root")
        p.write(data[32:64] + data[:32] + data[64:], name)
        p.refused("two hashes exchanged in " + name, "tiles", "tile")
        p.write(data[:-1], name)
        p.refused("a byte less in " + name, "tiles", name + " is not as the station published it: it is too short")
        p.write(data + b"x", name)
        p.refused("a byte more in " + name, "tiles", name + " is not as")
        os.remove(p.path(name))
        p.refused(name + " missing", "tiles", name + " is not as the station published it: it is missing")
        os.rename(p.path(name), p.path("elsewhere"))
        os.symlink(p.path("elsewhere"), p.path(name))
        p.refused("a link in place of " + name, "tiles", name + " is not as")
        os.remove(p.path(name))
        os.mkfifo(p.path(name))
        p.refused("a pipe in place of " + name, "tiles", name + " is not as")
    os.rename(p.path("tile"), p.path("away"))
    os.symlink("away", p.path("tile"))
    p.refused("a link in place of the folder", "tiles", "a link stands in its place")
    shutil.rmtree(p.path("tile"))
    p.refused("no tile at all", "tiles", full + " is not as")
    bundle = p.read("tile/entries/000")
    p.write(bundle.replace(b"90718", b"90719", 1) if b"90718" in bundle else bundle[:9] + bytes([bundle[9] ^ 1]) + bundle[10:], "tile/entries/000")
    p.refused("an event altered", "entries", "tile/entries/000")
    p.write(bundle[:-3], "tile/entries/000")
    p.refused("events cut off", "entries", "it is cut")
    p.write(bundle + b"\0\0", "tile/entries/000")
    p.refused("an event more", "entries", "more is in it")
    os.remove(p.path("tile/entries/000"))
    code, findings, output = p.verify()
    tap.result(code == 0 and findings.get(("entries", "note"), "").startswith("256 events"), "events that are not published are told, and no forgery", output)
    p.again()
    forged_checkpoints(lab, p, out, old)


def size_of(note):
    with open(note, encoding="utf-8") as file:
        return int(file.read().split("\n")[1])


def forged_checkpoints(lab, p, out, old):
    note = p.read("checkpoint").decode().split("\n")
    p.write("\n".join([note[0], str(int(note[1]) - 1)] + note[2:]).encode(), "checkpoint")
    p.refused("a checkpoint with another size", "checkpoint", "")
    p.write(b"x" * 5000, "checkpoint")
    p.refused("a checkpoint that is too large", "checkpoint", "too large")
    os.remove(p.path("checkpoint"))
    p.refused("a folder without checkpoint", "checkpoint", "missing")
    p.refused("a checkpoint by another key", "checkpoint", "none of the trusted certificates", cert="keys/inbox.pem")
    newer = lab.write("newer.note", p.read("checkpoint").decode())
    with open(old, "rb") as file:
        p.write(file.read(), "checkpoint")
    os.remove(p.path("tile/0/000.p/%d" % size_of(old)))
    p.refused("an older checkpoint put back, whose tile is gone", "tiles", "is missing")
    shutil.rmtree(p.folder)
    shutil.copytree(lab.path("older"), p.folder)
    code, _, output = p.verify()
    tap.equal(code, 0, "the folder as it was before is good by itself")
    p.refused("a folder that is behind the reader's checkpoint", "behind", "before your checkpoint", "--checkpoint", newer, result="open")
    code, _, output = p.verify("--checkpoint", lab.path("no.note"))
    tap.equal(code, 3, "a checkpoint that cannot be read is no answer")


def fork(lab, feeder, out):
    """The same station and key, another journal: what a reader has kept of the first does not agree with what is published now."""
    kept = lab.write("kept.note", lab.ctl("journal", "checkpoint").stdout)
    lab.stop("smogd")
    shutil.move(lab.path("state"), lab.path("state-first"))
    lab.start_smogd()
    wait_for("the device's line", lambda: feeder.clients)
    tell(lab, feeder, 5000, 700)
    lab.ctl("journal", "tiles", "-o", lab.path("www-fork"))
    Published(lab, lab.path("www-fork")).refused("a fork", "consistency", "does NOT agree", "--checkpoint", kept)
    done = lab.ctl("journal", "tiles", "-o", out, check=False)
    tap.result(done.returncode == 4 and "another journal" in done.stderr, "nor is it published over the first", done.stderr)
    lab.stop("smogd")
    shutil.rmtree(lab.path("state"))
    shutil.move(lab.path("state-first"), lab.path("state"))
    lab.start_smogd()
    wait_for("the device's line", lambda: feeder.clients)


def tiles(lab, feeder):
    out = lab.path("www")
    done = lab.json("journal", "tiles", "-o", out)
    first = Tiles(out)
    tap.equal((done["events"], first.mth(0, first.size)), (first.size, first.root), "an independent reader finds the signed root in the tiles")
    tap.equal(os.path.exists(os.path.join(out, "tile/entries")), False, "without --entries no event is published")
    lab.ctl("journal", "tiles", "-o", out, "--entries")
    tap.equal([i for i in range(first.size) if not proved(Tiles(out), i)], [], "and proves each event with --entries")
    before = files(out)
    shutil.copytree(out, lab.path("older"))
    old = lab.write("old.note", open(os.path.join(out, "checkpoint"), encoding="utf-8").read())
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
    forged(lab, out, later.size, old)
    tiles_forged(lab, out)
    fork(lab, feeder, out)
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
    shutil.copy(lab.path("state/ratchet.key"), lab.path("ratchet.key.old"))
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
    os.rename(lab.path("state/ratchet.key"), lab.path("ratchet.key.now"))
    shutil.copy(lab.path("ratchet.key.old"), lab.path("state/ratchet.key"))
    done = check(lab)
    tap.result(done.returncode == 1 and "the key is an older copy" in done.stderr and "Begin a new one" in done.stderr and "taken away" not in done.stderr,
               "a key that was put back is told apart from seals that are missing", done.stderr)
    os.rename(lab.path("ratchet.key.now"), lab.path("state/ratchet.key"))
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
