#!/usr/bin/python3
"""kill -9 of smogd, smogpush and the inbox in random order, KILLS times (12), while the network between them cuts, delays, resets and loses
answers: every case that two officers sent arrives once in effect, receipts match on both sides, and each case took legal steps only."""
import os
import random
import socket
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, ROOT, Feeder, Lab, Tap, free_port, passage, station_conf, wait_for  # noqa: E402

KILLS = int(os.environ.get("KILLS", "12"))
CASES = max(4, KILLS // 4)
seed = int(os.environ.get("SEED", str(time.time_ns() % 1000000)))
random.seed(seed)
tap = Tap()
print("# SEED=%d" % seed, flush=True)


class Network(threading.Thread):
    """The road between smogpush and the inbox. Each connection has a fate: it is cut after some bytes of one direction, reset, delayed,
    or it holds. What was sent twice is the sender's doing: an answer that is lost makes it ask or send again."""

    def __init__(self, to_port):
        super().__init__(daemon=True)
        self.to_port, self.faulty, self.fates = to_port, True, {}
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.start()

    def run(self):
        while True:
            near, _ = self.server.accept()
            threading.Thread(target=self.carry, args=(near,), daemon=True).start()

    def carry(self, near):
        fate = random.choice(["cut-request", "cut-answer", "reset", "delay", "hold", "hold"]) if self.faulty else "hold"
        self.fates[fate] = self.fates.get(fate, 0) + 1
        try:
            far = socket.create_connection(("127.0.0.1", self.to_port), timeout=5)
        except OSError:
            near.close()
            return
        limits = {"cut-request": (random.randrange(20000), None), "cut-answer": (None, random.randrange(4000))}.get(fate, (None, None))
        if fate == "reset":
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            limits = (random.randrange(30000), None)
        pair = [threading.Thread(target=self.pump, args=(near, far, limits[0], fate), daemon=True),
                threading.Thread(target=self.pump, args=(far, near, limits[1], fate), daemon=True)]
        for thread in pair:
            thread.start()

    def pump(self, source, sink, limit, fate):
        left = limit
        try:
            while True:
                data = source.recv(4096)
                if fate == "delay":
                    time.sleep(random.random() * 0.2)
                if not data or (left is not None and left < len(data)):
                    break
                left = None if left is None else left - len(data)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


class Road(Lab):
    """A station, its smogpush, the inbox, and the network in between."""

    def open(self):
        subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), self.path("keys")], check=True, stdout=subprocess.DEVNULL)
        self.inbox_port = free_port()
        self.network = Network(self.inbox_port)
        self.feeder = Feeder(repeat=100000)
        keys = self.path("keys")
        station_conf(self, 'link rsd { kind = tcp  address = "%s" }\ninstrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd }'
                     % self.feeder.address, kind="fixed-remote", rules='"hj845-2017"',
                     outlet='outlet police { kind = package-rest  url = "https://127.0.0.1:%d/packages"  ca = "%s/ca.pem"  cert = "%s/push.pem"'
                            '  key = "%s/push.key"  receipt-key = "%s/inbox.pem" }\nseal { key = "%s/seal.key"  cert = "%s/seal.pem" }'
                            % (self.network.port, keys, keys, keys, keys, keys, keys))
        self.start_smogd()
        for number in ("P0042", "P0043"):
            self.ctl("officer", "add", number, "--name", "officer " + number, "--role", "ecology")
        self.start_push()
        self.start_inbox()

    def start_push(self):
        self.start("smogpush", "smogpush", "-c", self.conf)

    def start_inbox(self):
        keys = self.path("keys")
        self.start("smoginbox", "smoginbox", "--listen", "127.0.0.1:%d" % self.inbox_port, "--cert", keys + "/inbox.pem", "--key", keys + "/inbox.key",
                   "--client-ca", keys + "/ca.pem", "--seal-ca", keys + "/ca.pem", "--receipt-key", keys + "/inbox.key", "--store", self.path("inbox"))

    def restart(self, name):
        self.kill(name)
        {"smogd": self.start_smogd, "smogpush": self.start_push, "smoginbox": self.start_inbox}[name]()


def try_case(lab, case):
    """An officer does what comes next, if the daemon lets him; a killed one is asked again later."""
    shown = lab.ctl("--json", "case", "show", case, check=False)
    for state, words in (('"state":"exceeded"', ("review", case, "--officer", "P0042")), ('"state":"review1"', ("review", case, "--officer", "P0043")),
                         ('"state":"review2"', ("send", case, "--officer", "P0043")), ('"state":"sealed"', ("send", case, "--officer", "P0043"))):
        if state in shown.stdout:
            lab.ctl("case", *words, check=False)
            return


def cases_of(lab):
    return [c["case"] for c in lab.json("case", "list")["cases"]]


def play(lab):
    """Two exceedances of each truck make a case; officers work at random; something is killed again and again."""
    order = [n for n in range(CASES) for _ in range(2)]
    told, kills = 0, {"smogd": 0, "smogpush": 0, "smoginbox": 0}
    for kill in range(KILLS):
        upto = (kill + 1) * len(order) // KILLS
        for number, truck in enumerate(order[told:upto], told + 1):
            lab.feeder.tell(passage(number, "新A%05d" % (90000 + truck), "44.%d" % (number % 10)))
        told = upto
        known = cases_of(lab)
        for case in random.sample(known, min(3, len(known))):
            try_case(lab, case)
        time.sleep(random.random() * 0.4)
        name = random.choice(list(kills))
        kills[name] += 1
        lab.restart(name)
    print("# kills %s, connections %s" % (kills, lab.network.fates), flush=True)


def settle(lab):
    lab.network.faulty = False
    wait_for("all trucks", lambda: len(lab.json("passes", "--limit", "20000")["passes"]) == 2 * CASES)
    wait_for("all cases", lambda: len(cases_of(lab)) == CASES)

    def all_sent():
        for case in cases_of(lab):
            try_case(lab, case)
        return all(c["state"] == "received" for c in lab.json("case", "list")["cases"])

    wait_for("every case to be received", all_sent, 240)


LEGAL = ["exceeded", "review1", "review2", "sealed", "submitted", "received"]


def check(lab):
    ours = sqlite3.connect("file:%s?mode=ro" % lab.path("state/smogd.db"), uri=True)
    theirs = sqlite3.connect("file:%s?mode=ro" % lab.path("inbox/inbox.db"), uri=True)
    sent = dict(ours.execute("SELECT p.sha256, d.receipt_id FROM delivery d JOIN package p USING(case_id) WHERE d.state = 'sent'"))
    kept = dict(theirs.execute("SELECT sha256, printf('IN-%08d', id) FROM package"))
    tap.equal(len(sent), CASES, "every case is delivered")
    tap.equal(kept, sent, "the inbox has each package once, under the receipt that the station has")
    records = [r[0] for r in theirs.execute("SELECT record FROM package")]
    tap.equal(sorted(set(records)), sorted(records), "no record came in two packages")
    receipts = [r[0] for r in ours.execute("SELECT body FROM event WHERE kind = 'receipt'")]
    tap.equal(len(receipts), CASES, "each receipt is in the journal once")
    wrong = []
    for case in cases_of(lab):
        steps = lab.json("case", "show", case)["steps"]
        states = [s["to"] for s in steps if s["to"] in LEGAL]
        if [LEGAL.index(s) for s in states] != sorted(LEGAL.index(s) for s in states) or len(set(states)) != len(states):
            wrong.append((case, states))
        if len({s.get("officer") for s in steps if s["act"].startswith("review")}) != 2:
            wrong.append((case, "reviewers"))
    tap.equal(wrong, [], "each case took its steps in order, each once, two officers")
    whole = lab.ctl("journal", "verify", check=False)
    tap.equal(whole.returncode, 0, "the journal is whole: " + (whole.stdout + whole.stderr).strip()[-200:])
    for (path,) in ours.execute("SELECT path FROM package"):
        done = subprocess.run([os.path.join(BIN, "smogverify"), lab.path("state", path), "--ca", lab.path("keys/ca.pem")], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        if done.returncode != 0:
            tap.result(False, "package %s verifies" % path, done.stdout[-600:])
            break
    else:
        tap.result(True, "every package verifies")


with Road() as road:
    road.open()
    play(road)
    settle(road)
    check(road)
tap.end()
