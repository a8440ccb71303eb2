"""One case from the measurement to the police's decision, by the real programs: station, smogpush and the inbox.

Run as a program in a folder that `prepare` has filled, it plays the case and writes to the file `said` what the programs have answered,
each line at once. What is said is saved: `missing` looks whether it still is.
"""
import hashlib
import json
import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from jpeg import jpeg  # noqa: E402
from station import BIN, ROOT, Failure, Lab, free_port, quick_rules, station_conf, wait_for  # noqa: E402

OFFICERS = (("P0042", "ecology"), ("P0043", "ecology"), ("P0044", "ecology"), ("650012", "police"), ("S0001", "supervisor"))
PLATE = "新A66T21"
STATES = ("exceeded", "review1", "review2", "send-ordered", "sealed", "submitted", "received", "entered")
CONF = """link com1 { kind = serial  device = "%(dev)s" }
instrument smoke { driver = nht6  link = com1  serial = "A1234"  certificate = "JJG976-2026-0042"  valid-until = 2036-12-31 }
seal { key = "%(keys)s/seal.key"  cert = "%(keys)s/seal.pem" }
outlet police { kind = package-rest  url = "https://127.0.0.1:%(port)d/packages"  ca = "%(keys)s/ca.pem"  cert = "%(keys)s/push.pem"
                key = "%(keys)s/push.key"  receipt-key = "%(keys)s/inbox.pem" }"""


class WholeCase(Lab):
    """The folder has the station's files in state/, the inbox's in inbox/. `keys` and `dev`: where keys and the simulated opacimeter are;
    `outlets`: sections beside the inbox's; `facts`: what else is known of the truck."""

    def __init__(self, folder, keys, dev, outlets="", facts=()):
        os.makedirs(folder, exist_ok=True)
        super().__init__(folder)
        self.keys, self.port = keys, free_port()
        self.facts = ("fuel=diesel", "class=heavy", "gearbox=manual", "power_kw=199", *facts)
        for name in ("state", "inbox"):
            os.makedirs(self.path(name), exist_ok=True)
        station_conf(self, CONF % {"dev": dev, "keys": keys, "port": self.port}, outlets, extra=quick_rules(self))
        with open(self.path("rules/gb3847-2018.conf"), encoding="utf-8") as file:
            law = file.read()
        self.write("rules/gb3847-2018.conf", law.replace("param count { value = 3 ", "param count { value = 2 "))

    def say(self, **what):
        """For the one who plays the case."""
        fd = os.open(self.path("said"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(fd, (json.dumps(what) + "\n").encode())
        os.close(fd)

    def start_inbox(self):
        keys = self.keys
        self.write("smoginbox.log", "")
        inbox = self.start("smoginbox", "smoginbox", "--listen", "127.0.0.1:%d" % self.port, "--cert", keys + "/inbox.pem", "--key", keys + "/inbox.key",
                           "--client-ca", keys + "/ca.pem", "--seal-ca", keys + "/ca.pem", "--receipt-key", keys + "/inbox.key", "--store", self.path("inbox"))

        def ready():
            if inbox.poll() is not None:
                raise Failure("smoginbox ended: " + self.log("smoginbox")[-800:])
            return "listening on " in self.log("smoginbox")

        wait_for("the inbox", ready)

    def run(self, program, *words):
        return subprocess.run([os.path.join(BIN, program), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              encoding="utf-8", timeout=60, check=False)

    def push(self):
        done = self.run("smogpush", "-c", self.conf, "--once")
        if done.returncode != 0:
            raise Failure("smogpush --once: " + done.stdout[-800:])

    # ---- what is to be done, each a step that is done once ----

    def officers(self):
        known = {o["number"] for o in self.json("officer", "list")["officers"]}
        for number, role in OFFICERS:
            if number not in known:
                self.ctl("officer", "add", number, "--name", "officer " + number, "--role", role)
                self.say(officer=number)

    def ratchet(self):
        """The forward-secure seal, begun anew where it is not on."""
        if not self.json("status")["journal"]["ratchet"]["on"]:
            self.ctl("journal", "ratchet", "-o", self.path("ratchet.key"), "--officer", "S0001")
            with open(self.path("ratchet.key"), encoding="utf-8") as file:
                self.say(ratchet=file.read())

    def measure(self, tell):
        """A truck that smokes too much; gives the test."""
        self.wait_live("smoke")
        words = ["test", "start", "--plate", PLATE, "--colour", "yellow", "--method", "free-acceleration", "--officer", "P0042", "--officer", "P0043",
                 "--police", "650012"]
        for fact in self.facts:
            words += ["--vehicle", fact]
        test = self.json(*words)["test"]
        self.say(test=test)
        self.drive(test, lambda: tell("press"), probe=lambda where: tell("probe " + where))
        wait_for("the verdict", lambda: self.json("test", "show", test)["verdict"])
        self.say(test=test, verdict=self.json("test", "show", test)["verdict"])
        return test

    def photos(self, test):
        there = {p["shows"] for p in self.json("photo", "list", test)["photos"]}
        for kind in ("front", "exhaust"):
            if kind in there:
                continue
            with open(self.path(kind + ".jpg"), "wb") as file:
                file.write(jpeg(content=kind.encode() * 4000))
            added = self.json("photo", "add", test, self.path(kind + ".jpg"), "--kind", kind, "--officer", "P0042")
            self.say(test=test, photo=added["sha256"])

    def case_of(self, test):
        return wait_for("the case", lambda: [c for c in self.json("case", "list")["cases"] if c["subject"] == test])[0]

    def step(self, case):
        """What comes next for the case; False at its end."""
        state = self.json("case", "show", case)["state"]
        acts = {"exceeded": ("review", case, "--officer", "P0043"), "review1": ("review", case, "--officer", "P0044", "--police", "650012"),
                "review2": ("send", case, "--officer", "P0043"), "sealed": ("send", case, "--officer", "P0043")}
        if state == "entered":
            return False
        if state in acts:
            self.ctl("case", *acts[state])
        elif state in ("send-ordered", "submitted"):
            self.push()
        elif state == "received":
            self.decide(case)
            self.push()
        else:
            raise Failure("the case is %s, which was not to be" % state)
        now = wait_for("a step after " + state, lambda: [s for s in [self.json("case", "show", case)["state"]] if s != state])[0]
        self.say(case=case, state=now)
        return True

    def decide(self, case):
        sha256 = self.json("package", case, "-o", self.path("x.asice"))["sha256"]
        with sqlite3.connect("file:%s?mode=ro" % self.path("inbox/inbox.db"), uri=True) as db:
            if db.execute("SELECT state FROM package WHERE sha256 = ?", (sha256,)).fetchone() == ("accepted",):
                return
        done = self.run("smoginbox", "--store", self.path("inbox"), "--decide", sha256, "accepted", "--officer", "650012")
        if done.returncode != 0:
            raise Failure("the inbox refuses the decision: " + done.stdout)
        self.say(accepted=sha256)

    # ---- what was said ----

    def missing(self, said):
        """What the programs have answered and the station does not know now, as texts."""
        bad, said = [], [json.loads(line) for line in said]
        officers = {o["number"] for o in self.json("officer", "list")["officers"]}
        for what in said:
            if "officer" in what and what["officer"] not in officers:
                bad.append("officer %s" % what["officer"])
            if "ratchet" in what:
                key = self.write("ratchet.key", what["ratchet"])
                sealed = self.ctl("journal", "verify", "--ratchet", key, check=False)
                on = self.json("status")["journal"]["ratchet"]
                if sealed.returncode != 0 or not on["on"] or on["trouble"]:
                    bad.append("the ratchet: %s, %s" % (on, sealed.stderr))
            if "test" in what:
                bad += self.missing_of_test(what, next((w["verdict"] for w in said if "verdict" in w), None))
        reached = [what["state"] for what in said if "state" in what]
        if reached:
            state = self.json("case", "show", next(what["case"] for what in said if "case" in what))["state"]
            if STATES.index(state) < STATES.index(reached[-1]):
                bad.append("the case was %s and is %s" % (reached[-1], state))
        return ["it was answered, and is lost: " + what for what in bad]

    def missing_of_test(self, what, verdict):
        test = self.json("test", "show", what["test"])
        if verdict and test["verdict"] != verdict or test["verdict"] not in ("fail", "aborted"):
            return ["test %s was %s and is %s" % (what["test"], verdict, test["verdict"])]
        if "photo" in what:
            with open(self.path("state/objects", what["photo"][:2], what["photo"][2:]), "rb") as file:
                if hashlib.sha256(file.read()).hexdigest() != what["photo"]:
                    return ["photo %s is another" % what["photo"]]
            if what["photo"] not in [p["sha256"] for p in self.json("photo", "list", what["test"])["photos"]]:
                return ["photo %s" % what["photo"]]
        return []

    def missing_at_inbox(self, said):
        """The same of the inbox."""
        accepted = [what["accepted"] for what in map(json.loads, said) if "accepted" in what]
        with sqlite3.connect("file:%s?mode=ro" % self.path("inbox/inbox.db"), uri=True) as db:
            there = [row[0] for row in db.execute("SELECT sha256 FROM package WHERE state = 'accepted'")]
        return ["the inbox has accepted %s, which it does not know" % sha256 for sha256 in accepted if sha256 not in there]

    # ---- all of it ----

    def carry_on(self, tell):
        """From wherever things stand to the decision; gives (test, case)."""
        self.officers()
        self.ratchet()
        cases = self.json("case", "list")["cases"]
        test = cases[0]["subject"] if cases else self.measure(tell)
        case = self.case_of(test)
        if case["state"] == "exceeded":
            self.photos(test)
            self.stop("smogd")  # closed properly the database's log is written back, and begins again
            self.start_smogd()
        while self.step(case["case"]):
            pass
        return test, case["case"]


def main(folder, keys, dev, sim):
    case = WholeCase(folder, keys, dev)
    case.start_inbox()
    case.start_smogd()
    with case:
        case.carry_on(lambda what: subprocess.run([os.path.join(BIN, "smogsim"), "--tell", sim, what], check=True, timeout=10))


if __name__ == "__main__":
    main(*sys.argv[1:])
