#!/usr/bin/python3
"""From a failed passage to the police's receipt in the journal, and what a doubter can ask for."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Feeder, Lab, ROOT, Tap, passage, station_conf, wait_for  # noqa: E402

tap = Tap()


def run(lab, program, *words):
    return subprocess.run([os.path.join(BIN, program), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, encoding="utf-8", timeout=60, check=False)


def push(lab):
    done = run(lab, "smogpush", "-c", lab.conf, "--once")
    tap.equal(done.returncode, 0, "smogpush drains what is due")
    return done


def events(lab, kind):
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        return [e for e in map(json.loads, file) if e["kind"] == kind]


def verify(lab, *words):
    return run(lab, "smogverify", lab.path("case.asice"), "--ca", lab.path("keys/ca.pem"), *words)


def play(lab, feeder):
    tap.equal(lab.ctl("journal", "checkpoint", check=False).returncode, 1, "there is no checkpoint before the first")
    push(lab)
    old = lab.write("old.note", lab.ctl("journal", "checkpoint").stdout)
    feeder.tell(passage(1, "新A90718", "41.3"), passage(2, "新A90718", "38.7"))
    case = wait_for("the case", lambda: lab.json("outbox", "list")["outbox"])[0]
    tap.equal(lab.ctl("package", case["case"], "-o", lab.path("x"), check=False).returncode, 2, "before it is sealed there is no package")
    push(lab)
    row = lab.json("outbox", "list")["outbox"][0]
    tap.equal((row["state"], row["outlet"]), ("exceeded", ""), "nothing is sealed or sent before two officers have looked")
    lab.approve(case["case"])
    push(lab)
    row = lab.json("outbox", "list")["outbox"][0]
    tap.equal((row["state"], row["subject"]), ("sent", case["subject"]), "the case is sent")
    receipt = wait_for("the receipt in the journal", lambda: events(lab, "receipt"))
    tap.equal([(r["case"], r["outlet"], r["receipt_id"]) for r in receipt], [(case["case"], "police", row["receipt_id"])],
              "the receipt is journaled once")
    done = lab.json("package", case["subject"], "-o", lab.path("case.asice"))
    tap.equal((receipt[0]["package_sha256"], done["case"]), (done["sha256"], case["case"]),
              "the package is found by its passage, too, and is the one received")
    tap.equal(lab.ctl("outbox", "retry", case["case"], check=False).returncode, 4, "what is sent is not sent again")
    tap.equal(lab.ctl("outbox", "retry", "nonsense", check=False).returncode, 4, "nor what is no case")
    feeder.tell(passage(3, "新B12345"))
    wait_for("a newer passage", lambda: lab.json("status")["passages"]["stored"] == 3)
    push(lab)
    prove(lab, old)


def size_of(note):
    with open(note, encoding="utf-8") as file:
        return int(file.read().split("\n")[1])


def between(lab, old, newer):
    """Proofs between two old checkpoints."""
    proof = lab.json("journal", "checkpoint", "--consistency", old, "--to", newer)
    tap.equal((proof["checkpoint"].split("\n")[1], [e["size"] for e in proof["extends"]]), (str(size_of(newer)), [size_of(old)]),
              "two old checkpoints are proved against each other")
    by_number = lab.json("journal", "checkpoint", str(size_of(newer) - 1), "--consistency", old)
    tap.equal(by_number, proof, "the stored one is found by a number of events that it covers")
    done = lab.ctl("journal", "checkpoint", "--consistency", newer, "--to", old, check=False)
    tap.result(done.returncode == 1 and "the older one" in done.stderr, "the wrong way round is told", done.stderr)
    done = lab.ctl("journal", "checkpoint", "999999", check=False)
    tap.result(done.returncode == 1 and "covers 999999" in done.stderr, "what no checkpoint covers is told", done.stderr)


def prove(lab, old):
    proof = lab.ctl("journal", "checkpoint", "--consistency", old).stdout
    tap.equal([e["size"] for e in json.loads(proof)["extends"]], [int(open(old, encoding="utf-8").read().split("\n")[1])],
              "a proof goes from the older checkpoint to the newest")
    package = json.loads(subprocess.run(["unzip", "-p", lab.path("case.asice"), "log/proof.json"], stdout=subprocess.PIPE, check=True).stdout)
    of_package = lab.write("package.note", package["checkpoint"])
    both = json.loads(proof)
    both["extends"] += json.loads(lab.ctl("journal", "checkpoint", "--consistency", of_package).stdout)["extends"]
    lab.write("proof.json", json.dumps(both, separators=(",", ":"), sort_keys=True))
    done = verify(lab, "--checkpoint", old, "--consistency", lab.path("proof.json"))
    tap.result(done.returncode == 0, "smogverify holds package and older checkpoint together with it", done.stdout)
    between(lab, old, of_package)
    again = lab.ctl("rejudge", lab.path("case.asice"), check=False)
    tap.equal(again.returncode, 0, "rejudge takes a package as well: " + again.stdout.split("\n")[0])
    with open(old, encoding="utf-8") as file:
        note = file.read().split("\n")
    forged = lab.write("forged.note", "\n".join([note[0], str(int(note[1]) + 1)] + note[2:]))
    done = lab.ctl("journal", "checkpoint", "--consistency", forged, check=False)
    tap.result(done.returncode == 1 and "a fork" in done.stderr and "somebody has changed it" in done.stderr, "a checkpoint of other events is a fork, and its signature is looked at", done.stderr)
    foreign = lab.write("foreign.note", "\n".join([note[0].replace("0007", "0008")] + note[1:]).replace("— smogd/652301-0007", "— smogd/652301-0008"))
    done = lab.ctl("journal", "checkpoint", "--consistency", foreign, check=False)
    tap.result(done.returncode == 1 and "652301-0008" in done.stderr, "and one of another station", done.stderr)


with Lab() as lab, tap.step("a case"):
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True)
    lab.start("inbox", "smoginbox", "--listen", "127.0.0.1:0", "--cert", lab.path("keys/inbox.pem"), "--key", lab.path("keys/inbox.key"),
              "--client-ca", lab.path("keys/ca.pem"), "--seal-ca", lab.path("keys/ca.pem"), "--store", lab.path("inbox"))
    wait_for("the inbox", lambda: "listening on " in lab.log("inbox"))
    address = lab.log("inbox").split("listening on ")[1].split()[0]
    feeder = Feeder()
    keys = lab.path("keys")
    station_conf(lab, """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7" }
seal { key = "%s/seal.key"  cert = "%s/seal.pem" }
""" % (feeder.address, keys, keys), kind="fixed-remote", outlet="""outlet police { kind = package-rest  url = "https://%s/packages"
  ca = "%s/ca.pem"  cert = "%s/push.pem"  key = "%s/push.key" }""" % (address, keys, keys, keys))
    lab.start_smogd()
    wait_for("the device's line", lambda: feeder.clients)
    play(lab, feeder)
tap.end()
