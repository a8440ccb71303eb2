#!/usr/bin/python3
"""A second agency co-signs the journal: the way there and back on a stick, what it refuses, and who can check it."""
import base64
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from station import BIN, Feeder, Lab, ROOT, Tap, passage, station_conf, wait_for  # noqa: E402

tap = Tap()
NAME = "ecology.changji/w1"


def run(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, encoding="utf-8",
                          timeout=60, check=False)


def push(lab):
    done = run(os.path.join(BIN, "smogpush"), "-c", lab.conf, "--once")
    tap.result(done.returncode in (0, 1), "smogpush signs", done.stdout)


def cosign(lab, request, out, *more, last="last", key="witness.key"):
    return run(os.path.join(BIN, "smogwitness"), lab.path(request), "--key", lab.path(key), "--name", NAME, "--station",
               lab.path("keys/seal.pem"), "--last", lab.path(last), "-o", lab.path(out), *more)


def read(lab, name):
    with open(lab.path(name), encoding="utf-8") as file:
        return file.read()


def more_passages(lab, feeder, first, count):
    before = lab.json("status")["passages"]["stored"]
    feeder.tell(*[passage(n, "新A%05d" % n) for n in range(first, first + count)])
    wait_for("the passages", lambda: lab.json("status")["passages"]["stored"] == before + count)
    push(lab)


def stock_tools(lab, note, title):
    """The co-signature with openssl alone."""
    body, lines = note.split("\n\n", 1)
    blob = base64.b64decode([line for line in lines.split("\n") if line.startswith("— " + NAME)][-1].split(" ")[2])
    lab.write("message", "cosignature/v1\ntime %d\n%s\n" % (int.from_bytes(blob[4:12], "big"), body))
    with open(lab.path("signature"), "wb") as file:
        file.write(blob[12:])
    done = run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", lab.path("witness.pub"), "-rawin", "-in", lab.path("message"),
               "-sigfile", lab.path("signature"))
    tap.result(done.returncode == 0 and "Successfully" in done.stdout, title, done.stdout)


def first_time(lab):
    done = lab.ctl("journal", "witness-request", "-o", lab.path("request1"))
    tap.equal(read(lab, "request1").split("\n")[0], "old 0", "the first request starts at nothing")
    done = cosign(lab, "request1", "answer1")
    tap.result(done.returncode == 3 and "--first" in done.stdout, "without a memory nothing is co-signed", done.stdout)
    done = cosign(lab, "request1", "answer1", "--first")
    tap.result(done.returncode == 0, "the first time is said to be one", done.stdout)
    stock_tools(lab, read(lab, "answer1"), "openssl pkeyutl verifies the co-signature")
    tap.equal(lab.json("journal", "witness-import", lab.path("answer1"))["new"], 1, "the station takes it")
    tap.equal(lab.json("journal", "witness-import", lab.path("answer1"))["new"], 0, "twice is once")
    shown = lab.json("status")["journal"]["witnesses"]
    tap.equal([(w["name"], w["events"] > 0) for w in shown], [(NAME, True)], "status shows the witness")
    tap.equal(lab.ctl("journal", "witnessed").stdout, read(lab, "answer1"), "and the note is there for whoever asks")


def later(lab, feeder):
    more_passages(lab, feeder, 10, 7)
    lab.ctl("journal", "witness-request", "yard", "-o", lab.path("request2"))
    tap.equal(read(lab, "request2").split("\n")[0], "old " + read(lab, "answer1").split("\n")[1], "a later one starts at the last")
    lines = read(lab, "request2").split("\n")
    good = base64.b64decode(lines[1])
    lines[1] = base64.b64encode(bytes([good[0] ^ 1]) + good[1:]).decode()
    lab.write("bent", "\n".join(lines))
    done = cosign(lab, "bent", "answer2")
    tap.result(done.returncode == 1 and "does not show" in done.stdout, "a bent proof is refused", done.stdout)
    done = cosign(lab, "request2", "answer2", "--first")
    tap.result(done.returncode == 2, "it cannot be made forget by --first", done.stdout)
    tap.equal(read(lab, "last"), read(lab, "answer1"), "and remembers the same as before")
    done = cosign(lab, "request2", "answer2")
    tap.result(done.returncode == 0 and read(lab, "last") == read(lab, "answer2"), "the good one is co-signed and remembered", done.stdout)
    done = cosign(lab, "request1", "answer")
    tap.result(done.returncode == 1 and "set back" in done.stdout, "the old request is not co-signed again", done.stdout)
    done = cosign(lab, "request2", "again")
    tap.result(done.returncode == 0, "the same one is", done.stdout)


def lost_answer(lab, feeder):
    """The stick with the second answer never came home."""
    more_passages(lab, feeder, 20, 3)
    lab.ctl("journal", "witness-request", "-o", lab.path("request3"))
    done = cosign(lab, "request3", "answer3")
    tap.result(done.returncode == 1 and "witness-import" in done.stdout, "a request that starts too early says what to do", done.stdout)
    lab.ctl("journal", "witness-import", lab.path("last"))
    lab.ctl("journal", "witness-request", "-o", lab.path("request3"))
    done = cosign(lab, "request3", "answer3")
    tap.result(done.returncode == 0, "and then it goes on", done.stdout)
    lab.ctl("journal", "witness-import", lab.path("answer3"))


def strangers(lab):
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", lab.path("other.key"))
    os.chmod(lab.path("other.key"), 0o600)
    done = cosign(lab, "request3", "foreign", "--first", last="other.last", key="other.key")
    tap.result(done.returncode == 1 and "find LAST" in done.stdout, "a key without memory is not the witness", done.stdout)
    done = cosign(lab, "request1", "foreign", "--first", last="other.last", key="other.key")
    done = lab.ctl("journal", "witness-import", lab.path("foreign"), check=False)
    tap.result(done.returncode == 4 and "no configured witness" in done.stderr, "another key's co-signature is refused", done.stderr)
    done = cosign(lab, "request3", "foreign", last="other.last")
    tap.result(done.returncode == 2 and "does not carry" in done.stdout, "a memory of another key is refused", done.stdout)
    note = read(lab, "answer3").split("\n")
    lab.write("false", "\n".join([note[0], str(int(note[1]) - 1)] + note[2:]))
    done = lab.ctl("journal", "witness-import", lab.path("false"), check=False)
    tap.result(done.returncode == 4 and "not of this journal" in done.stderr, "a checkpoint of other events is refused", done.stderr)
    lab.ctl("journal", "export", "-o", lab.path("journal"))
    with open(lab.path("journal"), encoding="utf-8") as file:
        told = [e for e in map(json.loads, file) if e["kind"] == "witness"]
    tap.equal([e["note"] for e in told], [read(lab, name) for name in ("answer1", "answer2", "answer3")], "each is in the journal")


def package(lab):
    """A reader of a package asks for the second agency."""
    case = wait_for("the case", lambda: lab.json("outbox", "list")["outbox"])[0]
    lab.ctl("package", case["case"], "-o", lab.path("case.asice"))
    words = [os.path.join(BIN, "smogverify"), lab.path("case.asice"), "--ca", lab.path("keys/ca.pem"), "--witness", lab.path("witness.pub")]
    done = run(*words)
    tap.result(done.returncode == 1 and "????  No checkpoint at hand" in done.stdout, "the package alone cannot tell", done.stdout)
    proof = json.loads(subprocess.run(["unzip", "-p", lab.path("case.asice"), "log/proof.json"], stdout=subprocess.PIPE, check=True).stdout)
    lab.write("of-package", proof["checkpoint"])
    lab.write("proof", lab.ctl("journal", "checkpoint", "--consistency", lab.path("of-package"), "--to", lab.path("answer3")).stdout)
    done = run(*words, "--consistency", lab.path("proof"))
    tap.result(done.returncode == 0 and "ok    The second agency has co-signed" in done.stdout and NAME in done.stdout,
               "with a proof to the co-signed checkpoint it is seen", done.stdout)
    done = run(*words[:-1], lab.path("other.pub"), "--consistency", lab.path("proof"))
    tap.result(done.returncode == 1 and "????" in done.stdout, "and not under another key", done.stdout)


with Lab() as lab, tap.step("a witness"):
    subprocess.run(["sh", os.path.join(ROOT, "tests/shift/keys.sh"), lab.path("keys")], check=True)
    for name in ("witness", "other"):
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", lab.path(name + ".key"))
        os.chmod(lab.path(name + ".key"), 0o600)
        run("openssl", "pkey", "-in", lab.path(name + ".key"), "-pubout", "-out", lab.path(name + ".pub"))
    feeder = Feeder()
    station_conf(lab, """link rsd { kind = tcp  address = "%s" }
instrument rsd1 { driver = jsonl  profile = "rsd-pinyin"  link = rsd  serial = "R7" }
seal { key = "%s"  cert = "%s" }
witness yard { name = "%s"  key = "witness.pub" }
""" % (feeder.address, lab.path("keys/seal.key"), lab.path("keys/seal.pem"), NAME), kind="fixed-remote")
    lab.start_smogd()
    wait_for("the device's line", lambda: feeder.clients)
    feeder.tell(passage(1, "新A90718", "41.3"), passage(2, "新A90718", "38.7"))
    wait_for("the passages", lambda: lab.json("status")["passages"]["stored"] == 2)
    lab.approve(lab.json("case", "list")["cases"][0]["case"])
    push(lab)
    first_time(lab)
    later(lab, feeder)
    lost_answer(lab, feeder)
    strangers(lab)
    package(lab)
    tap.equal(lab.ctl("journal", "verify", check=False).returncode, 0, "the journal is whole")
tap.end()
